"""Source and warehouse of a benchmark: servers of its own, on data that stay.

They end with the benchmark. What they have spent is read from /proc and from
their own counters.
"""

import http.client
import json
import os
import time
from urllib.parse import urlencode

from lab import cache
from lab.databases import (GRANTS, PASSWORD, USER, WINDOW_GRANTS,
                           WINDOW_USER)
from lab.servers import (ClickHouse, ClickHouseError, MariaDB, MySQL,
                         free_port)

SOURCES = {"mariadb": MariaDB, "mysql": MySQL}
TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20
TARGET = "bench_target"        # emptied before every run
REFERENCE = "bench_reference"  # what was judged, to compare with
QUIET_S = 0.3
SOURCE_COUNTERS = ("Questions", "Connections", "Bytes_sent")
WAREHOUSE_COUNTERS = {
    "InsertQuery": "inserts", "MergeTreeDataWriterBlocks": "parts",
    "NetworkReceiveBytes": "bytes_received", "Merge": "merges"}


def folder():
    """Where builds, data and installed peers lie, outside the tree."""
    return os.environ.get("TIDEMARK_BENCH") \
        or os.path.join(cache.folder(), "bench")


def cpu_s(pid):
    """User and system time of a process and of its ended children."""
    with open(f"/proc/{pid}/stat", encoding="ascii",
              errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICKS


def _source_options(kind):
    log = {"innodb_log_file_size": "1G"} if kind == "mariadb" else \
        {"innodb_redo_log_capacity": "1G"}
    return {"innodb_buffer_pool_size": "3G",
            "innodb_buffer_pool_load_at_startup": "OFF",
            "innodb_flush_log_at_trx_commit": "0", **log}


class Warehouse(ClickHouse):
    """Peers want the native port, too."""

    def start(self, *arguments, **options):
        self.tcp_port = free_port()
        return super().start(*arguments, **options)

    def command(self):
        return [*super().command(), f"--tcp_port={self.tcp_port}"]


class Servers:
    """`with Servers("mariadb") as servers`: both, running.

    is_cold: the source starts anew before each run, its buffer pool empty;
    the files stay in the system's cache.
    """

    def __init__(self, kind, is_cold=False):
        self.kind = kind
        self.is_cold = is_cold
        place = os.path.join(folder(), "servers")
        self.source = SOURCES[kind]().start(
            os.path.join(place, kind), **_source_options(kind))
        try:
            self.warehouse = Warehouse().start(
                os.path.join(place, "clickhouse"))
            self._watch = self.source.admin()
            self._make_users()
        except BaseException:
            self.source.stop()
            raise
        self._own = self._cost_of_looking()

    def _make_users(self):
        """Data that were kept may be older than a user."""
        for user, grants in ((USER, GRANTS), (WINDOW_USER, WINDOW_GRANTS)):
            self.sql(f"CREATE USER IF NOT EXISTS '{user}'@'%' IDENTIFIED BY "
                     f"'{PASSWORD}'")
            self.sql(f"GRANT {grants} ON *.* TO '{user}'@'%'")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._watch.close()
        self.warehouse.stop()
        self.source.stop()

    # statements

    def sql(self, text, database=None):
        return self.source.query(text, database=database)

    def rows(self, text):
        """Rows of ClickHouse, which may take their time."""
        return Requests(self.warehouse.port).rows(text)

    def query(self, text, **settings):
        return Requests(self.warehouse.port).query(text, **settings)

    # what they have spent

    def spent(self):
        """Counters of both since they were started; floats and integers."""
        with self._watch.cursor() as cursor:
            names = ", ".join(f"'{name}'" for name in SOURCE_COUNTERS)
            cursor.execute(
                f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
            found = dict(cursor.fetchall())
        events = ", ".join(f"'{name}'" for name in WAREHOUSE_COUNTERS)
        counts = dict(self.rows(
            f"SELECT event, value FROM system.events WHERE event IN "
            f"({events})"))
        return {
            "source_cpu_s": cpu_s(self.source.process.pid),
            "warehouse_cpu_s": cpu_s(self.warehouse.process.pid),
            "source_requests": int(found["Questions"]),
            "source_connections": int(found["Connections"]),
            "source_bytes": int(found["Bytes_sent"]),
            **{name: int(counts.get(event, 0))
               for event, name in WAREHOUSE_COUNTERS.items()}}

    def spent_since(self, before):
        """The difference, without what the looking itself has cost."""
        now = self.spent()
        return {name: round(now[name] - before[name]
                            - self._own.get(name, 0), 3)
                for name in now}

    def _cost_of_looking(self):
        self.spent()
        first, second = self.spent(), self.spent()
        return {name: second[name] - first[name] for name in second
                if not name.endswith("cpu_s")}

    def await_quiet(self, timeout_s=300):
        """Merges have ended, and neither server is busy any more."""
        end = time.monotonic() + timeout_s
        pids = (self.source.process.pid, self.warehouse.process.pid)
        while time.monotonic() < end:
            before = [cpu_s(pid) for pid in pids]
            time.sleep(QUIET_S)
            busy = sum(cpu_s(pid) for pid in pids) - sum(before)
            if busy < 0.2 * QUIET_S \
                    and not self.rows("SELECT 1 FROM system.merges")[:1]:
                return

    def make_ready(self):
        """To be called right before each run that is measured."""
        if self.is_cold:
            self._watch.close()
            self.source.restart()
            self._watch = self.source.admin()
        self.await_quiet()

    def empty_target(self):
        self.query(f"DROP DATABASE IF EXISTS {TARGET} SYNC")
        self.query(f"CREATE DATABASE {TARGET} ENGINE = Atomic")


class Requests:
    """Statements by HTTP as `default`, which may take an hour."""

    def __init__(self, port):
        self.port = port

    def query(self, text, **settings):
        link = http.client.HTTPConnection("127.0.0.1", self.port,
                                          timeout=3600)
        try:
            link.request("POST", "/?" + urlencode(settings), text.encode())
            answer = link.getresponse()
            body = answer.read()
        finally:
            link.close()
        if answer.status != 200 \
                or answer.headers["X-ClickHouse-Exception-Code"]:
            raise ClickHouseError(body.decode(errors="replace"))
        return body

    def rows(self, text):
        return json.loads(self.query(
            text + " FORMAT JSONCompact",
            output_format_json_quote_64bit_integers=0))["data"]
