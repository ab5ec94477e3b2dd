"""What carries the rows: tidemark, and the peers that any machine can run.

A tool has a name; prepare() makes the target anew outside the clock; run()
does the work and returns its cost; `target` is the table that is checked.
"""

import shutil
import tempfile
import time
from urllib.parse import quote

from lab.databases import PASSWORD
from lab.tidemark import Tidemark

from .programs import run
from .servers import REFERENCE, TARGET


class Tool:
    """One table of the source, database.table, into TARGET."""

    name = None
    version = None  # where it is not that of a server

    def __init__(self, servers, programs, database, table, key):
        self.servers = servers
        self.programs = programs
        self.database = database
        self.table = table
        self.key = key
        self.target = f"{TARGET}.{table}"

    def prepare(self):
        self.servers.empty_target()

    def run(self):
        raise NotImplementedError

    def make_target(self):
        """A table of the very types that the values need."""
        self.servers.query(
            f"CREATE TABLE {self.target} AS {REFERENCE}.{self.table} "
            f"ENGINE = MergeTree ORDER BY {self.key}")


class Load(Tool):
    """The first full load, with start-up, by an empty state."""

    name = "tidemark"
    warehouse = {}

    def settings(self, table=None, **more):
        """A folder with settings for it; the caller removes the folder."""
        folder = tempfile.mkdtemp(prefix="tidemark-bench-")
        own = Tidemark(self.programs.tidemark, folder)
        own.settings({
            "source": {"url": self.servers.source.url(
                self.database, tables=table or self.table),
                       "password": "${env:LAB_PASSWORD}"},
            "warehouse": {"url": self.servers.warehouse.url(TARGET),
                          "password": "${env:LAB_PASSWORD}",
                          **self.warehouse},
            "tables": [table or self.table], **more})
        return folder

    def run(self, prefix=(), environment=None, cgroup=None):
        folder = self.settings()
        try:
            return self.once(folder, prefix, environment, cgroup)
        finally:
            shutil.rmtree(folder)

    def once(self, folder, prefix=(), environment=None, cgroup=None):
        """A run by the settings and the state of that folder."""
        return run(self.programs,
                   [*prefix, self.programs.tidemark, "run", "--json"],
                   folder, {"LAB_PASSWORD": PASSWORD, **(environment or {})},
                   cgroup)


class LoadCompressed(Load):
    name = "tidemark zstd"
    warehouse = {"compression": "zstd"}


class Pull(Tool):
    """ClickHouse reads the source by its own client of MySQL."""

    name = "clickhouse mysql()"

    def prepare(self):
        super().prepare()
        self.make_target()

    def run(self):
        begin = time.monotonic()
        self.servers.query(
            f"INSERT INTO {self.target} SELECT * FROM mysql('127.0.0.1:"
            f"{self.servers.source.port}', '{self.database}', "
            f"'{self.table}', 'root', '')")
        return {"wall_s": time.monotonic() - begin, "tool_cpu_s": 0.0,
                "peak_mib": 0.0}


class Shell(Tool):
    """The client of MariaDB, to tab-separated text, to curl."""

    name = "mariadb | curl"

    def prepare(self):
        super().prepare()
        self.make_target()

    def run(self):
        statement = quote(f"INSERT INTO {self.target} FORMAT TSV")
        script = (
            "mariadb -h127.0.0.1 -P\"$1\" -uroot --skip-ssl -q -N -B "
            "--default-character-set=utf8mb4 "
            "--init-command=\"SET time_zone='+00:00'\" -e \"$3\" \"$2\" | "
            "curl -sS -f -X POST -T - \"$4\"")
        url = f"http://127.0.0.1:{self.servers.warehouse.port}/?query=" \
            f"{statement}&format_tsv_null_representation=NULL"
        return run(self.programs, [
            "bash", "-o", "pipefail", "-c", script, "shell",
            str(self.servers.source.port), self.database,
            f"SELECT * FROM `{self.table}`", url])


USUAL = [Load, LoadCompressed, Pull, Shell]
