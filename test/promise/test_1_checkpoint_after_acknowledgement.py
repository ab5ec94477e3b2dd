"""Invariant 1: a checkpoint is saved only after the warehouse acknowledged
every row of the delivery."""

import pytest

from lab import http_faults as fault

FAILURES = {
    "reset after the last byte": lambda: fault.reset_after_request(),
    "cut in the request": lambda: fault.cut_request(20000, reset=False),
    "503 and HTML": lambda: fault.unavailable(503),
    "503 and HTML, stored": lambda: fault.unavailable(503, stored=True),
    "429": lambda: fault.unavailable(429, retry_after=1),
    "closed in the answer": lambda: fault.cut_answer(0),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_load_that_failed_is_made_again(proxied, http, failure):
    rule = http.on("INSERT INTO", FAILURES[failure](), nth=2)
    proxied.ok("run")
    assert rule.hits >= 1
    proxied.equal("orders")
    assert proxied.value("SELECT count() FROM orders") == 3000


@pytest.mark.parametrize("failure", FAILURES)
def test_no_checkpoint_passes_what_was_never_acknowledged(proxied, http,
                                                          failure):
    http.on("INSERT INTO", FAILURES[failure](), nth=2, times=10 ** 6)
    proxied.stays_behind(http)


def test_a_hanging_answer_is_given_up_at_the_stop(proxied, http):
    rule = http.on("INSERT INTO", fault.hang(600), nth=2)
    running = proxied.tidemark.start("run")
    http.wait_hit(rule)
    result = running.terminate(timeout_s=30)
    assert result.code in (143, 5), str(result)
    http.heal()
    proxied.ok("run")
    proxied.equal("orders")
