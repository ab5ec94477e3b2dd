"""Rows are read again as they are now, which the log reaches later: what it
brings between stays right, though the rows above have gone meanwhile."""

import os
import signal
import time

import pytest

from own import mariadb, mysql  # noqa: F401
from rig import Rig
from test_cdc_requests import FAMILY, NAMES, TEXTS, equal, family, served
from test_cdc_stay import staying, until


@pytest.fixture(params=["mariadb", "mysql"])
def rig(request, clickhouse, make_database, tidemark):
    server = request.getfixturevalue(request.param)
    made = Rig(server, clickhouse, make_database(server, clickhouse),
               tidemark)
    made.sql("SET sql_mode = ''")
    return made


def run_with(rig, point, statements):
    """A run, and what is written while it stands at the point."""
    running = rig.tidemark.start("run", environment={
        "TIDEMARK_FP": f"{point}=stop@1"})
    try:
        assert running.wait_until(running.is_stopped)
        for statement in statements:
            rig.sql(statement)
    finally:
        os.kill(running.pid, signal.SIGCONT)
    result = running.wait()
    assert result.code == 0, result.text


def part_of_a_row(rig, row, change="note = 'part'"):
    rig.sql("SET SESSION binlog_row_image = MINIMAL")
    rig.sql(f"UPDATE child SET {change} WHERE id = {row}")
    rig.sql("SET SESSION binlog_row_image = FULL")


def test_a_row_that_the_log_brings_behind_the_reading(rig):
    family(rig)
    part_of_a_row(rig, 1005)
    run_with(rig, "repair.read", [
        "INSERT INTO grandchild VALUES (5, 77, 1005)",
        "UPDATE grandchild SET b = 78 WHERE a = 5 AND b = 1",
        "DELETE FROM parent WHERE id = 5"])
    rig.ok("run")
    equal(rig)
    served(rig)


def test_a_row_that_is_back_when_it_is_read(rig):
    """Moved by a part of a row, gone with its new parent, written again."""
    family(rig)
    rig.sql("DELETE FROM child WHERE pid = 6")
    rig.ok("run")
    part_of_a_row(rig, 1005, "pid = 6")
    rig.sql("DELETE FROM parent WHERE id = 6")
    run_with(rig, "repair.read", [
        "INSERT INTO child VALUES (1005, 9, 'again')"])
    rig.ok("run")
    equal(rig)
    served(rig)


def test_rows_that_go_before_they_are_copied(rig):
    """The first copy sees neither; the log brings the lower one alone."""
    rig.sql("CREATE TABLE numbers (n INT PRIMARY KEY)")
    rig.sql("INSERT INTO numbers VALUES (4), (5), (6)")
    for statement in FAMILY.format(rule="CASCADE").split(";"):
        rig.sql(statement)
    rig.settings(tables=[{name: {"mode": "cdc"}} for name in NAMES])
    run_with(rig, "task.prepare", [
        "INSERT INTO grandchild VALUES (5, 77, 1005)",
        "DELETE FROM parent WHERE id = 5"])
    rig.ok("run")
    equal(rig)


def follow(rig, *names):
    rig.settings(tables=[{name: {"mode": "cdc"}} for name in names])


def test_a_daemon_that_dies_while_such_a_copy_is_underway(rig):
    """The place that it saved lies behind the rows that went."""
    rig.sql("CREATE TABLE numbers (n INT PRIMARY KEY)")
    rig.sql("INSERT INTO numbers VALUES (4), (5), (6)")
    for statement in FAMILY.format(rule="CASCADE").split(";"):
        rig.sql(statement)
    follow(rig, "parent", "grandchild")
    rig.ok("run")
    follow(rig, *NAMES)
    with staying(rig, environment={
            "TIDEMARK_FP": "task.prepare=sleep:30000@1"}) as running:
        rig.sql("INSERT INTO grandchild VALUES (5, 77, 1005)")
        rig.sql("COMMIT")
        until(running, lambda: rig.value(
            "SELECT count() FROM grandchild WHERE b = 77") == 1)
        rig.sql("DELETE FROM parent WHERE id = 5")
        rig.sql("COMMIT")
        until(running, lambda: rig.value("SELECT count() FROM parent") == 2)
        time.sleep(3)
    rig.ok("run")
    equal(rig)
    assert rig.state("SELECT count(*) FROM requests WHERE served_us = 0") \
        == [(0,)]


def test_a_table_that_is_read_whole_below_a_reading(rig):
    """What hangs on a row that is gone cannot be told by values here."""
    rig.sql("CREATE TABLE numbers (n INT PRIMARY KEY)")
    rig.sql("INSERT INTO numbers VALUES (1), (2), (3)")
    for statement in TEXTS.split(";"):
        rig.sql(statement)
    rig.sql("INSERT INTO parent VALUES (9)")
    follow(rig, *NAMES)
    rig.ok("run")
    part_of_a_row(rig, 2, "pid = 9")
    run_with(rig, "repair.read", [
        "INSERT INTO grandchild VALUES (77, 'c2')",
        "DELETE FROM parent WHERE id = 9"])
    rig.ok("run")
    equal(rig)
    assert rig.state("SELECT count(*) FROM requests WHERE served_us = 0") \
        == [(0,)]
