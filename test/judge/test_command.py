"""`python3 -m judge`: one line a table, a verdict, an exit code."""

import os
import subprocess
import sys

import pytest

from lab.databases import PASSWORD


@pytest.fixture
def judge(source, clickhouse, database):
    """Two equal tables, and a function that runs the command."""
    for name in ("a", "b"):
        source.query(f"CREATE TABLE {name} (id INT PRIMARY KEY, n INT);"
                     f"INSERT INTO {name} VALUES (1, 2), (3, NULL)",
                     database=database)
        stored = f"`{database}`.{name}__tm"
        clickhouse.query(
            f"CREATE TABLE {stored} (id Int32, n Nullable(Int32),"
            " _tm_deleted UInt8) ENGINE = ReplacingMergeTree ORDER BY id")
        clickhouse.query(f"INSERT INTO {stored} VALUES (1, 2, 0),"
                         " (3, NULL, 0)")
        clickhouse.query(f"CREATE VIEW `{database}`.{name} AS SELECT id, n "
                         f"FROM {stored} FINAL")

    def run(*more, url=None):
        environment = {**os.environ, "JUDGE_SOURCE_PASSWORD": PASSWORD,
                       "JUDGE_WAREHOUSE_PASSWORD": PASSWORD,
                       "PYTHONPATH": os.path.dirname(os.path.dirname(
                           os.path.abspath(__file__)))}
        return subprocess.run(
            [sys.executable, "-m", "judge", "--source",
             url or source.url(database), "--warehouse",
             clickhouse.url(database), *more], env=environment,
            capture_output=True, text=True, check=False)
    run.warehouse = lambda sql: clickhouse.query(
        sql, settings={"database": database})
    run.database = database
    return run


def test_equal_tables_end_in_zero(judge):
    result = judge()
    assert result.returncode == 0, result
    assert result.stdout == (
        f"{judge.database}.a: 2 rows, 4 cells equal\n"
        f"{judge.database}.b: 2 rows, 4 cells equal\n8 cells equal\n")


def test_one_different_table_ends_in_one(judge):
    judge.warehouse("INSERT INTO b__tm VALUES (3, 0, 0)")
    result = judge()
    assert result.returncode == 1
    assert "id=3: n is NULL, the warehouse has 0" in result.stdout
    assert result.stdout.endswith(
        "1 of 2 tables differ\n4 cells equal\n")
    assert judge("--table", "a").returncode == 0


def test_what_cannot_be_judged_ends_in_two(judge):
    result = judge("--table", "missing")
    assert (result.returncode, result.stdout) == (2, "")
    assert "the source has no table" in result.stderr
    assert judge(url="mysql://sync@127.0.0.1:1/x").returncode == 2
