"""The follower that stays: what is written is seen at once, copies run beside
the log, and whatever befalls it, both sides end equal."""

import contextlib
import random
import signal
import threading
import time

import pymysql
import pytest

from lab.proxy import TcpProxy
from own import mariadb, mysql  # noqa: F401
from rig import Rig

CDC = [{"*": {"mode": "cdc"}}]


@pytest.fixture(params=["mariadb", "mysql"])
def rig(request, clickhouse, make_database, tidemark):
    server = request.getfixturevalue(request.param)
    made = Rig(server, clickhouse, make_database(server, clickhouse),
               tidemark)
    made.sql("SET sql_mode = ''")
    made.connection.autocommit(True)
    return made


@contextlib.contextmanager
def staying(rig, **more):
    running = rig.tidemark.start("daemon", **more)
    try:
        yield running
    finally:
        if running.alive():
            running.send(signal.SIGKILL)
        running.child.wait()


def until(running, condition, timeout_s=30):
    """Polls; what the warehouse does not know yet is not yet true."""
    end = time.monotonic() + timeout_s
    while True:
        with contextlib.suppress(Exception):
            if condition():
                return
        assert running.alive(), running.stderr()
        assert time.monotonic() < end, running.stderr()[-4000:]
        time.sleep(0.005)


def until_on_time(rig, running, *tables, timeout_s=30):
    names = ", ".join(f"'{name}'" for name in tables)
    until(running, lambda: rig.state(
        "SELECT count(*) FROM tables WHERE life = 'LIVE' AND "
        f"name IN ({names})") == [(len(tables),)], timeout_s)


def until_place(rig, running, timeout_s=30):
    """What was written before is read by then, and loaded within the interval
    of its table; a drain loads it all."""
    stamp = random.randrange(1 << 40)
    rig.sql("REPLACE INTO marks VALUES (1, %s)", (stamp,))
    until(running, lambda: rig.value("SELECT v FROM marks") == stamp,
          timeout_s)


def marks(rig):
    rig.sql("CREATE TABLE marks (id INT PRIMARY KEY, v BIGINT)")


def small(rig, name="t"):
    rig.sql(f"CREATE TABLE {name} (id INT PRIMARY KEY AUTO_INCREMENT, "
            "note VARCHAR(40), n DECIMAL(12,3))")
    rig.sql(f"INSERT INTO {name} (note, n) VALUES ('a', 1.5), ('b', -2), "
            "('c', NULL)")


def drained(running):
    running.send(signal.SIGTERM)
    result = running.wait(30)
    assert result.code in (0, 130), str(result)
    return result


def test_a_row_is_seen_at_once(rig):
    small(rig)
    rig.settings(tables=CDC)
    took = []
    with staying(rig) as running:
        until_on_time(rig, running, "t")
        for i in range(10, 30):
            time.sleep(random.uniform(0.05, 0.3))
            began = time.monotonic()
            rig.sql("INSERT INTO t (id, note) VALUES (%s, 'x')", (i,))
            until(running, lambda: rig.value(
                f"SELECT count() FROM t WHERE id = {i}") == 1)
            took.append(time.monotonic() - began)
        rig.sql("UPDATE t SET note = 'y' WHERE id > 20")
        rig.sql("DELETE FROM t WHERE id = 1")
        until(running, lambda: rig.value("SELECT count() FROM t") == 22)
        until(running, lambda: rig.value(
            "SELECT count() FROM t WHERE note = 'y'") == 9)
        drained(running)
    took.sort()
    assert took[len(took) // 2] < 0.5, took
    rig.equal("t")


def test_what_was_drained_is_not_read_again(rig):
    small(rig)
    rig.settings(tables=CDC)
    with staying(rig) as running:
        until_on_time(rig, running, "t")
        for i in range(10, 60):
            rig.sql("INSERT INTO t (id) VALUES (%s)", (i,))
        until(running, lambda: rig.value("SELECT count() FROM t") > 20)
        drained(running)
    missing = 53 - rig.value("SELECT count() FROM t")
    lines = rig.ok("run", "--json").json()["tables"]
    assert {line["name"]: line["rows_read"] for line in lines} == {
        "t": missing}
    rig.equal("t")


class Writers:
    """Change a table of orders as fast as they are let, until they are told
    to end."""

    def __init__(self, rig, count=4, table="orders", pause_s=0.002):
        self.rig = rig
        self.table = table
        self.pause_s = pause_s
        self.ends = threading.Event()
        self.failure = None
        self.threads = [threading.Thread(target=self._run, args=(i,))
                        for i in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        for thread in self.threads:
            thread.join()
        if self.failure:
            raise self.failure

    def _run(self, number):
        try:
            self._write(random.Random(number))
        except Exception as failure:  # told by __exit__
            self.failure = failure

    def _write(self, chance):
        connection = self.rig.source.admin(self.rig.database)
        connection.autocommit(False)
        with connection.cursor() as cursor:
            cursor.execute("SET sql_mode = ''")
            while not self.ends.is_set():
                for _ in range(chance.randrange(1, 4)):
                    with contextlib.suppress(pymysql.OperationalError):
                        self._change(cursor, chance)
                connection.commit()
                time.sleep(self.pause_s)
        connection.close()

    def _change(self, cursor, chance):
        key = chance.randrange(1, 300000)
        kind = chance.randrange(5)
        if kind == 0:
            cursor.execute(
                f"INSERT INTO {self.table} (customer, state, total, quantity, "
                "name, placed) VALUES (%s, 'new', 1.25, 3, 'w', NOW())",
                (key,))
        elif kind == 1:
            cursor.execute(f"DELETE FROM {self.table} WHERE id = %s", (key,))
        else:
            cursor.execute(
                f"UPDATE {self.table} SET quantity = quantity + 1, "
                "note = %s WHERE id = %s", (f"n{chance.random()}", key))


def test_a_copy_beside_heavy_writes(rig):
    rig.orders(200000)
    marks(rig)
    rig.settings(tables=CDC, limits={"chunk_rows": 5000})
    with Writers(rig) as writers, staying(rig) as running:
        until_on_time(rig, running, "marks")
        until_place(rig, running)
        until_on_time(rig, running, "orders", timeout_s=60)
        writers.ends.set()
        time.sleep(0.2)
        until_place(rig, running)
        until(running, lambda: rig.state(
            "SELECT count(*) FROM requests WHERE served_us = 0") == [(0,)])
        drained(running)
    rig.equal("orders")


def test_killed_again_and_again(rig):
    rig.orders(60000)
    marks(rig)
    rig.settings(tables=CDC, limits={"chunk_rows": 2000})
    chance = random.Random(5)
    with Writers(rig):
        for _ in range(8):
            with staying(rig) as running:
                time.sleep(chance.uniform(0.2, 2.0))
                assert running.alive(), running.stderr()
    with staying(rig) as running:
        until_on_time(rig, running, "orders", "marks", timeout_s=60)
        until_place(rig, running)
        drained(running)
    rig.equal("orders")


def test_columns_change_beside_writes(rig):
    rig.orders(20000)
    small(rig)
    marks(rig)
    rig.settings(tables=CDC)
    with Writers(rig, 2, pause_s=0.01) as writers, staying(rig) as running:
        until_on_time(rig, running, "orders", "t", "marks")
        rig.sql("ALTER TABLE t ADD COLUMN z INT DEFAULT 7")
        rig.sql("INSERT INTO t (note) VALUES ('d')")
        rig.sql("ALTER TABLE orders ADD COLUMN extra VARCHAR(20) DEFAULT 'e'")
        until(running, lambda: rig.value(
            "SELECT count() FROM t WHERE z = 7") == 4)
        until(running, lambda: rig.value(
            "SELECT count() FROM orders WHERE extra = 'e'") > 10000)
        rig.sql("ALTER TABLE t DROP PRIMARY KEY, MODIFY id BIGINT NOT NULL, "
                "ADD PRIMARY KEY (id, note)")
        rig.sql("INSERT INTO t (id, note) VALUES (100, 'e')")
        until(running, lambda: rig.value(
            "SELECT count() FROM t WHERE id = 100") == 1)
        writers.ends.set()
        time.sleep(0.2)
        until_place(rig, running)
        drained(running)
    rig.equal("t")
    rig.equal("orders")


def test_truncate_is_served_while_the_log_is_read(rig):
    rig.orders(30000)
    small(rig)
    marks(rig)
    rig.settings(tables=CDC)
    with staying(rig) as running:
        until_on_time(rig, running, "orders", "t", "marks")
        for i in range(5):
            rig.sql("TRUNCATE TABLE t")
            rig.sql("INSERT INTO t (id, note) VALUES (%s, 'after')", (i + 1,))
            rig.sql("INSERT INTO orders (customer, state, total, quantity, "
                    "placed) VALUES (1, 'new', 1, 1, NOW())")
        rig.sql("DELETE FROM orders WHERE id < 100")
        rig.sql("TRUNCATE TABLE orders")
        rig.sql("INSERT INTO orders (customer, state, total, quantity, "
                "placed) VALUES (1, 'new', 1, 1, NOW())")
        until(running, lambda: rig.value("SELECT count() FROM t") == 1)
        until(running, lambda: rig.value("SELECT count() FROM orders") == 1)
        until_place(rig, running)
        drained(running)
    rig.equal("t")
    rig.equal("orders")


def test_truncate_of_a_table_that_is_being_copied(rig):
    rig.orders(100000)
    marks(rig)
    rig.settings(tables=CDC, limits={"chunk_rows": 1000})
    with staying(rig) as running:
        until(running, lambda: rig.value("SELECT count() FROM orders") > 3000)
        rig.sql("TRUNCATE TABLE orders")
        rig.sql("INSERT INTO orders (customer, state, total, quantity, "
                "placed) VALUES (1, 'new', 1, 1, NOW())")
        until_place(rig, running)
        until_on_time(rig, running, "orders", "marks", timeout_s=60)
        until(running, lambda: rig.value("SELECT count() FROM orders") == 1)
        until(running, lambda: rig.state(
            "SELECT count(*) FROM requests WHERE served_us = 0") == [(0,)])
        drained(running)
    rig.equal("orders")


def test_a_table_without_a_place_stops_alone(rig):
    small(rig)
    marks(rig)
    rig.sql("CREATE TABLE bad (id INT PRIMARY KEY, d DATE)")
    rig.sql("INSERT INTO bad VALUES (1, '2024-01-01')")
    rig.settings(tables=CDC)
    with staying(rig) as running:
        until_on_time(rig, running, "t", "bad", "marks")
        rig.sql("INSERT INTO bad VALUES (2, '0000-00-00')")
        until(running, lambda: rig.state(
            "SELECT life FROM tables WHERE name = 'bad'")
            == [("STOPPED",)])
        rig.sql("INSERT INTO t (note) VALUES ('d')")
        until(running, lambda: rig.value("SELECT count() FROM t") == 4)
        rig.sql("DELETE FROM bad WHERE id = 2")
        rig.sql("INSERT INTO bad VALUES (3, '2024-01-03')")
        until_on_time(rig, running, "bad", timeout_s=40)
        until_place(rig, running)
        drained(running)
    rig.equal("bad")
    rig.equal("t")


def test_the_lag_is_known(rig):
    small(rig)
    rig.settings(tables=CDC)
    with staying(rig) as running:
        until_on_time(rig, running, "t")
        began = time.time()
        until(running, lambda: rig.state(
            "SELECT confirmed_us FROM tables WHERE name = 't'")[0][0]
            > (began + 5) * 1e6)
        drained(running)


def test_a_new_table_is_found(rig):
    small(rig)
    rig.settings(tables=CDC)
    with staying(rig) as running:
        until_on_time(rig, running, "t")
        small(rig, "later")
        rig.sql("INSERT INTO later (note) VALUES ('d')")
        until_on_time(rig, running, "later", timeout_s=75)
        rig.sql("INSERT INTO later (note) VALUES ('e')")
        until(running, lambda: rig.value("SELECT count() FROM later") == 5)
        drained(running)
    rig.equal("later")


def test_many_tables(rig):
    for i in range(60):
        rig.sql(f"CREATE TABLE t{i} (id INT PRIMARY KEY, v INT)")
    marks(rig)
    rig.settings(tables=CDC, limits={"memory": "16M"})
    with staying(rig) as running:
        until(running, lambda: rig.state(
            "SELECT count(*) FROM tables WHERE life = 'LIVE'") == [(61,)],
            timeout_s=60)
        for i in range(600):
            rig.sql(f"INSERT INTO t{i % 60} VALUES (%s, %s)", (i, i))
        until_place(rig, running)
        until(running, lambda: rig.value("SELECT count() FROM t59") == 10)
        drained(running)
    rig.equal("t7")
    rig.equal("t59")


@pytest.mark.parametrize("fault", [
    "stay.tick=kill@3", "stay.flush=kill@2", "stay.flush=error@2",
    "cdc.flush=kill@2", "cdc.copied=kill@2", "cdc.copied=error@1",
    "cdc.below=kill@1", "commit.saved=kill@4", "load.finished=error@3"])
def test_death_and_faults_among_writers(rig, fault):
    rig.orders(3000)
    small(rig)
    marks(rig)
    rig.settings(tables=CDC, limits={"chunk_rows": 1000})
    with Writers(rig, 2, pause_s=0.01):
        with staying(rig, environment={"TIDEMARK_FP": fault}) as running:
            end = time.monotonic() + 6
            while running.alive() and time.monotonic() < end:
                rig.sql("TRUNCATE TABLE t")
                rig.sql("INSERT INTO t (note) VALUES ('after')")
                time.sleep(0.5)
            assert running.alive() != ("kill" in fault), running.stderr()
    with staying(rig) as running:
        until_on_time(rig, running, "orders", "t", "marks")
        until_place(rig, running)
        drained(running)
    rig.equal("orders")
    rig.equal("t")


def test_links_that_break(rig):
    rig.orders(20000)
    marks(rig)
    chance = random.Random(3)
    with TcpProxy(rig.source.port) as source, \
            TcpProxy(rig.clickhouse.port) as warehouse:
        rig.source_port, rig.warehouse_port = source.port, warehouse.port
        rig.settings(tables=CDC, limits={"chunk_rows": 2000})
        with Writers(rig, 2, pause_s=0.01), staying(rig) as running:
            for _ in range(6):
                time.sleep(0.7)
                source.add("rst", after=chance.randrange(20000))
                warehouse.add("fin", after=chance.randrange(2000))
            time.sleep(1)
            source.heal()
            warehouse.heal()
            until_on_time(rig, running, "orders", "marks", timeout_s=60)
            until_place(rig, running)
        with staying(rig) as running:
            until_place(rig, running)
            drained(running)
    rig.equal("orders")


def test_a_paused_table_catches_up(rig):
    small(rig)
    small(rig, "s")
    marks(rig)
    rig.settings(tables=CDC)
    with staying(rig) as running:
        until_on_time(rig, running, "t", "s", "marks")
        rig.ok("pause", "t")
        time.sleep(1.5)
        rig.sql("INSERT INTO t (note) VALUES ('d')")
        rig.sql("DELETE FROM t WHERE id = 1")
        rig.sql("INSERT INTO s (note) VALUES ('d')")
        until_place(rig, running)
        until(running, lambda: rig.value("SELECT count() FROM s") == 4)
        assert rig.value("SELECT max(id) FROM t") == 3
        rig.ok("resume", "t")
        until(running, lambda: rig.value("SELECT max(id) FROM t") == 4)
        until_place(rig, running)
        until(running, lambda: rig.value("SELECT count() FROM t") == 3)
        drained(running)
    rig.equal("t")
    rig.equal("s")
