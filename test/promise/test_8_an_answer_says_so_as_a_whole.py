"""Invariant 8: an answer is an acknowledgement only when the whole of it was
read and says so. Here each has status 200 and is none."""

import pytest

from lab import http_faults as fault

LIES = {
    "an exception in the body": lambda: fault.exception_in_body(),
    "an exception in the body, stored": lambda: fault.exception_in_body(
        stored=True),
    "an exception in the header": lambda: fault.exception_in_header(),
    "a text in the body": lambda: fault.broken_body(lambda _: b"well\n"),
    "one row fewer in the summary": lambda: fault.fewer_rows_written(),
    "one row more in the summary": lambda: fault.fewer_rows_written(-1),
    "no summary": lambda: fault.without_summary(),
    "the body dropped": lambda: fault.swallowed(),
    "HTML": lambda: fault.answer(200, b"<html>welcome</html>"),
    "cut before its end": lambda: fault.cut_answer(0),
    "cut before its end, counted": lambda: fault.cut_answer(
        0, chunked=False),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_no_acknowledgement_and_heals(proxied, http, lie):
    rule = http.on("INSERT INTO", LIES[lie](), nth=2)
    proxied.ok("run")
    assert rule.hits >= 1
    proxied.equal("orders")
    assert proxied.value("SELECT count() FROM orders") == 3000
    assert http.count("INSERT INTO") > 3, "it was taken for an answer"


@pytest.mark.parametrize("lie", LIES)
def test_no_checkpoint_passes_a_lie(proxied, http, lie):
    http.on("INSERT INTO", LIES[lie](), nth=2, times=10 ** 6)
    proxied.stays_behind(http)
