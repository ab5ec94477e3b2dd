"""Invariants 1 and 8: a checkpoint is saved only after the warehouse
acknowledged every row, and an answer is an acknowledgement only when the
whole of it was read and says so."""

import pytest

from lab import http_faults as fault

LIES = {
    "200 and an exception in the body": lambda: fault.exception_in_body(),
    "200 and an exception, stored": lambda: fault.exception_in_body(
        stored=True),
    "an exception in the header": lambda: fault.exception_in_header(),
    "one row fewer in the summary": lambda: fault.fewer_rows_written(),
    "no summary": lambda: fault.without_summary(),
    "200 and the body dropped": lambda: fault.swallowed(),
    "reset after the last byte": lambda: fault.reset_after_request(),
    "cut in the request": lambda: fault.cut_request(20000, reset=False),
    "503 and HTML": lambda: fault.unavailable(503),
    "503 and HTML, stored": lambda: fault.unavailable(503, stored=True),
    "429": lambda: fault.unavailable(429, retry_after=1),
    "200, HTML": lambda: fault.answer(200, b"<html>welcome</html>"),
    "closed in the answer": lambda: fault.cut_answer(0),
}


def prepare(rig, http):
    rig.orders(3000)
    rig.warehouse_port = http.port
    rig.settings(retry="3s", limits={"chunk_rows": 1000, "workers": 1})


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_no_acknowledgement_and_heals(small, http, lie):
    prepare(small, http)
    rule = http.on("INSERT INTO", LIES[lie](), nth=2)
    small.ok("run")
    assert rule.hits >= 1
    small.equal("orders")
    assert small.value("SELECT count() FROM orders") == 3000


@pytest.mark.parametrize("lie", LIES)
def test_no_checkpoint_passes_what_was_never_acknowledged(small, http, lie):
    prepare(small, http)
    http.on("INSERT INTO", LIES[lie](), nth=2, times=10 ** 6)
    result = small.run("run")
    assert result.code == 5, str(result)
    done = small.checkpoint("orders/backfill")
    assert done is None or '"1000"' in done, done
    assert small.checkpoint("orders/incremental") is None
    http.heal()
    small.ok("run")
    small.equal("orders")


def test_a_hanging_answer_is_given_up_at_the_stop(small, http):
    prepare(small, http)
    rule = http.on("INSERT INTO", fault.hang(600), nth=2)
    running = small.tidemark.start("run")
    http.wait_hit(rule)
    result = running.terminate(timeout_s=30)
    assert result.code in (143, 5), str(result)
    http.heal()
    small.ok("run")
    small.equal("orders")
