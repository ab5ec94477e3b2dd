"""A certificate authority of the lab, certificates good and bad, and a
terminator that puts TLS in front of a server which speaks none."""

import os
import socket
import subprocess

from . import cache
from .process import Server

_NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"
_EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
       "-nodes")
_STUNNEL = "/usr/bin/stunnel4"

CERTIFICATES = ("server", "expired", "other_host", "unknown_issuer")


def _make(folder):
    def path(name):
        return os.path.join(folder, name)

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True,
                       capture_output=True)

    def sign(name, days, names):
        with open(path("names"), "w", encoding="ascii") as file:
            file.write(names)
        openssl("x509", "-req", "-in", path("request.pem"), "-days", days,
                "-CA", path("ca.pem"), "-CAkey", path("ca-key.pem"),
                "-CAcreateserial", "-extfile", path("names"),
                "-out", path(f"{name}.pem"))
    openssl("req", "-x509", *_EC, "-days", "3650", "-subj",
            "/CN=lab authority", "-keyout", path("ca-key.pem"),
            "-out", path("ca.pem"))
    openssl("req", "-new", *_EC, "-subj", "/CN=lab server",
            "-keyout", path("key.pem"), "-out", path("request.pem"))
    openssl("req", "-x509", "-key", path("key.pem"), "-days", "3650",
            "-subj", "/CN=lab server", "-addext", _NAMES,
            "-out", path("unknown_issuer.pem"))
    sign("server", "3650", _NAMES)
    sign("expired", "-1", _NAMES)
    sign("other_host", "3650", "subjectAltName=DNS:other.example.com")


def _path(name):
    return os.path.join(cache.made("tls-2", _make), name)


def authority():
    """Path of the certificate a client has to trust."""
    return _path("ca.pem")


def server_options():
    return {"ssl_ca": authority(), "ssl_cert": _path("server.pem"),
            "ssl_key": _path("key.pem")}


class TlsFront(Server):
    """TLS on port, plain text to `target`: TlsFront().start(folder,
    target=clickhouse.port, certificate="expired"); further options are
    lines of stunnel's configuration (sslVersionMax="TLSv1.2")."""

    kind = "stunnel"
    install = "tools"

    @classmethod
    def available(cls):
        if not os.access(_STUNNEL, os.X_OK):
            return "stunnel is not installed"
        return None

    @classmethod
    def version(cls):
        text = subprocess.run([_STUNNEL, "-version"], check=True,
                              capture_output=True, text=True).stderr
        return text.split()[1]

    def config(self):
        return os.path.join(self.folder, "stunnel.conf")

    def prepare(self):
        options = dict(self.options)
        target = options.pop("target")
        certificate = options.pop("certificate", "server")
        lines = ["foreground = yes", "pid =", "syslog = no", "[front]",
                 f"accept = 127.0.0.1:{self.port}",
                 f"connect = 127.0.0.1:{target}",
                 f"cert = {_path(certificate + '.pem')}",
                 f"key = {_path('key.pem')}"]
        lines += [f"{name} = {value}" for name, value in options.items()]
        with open(self.config(), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def command(self):
        return [_STUNNEL, self.config()]

    def ping(self):
        socket.create_connection(("127.0.0.1", self.port), 1).close()
        return True
