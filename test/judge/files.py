"""A folder of files against the source: NDJSON in gzip, named by a manifest.

One folder a table; `manifest.ndjson` names the parts that count, and
{"current": READING} the reading that is live. The newest version of each key
wins, whatever the order of the parts; NULL is an absent key.
"""

import base64
import gzip
import json
import os

from . import source as src
from .matching import Matching
from .verdict import Difference, Verdict

MANIFEST = "manifest.ndjson"


def parts(folder):
    """Entries of the manifest that are live, in its order.

    A last line that is torn does not count, nor does a load of several
    parts whose last part is missing.
    """
    with open(os.path.join(folder, MANIFEST), encoding="utf-8") as file:
        lines = file.read().split("\n")[:-1]
    live, waiting, current = [], [], ""
    for entry in map(json.loads, lines):
        if "current" in entry:
            current = entry["current"] + "/"
        if "name" not in entry:
            continue
        waiting = waiting + [entry] if entry.get("part", 1) > 1 else [entry]
        if entry.get("part", 1) == entry.get("parts", 1):
            live += waiting
    return [entry for entry in live
            if (entry["name"].rpartition("/")[0] + "/").lstrip("/")
            == current]


def rows(folder, verdict):
    """Every line of every live part; a part must hold what it says."""
    for entry in parts(folder):
        path = os.path.join(folder, entry["name"])
        count = 0
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                count += 1
                yield json.loads(line, parse_int=str, parse_float=str)
        if count != int(entry["rows"]):
            verdict.add(Difference("rows of", "", entry["name"],
                                   str(entry["rows"]), str(count)))


def cell(column, value):
    """The cell of a line as judge.source makes it."""
    if value is None:
        return src.NULL
    kind = column.data_type
    if kind in src.BYTES or kind in src.GEOMETRIES \
            or kind in src.TEXTS and column.charset is None \
            and kind != "json":
        return base64.b64decode(value, validate=True).hex().upper()
    if column.is_hex:
        return value.encode().hex().upper()
    if column.is_float:
        return src.bits(float(value), kind == "float", False)
    if kind in ("datetime", "timestamp"):
        value = value.removesuffix("Z") if kind == "timestamp" else value
        value = value.replace("T", " ", 1)
    if kind in ("time", "datetime", "timestamp"):
        whole, _, part = value.partition(".")
        return f"{whole}.{part:0<6}"
    return value


def newest(table, folder, verdict):
    """Lines of the living rows: of each key its highest version."""
    found, empty_since, bag = {}, 0, []
    for row in rows(folder, verdict):
        version = int(row["_tm_version"])
        if version <= 0 or version >> 63:
            verdict.add(Difference("_tm_version", "", str(version),
                                   "1 to 2^63-1", str(version)))
        if row.get("_tm_truncated"):
            empty_since = max(empty_since, version)
            continue
        line = "\t".join(cell(column, row.get(column.name))
                         for column in table.columns)
        if not table.key:
            bag.append((version, line))
            continue
        cells = line.split("\t")
        key = tuple(cells[place] for place in table.key_places())
        if version >= found.get(key, (0,))[0]:
            found[key] = version, line, int(row["_tm_deleted"])
    bag += [(version, line) for version, line, deleted in found.values()
            if not deleted]
    return [line for version, line in bag if version > empty_since]


def compare_files(source_connection, source_db, table, folder, columns=None,
                  filter=None, zero_dates="stop", key=None, report=print):
    """A Verdict; `folder` is that of the table. As comparator.compare."""
    src.begin(source_connection)
    try:
        plan = src.describe(source_connection, source_db, table, columns,
                            zero_dates, key)
        verdict = Verdict(f"{source_db}.{table}",
                          column_count=len(plan.columns))
        matching = Matching(source_connection, plan, verdict, filter)
        waiting, _ = matching.read_source()
        lines = newest(plan, folder, verdict)
        if not src.shows_sign_of_zero(source_connection):
            lines = [_without_sign(plan, line) for line in lines]
        matching.match(waiting, lines)
    finally:
        source_connection.rollback()
    if not verdict.ok and report:
        report(str(verdict))
    return verdict


def _without_sign(table, line):
    """-0.0 as 0.0, for sources that do not tell them apart."""
    zeros = {"float": str(1 << 31), "double": str(1 << 63)}
    cells = line.split("\t")
    for place, column in enumerate(table.columns):
        if cells[place] == zeros.get(column.data_type):
            cells[place] = "0"
    return "\t".join(cells)
