"""Events of real logs: as the server itself shows them, from every place."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from lab import tls
from lab.databases import PASSWORD
from lab.process import die_with
from lab.proxy import TcpProxy
from lab.servers import KINDS
from probe import build

SHOWN_AS = {"format_desc": "format_description",
            "gtid_tagged_log_event": "gtid_tagged"}


class Log:
    """What the probe printed."""

    def __init__(self, code, text, errors):
        assert not errors, errors
        self.code = code
        lines = [json.loads(line) for line in text.splitlines()]
        self.error = lines.pop() if lines and "error" in lines[-1] else None
        self.place = lines.pop() if lines and "place" in lines[-1] else None
        self.events = lines

    def counted(self, after=0):
        return [(event["type"], event["body"], event["clock"],
                 event["file"], event["start"], event["end"])
                for event in self.events
                if event["counted"] and event["clock"] > after]

    def commits(self):
        return [event for event in self.events if event.get("commit")]

    def of(self, *types):
        return [event for event in self.events if event["type"] in types]


class Probe:
    def __init__(self, program):
        self.program = program

    def start(self, server, *words, port=None, **environment):
        return subprocess.Popen(
            [self.program, server.url("", port=port), *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=die_with(os.getpid()),
            env={**os.environ, "LAB_PASSWORD": PASSWORD, **environment})

    def end(self, child):
        out, errors = child.communicate(timeout=120)
        return Log(child.returncode, out, errors)

    def read(self, server, *words, **options):
        return self.end(self.start(server, *words, **options))


@pytest.fixture(scope="session")
def probe(tmp_path_factory):
    folder = tmp_path_factory.mktemp("binlog_probe")
    return Probe(build(str(folder), "binlog_probe"))


ENCRYPTED = {"plugin_load_add": "file_key_management",
             "encrypt_binlog": "ON"}
KEY = "1;" + "0123456789abcdef" * 2 + "\n"
WORLDS = {
    "mariadb": ("mariadb", {}),
    "mysql": ("mysql", {}),
    "mariadb-new": ("mariadb-new", {}),
    "mysql-without-gtids": ("mysql", {"gtid_mode": "OFF",
                                      "enforce_gtid_consistency": "OFF"}),
    "mariadb-encrypted": ("mariadb", ENCRYPTED),
}


@pytest.fixture(scope="module", params=WORLDS)
def started(request, tmp_path_factory):
    kind, options = WORLDS[request.param]
    folder = tmp_path_factory.mktemp("log")
    if options is ENCRYPTED:
        key = folder.parent / f"{folder.name}.key"
        key.write_text(KEY)
        options = {**options, "file_key_management_filename": str(key)}
    server = KINDS[kind]().start(folder, **options)
    yield server
    server.discard()


@pytest.fixture
def server(started):
    """A server without others; its log holds the making of d.t."""
    started.query("DROP DATABASE IF EXISTS d")
    reset(started)
    started.query("CREATE DATABASE d")
    run(started, "CREATE TABLE t (id INT PRIMARY KEY, b LONGTEXT)")
    return started


def reset(server):
    server.query("RESET BINARY LOGS AND GTIDS" if is_mysql(server)
                 else "RESET MASTER")


def is_mysql(server):
    return server.kind == "mysql"


def has_gtids(server):
    return not is_mysql(server) or \
        server.query("SELECT @@gtid_mode")[0][0] == "ON"


def run(server, sql):
    return server.query(sql, database="d")


def compress(server, is_on):
    name = "binlog_transaction_compression" if is_mysql(server) \
        else "log_bin_compress"
    server.query(f"SET GLOBAL {name} = {int(is_on)}")


def fill(server):
    """Every kind of event that a workload of rows makes."""
    run(server, "BEGIN; INSERT INTO t VALUES (1, 'a'); SAVEPOINT `s p`;"
                "INSERT INTO t VALUES (2, 'b'); ROLLBACK TO `s p`;"
                "INSERT INTO t VALUES (3, 'c'); COMMIT")
    run(server, "ALTER TABLE t ADD COLUMN c INT; RENAME TABLE t TO u;"
                "RENAME TABLE u TO t; CREATE TABLE x (i INT) ENGINE=MyISAM;"
                "INSERT INTO x VALUES (1); TRUNCATE TABLE x; DROP TABLE x;"
                "CREATE TEMPORARY TABLE y (i INT); INSERT INTO y VALUES (1);"
                "DROP TEMPORARY TABLE y; CREATE TABLE y AS SELECT * FROM t")
    if is_mysql(server):
        run(server, "SET SESSION binlog_rows_query_log_events = 1;"
                    "INSERT INTO y SELECT * FROM t")
    else:
        run(server, "CREATE SEQUENCE s; SELECT NEXTVAL(s);"
                    "CREATE TABLE z (i INT) ENGINE=Aria;"
                    "INSERT INTO z VALUES (1), (2)")
    run(server, "XA START 'one', 'b', 7; INSERT INTO t VALUES (10, 'x', 1);"
                "XA END 'one', 'b', 7; XA PREPARE 'one', 'b', 7")
    run(server, "INSERT INTO t VALUES (11, 'between', 1)")
    run(server, "XA COMMIT 'one', 'b', 7")
    compress(server, True)
    run(server, "INSERT INTO t SELECT id + 100, REPEAT('z', 900), 1 FROM t;"
                "UPDATE t SET b = REPEAT('y', 1000); DELETE FROM t WHERE c;"
                f"CREATE TABLE long_one (i INT COMMENT '{'x' * 400}')")
    compress(server, False)
    run(server, "SET GLOBAL binlog_checksum = NONE")
    run(server, "INSERT INTO t VALUES (20, 'bare', 1); FLUSH BINARY LOGS")
    run(server, "INSERT INTO t VALUES (21, 'bare', 1)")
    run(server, "SET GLOBAL binlog_checksum = CRC32")
    run(server, "SET SESSION binlog_format = STATEMENT; SET @v = 5;"
                "INSERT INTO t VALUES (@v + 30, RAND(), 1)")
    if is_mysql(server) and has_gtids(server):
        run(server, "SET gtid_next = 'automatic:tag';"
                    "INSERT INTO t VALUES (40, 'tagged', 1);"
                    "SET gtid_next = 'automatic'; FLUSH BINARY LOGS;"
                    "INSERT INTO t VALUES (41, 'untagged', 1)")


def shown_name(server, name):
    name = name.lower()
    name = SHOWN_AS.get(name, name).replace(" ", "_")
    if not is_mysql(server) and name == "gtid":
        return "MARIADB_GTID"
    return name.upper()


def shown(server):
    """(file, type, start, end) of SHOW BINLOG EVENTS. Those in a payload
    stand at its end."""
    return [(file, shown_name(server, kind), start, end)
            for (name, *_) in server.query("SHOW BINARY LOGS")
            for file, start, kind, _, end, _ in server.query(
                f"SHOW BINLOG EVENTS IN '{name}'")]


def read_quiet(server, read):
    """What read() returns, and what the server showed before it and after:
    MariaDB adds its checkpoints to a log a moment later, at its leisure."""
    while True:
        before = shown(server)
        found = read()
        if before == shown(server):
            return found, before
        time.sleep(0.3)


def test_every_event_is_the_one_that_the_server_shows(server, probe):
    fill(server)
    log, wanted = read_quiet(server, lambda: probe.read(server))
    assert log.code == 0 and not any("bad" in e for e in log.events)
    found = [(e["file"], e["type"],
              e["end" if e.get("inner") else "start"], e["end"])
             for e in log.events if e["end"] > e["start"]]
    assert len(found) == len(wanted)
    for mine, servers in zip(found, wanted):
        # MariaDB 11.8 does not tell ends within a transaction.
        assert mine == (*servers[:3], servers[3] or mine[3])
    classes = [e["class"] for e in log.of("QUERY")]
    assert "savepoint" in classes and "unknown" not in classes
    assert {"alter table", "rename table", "create table", "truncate",
            "drop table", "xa commit", "statement"} <= set(classes)
    assert len({e["xa"] for e in log.events if "xa" in e}) == 1
    if is_mysql(server):
        assert log.of("TRANSACTION_PAYLOAD") and log.of("ROWS_QUERY")
        assert log.of("GTID_TAGGED" if has_gtids(server)
                      else "ANONYMOUS_GTID")
    else:
        assert log.of("WRITE_ROWS_COMPRESSED_V1", "XA_PREPARE")
        assert log.of("UPDATE_ROWS_COMPRESSED_V1")
        assert log.of("DELETE_ROWS_COMPRESSED_V1")
        assert log.of("QUERY_COMPRESSED")
    assert {e["checksum"] for e in log.of("FORMAT_DESCRIPTION")} == {0, 1}


def executed(server):
    if not has_gtids(server):
        return ""
    name = "gtid_executed" if is_mysql(server) else "gtid_binlog_pos"
    return re.sub(r"\s", "", server.query(f"SELECT @@global.{name}")[0][0])


def test_a_resume_from_every_commit_counts_the_same(server, probe):
    fill(server)
    whole = probe.read(server)
    assert whole.place["set"].replace("\n", "") == executed(server)
    assert len(whole.commits()) > 15
    for commit in whole.commits():
        clock = f"clock={commit['clock']}"
        wanted = whole.counted(after=commit["clock"])
        by_place = probe.read(server, f"file={commit['file']}",
                              f"offset={commit['end']}", clock,
                              f"set={commit['set']}")
        by_set = probe.read(server, f"gtid={commit['set']}", clock)
        for log in (by_place, by_set) if has_gtids(server) else (by_place,):
            assert log.error is None and log.counted() == wanted
            assert log.place["clock"] == whole.place["clock"]
            assert log.place["set"] == whole.place["set"]
        assert by_place.place["skipped"] == 0


def test_compressed_counts_as_what_it_holds(server, probe):
    def rows(first):
        run(server, f"BEGIN; INSERT INTO t VALUES ({first}, "
                    f"REPEAT('a', 5000)), ({first + 1}, 'b');"
                    f"UPDATE t SET b = REPEAT('c', 4000) WHERE id = {first};"
                    f"DELETE FROM t WHERE id >= {first}; COMMIT")
    rows(100)
    compress(server, True)
    rows(200)
    log = probe.read(server)
    transactions, sizes = [], []
    for event in log.events:
        if "gtid" in event:
            sizes = []
            transactions.append(sizes)
        elif event["counted"]:
            sizes.append(event["counted"])
            assert event["counted"] == 19 + event["body"]
    assert transactions[-1] == transactions[-2] and len(sizes) >= 5
    assert any(e.get("inner") or e.get("packed") for e in log.events)


def test_an_empty_log_ends_at_once(server, probe):
    reset(server)
    log = probe.read(server)
    assert log.code == 0 and log.place["clock"] == 0
    assert log.counted() == [] and log.place["set"] == ""


def test_an_event_beyond_16_mib_is_whole(server, probe):
    run(server, "INSERT INTO t VALUES (1, REPEAT('x', 20000000));"
                "INSERT INTO t VALUES (2, REPEAT('x', 16777215 - 60))")
    compress(server, True)
    run(server, "INSERT INTO t VALUES (3, REPEAT('x', 20000000))")
    log = probe.read(server)
    assert log.code == 0
    assert sum(e["body"] > 20000000 for e in log.events) == 2
    assert log.place["clock"] > 3 * 16000000


def test_tls_gives_the_same_events(server, probe):
    fill(server)
    (plain, secret), _ = read_quiet(server, lambda: (
        probe.read(server), probe.read(server, PROBE_CA=tls.authority())))
    assert secret.code == 0 and secret.events == plain.events


def test_a_bent_byte_is_seen(server, probe):
    run(server, "INSERT INTO t VALUES (1, REPEAT('x', 400000))")
    with TcpProxy(server.port) as proxy:
        proxy.add("flip", after=300000)
        log = probe.read(server, port=proxy.port)
    assert log.error["error"] == "TM2205"
    assert log.error["status"] == "temporary"
    assert "wrong checksum" in log.error["what"]
    assert re.search(r"at binlog\.000001:\d+: WRITE_ROWS",
                     log.error["what"])
    assert probe.read(server).code == 0


@pytest.mark.parametrize("action", ["rst", "fin"])
def test_a_cut_link_is_temporary(server, probe, action):
    for number in range(20):
        run(server, f"INSERT INTO t VALUES ({number}, REPEAT('x', 10000))")
    whole = probe.read(server)
    with TcpProxy(server.port) as proxy:
        proxy.add(action, after=100000)
        log = probe.read(server, port=proxy.port)
    assert log.error["error"] == "TM2001", log.error
    assert log.error["status"] == "temporary"
    assert len(log.events) > 10
    assert log.events == whole.events[:len(log.events)]


def purge(server, name):
    """A file stays as long as an older reader stands in it."""
    for _ in range(100):
        server.query(f"PURGE BINARY LOGS TO '{name}'")
        if server.query("SHOW BINARY LOGS")[0][0] == name:
            return
        time.sleep(0.1)
    raise AssertionError(f"files before {name} stay")


def test_what_error_1236_means(server, probe):
    run(server, "INSERT INTO t VALUES (1, 'a'); FLUSH BINARY LOGS;"
                "INSERT INTO t VALUES (2, 'a')")
    log = probe.read(server)
    first = log.commits()[0]
    if not has_gtids(server):
        return
    beyond = f"{executed(server).split(':')[0]}:1-900" if is_mysql(server) \
        else executed(server).rsplit("-", 1)[0] + "-900"

    def error(*words):
        return probe.read(server, *words).error["error"]
    assert error("file=binlog.000009") == "TM2201"
    assert error("file=binlog.000001", "offset=99999") == "TM2203"
    assert error("file=binlog.000001",
                 f"offset={first['end'] + 3}") == "TM2202"
    assert error(f"gtid={beyond}") == "TM2202"
    purge(server, "binlog.000002")
    assert error("file=binlog.000001") == "TM2201"
    assert error(f"gtid={first['set']}") == "TM2201"


def next_line(child, *types):
    for line in child.stdout:
        event = json.loads(line)
        if event.get("type") in types:
            return event
    return None


def test_a_follower_hears_and_stops(server, probe):
    child = probe.start(server, "follow=60")
    assert next_line(child, "HEARTBEAT", "HEARTBEAT_V2")
    begin = time.monotonic()
    run(server, "INSERT INTO t VALUES (1, 'a')")
    assert next_line(child, "XID")
    assert time.monotonic() - begin < 1
    child.send_signal(signal.SIGTERM)
    begin = time.monotonic()
    log = probe.end(child)
    assert time.monotonic() - begin < 2
    assert log.error["error"] == "TM1205"


def test_a_follower_over_tls_stops_within_a_heartbeat(server, probe):
    child = probe.start(server, "follow=60", PROBE_CA=tls.authority())
    assert next_line(child, "HEARTBEAT", "HEARTBEAT_V2")
    child.send_signal(signal.SIGTERM)
    begin = time.monotonic()
    assert probe.end(child).error["error"] == "TM1205"
    assert time.monotonic() - begin < 3


def test_the_newer_of_two_readers_stays(server, probe):
    first = probe.start(server, "follow=60")
    assert next_line(first, "HEARTBEAT", "HEARTBEAT_V2")
    second = probe.start(server, "follow=60")
    assert probe.end(first).error["error"] == "TM2204"
    assert next_line(second, "HEARTBEAT", "HEARTBEAT_V2")
    second.send_signal(signal.SIGTERM)
    probe.end(second)


def test_a_user_without_the_privilege_is_told_so(server, probe):
    server.query("DROP USER IF EXISTS nobody; CREATE USER nobody@'%'")
    child = subprocess.run(
        [probe.program, f"mysql://nobody@127.0.0.1:{server.port}/"],
        capture_output=True, text=True, timeout=60, check=False)
    error = Log(child.returncode, child.stdout, child.stderr).error
    assert error["error"] == "TM2003" and error["status"] == "action"


def test_an_idle_follower_moves_with_its_heartbeats(server, probe):
    log = probe.read(server, "follow=5")
    assert log.code == 0
    beats = log.of("HEARTBEAT", "HEARTBEAT_V2")
    assert len(beats) >= 2
    assert all(beat["start"] == beat["end"] == log.place["offset"]
               and beat["counted"] == 0 for beat in beats)
