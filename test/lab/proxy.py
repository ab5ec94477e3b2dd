"""A TCP proxy that breaks connections on demand.

    with TcpProxy(server.port) as proxy:
        proxy.add("rst", direction="down", after=1000)
        ... connect to proxy.port ...
        proxy.heal()

A rule acts on the bytes from number `after` on of one direction of a
connection ("up": client to server), on `times` connections (None: all). What
it does:

  rst, fin   the connection ends, on both sides
  hole       nothing passes any more in either direction; no end is told
  discard    this direction passes nothing any more, as if lost
  delay      each piece waits `seconds`
  trickle    one byte every `seconds`
  flip       one bit of byte number `after` is turned over
"""

import dataclasses
import random
import threading
import time

from .wire import Link, Proxy, end_all

ACTIONS = ("rst", "fin", "hole", "discard", "delay", "trickle", "flip")


@dataclasses.dataclass(eq=False)
class Rule:
    """hits counts the connections on which it has acted."""

    action: str
    direction: str = "down"
    after: int = 0
    times: int = 1
    seconds: float = 0.05
    jitter_s: float = 0.0
    hits: int = 0

    def pause(self):
        time.sleep(max(0, self.seconds
                       + random.uniform(-self.jitter_s, self.jitter_s)))


class _Pair:
    """Both ends of one proxied connection."""

    def __init__(self, client, server):
        self.client = client
        self.server = server
        self.hole = False
        self.taken = set()

    def end(self, action):
        end_all((self.client, self.server), action == "rst")


class TcpProxy(Proxy):
    """up_bytes and down_bytes count what came in, before any rule."""

    def __init__(self, target_port):
        self._rules = []
        self.up_bytes = 0
        self.down_bytes = 0
        super().__init__(target_port)

    def add(self, action, **parameters):
        """Rule(action, ...) from now on, also on open connections."""
        if action not in ACTIONS:
            raise ValueError(action)
        rule = Rule(action, **parameters)
        with self.lock:
            self._rules.append(rule)
        return rule

    def heal(self):
        """Forgets all rules and listens; holes stay holes until cut."""
        with self.lock:
            self._rules.clear()
        self.accept()

    def wait_hit(self, rule, timeout_s=30):
        """Waits until rule has acted; False if it has not in time."""
        with self.lock:
            return self.lock.wait_for(lambda: rule.hits > 0, timeout_s)

    def serve(self, client, number):
        server = self.track(Link.to(self.target_port))
        pair = _Pair(client, server)
        other = threading.Thread(target=self._pump, daemon=True,
                                 args=(pair, server, client, "down"))
        other.start()
        self._pump(pair, client, server, "up")
        other.join()
        server.close()
        self.forget(server)

    def _pump(self, pair, source, target, direction):
        seen = 0
        try:
            while piece := source.read():
                with self.lock:
                    setattr(self, f"{direction}_bytes", getattr(
                        self, f"{direction}_bytes") + len(piece))
                self._pass(pair, target, direction, seen, piece)
                seen += len(piece)
            if not pair.hole:
                target.end_sending()
        except OSError:
            if not pair.hole:
                pair.end("rst")

    def _take(self, pair, direction, end):
        """The first rule that acts before byte number end, or None."""
        with self.lock:
            for rule in self._rules:
                if rule.direction != direction or end <= rule.after:
                    continue
                if rule in pair.taken:
                    if rule.action != "flip":
                        return rule
                elif rule.times is None or rule.hits < rule.times:
                    pair.taken.add(rule)
                    rule.hits += 1
                    self.lock.notify_all()
                    return rule
        return None

    def _pass(self, pair, target, direction, seen, piece):
        rule = self._take(pair, direction, seen + len(piece))
        if pair.hole:
            return
        if not rule:
            target.send(piece)
            return
        whole = max(0, rule.after - seen)
        if whole:
            target.send(piece[:whole])
        rest = piece[whole:]
        if rule.action in ("rst", "fin"):
            time.sleep(0.05 if whole else 0)  # let the bytes before it pass
            pair.end(rule.action)
        elif rule.action == "hole":
            pair.hole = True
        elif rule.action == "flip":
            target.send(bytes([rest[0] ^ 1]) + rest[1:])
        elif rule.action == "delay":
            rule.pause()
            target.send(rest)
        elif rule.action == "trickle":
            self._trickle(rule, target, rest)

    def _trickle(self, rule, target, rest):
        for at in range(len(rest)):
            if rule not in self._rules:
                target.send(rest[at:])
                return
            target.send(rest[at:at + 1])
            rule.pause()
