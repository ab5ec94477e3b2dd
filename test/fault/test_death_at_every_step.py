"""The program dies, a step fails, the disk is full or a connection is cut, at
every failpoint of its source text; then again while it recovers; after that
the tables are equal, in ClickHouse and in files.

In CI a seeded part of (warehouse, point, action, hit) is run;
TIDEMARK_NIGHTLY=1 runs all. A point that no scenario hits fails the test of
the list.
"""

import os
import pathlib
import random
import subprocess

import pytest

from fault_shop import KINDS, assert_named
from fault_world import World, mount_disk, unmount_disk

ROOT = pathlib.Path(__file__).resolve().parents[2]
NIGHTLY = os.environ.get("TIDEMARK_NIGHTLY") == "1"
SEED = int(os.environ.get("TIDEMARK_SEED", "20261121"))
IN_PROGRAM = ("kill", "error", "exit", "full")
# While the program is stopped at the point. What is cut comes back at once,
# what is gone stays so until the run ends.
IN_WORLD = {"clickhouse": ("cut_source", "gone_source", "cut_warehouse",
                           "gone_warehouse"),
            "files": ("cut_source", "gone_source", "full_folder")}
IN_CI = 60
WORLDS_IN_CI = 10
# In the middle of a scan, where a lost connection looks like the end of rows,
# and of a load.
ALWAYS = [("clickhouse", "copy.batch_begin", "cut_source", 1),
          ("clickhouse", "load.put", "gone_warehouse", 1),
          ("files", "copy.batch_begin", "gone_source", 2),
          ("files", "load.begin", "full_folder", 1)]
HITS = (1, 2, 5)
# Only a warehouse that says "not yet" gets there: test/conformance.
LATER = {"commit.pending", "state.pend", "state.unpend"}
# Every write of its own: test_state_disk. The log: test/promise/test_cdc_*.py
# What a person asks for in between: test/server/test_daemon.py
# Tables that move while they are described: test/server/test_tables_move.py
ELSEWHERE = ("state.disk.", "cdc.", "stay.", "repair.", "state.pause",
             "describe.", "children.")
# Met only by what recovers from a death at the other.
AFTER = {"files.recover.counted": "files.load.named"}


def points(kind):
    text = subprocess.run([ROOT / "scripts/failpoints"], check=True,
                          capture_output=True, text=True).stdout
    others = tuple(f"{other}." for other in KINDS if other != kind)
    return [name for name in text.split()
            if not name.startswith((*others, *ELSEWHERE))]


def cases(actions, in_ci, always=()):
    made = [(kind, point, action, hit) for kind in KINDS
            for point in points(kind) for action in actions(kind)
            for hit in HITS]
    if NIGHTLY:
        return made
    assert set(always) <= set(made)
    sampled = random.Random(SEED).sample(made, in_ci)
    return sampled + [case for case in always if case not in sampled]


class InProgram:
    """The fault is the program's own."""

    def __init__(self, shop, point, action):
        self.shop = shop
        self.point = point
        self.action = action

    def __call__(self, hit):
        """One run with a fault; whether it met it."""
        result = self.shop.with_fault(f"{self.point}={self.action}@{hit}")
        if self.action == "full" and result.code != 0:
            assert_named(self.shop, result, 5)
        return result.code != 0


class InWorld(InProgram):
    def __init__(self, shop, point, action, world):
        super().__init__(shop, point, action)
        self.world = world
        # What comes back is found again by the same run.
        self.heals = action.startswith("cut_")
        shop.apply(retry="20s" if self.heals else "0s")

    def __call__(self, hit):
        result, happened = self.world.run(self.point, self.action, hit)
        assert result.code in ((0,) if self.heals else (0, 5)), str(result)
        if result.code == 5:
            assert "(TM" in result.stderr and "  next:  " in result.stderr
        if self.action == "full_folder" and result.code == 5:
            assert "(TM3011)" in result.stderr, str(result)
        return happened


def go_through(shop, alive, hit):
    """Faults in a first copy, in a change of all and in a window, each with
    another in the recovery."""
    point = alive.point
    met = [before(shop, point), alive(hit), alive(hit)]
    shop.check()
    shop.change()
    met += [alive(hit), before(shop, point), alive(1)]
    shop.check()
    shop.change_rows()
    met += [alive(1), before(shop, point), alive(hit)]
    shop.check()
    # A later hit may be one that no run of this size comes to.
    assert hit > 1 or point in LATER or any(met), "the fault never fired"


def before(shop, point):
    """The death without which the point is not met; counts for nothing."""
    if point in AFTER:
        shop.with_fault(f"{AFTER[point]}=kill@1")
    return False


@pytest.mark.parametrize("kind,point,action,hit",
                         cases(lambda kind: IN_PROGRAM, IN_CI))
def test_equal_after_a_fault_and_one_in_the_recovery(make_shop, kind, point,
                                                     action, hit):
    shop = make_shop(kind)
    shop.build()
    go_through(shop, InProgram(shop, point, action), hit)


@pytest.fixture
def disk(tmp_path):
    mounted = mount_disk(tmp_path / "disk")
    yield mounted
    if mounted:
        unmount_disk(mounted)


@pytest.mark.parametrize("kind,point,action,hit",
                         cases(IN_WORLD.get, WORLDS_IN_CI, ALWAYS))
def test_equal_after_the_world_changed_at_a_step(make_shop, request, tmp_path,
                                                 kind, point, action, hit):
    folder = tmp_path / "house"
    disk = None
    if action == "full_folder":
        disk = request.getfixturevalue("disk")
        if not disk:
            pytest.skip("only root may mount a small disk")
        folder = disk / "house"
    shop = make_shop(kind, folder)
    world = World(shop, disk)
    try:
        shop.build()
        go_through(shop, InWorld(shop, point, action, world), hit)
    finally:
        world.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_every_point_is_hit(make_shop, tmp_path, kind):
    log = tmp_path / "hits"
    shop = make_shop(kind)
    shop.build()
    for point in AFTER.values():
        shop.with_fault(f"{point}=kill@1", log=log)
    shop.with_fault(None, log=log)
    shop.change()
    shop.with_fault(None, log=log)
    hit = set(log.read_text().split())
    missed = sorted(set(points(kind)) - hit - LATER)
    assert not missed
