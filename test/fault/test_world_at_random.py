"""Connections are cut and the disk of the state becomes full at random
moments of a backfill, while rows change: it ends equal."""

import os
import random
import time

import pytest

from fault_shop import KINDS, assert_named
from fault_world import World, fill_disk, mount_disk, unmount_disk

ROUNDS = 60 if os.environ.get("TIDEMARK_NIGHTLY") == "1" else 8
SEED = int(os.environ.get("TIDEMARK_SEED", "20261121"))
ROWS = 20000


def build(shop, **more):
    shop.orders(ROWS)
    shop.settings(limits={"chunk_rows": 500, "workers": 1}, **more)
    shop.clear()


def touch(shop, dice):
    shop.sql("UPDATE orders SET quantity = quantity + 1 "
             f"WHERE id % 50 = {dice.randrange(50)}")


def end(shop):
    shop.sql("DO SLEEP(7)")  # the margin of the bound
    shop.ok("run")
    shop.equal("orders")


@pytest.mark.parametrize("kind", KINDS)
def test_cut_at_any_moment_a_run_goes_on_by_itself(make_shop, kind):
    shop = make_shop(kind)
    world = World(shop)
    dice = random.Random(SEED)
    cuts = [world.cut_source]
    if kind == "clickhouse":
        cuts.append(world.cut_warehouse)
    try:
        build(shop, retry="60s")
        done = 0
        while done < ROUNDS:
            running = shop.tidemark.start("run")
            while running.alive() and done < ROUNDS:
                time.sleep(dice.uniform(0.01, 0.3))
                dice.choice(cuts)()
                done += 1
            result = running.wait(120)
            assert result.code == 0, str(result)
            touch(shop, dice)
        end(shop)
    finally:
        world.stop()


@pytest.fixture
def small_disk(tmp_path):
    mounted = mount_disk(tmp_path / "disk")
    if not mounted:
        pytest.skip("only root may mount a small disk")
    yield mounted
    unmount_disk(mounted)


@pytest.mark.parametrize("kind", KINDS)
def test_full_at_any_moment_the_next_run_goes_on(make_shop, small_disk,
                                                 kind):
    shop = make_shop(kind)
    dice = random.Random(SEED)
    build(shop, state=str(small_disk / "tidemark.db"), retry="0s")
    failed = 0
    for _ in range(ROUNDS):
        running = shop.tidemark.start("run")
        time.sleep(dice.uniform(0.01, 0.3))
        fill_disk(small_disk)
        result = running.wait()
        if result.code != 0:
            assert_named(shop, result, 5, small_disk)
            failed += 1
        os.remove(small_disk / "filler")
        touch(shop, dice)
    assert failed > 0
    end(shop)
