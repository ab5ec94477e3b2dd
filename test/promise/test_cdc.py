"""The log followed from cron: after each run the warehouse equals the source,
deletes included, whatever happened between."""

import pathlib
import random
import subprocess
import threading
import time

import pymysql
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CDC = [{"*": {"mode": "cdc"}}]


@pytest.fixture(params=["mariadb", "mysql"])
def rig(request, make_rig):
    return make_rig(request.getfixturevalue(request.param))


def table(rig, name="t"):
    rig.sql(f"CREATE TABLE {name} (id INT PRIMARY KEY, note VARCHAR(40), "
            "n DECIMAL(12,3), d DATETIME(3), u BIGINT UNSIGNED, "
            "e ENUM('x','y'), b VARBINARY(20))")
    rig.sql(f"INSERT INTO {name} VALUES (1, 'a', 1.5, NOW(3), 1, 'x', 0x00), "
            "(2, 'b', -2.25, NULL, 18446744073709551615, 'y', NULL), "
            "(3, 'c', NULL, '2024-02-29', NULL, NULL, 0xff00)")


def read(result):
    return {line["name"]: line["rows_read"]
            for line in result.json()["tables"]}


def test_changes_of_every_kind_arrive(rig):
    table(rig)
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.equal("t")
    rig.sql("INSERT INTO t (id, note) VALUES (4, 'd')")
    rig.sql("UPDATE t SET note = 'bb', u = 5 WHERE id = 2")
    rig.sql("UPDATE t SET id = 30 WHERE id = 3")
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.sql("REPLACE INTO t (id, note) VALUES (4, 'dd')")
    rig.connection.commit()
    rig.ok("run")
    rig.equal("t")
    assert read(rig.ok("run", "--json")) == {"t": 0}


def test_a_transaction_counts_when_it_ends(rig):
    table(rig)
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.sql("BEGIN")
    rig.sql("INSERT INTO t (id) VALUES (10)")
    rig.sql("SAVEPOINT s")
    rig.sql("INSERT INTO t (id) VALUES (11)")
    rig.sql("ROLLBACK TO s")
    rig.ok("run")
    assert rig.value("SELECT count() FROM t") == 3
    rig.sql("COMMIT")
    rig.ok("run")
    rig.equal("t")
    assert rig.value("SELECT count() FROM t") == 4


def test_rows_that_were_rolled_back_in_the_log(make_rig, mariadb):
    """Where a part cannot be rolled back, the server writes all of it and how
    it ended."""
    rig = make_rig(mariadb)
    table(rig)
    rig.sql("CREATE TABLE plain (id INT PRIMARY KEY) ENGINE = MyISAM")
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.sql("BEGIN")
    rig.sql("INSERT INTO t (id) VALUES (10)")
    rig.sql("INSERT INTO plain VALUES (1)")
    rig.sql("SAVEPOINT s")
    rig.sql("INSERT INTO t (id) VALUES (11)")
    rig.sql("UPDATE t SET note = 'rolled back' WHERE id = 1")
    rig.sql("ROLLBACK TO s")
    rig.sql("COMMIT")
    rig.ok("run")
    rig.equal("t")
    rig.sql("BEGIN")
    rig.sql("INSERT INTO t (id) VALUES (12)")
    rig.sql("CREATE TEMPORARY TABLE scratch (id INT)")
    rig.sql("DELETE FROM t WHERE id = 2")
    rig.sql("ROLLBACK")
    rig.ok("run")
    rig.equal("t")
    rig.equal("plain")


def test_keys_that_change_places_in_one_statement(rig):
    rig.sql("CREATE TABLE t (a INT NOT NULL, b INT NOT NULL, v INT, "
            "PRIMARY KEY (a, b))")
    rig.sql("INSERT INTO t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)")
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.sql("BEGIN")
    rig.sql("UPDATE t SET a = 9 WHERE a = 1")
    rig.sql("UPDATE t SET a = 1 WHERE a = 2")
    rig.sql("UPDATE t SET a = 2 WHERE a = 9")
    rig.sql("UPDATE t SET v = v + 10")
    rig.sql("UPDATE t SET v = v + 100 WHERE a = 3")
    rig.sql("COMMIT")
    rig.ok("run")
    rig.equal("t")


@pytest.mark.parametrize("ddl", [
    "ADD COLUMN z INT DEFAULT 7", "DROP COLUMN n",
    "CHANGE note other VARCHAR(40)", "MODIFY u DECIMAL(30,2)",
    "DROP PRIMARY KEY, ADD PRIMARY KEY (id, other_key)"])
def test_a_change_of_columns_between_rows(rig, ddl):
    table(rig)
    rig.sql("ALTER TABLE t ADD COLUMN other_key INT NOT NULL DEFAULT 0")
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.sql("INSERT INTO t (id, u) VALUES (4, 4)")
    rig.sql(f"ALTER TABLE t {ddl}")
    rig.sql("INSERT INTO t (id) VALUES (5)")
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.ok("run")
    rig.equal("t")
    rig.sql("INSERT INTO t (id) VALUES (6)")
    rig.ok("run")
    rig.equal("t")


def test_an_index_reads_nothing_again(rig):
    table(rig)
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.sql("INSERT INTO t (id) VALUES (4)")
    rig.ok("run")
    rig.sql("ALTER TABLE t ADD KEY (note)")
    rig.sql("INSERT INTO t (id) VALUES (5)")
    assert read(rig.ok("run", "--json")) == {"t": 1}
    rig.equal("t")


def test_truncate_drop_and_rename(rig):
    table(rig)
    table(rig, "s")
    table(rig, "r")
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.sql("TRUNCATE TABLE t")
    rig.sql("INSERT INTO t (id) VALUES (2)")
    rig.sql("DROP TABLE s")
    rig.sql("CREATE TABLE s (id INT PRIMARY KEY, other TEXT)")
    rig.sql("INSERT INTO s VALUES (7, 'seven')")
    rig.sql("CREATE TABLE r_new LIKE r")
    rig.sql("INSERT INTO r_new SELECT * FROM r WHERE id > 1")
    rig.sql("RENAME TABLE r TO r_old, r_new TO r")
    rig.sql("INSERT INTO r (id) VALUES (8)")
    rig.ok("run")
    rig.ok("run")
    for name in ("t", "s", "r"):
        rig.equal(name)


def test_children_of_foreign_keys(rig):
    rig.sql("CREATE TABLE p (id INT PRIMARY KEY)")
    rig.sql("CREATE TABLE c (id INT PRIMARY KEY, p INT, q INT, "
            "FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE, "
            "FOREIGN KEY (q) REFERENCES c (id) ON DELETE SET NULL)")
    rig.sql("INSERT INTO p VALUES (1), (2), (3)")
    rig.sql("INSERT INTO c VALUES (1, 1, NULL), (2, 2, 1), (3, 2, 2)")
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.sql("DELETE FROM p WHERE id = 1")
    rig.ok("run")
    rig.equal("p")
    rig.equal("c")


def test_check_tells_what_the_log_lacks(rig):
    table(rig)
    rig.sql("CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) "
            "REFERENCES t (id) ON DELETE CASCADE)")
    rig.settings(tables=CDC)
    rig.source.query("SET GLOBAL binlog_row_metadata = MINIMAL"
                     if rig.source.kind == "mysql"
                     else "SET GLOBAL binlog_row_metadata = NO_LOG")
    text = rig.ok("check").stdout
    assert "binlog_row_metadata = FULL" in text
    assert ("beside the log" in text) == (rig.source.kind != "mysql"), text


def test_statements_in_the_log_read_their_table_again(rig):
    table(rig)
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.sql("SET SESSION binlog_format = 'STATEMENT'")
    rig.sql("UPDATE t SET note = 'by statement' WHERE id = 2")
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.sql("SET SESSION binlog_format = 'ROW'")
    rig.ok("run")
    rig.equal("t")


@pytest.mark.parametrize("image", ["MINIMAL", "NOBLOB"])
def test_rows_that_are_not_whole(rig, image):
    table(rig)
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.sql(f"SET SESSION binlog_row_image = '{image}'")
    rig.sql("UPDATE t SET note = 'short' WHERE id = 2")
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.sql("INSERT INTO t (id) VALUES (4)")
    rig.ok("run")
    rig.equal("t")


def test_a_transaction_larger_than_memory(rig):
    rig.orders(2)
    rig.settings(tables=CDC, limits={"memory": "64M"})
    rig.ok("run")
    rig.sql("DELETE FROM orders")
    digits = ", ".join(f"(SELECT 0 i UNION ALL SELECT 1 UNION ALL SELECT 2 "
                       "UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL "
                       "SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7) "
                       f"{letter}" for letter in "abcdef")
    rig.sql("INSERT INTO orders (customer, state, total, quantity, name, "
            "note, weight, placed) SELECT 1, 1, 2, 3, REPEAT('n', 90), "
            f"REPEAT('x', 250), 1e0, '2024-01-01' FROM {digits}")
    rig.sql("UPDATE orders SET note = REPEAT('y', 250)")
    rig.ok("run")
    rig.equal("orders")


def test_a_table_that_is_new_later(rig):
    table(rig)
    rig.settings(tables=CDC)
    rig.ok("run")
    table(rig, "late")
    rig.sql("DELETE FROM late WHERE id = 1")
    rig.sql("INSERT INTO t (id) VALUES (4)")
    rig.ok("run")
    rig.equal("t")
    rig.equal("late")


def test_columns_that_change_twice(rig):
    table(rig)
    rig.settings(tables=CDC)
    rig.ok("run")
    for number in range(3):
        rig.sql(f"ALTER TABLE t ADD COLUMN z{number} INT DEFAULT 7")
        rig.ok("run")
        rig.equal("t")


def test_a_table_that_is_left_out_for_a_while(rig):
    table(rig)
    table(rig, "s")
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.settings(tables=[{"t": {"mode": "cdc"}}])
    rig.sql("DELETE FROM s WHERE id = 1")
    rig.sql("INSERT INTO t (id) VALUES (4)")
    rig.ok("run")
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.equal("t")
    rig.equal("s")


def test_a_named_table_brings_the_others(rig):
    table(rig)
    table(rig, "s")
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.sql("DELETE FROM s WHERE id = 1")
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.ok("run", "t")
    rig.equal("t")
    rig.equal("s")


def test_a_name_in_another_character_set(rig):
    rig.sql("CREATE TABLE `été` (id INT PRIMARY KEY)")
    rig.sql("INSERT INTO `été` VALUES (1), (2)")
    rig.settings(tables=CDC)
    rig.ok("run")
    with rig.source.admin(rig.database, charset="latin1") as link:
        link.cursor().execute("TRUNCATE TABLE `été`")
    rig.sql("INSERT INTO `été` VALUES (3)")
    rig.ok("run")
    rig.equal("été")


def test_from_windows_to_the_log_and_back(rig):
    rig.orders(50)
    rig.settings()
    rig.ok("run")
    rig.sql("DELETE FROM orders WHERE id <= 5")
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.equal("orders")
    rig.sql("DELETE FROM orders WHERE id <= 10")
    rig.ok("run")
    rig.equal("orders")
    rig.settings()
    rig.sql("UPDATE orders SET note = 'again' WHERE id = 20")
    rig.ok("run")
    rig.equal("orders")


STATEMENTS = [
    "REPLACE INTO t (id, note, u) VALUES (%s, UUID(), 1)",
    "DELETE FROM t WHERE id = %s",
    "UPDATE t SET note = UUID() WHERE id >= %s LIMIT 3",
    "UPDATE IGNORE t SET id = id + 100 WHERE id = %s",
    "UPDATE IGNORE t SET id = id - 100 WHERE id > 100 AND id - 100 = %s"]


def write(rig, seed, stop):
    """Transactions of some changes each; a deadlock ends one."""
    dice = random.Random(seed)
    with rig.source.admin(rig.database) as link:
        link.autocommit(False)
        cursor = link.cursor()
        while not stop.is_set():
            try:
                for _ in range(dice.randint(1, 5)):
                    cursor.execute(dice.choice(STATEMENTS),
                                   (dice.randint(1, 60),))
                link.commit() if dice.random() < 0.8 else link.rollback()
            except pymysql.err.OperationalError:
                link.rollback()


def points():
    text = subprocess.run([ROOT / "scripts/failpoints"], check=True, cwd=ROOT,
                          capture_output=True, text=True).stdout
    return [name for name in text.split() if name.startswith("cdc.")] + [
        "commit.saved", "commit.before_save", "load.put",
        "load.before_finish"]


@pytest.mark.parametrize("action", ["kill", "error"])
@pytest.mark.parametrize("point", points())
def test_death_among_writers(rig, tmp_path, point, action):
    table(rig)
    rig.settings(tables=CDC, retry="0s")
    log = tmp_path / "hits"
    if point not in ("cdc.copied", "cdc.place"):
        rig.ok("run")
    stop = threading.Event()
    writers = [threading.Thread(target=write, args=(rig, seed, stop))
               for seed in range(4)]
    for writer in writers:
        writer.start()
    try:
        for hit in (1, 2, 1):
            if point == "cdc.below":
                rig.sql("TRUNCATE TABLE t")
            if point == "cdc.schema":
                rig.sql("ALTER TABLE t ADD COLUMN z{} INT".format(
                    len(rig.sql("SHOW COLUMNS FROM t"))))
            rig.run("run", environment={
                "TIDEMARK_FP": f"{point}={action}@{hit}",
                "TIDEMARK_FP_LOG": str(log)})
            rig.run("run")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert point in log.read_text().split()
    rig.ok("run")
    rig.equal("t")


def purge(rig):
    """All files but the last; MariaDB keeps what a reader had just now."""
    rig.sql("FLUSH BINARY LOGS")
    last = rig.sql("SHOW BINARY LOGS")[-1][0]
    for _ in range(100):
        rig.sql(f"PURGE BINARY LOGS TO '{last}'")
        if rig.sql("SHOW BINARY LOGS")[0][0] == last:
            return
        time.sleep(0.1)
    raise AssertionError("the log was not purged")


def test_a_purged_log_costs_no_row(rig):
    table(rig)
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.sql("INSERT INTO t (id) VALUES (4)")
    rig.sql("UPDATE t SET note = 'in the hole' WHERE id = 2")
    rig.sql("DELETE FROM t WHERE id = 1")
    purge(rig)
    result = rig.ok("run")
    assert "dropped a part of the log" in result.stderr
    rig.equal("t")
    rig.sql("INSERT INTO t (id) VALUES (5)")
    rig.ok("run")
    rig.equal("t")


def test_a_log_that_begins_anew(rig):
    table(rig)
    rig.settings(tables=CDC)
    rig.ok("run")
    rig.sql("INSERT INTO t (id) VALUES (4)")
    rig.ok("run")
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.sql("RESET BINARY LOGS AND GTIDS" if rig.source.kind == "mysql"
            else "RESET MASTER")
    rig.sql("UPDATE t SET note = 'after' WHERE id = 2")
    rig.ok("run")
    rig.equal("t")
    assert rig.state("SELECT epoch FROM sources")[0][0] > 1
    rig.sql("UPDATE t SET note = 'again' WHERE id = 2")
    rig.ok("run")
    rig.equal("t")


def test_another_server_with_a_shorter_log(make_rig, mariadb, mysql, wire):
    rig = make_rig(mariadb)
    table(rig)
    rig.source_port = wire.port
    rig.settings(tables=CDC)
    rig.ok("run")
    for number in range(20):
        rig.sql(f"UPDATE t SET note = 'n{number}', u = 1 WHERE id = 2")
    rig.ok("run")
    mysql.create_database(rig.database)
    first = rig.connection
    try:
        rig.connection = mysql.admin(rig.database)
        rig.sql("SET sql_mode = ''")
        table(rig)
        rig.sql("UPDATE t SET note = 'on the other one' WHERE id = 2")
        rig.sql("DELETE FROM t WHERE id = 3")
        wire.target_port = mysql.port
        rig.ok("run")
        rig.equal("t")
        rig.sql("UPDATE t SET note = 'and later' WHERE id = 2")
        rig.ok("run")
        rig.equal("t")
    finally:
        rig.connection = first
        mysql.drop_database(rig.database)
