"""Peers by an option: two of PyPI, installed into a folder of their own, and
two that take part where they are found on the path."""

import os
import shutil
import subprocess
import tempfile

from . import servers as places
from .measure import say
from .programs import HERE, run
from .servers import TARGET
from .tools import Tool

PACKAGES = {
    "dlt": ["dlt[clickhouse,sql-database]==1.31.*", "connectorx==0.4.6",
            "pyarrow", "pymysql", "pandas"],
    "mysql_ch_replicator": ["mysql-ch-replicator==0.1.16"]}


def _folder(name):
    return os.path.join(places.folder(), "peers", name)


def _install(name):
    """A Python with that peer; the folder has its name once it is whole."""
    folder = _folder(name)
    done = os.path.join(folder, "complete")
    if os.path.exists(done):
        return
    say(f"installing {name}")
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True)
    subprocess.run([os.path.join(folder, "bin", "pip"), "install", "-q",
                    *PACKAGES[name]], check=True)
    with open(done, "w", encoding="ascii"):
        pass


class Native(Tool):
    """A peer that loads by the native port."""

    def prepare(self):
        super().prepare()
        self.servers.query("SYSTEM START LISTEN TCP")
        self.tcp_port = self.servers.warehouse.tcp_port


class Dlt(Native):
    name = "dlt connectorx"
    version = "dlt 1.31, connectorx 0.4.6"
    package = "dlt"

    def run(self):
        self.target = f"{TARGET}.dlt___{self.table}"
        with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as place:
            return run(self.programs, [
                os.path.join(_folder(self.package), "bin", "python"),
                str(HERE / "peer_dlt.py"),
                "mysql+pymysql://root@127.0.0.1:"
                f"{self.servers.source.port}/{self.database}", self.table,
                TARGET, str(self.tcp_port),
                str(self.servers.warehouse.port), place], place)


_REPLICATOR = """mysql: {{host: 127.0.0.1, port: {source}, user: root,
  password: ""}}
clickhouse: {{host: 127.0.0.1, port: {warehouse}, user: default,
  password: ""}}
binlog_replicator: {{data_dir: {folder}/binlog}}
databases: {database}
target_databases: {{{database}: {target}}}
"""


class Replicator(Tool):
    """Its initial replication; it makes the database by itself."""

    name = "mysql_ch_replicator"
    version = "0.1.16"
    package = "mysql_ch_replicator"

    def prepare(self):
        for suffix in ("", "_tmp"):
            self.servers.query(
                f"DROP DATABASE IF EXISTS {TARGET}{suffix} SYNC")

    def run(self):
        with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as place:
            path = os.path.join(place, "config.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(_REPLICATOR.format(
                    source=self.servers.source.port, folder=place,
                    warehouse=self.servers.warehouse.port,
                    database=self.database, target=TARGET))
            return run(self.programs, [
                os.path.join(_folder(self.package), "bin",
                             "mysql_ch_replicator"),
                "--config", path, "--db", self.database,
                "--target_db", TARGET, "--initial_only", "True",
                "db_replicator"], place)


class Ingestr(Native):
    name = "ingestr"

    def run(self):
        return run(self.programs, [
            "ingestr", "ingest", "--yes", "--source-uri",
            f"mysql://root@127.0.0.1:{self.servers.source.port}/"
            f"{self.database}",
            "--source-table", f"{self.database}.{self.table}",
            "--dest-uri",
            f"clickhouse://default:@127.0.0.1:{self.tcp_port}"
            f"?http_port={self.servers.warehouse.port}&secure=0",
            "--dest-table", self.target])


class Sling(Native):
    name = "Sling"

    def run(self):
        return run(self.programs, [
            "sling", "run", "--src-conn",
            f"mysql://root@127.0.0.1:{self.servers.source.port}/"
            f"{self.database}",
            "--src-stream", f"{self.database}.{self.table}", "--tgt-conn",
            f"clickhouse://default:@127.0.0.1:{self.tcp_port}/"
            f"{TARGET}",
            "--tgt-object", self.target, "--mode", "full-refresh"])


def available():
    """Classes of the peers that can run here."""
    for name in PACKAGES:
        _install(name)
    return [Dlt, Replicator] + [
        tool for tool, program in ((Ingestr, "ingestr"), (Sling, "sling"))
        if shutil.which(program)]
