"""kill -9 at random moments of a backfill: it goes on from the last saved
chunk, and reads no finished chunk again."""

import random
import time

ROWS = 200000
CHUNK = 10000


def settings(rig):
    rig.settings(limits={"chunk_rows": CHUNK, "workers": 1})


def rows_there(rig):
    text = rig.value("SELECT count() FROM system.tables WHERE "
                     f"database = '{rig.database}' AND name = 'orders__tm'")
    return int(rig.value("SELECT count() FROM orders__tm")) \
        if text == 1 else 0


def test_killed_at_half_only_the_chunks_in_flight_are_read_again(rig):
    rig.orders(ROWS)
    settings(rig)
    before = rig.handler_reads()
    killed = rig.tidemark.kill9_when(
        lambda: rows_there(rig) > ROWS // 2, "run")
    assert killed
    rig.ok("run")
    read = rig.handler_reads() - before
    # The three chunks in flight; one entry a chunk to find its end; and the
    # first window, which reads what changed while the backfill ran.
    again = 3 * CHUNK
    assert read <= ROWS + again + ROWS // CHUNK + window_rows(rig), read
    rig.equal("orders")


def window_rows(rig):
    """All rows were just inserted: the first window may read them again."""
    rows = rig.state("SELECT sum(rows_read) FROM run_tables")
    return max(0, int(rows[0][0] or 0) - ROWS)


def test_killed_every_moment_it_ends_equal(rig):
    rig.orders(60000)
    rig.settings(limits={"chunk_rows": 2000, "workers": 1})
    dice = random.Random(7)
    for _ in range(12):
        running = rig.tidemark.start("run", "-q")
        time.sleep(dice.uniform(0.01, 0.4))
        running.kill9()
        rig.sql("UPDATE orders SET quantity = quantity + 1 "
                f"WHERE id % 50 = {dice.randrange(50)}")
    rig.sql("DO SLEEP(7)")  # the margin of the bound
    rig.ok("run")
    rig.equal("orders")
