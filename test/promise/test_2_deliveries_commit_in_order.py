"""Invariant 2: deliveries of one stream are committed in the order they were
made, also when a later one is answered first."""

import json
import threading
import time

LARGE = 400_000  # bytes of a request; that of the first delivery is larger
COMMITTED_S = 1  # long enough for a commit that does not wait its turn


class Hold:
    """Keeps the answer to the first delivery back; which request arrives
    first at the proxy says nothing."""

    def __init__(self):
        self.is_held = threading.Event()
        self.has_passed = threading.Event()
        self.released = threading.Event()

    def __call__(self, exchange):
        is_first = len(exchange.read_body()) > LARGE
        exchange.forward()
        head, body = exchange.receive()
        if is_first:
            self.is_held.set()
            self.released.wait(60)
        exchange.send(head, body)
        if not is_first:
            self.has_passed.set()

    def wait(self):
        assert self.is_held.wait(30) and self.has_passed.wait(30)
        time.sleep(COMMITTED_S)


def start(rig, http):
    """The hold, and a run whose second delivery was answered."""
    rig.orders(4000)
    rig.sql("ALTER TABLE orders ADD picture VARBINARY(800)")
    rig.sql("UPDATE orders SET picture = RANDOM_BYTES(800) WHERE id <= 1000")
    rig.warehouse_port = http.port
    rig.settings(limits={"chunk_rows": 1000, "workers": 1})
    hold = Hold()
    http.on("INSERT INTO", hold, times=None)
    running = rig.tidemark.start("run")
    hold.wait()
    return hold, running


def test_a_later_delivery_waits_for_the_one_before(small, http):
    hold, running = start(small, http)
    assert small.checkpoint("orders/backfill") is None
    hold.released.set()
    assert running.wait().code == 0
    small.equal("orders")


def test_killed_between_two_the_first_is_not_skipped(small, http):
    hold, running = start(small, http)
    running.kill9()
    hold.released.set()
    assert small.checkpoint("orders/backfill") is None
    http.heal()
    small.ok("run")
    small.equal("orders")
    mark = json.loads(small.checkpoint("orders/incremental"))["mark"]
    assert mark
