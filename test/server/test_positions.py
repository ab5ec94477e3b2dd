"""Where the log is read on from: after cuts of link, server and log, after
rotations, and with another reader that wants our id."""

import os
import re
import struct
import time

import pytest

from lab.proxy import TcpProxy
from lab.servers import KINDS
from rig import Rig

CDC = [{"*": {"mode": "cdc"}}]


@pytest.fixture(params=["mariadb", "mysql", "mariadb-new"])
def server(request, start_server):
    return start_server(KINDS[request.param])


@pytest.fixture
def rig(server, clickhouse, make_database, tidemark):
    made = Rig(server, clickhouse, make_database(server, clickhouse),
               tidemark)
    made.sql("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(200))")
    made.sql("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    made.settings(tables=CDC, retry="30s")
    return made


class Tap(TcpProxy):
    """Keeps what clients say."""

    def __init__(self, target_port):
        self.said = b""
        super().__init__(target_port)

    def _pass(self, pair, target, direction, seen, piece):
        if direction == "up":
            self.said += piece
        super()._pass(pair, target, direction, seen, piece)

    def readers(self):
        """(server id, uuid) of each dump that was asked for."""
        uuids = [bytes.fromhex(text.decode()).decode() for text in re.findall(
            rb"@slave_uuid = _utf8mb4 ?[xX]'([0-9A-Fa-f]+)'", self.said)]
        # By file and offset, or by a set, without the name of a file.
        numbers = [struct.unpack("<I", by_file or by_set)[0]
                   for by_file, by_set in re.findall(
            rb"\x12.{4}[\x02\x03]\x00(.{4})[a-z]"
            rb"|\x00\x1e[\x00-\x07]\x00(.{4})\0{4}", self.said, re.DOTALL)]
        return list(zip(numbers, uuids))


@pytest.fixture
def wire(rig):
    proxy = Tap(rig.source.port)
    rig.source_port = proxy.port
    rig.settings(tables=CDC, retry="30s")
    yield proxy
    proxy.stop()


def read(result):
    return {line["name"]: line["rows_read"]
            for line in result.json()["tables"]}


def run(rig):
    return read(rig.ok("run", "--json"))


def last_file(rig):
    return rig.sql("SHOW BINARY LOGS")[-1][0]


def purge_to(rig, last):
    """MariaDB keeps what a reader had just now."""
    for _ in range(100):
        rig.sql(f"PURGE BINARY LOGS TO '{last}'")
        if rig.sql("SHOW BINARY LOGS")[0][0] == last:
            return
        time.sleep(0.1)
    raise AssertionError("the log was not purged")


def purge(rig):
    rig.sql("FLUSH BINARY LOGS")
    purge_to(rig, last_file(rig))


def test_a_source_that_stands_still_may_drop_its_files(rig):
    rig.ok("run")
    rig.sql("INSERT INTO t VALUES (4, 'd')")
    rig.ok("run")
    for _ in range(2):
        rig.sql("FLUSH BINARY LOGS")
        assert run(rig) == {"t": 0}
        last = last_file(rig)
        assert f'"{last}"' in rig.checkpoint("main/cdc")
        purge_to(rig, last)
    result = rig.ok("run")
    assert "dropped" not in result.stderr
    rig.sql("INSERT INTO t VALUES (5, 'e')")
    assert run(rig) == {"t": 1}
    rig.equal("t")


def test_a_file_that_is_gone_with_nothing_new_in_it(rig):
    rig.ok("run")
    rig.sql("INSERT INTO t VALUES (4, 'd')")
    rig.ok("run")
    purge(rig)
    rig.sql("INSERT INTO t VALUES (5, 'e')")
    result = rig.ok("run", "--json")
    assert read(result) == {"t": 1} and "dropped" not in result.stderr
    rig.equal("t")
    rig.sql("DELETE FROM t WHERE id = 1")
    assert run(rig) == {"t": 1}
    rig.equal("t")


def test_a_hole_with_rows_of_every_kind(rig):
    rig.ok("run")
    rig.sql("INSERT INTO t VALUES (4, 'in the hole')")
    rig.sql("UPDATE t SET v = 'in the hole' WHERE id = 2")
    rig.sql("DELETE FROM t WHERE id = 1")
    purge(rig)
    rig.sql("UPDATE t SET v = 'behind it' WHERE id = 3")
    assert "dropped a part of the log" in rig.ok("run").stderr
    rig.equal("t")
    assert run(rig) == {"t": 0}


def test_a_log_cut_by_a_crash(rig):
    """The rows are there, their end of the log is not."""
    rig.ok("run")
    for number in range(10, 20):
        rig.sql(f"INSERT INTO t VALUES ({number}, REPEAT('n', 100))")
    rig.ok("run")
    file = last_file(rig)
    rig.source.kill9()
    path = os.path.join(rig.source.data(), file)
    os.truncate(path, os.path.getsize(path) - 700)
    rig.source.restart()
    rig.connection = rig.source.admin(rig.database)
    rig.sql("UPDATE t SET v = 'after the crash' WHERE id = 2")
    rig.sql("DELETE FROM t WHERE id = 15")
    rig.ok("run")
    rig.equal("t")
    rig.sql("INSERT INTO t VALUES (99, 'later')")
    assert run(rig) == {"t": 1}
    rig.equal("t")


def test_a_server_that_restarts(rig):
    rig.ok("run")
    for number in range(3):
        rig.sql(f"INSERT INTO t VALUES ({10 + number}, 'before')")
        rig.source.restart(wait_timeout="1")
        rig.connection = rig.source.admin(rig.database)
        rig.sql(f"UPDATE t SET v = 'after' WHERE id = {10 + number}")
        assert run(rig) == {"t": 2}
        rig.equal("t")


def long_transaction(rig, number, count=12):
    rig.sql("BEGIN")
    for turn in range(count):
        rig.sql(f"REPLACE INTO t VALUES ({turn}, REPEAT('{number}', 99))")
        rig.sql(f"UPDATE t SET id = id + 1000 WHERE id = {turn}")
        rig.sql(f"UPDATE t SET id = id - 1000 WHERE id = {1000 + turn}")
    rig.sql("COMMIT")


def test_the_link_is_cut_at_each_event(rig, wire):
    rig.ok("run")
    long_transaction(rig, "x")
    before = wire.down_bytes
    rig.ok("run")
    whole = wire.down_bytes - before
    for number, after in enumerate(range(300, min(whole, 12000), 450)):
        long_transaction(rig, number % 10)
        wire.add("rst", direction="down", after=after)
        rig.ok("run")
        wire.heal()
        rig.equal("t")


def test_a_transaction_larger_than_memory_is_cut(rig, wire):
    rig.orders(2)
    rig.settings(tables=CDC, retry="30s", limits={"memory": "64M"})
    rig.ok("run")
    digits = ", ".join("(SELECT 0 i UNION ALL SELECT 1 UNION ALL SELECT 2 "
                       "UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL "
                       f"SELECT 5 UNION ALL SELECT 6) {letter}"
                       for letter in "abcdef")
    rig.sql("BEGIN")
    rig.sql("INSERT INTO orders (customer, state, total, quantity, name, "
            "note, weight, placed) SELECT 1, 1, 2, 3, REPEAT('n', 90), "
            f"REPEAT('x', 250), 1e0, '2024-01-01' FROM {digits}")
    rig.sql("UPDATE orders SET note = 'short' WHERE id % 3 = 0")
    rig.sql("DELETE FROM orders WHERE id % 3 = 1")
    rig.sql("COMMIT")
    before = rig.checkpoint("main/cdc")
    rule = wire.add("rst", direction="down", after=40 << 20)
    rig.settings(tables=CDC, retry="0s", limits={"memory": "64M"})
    result = rig.run("run")
    assert result.code == 5 and rule.hits == 1, str(result)
    assert rig.value("SELECT count() FROM orders") > 10  # parts came
    assert rig.checkpoint("main/cdc") == before
    wire.heal()
    rig.ok("run", timeout_s=120)
    rig.equal("orders")


def dump(server, number, uuid):
    """A replica of that name, which reads the log."""
    link = server.admin()
    link.cursor().execute(
        f"SET @slave_uuid = '{uuid}', @replica_uuid = '{uuid}', "
        "@master_binlog_checksum = 'NONE', "
        "@source_binlog_checksum = 'NONE', @mariadb_slave_capability = 4")
    file = server.query("SHOW BINARY LOGS")[0][0]
    link._execute_command(0x12, struct.pack("<IHI", 4, 0, number)
                          + file.encode())
    return link


def test_somebody_takes_our_id(rig, wire):
    rig.sql("CREATE TABLE big (id INT PRIMARY KEY, b LONGTEXT)")
    rig.ok("run")
    (number, uuid), = wire.readers()
    for turn in range(30):  # more than the sockets hold
        rig.sql(f"INSERT INTO big VALUES ({turn}, REPEAT('x', 1000000))")
    rule = wire.add("delay", direction="down", after=2000000, seconds=2,
                    times=None)
    running = rig.tidemark.start("run")
    assert wire.wait_hit(rule)
    other = dump(rig.source, number, uuid)
    try:
        time.sleep(1)
        wire.heal()
        result = running.wait()
        assert result.code == 0 and "TM2204" in result.stderr, str(result)
        assert wire.readers()[-1] != (number, uuid)
        rig.equal("big")
    finally:
        other.close()


def test_two_readers_of_one_server(rig, wire, binary, tmp_path,
                                   make_database, clickhouse):
    """Each with a state of its own: neither ends the other."""
    from lab.tidemark import Tidemark
    second = Rig(rig.source, clickhouse, rig.database,
                 Tidemark(binary, tmp_path / "second"))
    second.clickhouse.admin().query(
        f"CREATE DATABASE IF NOT EXISTS {rig.database}_2")
    second.source_port = wire.port
    second.settings(tables=CDC, warehouse={
        "url": clickhouse.url(f"{rig.database}_2")})
    rig.ok("run")
    second.ok("run")
    names = wire.readers()
    assert len(names) == len(set(names)) == 2
    second.clickhouse.admin().query(f"DROP DATABASE {rig.database}_2")
