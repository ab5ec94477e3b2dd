"""Another server takes over, with its own log: what both have is not read
again, what only the old one had goes, and nothing is missing."""

import os
import signal
import time

import pytest

from lab.proxy import TcpProxy
from lab.servers import KINDS
from rig import Rig

CDC = [{"*": {"mode": "cdc"}}]


def replicate(primary, replica):
    """From now on the replica does what the primary does."""
    if primary.kind == "mysql":
        replica.query(
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', "
            f"SOURCE_PORT={primary.port}, SOURCE_USER='root', "
            "SOURCE_AUTO_POSITION=1, SOURCE_CONNECT_RETRY=1; START REPLICA")
    else:
        replica.query(
            "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT="
            f"{primary.port}, MASTER_USER='root', MASTER_PASSWORD='', "
            "MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1; START SLAVE")


def word(server):
    return "REPLICA" if server.kind == "mysql" else "SLAVE"


class Pair:
    """A primary, its replica, and an address that leads to one of them."""

    def __init__(self, start, kind):
        more = {"log_slave_updates": "ON"} if kind != "mysql" else {}
        self.primary = start(KINDS[kind], **more)
        self.replica = start(KINDS[kind], server_id="77", log_bin="other-log",
                             **more)
        replicate(self.primary, self.replica)
        self.wire = TcpProxy(self.primary.port)

    def catch_up(self):
        """The replica has done all that the primary has written."""
        if self.primary.kind == "mysql":
            done = self.primary.query("SELECT @@global.gtid_executed")[0][0]
            sql = f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{done}', 30)"
        else:
            done = self.primary.query("SELECT @@gtid_binlog_pos")[0][0]
            sql = f"SELECT MASTER_GTID_WAIT('{done}', 30)"
        assert self.replica.query(sql)[0][0] == 0, self.replica.query(
            f"SHOW {word(self.replica)} STATUS")

    def pause(self):
        self.replica.query(f"STOP {word(self.replica)}")

    def promote(self, rig):
        self.primary.kill9()
        name = word(self.replica)
        self.replica.query(f"STOP {name}; RESET {name} ALL")
        self.wire.target_port = self.replica.port
        rig.source = self.replica
        rig.connection = self.replica.admin(rig.database)


@pytest.fixture(params=["mariadb", "mysql", "mariadb-new"])
def pair(request, start_server):
    made = Pair(start_server, request.param)
    yield made
    made.wire.stop()


@pytest.fixture
def rig(pair, clickhouse, make_database, tidemark):
    made = Rig(pair.primary, clickhouse,
               make_database(pair.primary, clickhouse), tidemark)
    made.sql("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(100))")
    made.sql("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    made.sql("CREATE TABLE s (id INT PRIMARY KEY)")
    made.sql("INSERT INTO s VALUES (1), (2)")
    made.source_port = pair.wire.port
    made.settings(tables=CDC)
    return made


def read(result):
    return {line["name"]: line["rows_read"]
            for line in result.json()["tables"]}


def run(rig):
    return read(rig.ok("run", "--json"))


def epoch(rig):
    return rig.state("SELECT epoch FROM sources")[0][0]


def make_log(rig, count=30):
    """A log of the primary that is longer than the replica's will be."""
    for number in range(count):
        rig.sql(f"UPDATE t SET v = REPEAT('{number % 10}', 90) WHERE id = 2")
        if number % 10 == 9:
            rig.sql("FLUSH BINARY LOGS")


def shorten(pair):
    """The replica keeps only its last file."""
    pair.catch_up()
    pair.replica.query("FLUSH BINARY LOGS")
    last = pair.replica.query("SHOW BINARY LOGS")[-1][0]
    pair.replica.query(f"PURGE BINARY LOGS TO '{last}'")


def test_to_a_shorter_log(rig, pair):
    make_log(rig)
    rig.ok("run")
    rig.sql("INSERT INTO t VALUES (4, 'read there')")
    assert run(rig)["t"] == 1
    shorten(pair)
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.sql("UPDATE t SET v = 'not read there' WHERE id = 2")
    pair.catch_up()
    pair.promote(rig)
    rig.sql("UPDATE t SET v = 'new server' WHERE id = 3")
    before = epoch(rig)
    assert run(rig) == {"t": 3, "s": 0}
    rig.equal("t")
    after = epoch(rig)
    assert after > before
    rig.sql("UPDATE t SET v = 'later' WHERE id = 2")
    rig.sql("FLUSH BINARY LOGS")
    assert run(rig) == {"t": 1, "s": 0}
    rig.equal("t")
    rig.equal("s")
    assert epoch(rig) == after


def test_to_one_that_stands_still(rig, pair):
    rig.ok("run")
    pair.catch_up()
    pair.promote(rig)
    assert run(rig) == {"t": 0, "s": 0}
    before = epoch(rig)
    for _ in range(3):
        assert run(rig) == {"t": 0, "s": 0}
    assert epoch(rig) == before
    rig.source.query("FLUSH BINARY LOGS")
    rig.ok("run")
    rig.sql("CREATE TABLE late (id INT PRIMARY KEY)")
    rig.sql("INSERT INTO late VALUES (1)")
    rig.sql("DELETE FROM s WHERE id = 1")
    found = run(rig)
    assert (found["t"], found["s"]) == (0, 1)
    rig.equal("late")
    rig.equal("s")


def test_transactions_that_were_lost(rig, pair):
    rig.ok("run")
    pair.catch_up()
    pair.pause()
    rig.sql("INSERT INTO t VALUES (4, 'lost')")
    rig.sql("UPDATE t SET v = 'lost' WHERE id = 2")
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.sql("DELETE FROM s")
    assert run(rig) == {"t": 3, "s": 2}
    pair.promote(rig)
    rig.sql("UPDATE t SET v = 'new server' WHERE id = 3")
    result = rig.ok("run")
    assert "not those that were read" in result.stderr
    rig.equal("t")
    rig.equal("s")
    assert rig.value("SELECT count() FROM t") == 3
    rig.sql("INSERT INTO t VALUES (9, 'later')")
    assert run(rig) == {"t": 1, "s": 0}
    rig.equal("t")


@pytest.mark.parametrize("is_last", [True, False])
def test_changes_that_only_the_replica_had(rig, pair, is_last):
    rig.ok("run")
    pair.catch_up()
    with pair.replica.admin(rig.database) as link:
        link.cursor().execute("UPDATE t SET v = 'errant' WHERE id = 2")
        link.cursor().execute("INSERT INTO s VALUES (77)")
    if not is_last:
        rig.sql("UPDATE t SET v = 'of the primary' WHERE id = 2")
        rig.sql("INSERT INTO t VALUES (4, 'of the primary')")
    run(rig)
    pair.catch_up()
    pair.promote(rig)
    rig.ok("run")
    rig.equal("t")
    rig.equal("s")
    rig.sql("UPDATE t SET v = 'new server' WHERE id = 3")
    rig.ok("run")
    rig.equal("t")
    assert rig.value("SELECT count() FROM s") == 3


def test_lost_ones_that_no_checkpoint_knows(rig, pair):
    """They were loaded, and tidemark died before it could save the place."""
    rig.ok("run")
    pair.catch_up()
    pair.pause()
    rig.sql("INSERT INTO t VALUES (5, 'lost')")
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.run("run", environment={"TIDEMARK_FP": "commit.before_save=kill@1"})
    assert rig.value("SELECT sum(id) FROM t") == 2 + 3 + 5
    pair.promote(rig)
    rig.sql("UPDATE t SET v = 'new server' WHERE id = 3")
    found = run(rig)
    rig.equal("t")
    assert found["s"] == 0
    assert run(rig) == {"t": 0, "s": 0}


def test_back_and_forth(rig, pair):
    """The old primary comes back as it was, with what it alone has."""
    rig.ok("run")
    pair.catch_up()
    pair.pause()
    rig.sql("UPDATE t SET v = 'on the old one' WHERE id = 2")
    first = rig.connection
    pair.wire.target_port = pair.replica.port
    with pair.replica.admin(rig.database) as link:
        link.cursor().execute("DELETE FROM t WHERE id = 3")
    rig.connection, rig.source = pair.replica.admin(rig.database), pair.replica
    rig.ok("run")
    rig.equal("t")
    rig.connection, rig.source = first, pair.primary
    pair.wire.target_port = pair.primary.port
    rig.ok("run")
    rig.equal("t")


def test_xa_that_was_prepared_on_the_old_one(rig, pair):
    rig.ok("run")
    link = pair.primary.admin(rig.database)
    for sql in ("XA START 'x'", "UPDATE t SET v = 'xa' WHERE id = 2",
                "DELETE FROM s", "XA END 'x'", "XA PREPARE 'x'"):
        link.cursor().execute(sql)
    rig.ok("run")
    pair.catch_up()
    pair.promote(rig)
    rig.sql("UPDATE t SET v = 'others' WHERE id = 1")
    rig.ok("run")
    rig.equal("t")
    rig.sql("XA COMMIT 'x'")
    rig.ok("run")
    rig.equal("t")
    rig.equal("s")


def test_the_wire_is_cut_meanwhile(rig, pair):
    """What is loaded before the new place is saved is loaded again."""
    rig.ok("run")
    for number in range(40):
        rig.sql(f"REPLACE INTO t VALUES ({number}, REPEAT('x', 90))")
    pair.catch_up()
    pair.promote(rig)
    for after in range(2000, 9000, 1000):
        pair.wire.add("rst", direction="down", after=after)
        rig.sql(f"UPDATE t SET v = 'after {after}' WHERE id < 10")
        rig.settings(tables=CDC, retry="20s")
        rig.ok("run")
        rig.equal("t")


def test_the_address_leads_elsewhere_before_the_log_is_opened(rig, pair,
                                                              tmp_path):
    rig.ok("run")
    rig.sql("INSERT INTO t VALUES (4, 'both')")
    pair.catch_up()
    before = epoch(rig)
    log = tmp_path / "hits"
    running = rig.tidemark.start("run", environment={
        "TIDEMARK_FP": "cdc.follow=sleep:8000@1",
        "TIDEMARK_FP_LOG": str(log)})
    end = time.monotonic() + 30
    while not log.exists() or "cdc.follow" not in log.read_text():
        assert time.monotonic() < end and running.alive(), running.stderr()
        time.sleep(0.05)
    pair.promote(rig)
    result = running.wait(60)
    assert result.code == 0, str(result)
    assert epoch(rig) > before
    rig.equal("t")


def soon(rig, sql, value, running, timeout_s=60):
    assert running.wait_until(lambda: rig.value(sql) == value, timeout_s)


def test_a_daemon_goes_over(rig, pair):
    """Once to the replica; a transaction is lost on the way."""
    running = rig.tidemark.start("daemon")
    assert running.wait_until(lambda: "t" in [row[0] for row in rig.rows(
        "SHOW TABLES")] and rig.value("SELECT count() FROM t") == 3)
    rig.sql("INSERT INTO t VALUES (4, 'there')")
    soon(rig, "SELECT count() FROM t", 4, running)
    pair.catch_up()
    pair.pause()
    rig.sql("INSERT INTO t VALUES (5, 'lost')")
    soon(rig, "SELECT count() FROM t", 5, running)
    pair.promote(rig)
    rig.sql("DELETE FROM t WHERE id = 1")
    soon(rig, "SELECT sum(id) FROM t", 2 + 3 + 4, running)
    rig.sql("UPDATE t SET v = 'later' WHERE id = 2")
    soon(rig, "SELECT v FROM t WHERE id = 2", "later", running)
    rig.equal("t")
    assert running.terminate().code == 0


def is_stopped(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "T"


def make_u(rig):
    """A table that is read at once: by a copy, or a row of it by its key."""
    rig.sql("CREATE TABLE u (id INT PRIMARY KEY, v VARCHAR(100), n INT)")
    rig.sql("INSERT INTO u VALUES (1, 'a', 1), (2, 'b', 2)")


def part_of_a_row(rig):
    rig.sql("SET SESSION binlog_row_image = MINIMAL")
    rig.sql("UPDATE u SET v = 'part' WHERE id = 2")
    rig.sql("SET SESSION binlog_row_image = FULL")


def test_lost_ones_that_were_read_again_ahead_of_the_log(rig, pair):
    """The reading saw them, the place that was saved is one of both."""
    make_u(rig)
    rig.ok("run")
    part_of_a_row(rig)
    pair.catch_up()
    pair.pause()
    running = rig.tidemark.start("run", environment={
        "TIDEMARK_FP": "repair.read=stop@1"})
    assert running.wait_until(lambda: is_stopped(running.pid))
    rig.sql("UPDATE u SET v = 'lost' WHERE id = 2")
    os.kill(running.pid, signal.SIGCONT)
    assert running.wait().code == 0
    assert rig.value("SELECT v FROM u WHERE id = 2") == "lost"
    pair.promote(rig)
    assert run(rig) == {"t": 0, "s": 0, "u": 2}
    rig.equal("u")
    rig.sql("UPDATE u SET v = 'later' WHERE id = 1")
    assert run(rig) == {"t": 0, "s": 0, "u": 1}
    rig.equal("u")
    assert rig.state("SELECT count(*) FROM requests WHERE served_us = 0") \
        == [(0,)]


def hits(log, *points):
    text = log.read_text().split() if log.exists() else []
    return all(point in text for point in points)


def cut(server, which):
    """Connections of tidemark."""
    for row in server.query("SELECT id FROM information_schema.processlist "
                            f"WHERE user = 'sync' AND {which}"):
        server.query(f"KILL {row[0]}")


def test_lost_ones_that_a_copy_read_ahead_of_the_log(rig, pair, tmp_path):
    """The log stands still while a copy comes to its end."""
    rig.ok("run")
    make_u(rig)
    pair.catch_up()
    pair.pause()
    log = tmp_path / "hits"
    running = rig.tidemark.start("daemon", environment={
        "TIDEMARK_FP": "stay.tick=sleep:6000@1;task.prepare=sleep:2500@1",
        "TIDEMARK_FP_LOG": str(log)})
    assert running.wait_until(
        lambda: hits(log, "stay.tick", "task.prepare"), 30)
    cut(pair.primary, "command LIKE 'Binlog Dump%'")
    rig.sql("INSERT INTO u VALUES (5, 'lost', 5)")
    soon(rig, "SELECT count() FROM u WHERE id = 5", 1, running)
    pair.promote(rig)
    rig.sql("INSERT INTO u VALUES (6, 'new server', 6)")
    soon(rig, "SELECT count() FROM u WHERE id = 6", 1, running)
    soon(rig, "SELECT count() FROM u WHERE id = 5", 0, running, 20)
    rig.equal("u")
    assert running.terminate().code == 0


def test_a_copy_that_another_server_would_answer(rig, pair):
    """Its connection is lost, and the next leads to a server that lags."""
    make_u(rig)
    pair.catch_up()
    pair.pause()
    rig.sql("UPDATE u SET v = 'not there' WHERE id = 2")
    rig.sql("INSERT INTO u VALUES (4, 'not there', 4)")
    running = rig.tidemark.start("daemon", environment={
        "TIDEMARK_FP": "task.prepare=stop@1"})
    assert running.wait_until(lambda: is_stopped(running.pid))
    pair.wire.target_port = pair.replica.port
    cut(pair.primary, "command NOT LIKE 'Binlog Dump%'")
    os.kill(running.pid, signal.SIGCONT)
    time.sleep(4)
    pair.wire.target_port = pair.primary.port
    cut(pair.replica, "TRUE")
    soon(rig, "SELECT count() FROM u WHERE v = 'not there'", 2, running, 30)
    rig.equal("u")
    assert running.terminate().code == 0
