"""tidemark selftest: the same rows by SELECT and from the log."""

import pathlib
import threading

import pytest

from commands import assert_failure
from own import mariadb, mysql  # noqa: F401
from rig import Rig

CDC = [{"*": {"mode": "cdc"}}]


@pytest.fixture(params=["mariadb", "mysql"])
def rig(request, clickhouse, make_database, tidemark):
    server = request.getfixturevalue(request.param)
    made = Rig(server, clickhouse, make_database(server, clickhouse),
               tidemark)
    made.sql("SET sql_mode = ''")
    made.settings(tables=CDC)
    return made


def wide(rig, name="t"):
    rig.sql(f"CREATE TABLE {name} (id BIGINT UNSIGNED PRIMARY KEY, "
            "s VARCHAR(40), n DECIMAL(12,3), d DATETIME(3), dd DATE, "
            "ts TIMESTAMP(6) NULL, u BIGINT UNSIGNED, e ENUM('x','y'), "
            "f FLOAT, g DOUBLE, b VARBINARY(20), j JSON, bl LONGBLOB, "
            "st SET('p','q'), t3 TIME(3), y YEAR, bi BIT(9))")
    rig.sql(f"INSERT INTO {name} SELECT * FROM (SELECT 1 id, 'a' s, 1.5 n, "
            "NOW(3) d, '2024-02-29' dd, NOW(6) ts, 1 u, 'x' e, 1.25 f, "
            "-0e0 g, 0x00 b, '{\"k\": [1, 2.50, null]}' j, "
            "REPEAT('z', 70000) bl, 'p,q' st, '-12:00:00.5' t3, 2024 y, "
            "b'101' bi) x")
    rig.sql(f"INSERT INTO {name} (id) VALUES (2), (18446744073709551615)")


def state_of(rig):
    return rig.value("SELECT count() FROM system.tables "
                     "WHERE database = currentDatabase()")


def test_equal_by_both_roads_and_nothing_written(rig):
    wide(rig)
    rig.sql("UPDATE t SET s = 'ä''b', u = 18446744073709551615 WHERE id = 1")
    rig.sql("INSERT INTO t (id, s) VALUES (3, 'gone')")
    rig.sql("DELETE FROM t WHERE id = 3")
    document = rig.ok("selftest", "t", "--json").json()
    assert document["exit"] == 0
    assert document["rows_compared"] == 4
    assert document["rows_equal"] == 4
    assert document["columns_compared"] == 17
    assert document["differences"] == []
    assert document["not_compared"] == []
    assert document["log"]["bytes"] > 0
    assert state_of(rig) == 0
    assert not list(pathlib.Path(rig.tidemark.folder).glob("*.db"))
    result = rig.ok("selftest", "t")
    assert "4 rows compared, 1 of them deleted" in result.stdout
    assert "equal by both roads" in result.stdout


@pytest.mark.parametrize("key, rows", [
    ("a INT NOT NULL, b VARCHAR(20) NOT NULL, PRIMARY KEY (b, a)",
     "(1, 'x''y'), (2, ''), (3, 'ä`'), (-4, 'X''y')"),
    ("a BINARY(16) PRIMARY KEY, b INT",
     "(UNHEX(REPEAT('0', 32)), 1), (UNHEX(REPEAT('ab', 16)), 2)"),
    ("a DATETIME(2) NOT NULL, b DATE NOT NULL, PRIMARY KEY (a, b)",
     "('2024-01-01 01:02:03.45', '2024-02-29'), "
     "('1999-12-31', '2000-01-01')"),
    ("a DOUBLE PRIMARY KEY, b INT", "(1e300, 1), (-0.5, 2), (1e-9, 3)"),
    ("a ENUM('k','l') NOT NULL, b BIT(3) NOT NULL, PRIMARY KEY (a, b)",
     "('k', 1), ('l', 7)"),
    ("a DECIMAL(20,5) PRIMARY KEY, b TIME(3)",
     "(-1.5, '-01:00:00'), (99999999999999.12345, '800:00:00.001')"),
])
def test_keys_of_every_kind(rig, key, rows):
    rig.sql(f"CREATE TABLE t ({key}) CHARSET utf8mb4")
    rig.sql(f"INSERT INTO t VALUES {rows}")
    count = rig.sql("SELECT COUNT(*) FROM t")[0][0]
    document = rig.ok("selftest", "t", "--json").json()
    assert document["rows_equal"] == count
    assert document["differences"] == []


def test_a_change_beside_the_log_is_named_by_column_and_key(rig):
    wide(rig)
    rig.sql("SET sql_log_bin = 0")
    rig.sql("UPDATE t SET s = 'secret', f = 3 WHERE id = 1")
    rig.sql("DELETE FROM t WHERE id = 2")
    rig.sql("SET sql_log_bin = 1")
    result = rig.run("selftest", "t")
    assert result.code == 3, str(result)
    assert "x s   differs in 1 row: id=1" in result.stdout
    assert "x f   differs in 1 row: id=1" in result.stdout
    assert "x (digest)   differs in 1 row: id=1" in result.stdout
    assert "x (the row itself)   differs in 1 row: id=2" in result.stdout
    assert "secret" not in result.stdout + result.stderr
    result = rig.run("selftest", "t", "--json")
    assert result.code == 3
    document = result.json()
    assert document["exit"] == 3 and document["rows_different"] == 2
    assert {d["column"]: d["keys"] for d in document["differences"]} == {
        "s": ["id=1"], "f": ["id=1"], "(digest)": ["id=1"],
        "(the row itself)": ["id=2"]}


def test_a_table_that_the_log_does_not_know(rig):
    rig.sql("SET sql_log_bin = 0")
    rig.sql("CREATE TABLE quiet (id INT PRIMARY KEY)")
    rig.sql("INSERT INTO quiet VALUES (1)")
    result = rig.run("selftest", "quiet")
    assert_failure(result, 1, "TM2251", "no changed row of table \"quiet\"",
                   "tidemark selftest quiet")
    result = rig.run("selftest", "quiet", "--json")
    assert result.code == 1 and result.json()["rows_compared"] == 0


def test_what_stands_before_a_change_of_the_table_is_not_compared(rig):
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY, e ENUM('a','b'))")
    rig.sql("INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    rig.sql("ALTER TABLE t MODIFY e ENUM('b','a')")
    rig.sql("INSERT INTO t VALUES (3, 'a'), (4, 'b')")
    document = rig.ok("selftest", "t", "--json").json()
    assert document["rows_equal"] == 2
    rig.sql("ALTER TABLE t COMMENT 'x'")
    rig.sql("INSERT INTO t VALUES (5, 'a')")
    document = rig.ok("selftest", "t", "--json").json()
    assert document["rows_equal"] == 1
    lost = document["not_compared"]
    assert [entry["reason"] for entry in lost] == ["columns_changed"]
    assert lost[0]["rows"] == 2


def test_rows_that_are_not_whole_are_not_compared(rig):
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT)")
    rig.sql("INSERT INTO t VALUES (1, 1, 1), (2, 2, 2)")
    rig.sql("SET SESSION binlog_row_image = MINIMAL")
    rig.sql("UPDATE t SET a = 5 WHERE id = 1")
    rig.sql("SET SESSION binlog_row_image = FULL")
    rig.sql("INSERT INTO t VALUES (3, 3, 3)")
    result = rig.ok("selftest", "t")
    assert "not compared: rows that are not whole" in result.stdout
    assert "binlog_row_image = FULL" in result.stdout


def test_it_walks_back_through_older_files(rig):
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY, a INT)")
    rig.sql("INSERT INTO t VALUES (1, 1), (2, 2)")
    for _ in range(3):
        rig.sql("FLUSH BINARY LOGS")
    rig.sql("UPDATE t SET a = 3 WHERE id = 1")
    document = rig.ok("selftest", "t", "--rows", "2", "--json").json()
    assert document["rows_equal"] == 2
    assert document["log"]["files"] >= 4


def test_under_constant_change(rig):
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY, a INT)")
    rig.sql("INSERT INTO t VALUES " +
            ", ".join(f"({i}, 0)" for i in range(400)))
    stop = threading.Event()

    def write():
        link = rig.source.admin(rig.database)
        number = 0
        while not stop.is_set():
            number += 1
            with link.cursor() as cursor:
                cursor.execute(f"UPDATE t SET a = {number} WHERE id % 7 = "
                               f"{number % 7}")
                cursor.execute(f"DELETE FROM t WHERE id = {number % 400}")
                cursor.execute(f"INSERT INTO t VALUES ({number % 400}, 1)")
            link.commit()
        link.close()

    writers = [threading.Thread(target=write)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(3):
            document = rig.ok("selftest", "t", "--json").json()
            assert document["rows_different"] == 0
            assert document["rows_compared"] > 0
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def test_tables_and_options_that_do_not_fit(rig):
    rig.sql("CREATE TABLE plain (a INT)")
    rig.sql("INSERT INTO plain VALUES (1)")
    assert_failure(rig.run("selftest", "plain"), 1, "TM2103", "no key")
    assert_failure(rig.run("selftest"), 2, "TM1006", "name of one table")
    assert_failure(rig.run("selftest", "plain", "--rows", "0"), 2, "TM1006",
                   "a number from 1")


def test_rows_filters_and_left_out_columns_count_on_both_roads(rig):
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY, a INT, b TEXT, "
            "gone_at DATETIME)")
    rig.settings(tables=[{"t": {
        "mode": "cdc", "rows": "a < 10", "columns": ["-b"],
        "soft_delete": "gone_at"}}])
    rig.sql("INSERT INTO t VALUES (1, 1, 'x', NULL), (2, 2, 'y', NULL), "
            "(3, 99, 'z', NULL), (4, 4, 'w', NULL)")
    rig.sql("UPDATE t SET a = 50 WHERE id = 2")
    rig.sql("UPDATE t SET gone_at = NOW() WHERE id = 4")
    document = rig.ok("selftest", "t", "--json").json()
    assert document["rows_equal"] == 4
    assert document["differences"] == []
