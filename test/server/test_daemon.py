"""The daemon from its start to its end, on real servers."""

import functools
import signal
import statistics
import time

import pytest

from daemon_rig import Daemon, Systemd
from lab import tls
from lab.proxy import TcpProxy
from lab.servers import MariaDB
from rig import Rig


@pytest.fixture
def rig(mariadb, clickhouse, make_database, tidemark):
    return make(mariadb, clickhouse, make_database, tidemark)


def make(server, clickhouse, make_database, tidemark):
    rig = Rig(server, clickhouse, make_database(server, clickhouse), tidemark)
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
def daemon_of():
    """daemon_of(rig): a daemon that ends with the test."""
    daemons = []

    def start(*arguments, **more):
        daemons.append(Daemon(*arguments, **more))
        return daemons[-1]
    yield start
    for made in daemons:
        if made.running.alive():
            made.running.kill9()


@pytest.fixture
def daemon(rig, daemon_of):
    return functools.partial(daemon_of, rig)


@pytest.fixture
def wire(mariadb):
    proxy = TcpProxy(mariadb.port)
    yield proxy
    proxy.stop()


def count(rig, table):
    try:
        return rig.value(f"SELECT count() FROM {table}")
    except Exception:  # the first run has not made it yet
        return -1


def states(rig):
    return {line["name"]: line["state"]
            for line in rig.ok("status", "--json").json()["tables"]}


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


def test_without_a_table_it_says_so(rig, daemon):
    rig.settings(tables=["nothing*"])
    running = daemon().wait_ready()
    assert running.status()["headline"] == "no table yet"
    running.stop()


def test_a_change_over_tls_waits_for_no_heartbeat(rig, daemon):
    """What was read is loaded in its time, though nothing else comes."""
    settings(rig, source={"tls": {"ca": tls.authority()}})
    running = daemon().wait_ready()
    running.until(lambda: count(rig, "t") == 2)
    late = []
    for number in range(3, 8):
        change(rig, number)
        begin = time.monotonic()
        running.until(lambda: count(rig, "t") == number)
        late.append(time.monotonic() - begin)
        time.sleep(0.3)
    running.stop()
    assert statistics.median(late) < 0.5, late


def test_a_second_one_is_busy_and_so_is_a_run(rig, daemon):
    running = daemon().wait_ready()
    for command in ("daemon", "run"):
        result = rig.run(command)
        assert result.code == 6, str(result)
        takes_option = "--skip-if-running" in result.stderr
        assert takes_option == (command == "run"), str(result)
    result = rig.run("backfill", "w", "--from", "1", "--to", "2")
    assert result.code == 6 and "stop it" in result.stderr, str(result)
    assert running.status()["ready"]
    running.stop()


def test_it_goes_on_after_a_kill(rig, daemon):
    running = daemon().wait_ready()
    running.until(lambda: count(rig, "t") == 2)
    running.running.kill9()
    change(rig, 3)
    rig.sql("UPDATE t SET note = 'bb' WHERE id = 2")
    rig.connection.commit()
    running = daemon().wait_ready()
    running.until(lambda: count(rig, "t") == 3 and count(rig, "w") == 3)
    running.stop()
    rig.equal("t")
    rig.equal("w")


def test_it_tells_systemd_how_it_is(rig, daemon, tmp_path):
    systemd = Systemd(tmp_path / "notify")
    running = daemon(environment={"NOTIFY_SOCKET": systemd.name,
                                  "WATCHDOG_USEC": "2000000"})
    systemd.wait("READY=1")
    running.until(lambda: count(rig, "t") == 2)
    systemd.wait("WATCHDOG=1")
    systemd.wait("STATUS=2 of 2 tables on time")
    running.running.send(signal.SIGHUP)
    line = systemd.wait("RELOADING=1")
    assert systemd.wait("MONOTONIC_USEC=").split("=")[1].isdigit(), line
    systemd.wait("READY=1")
    running.running.send(signal.SIGTERM)
    systemd.wait("STOPPING=1")
    assert running.running.wait().code == 0
    systemd.close()


def test_an_abstract_name_does_as_well(rig, daemon):
    systemd = Systemd(f"tidemark-{rig.database}", abstract=True)
    running = daemon(environment={"NOTIFY_SOCKET": systemd.name})
    systemd.wait("READY=1")
    running.stop()
    systemd.close()


def test_good_settings_come_into_force_and_bad_ones_do_not(rig, daemon):
    running = daemon().wait_ready()
    running.until(lambda: count(rig, "t") == 2 and count(rig, "w") == 2)
    rig.sql("CREATE TABLE later (id INT PRIMARY KEY)")
    rig.sql("INSERT INTO later VALUES (1)")
    rig.connection.commit()
    with open(rig.tidemark.path, encoding="utf-8") as file:
        good = file.read()
    rig.tidemark.settings("source: [")
    running.running.send(signal.SIGHUP)
    running.until(lambda: "could not reload" in running.running.stderr())
    change(rig, 3)
    running.until(lambda: count(rig, "t") == 3 and count(rig, "w") == 3)
    rig.tidemark.settings(good)
    rig.settings(tables=[{"t": {"mode": "cdc"}},
                         {"w": {"mode": "incremental", "every": "1s"}},
                         {"later": {"mode": "full", "every": "1s"}}])
    running.running.send(signal.SIGHUP)
    running.until(lambda: count(rig, "later") == 1)
    assert running.status()["reloads"] == 1
    change(rig, 4)
    running.until(lambda: count(rig, "t") == 4 and count(rig, "w") == 4)
    assert "Traceback" not in running.stop().stderr


def test_what_cannot_change_while_it_runs(rig, daemon):
    running = daemon().wait_ready()
    settings(rig, state="other.db")
    answer = running.ask(do="reload")
    assert not answer["ok"] and "state" in answer["text"], answer
    settings(rig)
    assert running.ask(do="reload")["ok"]
    running.until(lambda: running.status().get("reloads") == 1)
    running.stop()


def test_a_paused_table_waits_until_it_is_resumed(rig, daemon):
    running = daemon().wait_ready()
    running.until(lambda: count(rig, "w") == 2 and count(rig, "t") == 2)
    result = rig.ok("pause", "w", "--json").json()
    assert result["paused"] == ["w"] and result["daemon"], result
    change(rig, 3)
    running.until(lambda: count(rig, "t") == 3)
    time.sleep(2.5)
    assert count(rig, "w") == 2
    assert states(rig) == {"w": "paused", "t": "on time"}
    running.running.kill9()
    running = daemon().wait_ready()  # a pause outlives the process
    time.sleep(2)
    assert count(rig, "w") == 2
    rig.ok("resume", "w")
    running.until(lambda: count(rig, "w") == 3)
    running.stop()


def test_everything_can_be_paused(rig, daemon):
    running = daemon().wait_ready()
    running.until(lambda: count(rig, "w") == 2 and count(rig, "t") == 2)
    rig.ok("pause")
    time.sleep(1.5)  # what was under way may end
    change(rig, 3)
    time.sleep(2.5)
    assert count(rig, "w") == 2 and count(rig, "t") == 2
    assert "paused" in rig.ok("status").stdout
    rig.ok("resume")
    running.until(lambda: count(rig, "w") == 3 and count(rig, "t") == 3)
    running.stop()


def test_without_a_daemon_a_pause_is_kept_for_the_next_run(rig):
    rig.ok("run")
    result = rig.ok("pause", "w")
    assert "no daemon" in result.stderr
    change(rig, 3)
    time.sleep(6)  # a window ends some seconds before now
    lines = {line["name"]: line for line in
             rig.ok("run", "--json").json()["tables"]}
    assert lines["w"]["state"] == "paused" and count(rig, "w") == 2
    rig.ok("run", "w")  # a person named it
    assert count(rig, "w") == 3
    result = rig.run("status", "w", "--wait")
    assert result.code == 1 and "resume" in result.stderr, str(result)
    assert rig.run("throttle", "fast").code == 2
    assert rig.run("pause", "nothing").code == 2
    assert rig.run("pause", "t", "--dry-run").code == 2
    assert states(rig)["t"] == "on time"
    rig.ok("resume")
    rig.ok("run")


def test_a_throttle_slows_the_reading(rig, daemon):
    rig.sql("INSERT INTO w (id, note) SELECT 10 + seq, REPEAT('x', 40) "
            "FROM seq_1_to_20000")
    rig.connection.commit()
    rig.settings(tables=[{"w": {"mode": "incremental", "every": "1s"}}],
                 limits={"chunk_rows": 1000})
    rig.ok("pause", "w")
    running = daemon().wait_ready()
    rig.ok("throttle", "200K/s")
    assert running.status()["throttle"] == 204800
    running.running.kill9()
    running = daemon().wait_ready()  # a throttle outlives the process
    assert running.status()["throttle"] == 204800
    assert "reads at most 205 kB a second" in rig.ok("status").stdout
    rig.ok("resume", "w")
    running.until(lambda: count(rig, "w") > 0)
    time.sleep(1)
    assert count(rig, "w") < 20002
    rig.ok("throttle", "off")
    running.until(lambda: count(rig, "w") == 20002)
    running.stop()


def test_a_throttle_is_kept_where_no_daemon_runs(rig, daemon):
    rig.ok("run")
    result = rig.ok("throttle", "5M/s")
    assert "no daemon runs" in result.stderr, str(result)
    assert "the next one reads at most" in rig.ok("status").stdout
    assert rig.ok("status", "--json").json()["throttle"] == 5 << 20
    running = daemon().wait_ready()
    assert running.status()["throttle"] == 5 << 20
    rig.ok("throttle", "off")
    running.stop()
    assert "throttle" not in rig.ok("status", "--json").json()


def test_status_tells_the_next_run(rig, daemon):
    settings(rig)
    rig.sql("CREATE TABLE `a[b` (id INT PRIMARY KEY)")  # no pattern
    rig.settings(tables=[{"w": {"mode": "full"}}, {"a*": {"mode": "full"}}])
    running = daemon().wait_ready()
    running.until(lambda: count(rig, "w") == 2 and
                  count(rig, "`a[b`") == 0)
    running.until(lambda: rig.ok("status", "--json").json()["tables"][0].get(
        "next_run"))
    assert rig.ok("status", "--json").json()["daemon"]["ready"]
    assert "NEXT" in rig.ok("status").stdout
    running.running.send(signal.SIGUSR1)
    running.until(lambda: "limit 0 bytes/s" in running.running.stderr())
    running.stop()


def test_the_source_may_be_away_at_the_start_and_later(
        rig, daemon, wire, tmp_path):
    systemd = Systemd(tmp_path / "notify")
    rig.source_port = wire.port
    settings(rig, retry="1s")
    wire.add("rst", times=10 ** 6)
    running = daemon(environment={"NOTIFY_SOCKET": systemd.name})
    systemd.wait("EXTEND_TIMEOUT_USEC=")
    assert running.running.alive()
    wire.heal()
    running.wait_ready()
    running.until(lambda: count(rig, "t") == 2 and count(rig, "w") == 2)
    running.until(lambda: "lag_seconds" in running.status()["follower"])
    away = wire.add("rst", times=10 ** 6)
    change(rig, 3)
    time.sleep(4)
    assert running.running.alive()
    assert away.hits < 40, "it tried without a pause"
    running.until(lambda: "tries again (TM2" in running.status()["headline"])
    running.until(lambda: running.status()["follower"]["lag_seconds"] > 3)
    assert running.status()["follower"]["on_time"] == 0
    wire.heal()
    running.until(lambda: count(rig, "t") == 3 and count(rig, "w") == 3)
    running.stop()
    systemd.close()


def test_an_outage_is_told_by_each_table_that_it_holds_up(
        rig, daemon, wire):
    rig.source_port = wire.port
    rig.sql("CREATE TABLE nightly (id INT PRIMARY KEY)")
    rig.sql("INSERT INTO nightly VALUES (1)")
    rig.connection.commit()
    rig.settings(tables=[
        {"t": {"mode": "cdc"}}, {"nightly": {"mode": "full"}},
        {"w": {"mode": "incremental", "every": "1s", "overlap": "1s"}}],
        retry="1s")
    running = daemon().wait_ready()
    running.until(lambda: set(states(rig).values()) == {"on time"})
    running.until(lambda: count(rig, "nightly") == 1)
    wire.add("rst", times=10 ** 6)
    running.until(lambda: states(rig) == {
        "t": "retrying", "w": "retrying", "nightly": "on time"})
    result = rig.ok("status")
    assert "t and 1 other: " in result.stderr and \
        result.stderr.count("next:") == 1, str(result)
    wire.heal()
    running.until(lambda: set(states(rig).values()) == {"on time"})
    rig.ok("pause", "t")
    running.until(lambda: states(rig)["t"] == "paused")
    wire.add("rst", times=10 ** 6)
    running.until(lambda: states(rig)["w"] == "retrying")
    time.sleep(1)
    assert rig.ok("status").stderr.startswith("w: ")
    wire.heal()
    running.until(lambda: states(rig)["w"] == "on time")
    assert "next:" not in rig.ok("status").stderr
    rig.ok("resume", "t")
    running.until(lambda: set(states(rig).values()) == {"on time"})
    running.stop()
    wire.add("rst", times=10 ** 6)  # also where it begins without a source
    running = daemon()
    running.until(lambda: set(states(rig).values()) ==
                  {"on time", "retrying"})
    wire.heal()
    running.until(lambda: set(states(rig).values()) == {"on time"})
    running.stop()


def test_an_outage_of_the_warehouse_is_told_as_well(
        rig, daemon, clickhouse):
    wire = TcpProxy(clickhouse.port)
    try:
        rig.warehouse_port = wire.port
        settings(rig, retry="1s")
        running = daemon().wait_ready()
        running.until(lambda: set(states(rig).values()) == {"on time"})
        wire.add("rst", times=10 ** 6)
        change(rig, 3)
        running.until(lambda: states(rig) == {"t": "retrying",
                                              "w": "retrying"})
        wire.heal()
        running.until(lambda: set(states(rig).values()) == {"on time"})
        running.stop()
    finally:
        wire.stop()
    rig.equal("t")
    rig.equal("w")


def test_a_wrong_password_ends_the_start_and_not_a_reload(rig, daemon):
    running = daemon().wait_ready()
    settings(rig, source={"password": "wrong"})
    assert running.ask(do="reload")["ok"]
    running.until(lambda: "TM2002" in running.running.stderr())
    assert "; next: " in running.running.stderr()
    settings(rig)
    running.running.send(signal.SIGHUP)
    change(rig, 3)
    running.until(lambda: count(rig, "t") == 3 and count(rig, "w") == 3)
    running.stop()
    settings(rig, source={"password": "wrong"})
    result = rig.run("daemon")
    assert result.code == 4 and "TM2002" in result.stderr, str(result)


def test_a_second_signal_ends_it_at_once(rig, daemon):
    rig.settings(tables=[{"w": {"mode": "incremental"}}])
    running = daemon().wait_ready()
    with rig.source.admin(rig.database) as blocker:
        blocker.cursor().execute("LOCK TABLES w WRITE")
        rig.ok("pause")
        rig.ok("resume")
        running.running.send(signal.SIGTERM)
        time.sleep(0.3)
        running.running.send(signal.SIGTERM)
        assert running.running.wait(10).code in (0, 130)


def fed(systemd, seconds):
    """How often the watchdog was fed in that time."""
    systemd.read()
    before = systemd.lines.count("WATCHDOG=1")
    time.sleep(seconds)
    systemd.read()
    return systemd.lines.count("WATCHDOG=1") - before


@pytest.mark.parametrize("mode, point", [
    ("incremental", "load.begin"), ("incremental", "copy.batch_begin"),
    ("cdc", "stay.tick")])
def test_a_part_that_is_stuck_starves_the_watchdog(rig, daemon, tmp_path,
                                                   mode, point):
    """It is fed again once the part goes on, and while nothing is to do."""
    systemd = Systemd(tmp_path / "notify")
    rig.settings(tables=[{"w": {"mode": mode, "every": "1s"}}])
    running = daemon(environment={
        "NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "1000000",
        "TIDEMARK_FP": f"{point}=sleep:8000@1"})
    systemd.wait("READY=1")
    time.sleep(2.5)
    assert fed(systemd, 3) == 0
    running.until(lambda: fed(systemd, 0.5) > 0 and count(rig, "w") == 2)
    assert fed(systemd, 3) >= 6
    running.stop()
    systemd.close()


@pytest.mark.parametrize("pause_ms, is_fed", [(500, True), (15000, False)])
def test_a_long_repair_at_the_end_of_a_round(rig, daemon, tmp_path, pause_ms,
                                             is_fed):
    """The round waits for it: it is a sign of life while its pages come."""
    systemd = Systemd(tmp_path / "notify")
    rig.sql("CREATE TABLE u (id INT PRIMARY KEY, a INT, b INT)")
    for start in range(0, 12000, 4000):
        rig.sql("INSERT INTO u VALUES " + ", ".join(
            f"({start + n}, 1, 1)" for n in range(4000)))
    rig.connection.commit()
    rig.settings(tables=[{"u": {"mode": "cdc"}}, {"t": {"mode": "cdc"}}])
    running = daemon(environment={
        "NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "3000000",
        "TIDEMARK_FP": f"repair.read=sleep:{pause_ms}",
        "TIDEMARK_FP_LOG": str(tmp_path / "hits")})
    running.until(lambda: count(rig, "u") == 12000)
    rig.sql("SET SESSION binlog_row_image = MINIMAL")
    rig.sql("UPDATE u SET a = 2 WHERE id < 9900")
    rig.connection.commit()
    running.until(lambda: (tmp_path / "hits").exists() and "repair.read" in
                  (tmp_path / "hits").read_text())
    running.ask(do="pause", table="t")
    time.sleep(4)
    assert (fed(systemd, 3) > 0) == is_fed
    systemd.close()


def test_a_followed_table_that_was_paused_is_read_again(rig):
    """By runs from cron: what passes meanwhile is not lost."""
    rig.sql("CREATE TABLE u (id INT PRIMARY KEY)")
    rig.settings(tables=[{"t": {"mode": "cdc"}}, {"u": {"mode": "cdc"}}])
    rig.ok("run")
    rig.ok("pause", "t")
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.sql("INSERT INTO t VALUES (7, 'g')")
    rig.sql("INSERT INTO u VALUES (1)")
    rig.connection.commit()
    lines = {line["name"]: line["state"] for line in
             rig.ok("run", "--json").json()["tables"]}
    assert lines == {"t": "paused", "u": "on time"}
    rig.equal("u")
    assert rig.value("SELECT max(id) FROM t") == 2
    rig.ok("resume", "t")
    rig.ok("run")
    rig.equal("t")


def test_a_log_that_a_person_must_mend_holds_no_window_back(
        start_server, clickhouse, make_database, tidemark, daemon_of):
    server = start_server(MariaDB)
    rig = make(server, clickhouse, make_database, tidemark)
    running = daemon_of(rig).wait_ready()
    running.until(lambda: count(rig, "t") == 2 and count(rig, "w") == 2)
    server.query("REVOKE REPLICATION SLAVE ON *.* FROM 'sync'@'%'")
    server.query("KILL USER sync")
    running.until(lambda: states(rig)["t"] == "action required")
    change(rig, 3)
    running.until(lambda: count(rig, "w") == 3)
    assert count(rig, "t") == 2
    assert running.running.stderr().count("err=TM2003") == 1, \
        running.running.stderr()
    server.query("GRANT REPLICATION SLAVE ON *.* TO 'sync'@'%'")
    running.running.send(signal.SIGHUP)
    running.until(lambda: count(rig, "t") == 3 and
                  states(rig)["t"] == "on time")
    running.stop()
    rig.equal("t")
