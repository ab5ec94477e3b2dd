"""A window never reads past the safe time: what commits late is not missed,
although its updated_at lies far behind when it becomes visible."""

import os
import random
import threading
import time

import pymysql

NIGHTLY = os.environ.get("TIDEMARK_NIGHTLY") == "1"
SECONDS = 600 if NIGHTLY else 60
OPEN_MAX = 30 if NIGHTLY else 12
WRITERS = 16
DEADLOCKS = (1205, 1213)  # an application tries again


def table(rig):
    rig.sql("CREATE TABLE t (id BIGINT PRIMARY KEY AUTO_INCREMENT, "
            "w INT NOT NULL, v BIGINT NOT NULL, updated_at TIMESTAMP(6) NOT "
            "NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE "
            "CURRENT_TIMESTAMP(6), KEY (updated_at))")
    rig.sql("INSERT INTO t (w, v) VALUES (0, 0)")
    rig.settings(tables=[{"t": {"mode": "incremental", "overlap": "0s"}}])


def write(rig, number, end, failures):
    dice = random.Random(number)
    try:
        link = rig.source.admin(rig.database)
        link.autocommit(False)
        while time.monotonic() < end:
            try:
                transaction(link, dice, number, end)
            except pymysql.err.OperationalError as error:
                if error.args[0] not in DEADLOCKS:
                    raise
                link.rollback()
        link.close()
    except pymysql.MySQLError as error:
        failures.append(error)


def transaction(link, dice, number, end):
    with link.cursor() as cursor:
        cursor.execute("INSERT INTO t (w, v) VALUES (%s, %s)",
                       (number, dice.randrange(10 ** 9)))
        if dice.random() < 0.5:
            cursor.execute("SAVEPOINT s")
            cursor.execute("INSERT INTO t (w, v) VALUES (%s, -1)", (number,))
            cursor.execute("ROLLBACK TO SAVEPOINT s")
        pause = dice.choice((0, 0, 0.01, 0.2, dice.uniform(0, OPEN_MAX)))
        time.sleep(max(0, min(pause, end - time.monotonic())))
        cursor.execute("SELECT id FROM t WHERE w = %s "
                       "ORDER BY id DESC LIMIT 2", (number,))
        for (key,) in cursor.fetchall():
            cursor.execute("UPDATE t SET v = v + 1 WHERE id = %s", (key,))
    if dice.random() < 0.1:
        link.rollback()
    else:
        link.commit()


def test_nothing_is_missed_beside_writers_that_stay_open(rig):
    table(rig)
    rig.ok("run")
    end = time.monotonic() + SECONDS
    failures = []
    threads = [threading.Thread(target=write, args=(rig, n, end, failures))
               for n in range(1, WRITERS + 1)]
    for thread in threads:
        thread.start()
    runs = 0
    while time.monotonic() < end:
        rig.ok("run", "-q")
        runs += 1
    for thread in threads:
        thread.join()
    assert not failures, failures
    rig.sql("DO SLEEP(7)")  # the margin of the bound
    rig.ok("run", "-q")
    assert runs > 5
    rig.equal("t")


def test_a_late_commit_is_found_by_the_next_run(rig):
    table(rig)
    rig.ok("run")
    late = rig.source.admin(rig.database)
    late.autocommit(False)
    with late.cursor() as cursor:
        cursor.execute("INSERT INTO t (w, v) VALUES (1, 1)")
    time.sleep(6)
    rig.sql("INSERT INTO t (w, v) VALUES (2, 2)")
    time.sleep(6)
    rig.ok("run")
    late.commit()
    rig.sql("DO SLEEP(7)")
    rig.ok("run")
    rig.equal("t")


def test_an_idle_snapshot_holds_nothing_back(rig):
    table(rig)
    rig.ok("run")
    reader = rig.source.admin(rig.database)
    with reader.cursor() as cursor:
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        cursor.execute("SELECT COUNT(*) FROM t")
    rig.sql("INSERT INTO t (w, v) VALUES (3, 3)")
    rig.sql("DO SLEEP(7)")
    rig.ok("run")
    rig.equal("t")
    reader.close()


def test_a_run_without_new_rows_changes_nothing(rig):
    rig.orders(50)
    rig.settings()
    rig.ok("run")
    rig.sql("DO SLEEP(7)")
    rig.ok("run")
    before = rig.rows("SELECT id, _tm_version FROM orders__tm ORDER BY ALL")
    result = rig.ok("run", "--json").json()
    after = rig.rows("SELECT id, _tm_version FROM orders__tm ORDER BY ALL")
    assert before == after
    assert result["tables"][0]["rows_confirmed"] == 0
