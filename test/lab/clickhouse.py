"""ClickHouse: the current one out of libchdb.so, and one too old for us."""

import base64
import hashlib
import http.client
import json
import os
import subprocess
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from . import cache
from .databases import PASSWORD, USER
from .process import Server, free_port

_PINNED = "clickhouse-26.7.3"
_OLD = "clickhouse-18.16.1"
_LAUNCHER = os.path.join(os.path.dirname(__file__), "clickhouse_server.c")


class ClickHouseError(Exception):
    """The server refused a statement of the test."""


class Client:
    """Statements over HTTP, as the user `default` without a password."""

    def __init__(self, port, user="default", password=""):
        self.port = port
        login = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {login}"}

    def request(self, sql, body=b"", database=None, settings=None):
        """status, headers, body of one request."""
        parameters = dict(settings or {})
        if database:
            parameters["database"] = database
        if body:
            parameters["query"] = sql
        else:
            body = sql.encode()
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            link.request("POST", "/?" + urlencode(parameters), body,
                         self.headers)
            answer = link.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            link.close()

    def query(self, sql, body=b"", database=None, settings=None):
        """The answer as text; anything but a clean 200 is an error."""
        status, headers, text = self.request(sql, body, database, settings)
        if status != 200 or "X-ClickHouse-Exception-Code" in headers:
            raise ClickHouseError(text.decode(errors="replace"))
        return text.decode(errors="replace")

    def rows(self, sql, database=None):
        """Rows as lists; 64-bit integers as int, not as text."""
        text = self.query(
            sql + " FORMAT JSONCompact", database=database,
            settings={"output_format_json_quote_64bit_integers": 0})
        return json.loads(text)["data"]

    def value(self, sql, database=None):
        return self.rows(sql, database)[0][0]


def _xml(name, value):
    if isinstance(value, dict):
        value = "".join(_xml(key, part) for key, part in value.items())
    else:
        value = escape(str(value))
    return f"<{name}>{value}</{name}>"


def _users(profile):
    def user(password):
        return {"password": password, "networks": {"ip": "::/0"},
                "profile": "default", "quota": "default"}
    return {"profiles": {"default": profile}, "quotas": {"default": {}},
            "users": {"default": user(""), USER: user(PASSWORD)}}


class ClickHouse(Server):
    """Options are elements of the server's configuration.

    The option `profile`, a dict, holds settings that all users start with.
    """

    kind = "clickhouse"
    install = "clickhouse"
    root = "clickhouse"

    @classmethod
    def library(cls):
        return os.path.join(cache.folder(), _PINNED, "libchdb.so")

    @classmethod
    def available(cls):
        if not os.path.exists(cls.library()):
            return f"{_PINNED} is not in the cache"
        return None

    @classmethod
    def version(cls):
        return _PINNED.partition("-")[2]

    @classmethod
    def launcher(cls):
        with open(_LAUNCHER, "rb") as file:
            mark = hashlib.sha256(file.read()).hexdigest()[:12]

        def build(folder):
            subprocess.run(
                ["cc", "-std=c11", "-O1", "-D_GNU_SOURCE", "-o",
                 f"{folder}/clickhouse_server", _LAUNCHER, "-ldl"],
                check=True)
        return cache.made(f"launcher-{mark}", build) + "/clickhouse_server"

    def configuration(self):
        return {"timezone": "UTC"}

    def prepare(self):
        options = dict(self.options)
        users = _users(options.pop("profile", {}))
        users_path = os.path.join(self.folder, "users.xml")
        content = {"users_config": users_path, **self.configuration(),
                   **options}
        for path, tree in ((users_path, users), (self.config(), content)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(_xml(self.root, tree))

    def config(self):
        return os.path.join(self.folder, "config.xml")

    def command(self):
        return [self.launcher(), self.library(),
                f"--path={self.folder}/data", f"--http_port={self.port}",
                "--listen_host=127.0.0.1", f"--config-file={self.config()}"]

    def ping(self):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            link.request("GET", "/ping")
            return link.getresponse().read() == b"Ok.\n"
        except http.client.HTTPException:
            return False
        finally:
            link.close()

    # -- use ---------------------------------------------------------------

    def url(self, database="", port=None):
        """For tidemark; port: that of a proxy in front."""
        return f"clickhouse://{USER}@127.0.0.1:{port or self.port}" \
            f"/{database}"

    def admin(self):
        return Client(self.port)

    def query(self, sql, body=b"", **more):
        return self.admin().query(sql, body, **more)

    def rows(self, sql, database=None):
        return self.admin().rows(sql, database)

    def create_database(self, name):
        self.query(f"CREATE DATABASE `{name}` ENGINE = Atomic")

    def drop_database(self, name):
        self.query(f"DROP DATABASE IF EXISTS `{name}` SYNC")


class OldClickHouse(ClickHouse):
    """18.16: good for the refusal only."""

    kind = "clickhouse-old"
    install = "clickhouse-old"
    root = "yandex"

    @classmethod
    def tree(cls):
        return os.path.join(cache.folder(), _OLD)

    @classmethod
    def available(cls):
        if not os.path.exists(cls.tree()):
            return f"{_OLD} is not in the cache"
        return None

    @classmethod
    def version(cls):
        return _OLD.partition("-")[2]

    def configuration(self):
        return {"http_port": self.port, "tcp_port": free_port(),
                "interserver_http_port": free_port(),
                "listen_host": "127.0.0.1",
                "path": f"{self.folder}/data/",
                "tmp_path": f"{self.folder}/tmp/",
                "format_schema_path": f"{self.folder}/schemas/",
                "logger": {"level": "warning",
                           "log": f"{self.folder}/server.log",
                           "errorlog": f"{self.folder}/error.log"},
                "default_profile": "default", "default_database": "default",
                "mark_cache_size": 1 << 26, "timezone": "UTC"}

    def command(self):
        return [f"{self.tree()}/usr/sbin/clickhouse-server",
                f"--config-file={self.config()}"]

    def environment(self):
        return {**os.environ, "LD_LIBRARY_PATH":
                f"{self.tree()}/usr/lib/x86_64-linux-gnu"}

    def create_database(self, name):
        self.query(f"CREATE DATABASE `{name}`")

    def drop_database(self, name):
        self.query(f"DROP DATABASE IF EXISTS `{name}`")
