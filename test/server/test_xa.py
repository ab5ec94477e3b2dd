"""Transactions of XA: rows come with their commit, wherever it stands, and a
prepared one holds nobody back."""

import threading
import time

import pytest

from lab.servers import KINDS
from rig import Rig

CDC = [{"*": {"mode": "cdc"}}]


@pytest.fixture(params=["mariadb", "mysql", "mariadb-new"])
def rig(request, start_server, clickhouse, make_database, tidemark):
    server = start_server(KINDS[request.param], innodb_lock_wait_timeout="5",
                          transaction_isolation="READ-COMMITTED")
    made = Rig(server, clickhouse, make_database(server, clickhouse),
               tidemark)
    made.sql("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(300))")
    made.sql("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    made.sql("CREATE TABLE s (id INT PRIMARY KEY)")
    made.settings(tables=CDC)
    return made


def prepare(rig, name, *statements, end="PREPARE"):
    """On a connection of its own, which ends."""
    with rig.source.admin(rig.database) as link:
        cursor = link.cursor()
        for sql in (f"XA START {name}", *statements, f"XA END {name}",
                    f"XA PREPARE {name}" if end == "PREPARE"
                    else f"XA COMMIT {name} ONE PHASE"):
            cursor.execute(sql)


def waiting(rig):
    text = rig.checkpoint("main/cdc")
    return text.count('"xid"') if text else None


def read(result):
    return {line["name"]: line["rows_read"]
            for line in result.json()["tables"]}


def run(rig):
    return read(rig.ok("run", "--json"))


def test_rows_come_with_the_commit(rig):
    rig.ok("run")
    prepare(rig, "'g', 'b', 7", "INSERT INTO t VALUES (4, 'prepared')",
            "UPDATE t SET v = 'prepared' WHERE id = 2",
            "DELETE FROM t WHERE id = 1")
    rig.sql("INSERT INTO t VALUES (5, 'others go on')")
    assert run(rig)["t"] == 1
    rig.equal("t")
    assert waiting(rig) == 1
    rig.sql("UPDATE t SET v = 'while it waits' WHERE id = 3")
    assert run(rig)["t"] == 1  # nothing is read twice for its sake
    rig.sql("XA COMMIT 'g', 'b', 7")
    rig.sql("UPDATE t SET v = 'and later' WHERE id = 2")
    assert run(rig)["t"] == 4
    rig.equal("t")
    assert waiting(rig) == 0


def test_a_rollback_leaves_nothing(rig):
    rig.ok("run")
    prepare(rig, "'g'", "DELETE FROM t")
    rig.ok("run")
    assert waiting(rig) == 1
    rig.sql("XA ROLLBACK 'g'")
    assert run(rig)["t"] == 0
    rig.equal("t")
    assert waiting(rig) == 0


def test_all_in_one_run(rig):
    rig.ok("run")
    prepare(rig, "'one'", "INSERT INTO t VALUES (6, 'one phase')", end="")
    prepare(rig, "'x'", "UPDATE t SET v = 'x' WHERE id = 1")
    prepare(rig, "'y'", "UPDATE t SET v = 'y' WHERE id = 2",
            "SAVEPOINT p", "DELETE FROM t WHERE id = 3", "ROLLBACK TO p")
    prepare(rig, "'z'", "INSERT INTO s VALUES (1)")
    rig.sql("XA COMMIT 'y'")
    rig.sql("XA ROLLBACK 'x'")
    rig.sql("UPDATE t SET v = 'newer' WHERE id = 2")
    rig.sql("XA COMMIT 'z'")
    assert run(rig) == {"t": 3, "s": 1}
    rig.equal("t")
    rig.equal("s")


def test_a_commit_after_restarts_and_other_files(rig):
    rig.ok("run")
    prepare(rig, "'late'", "UPDATE t SET v = 'late' WHERE id = 2")
    rig.ok("run")
    rig.source.restart()
    rig.connection = rig.source.admin(rig.database)
    for number in range(3):
        rig.sql(f"INSERT INTO t VALUES ({10 + number}, 'n')")
        rig.sql("FLUSH BINARY LOGS")
    rig.ok("run")
    assert waiting(rig) == 1
    rig.sql("XA COMMIT 'late'")
    assert run(rig)["t"] == 1
    rig.equal("t")


def test_one_that_was_prepared_before_the_log_was_followed(rig):
    prepare(rig, "'old'", "UPDATE t SET v = 'old' WHERE id = 2",
            "DELETE FROM t WHERE id = 1")
    rig.ok("run")
    rig.equal("t")
    rig.sql("XA COMMIT 'old'")
    result = rig.ok("run")
    assert "cannot be read" in result.stderr
    rig.equal("t")


def test_one_whose_part_of_the_log_is_gone(rig):
    rig.ok("run")
    prepare(rig, "'gone'", "UPDATE t SET v = 'gone' WHERE id = 2",
            "DELETE FROM t WHERE id = 1")
    rig.ok("run")
    rig.sql("FLUSH BINARY LOGS")
    rig.sql("INSERT INTO t VALUES (4, 'next file')")
    rig.ok("run")
    last = rig.sql("SHOW BINARY LOGS")[-1][0]
    for _ in range(100):
        rig.sql(f"PURGE BINARY LOGS TO '{last}'")
        if rig.sql("SHOW BINARY LOGS")[0][0] == last:
            break
        time.sleep(0.1)
    rig.sql("XA COMMIT 'gone'")
    rig.sql("UPDATE t SET v = 'after it' WHERE id = 3")
    result = rig.ok("run")
    assert "cannot be read" in result.stderr
    rig.equal("t")
    rig.sql("UPDATE t SET v = 'and again' WHERE id = 3")
    assert run(rig)["t"] == 1
    rig.equal("t")


def test_statements_and_compression_inside(rig):
    rig.ok("run")
    if rig.source.kind == "mysql":
        with rig.source.admin(rig.database) as link:
            cursor = link.cursor()
            cursor.execute("SET binlog_transaction_compression = ON")
            for sql in ("XA START 'c'", "UPDATE t SET v = REPEAT(v, 99)",
                        "XA END 'c'", "XA PREPARE 'c'"):
                cursor.execute(sql)
    else:
        rig.sql("SET GLOBAL log_bin_compress = ON")
        prepare(rig, "'c'", "UPDATE t SET v = REPEAT(v, 299)")
    rig.ok("run")
    rig.sql("XA COMMIT 'c'")
    assert run(rig)["t"] == 3
    rig.equal("t")
    with rig.source.admin(rig.database) as link:
        cursor = link.cursor()
        for sql in ("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                    "SET binlog_format = 'STATEMENT'", "XA START 's'",
                    "UPDATE t SET v = 'by statement' WHERE id = 1",
                    "XA END 's'", "XA PREPARE 's'"):
            cursor.execute(sql)
    rig.ok("run")
    rig.sql("XA COMMIT 's'")
    assert "statement in place of rows" in rig.ok("run").stderr
    rig.equal("t")


def test_one_that_is_too_large_to_be_held(rig):
    rig.sql("CREATE TABLE big (id INT PRIMARY KEY, b LONGTEXT)")
    rig.ok("run")
    prepare(rig, "'small'", "UPDATE t SET v = 'small' WHERE id = 1")
    prepare(rig, "'big'", *(f"INSERT INTO big VALUES ({turn}, REPEAT("
                            f"'{turn}', 1000000))" for turn in range(9)),
            "UPDATE t SET v = 'big' WHERE id = 2")
    rig.sql("INSERT INTO big VALUES (77, 'between')")
    rig.sql("XA COMMIT 'big'")
    rig.sql("XA COMMIT 'small'")
    assert run(rig) == {"big": 10, "s": 0, "t": 2}
    rig.equal("big")
    rig.equal("t")


@pytest.mark.parametrize("point", ["cdc.flush", "commit.before_save",
                                   "load.before_finish", "commit.saved"])
def test_death_between_prepare_and_commit(rig, point):
    rig.ok("run")
    prepare(rig, "'d'", "UPDATE t SET v = 'd' WHERE id < 3",
            "INSERT INTO t VALUES (7, 'd')")
    for statement in ("DELETE FROM t WHERE id = 3", "XA COMMIT 'd'",
                      "UPDATE t SET v = 'z' WHERE id = 7"):
        rig.run("run", environment={"TIDEMARK_FP": f"{point}=kill@1"})
        rig.sql(statement)
        rig.run("run", environment={"TIDEMARK_FP": f"{point}=kill@1"})
    rig.ok("run")
    rig.equal("t")


def write(rig, number, count):
    """Each of several rows; MariaDB's stay with the connection that prepared
    them, until that ends."""
    first, second = (rig.source.admin(rig.database) for _ in range(2))
    other = second if rig.source.kind == "mysql" else first
    key = 100 * number
    for turn in range(count):
        name = f"'w{number}', '{turn}'"
        for sql in (f"XA START {name}",
                    f"UPDATE t SET v = '{turn}' WHERE id = {key + turn % 7}",
                    f"REPLACE INTO t VALUES ({key + 7}, '{turn}')",
                    f"UPDATE t SET id = {key + 20 + turn} "
                    f"WHERE id = {key + 8} OR id = {key + 19 + turn}",
                    f"XA END {name}", f"XA PREPARE {name}"):
            first.cursor().execute(sql)
        other.cursor().execute(
            f"XA {'ROLLBACK' if turn % 5 == 0 else 'COMMIT'} {name}")
    first.close()
    second.close()


def test_many_at_once(rig):
    for number in range(1, 5):
        rig.sql("INSERT INTO t VALUES " + ", ".join(
            f"({100 * number + i}, 'begin')" for i in range(9)))
    rig.ok("run")
    writers = [threading.Thread(target=write, args=(rig, number, 60))
               for number in range(1, 5)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        rig.ok("run")
    for writer in writers:
        writer.join()
    rig.ok("run")
    assert waiting(rig) == 0
    rig.equal("t")
