"""The HTTP proxy: each fault is seen by a client, and only where told."""

import http.client
import json
import time

import pytest

from . import http_faults as faults
from .http_proxy import HttpProxy
from .servers import Client

INSERT = "INSERT INTO t (x) FORMAT TSV"
ROWS = b"1\n2\n3\n"


@pytest.fixture
def table(make_database, clickhouse):
    """name of a database with a table t; the lab's client of it"""
    name = make_database(clickhouse)
    clickhouse.query(f"CREATE TABLE {name}.t (x Int64)"
                     " ENGINE = MergeTree ORDER BY x")
    return name


@pytest.fixture
def proxy(clickhouse):
    with HttpProxy(clickhouse.port) as made:
        yield made


def insert(proxy, table, chunked=False):
    """status, headers, body of one INSERT through the proxy."""
    client = Client(proxy.port)
    body = (ROWS[at:at + 2] for at in (0, 2, 4)) if chunked else ROWS
    return client.request(INSERT, body, database=table)


def stored(clickhouse, table):
    return clickhouse.admin().value(f"SELECT count() FROM {table}.t")


@pytest.mark.parametrize("chunked", [False, True])
def test_without_a_rule_all_passes(proxy, clickhouse, table, chunked):
    status, headers, body = insert(proxy, table, chunked)
    assert (status, body) == (200, b"")
    assert json.loads(headers[faults.SUMMARY])["written_rows"] == "3"
    assert stored(clickhouse, table) == 3
    big = Client(proxy.port).query(
        "SELECT number FROM system.numbers LIMIT 300000")
    assert big.endswith("299999\n") and len(big) == 1988890
    assert proxy.count("INSERT INTO t") == 1
    assert proxy.requests[0].body_bytes == 6
    assert [seen.status for seen in proxy.requests] == [200, 200]


@pytest.mark.parametrize("action, status, row_count, sign", [
    (faults.swallowed(), 200, 0, b""),
    (faults.exception_in_body(), 200, 0, b"Code: 241"),
    (faults.exception_in_body(stored=True), 200, 3, b"Code: 241"),
    (faults.exception_in_header(), 200, 0, b"Code: 241"),
    (faults.unavailable(503, 7), 503, 0, b"<html>"),
    (faults.unavailable(429, stored=True), 429, 3, b"<html>"),
    (faults.without_summary(), 200, 3, b""),
    (faults.nothing_stored(), 200, 0, b""),
    (faults.twice(), 200, 6, b""),
    (faults.redirected("http://127.0.0.1:1/"), 307, 0, b""),
    (faults.broken_body(lambda body: b"\xff"), 200, 3, b"\xff"),
    (faults.closed_after_answer(), 200, 3, b"")])
@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_is_bent(proxy, clickhouse, table, action, status,
                           row_count, sign, chunked):
    proxy.on("INSERT", action)
    answer = insert(proxy, table, chunked)
    assert (answer[0], sign in answer[2]) == (status, True)
    assert stored(clickhouse, table) == row_count
    assert insert(proxy, table)[0] == 200  # only the first is bent
    assert stored(clickhouse, table) == row_count + 3


def test_the_headers_are_bent(proxy, table):
    proxy.on("INSERT", faults.fewer_rows_written())
    proxy.on("INSERT", faults.without_summary(), nth=1)
    proxy.on("INSERT", faults.nothing_stored())
    proxy.on("INSERT", faults.exception_in_header())
    proxy.on("INSERT", faults.unavailable(429, 7))
    first, second, third, fourth, fifth = [
        insert(proxy, table)[1] for _ in range(5)]
    assert json.loads(first[faults.SUMMARY])["written_rows"] == "2"
    assert faults.SUMMARY not in second
    assert json.loads(third[faults.SUMMARY])["written_rows"] == "3"
    assert fourth[faults.EXCEPTION_CODE] == "241"
    assert fifth["Retry-After"] == "7"


def test_a_rule_takes_the_nth_request(proxy, table):
    rule = proxy.on("INSERT", faults.unavailable(), nth=2, times=2)
    Client(proxy.port).query("SELECT 1")
    assert [insert(proxy, table)[0] for _ in range(4)] == [
        200, 503, 503, 200]
    assert rule.hits == 2
    assert proxy.wait_count("INSERT", 4, 0)
    assert not proxy.wait_count("INSERT", 5, 0)


@pytest.mark.parametrize("action, row_count, error", [
    (faults.reset_after_request(), 3, ConnectionError),
    (faults.cut_request(5), 0, ConnectionError),
    (faults.cut_request(5, reset=False), 0, ConnectionError),
    (faults.cut_answer(0), 3, http.client.IncompleteRead),
    (faults.cut_answer(0, chunked=False), 3, http.client.IncompleteRead)])
def test_a_connection_is_cut(proxy, clickhouse, table, action, row_count,
                             error):
    proxy.on("INSERT", action)
    with pytest.raises(error):
        insert(proxy, table, chunked=True)
    assert stored(clickhouse, table) == row_count


def test_a_request_arrives_after_the_client_gave_up(proxy, clickhouse,
                                                    table):
    proxy.on("INSERT", faults.late(0.3))
    with pytest.raises(ConnectionError):
        insert(proxy, table)
    assert stored(clickhouse, table) == 0
    time.sleep(0.6)
    assert stored(clickhouse, table) == 3


def test_an_answer_hangs(proxy, clickhouse, table):
    proxy.on("INSERT", faults.hang(0.4))
    begin = time.monotonic()
    assert insert(proxy, table)[0] == 200
    assert time.monotonic() - begin > 0.4


def test_a_test_can_act_between_storing_and_answering(proxy, clickhouse,
                                                      table):
    counts = []

    def look():
        counts.append(stored(clickhouse, table))
    proxy.on("INSERT", faults.then_call(look))
    proxy.on("INSERT", faults.stored_then_call(look))
    insert(proxy, table)
    insert(proxy, table)
    assert counts == [0, 6]
