"""tidemark run into a folder of files, from both databases, judged outside.

Backfill, windows, full reload; kills in the middle and at every failpoint of
the driver. The manifest alone says what counts.
"""

import os
import random
import shutil
import time

import pytest

from files_rig import FilesRig
from lab.tidemark import Tidemark

POINTS = [
    "files.load.split", "files.load.before_rename", "files.load.renamed",
    "files.load.named", "files.manifest.before", "files.manifest.written",
    "files.part.closed", "files.part.synced", "files.recover",
    "files.beside.before", "files.beside.made", "files.swap.before",
    "files.swap.told", "files.prepare"]


@pytest.fixture
def rig(source, make_database, tidemark, tmp_path):
    return FilesRig(source, make_database(source), tidemark,
                    tmp_path / "house")


def test_backfill_windows_and_reload(rig):
    rig.shop()
    rig.ok("run")
    rig.all_equal()
    for _ in range(3):
        rig.change()
        rig.ok("run")
        rig.all_equal()
    assert rig.strays() == []
    assert len(os.listdir(os.path.join(rig.folder, "plain"))) == 2


def test_a_lost_state_begins_above_what_is_stored(rig):
    rig.shop()
    rig.ok("run")
    for name in os.listdir(rig.tidemark.folder):
        if name.startswith("tidemark.db"):
            os.remove(os.path.join(rig.tidemark.folder, name))
    rig.change()
    rig.sql("UPDATE orders SET quantity = 1, updated_at = '2020-01-01'")
    rig.ok("run")
    rig.all_equal()


def test_a_lost_folder_is_filled_again(rig):
    rig.shop()
    rig.ok("run")
    shutil.rmtree(rig.folder)
    rig.ok("run")
    rig.all_equal()


def test_parts_end_at_their_size(rig):
    rig.shop(20000, 10000, options="?max_bytes=20k")
    rig.ok("run")
    rig.all_equal()
    sizes = [os.path.getsize(os.path.join(rig.folder, "orders", name))
             for name in os.listdir(os.path.join(rig.folder, "orders"))
             if name.endswith(".gz")]
    assert len(sizes) > 4 and max(sizes) < 200_000


def test_nobody_else_may_read(rig):
    rig.shop(10)
    rig.ok("run")
    for folder, _, names in os.walk(rig.folder):
        assert os.stat(folder).st_mode & 0o777 == 0o700
        for name in names:
            path = os.path.join(folder, name)
            assert os.stat(path).st_mode & 0o777 == 0o600


def test_killed_at_any_moment_it_ends_equal(rig):
    rig.shop(60000)
    rig.settings(tables=[{"orders": {"overlap": "60s"}},
                         {"plain": {"mode": "full"}}],
                 limits={"chunk_rows": 2000, "workers": 2})
    dice = random.Random(11)
    for _ in range(10):
        running = rig.tidemark.start("run", "-q")
        time.sleep(dice.uniform(0.01, 0.5))
        running.kill9()
        rig.sql("UPDATE orders SET quantity = quantity + 1 "
                f"WHERE id % 50 = {dice.randrange(50)}")
    rig.sql("DO SLEEP(7)")  # the margin of the bound
    rig.ok("run")
    rig.all_equal()
    assert rig.strays() == []


@pytest.fixture
def one_rig(mariadb, make_database, binary, tmp_path):
    """What a failpoint does has nothing to do with the source."""
    tidemark = Tidemark(binary, tmp_path / "tidemark")
    return FilesRig(mariadb, make_database(mariadb), tidemark,
                    tmp_path / "house")


@pytest.mark.parametrize("action", ["kill", "error"])
@pytest.mark.parametrize("point", POINTS)
def test_equal_after_a_fault_at_every_step(one_rig, point, action):
    rig = one_rig
    rig.shop(5000, 2500, options="?max_bytes=8k")
    for hit in (1, 2, 3):
        rig.run("run", "-q",
                environment={"TIDEMARK_FP": f"{point}={action}@{hit}"})
    rig.ok("run")
    rig.all_equal()
    rig.change()
    for hit in (1, 2):
        rig.run("run", "-q",
                environment={"TIDEMARK_FP": f"{point}={action}@{hit}"})
    rig.ok("run")
    rig.all_equal()
    assert rig.strays() == []


def test_every_point_of_the_driver_is_hit(one_rig, tmp_path):
    rig = one_rig
    log = tmp_path / "hits"
    rig.shop(5000, 2500, options="?max_bytes=8k")
    rig.ok("run", environment={"TIDEMARK_FP_LOG": str(log)})
    missed = set(POINTS) - set(log.read_text().split())
    assert not missed


def test_a_full_disk_is_temporary(one_rig):
    rig = one_rig
    rig.shop(60000, 60000)
    # A limit of 1 MiB a file stands for it; the state is smaller.
    shell = Tidemark("/bin/sh", rig.tidemark.folder)
    result = shell.run("-c", 'trap "" XFSZ; ulimit -f 1024; exec "$@"', "sh",
                       rig.tidemark.binary, "run")
    assert result.code == 5, str(result)
    assert "TM3011" in result.stderr
    assert rig.strays() == []
    rig.ok("run")
    rig.all_equal()


def test_a_folder_that_may_not_be_written_needs_a_person(one_rig, tmp_path):
    rig = one_rig
    rig.shop(10)
    with open(rig.folder, "w", encoding="ascii"):
        pass  # a file stands in its place
    result = rig.run("run")
    assert result.code == 4, str(result)
    assert "no folder" in result.stderr


def test_the_same_change_of_two_tables_is_told_of_both(one_rig):
    rig = one_rig
    for name in ("a", "b"):
        rig.sql(f"CREATE TABLE {name} (id INT PRIMARY KEY)")
    rig.settings(tables=["a", "b"])
    rig.ok("run")
    for name in ("a", "b"):
        rig.sql(f"ALTER TABLE {name} ADD extra INT")
    lines = rig.ok("plan").stdout.splitlines()
    for name in ("a", "b"):
        assert f"~ add column {name}.extra int32" in lines, lines


def test_commands_know_the_folder(rig):
    rig.shop(50)
    plan = rig.ok("plan")
    assert "create folder orders" in plan.stdout
    assert not os.path.exists(rig.folder)
    rig.ok("run")
    assert "create folder" not in rig.ok("plan").stdout
    rig.sql("ALTER TABLE orders ADD COLUMN extra INT NULL")
    rig.sql("UPDATE orders SET extra = id, updated_at = NOW(3) - "
            "INTERVAL 6 SECOND")
    assert "add column orders.extra int32" in rig.ok("plan").stdout
    rig.ok("run")
    rig.all_equal()
    assert "install -d" in rig.ok("grants").stdout
    rig.ok("check")
