"""Rows read again by their keys while the log goes on: parents, children and
parts of rows change under a daemon that is killed, and both sides end equal."""

import random
import threading
import time

import pymysql
import pytest

from own import mariadb, mysql  # noqa: F401
from rig import Rig
from test_cdc_requests import NAMES, family
from test_cdc_stay import drained, staying, until

STATEMENTS = [
    "DELETE FROM parent WHERE id = {n}",
    "DELETE FROM parent WHERE id BETWEEN {n} AND {n} + 3",
    "INSERT IGNORE INTO parent VALUES ({n}, {m})",
    "UPDATE IGNORE parent SET id = id + 400 WHERE id = {n}",
    "INSERT IGNORE INTO child VALUES ({m}, {n}, 'new')",
    "INSERT IGNORE INTO child SELECT {m} + 100, id, 'b' FROM parent "
    "WHERE id = {n}",
    "UPDATE IGNORE child SET pid = {n} WHERE id = {m}",
    "UPDATE child SET note = UUID() WHERE pid = {n}",
    "DELETE FROM child WHERE id = {m}",
    "INSERT IGNORE INTO grandchild SELECT {n}, {m}, id FROM child "
    "WHERE pid = {n}",
    "UPDATE IGNORE grandchild SET b = b + 1 WHERE a = {n}"]


@pytest.fixture
def rig(mariadb, clickhouse, make_database, tidemark):  # noqa: F811
    made = Rig(mariadb, clickhouse, make_database(mariadb, clickhouse),
               tidemark)
    made.sql("SET sql_mode = ''")
    made.connection.autocommit(True)
    return made


def write(rig, seed, stop):
    dice = random.Random(seed)
    with rig.source.admin(rig.database) as link:
        link.autocommit(False)
        cursor = link.cursor()
        while not stop.is_set():
            try:
                image = dice.choice(["FULL", "MINIMAL", "NOBLOB"])
                cursor.execute(f"SET SESSION binlog_row_image = {image}")
                for _ in range(dice.randint(1, 4)):
                    cursor.execute(dice.choice(STATEMENTS).format(
                        n=dice.randint(1, 60), m=dice.randint(1000, 1150)))
                link.commit() if dice.random() < 0.8 else link.rollback()
            except (pymysql.err.OperationalError,
                    pymysql.err.IntegrityError):
                link.rollback()
            time.sleep(0.002)


def writers_of(rig, stop):
    writers = [threading.Thread(target=write, args=(rig, seed, stop))
               for seed in range(4)]
    for writer in writers:
        writer.start()
    return writers


def quiet(rig):
    return rig.state("SELECT count(*) FROM requests WHERE served_us = 0") \
        == [(0,)]


@pytest.mark.parametrize("rule", ["CASCADE", "SET NULL"])
def test_families_under_a_daemon_that_is_killed(rig, rule):
    family(rig, rule, 60)
    stop = threading.Event()
    writers = writers_of(rig, stop)
    try:
        for _ in range(4):
            with staying(rig):
                time.sleep(random.uniform(2, 5))
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    with staying(rig) as running:
        until(running, lambda: quiet(rig), 60)
        time.sleep(3)
        until(running, lambda: quiet(rig), 60)
        drained(running)
    rig.ok("run")
    for name in NAMES:
        rig.equal(name)
    copies = rig.state("SELECT count(*) FROM requests WHERE scope = "
                       "'{\"all\":true}'")[0][0]
    values = rig.state("SELECT count(*) FROM requests WHERE scope LIKE "
                       "'%children%' OR scope LIKE '%keys%'")[0][0]
    assert copies == 3 and values > 5, (copies, values)


def test_families_under_runs_from_cron(rig):
    family(rig, "CASCADE", 60)
    stop = threading.Event()
    writers = writers_of(rig, stop)
    try:
        end = time.monotonic() + 15
        while time.monotonic() < end:
            rig.ok("run")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    rig.ok("run")
    for name in NAMES:
        rig.equal(name)


def test_a_part_of_a_row_is_seen_soon(rig):
    family(rig, "CASCADE", 60)
    with staying(rig) as running:
        time.sleep(2)
        rig.sql("SET SESSION binlog_row_image = MINIMAL")
        began = time.monotonic()
        rig.sql("UPDATE child SET note = 'seen' WHERE id = 1001")
        rig.sql("DELETE FROM parent WHERE id = 7")
        until(running, lambda: rig.value(
            "SELECT count() FROM child WHERE note = 'seen'") == 1)
        until(running, lambda: rig.value(
            "SELECT count() FROM child WHERE pid = 7") == 0)
        until(running, lambda: rig.value(
            "SELECT count() FROM grandchild WHERE a = 7") == 0)
        took = time.monotonic() - began
        drained(running)
    assert took < 10, took
    rig.ok("run")
    for name in NAMES:
        rig.equal(name)
