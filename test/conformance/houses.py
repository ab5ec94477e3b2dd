"""Reads what a driver has stored, each warehouse by its own means.

    house.rows("t", columns)   [{name: cell}] of the living rows
    house.buckets("t")         _tm_bucket of every stored row, where it has one

Cells are compared as Python values: see `expected`. Nothing here knows how the
drivers write.
"""

import base64
import decimal
import gzip
import json
import os
import re
import struct
from urllib.parse import quote

import xxhash

from judge import clickhouse as ch
from lab.databases import PASSWORD

TIMES = ("time", "datetime", "timestamp")


def width_of(column):
    if "width" in column:
        return column["width"]
    if column["kind"] == "decimal":
        digits = column["precision"]
        return 4 if digits < 10 else 8 if digits < 19 \
            else 16 if digits < 39 else 32
    return {"bool": 1, "date": 4, "uuid": 16}.get(column["kind"], 8)


def expected(column, cell):
    """The value of a cell as a script gives it."""
    kind = column["kind"]
    if cell is None:
        return None
    if kind in ("text", "json"):
        return cell
    if kind in ("bytes", "uuid"):
        return cell.lower().replace("-", "")
    if kind == "float":
        return bits(float(cell), width_of(column))
    if kind == "decimal":
        return exact(cell)
    return int(cell)


def exact(text):
    """A decimal, whatever zeros stand behind its point."""
    with decimal.localcontext() as context:
        context.prec = 100
        return decimal.Decimal(text).normalize()


def bits(value, width):
    """A float as its bytes: -0.0 is not 0.0."""
    return struct.pack("<f" if width == 4 else "<d", value).hex()


def days(text):
    """Days since 1970-01-01, year 0 included."""
    year, month, day = map(int, text.split("-"))
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    of_era = of_era * 365 + of_era // 4 - of_era // 100 + of_year
    return era * 146097 + of_era - 719468


def span(text):
    """Microseconds of [-]h:mm:ss[.ffffff]."""
    sign, hours, minutes, seconds, part = re.fullmatch(
        r"(-?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?", text).groups()
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    whole = whole * 10 ** 6 + int((part or "").ljust(6, "0"))
    return -whole if sign else whole


def instant(text):
    day, time = text.replace("T", " ").split(" ")
    return days(day) * 86400 * 10 ** 6 + span(time)


def newest(rows, key):
    """Of each key the row with the highest version, unless deleted."""
    found = {}
    for version, deleted, row in rows:
        name = tuple(str(row[column]) for column in key)
        if version >= found.get(name, (0,))[0]:
            found[name] = version, deleted, row
    return [row for _, deleted, row in found.values() if not deleted]


class FilesHouse:
    name = "files"
    swaps = True

    def __init__(self, folder):
        self.folder = str(folder)

    def url(self, options=""):
        return f"files://{self.folder}{options}"

    def place(self, table):
        name = re.sub(r"[^A-Za-z0-9_.-]|^[.-]",
                      lambda match: quote(match[0].encode(), safe="")
                      .replace("-", "%2D").replace(".", "%2E"), table)
        if len(name) > 120:
            whole = name[:103]
            while re.search(r"%.?$", whole):
                whole = whole[:-1]
            hashed = xxhash.xxh3_64_hexdigest(table.encode())
            name = f"{whole}~{hashed}"
        return os.path.join(self.folder, name)

    def manifest(self, table):
        path = os.path.join(self.place(table), "manifest.ndjson")
        if not os.path.exists(path):
            return []
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
        return [json.loads(line) for line in lines[:-1]]

    def parts(self, table):
        """Lines of the parts that count."""
        lines = self.manifest(table)
        current = [line["current"] for line in lines if "current" in line]
        begin = f"{current[-1]}/" if current else ""
        parts, load = [], []
        for line in lines:
            if "name" not in line:
                continue
            load = load + [line] if line["part"] > 1 else [line]
            if line["part"] == line["parts"]:
                parts += load
        return [part for part in parts
                if part["name"].rpartition("/")[0] == begin.rstrip("/")]

    def stored(self, table):
        """Every line of every part; a part is as the manifest says."""
        for part in self.parts(table):
            path = os.path.join(self.place(table), part["name"])
            with open(path, "rb") as file:
                packed = file.read()
            assert len(packed) == part["bytes"]
            assert xxhash.xxh3_64_hexdigest(packed) == part["xxh3"]
            lines = gzip.decompress(packed).decode().split("\n")
            assert lines.pop() == ""
            assert len(lines) == part["rows"]
            rows = [json.loads(line, parse_int=str, parse_float=str,
                               object_pairs_hook=unique) for line in lines]
            versions = [int(row["_tm_version"]) for row in rows]
            assert min(versions) == part["lowest_version"]
            assert max(versions) == part["highest_version"]
            yield from rows

    def rows(self, table, columns, key):
        stored = []
        for row in self.stored(table):
            cells = {column["name"]: files_cell(
                column, row.get(column["name"])) for column in columns}
            stored.append((int(row["_tm_version"]),
                           row["_tm_deleted"] == "1", cells))
        return newest(stored, key)

    def buckets(self, table):
        return sorted(int(row["_tm_bucket"]) for row in self.stored(table))

    def strays(self, table):
        """Names in the table's folder that its manifest does not tell."""
        told = {part["name"] for part in self.parts(table)}
        found = set()
        for folder, _, names in os.walk(self.place(table)):
            for name in names:
                path = os.path.join(folder, name)
                found.add(os.path.relpath(path, self.place(table)))
        return found - told - {"manifest.ndjson"}


def unique(pairs):
    assert len(pairs) == len(dict(pairs)), "a key stands twice in a line"
    return dict(pairs)


def files_cell(column, value):
    kind = column["kind"]
    if value is None:
        return None
    if kind == "bool":
        return int(value)
    if kind == "bytes":
        return base64.b64decode(value, validate=True).hex()
    if kind == "uuid":
        return value.replace("-", "")
    if kind == "float":
        return bits(float(value), width_of(column))
    if kind == "decimal":
        assert "e" not in value.lower()
        assert len(value.partition(".")[2]) == column["scale"]
        return exact(value)
    if kind == "date":
        return days(value)
    if kind in TIMES:
        return files_time(kind, value)
    return value if kind in ("text", "json") else int(value)


def files_time(kind, value):
    assert (kind == "timestamp") == value.endswith("Z")
    assert (kind == "time") != ("T" in value)
    return span(value) if kind == "time" else instant(value.rstrip("Z"))


class ClickHouseHouse:
    name = "clickhouse"
    swaps = True

    def __init__(self, server, database):
        self.server = server
        self.database = database
        self.reader = ch.ClickHouse("127.0.0.1", server.port)

    def url(self, options=""):
        return self.server.url(self.database) + options

    def _rows(self, sql):
        return self.reader.rows(sql)

    def rows(self, table, columns, key):
        where = f"{ch.quote(self.database)}.{ch.quote(table)}"
        cells = ", ".join(clickhouse_sql(column) for column in columns)
        return [{column["name"]: clickhouse_cell(column, cell)
                 for column, cell in zip(columns, row)}
                for row in self._rows(f"SELECT {cells} FROM {where}")]

    def buckets(self, table):
        where = f"{ch.quote(self.database)}.{ch.quote(table + '__tm')}"
        return sorted(int(row[0]) for row in self._rows(
            f"SELECT _tm_bucket FROM {where}"))


def clickhouse_sql(column):
    name = ch.quote(column["name"])
    kind = column["kind"]
    if kind in ("text", "json", "bytes"):
        return f"hex({name})"
    if kind == "float":
        return f"hex(reinterpretAsString({name}))"
    if kind in ("datetime", "timestamp"):
        return f"toUnixTimestamp64Micro({name})"
    return f"toString({name})"


def clickhouse_cell(column, cell):
    kind = column["kind"]
    if cell is None:
        return None
    if kind in ("text", "json"):
        return bytes.fromhex(cell).decode()
    if kind == "bytes":
        return cell.lower()
    if kind == "float":
        return cell.lower().ljust(2 * width_of(column), "0")
    if kind == "uuid":
        return cell.replace("-", "")
    if kind == "decimal":
        return exact(cell)
    if kind == "date":
        return days(cell)
    if kind == "time":
        return span(cell) if ":" in cell else int(cell)
    if kind == "bool":
        return int(cell in ("true", "1"))
    return int(cell)


class SlowHouse:
    """Rows of the kept loads; see slow_driver.c."""

    name = "slow"
    swaps = False

    def __init__(self, folder):
        self.folder = str(folder)

    def url(self, options=""):
        return f"slow://{self.folder}{options}"

    def place(self, table):
        return os.path.join(self.folder, table.encode().hex())

    def files(self, table, suffix):
        place = self.place(table)
        names = os.listdir(place) if os.path.exists(place) else []
        return [os.path.join(place, name) for name in sorted(names)
                if name.endswith(suffix)]

    def rows(self, table, columns, key):
        stored = []
        for path in self.files(table, ".rows"):
            with open(path, encoding="ascii") as file:
                for line in file:
                    version, deleted, *cells = line.split()
                    cells += ["-"] * (len(columns) - len(cells))
                    row = {column["name"]: slow_cell(column, cell)
                           for column, cell in zip(columns, cells)}
                    stored.append((int(version), deleted == "1", row))
        return newest(stored, key)


def slow_cell(column, cell):
    kind = column["kind"]
    if cell == "-":
        return None
    value = bytes.fromhex(cell[1:])
    if kind in ("text", "json"):
        return value.decode()
    if kind in ("bytes", "uuid", "float"):
        return value.hex()
    number = int.from_bytes(value, "little", signed=kind != "uint")
    if kind == "decimal":
        return exact(f"{number}e-{column['scale']}")
    return number


def make_house(name, folder, clickhouse=None, database=None):
    if name == "clickhouse":
        return ClickHouseHouse(clickhouse, database)
    return {"files": FilesHouse, "slow": SlowHouse}[name](folder)


__all__ = ["make_house", "expected", "PASSWORD"]
