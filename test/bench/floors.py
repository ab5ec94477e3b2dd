"""What nobody avoids: reading the rows, and loading them, by programs that do
nothing else. See numbers of doc/performance.md for how they are used."""

import glob
import os
import shutil
from urllib.parse import urlencode

from . import servers as places
from .programs import run

BATCHES = {"load 250k": 250_000, "load 1M": 1_000_000}
# One request, one block, one part, as far as it is asked for.
INSERT = {"async_insert": 0, "max_insert_block_size": 100_000_000,
          "min_insert_block_size_rows": 100_000_000,
          "min_insert_block_size_bytes": 10_000_000_000}


class Floors:
    """Needs the reference table: its rows are the bodies."""

    def __init__(self, servers, programs, database, table, key):
        self.servers = servers
        self.programs = programs
        self.database = database
        self.table = table
        self.key = key
        self.folder = os.path.join(places.folder(), "bodies")

    def write_bodies(self):
        """Native bodies in the order of the key, outside every clock."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        name = f"{places.REFERENCE}.{self.table}"
        total = self.servers.rows(f"SELECT count() FROM {name}")[0][0]
        for batch in BATCHES.values():
            for start in range(0, total, batch):
                body = self.servers.query(
                    f"SELECT * FROM {name} ORDER BY {self.key} "
                    f"LIMIT {batch} OFFSET {start} FORMAT Native",
                    max_block_size=batch)
                with open(self._body(batch, start), "wb") as file:
                    file.write(body)

    def _body(self, batch, start):
        return os.path.join(self.folder, f"{batch}-{start:012d}")

    def bodies(self, batch):
        return sorted(glob.glob(os.path.join(self.folder, f"{batch}-*")))

    def remove_bodies(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def once(self):
        """{name: cost} of each floor."""
        costs = {"read": self._read()}
        for name, batch in BATCHES.items():
            costs[name] = self._load(batch)
        return costs

    def _measure(self, command):
        self.servers.make_ready()
        before = self.servers.spent()
        done = run(self.programs, command)
        spent = self.servers.spent_since(before)
        _, wall, cpu = done.pop("output").split()
        return {**done, **spent, "wall_s": float(wall),
                "tool_cpu_s": float(cpu)}

    def _read(self):
        return self._measure([
            self.programs.floor_read, "127.0.0.1",
            str(self.servers.source.port), "root", "", self.database,
            self.table])

    def _load(self, batch):
        self.servers.empty_target()
        self.servers.query(
            f"CREATE TABLE {places.TARGET}.floor AS "
            f"{places.REFERENCE}.{self.table} ENGINE = MergeTree "
            f"ORDER BY {self.key}")
        target = "/?" + urlencode({
            "query": f"INSERT INTO {places.TARGET}.floor FORMAT Native",
            **INSERT})
        return self._measure([
            self.programs.floor_load, str(self.servers.warehouse.port),
            target, *self.bodies(batch)])
