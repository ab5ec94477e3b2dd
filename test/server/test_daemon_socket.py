"""The socket of the daemon, used as it should not be."""

import os
import random
import socket
import stat
import time

import pytest

from daemon_rig import Daemon, Systemd, read_all, reset
from rig import Rig


@pytest.fixture(scope="module")
def daemon(mariadb, clickhouse, binary, tmp_path_factory):
    from lab.tidemark import Tidemark
    name = f"t_socket_{os.getpid()}"
    for server in (mariadb, clickhouse):
        server.create_database(name)
    rig = Rig(mariadb, clickhouse, name,
              Tidemark(binary, tmp_path_factory.mktemp("daemon")))
    rig.sql("CREATE TABLE w (id INT PRIMARY KEY)")
    rig.settings(tables=[{"w": {"mode": "full"}}])
    running = Daemon(rig).wait_ready()
    yield running
    assert running.running.alive()
    running.stop()
    assert not os.path.exists(running.path)
    for server in (mariadb, clickhouse):
        server.drop_database(name)


def still_answers(daemon):
    begin = time.monotonic()
    assert daemon.ask(do="status")["ok"]
    assert time.monotonic() - begin < 5


def test_only_its_owner_gets_in(daemon):
    assert stat.S_IMODE(os.stat(daemon.path).st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="needs two users")
def test_another_user_is_turned_away(daemon):
    os.chmod(daemon.path, 0o666)
    receiver, sender = socket.socketpair()
    # Connected by us, but another user's child opens the connection anew.
    child = os.fork()
    if child == 0:
        folder = os.open(os.path.dirname(daemon.path), os.O_PATH)
        os.setresuid(65534, 65534, 65534)
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        answer = b"refused"
        try:
            client.connect(f"/proc/self/fd/{folder}/"
                           f"{os.path.basename(daemon.path)}")
            client.sendall(b'{"do":"status"}\n')
            answer = read_all(client) or b"nothing"
        except OSError:
            pass
        sender.sendall(answer)
        os._exit(0)
    os.waitpid(child, 0)
    os.chmod(daemon.path, 0o600)
    assert receiver.recv(100) in (b"refused", b"nothing")
    still_answers(daemon)


def test_what_is_no_request_gets_an_error(daemon):
    for line in (b"\n", b"{}\n", b"hello\n", b"[" * 5000 + b"\n", b"\0\0\n",
                 b'{"do":"pause","tables":7}\n', b'{"do":"\xff"}\n'):
        assert b'"ok":false' in daemon.send(line), line
    still_answers(daemon)


def test_half_a_line_and_silence_hold_nobody(daemon):
    clients = [daemon.connect() for _ in range(40)]
    for client in clients[-1::-2]:
        try:
            client.send(b'{"do":"sta')
        except OSError:  # an older one had to make room
            pass
    still_answers(daemon)
    for client in clients:
        client.close()
    still_answers(daemon)


def test_who_takes_too_long_is_dropped(daemon):
    with daemon.connect() as client:
        client.settimeout(20)
        begin = time.monotonic()
        client.send(b'{"do":')
        assert read_all(client) == b""
        assert 8 < time.monotonic() - begin < 15
    still_answers(daemon)


def test_a_flood_ends_at_the_limit(daemon):
    with daemon.connect() as client:
        sent = 0
        try:
            while sent < 1 << 24:
                sent += client.send(b"x" * 65536)
        except OSError:
            pass
        assert sent < 1 << 23
    still_answers(daemon)


def test_a_reader_that_does_not_read(daemon):
    clients = []
    for _ in range(15):
        client = daemon.connect()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        client.sendall(b'{"do":"status"}\n')
        clients.append(client)
    still_answers(daemon)
    for client in clients:
        reset(client)
    still_answers(daemon)


def test_random_bytes_and_sudden_ends(daemon):
    chance = random.Random(7)
    for _ in range(200):
        client = daemon.connect()
        data = bytes(chance.randrange(256) for _ in range(
            chance.randrange(1, 300)))
        try:
            client.sendall(data.replace(b"\n", b" ") + chance.choice(
                [b"", b"\n"]))
        except OSError:
            pass
        if chance.random() < 0.5:
            reset(client)
        else:
            client.close()
    still_answers(daemon)


def test_a_socket_in_use_is_not_taken(daemon, tmp_path):
    place = str(tmp_path / "taken.sock")
    with open(place, "w", encoding="utf-8") as file:
        file.write("mine")
    rig = daemon.rig
    settings = open(rig.tidemark.path, encoding="utf-8").read()
    for path in (place, daemon.path):
        rig.settings(tables=[{"w": {"mode": "full"}}], socket=path,
                     state=str(tmp_path / "other.db"))
        result = rig.run("daemon")
        assert result.code == 4 and "TM1109" in result.stderr, str(result)
    with open(place, encoding="utf-8") as file:
        assert file.read() == "mine"
    rig.tidemark.settings(settings)
    still_answers(daemon)


def test_a_path_longer_than_an_address(daemon, tmp_path):
    folder = tmp_path / ("d" * 100) / ("e" * 100)
    folder.mkdir(parents=True)
    rig = daemon.rig
    settings = open(rig.tidemark.path, encoding="utf-8").read()
    rig.settings(tables=[{"w": {"mode": "full"}}],
                 state=str(folder / "tidemark.db"))
    other = Daemon(rig)
    other.path = str(folder / "tidemark.db.sock")
    other.wait_ready()
    result = rig.ok("throttle", "5M/s")
    assert "5.2 MB a second" in result.stdout, result.stdout
    other.stop()
    rig.tidemark.settings(settings)
