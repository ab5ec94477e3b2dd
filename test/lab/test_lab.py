"""The lab itself: servers start, proxies bend what they are told to."""

import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pymysql
import pytest

from . import tls
from .process import start_time
from .proxy import TcpProxy
from .servers import (PASSWORD, USER, Client, ClickHouse, ClickHouseError,
                      MariaDB, MySQL, TlsFront)
from .tidemark import Tidemark


def test_the_login_of_tidemark_reads_and_does_not_write(source,
                                                        make_database):
    name = make_database(source)
    source.query("CREATE TABLE t (x INT)", database=name)
    with source.connect(USER, PASSWORD, name,
                        ssl={"ca": tls.authority()}) as connection:
        cursor = connection.cursor()
        assert cursor.execute("SELECT x FROM t") == 0
        cursor.execute("SHOW STATUS LIKE 'ssl_version'")
        assert cursor.fetchone()[1].startswith("TLS")
        with pytest.raises(pymysql.err.OperationalError, match="denied"):
            cursor.execute("INSERT INTO t VALUES (1)")


def test_the_row_log_is_on_and_full(source):
    values = dict(source.query(
        "SHOW VARIABLES WHERE variable_name IN ('log_bin', 'binlog_format',"
        " 'binlog_row_image', 'binlog_row_metadata')"))
    assert values == {"log_bin": "ON", "binlog_format": "ROW",
                      "binlog_row_image": "FULL",
                      "binlog_row_metadata": "FULL"}


@pytest.mark.parametrize("kind", [MariaDB, MySQL])
def test_committed_rows_survive_a_kill(start_server, kind):
    server = start_server(kind)
    server.query("CREATE DATABASE d; CREATE TABLE d.t (x INT);"
                 "INSERT INTO d.t VALUES (7)")
    server.kill9()
    server.restart(max_connections="33")
    assert server.query("SELECT x, @@max_connections FROM d.t") == [(7, 33)]


def test_mysql_copies_have_different_identities(start_server, mysql):
    ask = "SELECT @@server_uuid"
    assert start_server(MySQL).query(ask) != mysql.query(ask)


def test_clickhouse_knows_the_login_and_survives_a_kill(start_server):
    server = start_server(ClickHouse, profile={"max_threads": 1})
    server.create_database("d")
    server.query("CREATE TABLE d.t (x UInt64) ENGINE = MergeTree ORDER BY x")
    server.query("INSERT INTO d.t FORMAT TSV", b"18446744073709551615\n")
    server.kill9()
    server.restart()
    assert server.rows("SELECT x, getSetting('max_threads') FROM d.t") == [
        [18446744073709551615, 1]]
    user = Client(server.port, USER, PASSWORD)
    assert user.query("SELECT currentUser()") == f"{USER}\n"
    with pytest.raises(ClickHouseError, match="516"):
        Client(server.port, USER, "wrong").query("SELECT 1")


def test_the_old_clickhouse_says_its_age(clickhouse_old):
    assert clickhouse_old.query("SELECT version()") == "18.16.1\n"


@pytest.mark.parametrize("certificate, complaint", [
    ("server", None), ("expired", "expired"),
    ("other_host", "not valid for"), ("unknown_issuer", "self-signed")])
def test_a_front_speaks_tls(clickhouse, start_server, certificate,
                            complaint):
    front = start_server(TlsFront, target=clickhouse.port,
                         certificate=certificate)
    trust = ssl.create_default_context(cafile=tls.authority())

    def ping():
        return urllib.request.urlopen(
            f"https://127.0.0.1:{front.port}/ping", context=trust).read()
    if complaint:
        with pytest.raises(urllib.error.URLError, match=complaint):
            ping()
    else:
        assert ping() == b"Ok.\n"


def test_a_server_dies_with_its_owner(tmp_path):
    script = "import sys; from lab.servers import MariaDB\n" \
        "server = MariaDB().start(sys.argv[1])\n" \
        "print(server.process.pid, flush=True); sys.stdin.read()"
    test_folder = os.path.dirname(os.path.dirname(__file__))
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "s")],
        env={**os.environ, "PYTHONPATH": test_folder}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pid = int(owner.stdout.readline())
    assert start_time(pid)
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    end = time.monotonic() + 10
    while start_time(pid) and time.monotonic() < end:
        time.sleep(0.01)
    assert start_time(pid) is None


# -- TCP -------------------------------------------------------------------


def connect(proxy, **more):
    return pymysql.connect(host="127.0.0.1", port=proxy.port, user="root",
                           connect_timeout=5, **more)


@pytest.mark.parametrize("action, after", [
    ("rst", 0), ("rst", 50), ("fin", 0), ("fin", 150)])
def test_a_cut_connection_fails_and_the_next_one_works(mariadb, action,
                                                       after):
    with TcpProxy(mariadb.port) as proxy:
        rule = proxy.add(action, after=after)
        with pytest.raises((pymysql.err.OperationalError, OSError)):
            connect(proxy).query("SELECT repeat('x', 1000)")
        assert rule.hits == 1
        assert connect(proxy).query("SELECT 1") == 1
        assert proxy.connections == 2


def test_a_reset_is_a_reset(mariadb):
    with TcpProxy(mariadb.port) as proxy:
        with connect(proxy) as connection:
            proxy.add("rst")
            with pytest.raises(pymysql.err.OperationalError,
                               match="reset by peer"):
                connection.query("SELECT 1")


@pytest.mark.parametrize("action, direction", [
    ("hole", "up"), ("hole", "down"), ("discard", "down")])
def test_a_hole_is_silent(mariadb, action, direction):
    with TcpProxy(mariadb.port) as proxy:
        with connect(proxy, read_timeout=0.3) as connection:
            proxy.add(action, direction=direction)
            with pytest.raises(pymysql.err.OperationalError,
                               match="timed out"):
                connection.query("SELECT 1")


@pytest.mark.parametrize("action, stays", [("hole", 1), ("discard", 0)])
def test_a_hole_tells_no_end(mariadb, action, stays):
    with TcpProxy(mariadb.port) as proxy:
        connection = connect(proxy, read_timeout=0.2)
        number = connection.thread_id()
        proxy.add(action, direction="down")
        with pytest.raises(pymysql.err.OperationalError):
            connection.query("SELECT 1")
        time.sleep(0.2)
        assert mariadb.query("SELECT count(*) FROM information_schema"
                             ".processlist WHERE id = %s", (number,)) == [
            (stays,)]


def test_a_trickle_ends_when_healed(mariadb):
    with TcpProxy(mariadb.port) as proxy, connect(proxy) as connection:
        proxy.add("trickle", seconds=0.05)
        thread = threading.Thread(target=connection.query, daemon=True,
                                  args=("SELECT repeat('x', 10000)",))
        thread.start()
        time.sleep(0.2)
        assert thread.is_alive()
        proxy.heal()
        thread.join(2)
        assert not thread.is_alive()


def test_delay_and_trickle_slow_down_and_heal(mariadb):
    with TcpProxy(mariadb.port) as proxy:
        with connect(proxy) as connection:
            begin = time.monotonic()
            proxy.add("delay", direction="up", seconds=0.2)
            connection.query("SELECT 1")
            proxy.heal()
            proxy.add("trickle", direction="down", seconds=0.01)
            connection.query("SELECT 'a long text'")
            took = time.monotonic() - begin
            proxy.heal()
            begin = time.monotonic()
            connection.query("SELECT 'a long text'")
            assert took > 0.5 > 5 * (time.monotonic() - begin)


def test_a_bit_is_turned_over(mariadb):
    with TcpProxy(mariadb.port) as proxy:
        connection = connect(proxy)
        cursor = connection.cursor()
        before = proxy.down_bytes
        cursor.execute("SELECT 'bbbbbbbb'")
        size = proxy.down_bytes - before
        end_packet = 11
        proxy.add("flip", after=proxy.down_bytes + size - end_packet)
        cursor.execute("SELECT 'bbbbbbbb'")
        assert cursor.fetchone()[0].count("c") == 1


def test_a_proxy_refuses_and_accepts_again(mariadb):
    with TcpProxy(mariadb.port) as proxy:
        proxy.refuse()
        with pytest.raises(pymysql.err.OperationalError, match="refused"):
            connect(proxy)
        proxy.accept()
        connect(proxy).close()


# -- the runner ------------------------------------------------------------


def test_the_runner_sees_a_password_on_any_road(tmp_path):
    runner = Tidemark("/bin/sh", tmp_path / "run")
    runner.settings({"tables": "*"})
    assert runner.ok("-c", "cat tidemark.yml").json() == {"tables": "*"}
    assert runner.run("-c", "exit 3").code == 3
    for command in ('echo "$LAB_PASSWORD"', 'echo "$LAB_PASSWORD" >&2'):
        with pytest.raises(AssertionError, match="shows the password"):
            runner.run("-c", command)
    with pytest.raises(AssertionError, match="command line"):
        runner.run("-c", f": '{PASSWORD}'; sleep 1")
    with pytest.raises(AssertionError, match="still running"):
        runner.run("-c", "sleep 9", timeout_s=0.1)


def test_the_runner_kills_at_a_condition(tmp_path):
    runner = Tidemark("/bin/sh", tmp_path)
    mark = tmp_path / "mark"
    assert runner.kill9_when(mark.exists, "-c", "touch mark; sleep 9; false")
    assert not runner.kill9_when(lambda: False, "-c", "exit 0")
