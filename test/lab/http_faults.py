"""What a warehouse over HTTP does wrong: actions for HttpProxy.on().

Each function returns an action, a function of the exchange. "Stored" means
that the real server has taken the request and said so before the fault.
"""

import json
import re
import threading
import time

from .clickhouse import Client
from .http_proxy import Head
from .wire import end_all

SUMMARY = "X-ClickHouse-Summary"
EXCEPTION_CODE = "X-ClickHouse-Exception-Code"
MEMORY = b"Code: 241. DB::Exception: Memory limit exceeded. " \
    b"(MEMORY_LIMIT_EXCEEDED) (version 26.7.2.1)\n"
HTML = b"<html><body><h1>Service unavailable</h1></body></html>\n"

_REASONS = {200: "OK", 307: "Temporary Redirect", 429: "Too Many Requests",
            503: "Service Unavailable"}


def _head(status, headers):
    head = Head(b"HTTP/1.1 %d %s\r\n\r\n" % (
        status, _REASONS.get(status, "Fault").encode()))
    for name, value in (headers or {}).items():
        head.set(name, value)
    return head


def answer(status=200, body=b"", headers=None, stored=False):
    """An answer of our own; the request is dropped unless stored."""
    def action(exchange):
        if stored:
            exchange.forward()
            exchange.receive()
        else:
            exchange.read_body()
        exchange.send(_head(status, headers), body)
    return action


def unavailable(status=503, retry_after=None, stored=False):
    """HTML as a load balancer sends it."""
    headers = {"Content-Type": "text/html"}
    if retry_after is not None:
        headers["Retry-After"] = retry_after
    return answer(status, HTML, headers, stored)


def swallowed():
    """200 with an empty body and no summary; nothing stored."""
    return answer(200)


def exception_in_body(text=MEMORY, stored=False):
    """200 and an exception as the body, no header that says so."""
    def action(exchange):
        exchange.forward() if stored else exchange.read_body()
        head = _head(200, {})
        if stored:
            head, _ = exchange.receive()
        exchange.send(head, text)
    return action


def exception_in_header(code=241, text=MEMORY):
    """200 with the header of an exception; nothing stored."""
    return answer(200, text, {EXCEPTION_CODE: code})


def altered_summary(change):
    """Stored; change(summary as a dict of int) edits the summary."""
    def action(exchange):
        exchange.forward()
        head, body = exchange.receive()
        summary = {name: int(value) for name, value
                   in json.loads(head.get(SUMMARY)).items()}
        change(summary)
        head.set(SUMMARY, json.dumps(
            {name: str(value) for name, value in summary.items()}))
        exchange.send(head, body)
    return action


def fewer_rows_written(by=1):
    """Stored, but the summary counts `by` rows less."""
    def change(summary):
        summary["written_rows"] -= by
    return altered_summary(change)


def without_summary():
    """Stored; the header is stripped as a proxy might."""
    def action(exchange):
        exchange.forward()
        head, body = exchange.receive()
        head.remove(SUMMARY)
        exchange.send(head, body)
    return action


def reset_after_request(wait=True):
    """RST instead of the answer; wait: only once the server has stored."""
    def action(exchange):
        exchange.forward()
        if wait:
            exchange.receive()
        exchange.client.reset()
    return action


def cut_request(byte_count, reset=True):
    """The server gets byte_count bytes of the raw body, then both end."""
    def action(exchange):
        exchange.forward(limit=byte_count)
        end_all((exchange.server, exchange.client), reset)
    return action


def cut_answer(byte_count, chunked=True):
    """Stored; the body of the answer ends by FIN after byte_count bytes.

    chunked: the last chunk is missing; else the length promises more.
    """
    def action(exchange):
        exchange.forward()
        head, body = exchange.receive()
        part = body[:byte_count]
        head.remove("Content-Length")
        head.remove("Transfer-Encoding")
        if chunked:
            head.set("Transfer-Encoding", "chunked")
            if part:
                part = b"%x\r\n%s\r\n" % (len(part), part)
        else:
            head.set("Content-Length", byte_count + 100)
        exchange.client.send(head.raw() + part)
        exchange.client.close()
    return action


def broken_body(edit):
    """Stored; edit(body) is sent, with a right length."""
    def action(exchange):
        exchange.forward()
        head, body = exchange.receive()
        exchange.send(head, edit(body))
    return action


def hang(seconds, stored=True):
    """The answer comes `seconds` late; stored: the work was done before."""
    def action(exchange):
        if not stored:
            time.sleep(seconds)
        exchange.forward()
        head, body = exchange.receive()
        if stored:
            time.sleep(seconds)
        exchange.send(head, body)
    return action


def _deliver(exchange):
    exchange.forward()
    exchange.receive()
    exchange.end()


def twice(later_s=0):
    """Delivered, and once more; later_s: the second after the answer."""
    def action(exchange):
        exchange.read_body()
        if not later_s:
            _deliver(exchange)
        exchange.forward()
        exchange.relay()
        if later_s:
            threading.Timer(later_s, _deliver, [exchange]).start()
    return action


def late(seconds):
    """RST at once; the server gets the request `seconds` later."""
    def action(exchange):
        exchange.read_body()
        exchange.client.reset()
        threading.Timer(seconds, _deliver, [exchange]).start()
    return action


def nothing_stored():
    """An INSERT answered well in every part by a table that keeps nothing."""
    def action(exchange):
        table = re.match(r"\s*INSERT\s+INTO\s+(?:TABLE\s+)?([^\s(]+)",
                         exchange.query, re.IGNORECASE)[1]
        void = table[:-1] + "_void`" if table.endswith("`") \
            else table + "_void"
        admin = Client(exchange.proxy.target_port)
        database = exchange.parameters().get("database", [None])[0]
        admin.query(f"CREATE TABLE {void} AS {table} ENGINE = Null",
                    database=database)
        try:
            exchange.set_query(exchange.query.replace(table, void, 1))
            exchange.forward()
            exchange.relay()
        finally:
            admin.query(f"DROP TABLE {void}", database=database)
    return action


def closed_after_answer():
    """Kept alive by its headers, closed all the same."""
    def action(exchange):
        exchange.forward()
        exchange.relay()
        exchange.client.close()
    return action


def redirected(location, status=307):
    return answer(status, b"", {"Location": location})


def then_call(function):
    """function() runs when the request is there, before it is passed on."""
    def action(exchange):
        function()
        exchange.forward()
        exchange.relay()
    return action


def stored_then_call(function):
    """function() runs when the server has answered, before the client."""
    def action(exchange):
        exchange.forward()
        head, body = exchange.receive()
        function()
        exchange.send(head, body)
    return action
