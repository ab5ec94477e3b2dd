"""Compares a table of the source with what people see in ClickHouse.

Both sides make the same line of text for each row (judge.source), and equal
lines cancel out (judge.matching). Beside the rows, the columns, their types,
the key and the stored table behind the view are looked at.
"""

import dataclasses

from . import clickhouse as ch
from . import source as src
from .matching import Matching
from .source import JudgeError
from .verdict import Difference, Verdict

CHUNK_ROWS = 500_000


def compare(source_connection, source_db, table, clickhouse, warehouse_db,
            target=None, columns=None, deletes="remove", filter=None,
            zero_dates="stop", key=None, stored=True, report=print):
    """A Verdict; its first differences are reported when it is not ok.

    columns: names that are compared and stored. filter: called with a dict
    of the row's cells (name: text, bytes or None), False where the
    warehouse must not show the row: what `rows:` and `soft_delete:` leave
    out. stored: also look at the stored table beside the view.
    """
    server = ch.ClickHouse.of(clickhouse)
    target = target or table
    src.begin(source_connection)
    try:
        key = key or _stored_key(
            server, warehouse_db, f"{target}__tm",
            src.keys(source_connection, source_db, table))
        plan = src.describe(source_connection, source_db, table, columns,
                            zero_dates, key)
        verdict = Verdict(f"{source_db}.{table}",
                          column_count=len(plan.columns))
        matching = Matching(source_connection, plan, verdict, filter)
        sides = _Sides(matching, server, warehouse_db, target, deletes)
        sides.judge(stored)
    finally:
        source_connection.rollback()
    if not verdict.ok and report:
        report(str(verdict))
    return verdict


def _stored_key(server, database, stored, keys):
    """That of several keys by which the warehouse has sorted."""
    found = ch.columns(server, database, stored)
    sorted_by = {name for name, (_, _, is_key) in found.items() if is_key}
    return next((key for key in keys if set(key) == sorted_by),
                next(iter(keys), []))


def _fits(found, wanted):
    """Int64 stands for Time64 on servers that lack it."""
    return found == wanted or "DateTime" not in wanted \
        and found == wanted.replace("Time64(6)", "Int64")


def chunks(connection, table):
    """Conditions, for source and warehouse, that cut a large table along its
    first key column where that is an integer."""
    first = next((c for c in table.columns
                  if table.key and c.name == table.key[0]), None)
    if first is None or first.data_type not in src.INTEGERS \
            or src.count(connection, table) <= CHUNK_ROWS:
        return [("", "")]
    name = src.quote(first.name)
    bounds = []
    while True:
        after = f"WHERE {name} > {bounds[-1]}" if bounds else ""
        rows = src.fetch(
            connection, f"SELECT {name} FROM {table.full_name} {after}"
            f" ORDER BY {name} LIMIT 1 OFFSET {CHUNK_ROWS}")
        if not rows:
            break
        bounds.append(int(rows[0][0]))
    conditions = []
    for low, high in zip([None, *bounds], [*bounds, None]):
        tests = [f"> {low}"] if low is not None else []
        tests += [f"<= {high}"] if high is not None else []
        conditions.append(tuple(
            " AND ".join(f"{quoted} {test}" for test in tests)
            for quoted in (name, ch.quote(first.name))))
    return conditions


@dataclasses.dataclass
class _Sides:
    """Source and ClickHouse of one table."""

    matching: Matching
    server: ch.ClickHouse
    database: str
    view: str
    deletes: str

    def __post_init__(self):
        self.table = self.matching.table
        self.verdict = self.matching.verdict
        self.stored = f"{self.view}__tm"
        if self.deletes == "keep":
            self.matching.kept_keys = self._kept_keys

    def judge(self, stored):
        types = self._check_columns()
        if types:
            self._compare_rows(types)
        if stored and types:
            self._check_stored()

    def _add(self, *parts):
        self.verdict.add(Difference(*parts))

    def _check_columns(self):
        """{name: type} of the view; None when its rows cannot be read."""
        found = ch.columns(self.server, self.database, self.view)
        if not found:
            self._add("view", self.view, "", "is there", "is not there")
            return None
        wanted = self.table.names()
        own = ["_tm_deleted"] if self.deletes == "mark" else []
        for name in wanted:
            if name not in found:
                self._add("column", "", name, "is there", "is not there")
        for name in found:
            if name not in wanted + own:
                self._add("column", "", name, "is not there", "is there")
        if any(name not in found for name in wanted):
            return None
        for column in self.table.columns:
            if not _fits(found[column.name][0], column.clickhouse_type()):
                self._add("type of", "", column.name,
                          column.clickhouse_type(), found[column.name][0])
        return {name: found[name][0] for name in wanted}

    def _lines(self, types, *conditions):
        folds = not src.shows_sign_of_zero(self.matching.connection)
        cells = [ch.expression(column.name, types[column.name],
                               column.data_type == "time", folds)
                 for column in self.table.columns]
        tests = [test for test in conditions if test]
        tail = f" WHERE {' AND '.join(tests)}" if tests else ""
        return self.server.lines(
            f"SELECT {', '.join(cells)} FROM "
            f"{ch.full_name(self.database, self.view)}{tail}")

    def _compare_rows(self, types):
        is_marked = self.deletes == "mark"
        for here, there in chunks(self.matching.connection, self.table):
            waiting, living = self.matching.read_source(
                f"WHERE {here}" if here else "", is_marked)
            self.matching.match(waiting, self._lines(
                types, there, "_tm_deleted = 0" if is_marked else ""))
            if is_marked:
                self._check_marked(types, there, living)

    def _check_marked(self, types, where, living):
        for line in self._lines(types, where, "_tm_deleted = 1"):
            self.verdict.marked += 1
            if self.matching.key_of(line) in living:
                self._add("mark", self.matching.key_text(line), "", "alive",
                          "deleted")

    def _kept_keys(self):
        """Keys of living rows without a digest: kept on purpose."""
        types = ch.columns(self.server, self.database, self.stored)
        cells = [ch.expression(column.name, types[column.name][0],
                               column.data_type == "time")
                 for column in self.table.columns]
        return {self.matching.key_of(line) for line in self.server.lines(
            f"SELECT {', '.join(cells)} FROM "
            f"{ch.full_name(self.database, self.stored)} FINAL "
            "WHERE _tm_digest = 0 AND _tm_deleted = 0")}

    def _check_stored(self):
        """The stored table has the source's key and the view's rows."""
        found = ch.columns(self.server, self.database, self.stored)
        if not found:
            self._add("stored table", self.stored, "", "is there",
                      "is not there")
            return
        sorted_by = {name for name, (_, _, is_key) in found.items() if is_key}
        if sorted_by != set(self.table.key):
            self._add("key", self.stored, "", ", ".join(self.table.key),
                      ", ".join(sorted(sorted_by)))
        elif self.table.key:
            self._check_stored_rows()

    def _check_stored_rows(self):
        condition = " WHERE _tm_deleted < 2" if self.deletes == "mark" \
            else " WHERE _tm_deleted = 0"
        view = ch.full_name(self.database, self.view)
        stored = ch.full_name(self.database, self.stored)
        counts = [self.server.rows(f"SELECT count() FROM {name}")[0][0]
                  for name in (view, f"{stored} FINAL{condition}")]
        if counts[0] != counts[1]:
            self._add("rows of", self.stored, "", f"view {counts[0]}",
                      counts[1])


__all__ = ["compare", "JudgeError"]
