"""A proxy that understands HTTP and stands in front of ClickHouse.

    with HttpProxy(clickhouse.port) as proxy:
        proxy.on("INSERT INTO", faults.answer(503), nth=2)
        ... tidemark loads by proxy.port ...
        assert proxy.count("INSERT INTO") == 3

The text of a statement is what the URL's `query` says, or else the body. A
rule acts on its nth to (nth + times - 1)th matching request; the first rule
that acts is the only one. An action is a function of the exchange, see
http_faults.py; without a rule a request and its answer pass byte by byte.
"""

import collections
import dataclasses
from urllib.parse import parse_qs, urlencode, urlsplit

from .wire import Link, PIECE, Proxy


@dataclasses.dataclass(eq=False)
class Rule:
    match: str
    action: object
    nth: int
    times: int
    seen: int = 0
    hits: int = 0


@dataclasses.dataclass(eq=False)
class Seen:
    """One request: status is None until it was answered."""

    query: str
    target: str
    headers: dict
    connection: int
    body_bytes: int = 0
    status: int = None


class Head:
    """First line and headers; the names keep their case."""

    def __init__(self, raw):
        lines = raw.decode("latin-1").split("\r\n")[:-2]
        self.first = lines[0]
        self.pairs = [tuple(part.strip() for part in line.split(":", 1))
                      for line in lines[1:]]

    def get(self, name):
        for key, value in self.pairs:
            if key.lower() == name.lower():
                return value
        return None

    def remove(self, name):
        self.pairs = [pair for pair in self.pairs
                      if pair[0].lower() != name.lower()]

    def set(self, name, value):
        self.remove(name)
        self.pairs.append((name, str(value)))

    def raw(self):
        lines = [self.first] + [f"{key}: {value}"
                                for key, value in self.pairs]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Message:
    """A request or an answer whose body is still to be read from link."""

    def __init__(self, link, head):
        self.link = link
        self.head = head
        self.complete = False

    def pieces(self, until_end=False):
        """The body as (raw bytes, content); EOFError if it is cut."""
        length = self.head.get("Content-Length")
        if (self.head.get("Transfer-Encoding") or "").lower() == "chunked":
            yield from self._chunks()
        elif length is not None:
            yield from self._exactly(int(length))
        elif until_end:
            while piece := self.link.read():
                yield piece, piece
        self.complete = True

    def _exactly(self, left):
        while left:
            piece = self.link.read(min(left, PIECE))
            if not piece:
                raise EOFError
            left -= len(piece)
            yield piece, piece

    def _chunks(self):
        while True:
            line = self.link.read_until(b"\r\n")
            size = int(line.split(b";")[0], 16)
            yield line, b""
            yield from self._exactly(size)
            while (end := self.link.read_until(b"\r\n")) != b"\r\n":
                yield end, b""
            yield end, b""
            if not size:
                return

    def body(self, until_end=False):
        return b"".join(part for _, part in self.pieces(until_end))


class Exchange:
    """One request with its answer, in the hands of an action."""

    def __init__(self, proxy, client, request, body, seen):
        self.proxy = proxy
        self.client = client
        self.request = request
        self.body = body         # bytes if read already, else None
        self.seen = seen
        self.server = None

    @property
    def query(self):
        return self.seen.query

    # -- request -----------------------------------------------------------

    def read_body(self):
        """The whole body of the request."""
        if self.body is None:
            self.body = self.request.body()
            self.seen.body_bytes = len(self.body)
        return self.body

    def parameters(self):
        """Those of the URL: lists by name."""
        return parse_qs(urlsplit(self.seen.target).query, True)

    def set_query(self, text):
        """Another statement in the URL."""
        method, _, version = self.request.head.first.split(" ")
        parameters = self.parameters()
        parameters["query"] = [text]
        self.request.head.first = " ".join(
            (method, "/?" + urlencode(parameters, True), version))

    def forward(self, limit=None):
        """Sends the request to the server; limit: bytes of its raw body."""
        self.server = self.proxy.track(Link.to(self.proxy.target_port))
        head = self.request.head
        if self.body is not None:
            head.remove("Transfer-Encoding")
            head.set("Content-Length", len(self.body))
            self.server.send(head.raw() + self.body[:limit])
            return
        self.server.send(head.raw())
        for raw, content in self.request.pieces():
            self.seen.body_bytes += len(content)
            try:
                self.server.send(raw[:limit])
            except OSError:
                return  # it may have answered before the end
            if limit is not None:
                limit -= len(raw)
                if limit <= 0:
                    return

    # -- answer ------------------------------------------------------------

    def answer_head(self):
        return Head(self.server.read_until(b"\r\n\r\n"))

    def receive(self):
        """Head and body of the server's answer, read whole."""
        answer = Message(self.server, self.answer_head())
        return answer.head, answer.body(until_end=True)

    def relay(self):
        """Passes the server's answer on as it comes."""
        answer = Message(self.server, self.answer_head())
        self.seen.status = int(answer.head.first.split()[1])
        self.client.send(answer.head.raw())
        for raw, _ in answer.pieces(until_end=True):
            self.client.send(raw)

    def send(self, head, body):
        """An answer of our own making, with a right length."""
        head.remove("Transfer-Encoding")
        head.set("Content-Length", len(body))
        self.seen.status = int(head.first.split()[1])
        self.client.send(head.raw() + body)

    def end(self):
        if self.server:
            self.server.close()
            self.proxy.forget(self.server)


class HttpProxy(Proxy):
    """requests: the last `keep` requests, oldest first, as Seen."""

    def __init__(self, target_port, keep=1000):
        self._rules = []
        self.requests = collections.deque(maxlen=keep)
        super().__init__(target_port)

    def on(self, match, action, nth=1, times=1):
        """Adds a rule; times=None means for ever."""
        rule = Rule(match, action, nth, times)
        with self.lock:
            self._rules.append(rule)
        return rule

    def heal(self):
        with self.lock:
            self._rules.clear()
        self.accept()

    def count(self, match=""):
        with self.lock:
            return sum(match in seen.query for seen in self.requests)

    def queries(self, match=""):
        with self.lock:
            return [seen.query for seen in self.requests
                    if match in seen.query]

    def wait_count(self, match, count, timeout_s=30):
        """Waits until count matching requests have begun."""
        with self.lock:
            return self.lock.wait_for(
                lambda: sum(match in seen.query
                            for seen in self.requests) >= count, timeout_s)

    def wait_hit(self, rule, timeout_s=30):
        with self.lock:
            return self.lock.wait_for(lambda: rule.hits > 0, timeout_s)

    def serve(self, client, number):
        while True:
            head = Head(client.read_until(b"\r\n\r\n"))
            exchange = self._exchange(client, head, number)
            action = self._choose(exchange)
            try:
                action(exchange)
            finally:
                exchange.end()
            if not exchange.request.complete \
                    or head.get("Connection") == "close":
                return

    def _exchange(self, client, head, number):
        if head.get("Expect"):
            head.remove("Expect")
            client.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        target = head.first.split(" ")[1]
        request = Message(client, head)
        query = parse_qs(urlsplit(target).query).get("query")
        body = None
        if not query:
            body = request.body()
            query = [body.decode(errors="replace")]
        seen = Seen(query[0], target, dict(head.pairs), number,
                    len(body or b""))
        return Exchange(self, client, request, body, seen)

    def _choose(self, exchange):
        with self.lock:
            self.requests.append(exchange.seen)
            self.lock.notify_all()
            for rule in self._rules:
                if rule.match not in exchange.query:
                    continue
                rule.seen += 1
                if rule.seen >= rule.nth and (
                        rule.times is None
                        or rule.seen < rule.nth + rule.times):
                    rule.hits += 1
                    self.lock.notify_all()
                    return rule.action
        return lambda passed: (passed.forward(), passed.relay())
