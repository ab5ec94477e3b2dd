"""The disk of the state fails at its k-th write, growth, fsync or truncate;
or it is full from the k-th on. The run says so and ends as documented, what
the state says is never ahead of the warehouse, and the next run ends equal.

In CI a seeded part; TIDEMARK_NIGHTLY=1 tries every k of every case.
"""

import collections
import os
import random
import signal

import pytest

from fault_shop import KINDS, assert_named
from fault_world import fill_disk, limit_files, mount_disk, \
    unmount_disk

NIGHTLY = os.environ.get("TIDEMARK_NIGHTLY") == "1"
SEED = int(os.environ.get("TIDEMARK_SEED", "20261121"))
# point, action, exit code
FAULTS = (("write", "error", 5), ("write", "full", 5), ("write", "kill", -9),
          ("map", "error", 5), ("map", "full", 5), ("sync", "error", 7),
          ("sync", "kill", -9), ("truncate", "error", 5))
PHASES = ("first", "recovery", "window", "grown")
CASES_IN_CI = 12
HITS_IN_CI = 4


def cases():
    made = [(kind, phase, *fault) for kind in KINDS
            for phase in PHASES for fault in FAULTS]
    if NIGHTLY:
        return made
    return random.Random(SEED).sample(made, CASES_IN_CI)


class Trial:
    """Runs with a fault, each from the same beginning."""

    def __init__(self, shop, phase, log):
        self.shop = shop
        self.phase = phase
        self.log = log
        self.number = 0
        shop.build()
        if phase in ("window", "grown"):
            shop.check()

    def begin(self):
        """What comes before the run with a fault."""
        self.number += 1
        if self.phase in ("first", "recovery"):
            self.shop.lose_state()
            self.shop.clear()
        if self.phase == "grown":
            self.shop.sql("ALTER TABLE orders "
                          f"ADD COLUMN extra{self.number} INT NULL")
        self.moment = self.shop.stamp(self.number)
        if self.phase == "recovery":
            killed = self.shop.with_fault("commit.saved=kill@2")
            assert killed.code == -signal.SIGKILL, str(killed)
        self.before = self.shop.sound_checkpoints() \
            if self.phase in ("window", "grown") else {}

    def run(self, fault):
        self.log.write_text("")
        return self.shop.with_fault(fault, log=self.log)

    def hits(self):
        return collections.Counter(self.log.read_text().split())


def chosen(dice, count):
    every = range(1, count + 1)
    return every if NIGHTLY else dice.sample(every, min(count, HITS_IN_CI))


@pytest.mark.parametrize("kind,phase,call,action,code", cases())
def test_equal_after_each_failure(make_shop, tmp_path, kind, phase, call,
                                  action, code):
    trial = Trial(make_shop(kind), phase, tmp_path / "hits")
    point = f"state.disk.{call}"
    trial.begin()
    assert trial.run(None).code == 0
    trial.shop.check()
    count = trial.hits()[point]
    assert count > 0
    dice = random.Random(f"{SEED} {kind} {phase} {point} {action}")
    failed = 0
    for hit in chosen(dice, count):
        failed += fails_well(trial, point, action, hit, code)
    # Some failures harm nothing, as that of tidying up at the end.
    assert failed > 0 or call == "truncate"
    print(f"{count} hits of {point}, {failed} made a run fail")


def fails_well(trial, point, action, hit, code):
    """Did it end the run?"""
    shop = trial.shop
    trial.begin()
    result = trial.run(f"{point}={action}@{hit}")
    fault = f"{point}={action}@{hit} of {trial.phase}: {result}"
    shop.assert_not_ahead(trial.moment, trial.number, trial.before)
    if result.code == 0:
        shop.all_equal()
    elif code > 0:
        assert trial.hits()[point] >= hit, fault
        assert_named(shop, result, code)
    else:
        assert result.code == code, fault
    shop.check()
    return result.code != 0


@pytest.mark.parametrize("free", [0, 8 << 10, 40 << 10, 80 << 10])
def test_a_disk_that_is_really_full(make_shop, small_disk, free):
    """The k-th write of the file system itself; then there is space again."""
    shop = make_shop("clickhouse")
    shop.build(state=str(small_disk / "tidemark.db"))
    fill_disk(small_disk, free)
    result = shop.run("run")
    assert_named(shop, result, 5, small_disk)
    # Nothing of it heals as long as nobody makes space.
    assert_named(shop, shop.run("run"), 5, small_disk)
    os.remove(small_disk / "filler")
    shop.check()


@pytest.mark.parametrize("count", range(4))
def test_no_room_for_another_file(make_shop, small_disk, count):
    """Of lock, state, log and what is shared, the first ones are made."""
    shop = make_shop("clickhouse")
    shop.build(state=str(small_disk / "tidemark.db"))
    limit_files(small_disk, count)
    assert_named(shop, shop.run("run"), 5, small_disk)
    limit_files(small_disk, 100)
    shop.check()


@pytest.fixture
def small_disk(tmp_path):
    mounted = mount_disk(tmp_path / "disk")
    if not mounted:
        pytest.skip("only root may mount a small disk")
    yield mounted
    unmount_disk(mounted)
