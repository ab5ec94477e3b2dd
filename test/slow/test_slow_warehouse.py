"""A warehouse whose answer takes its time, with the real reader.

What is pending outlives kill -9: it is asked for again, not sent again, and
nothing is lost; what the warehouse lost on its way is sent again.
"""

import os
import time

import pytest

from conformance.houses import SlowHouse
from lab.databases import PASSWORD, USER
from rig import Rig

COLUMNS = [dict(name="id", kind="uint"),
           dict(name="n", kind="int", width=4),
           dict(name="s", kind="text", nullable=True)]


class SlowRig(Rig):
    def __init__(self, source, database, tidemark, folder):
        super().__init__(source, None, database, tidemark)
        self.house = SlowHouse(folder)

    def settings(self, polls=3, tables="t", **more):
        self.tidemark.settings({
            "source": {"url": self.source.url(self.database, tables="*"),
                       "password": "${env:LAB_PASSWORD}"},
            "warehouse": {"url": self.house.url(f"?polls={polls}")},
            "tables": tables, **more})

    def table(self, rows):
        self.sql("CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, n INT NOT "
                 "NULL, s TEXT, changed TIMESTAMP(3) NOT NULL DEFAULT "
                 "(NOW(3) - INTERVAL 1 MINUTE), KEY (changed)) "
                 "DEFAULT CHARSET=utf8mb4")
        self.insert(1, rows)

    def insert(self, first, count):
        for start in range(first, first + count, 1000):
            size = min(1000, first + count - start)
            self.sql("INSERT INTO t (id, n, s) VALUES " + ", ".join(
                f"({i}, {i % 77}, {'NULL' if i % 5 == 0 else repr(str(i))})"
                for i in range(start, start + size)))

    def equal(self):
        rows = self.sql("SELECT id, n, s FROM t")
        wanted = [dict(zip(("id", "n", "s"), row)) for row in rows]
        found = self.house.rows("t", COLUMNS, ["id"])
        assert sorted(map(repr, found)) == sorted(map(repr, wanted))

    def kept(self):
        """Rows of all kept loads, old versions too."""
        count = 0
        for path in self.house.files("t", ".rows"):
            with open(path, encoding="ascii") as file:
                count += len(file.readlines())
        return count

    def waiting(self):
        return self.house.files("t", ".wait")

    def pendings(self):
        return self.state("SELECT * FROM pendings")

    def lose_one(self):
        os.makedirs(self.house.folder, exist_ok=True)
        with open(os.path.join(self.house.folder, "lose"), "wb"):
            pass


@pytest.fixture
def rig(mariadb, make_database, slow, tmp_path):
    return SlowRig(mariadb, make_database(mariadb), slow, tmp_path / "house")


def test_it_is_loaded_in_the_end(rig):
    rig.table(5000)
    rig.settings(limits={"chunk_rows": 1000})
    rig.ok("run")
    rig.equal()
    assert rig.waiting() == [] and rig.pendings() == []


def test_what_is_pending_outlives_a_kill(rig):
    rig.table(1000)
    rig.settings(polls=1000, limits={"chunk_rows": 10000, "workers": 1})
    assert rig.tidemark.kill9_when(
        lambda: rig.waiting() and pended(rig), "run")
    assert len(rig.pendings()) == 1
    sent = rig.waiting()
    rig.settings(polls=0, limits={"chunk_rows": 10000, "workers": 1})
    rig.ok("run")
    rig.equal()
    # The same file was kept: its rows were asked for, not sent again. Only
    # the first window reads them again, for they are young.
    kept = [path[:-len(".rows")] for path in rig.house.files("t", ".rows")]
    assert sent[0][:-len(".wait")] in kept
    assert rig.state("SELECT sum(rows_read) FROM run_tables")[0][0] <= 1000
    assert rig.pendings() == []


def pended(rig):
    try:
        return rig.pendings()
    except Exception:  # pylint: disable=broad-except
        return []  # the state is being made


def test_killed_again_and_again_while_pending(rig):
    rig.table(3000)
    rig.settings(polls=30, limits={"chunk_rows": 500, "workers": 1})
    for _ in range(8):
        running = rig.tidemark.start("run")
        running.wait_until(lambda: pended(rig))
        time.sleep(0.1)
        running.kill9()
    rig.ok("run")
    rig.equal()
    # Six chunks and no more: nothing was sent twice, but for a chunk that
    # was under way when the process died, one a kill.
    assert rig.kept() <= 3000 + 8 * 500


def test_what_was_lost_is_sent_again(rig):
    rig.table(2000)
    rig.lose_one()
    rig.settings(polls=2, limits={"chunk_rows": 500, "workers": 1},
                 retry="20s")
    rig.ok("run")
    rig.equal()
    assert not os.path.exists(os.path.join(rig.house.folder, "lose"))


def test_what_was_lost_while_we_were_dead_is_sent_again(rig):
    rig.table(1000)
    rig.settings(polls=1000, limits={"chunk_rows": 10000, "workers": 1})
    assert rig.tidemark.kill9_when(
        lambda: rig.waiting() and pended(rig), "run")
    for path in rig.waiting():
        os.remove(path)
    rig.settings(polls=0, limits={"chunk_rows": 1000, "workers": 1})
    rig.ok("run")
    rig.equal()
    assert rig.pendings() == []


def test_windows_wait_too(rig):
    rig.table(500)
    rig.settings(polls=5, tables=[{"t": {"overlap": "60s"}}],
                 limits={"workers": 1})
    rig.ok("run")
    for number in range(3):
        rig.insert(1000 * (number + 1), 100)
        rig.sql(f"UPDATE t SET n = n + 1, changed = NOW(3) - INTERVAL 30 "
                f"SECOND WHERE id % 3 = {number}")
        rig.tidemark.kill9_when(lambda: pended(rig), "run")
        rig.ok("run")
        rig.equal()
    assert rig.pendings() == []


POINTS = ["commit.pending", "state.pend", "state.unpend"]


@pytest.mark.parametrize("action", ["kill", "error"])
@pytest.mark.parametrize("point", POINTS)
def test_equal_after_a_fault_while_pending(rig, point, action):
    rig.table(4000)
    rig.settings(polls=2, limits={"chunk_rows": 300, "workers": 1},
                 retry="0s")
    for hit in (1, 2, 3, 4, 5, 6, 7):
        if point == "state.unpend":
            rig.lose_one()
        rig.run("run", "-q",
                environment={"TIDEMARK_FP": f"{point}={action}@{hit}"})
    lose = os.path.join(rig.house.folder, "lose")
    if os.path.exists(lose):
        os.remove(lose)
    rig.ok("run")
    rig.equal()
    assert rig.pendings() == []


def test_a_full_reload_is_refused_by_name(rig):
    rig.table(10)
    rig.settings(tables=[{"t": {"mode": "full"}}])
    result = rig.run("run")
    assert result.code == 1, str(result)
    assert "TM3010" in result.stderr and "slow" in result.stderr
    assert "no swap" in result.stderr


def test_the_login_is_no_part_of_what_is_kept(rig):
    rig.table(10)
    rig.settings()
    rig.ok("run")
    for folder, _, names in os.walk(rig.house.folder):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                text = file.read()
            assert PASSWORD.encode() not in text
            assert USER.encode() not in text
