"""What a person changes between two runs - settings, the source, the
warehouse - loses no row, and what cannot be right is refused by name."""

import datetime
import pathlib
import sqlite3
import time

from lab.servers import MariaDB
from rig import Rig

COLLATED = "k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE {} NOT NULL"


def table(rig, columns, name="t"):
    rig.sql(f"CREATE TABLE {name} ({columns}, updated_at TIMESTAMP(3) NOT "
            "NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE "
            "CURRENT_TIMESTAMP(3), KEY (updated_at))")


def set_mark(rig, stream, mark):
    path = pathlib.Path(rig.tidemark.folder, "tidemark.db")
    with sqlite3.connect(path) as state:
        state.execute("UPDATE streams SET checkpoint = ? WHERE name = ?",
                      (f'{{"mark":"{mark}"}}', stream))


def test_rows_that_come_later_on_a_day_of_a_date_cursor(small):
    small.sql("CREATE TABLE t (id INT PRIMARY KEY, d DATE NOT NULL, KEY (d))")
    small.sql("INSERT INTO t VALUES (1, UTC_DATE() - INTERVAL 3 DAY)")
    small.settings(tables=[{"t": {"mode": "incremental", "cursor": "d"}}])
    small.ok("run")
    day = datetime.datetime.utcnow() - datetime.timedelta(days=1)
    set_mark(small, "t/incremental", f"{day:%Y-%m-%d}T10:00:00Z")
    small.sql("INSERT INTO t VALUES (2, UTC_DATE() - INTERVAL 1 DAY)")
    small.ok("run")
    small.sql("INSERT INTO t VALUES (3, UTC_DATE())")
    small.ok("run")
    small.sql("INSERT INTO t VALUES (4, UTC_DATE())")
    small.ok("run")
    small.equal("t")


def test_a_warehouse_that_lost_its_tables_gets_all_rows_again(small):
    small.orders(100)
    small.settings()
    small.ok("run")
    small.clickhouse.drop_database(small.database)
    small.ok("run")
    small.equal("orders")


def test_another_target_gets_all_rows(small):
    small.orders(100)
    small.settings(tables=["orders"])
    small.ok("run")
    small.settings(tables=[{"orders": {"to": "renamed"}}])
    small.ok("run")
    small.equal("orders", "renamed")


def test_another_database_is_read_from_its_start(small, make_database):
    small.orders(100)
    small.settings()
    small.ok("run")
    other = make_database(small.source)
    small.sql(f"CREATE TABLE `{other}`.orders LIKE orders")
    small.sql(f"INSERT INTO `{other}`.orders SELECT * FROM orders LIMIT 50")
    small.sql(f"UPDATE `{other}`.orders SET note = 'the other one'")
    small.settings(source={"url": small.source.url(other)})
    small.ok("run")
    assert small.value("SELECT countIf(note = 'the other one') FROM orders") \
        == 50


def test_another_zone_of_the_cursor_reads_again(small):
    small.sql("CREATE TABLE t (id INT PRIMARY KEY, d DATETIME NOT NULL, "
              "KEY (d))")
    small.sql("INSERT INTO t VALUES (1, UTC_TIMESTAMP() + INTERVAL 6 HOUR)")
    small.settings(tables=[{"t": {"mode": "incremental", "cursor": "d"}}])
    small.ok("run")
    small.sql("INSERT INTO t VALUES (2, UTC_TIMESTAMP() + INTERVAL 7 HOUR)")
    small.settings(tables=[{"t": {"mode": "incremental", "cursor": "d",
                                  "cursor_zone": "Asia/Tokyo"}}])
    small.ok("run")
    small.equal("t")


def test_another_collation_in_the_middle_of_a_backfill(small):
    table(small, COLLATED.format("utf8mb4_bin") + ", PRIMARY KEY (k)")
    small.sql("INSERT INTO t (k) VALUES ('Ax'), ('Bx'), ('Cx'), ('Ux'), "
              "('Vx'), ('a1'), ('b1'), ('c1'), ('w1')")
    small.settings(limits={"chunk_rows": 3}, retry="0s")
    small.run("run", environment={"TIDEMARK_FP": "commit.saved=kill@1"})
    small.sql("ALTER TABLE t MODIFY " + COLLATED.format("utf8mb4_general_ci"))
    small.ok("run")
    small.equal("t")


def test_one_odd_number_turns_no_seconds_into_milliseconds(small):
    small.sql("CREATE TABLE t (id INT PRIMARY KEY, s BIGINT NOT NULL, "
              "KEY (s))")
    small.sql("INSERT INTO t SELECT seq, UNIX_TIMESTAMP() - 60 - seq "
              "FROM seq_1_to_50")
    small.sql("ANALYZE TABLE t")
    small.settings(tables=[{"t": {"mode": "incremental", "cursor": "s"}}])
    small.ok("run")
    small.sql("INSERT INTO t VALUES (100, 999999999999)")
    small.ok("run")
    small.sql("INSERT INTO t VALUES (101, UNIX_TIMESTAMP() - 6)")
    small.ok("run")
    small.sql("DELETE FROM t WHERE id = 100")
    assert small.value("SELECT count() FROM t WHERE id = 101") == 1


def test_two_tables_into_one_are_refused(small):
    table(small, "id INT PRIMARY KEY", "a")
    table(small, "id INT PRIMARY KEY", "b")
    small.settings(tables=[{"a": {"to": "x"}}, {"b": {"to": "x"}}])
    result = small.run("run")
    assert result.code == 1 and "TM1003" in result.stderr, str(result)
    assert '"b"' in result.stderr


def test_an_interrupted_backfill_can_be_asked_for_again(small):
    small.orders(100)
    small.settings()
    small.ok("run")
    again = ("backfill", "orders", "--from", "1", "--to", "10")
    small.run(*again, environment={"TIDEMARK_FP": "state.forget=kill@1"})
    for _ in range(2):
        small.sql("UPDATE orders SET total = total + 1, "
                  "updated_at = '2020-01-01' WHERE id <= 10")
        small.ok(*again)
        small.equal("orders")


def test_a_table_without_a_key_is_never_doubled(small):
    small.sql("CREATE TABLE plain (a INT, b TEXT)")
    small.sql("INSERT INTO plain VALUES (1, 'x'), (2, 'y')")
    small.settings()
    small.ok("run")
    small.ok("backfill", "plain", "--confirm", "plain")
    small.equal("plain", key=[])
    part = small.run("backfill", "plain", "--where", "a = 1")
    assert part.code == 1 and "TM2103" in part.stderr, str(part)
    small.equal("plain", key=[])


def test_a_date_as_text_beside_a_cursor(small):
    small.orders(100)
    small.settings(zero_dates="text", tables=[{"orders": {
        "overlap": "60s"}}])
    small.ok("run")
    small.sql("UPDATE orders SET total = 5, updated_at = NOW(3) - INTERVAL 6 "
              "SECOND WHERE id = 7")
    small.ok("run")
    assert small.value("SELECT total FROM orders WHERE id = 7") == 5


def test_a_swap_whose_copy_is_gone_begins_anew(small):
    small.sql("CREATE TABLE plain (a INT)")
    small.sql("INSERT INTO plain VALUES (1)")
    small.settings(tables=[{"plain": {"mode": "full"}}])
    small.ok("run")
    small.run("run", environment={"TIDEMARK_FP": "reload.before_swap=kill@1"})
    for (name,) in small.rows(
            "SELECT name FROM system.tables WHERE database = "
            f"'{small.database}' AND name LIKE 'plain__tm_%'"):
        small.clickhouse.query(f"DROP TABLE `{small.database}`.`{name}` SYNC")
    small.sql("INSERT INTO plain VALUES (2)")
    small.ok("run")
    small.equal("plain", key=[])


def test_a_lost_grant_is_told_and_ends_no_other_table(small):
    small.orders(50)
    small.orders(50, "second")
    small.settings()
    small.ok("run")
    small.sql("CREATE USER poor@'%' IDENTIFIED BY 'poor-pass'")
    small.sql(f"GRANT SELECT ON `{small.database}`.orders TO poor@'%'")
    small.sql(f"GRANT INSERT ON `{small.database}`.second TO poor@'%'")
    url = small.source.url(small.database).replace("sync@", "poor@")
    small.settings(source={"url": url, "password": "${env:POOR}"})
    result = small.run("run", environment={"POOR": "poor-pass"})
    small.sql("DROP USER poor@'%'")
    assert result.code in (1, 4), str(result)
    assert "second" in result.stderr, str(result)


def test_ddl_that_changes_values_behind_the_cursor(small):
    table(small, "id INT PRIMARY KEY, e ENUM('a','b'), v VARCHAR(9), "
          "d DECIMAL(10,3), t DATETIME(3), n INT, w INT")
    small.sql("INSERT INTO t (id, e, v, d, t) VALUES "
              "(1, 'a', 'abcdef', 1.239, '2024-05-06 07:08:09.987'), "
              "(2, 'b', 'x', 2, '2024-05-06 00:00:00')")
    small.settings()
    small.ok("run")
    small.sql("ALTER TABLE t MODIFY e ENUM('x','b'), MODIFY v VARCHAR(2), "
              "MODIFY d DECIMAL(10,2), MODIFY t DATETIME, "
              "MODIFY n INT NOT NULL, MODIFY w BIGINT")
    small.ok("run")
    small.equal("t")


def test_a_longer_list_or_column_copies_nothing_again(small):
    table(small, "id INT PRIMARY KEY, e ENUM('a'), v VARCHAR(9), w INT")
    small.sql("INSERT INTO t (id, e, v, w) VALUES (1, 'a', 'x', 1)")
    small.settings()
    small.ok("run")
    small.sql("DO SLEEP(7)")
    small.ok("run")
    small.sql("ALTER TABLE t MODIFY e ENUM('a','b'), MODIFY v VARCHAR(90), "
              "MODIFY w BIGINT")
    result = small.ok("run", "--json").json()
    assert result["tables"][0]["rows_confirmed"] == 0
    small.equal("t")


def test_another_key_is_copied_beside_and_swapped_in(small):
    table(small, "id INT PRIMARY KEY, other INT NOT NULL")
    small.sql("INSERT INTO t (id, other) VALUES (1, 7), (2, 7), (3, 8)")
    small.settings(tables=[{"t": {"overlap": "60s"}}])
    small.ok("run")
    small.sql("ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (other, id)")
    small.ok("run")
    small.equal("t")
    small.sql("INSERT INTO t (id, other, updated_at) VALUES "
              "(9, 9, NOW(3) - INTERVAL 6 SECOND)")
    small.ok("run")
    small.equal("t")


def test_another_policy_of_deletes_is_copied_beside(small):
    small.orders(50)
    small.settings()
    small.ok("run")
    small.settings(deletes="mark")
    small.ok("run")
    small.equal("orders", deletes="mark")


def test_a_table_that_vanished_is_named(small):
    small.orders(10)
    small.orders(10, "second")
    small.settings()
    small.ok("run")
    small.sql("DROP TABLE second")
    result = small.run("run")
    assert result.code == 1 and "TM2101" in result.stderr, str(result)
    assert '"second"' in result.stderr
    small.settings(tables=["*", {"except": ["second"]}])
    small.ok("run")


def test_a_key_that_is_none_is_a_mistake_of_the_command(small):
    small.orders(10)
    small.settings()
    small.ok("run")
    result = small.run("backfill", "orders", "--from", "abc")
    assert result.code == 2 and '"abc"' in result.stderr, str(result)
    status = small.run("status", "--json").json()
    assert status["tables"][0]["state"] == "on time"


def test_another_server_behind_the_same_address_is_told(
        small, mysql, wire):
    fill = "INSERT INTO t (id, note) VALUES (1, '{0}'), (2, '{0}')"
    columns = "id INT PRIMARY KEY, note VARCHAR(20)"
    table(small, columns)
    small.sql(fill.format("first"))
    small.source_port = wire.port
    small.settings()
    small.ok("run")
    assert small.state("SELECT epoch FROM sources") == [(1,)]
    quiet = small.ok("run")
    assert "another server" not in quiet.stderr
    mysql.create_database(small.database)
    other = mysql.admin(small.database)
    first = small.connection
    try:
        small.connection = other
        table(small, columns)
        small.sql("INSERT INTO t (id, note) VALUES (3, 'other')")
        small.sql("UPDATE t SET updated_at = NOW(3) - INTERVAL 1 MINUTE")
        small.sql("INSERT INTO t (id, note) VALUES (1, 'other')")
        wire.target_port = mysql.port
        told = small.ok("run")
    finally:
        small.connection = first
        mysql.drop_database(small.database)
    assert "source main is another server than before" in told.stderr
    assert small.state("SELECT epoch FROM sources") == [(2,)]
    assert small.rows("SELECT id, note FROM t ORDER BY id")[0][1] == "other"


def test_a_table_in_the_place_of_another_shows_its_own_rows(small):
    table(small, "id INT PRIMARY KEY, note VARCHAR(20)", "a")
    table(small, "id INT PRIMARY KEY, note VARCHAR(20)", "b")
    small.sql("INSERT INTO a (id, note) VALUES (1, 'a'), (2, 'a')")
    small.sql("INSERT INTO b (id, note) VALUES (2, 'b'), (3, 'b')")
    small.settings(tables=["a"])
    small.ok("run")
    small.settings(tables=[{"b": {"to": "a"}}])
    small.ok("run")
    small.equal("b", "a")
    small.ok("run")
    small.equal("b", "a")
    small.settings(tables=["a"])
    small.ok("run")
    small.equal("a")


def test_an_index_that_goes_changes_no_mode(small):
    table(small, "id INT PRIMARY KEY, note VARCHAR(20)")
    small.sql("INSERT INTO t (id) VALUES (1)")
    small.settings()
    small.ok("run")
    small.sql("ALTER TABLE t DROP KEY updated_at")
    small.sql("INSERT INTO t (id) VALUES (2)")
    time.sleep(6)
    small.ok("run")
    small.equal("t")
    assert "no index" in small.ok("check").stdout


def test_a_view_that_was_dropped_is_made_again(small):
    table(small, "id INT PRIMARY KEY")
    small.sql("CREATE TABLE whole (a INT)")
    small.sql("INSERT INTO t (id) VALUES (1)")
    small.sql("INSERT INTO whole VALUES (1)")
    small.settings()
    small.ok("run")
    time.sleep(11)
    small.ok("run")
    for name in ("t", "whole"):
        small.clickhouse.query(f"DROP VIEW {name}", database=small.database)
    small.ok("run")
    small.equal("t")
    assert small.value("SELECT count() FROM whole") == 1


def test_a_clock_that_was_set_back(small):
    table(small, "id INT PRIMARY KEY")
    small.sql("INSERT INTO t (id) VALUES (1)")
    small.settings()
    small.ok("run")
    ahead = datetime.datetime.utcnow() + datetime.timedelta(hours=1)
    set_mark(small, "t/incremental", f"{ahead:%Y-%m-%dT%H:%M:%S}Z")
    small.sql("INSERT INTO t (id) VALUES (2)")
    time.sleep(6)
    told = small.ok("run")
    assert "set back" in told.stderr
    small.equal("t")
    assert "set back" not in small.ok("run").stderr


def test_the_end_of_a_day_is_no_zone(small):
    small.sql("CREATE TABLE t (id INT PRIMARY KEY, d DATE NOT NULL, KEY (d))")
    small.sql("INSERT INTO t VALUES (1, UTC_DATE())")
    small.settings(tables=[{"t": {"mode": "incremental", "cursor": "d"}}])
    assert "cursor_zone: \"" not in small.ok("check").stdout


def test_a_prepared_transaction_that_outlives_its_server(
        tmp_path, clickhouse, make_database, tidemark):
    server = MariaDB().start(tmp_path / "mariadb")
    try:
        rig = Rig(server, clickhouse, make_database(server, clickhouse),
                  tidemark)
        table(rig, "id INT PRIMARY KEY, note VARCHAR(20)")
        rig.sql("INSERT INTO t (id) VALUES (1), (2)")
        rig.settings()
        rig.ok("run")
        rig.sql("XA START 'x'")
        rig.sql("UPDATE t SET note = 'prepared' WHERE id = 1")
        rig.sql("XA END 'x'")
        rig.sql("XA PREPARE 'x'")
        time.sleep(6)
        server.kill9()
        server.restart()
        rig.connection = server.admin(rig.database)
        rig.sql("UPDATE t SET note = 'between' WHERE id = 2")
        time.sleep(6)
        told = rig.ok("run")
        assert "outlived a restart" in told.stderr
        rig.sql("XA COMMIT 'x'")
        time.sleep(6)
        rig.ok("run")
        rig.equal("t")
    finally:
        server.discard()
