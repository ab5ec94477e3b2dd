"""Invariant 2: deliveries of one stream are committed in the order they were
made, also when a later one is answered first."""

import json
import threading
import time

from lab import http_faults as fault

COMMITTED_S = 2  # long enough for a commit that does not wait its turn


def test_a_later_delivery_waits_for_the_one_before(small, http):
    small.orders(4000)
    small.warehouse_port = http.port
    small.settings(limits={"chunk_rows": 1000, "workers": 1})
    released = threading.Event()
    seen = []

    def look():
        released.wait(20)
        seen.append(small.checkpoint("orders/backfill"))

    first = http.on("INSERT INTO", fault.stored_then_call(look), nth=1)
    running = small.tidemark.start("run")
    http.wait_hit(first)
    http.wait_count("INSERT INTO", 2)
    time.sleep(COMMITTED_S)
    released.set()
    assert running.wait().code == 0
    assert seen == [None], "saved before the first was answered"
    small.equal("orders")


def test_killed_between_two_the_first_is_not_skipped(small, http):
    small.orders(4000)
    small.warehouse_port = http.port
    small.settings(limits={"chunk_rows": 1000, "workers": 1})
    rule = http.on("INSERT INTO", fault.hang(600, stored=False), nth=1)
    running = small.tidemark.start("run")
    http.wait_hit(rule)
    http.wait_count("INSERT INTO", 2)
    time.sleep(COMMITTED_S)
    running.kill9()
    assert small.checkpoint("orders/backfill") is None
    http.heal()
    small.ok("run")
    small.equal("orders")
    mark = json.loads(small.checkpoint("orders/incremental"))["mark"]
    assert mark
