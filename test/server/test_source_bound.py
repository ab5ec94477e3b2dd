"""The bound of windows: what holds it back, what does not, what disproves it.

Lags are those that `source_probe bound` prints: now less bound.
"""

import threading
import time

import pytest

from lab.servers import MariaDB, MySQL
from probe import Probe

MARGIN = 5_000_000
FIXED = 600_000_000


@pytest.fixture(scope="module", params=[MariaDB, MySQL])
def server(request, tmp_path_factory):
    """Of this file alone: whoever else writes would hold the bound."""
    made = request.param().start(tmp_path_factory.mktemp("bound"))
    made.create_database("d")
    made.query("CREATE TABLE d.t (id INT PRIMARY KEY, a INT)")
    yield made
    made.discard()


@pytest.fixture
def probe(server, tmp_path_factory):
    return Probe(str(tmp_path_factory.getbasetemp()), server, "d")


def read(probe, **options):
    text = probe.run("bound", **options)
    assert text.startswith("lag_us="), text
    head, _, note = text.strip().partition(" note=")
    head, _, holder = head.partition(" holder=")
    values = {name: int(value) for name, value in
              (part.split("=") for part in head.split())}
    return {**values, "holder": holder, "note": note}


@pytest.fixture
def writer(probe):
    """writer(): a connection without autocommit and a cursor of it."""
    links = []

    def connect():
        links.append(probe.server.admin(probe.database))
        links[-1].autocommit(False)
        return links[-1], links[-1].cursor()
    yield connect
    for link in links:
        if link.open:
            probe.server.query(f"KILL {link.thread_id()}")


def test_nobody_writes_and_only_the_margin_is_kept(probe):
    bound = read(probe)
    assert bound["proved"] and not bound["held"]
    assert MARGIN <= bound["lag_us"] <= MARGIN + 2_000_000


def test_an_open_writer_holds_the_bound_and_is_named(probe, writer):
    link, cursor = writer()
    cursor.execute("INSERT INTO t VALUES (1, 1)")
    time.sleep(6)
    bound = read(probe)
    assert bound["proved"] and bound["held"]
    assert bound["lag_us"] >= MARGIN + 5_500_000
    assert f"connection {link.thread_id()}, user root, host 127.0.0.1, " \
        f"open for " in bound["holder"]
    assert "INSERT" not in bound["holder"]
    link.rollback()
    assert read(probe)["lag_us"] <= MARGIN + 2_000_000


def test_a_writer_is_seen_at_once(probe, writer):
    """Its row may be older than a reading just before."""
    for i in range(10):
        link, cursor = writer()
        read(probe)
        cursor.execute("INSERT INTO t VALUES (%s, 1)", (100 + i,))
        time.sleep(2.1)
        assert read(probe)["lag_us"] >= MARGIN + 2_000_000
        link.rollback()
        link.close()
        if i == 2:
            break


def test_snapshots_and_selects_do_not_hold_it(probe, writer):
    link, cursor = writer()
    cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
    _, other = writer()
    query = threading.Thread(
        target=lambda: other.execute("SELECT SLEEP(9)"))
    query.start()
    time.sleep(7)
    bound = read(probe)
    assert bound["proved"] and not bound["held"]
    query.join()


def test_a_statement_that_waits_holds_it(probe, writer):
    """It has NOW() of its start, and no transaction yet."""
    link, cursor = writer()
    cursor.execute("LOCK TABLES t WRITE")
    other, blocked = writer()
    query = threading.Thread(
        target=lambda: blocked.execute("INSERT INTO t VALUES (7, 7)"))
    query.start()
    time.sleep(7)
    bound = read(probe)
    assert bound["proved"] and bound["held"], bound
    assert f"connection {other.thread_id()}," in bound["holder"]
    cursor.execute("UNLOCK TABLES")
    query.join()
    other.rollback()


def test_a_monitor_that_polls_does_not_hide_a_writer(probe, writer):
    """innodb_trx is a cache that frequent readers keep old."""
    stop = threading.Event()

    def poll():
        cursor = probe.server.admin(probe.database).cursor()
        while not stop.is_set():
            cursor.execute("SELECT COUNT(*) FROM information_schema.innodb_trx")
            cursor.fetchall()
            time.sleep(0.05)
    monitor = threading.Thread(target=poll)
    monitor.start()
    try:
        time.sleep(1)
        link, cursor = writer()
        cursor.execute("INSERT INTO t VALUES (1, 1)")
        time.sleep(4)
        bound = read(probe)
        assert bound["proved"] and bound["lag_us"] >= MARGIN + 3_000_000, bound
        link.rollback()
    finally:
        stop.set()
        monitor.join()


def test_a_prepared_xa_transaction_holds_it(probe, writer):
    name = "prepared"
    link, cursor = writer()
    cursor.execute(f"XA START '{name}'")
    cursor.execute("INSERT INTO t VALUES (1, 1)")
    cursor.execute(f"XA END '{name}'")
    cursor.execute(f"XA PREPARE '{name}'")
    link.close()
    time.sleep(6)
    try:
        bound = read(probe)
        assert bound["proved"] and bound["held"], bound
        # A young server may have recovered it: then its age is not believed.
        assert bound["holder"].startswith("a prepared XA transaction")
    finally:
        probe.server.query(f"XA ROLLBACK '{name}'")


def test_without_process_the_lag_is_fixed(probe):
    user = "plain"
    probe.server.query(f"CREATE USER {user}@'%' IDENTIFIED BY 'pass-word-1'")
    probe.server.query(f"GRANT SELECT, REPLICATION CLIENT ON *.* TO {user}")
    try:
        url = probe.server.url(probe.database).replace("//sync@", f"//{user}@")
        bound = read(probe, url=url, LAB_PASSWORD="pass-word-1")
        assert not bound["proved"] and bound["lag_us"] == FIXED
        assert "without PROCESS" in bound["note"]
    finally:
        probe.server.query(f"DROP USER {user}")


@pytest.mark.parametrize("kind", [MariaDB, MySQL])
def test_a_read_only_server_and_a_replica_have_a_fixed_lag(
        kind, start_server, tmp_path_factory):
    server = start_server(kind, server_id="77")
    server.create_database("d")
    probe = Probe(str(tmp_path_factory.getbasetemp()), server, "d")
    server.query("SET GLOBAL read_only = 1")
    bound = read(probe)
    assert bound["lag_us"] == FIXED and "read_only" in bound["note"]
    server.query("SET GLOBAL read_only = 0")
    assert read(probe)["proved"]
    words = ("MASTER", "MASTER") if kind is MariaDB else (
        "REPLICATION SOURCE", "SOURCE")
    server.query(f"CHANGE {words[0]} TO {words[1]}_HOST='127.0.0.1', "
                 f"{words[1]}_PORT=1, {words[1]}_USER='x'")
    if kind is MariaDB:  # its threads show without the privilege
        server.query("START SLAVE")
        bound = read(probe)
        assert bound["lag_us"] == FIXED and "a replica" in bound["note"]
        server.query("STOP SLAVE")
        server.query("GRANT REPLICA MONITOR ON *.* TO sync")
    bound = read(probe)
    assert bound["lag_us"] == FIXED and "a replica" in bound["note"]
