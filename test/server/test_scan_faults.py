"""A scan whose connection breaks, lies, stands still or is given up."""

import random
import select
import signal
import subprocess
import time

import pytest

from lab import tls
from lab.proxy import TcpProxy

ROWS = 4000


@pytest.fixture
def rows(source, make_database):
    """A database with a table of 4 MB, more than a result that is drained."""
    database = make_database(source)
    source.query(
        "CREATE TABLE numbers (id INT PRIMARY KEY, t VARCHAR(1000)); "
        "INSERT INTO numbers WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL "
        "SELECT i + 1 FROM n WHERE i < 1000) SELECT i, REPEAT('x', 1000) "
        "FROM n; " + "".join(
            f"INSERT INTO numbers SELECT id + {k}, t FROM numbers WHERE id "
            "<= 1000; " for k in range(1000, ROWS, 1000)), database=database)
    return database


def ids(reading):
    return [int(row["id"]) for row in reading.rows]


def test_a_broken_connection_ends_the_scan_and_it_goes_on_behind(
        source, reader, rows):
    with TcpProxy(source.port) as proxy:
        for action in ("rst", "fin"):
            proxy.add(action, direction="down", after=2_000_000)
            first = reader.read(source, rows, "numbers", "rows=100",
                                port=proxy.port)
            proxy.heal()
            assert first.error["error"] == "TM2001", first.error
            assert 0 < len(first.rows) < ROWS
            rest = reader.read(source, rows, "numbers",
                               f"after={first.positions[-1]}")
            assert ids(first) + ids(rest) == list(range(1, ROWS + 1))


def wait_query(source, database):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = source.query(
            "SELECT id FROM information_schema.processlist WHERE db = "
            f"'{database}' AND info LIKE 'SELECT `id`%'")
        if found:
            return found[0][0]
        time.sleep(0.02)
    raise AssertionError("the scan was not seen")


@pytest.mark.parametrize("kind", ["QUERY", "CONNECTION"])
def test_a_killed_scan_is_told_and_may_be_tried_again(
        source, reader, make_database, kind):
    database = make_database(source)
    source.query(
        "CREATE TABLE wide (id INT PRIMARY KEY, t LONGTEXT); INSERT INTO "
        "wide WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM "
        "n WHERE i < 600) SELECT i, REPEAT('x', 100000) FROM n",
        database=database)
    child = reader.start(source, database, "wide", "rows=5", "sleep=20")
    assert select.select([child.stdout], [], [], 60)[0]  # rows come
    source.query(f"KILL {kind} {wait_query(source, database)}")
    reading = reader.end(child)
    assert reading.error["error"] in ("TM2001", "TM2006"), reading.error
    assert "interrupted" in reading.error["what"] or kind == "CONNECTION"
    assert 0 < len(reading.rows) < 600


def test_a_scan_that_is_given_up_leaves_a_session_that_works(
        source, reader, rows):
    for words in (["rows=100"], ["rows=3990"]):
        reading = reader.read(source, rows, "numbers", "abandon", *words)
        assert reading.error is None, reading.error
        assert ids(reading) == list(range(1, ROWS + 1))


def test_an_encrypted_connection_gives_the_same_rows(source, reader, rows):
    plain = reader.read(source, rows, "numbers")
    secret = reader.read(source, rows, "numbers", f"ca={tls.authority()}")
    assert secret.error is None, secret.error
    assert secret.rows == plain.rows
    again = reader.read(source, rows, "numbers", f"ca={tls.authority()}",
                        "abandon", "rows=10")
    assert again.rows == plain.rows


def test_a_stop_ends_a_scan_whose_server_is_silent(source, reader, rows):
    with TcpProxy(source.port) as proxy:
        rule = proxy.add("hole", direction="down", after=1_000_000)
        child = reader.start(source, rows, "numbers", port=proxy.port)
        proxy.wait_hit(rule)
        time.sleep(0.3)
        began = time.monotonic()
        child.send_signal(signal.SIGTERM)
        reading = reader.end(child)
        assert time.monotonic() - began < 5
        assert reading.error["error"] == "TM1205"


def lie_once(reader, server, database, proxy, offset):
    """The code, or None where it waits for bytes that will never come."""
    proxy.add("flip", direction="down", after=offset, times=None)
    child = reader.start(server, database, "small", port=proxy.port)
    try:
        out, err = child.communicate(timeout=2)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return None
    finally:
        proxy.heal()
    assert child.returncode in (0, 3) and not err, (offset, err.decode())
    return child.returncode


def test_a_lying_server_is_refused_not_believed_beyond_its_packets(
        source, reader, make_database):
    """One bit turned anywhere in what the server says. What counts is that
    the program ends in order; built with sanitizers it shows more."""
    database = make_database(source)
    source.query(
        "CREATE TABLE small (id INT PRIMARY KEY, d DECIMAL(10,2), t "
        "DATETIME(3), s VARCHAR(9) NULL, b BLOB); INSERT INTO small VALUES "
        "(1, 1.5, '2024-01-02 03:04:05.6', NULL, x'00ff'), "
        "(2, -1.5, '2024-01-02', 'abc', '')", database=database)
    chance = random.Random(20261121)
    with TcpProxy(source.port) as proxy:
        codes = [lie_once(reader, source, database, proxy,
                          chance.randrange(90, 9000)) for _ in range(60)]
    assert 3 in codes and 0 in codes, codes
