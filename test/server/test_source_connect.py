"""Connections: TLS, ways to log in, and what each failure is called."""

import socket
import struct
import threading

import pytest

from lab import tls
from lab.servers import MariaDB, MySQL
from probe import Probe

PASSWORD = "secret-pass-1"
CAPABILITIES = 0x00bfffff  # with SSL, plugins, protocol 4.1


@pytest.fixture(params=["mariadb", "mysql"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def probe(server, make_database, tmp_path_factory):
    return Probe(str(tmp_path_factory.getbasetemp()), server,
                 make_database(server))


def url(probe, **parts):
    text = probe.server.url(probe.database)
    for old, new in parts.items():
        text = text.replace({"user": "sync@", "host": "127.0.0.1"}[old], new)
    return text


def test_loopback_is_plain_unless_it_is_asked_for(probe):
    assert "tls=plain, 127.0.0.1" in probe.run("facts")
    assert "tls=TLSv1.3, verified" in probe.run(
        "facts", PROBE_TLS="verify", PROBE_CA=tls.authority())
    assert "tls=TLSv1.3, verified" in probe.run(
        "facts", PROBE_CA=tls.authority())


def test_an_unknown_authority_is_refused(probe):
    text = probe.run("facts", PROBE_TLS="verify")
    assert "error=TM2005 status=action" in text and "self-signed" in text


def test_a_host_that_is_not_in_the_certificate_is_refused(probe):
    """Not loopback: verified although nobody asked for it."""
    name = socket.gethostname()
    text = probe.run("facts", url=url(probe, host=name),
                     PROBE_CA=tls.authority())
    assert "error=TM2005" in text
    assert "error=TM2005" in probe.run("facts", url=url(probe, host=name))
    assert "tls=plain" in probe.run("facts", url=url(probe, host=name),
                                    PROBE_TLS="off")


@pytest.mark.parametrize("kind, options", [
    (MariaDB, {"ssl": "OFF", "ssl_cert": None, "ssl_key": None,
               "ssl_ca": None}),
    (MySQL, {"tls_version": ""})])
def test_a_server_without_tls_is_refused_where_it_is_needed(
        kind, options, start_server, tmp_path_factory):
    server = start_server(kind, **options)
    server.create_database("d")
    probe = Probe(str(tmp_path_factory.getbasetemp()), server, "d")
    text = probe.run("facts", PROBE_TLS="verify", PROBE_CA=tls.authority())
    assert "error=TM2005 status=action" in text
    assert "tls=plain" in probe.run("facts")


def test_caching_sha2_works_with_and_without_tls(start_server,
                                                 tmp_path_factory):
    """The first login asks for the server's RSA key, later ones do not."""
    server = start_server(MySQL)
    server.create_database("d")
    server.query("CREATE USER sha2@'%' IDENTIFIED WITH caching_sha2_password"
                 f" BY '{PASSWORD}'")
    server.query("GRANT SELECT ON *.* TO sha2@'%'")
    probe = Probe(str(tmp_path_factory.getbasetemp()), server, "d")
    options = {"url": url(probe, user="sha2@"), "LAB_PASSWORD": PASSWORD}
    for _ in range(2):
        assert "tls=plain" in probe.run("facts", **options)
    server.query("FLUSH PRIVILEGES")
    assert "tls=TLS" in probe.run("facts", PROBE_CA=tls.authority(),
                                  **options)


def test_a_socket_is_used_where_it_is_named(start_server, tmp_path_factory):
    server = start_server(MariaDB)
    server.create_database("d")
    probe = Probe(str(tmp_path_factory.getbasetemp()), server, "d")
    text = probe.run("facts",
                     url=f"mysql://sync@x/d?socket={server.folder}/s.sock")
    assert "tls=plain, Localhost via UNIX socket" in text


def test_failures_have_their_names(probe):
    assert "error=TM2002 status=action" in probe.run("facts",
                                                     LAB_PASSWORD="wrong-1")
    assert "error=TM2004 status=action" in probe.run(
        "facts", url=url(probe) + "_missing")
    assert "error=TM2004 status=action" in probe.run(
        "facts", url=url(probe).rsplit("/", 1)[0] + "/")
    assert "error=TM2001 status=temporary" in probe.run(
        "facts", url="mysql://a@127.0.0.1:1/x")
    assert "error=TM2001 status=temporary" in probe.run(
        "facts", url="mysql://a@nowhere.invalid:1/x")


def test_a_password_never_stands_in_a_message(probe):
    text = probe.run("facts", url=url(probe) + "_missing")
    assert probe.password not in text and "canary" not in text


class Impostor:
    """A server that greets and then does what `answer` says."""

    def __init__(self, answer):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.answer = answer
        self.heard = b""
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        link, _ = self.listener.accept()
        with link:
            link.settimeout(5)
            link.sendall(packet(0, greeting()))
            self.heard += link.recv(65536)
            self.answer(self, link)

    def close(self):
        self.thread.join()
        self.listener.close()


def packet(number, payload):
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload


def greeting():
    return (b"\x0a8.4.0\0" + struct.pack("<I", 7) + b"12345678\0" +
            struct.pack("<H", CAPABILITIES & 0xffff) + b"\x2d" +
            struct.pack("<HH", 2, CAPABILITIES >> 16) + b"\x15" + bytes(10) +
            b"123456789012\0mysql_native_password\0")


def test_the_password_is_not_given_away_in_clear_text(probe):
    def ask(impostor, link):
        link.sendall(packet(2, b"\xfemysql_clear_password\0\0"))
        try:
            impostor.heard += link.recv(65536)
        except TimeoutError:
            pass
    impostor = Impostor(ask)
    text = probe.run("facts", url=f"mysql://a@127.0.0.1:{impostor.port}/d",
                     LAB_PASSWORD=PASSWORD)
    impostor.close()
    assert "error=TM20" in text
    assert impostor.heard and PASSWORD.encode() not in impostor.heard


def test_a_network_that_breaks_in_the_handshake_is_temporary(probe):
    impostor = Impostor(lambda impostor, link: None)
    text = probe.run("facts", url=f"mysql://a@127.0.0.1:{impostor.port}/d",
                     PROBE_TLS="verify", PROBE_CA=tls.authority())
    impostor.close()
    assert "error=TM2001 status=temporary" in text, text
