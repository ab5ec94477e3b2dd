"""Invariant 5: loading a delivery twice, late, or out of order with another
leaves the warehouse as loading each once in order. Versions alone decide."""

import pathlib

from lab import http_faults as fault


def test_a_request_that_arrives_twice(rig, http):
    rig.orders(2000)
    rig.warehouse_port = http.port
    rig.settings(limits={"chunk_rows": 500, "workers": 1})
    http.on("INSERT INTO", fault.twice(), nth=1, times=3)
    rig.ok("run")
    rig.equal("orders")


def test_an_old_request_that_arrives_after_newer_ones(small, http):
    small.orders(500)
    small.warehouse_port = http.port
    small.settings()
    rule = http.on("INSERT INTO", fault.twice(later_s=4), nth=1)
    small.ok("run")
    small.sql("UPDATE orders SET note = 'newer', total = total + 1")
    small.sql("DO SLEEP(6)")
    small.ok("run")
    assert rule.hits == 1
    small.equal("orders")


def test_a_backdated_repair_of_the_same_rows_wins_each_time(small):
    """F-WIN-07: tampered with twice at one place, repaired twice."""
    small.orders(100)
    small.settings()
    small.ok("run")
    for wrong in ("first", "second"):
        small.sql(f"UPDATE orders SET note = '{wrong}', "
                  "updated_at = '2020-01-01' WHERE id < 50")
        small.ok("backfill", "orders", "--from", "1", "--to", "49")
        small.equal("orders")


def test_a_lost_state_starts_above_the_versions_found(small):
    small.orders(300)
    small.settings()
    small.ok("run")
    before = int(small.value("SELECT max(_tm_version) FROM orders__tm"))
    for ending in ("", "-wal", "-shm"):
        path = pathlib.Path(small.tidemark.folder, "tidemark.db" + ending)
        path.unlink(missing_ok=True)
    small.sql("UPDATE orders SET note = 'after the loss'")
    small.ok("run")
    after = int(small.value("SELECT min(_tm_version) FROM orders"
                            "__tm FINAL"))
    assert after > before
    small.equal("orders")
