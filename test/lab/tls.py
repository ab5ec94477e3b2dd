"""A certificate authority of the lab, and one server certificate of it."""

import os
import subprocess

from . import cache

_DAYS = "3650"


def _openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def _make(folder):
    def path(name):
        return os.path.join(folder, name)
    _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", _DAYS,
             "-subj", "/CN=lab authority", "-keyout", path("ca-key.pem"),
             "-out", path("ca.pem"))
    _openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
             "/CN=localhost", "-keyout", path("key.pem"),
             "-out", path("request.pem"))
    with open(path("names"), "w", encoding="ascii") as file:
        file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    _openssl("x509", "-req", "-in", path("request.pem"), "-days", _DAYS,
             "-CA", path("ca.pem"), "-CAkey", path("ca-key.pem"),
             "-CAcreateserial", "-extfile", path("names"),
             "-out", path("server.pem"))


def folder():
    return cache.made("tls-1", _make)


def authority():
    """Path of the certificate a client has to trust."""
    return os.path.join(folder(), "ca.pem")


def server_options():
    return {"ssl_ca": authority(),
            "ssl_cert": os.path.join(folder(), "server.pem"),
            "ssl_key": os.path.join(folder(), "key.pem")}
