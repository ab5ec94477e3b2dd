"""Is the content right? Nothing here shares code with tidemark.

The reference is a copy in the warehouse that the judge has compared with the
source, cell by cell. After each run the warehouse sums hashes of key and cell
of every column, of the target and of the reference. Where they differ, rows
are joined by key to tell how many cells of which column.
"""

import re

from judge import digests
from judge.clickhouse import ClickHouse as Judge
from judge.clickhouse import bare_type, columns, quote
from judge.comparator import compare

from .servers import REFERENCE, TARGET

DIGEST_ROWS = 100_000


class ContentError(Exception):
    """tidemark's own content is not the source's."""


def make_reference(servers, database, table, key):
    """Judges what tidemark has loaded, every cell, and keeps a copy."""
    judge = Judge("127.0.0.1", servers.warehouse.port)
    with servers.source.admin(database) as connection:
        verdict = compare(connection, database, table, judge, TARGET,
                          report=None)
    if "view" not in verdict.kinds():
        digests.check_digests(judge, TARGET, table, verdict, DIGEST_ROWS)
    if not verdict.ok:
        raise ContentError(str(verdict))
    servers.query(f"DROP DATABASE IF EXISTS {REFERENCE} SYNC")
    servers.query(f"CREATE DATABASE {REFERENCE} ENGINE = Atomic")
    servers.query(
        f"CREATE TABLE {REFERENCE}.{table} ENGINE = MergeTree ORDER BY {key}"
        f" AS SELECT * FROM {TARGET}.{table}")
    return verdict.cells


def _types(servers, name):
    database, _, table = name.partition(".")
    judge = Judge("127.0.0.1", servers.warehouse.port)
    return {column: found[0] for column, found in
            columns(judge, database, table).items()}


def _sums(servers, name, names, key):
    """Rows, and of each column its cells that are not NULL and a sum of
    hashes that ties each cell to its row."""
    cells = ", ".join(f"count({quote(column)}), "
                      f"sum(cityHash64({quote(key)}, {quote(column)}))"
                      for column in names)
    row = servers.rows(f"SELECT count(), {cells} FROM {name}")[0]
    return row[0], {column: tuple(row[1 + 2 * at:3 + 2 * at])
                    for at, column in enumerate(names)}


class Content:
    """Compares targets with the reference of one table."""

    def __init__(self, servers, table, key):
        self.servers = servers
        self.reference = f"{REFERENCE}.{table}"
        self.key = key
        self.types = _types(servers, self.reference)
        self.rows, self.sums = _sums(servers, self.reference, self.types,
                                     key)

    def verdict(self, target):
        """"equal", or in what way it is not."""
        found = _types(self.servers, target)
        missing = [name for name in self.types if name not in found]
        if not found or missing:
            return f"no column {', '.join(missing)}" if found \
                else "no table"
        faults = [f"{name} is {_kind(found[name])}, not {_kind(wanted)}"
                  for name, wanted in self.types.items()
                  if _kind(found[name]) != _kind(wanted)]
        rows, sums = _sums(self.servers, target, self.types, self.key)
        if rows != self.rows:
            faults.append(f"{rows} rows of {self.rows}")
        differing = [name for name in self.types
                     if sums[name] != self.sums[name]]
        for name in differing:
            cells = self._differing(target, name)
            if cells:
                faults.append(f"{cells} of {self.rows} cells of {name} "
                              "differ")
        return "; ".join(faults) or "equal"

    def _differing(self, target, name):
        """Cells whose value, as the reference's type, is another one."""
        column = quote(name)
        kind = f"Nullable({bare_type(self.types[name])})"
        return self.servers.rows(
            f"SELECT countIf(ifNull(b.x != a.{column}, isNull(b.x) != "
            f"isNull(a.{column}))) FROM {self.reference} AS a INNER JOIN "
            f"(SELECT {quote(self.key)} AS k, CAST({column} AS {kind}) AS x "
            f"FROM {target}) AS b ON a.{quote(self.key)} = b.k")[0][0]


def _kind(type_text):
    """Without labels and zone, which make no other value."""
    kind = bare_type(type_text)
    if kind.startswith("Enum"):
        return "Enum"
    return re.sub(r", '[^']*'", "", kind)
