"""Scan and log meet while eight writers go on: no row is lost, none is stale.

A table that is read whole at a place of the log, and followed from there on,
is a hand-over. TIDEMARK_HANDOVERS is how many a world has.
"""

import contextlib
import os
import threading
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


# Half-synchronous replication without a replica: a commit stands in the log,
# and whoever follows has it, that long before a SELECT sees it.
HELD_MS = 3000
HOLD = {
    "mariadb": ["SET GLOBAL rpl_semi_sync_master_wait_point = AFTER_SYNC",
                f"SET GLOBAL rpl_semi_sync_master_timeout = {HELD_MS}",
                "SET GLOBAL rpl_semi_sync_master_enabled = ON"],
    "mysql": ["INSTALL PLUGIN rpl_semi_sync_source "
              "SONAME 'semisync_source.so'",
              f"SET GLOBAL rpl_semi_sync_source_timeout = {HELD_MS}",
              "SET GLOBAL rpl_semi_sync_source_enabled = ON"]}


def write_late(rig, link):
    """Changes each row, takes one away and adds one; returns when all that
    stands in the log."""
    link.autocommit(False)
    with link.cursor() as cursor:
        cursor.execute("UPDATE plain SET note = 'late'")
        cursor.execute("DELETE FROM plain WHERE id = 1")
        cursor.execute("INSERT INTO plain (id) VALUES (999)")
    is_mysql = rig.source.kind == "mysql"
    for statement in HOLD["mysql" if is_mysql else "mariadb"]:
        rig.source.query(statement)
    committing = threading.Thread(target=link.commit)
    committing.start()
    time.sleep(0.3)
    assert not seen_late(rig), "the commit was not late"
    return committing


def seen_late(rig):
    return rig.sql("SELECT COUNT(*) FROM plain WHERE id = 999")[0][0]


@pytest.mark.parametrize("command", ["run", "daemon"])
def test_a_commit_that_is_seen_late(server, clickhouse, make_database, binary,
                                    tmp_path, command):
    """A copy at a place of the log waits for what lies before that place."""
    database = make_database(server, clickhouse)
    rig = anew(server, clickhouse, database, binary, tmp_path / "0")
    make_tables(rig)
    rig.connection.autocommit(True)
    rig.sql("INSERT INTO plain (id, note) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    rig.ok("run")
    rig.sql("SET SESSION binlog_format = 'STATEMENT'")
    rig.sql("UPDATE plain SET u = 1 WHERE id = 3")
    link = server.admin(database)
    committing = write_late(rig, link)
    running = rig.tidemark.start(command)
    committing.join()
    link.close()
    if command == "run":
        assert running.wait().code == 0
        rig.equal("plain")
    else:
        await_equal(rig, running)
        assert running.terminate().code == 0


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
