"""The daemon from its start to its end, on real servers."""

import signal
import time

import pytest

from daemon_rig import Daemon, Systemd
from rig import Rig


@pytest.fixture
def rig(mariadb, clickhouse, make_database, tidemark):
    rig = Rig(mariadb, clickhouse, make_database(mariadb, clickhouse),
              tidemark)
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY, note VARCHAR(40))")
    rig.sql("INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    rig.sql("CREATE TABLE w (id INT PRIMARY KEY, note VARCHAR(40), "
            "updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) "
            "ON UPDATE CURRENT_TIMESTAMP(3), KEY (updated_at))")
    rig.sql("INSERT INTO w (id, note) VALUES (1, 'a'), (2, 'b')")
    rig.connection.commit()
    settings(rig)
    return rig


def settings(rig, **more):
    rig.settings(tables=[{"t": {"mode": "cdc"}}, {"w": {
        "mode": "incremental", "every": "1s", "overlap": "1s"}}], **more)


@pytest.fixture
def daemon(rig):
    daemons = []

    def start(*arguments, **more):
        daemons.append(Daemon(rig, *arguments, **more))
        return daemons[-1]
    yield start
    for made in daemons:
        if made.running.alive():
            made.running.kill9()


def count(rig, table):
    try:
        return rig.value(f"SELECT count() FROM {table}")
    except Exception:  # the first run has not made it yet
        return -1


def change(rig, number):
    rig.sql(f"INSERT INTO t VALUES ({number}, 'n')")
    rig.sql(f"INSERT INTO w (id, note) VALUES ({number}, 'n')")
    rig.connection.commit()


def test_it_follows_and_reads_what_is_due_until_it_is_stopped(rig, daemon):
    running = daemon().wait_ready()
    running.until(lambda: count(rig, "t") == 2 and count(rig, "w") == 2)
    change(rig, 3)
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.connection.commit()
    running.until(lambda: count(rig, "t") == 2 and count(rig, "w") == 3)
    result = running.stop()
    assert "ready" in result.stderr
    rig.equal("t")
    rig.equal("w")
    assert {row[0] for row in rig.state("SELECT started_by FROM runs")} == \
        {"daemon"}
