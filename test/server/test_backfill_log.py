"""Backfills of tables that follow the log: the rows asked for, no others."""

import pytest

from rig import Rig

CDC = [{"*": {"mode": "cdc"}}]


@pytest.fixture(params=["mariadb", "mysql"])
def rig(request, clickhouse, make_database, tidemark):
    server = request.getfixturevalue(request.param)
    made = Rig(server, clickhouse, make_database(server, clickhouse), tidemark)
    made.sql("SET sql_mode = ''")
    made.settings(tables=CDC)
    return made


def silently(rig, *statements):
    """What no reader of the log sees."""
    rig.sql("SET sql_log_bin = 0")
    for statement in statements:
        rig.sql(statement)
    rig.sql("SET sql_log_bin = 1")


def numbers(count):
    return ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
            f"WHERE i < {count}) SELECT ")


def backfill(rig, table, *arguments):
    lines = rig.ok("backfill", table, *arguments, "--json").json()["tables"]
    return next(line for line in lines if line["name"] == table)


def open_requests(rig):
    return rig.state("SELECT count(*) FROM requests WHERE served_us = 0")[0][0]


def test_a_range_is_read_again_with_its_deletes_and_nothing_else(rig):
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9))")
    rig.sql(f"INSERT INTO t {numbers(500)} i, 'a' FROM n")
    rig.ok("run")
    silently(rig, "UPDATE t SET v = 'b' WHERE id IN (10, 300)",
             "DELETE FROM t WHERE id IN (20, 310)",
             "INSERT INTO t VALUES (-1, 'c'), (600, 'c')")
    line = backfill(rig, "t", "--from", "-5", "--to", "99")
    assert line["rows_read"] < 200 and line["deletes"] == 1, line
    assert rig.rows("SELECT id FROM t WHERE v != 'a' ORDER BY id") == \
        [[-1], [10]]
    assert rig.value("SELECT count() FROM t WHERE id IN (20, 310)") == 1
    line = backfill(rig, "t", "--where", "id = 300 OR id = 310")
    assert line["deletes"] == 0
    assert rig.value("SELECT v FROM t WHERE id = 300") == "b"
    backfill(rig, "t", "--from", "310")
    rig.equal("t")
    assert open_requests(rig) == 0


def test_many_rows_are_named_by_pages_while_the_log_goes_on(rig):
    rig.sql("CREATE TABLE t (a INT UNSIGNED, b INT, v INT, "
            "PRIMARY KEY (a, b))")
    rig.sql(f"INSERT INTO t {numbers(160)} x.i * 16 + y.i DIV 10, "
            "x.i * 160 + y.i, 0 FROM n x, n y")  # 25,600: three pages
    rig.ok("run")
    silently(rig, "DELETE FROM t WHERE b IN (161, 15000, 25601)")
    rig.sql("UPDATE t SET v = 1 WHERE b = 170")
    rig.sql("DELETE FROM t WHERE b = 180")
    line = backfill(rig, "t", "--from", "0")
    assert line["deletes"] == 5, line  # one by the log as well
    rig.equal("t")


@pytest.mark.parametrize("rig", ["mariadb"], indirect=True)  # beside its log
def test_what_hung_on_rows_that_are_gone_goes_with_them(rig):
    rig.sql("CREATE TABLE p (id INT PRIMARY KEY)")
    rig.sql("CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) "
            "REFERENCES p (id) ON DELETE CASCADE)")
    rig.sql("INSERT INTO p VALUES (1), (2), (3)")
    rig.sql("INSERT INTO c VALUES (10, 1), (20, 2), (30, 3)")
    rig.ok("run")
    silently(rig, "DELETE FROM p WHERE id = 2")
    backfill(rig, "p", "--from", "1", "--to", "2")
    rig.equal("p")
    rig.equal("c")


def test_what_cannot_be_named_is_refused(rig):
    rig.sql("CREATE TABLE w (k VARCHAR(9) PRIMARY KEY)")
    rig.sql("INSERT INTO w VALUES ('a'), ('b')")
    rig.ok("run")
    result = rig.run("backfill", "w", "--from", "a", "--to", "b")
    assert result.code == 2 and "whole number" in result.stderr, str(result)
    assert "tidemark backfill w --confirm w" in result.stderr
    assert open_requests(rig) == 0
    silently(rig, "INSERT INTO w VALUES ('c')")
    backfill(rig, "w", "--where", "k = 'c'")
    rig.equal("w")
    silently(rig, "DELETE FROM w WHERE k = 'a'")
    backfill(rig, "w", "--confirm", "w")
    rig.equal("w")


@pytest.mark.parametrize("rig", ["mariadb"], indirect=True)
def test_more_rows_than_are_named_one_by_one_are_refused(rig):
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY)")
    rig.sql("INSERT INTO t SELECT seq FROM seq_1_to_100001")
    rig.ok("run")
    for arguments in (("--from", "1"), ("--where", "id > 0")):
        result = rig.run("backfill", "t", *arguments)
        assert result.code == 2 and "100,000" in result.stderr, str(result)
    assert open_requests(rig) == 0
