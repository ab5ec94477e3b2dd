"""Columns that come, go and change while the log is followed: the warehouse
equals the source after each run, and rows are read again only where their
values changed without an event."""

import json
import random
import threading
import time

import pymysql
import pytest

from test_cdc_stay import (drained, marks, staying, until, until_on_time,
                           until_place)
from judge.clickhouse import ClickHouse as JudgeClickHouse
from judge.digests import check_digests

CDC = [{"*": {"mode": "cdc"}}]


@pytest.fixture(params=["mariadb", "mysql"])
def server(request):
    return request.getfixturevalue(request.param)


def set_metadata(server, value):
    server.query(f"SET GLOBAL binlog_row_metadata = {value}")


@pytest.fixture
def make_rig(clickhouse, make_database, tidemark):
    from rig import Rig

    def make(server):
        made = Rig(server, clickhouse, make_database(server, clickhouse),
                   tidemark)
        made.sql("SET sql_mode = ''")
        made.sql("CREATE TABLE t (id INT PRIMARY KEY, note VARCHAR(40), "
                 "n DECIMAL(12,3), u INT UNSIGNED, e ENUM('x','y'))")
        made.sql("INSERT INTO t VALUES (1, 'a', 1.5, 1, 'x'), "
                 "(2, 'b', -2.25, 4000000000, 'y'), (3, 'c', NULL, 3, NULL),"
                 " (4, 'd', 4, 4, 'x')")
        made.settings(tables=CDC)
        made.ok("run")
        made.equal("t")
        return made
    return make


@pytest.fixture
def rig(server, make_rig):
    """The log names the columns."""
    set_metadata(server, "FULL")
    return make_rig(server)


@pytest.fixture
def blind(server, make_rig):
    """The log tells types alone."""
    set_metadata(server, "MINIMAL")
    yield make_rig(server)
    set_metadata(server, "FULL")


def run(rig, rows=None, table="t"):
    """Runs and compares; `rows`: no more were read, from log or table."""
    result = rig.ok("run", "--json")
    if rows is not None:
        read = {line["name"]: line["rows_read"]
                for line in result.json()["tables"]}
        assert read[table] == rows, str(result)
        assert "read again" not in result.stderr, str(result)
    equal(rig, table)
    return result


def equal(rig, table="t"):
    """Every cell, and the digest of each row that counts."""
    rig.connection.rollback()
    verdict = rig.verdict(table)
    assert verdict.ok, str(verdict)
    check_digests(JudgeClickHouse.of(rig.clickhouse), rig.database, table,
                  verdict, newest=True)
    assert verdict.ok, str(verdict)


def columns(rig, table="t__tm"):
    return {name: kind for name, kind in rig.rows(
        "SELECT name, type FROM system.columns WHERE table = "
        f"'{table}' AND database = currentDatabase() "
        "AND name NOT LIKE '\\_tm\\_%'")}


def asks_for(rig):
    return rig.state("SELECT count(*) FROM requests")[0][0]


# --- nothing is read again ---------------------------------------------------

def test_a_new_column(rig):
    rig.sql("UPDATE t SET note = 'before' WHERE id = 1")
    rig.sql("ALTER TABLE t ADD COLUMN z INT")
    rig.sql("UPDATE t SET z = 5 WHERE id = 2")
    rig.sql("INSERT INTO t (id, z) VALUES (9, 9)")
    run(rig, 3)
    assert "z" in columns(rig)
    rig.sql("UPDATE t SET z = NULL WHERE id = 2")
    run(rig, 1)


def test_a_new_column_without_a_row_behind_it(rig):
    rig.sql("ALTER TABLE t ADD COLUMN z VARCHAR(10) DEFAULT NULL AFTER id")
    run(rig, 0)
    assert "z" in columns(rig)


def test_several_changes_between_two_runs(rig):
    rig.sql("UPDATE t SET note = 'one' WHERE id = 1")
    rig.sql("ALTER TABLE t ADD COLUMN z INT FIRST")
    rig.sql("UPDATE t SET z = 5, note = 'two' WHERE id = 2")
    rig.sql("ALTER TABLE t ADD COLUMN y DATETIME(3) NULL, DROP COLUMN n")
    rig.sql("UPDATE t SET y = NOW(3), z = 6 WHERE id = 3")
    rig.sql("DELETE FROM t WHERE id = 4")
    rig.sql("ALTER TABLE t MODIFY z BIGINT AFTER note, ADD KEY (note)")
    rig.sql("UPDATE t SET z = 5000000000 WHERE id = 1")
    rig.sql("INSERT INTO t (id, y) VALUES (5, '2024-02-29')")
    run(rig, 6)
    rig.sql("UPDATE t SET y = NULL, z = 1")
    run(rig, 4)


def test_a_column_that_came_and_went(rig):
    rig.sql("ALTER TABLE t ADD COLUMN z INT")
    rig.sql("UPDATE t SET z = 5 WHERE id = 2")
    rig.sql("ALTER TABLE t DROP COLUMN z")
    rig.sql("UPDATE t SET note = 'x' WHERE id = 1")
    run(rig, 2)


def test_a_dropped_column_stays_in_the_stored_table(rig):
    rig.sql("UPDATE t SET n = 7 WHERE id = 1")
    rig.sql("ALTER TABLE t DROP COLUMN n")
    rig.sql("UPDATE t SET note = 'later' WHERE id = 2")
    run(rig, 2)
    assert "n" in columns(rig) and "n" not in columns(rig, "t")


@pytest.mark.parametrize("change", [
    "MODIFY u BIGINT UNSIGNED", "MODIFY note VARCHAR(80)",
    "MODIFY n DECIMAL(20,5)", "MODIFY e ENUM('x','y','z')",
    "CHANGE note note VARCHAR(41), MODIFY u BIGINT UNSIGNED NULL"])
def test_a_wider_type(rig, change):
    rig.sql("UPDATE t SET note = 'before', n = 2, e = 'y', u = 7 "
            "WHERE id = 1")
    rig.sql(f"ALTER TABLE t {change}")
    rig.sql("UPDATE t SET note = 'behind', n = 3.5, e = 'x', u = 8 "
            "WHERE id = 2")
    run(rig, 2)


def test_a_wider_type_holds_more(rig):
    rig.sql("ALTER TABLE t MODIFY u BIGINT UNSIGNED, "
            "MODIFY n DECIMAL(20,5), MODIFY e ENUM('x','y','z')")
    rig.sql("UPDATE t SET u = 18446744073709551615, n = 1e14 + 0.00001, "
            "e = 'z' WHERE id = 2")
    run(rig, 1)
    assert "UInt64" in columns(rig)["u"]


def test_a_renamed_column(rig):
    rig.sql("ALTER TABLE t RENAME COLUMN note TO remark")
    rig.sql("UPDATE t SET remark = 'new' WHERE id = 2")
    run(rig, 1)
    assert "note" not in columns(rig) and "remark" in columns(rig)
    rig.sql("ALTER TABLE t CHANGE remark words VARCHAR(60)")
    run(rig, 0)
    rig.sql("ALTER TABLE t ADD COLUMN note INT")
    rig.sql("UPDATE t SET note = id, words = 'w' WHERE id < 3")
    run(rig, 2)


def test_a_column_that_is_renamed_twice(rig):
    rig.sql("ALTER TABLE t RENAME COLUMN note TO remark")
    rig.sql("ALTER TABLE t RENAME COLUMN remark TO words")
    rig.sql("UPDATE t SET words = 'new' WHERE id = 2")
    run(rig, 1)


def test_statements_that_change_no_row(rig):
    for text in ("ADD KEY k (u)", "ALTER COLUMN u SET DEFAULT 7",
                 "RENAME INDEX k TO l", "DROP INDEX l", "COMMENT = 'ADD x'",
                 "MODIFY note VARCHAR(40) DEFAULT 'x' COMMENT 'n'",
                 "ENGINE = InnoDB", "AUTO_INCREMENT = 100"):
        rig.sql("UPDATE t SET u = u + 1 WHERE id = 1")
        rig.sql(f"ALTER TABLE t {text}")
    rig.sql("CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY)")
    run(rig, 8)


# --- rows change without an event -------------------------------------------

@pytest.mark.parametrize("change", [
    "ADD COLUMN z INT DEFAULT 7", "ADD COLUMN z INT NOT NULL",
    "ADD COLUMN z VARCHAR(9) AS (CONCAT(u, '!')) STORED",
    "DROP COLUMN n, ADD COLUMN n DECIMAL(12,3)",
    "MODIFY note CHAR(1)", "MODIFY u SMALLINT UNSIGNED",
    "MODIFY e ENUM('y','x')", "MODIFY n BIGINT",
    "CHANGE u note2 INT UNSIGNED, CHANGE note u VARCHAR(40)"])
def test_a_change_of_values_reads_once(rig, change):
    rig.sql("UPDATE t SET n = 2 WHERE id = 1")
    rig.sql(f"ALTER TABLE t {change}")
    rig.sql("DELETE FROM t WHERE id = 2")
    result = run(rig)
    assert result.stderr.count("read again") <= 1, str(result)
    rig.sql("DELETE FROM t WHERE id = 3")
    run(rig, 1)


def test_a_column_that_comes_back(rig):
    rig.sql("ALTER TABLE t DROP COLUMN n")
    run(rig, 0)
    rig.sql("ALTER TABLE t ADD COLUMN n DECIMAL(12,3)")
    run(rig)
    rig.sql("UPDATE t SET n = 1 WHERE id = 1")
    run(rig, 1)


def test_a_column_that_goes_and_comes_back_between_two_runs(rig):
    rig.sql("ALTER TABLE t DROP COLUMN n")
    rig.sql("UPDATE t SET note = 'between' WHERE id = 1")
    rig.sql("ALTER TABLE t ADD COLUMN n DECIMAL(12,3)")
    rig.sql("UPDATE t SET n = 1 WHERE id = 2")
    run(rig)
    rig.sql("UPDATE t SET n = 1 WHERE id = 1")
    run(rig, 1)


def test_rows_before_a_new_name(rig):
    rig.sql("UPDATE t SET note = 'before' WHERE id = 1")
    rig.sql("ALTER TABLE t CHANGE note remark VARCHAR(40)")
    rig.sql("UPDATE t SET remark = 'behind' WHERE id = 2")
    run(rig)
    rig.sql("UPDATE t SET remark = 'later' WHERE id = 2")
    run(rig, 1)


def test_a_column_that_the_log_does_not_tell(rig):
    rig.sql("SET sql_log_bin = 0")
    rig.sql("ALTER TABLE t ADD COLUMN z INT DEFAULT 7")
    rig.sql("ALTER TABLE t ALTER COLUMN z DROP DEFAULT")
    rig.sql("SET sql_log_bin = 1")
    rig.sql("UPDATE t SET z = 8 WHERE id = 1")
    run(rig)
    rig.sql("UPDATE t SET z = 9 WHERE id = 1")
    run(rig, 1)


def test_columns_that_the_settings_choose_later(rig):
    rig.settings(tables=[{"t": {"mode": "cdc", "columns": ["-n", "-u"]}}])
    rig.ok("run")
    rig.sql("ALTER TABLE t DROP COLUMN u, ADD COLUMN z INT")
    rig.sql("UPDATE t SET n = 9, z = 1 WHERE id = 1")
    rig.settings(tables=[{"t": {"mode": "cdc", "columns": ["-n"]}}])
    rig.ok("run")
    rig.settings(tables=CDC)
    run(rig)


@pytest.mark.parametrize("change", [
    "DROP PRIMARY KEY, ADD PRIMARY KEY (id, u)", "MODIFY id BIGINT",
    "CHANGE id number INT"])
def test_another_key_is_made_beside(rig, change):
    rig.sql("UPDATE t SET u = 5 WHERE id = 1")
    before = rig.value("SELECT uuid FROM system.tables WHERE name = 't__tm' "
                       "AND database = currentDatabase()")
    rig.sql("UPDATE t SET u = 0 WHERE u IS NULL")
    rig.sql(f"ALTER TABLE t {change}")
    rig.sql("UPDATE t SET note = 'behind' WHERE u = 5")
    run(rig)
    assert before != rig.value(
        "SELECT uuid FROM system.tables WHERE name = 't__tm' AND database = "
        "currentDatabase()")
    rig.sql("DELETE FROM t WHERE u = 5")
    run(rig, 1)


# --- a log without names ----------------------------------------------------

def test_a_new_column_without_names(blind):
    blind.sql("ALTER TABLE t ADD COLUMN z INT")
    blind.sql("UPDATE t SET z = 5 WHERE id = 2")
    run(blind, 1)
    blind.sql("UPDATE t SET note = 'before' WHERE id = 1")
    blind.sql("ALTER TABLE t ADD COLUMN y INT")
    run(blind)
    blind.sql("UPDATE t SET y = 5 WHERE id = 2")
    run(blind, 1)


def test_columns_that_change_places_without_names(blind):
    blind.sql("ALTER TABLE t ADD COLUMN z INT UNSIGNED AFTER u")
    run(blind)
    blind.sql("UPDATE t SET u = 5, z = 6 WHERE id = 2")
    blind.sql("ALTER TABLE t MODIFY z INT UNSIGNED AFTER n")
    blind.sql("UPDATE t SET u = 7, z = 8 WHERE id = 1")
    run(blind)
    blind.sql("UPDATE t SET note = 'n' WHERE id = 1")
    blind.sql("ALTER TABLE t DROP COLUMN z, ADD COLUMN y INT UNSIGNED AFTER "
              "n")
    blind.sql("UPDATE t SET y = 9 WHERE id = 1")
    run(blind)


def test_wider_types_without_names(blind):
    blind.sql("UPDATE t SET u = 5 WHERE id = 2")
    blind.sql("ALTER TABLE t MODIFY u BIGINT UNSIGNED")
    blind.sql("UPDATE t SET u = 5000000000 WHERE id = 1")
    run(blind)
    blind.sql("UPDATE t SET u = 1")
    run(blind, 4)


# --- tables -----------------------------------------------------------------

def test_a_swap_as_of_gh_ost(rig):
    """A ghost table is filled beside, and put in place by one RENAME."""
    rig.settings(tables=CDC + [{"except": ["_*_gho", "_*_ghc", "_*_del"]}])
    rig.sql("CREATE TABLE _t_ghc (id INT PRIMARY KEY, value TEXT)")
    rig.sql("CREATE TABLE _t_gho LIKE t")
    rig.sql("ALTER TABLE _t_gho ADD COLUMN z INT NOT NULL DEFAULT 3")
    rig.sql("INSERT INTO _t_gho (id, note, n, u, e) SELECT * FROM t "
            "WHERE id < 4")
    rig.sql("DELETE FROM t WHERE id = 4")
    rig.sql("UPDATE t SET note = 'late' WHERE id = 1")
    rig.sql("REPLACE INTO _t_gho (id, note, n, u, e) SELECT * FROM t "
            "WHERE id = 1")
    rig.sql("RENAME TABLE t TO _t_del, _t_gho TO t")
    rig.sql("UPDATE t SET z = 4 WHERE id = 2")
    result = run(rig)
    assert result.stderr.count("read again") == 1, str(result)
    assert not rig.rows("SELECT name FROM system.tables WHERE database = "
                        "currentDatabase() AND name LIKE '\\_t\\_%'")
    rig.sql("DELETE FROM t WHERE id = 1")
    run(rig, 1)


def test_a_swap_as_of_pt_online_schema_change(rig):
    rig.settings(tables=CDC + [{"except": ["_*_new", "_*_old"]}])
    rig.sql("CREATE TABLE _t_new LIKE t")
    rig.sql("ALTER TABLE _t_new DROP COLUMN n, MODIFY u BIGINT UNSIGNED")
    rig.sql("CREATE TRIGGER pt_del AFTER DELETE ON t FOR EACH ROW "
            "DELETE IGNORE FROM _t_new WHERE id <=> OLD.id")
    rig.sql("CREATE TRIGGER pt_ins AFTER INSERT ON t FOR EACH ROW "
            "REPLACE INTO _t_new (id, note, u, e) VALUES (NEW.id, NEW.note, "
            "NEW.u, NEW.e)")
    rig.sql("INSERT LOW_PRIORITY IGNORE INTO _t_new (id, note, u, e) "
            "SELECT id, note, u, e FROM t LOCK IN SHARE MODE")
    rig.sql("DELETE FROM t WHERE id = 2")
    rig.sql("INSERT INTO t (id) VALUES (7)")
    rig.sql("RENAME TABLE t TO _t_old, _t_new TO t")
    rig.sql("DROP TABLE IF EXISTS _t_old")
    rig.sql("INSERT INTO t (id) VALUES (8)")
    result = run(rig)
    assert result.stderr.count("read again") == 1, str(result)
    rig.sql("DELETE FROM t WHERE id = 1")
    run(rig, 1)


def test_a_table_under_a_new_name(rig):
    rig.sql("CREATE TABLE s (id INT PRIMARY KEY)")
    rig.sql("INSERT INTO s VALUES (1)")
    rig.ok("run")
    rig.sql("UPDATE t SET note = 'x' WHERE id = 1")
    rig.sql("RENAME TABLE t TO renamed")
    rig.sql("INSERT INTO renamed (id) VALUES (7)")
    rig.sql("INSERT INTO s VALUES (2)")
    result = rig.run("run")
    assert 'table "t"' in result.stderr
    rig.equal("renamed")
    rig.equal("s")
    assert rig.value("SELECT count() FROM t") == 4
    rig.sql("DELETE FROM renamed WHERE id = 7")
    result = rig.ok("run")
    assert 'table "t"' not in result.stderr
    rig.equal("renamed")


def test_a_dropped_table_is_told_once(rig):
    rig.sql("CREATE TABLE s (id INT PRIMARY KEY)")
    rig.sql("INSERT INTO s VALUES (1)")
    rig.ok("run")
    rig.sql("DROP TABLE t")
    rig.sql("INSERT INTO s VALUES (2)")
    result = rig.run("run")
    assert result.code != 0 and 'table "t"' in result.stderr
    rig.equal("s")
    result = rig.ok("run")
    assert 'table "t"' not in result.stderr
    assert "action required" in rig.run("status").stdout
    assert rig.value("SELECT count() FROM t") == 4
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY, other TEXT)")
    rig.sql("INSERT INTO t VALUES (2, 'two')")
    rig.ok("run")
    rig.equal("t")


# --- who decides ------------------------------------------------------------

def settings_of(rig, word):
    rig.settings(tables=[{"*": {"mode": "cdc"}},
                         {"t": {"mode": "cdc", "schema_changes": word}}])


@pytest.mark.parametrize("change", ["ADD COLUMN z INT",
                                    "MODIFY u BIGINT UNSIGNED",
                                    "RENAME COLUMN note TO remark"])
def test_ask_stops_until_a_person_agrees(rig, change):
    rig.sql("CREATE TABLE s (id INT PRIMARY KEY)")
    settings_of(rig, "ask")
    rig.ok("run")
    rig.sql("UPDATE t SET n = 8 WHERE id = 1")
    rig.sql(f"ALTER TABLE t {change}")
    rig.sql("UPDATE t SET n = 9 WHERE id = 2")
    for number in range(2):
        rig.sql(f"INSERT INTO s VALUES ({number})")
        result = rig.run("run")
        assert result.code != 0 and "schema_changes is ask" in result.stderr
        assert "schema_changes: add" in result.stderr
        rig.equal("s")
    ledger = json.loads(rig.state("SELECT ledger FROM streams WHERE name = "
                                  "'main/cdc'")[0][0])
    assert ledger["stopped"] > 0, ledger
    assert set(columns(rig)) == {"id", "note", "n", "u", "e"}
    assert "UInt32" in columns(rig)["u"]
    settings_of(rig, "add")
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.ok("run")
    rig.equal("t")
    settings_of(rig, "ask")
    rig.sql("DELETE FROM t WHERE id = 2")
    run(rig, 1)


def test_ask_lets_pass_what_alters_nothing(rig):
    settings_of(rig, "ask")
    rig.sql("ALTER TABLE t MODIFY note VARCHAR(80), ADD KEY (u), "
            "DROP COLUMN n")
    rig.sql("UPDATE t SET note = 'w' WHERE id = 1")
    run(rig, 1)


def test_freeze_leaves_new_columns_out(rig):
    settings_of(rig, "freeze")
    rig.sql("UPDATE t SET u = 8 WHERE id = 1")
    rig.sql("ALTER TABLE t ADD COLUMN z INT NOT NULL DEFAULT 5")
    rig.sql("UPDATE t SET u = 9, z = 1 WHERE id = 2")
    result = rig.ok("run", "--json")
    assert "left out" in result.stderr
    assert "z" not in columns(rig)
    assert [u for u, in rig.rows("SELECT u FROM t WHERE id < 3 ORDER BY id")
            ] == [8, 9]
    rig.sql("UPDATE t SET u = 10, z = 1 WHERE id = 3")
    result = rig.ok("run")
    assert "left out" not in result.stderr
    settings_of(rig, "add")
    run(rig)
    assert "z" in columns(rig)


@pytest.mark.parametrize("change", ["RENAME COLUMN note TO remark",
                                    "MODIFY n VARCHAR(20)"])
def test_freeze_stops_at_what_cannot_be_loaded(rig, change):
    settings_of(rig, "freeze")
    rig.ok("run")
    rig.sql(f"ALTER TABLE t {change}")
    for _ in range(2):
        rig.sql("UPDATE t SET u = u + 1 WHERE id = 1")
        result = rig.run("run")
        assert result.code != 0 and "schema_changes is freeze" in \
            result.stderr, str(result)
    settings_of(rig, "add")
    rig.ok("run")
    rig.equal("t")


# --- a follower that stays ---------------------------------------------------

CHANGES = [
    "ADD COLUMN z INT", "RENAME COLUMN note TO remark",
    "MODIFY u BIGINT UNSIGNED", "DROP COLUMN n", "ADD COLUMN y VARCHAR(9)",
    "CHANGE remark words VARCHAR(60), ADD COLUMN n2 INT",
    "RENAME COLUMN z TO zz"]


def test_a_follower_goes_on_behind_each_change(rig):
    marks(rig)
    rig.connection.autocommit(True)
    with staying(rig) as running:
        until_on_time(rig, running, "t", "marks")
        for number, change in enumerate(CHANGES):
            rig.sql(f"UPDATE t SET e = 'y', u = {number} WHERE id = 1")
            rig.sql(f"ALTER TABLE t {change}")
            rig.sql(f"INSERT INTO t (id, u) VALUES ({10 + number}, {number})")
            for column in ("z", "y", "words", "zz", "n2"):
                if rig.sql(f"SHOW COLUMNS FROM t LIKE '{column}'"):
                    rig.sql(f"UPDATE t SET {column} = {number} WHERE id = 2")
            until_place(rig, running)
        assert "read again" not in running.stderr(), running.stderr()
        drained(running)
    equal(rig)


def test_a_follower_takes_up_a_new_table(rig):
    marks(rig)
    rig.connection.autocommit(True)
    with staying(rig) as running:
        until_on_time(rig, running, "t", "marks")
        rig.sql("CREATE TABLE late (id INT PRIMARY KEY)")
        rig.sql("INSERT INTO late VALUES (1), (2)")
        until_on_time(rig, running, "late", timeout_s=10)
        rig.sql("DELETE FROM late WHERE id = 1")
        until_place(rig, running)
        drained(running)
    equal(rig, "late")


def test_changes_at_random_under_a_follower(rig):
    marks(rig)
    rig.connection.autocommit(True)
    with staying(rig) as running:
        until_on_time(rig, running, "t", "marks")
        for number in range(3):
            stop = threading.Event()
            writers = [threading.Thread(target=write, args=(rig, 900 + seed,
                                                            stop))
                       for seed in range(4 * number, 4 * number + 4)]
            for writer in writers:
                writer.start()
            time.sleep(4)
            stop.set()
            for writer in writers:
                writer.join()
            until_place(rig, running)
        drained(running)
    rig.ok("run")
    verdict = rig.verdict("t")
    assert all(found.kind == "type of" for found in verdict.first), \
        str(verdict)


# --- at random --------------------------------------------------------------

NAMES = [f"c{number}" for number in range(6)]
TYPES = ["INT", "BIGINT", "VARCHAR(20)", "VARCHAR(40)", "DECIMAL(10,2)",
         "DECIMAL(14,4)", "INT DEFAULT 7", "INT NOT NULL",
         "ENUM('a','b')", "ENUM('a','b','c')", "TEXT", "MEDIUMTEXT"]


def alter(dice):
    """A statement that may well fail."""
    def name():
        return dice.choice(NAMES)
    clause = {
        "add": lambda: f"ADD COLUMN {name()} {dice.choice(TYPES)}"
        + dice.choice(["", " FIRST", " AFTER id"]),
        "drop": lambda: f"DROP COLUMN {name()}",
        "rename": lambda: f"RENAME COLUMN {name()} TO {name()}",
        "modify": lambda: f"MODIFY {name()} {dice.choice(TYPES)}",
        "change": lambda: f"CHANGE {name()} {name()} {dice.choice(TYPES)}",
        "key": lambda: "ADD KEY (note)"}
    kinds = dice.choices(list(clause), [4, 2, 2, 2, 1, 1],
                         k=dice.randint(1, 2))
    return "ALTER TABLE t " + ", ".join(clause[kind]() for kind in kinds)


def write(rig, seed, stop):
    dice = random.Random(seed)
    with rig.source.admin(rig.database) as link:
        cursor = link.cursor()
        cursor.execute("SET sql_mode = '', lock_wait_timeout = 2")
        while not stop.is_set():
            column = dice.choice(NAMES)
            text = dice.choice([
                f"REPLACE INTO t (id, {column}) VALUES "
                f"({dice.randint(1, 40)}, {dice.randint(1, 3)})",
                f"UPDATE t SET {column} = {dice.randint(1, 3)} "
                f"WHERE id >= {dice.randint(1, 40)} LIMIT 3",
                f"UPDATE t SET note = UUID() WHERE id = {dice.randint(1, 40)}",
                f"DELETE FROM t WHERE id = {dice.randint(1, 40)}"])
            try:
                cursor.execute(alter(dice) if dice.random() < 0.1 else text)
                link.commit()
            except pymysql.err.MySQLError:
                link.rollback()


@pytest.mark.parametrize("metadata", ["FULL", "MINIMAL"])
@pytest.mark.parametrize("seed", range(3))
def test_changes_at_random_among_writers(server, make_rig, seed, metadata):
    set_metadata(server, metadata)
    rig = make_rig(server)
    for _ in range(6):
        stop = threading.Event()
        writers = [threading.Thread(target=write,
                                    args=(rig, 100 * seed + number, stop))
                   for number in range(4)]
        for writer in writers:
            writer.start()
        try:
            rig.run("run")
            rig.run("run")
        finally:
            stop.set()
            for writer in writers:
                writer.join()
        rig.ok("run")
        rig.connection.rollback()
        verdict = rig.verdict("t")
        # LowCardinality is chosen once, for the type that came first.
        assert all(found.kind == "type of" for found in verdict.first), \
            str(verdict)


@pytest.fixture
def late_commits(mysql):
    """What is written to the log is seen some seconds later, as where a server
    waits for a replica that does not answer."""
    names = "wait_no_replica=ON", "timeout=4000", "enabled=ON"
    mysql.query("INSTALL PLUGIN rpl_semi_sync_source "
                "SONAME 'semisync_source.so'")

    def begin():
        for name in names:
            mysql.query(f"SET GLOBAL rpl_semi_sync_source_{name}")
    yield begin
    mysql.query("SET GLOBAL rpl_semi_sync_source_enabled = OFF")
    mysql.query("UNINSTALL PLUGIN rpl_semi_sync_source")


def test_a_change_that_the_log_tells_before_it_can_be_seen(
        mysql, make_rig, late_commits):
    """By the older description the rows behind it would not fit."""
    set_metadata(mysql, "FULL")
    rig = make_rig(mysql)
    copies = "SELECT count(*) FROM requests WHERE scope LIKE '%all%'"
    before = rig.state(copies)
    with staying(rig) as running:
        until_on_time(rig, running, "t")
        time.sleep(1)
        rig.sql("ANALYZE TABLE t")
        late_commits()
        began = time.monotonic()
        rig.sql("ALTER TABLE t ADD COLUMN late INT")
        assert time.monotonic() - began > 3
        mysql.query("SET GLOBAL rpl_semi_sync_source_enabled = OFF")
        rig.sql("INSERT INTO t (id, late) VALUES (7, 30)")
        until(running, lambda: rig.value(
            "SELECT late FROM t WHERE id = 7") == 30)
        drained(running)
    rig.equal("t")
    assert rig.state(copies) == before
