"""Compares a table of the source with what people see in the warehouse.

Both sides make the same line of text for each row (judge.source); equal
lines cancel out whatever their order, and what is left is told apart cell by
cell. So nothing rests on a collation, an order or a sum.
"""

import dataclasses

from . import clickhouse as ch
from . import source as src
from .source import JudgeError
from .verdict import Difference, Verdict, show

CHUNK_ROWS = 500_000
INTEGER_TYPES = set(src.INTEGERS)


@dataclasses.dataclass
class _Sides:
    """The two sides of one table and what was asked of them."""

    connection: object
    table: src.Table
    server: ch.ClickHouse
    database: str
    view: str
    deletes: str
    filter: object
    verdict: Verdict

    def key_of(self, line):
        cells = line.split("\t")
        return "\t".join(cells[place] for place in self.table.key_places())

    def key_text(self, line):
        cells = line.split("\t")
        places = self.table.key_places() or range(min(4, len(cells)))
        return ", ".join(
            f"{self.table.columns[p].name}="
            + show(cells[p], self.table.columns[p].is_hex) for p in places)


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
        sides = _Sides(source_connection, plan, server, warehouse_db, target,
                       deletes, filter, verdict)
        found = _check_columns(sides, target, deletes == "mark")
        if found:
            _compare_rows(sides, found)
        if stored and found:
            _check_stored(sides, f"{target}__tm")
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


def _check_columns(sides, view, is_marked):
    """{name: type} of the view; None when it cannot be read row by row."""
    found = ch.columns(sides.server, sides.database, view)
    verdict = sides.verdict
    if not found:
        verdict.add(Difference("view", view, "", "is there", "is not there"))
        return None
    wanted = sides.table.names()
    for name in wanted:
        if name not in found:
            verdict.add(Difference("column", "", name, "is there",
                                   "is not there"))
    for name in found:
        if name not in wanted and not (is_marked and name == "_tm_deleted"):
            verdict.add(Difference("column", "", name, "is not there",
                                   "is there"))
    if any(name not in found for name in wanted):
        return None
    for column in sides.table.columns:
        type_text = found[column.name][0]
        if not _fits(type_text, column.clickhouse_type()):
            verdict.add(Difference("type of", "", column.name,
                                   column.clickhouse_type(), type_text))
    return {name: found[name][0] for name in wanted}


def _fits(found, wanted):
    """Int64 stands for Time64 on servers that lack it."""
    return found == wanted or found == wanted.replace("Time64(6)", "Int64") \
        and "DateTime" not in wanted


def _warehouse_lines(sides, types, where, condition):
    folds = not src.shows_sign_of_zero(sides.connection)
    cells = [ch.expression(column.name, types[column.name],
                           column.data_type == "time", folds)
             for column in sides.table.columns]
    name = ch.full_name(sides.database, sides.view)
    conditions = [c for c in (where, condition) if c]
    tail = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return sides.server.lines(f"SELECT {', '.join(cells)} FROM {name}{tail}")


def _chunks(sides):
    """Conditions that cut the table along its first, integer key column."""
    table = sides.table
    first = next((c for c in table.columns
                  if table.key and c.name == table.key[0]), None)
    if first is None or first.data_type not in INTEGER_TYPES \
            or src.count(sides.connection, table) <= CHUNK_ROWS:
        return [("", "")]
    name = src.quote(first.name)
    bounds = []
    while True:
        after = f"WHERE {name} > {bounds[-1]}" if bounds else ""
        rows = src.fetch(
            sides.connection, f"SELECT {name} FROM {table.full_name} {after}"
            f" ORDER BY {name} LIMIT 1 OFFSET {CHUNK_ROWS}")
        if not rows:
            break
        bounds.append(int(rows[0][0]))
    conditions = []
    for low, high in zip([None, *bounds], [*bounds, None]):
        parts = [([f"> {low}"] if low is not None else []),
                 ([f"<= {high}"] if high is not None else [])]
        tests = [test for part in parts for test in part]
        conditions.append(tuple(
            " AND ".join(f"{quoted} {test}" for test in tests)
            for quoted in (name, ch.quote(first.name))))
    return conditions


def _compare_rows(sides, types):
    hidden = "_tm_deleted = 0" if sides.deletes == "mark" else ""
    for source_where, warehouse_where in _chunks(sides):
        where = f"WHERE {source_where}" if source_where else ""
        waiting, gone = _read_source(sides, where)
        extra = []
        for line in _warehouse_lines(sides, types, warehouse_where, hidden):
            found = waiting.get(line)
            if found is None:
                extra.append(line)
            elif found == 1:
                del waiting[line]
            else:
                waiting[line] = found - 1
        if sides.deletes == "mark":
            _check_marked(sides, types, warehouse_where, gone)
        missing = [line for line, n in waiting.items() for _ in range(n)]
        if missing or extra:
            _tell_apart(sides, missing, extra)


def _read_source(sides, where):
    """{line: how often}, and the keys of the rows when they are needed."""
    waiting, keys = {}, set()
    wants_keys = sides.deletes == "mark"
    for line in src.lines(sides.connection, sides.table, where):
        if sides.filter and not sides.filter(_row(sides.table, line)):
            continue
        waiting[line] = waiting.get(line, 0) + 1
        if wants_keys:
            keys.add(sides.key_of(line))
        sides.verdict.rows += 1
    return waiting, keys


def _row(table, line):
    row = {}
    for column, cell in zip(table.columns, line.split("\t")):
        if cell == src.NULL:
            cell = None
        elif column.is_hex:
            cell = bytes.fromhex(cell)
            if column.data_type in src.TEXTS and column.charset:
                cell = cell.decode()
        row[column.name] = cell
    return row


def _check_marked(sides, types, where, living):
    for line in _warehouse_lines(sides, types, where, "_tm_deleted = 1"):
        sides.verdict.marked += 1
        if sides.key_of(line) in living:
            sides.verdict.add(Difference(
                "mark", sides.key_text(line), "", "alive", "deleted"))


def _tell_apart(sides, missing, extra):
    """Lines without a partner, told as missing, extra or differing cells."""
    if not sides.table.key:
        for kind, lines in (("missing", missing), ("extra", extra)):
            for line in lines:
                sides.verdict.add(Difference(kind, sides.key_text(line)))
        return
    partners = {}
    for line in extra:
        partners.setdefault(sides.key_of(line), []).append(line)
    for line in sorted(missing):
        partner = partners.get(sides.key_of(line))
        if partner:
            _compare_cells(sides, line, partner.pop())
        else:
            sides.verdict.add(Difference("missing", sides.key_text(line)))
    kept = _kept_keys(sides) if sides.deletes == "keep" else set()
    for line in sorted(line for lines in partners.values()
                       for line in lines):
        if sides.key_of(line) in kept:
            sides.verdict.kept += 1
        else:
            sides.verdict.add(Difference("extra", sides.key_text(line)))


def _compare_cells(sides, line, partner):
    for column, left, right in zip(sides.table.columns, line.split("\t"),
                                   partner.split("\t")):
        if left != right:
            sides.verdict.add(Difference(
                "cell", sides.key_text(line), column.name,
                show(left, column.is_hex), show(right, column.is_hex)))


def _kept_keys(sides):
    """Keys of living rows without a digest: kept on purpose."""
    stored = f"{sides.view}__tm"
    types = ch.columns(sides.server, sides.database, stored)
    cells = [ch.expression(column.name, types[column.name][0],
                           column.data_type == "time")
             for column in sides.table.columns]
    return {sides.key_of(line) for line in sides.server.lines(
        f"SELECT {', '.join(cells)} FROM "
        f"{ch.full_name(sides.database, stored)} FINAL "
        "WHERE _tm_digest = 0 AND _tm_deleted = 0")}


def _check_stored(sides, stored):
    """The stored table has the view's types, rows and the source's key."""
    found = ch.columns(sides.server, sides.database, stored)
    if not found:
        sides.verdict.add(Difference("stored table", stored, "",
                                     "is there", "is not there"))
        return
    sorted_by = {name for name, (_, _, is_key) in found.items() if is_key}
    if sides.table.key and sorted_by != set(sides.table.key):
        sides.verdict.add(Difference(
            "key", stored, "", ", ".join(sides.table.key),
            ", ".join(sorted(sorted_by))))
    if sides.table.key:
        _check_stored_rows(sides, stored)


def _check_stored_rows(sides, stored):
    condition = "" if sides.deletes == "mark" else " WHERE _tm_deleted = 0"
    counts = [sides.server.rows(f"SELECT count() FROM {name}")[0][0]
              for name in (
                  ch.full_name(sides.database, sides.view),
                  ch.full_name(sides.database, stored) + " FINAL"
                  + condition)]
    if counts[0] != counts[1]:
        sides.verdict.add(Difference("rows of", stored, "",
                                     f"view {counts[0]}", counts[1]))


__all__ = ["compare", "JudgeError"]
