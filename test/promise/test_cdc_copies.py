"""Copies of followed tables that are cut off and go on later: what the log or a
request told meanwhile is in the warehouse all the same."""

import contextlib
import os
import sqlite3
import threading
import time

import pytest

from lab.clickhouse import Client
from lab.databases import PASSWORD, USER
from own import mariadb, mysql  # noqa: F401
from rig import Rig
from test_cdc_requests import FAMILY, TEXTS
from test_cdc_stay import drained, staying, until

CDC = [{"*": {"mode": "cdc"}}]
OPEN = "SELECT count(*) FROM requests WHERE served_us = 0"
CUT = "copy.batch_begin=error@3+"


@pytest.fixture
def make(clickhouse, make_database, tidemark):
    def made(server):
        rig = Rig(server, clickhouse, make_database(server, clickhouse),
                  tidemark)
        rig.sql("SET sql_mode = ''")
        rig.connection.autocommit(True)
        return rig
    return made


@pytest.fixture(params=["mariadb", "mysql"])
def rig(request, make):
    return make(request.getfixturevalue(request.param))


@pytest.fixture
def cascades(mariadb, make):  # noqa: F811
    """A server that keeps what foreign keys do out of its log."""
    return make(mariadb)


def follow(rig, tables=None):
    rig.settings(tables=tables or CDC, limits={"chunk_rows": 300},
                 retry="0s")


def faulty(rig, rules):
    return rig.run("run", environment={"TIDEMARK_FP": rules})


def numbers(rig, count):
    rig.sql("CREATE TABLE numbers (n INT PRIMARY KEY)")
    rig.sql("INSERT INTO numbers VALUES "
            + ", ".join(f"({n})" for n in range(1, count + 1)))


def rows(rig, count=1800):
    numbers(rig, count)
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY, note VARCHAR(40), n INT)")
    rig.sql("INSERT INTO t SELECT n, CONCAT('row ', n), n FROM numbers")
    follow(rig, [{"t": {"mode": "cdc"}}])


def is_cut(rig, table):
    assert '"phase":"copy"' in (rig.checkpoint(f"{table}/backfill") or "")


def is_quiet(rig):
    assert rig.state(OPEN) == [(0,)]


def test_a_cascade_between_two_halves_of_a_copy(cascades):
    rig = cascades
    numbers(rig, 900)
    for statement in FAMILY.format(rule="CASCADE").split(";"):
        rig.sql(statement)
    follow(rig, [{name: {"mode": "cdc"}} for name in ("parent", "child")])
    rig.ok("run")
    rig.sql("SET SESSION binlog_format = STATEMENT")
    rig.sql("UPDATE child SET note = 'again' WHERE id = 1001")
    rig.sql("SET SESSION binlog_format = ROW")
    faulty(rig, CUT)
    is_cut(rig, "child")
    rig.sql("DELETE FROM parent WHERE id IN (5, 6)")
    faulty(rig, "copy.batch_begin=error;repair.begin=error")
    is_cut(rig, "child")
    rig.ok("run")
    rig.equal("child")
    is_quiet(rig)


def test_a_pause_between_two_halves_of_a_copy(rig):
    rows(rig)
    rig.ok("run")
    rig.ok("pause", "t")
    rig.sql("UPDATE t SET note = 'before' WHERE id < 10")
    rig.ok("run")
    rig.ok("resume", "t")
    faulty(rig, CUT)
    is_cut(rig, "t")
    rig.ok("pause", "t")
    rig.sql("UPDATE t SET note = 'passed by' WHERE id < 20")
    rig.sql("DELETE FROM t WHERE id = 20")
    rig.ok("run")
    rig.ok("resume", "t")
    rig.ok("run")
    rig.equal("t")
    is_quiet(rig)


def test_a_new_name_between_two_halves_of_a_copy(rig):
    rows(rig)
    faulty(rig, CUT)
    is_cut(rig, "t")
    rig.sql("ALTER TABLE t RENAME COLUMN note TO memo")
    rig.ok("run")
    rig.ok("run")
    rig.equal("t")


def test_another_filter_between_two_halves_of_a_copy(rig):
    rows(rig)
    faulty(rig, CUT)
    is_cut(rig, "t")
    follow(rig, [{"t": {"mode": "cdc", "rows": "n > 100"}}])
    rig.ok("run")
    assert rig.value("SELECT min(id) FROM t") == 101


def test_the_same_cause_between_two_halves_of_a_copy(cascades):
    """Children that cannot be found by their values are read whole, and again
    for what went while they were read."""
    rig = cascades
    numbers(rig, 1800)
    for statement in TEXTS.split(";"):
        rig.sql(statement)
    names = ("parent", "child", "grandchild")
    follow(rig, [{name: {"mode": "cdc"}} for name in names])
    rig.ok("run")
    rig.sql("DELETE FROM parent WHERE id = 5")
    faulty(rig, CUT)
    is_cut(rig, "grandchild")
    rig.sql("DELETE FROM parent WHERE id = 6")
    faulty(rig, "copy.batch_begin=error")
    is_cut(rig, "grandchild")
    rig.ok("run")
    rig.ok("run")
    for name in names:
        rig.equal(name)
    is_quiet(rig)


def test_rows_that_were_read_again_before_a_truncate(rig, tmp_path):
    rows(rig)
    rig.sql("CREATE TABLE marks (id INT PRIMARY KEY)")
    follow(rig)
    rig.ok("run")
    log = tmp_path / "hits"
    with staying(rig, environment={
            "TIDEMARK_FP": "repair.read=sleep:5000@2",
            "TIDEMARK_FP_LOG": str(log)}) as running:
        rig.sql("SET SESSION binlog_row_image = MINIMAL")
        rig.sql("INSERT INTO t (id) SELECT n + 10000 FROM numbers")
        until(running, lambda: log.read_text().count("repair.read") == 2)
        rig.sql("TRUNCATE TABLE t")
        rig.sql("INSERT INTO marks VALUES (1)")
        until(running, lambda: rig.value("SELECT count() FROM marks") == 1)
        until(running, lambda: rig.state(
            f"{OPEN} AND scope LIKE '%keys%'") == [(0,)])
        until(running, lambda: rig.state(OPEN) == [(0,)])
        drained(running)
    assert log.read_text().count("repair.read") > 2
    assert rig.value("SELECT count() FROM t") == 0


def test_an_epoch_that_windows_step_meanwhile(rig, tmp_path):
    """What the log brings beats the copy, whoever stepped the epoch."""
    rows(rig, 10)
    log = tmp_path / "hits"
    running = rig.tidemark.start("run", environment={
        "TIDEMARK_FP": "cdc.place=sleep:3000@1;cdc.follow=sleep:3000@1",
        "TIDEMARK_FP_LOG": str(log)})

    def has_hit(name):
        until(running, lambda: name in log.read_text().split())

    has_hit("cdc.place")
    path = os.path.join(rig.tidemark.folder, "tidemark.db")
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as state:
        state.execute("UPDATE sources SET epoch = epoch + 1")
        state.commit()
    has_hit("cdc.follow")
    rig.sql("UPDATE t SET note = 'later' WHERE id = 1")
    assert running.wait(30).code == 0
    rig.equal("t")


def test_a_load_of_one_that_died_lands_before_the_deletes(rig, clickhouse):
    """It was sent in full, and the server takes its time."""
    rows(rig, 10)
    rig.ok("run")
    rig.sql("TRUNCATE TABLE t")
    former = Client(clickhouse.port, USER, PASSWORD)
    stored = f"`{rig.database}`.`t__tm`"
    late = threading.Thread(target=former.query, args=(
        f"INSERT INTO {stored} SELECT * REPLACE (99 AS id) FROM (SELECT * "
        f"FROM {stored} WHERE id = 1) WHERE sleepEachRow(3) = 0",))
    late.start()
    time.sleep(0.3)
    rig.ok("run")
    late.join()
    assert rig.value("SELECT count() FROM t") == 0
