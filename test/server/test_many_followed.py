"""Many followed tables: changes of all arrive, and a daemon to which nothing
happens takes next to no processor time. TIDEMARK_FOLLOWED is how many."""

import contextlib
import os
import sqlite3
import time

import pytest

from bench.servers import cpu_s
from own import mariadb, mysql  # noqa: F401
from rig import Rig

COUNT = int(os.environ.get("TIDEMARK_FOLLOWED") or
            (2000 if os.environ.get("TIDEMARK_NIGHTLY") else 200))
IDLE_S = 5
# Of one processor, and for each thousand tables on top of it.
IDLE_MOST = 0.03
IDLE_EACH = 0.02
SAMPLE = 10


@pytest.fixture(params=["mariadb", "mysql"])
def rig(request, clickhouse, make_database, tidemark):
    server = request.getfixturevalue(request.param)
    made = Rig(server, clickhouse, make_database(server, clickhouse),
               tidemark)
    made.connection.autocommit(True)
    for number in range(COUNT):
        made.sql(f"CREATE TABLE t{number} (id INT PRIMARY KEY, v INT)")
        made.sql(f"INSERT INTO t{number} VALUES (1, 0), (2, 0), (3, 0)")
    made.settings(tables=[{"*": {"mode": "cdc"}}])
    return made


def are_live(rig):
    with contextlib.suppress(sqlite3.OperationalError):  # no state yet
        return rig.state("SELECT count(*) FROM tables WHERE life = 'LIVE'"
                         ) == [(COUNT,)]
    return False


def tables_with(rig, condition):
    """How many tables hold such a row."""
    return int(rig.value(
        "SELECT count(DISTINCT _table) FROM "
        f"merge(currentDatabase(), '^t[0-9]+__tm$') WHERE {condition}"))


def seconds_until(rig, running, condition, wanted=COUNT):
    began = time.monotonic()
    assert running.wait_until(
        lambda: tables_with(rig, condition) == wanted,
        60 + COUNT / 20), \
        f"{tables_with(rig, condition)} of {wanted}"
    return time.monotonic() - began


def idle_shares(rig, running):
    """Of a processor: tidemark, the source, the warehouse."""
    pids = (running.pid, rig.source.process.pid, rig.clickhouse.process.pid)
    before = [cpu_s(pid) for pid in pids]
    time.sleep(IDLE_S)
    return [round((cpu_s(pid) - old) / IDLE_S, 4)
            for pid, old in zip(pids, before)]


def test_changes_of_all_arrive_and_rest_is_cheap(rig, record_property):
    running = rig.tidemark.start("daemon")
    began = time.monotonic()
    assert running.wait_until(lambda: are_live(rig), 30 + COUNT / 4), \
        running.stderr()[-2000:]
    figures = {"tables": COUNT, "copied_s": time.monotonic() - began}
    time.sleep(3)
    shares = idle_shares(rig, running)
    figures["idle_shares"] = shares
    for number in range(COUNT):
        rig.sql(f"UPDATE t{number} SET v = {number} + 5 WHERE id = 1")
        rig.sql(f"DELETE FROM t{number} WHERE id = 2")
        rig.sql(f"INSERT INTO t{number} VALUES (4, {number})")
    figures["seen_s"] = seconds_until(rig, running, "id = 4")
    seconds_until(rig, running, "id = 1 AND v >= 5")
    seconds_until(rig, running, "id = 2 AND _tm_deleted = 1")
    result = running.terminate()
    assert result.code == 0, str(result)
    for number in range(0, COUNT, COUNT // SAMPLE):
        rig.equal(f"t{number}")
    print(figures)
    record_property("figures", figures)
    assert shares[0] <= IDLE_MOST + IDLE_EACH * COUNT / 1000, figures
