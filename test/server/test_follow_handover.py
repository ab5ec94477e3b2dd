"""Scan and log meet while eight writers go on: no row is lost, none is stale.

A table that is read whole at a place of the log, and followed from there on,
is a hand-over. TIDEMARK_HANDOVERS is how many a world has.
"""

import contextlib
import os
import time

import pymysql
import pytest

from follow_writers import SESSION, TABLES, Writers, make_tables
from lab.servers import KINDS
from lab.tidemark import Tidemark
from rig import Rig

HANDOVERS = int(os.environ.get("TIDEMARK_HANDOVERS") or
                (300 if os.environ.get("TIDEMARK_NIGHTLY") else 16))
CDC = [{"*": {"mode": "cdc"}}]
# MySQL: sent to whoever follows, and so long not to be seen by a SELECT.
LATE_US = 700_000
SETTLE_S = 30


@pytest.fixture(params=["mariadb", "mariadb-new", "mysql"])
def server(request, tmp_path):
    started = KINDS[request.param]().start(tmp_path / "server")
    yield started
    started.discard()


@contextlib.contextmanager
def late_commits(server):
    if server.kind != "mysql":
        yield
        return
    delay = "SET GLOBAL binlog_group_commit_sync_delay = {}"
    server.query(delay.format(LATE_US))
    yield
    server.query(delay.format(0))


def anew(server, clickhouse, database, binary, folder):
    """A rig that has loaded nothing."""
    clickhouse.drop_database(database)
    clickhouse.create_database(database)
    rig = Rig(server, clickhouse, database, Tidemark(binary, folder))
    rig.settings(tables=CDC)
    return rig


def until_done(rig, sql):
    """Past the deadlocks with the writers."""
    while True:
        try:
            return rig.sql(sql)
        except pymysql.err.OperationalError as error:
            assert error.args[0] in (1205, 1213), error


def ask_for_all(rig):
    """Each table is asked for again, and what is there is taken away."""
    rig.sql("SET SESSION binlog_format = 'STATEMENT'")
    for name in TABLES:
        rig.clickhouse.query(f"TRUNCATE TABLE {name}__tm",
                             database=rig.database)
        until_done(rig, f"UPDATE {name} SET u = 1 WHERE note = 'x'")
    rig.sql("SET SESSION binlog_format = 'ROW'")


def await_rows(rig):
    """Something to hand over in most tables."""
    def filled():
        return sum(rig.sql(f"SELECT COUNT(*) FROM {name}")[0][0] > 0
                   for name in TABLES)

    while filled() < len(TABLES) - 1:
        time.sleep(0.05)


def read(result):
    return {line["name"] for line in result.json()["tables"]
            if line["rows_read"] > 0}


def test_hand_overs_among_writers(server, clickhouse, make_database, binary,
                                  tmp_path):
    database = make_database(server, clickhouse)
    rig = anew(server, clickhouse, database, binary, tmp_path / "0")
    make_tables(rig)
    rig.sql(SESSION)
    for number in range(-(-HANDOVERS // len(TABLES) // 2)):
        rig = anew(server, clickhouse, database, binary,
                   tmp_path / f"state-{number}")
        for turn in ("first", "again"):
            seed = f"{number} {turn}"
            with Writers(rig, seed, has_ddl=False):
                await_rows(rig)
                if turn == "again":
                    ask_for_all(rig)
                with late_commits(server):
                    result = rig.ok("run", "--json")
            rig.ok("run")
            for name in TABLES:
                rig.equal(name)
            assert len(read(result)) >= 2, result


def await_equal(rig, running):
    """A row that was lost or is stale stays so."""
    end = time.monotonic() + SETTLE_S
    while True:
        try:
            for name in TABLES:
                rig.equal(name)
            return
        except AssertionError as error:
            if time.monotonic() > end or not running.alive():
                running.child.kill()
                raise AssertionError(f"{error}\n{running.wait()}") from None
        time.sleep(0.3)


def test_hand_overs_beside_the_log(server, clickhouse, make_database, binary,
                                   tmp_path):
    """The daemon copies while it reads on; a quarter as many, for it waits
    where copies of a table are asked for again and again."""
    database = make_database(server, clickhouse)
    rig = anew(server, clickhouse, database, binary, tmp_path / "0")
    make_tables(rig)
    rig.sql(SESSION)
    rig.ok("run")
    running = rig.tidemark.start("daemon")
    for number in range(-(-HANDOVERS // len(TABLES) // 4)):
        with Writers(rig, f"beside {number}", has_ddl=False):
            with late_commits(server):
                ask_for_all(rig)
                time.sleep(1.5)
        await_equal(rig, running)
    result = running.terminate()
    assert result.code == 0, str(result)
