"""What the log may do to one key, and loads and links at the worst moment."""

import os
import time

import pytest

from follow_cut import EventCutter
from lab import http_faults as faults
from lab.http_proxy import HttpProxy
from rig import Rig

CDC = [{"*": {"mode": "cdc"}}]
CUTS = 200 if os.environ.get("TIDEMARK_NIGHTLY") else 25
LATE_S = 3


@pytest.fixture(params=["mariadb", "mariadb_new", "mysql"])
def rig(request, clickhouse, make_database, tidemark):
    server = request.getfixturevalue(request.param)
    made = Rig(server, clickhouse, make_database(server, clickhouse),
               tidemark)
    made.sql("SET sql_mode = ''")
    made.sql("CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL, "
             "note VARCHAR(300))")
    made.sql("INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')")
    made.settings(tables=CDC, limits={"memory": "64M"})
    made.ok("run")
    return made


def compress(rig, is_on):
    """The transaction as one payload, or each event for itself."""
    if rig.source.kind == "mysql":
        rig.sql(f"SET binlog_transaction_compression = {is_on}")
    else:
        rig.source.query(f"SET GLOBAL log_bin_compress = {is_on}")
        rig.connection.close()
        rig.connection = rig.source.admin(rig.database)


@pytest.fixture(params=["plain", "compressed"])
def payload(request, rig):
    if request.param == "compressed":
        compress(rig, "ON")
    yield
    if request.param == "compressed":
        compress(rig, "OFF")


def numbers(rig, count):
    """A table `numbers` of so many rows, which is not followed long."""
    rig.sql("CREATE TABLE numbers (k INT PRIMARY KEY)")
    rig.sql("INSERT INTO numbers VALUES (0)")
    size = 1
    while size < count:
        rig.sql(f"INSERT INTO numbers SELECT k + {size} FROM numbers "
                f"WHERE k + {size} < {count}")
        size *= 2


def test_a_key_that_changes_twice_in_one_event(rig, payload):
    for note in ("x" * 200, "y" * 200):
        rig.sql("INSERT INTO t VALUES (1, 0, %s), (2, 0, %s), (1, 0, %s), "
                "(1, 0, %s), (2, 0, %s) ON DUPLICATE KEY UPDATE n = n + 10, "
                "note = CONCAT(VALUES(note), n)", (note,) * 5)
    rig.ok("run")
    rig.equal("t")
    assert rig.value("SELECT n FROM t WHERE id = 1") == 61


def test_a_key_that_changes_twice_in_one_transaction(rig, payload):
    rig.sql("BEGIN")
    for number in range(20):
        rig.sql("UPDATE t SET n = %s, note = REPEAT('z', 250)", (number,))
        rig.sql("DELETE FROM t WHERE id = 3")
        rig.sql("INSERT INTO t VALUES (3, %s, 'again')", (-number,))
    rig.sql("DELETE FROM t WHERE id = 2")
    rig.sql("COMMIT")
    rig.ok("run")
    rig.equal("t")
    assert rig.rows("SELECT id, n FROM t ORDER BY id") == [[1, 19], [3, -19]]


def test_keys_that_swap(rig, payload):
    rig.sql("BEGIN")
    for old, new in ((1, -1), (2, 1), (-1, 2)):
        rig.sql("UPDATE t SET id = %s WHERE id = %s", (new, old))
    rig.sql("UPDATE t SET id = id + 1 ORDER BY id DESC")
    rig.sql("COMMIT")
    rig.ok("run")
    rig.equal("t")
    assert rig.rows("SELECT id, note FROM t ORDER BY id") == \
        [[2, "b"], [3, "a"], [4, "c"]]


def test_a_key_that_changes_in_two_parts_of_a_huge_transaction(rig, payload):
    numbers(rig, 150000)
    rig.ok("run")
    rig.sql("BEGIN")
    rig.sql("UPDATE t SET n = 100, note = 'first part'")
    rig.sql("INSERT INTO t SELECT k, 0, REPEAT(k, 40) FROM numbers "
            "WHERE k > 10")
    rig.sql("UPDATE t SET id = -id WHERE id = 2")
    rig.sql("UPDATE t SET note = REPEAT(id, 39) WHERE id > 10")
    rig.sql("UPDATE t SET n = 200, note = 'last part' WHERE id IN (1, 20)")
    rig.sql("DELETE FROM t WHERE id IN (3, 30)")
    rig.sql("COMMIT")
    rig.ok("run")
    rig.equal("t")
    assert rig.rows("SELECT id, n FROM t WHERE id <= 10 OR id IN (20, 30) "
                    "ORDER BY id") == [[-2, 100], [1, 200], [20, 200]]


@pytest.mark.parametrize("retry", ["0s", "10s"])
def test_a_truncate_with_a_late_load_in_flight(rig, retry):
    """The request arrives when the TRUNCATE was long served."""
    with HttpProxy(rig.clickhouse.port) as http:
        rig.warehouse_port = http.port
        rig.settings(tables=CDC, retry=retry)
        rule = http.on("INSERT INTO", faults.late(LATE_S))
        begin = time.monotonic()
        rig.sql("INSERT INTO t VALUES (4, 4, 'late'), (5, 5, 'late')")
        rig.sql("UPDATE t SET note = 'late' WHERE id = 2")
        code = rig.run("run").code
        assert rule.hits == 1 and code == (5 if retry == "0s" else 0)
        rig.sql("TRUNCATE TABLE t")
        rig.sql("INSERT INTO t VALUES (5, 50, 'after')")
        rig.ok("run")
        assert time.monotonic() - begin < LATE_S, "nothing was late"
        rig.equal("t")
        time.sleep(max(0, begin + LATE_S + 1 - time.monotonic()))
        rig.equal("t")
        assert rig.rows("SELECT id, n FROM t") == [[5, 50]]
        rig.sql("INSERT INTO t VALUES (4, 40, 'after')")
        rig.ok("run")
        rig.equal("t")


def test_a_link_that_is_cut_after_each_event(rig):
    """Within the transaction the checkpoint does not move."""
    rig.sql("CREATE TABLE other LIKE t")
    rig.ok("run")
    rig.sql("BEGIN")
    for number in range(CUTS // 6):
        rig.sql("INSERT INTO t VALUES (%s, 0, REPEAT('n', 300))",
                (10 + number,))
        rig.sql("INSERT INTO other SELECT * FROM t WHERE id NOT IN "
                "(SELECT id FROM other)")
        rig.sql("UPDATE t SET n = n + 1, note = REPEAT('u', 300)")
        rig.sql("UPDATE t SET id = -id WHERE id = %s", (9 + number,))
    rig.sql("DELETE FROM other WHERE id % 2 = 0")
    rig.sql("COMMIT")
    before = rig.checkpoint("main/cdc")
    cuts = 0
    with EventCutter(rig.source.port) as cutter:
        rig.source_port = cutter.port
        rig.settings(tables=CDC, retry="0s")
        while True:
            # Behind the transaction the log is that of other tests.
            cutter.cut_after = cuts if cuts <= CUTS // 6 * 8 else None
            result = rig.run("run")
            if result.code == 0:
                break
            assert result.code == 5, str(result)
            assert rig.checkpoint("main/cdc") == before
            cuts += 1
    assert cuts > CUTS, cuts
    rig.equal("t")
    rig.equal("other")
