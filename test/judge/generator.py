"""Random tables of every type, and rows that begin with the edges.

    made = generate(7, "mysql97")
    load(connection, made)          # CREATE TABLE and all rows
    random_changes(connection, made.description, seed=1)

The same seed and flavour give the same text. What the server stores counts,
not what was sent: see judge.comparator. Flavours: mysql97, mariadb1011.
"""

import dataclasses
import random as random_module
from typing import NamedTuple

from . import generator_labels as labels
from . import generator_text as texts
from . import generator_times as times
from . import generator_types as types
from .source import quote

SESSION = "SET NAMES utf8mb4, sql_mode = '', time_zone = '+00:00', " \
    "innodb_strict_mode = OFF, foreign_key_checks = OFF"
ROW_BYTES = 60_000   # of the 65,535 that a server declares at most
INSIDE_BYTES = 6_000  # of the 8,126 that InnoDB keeps inside a page
KEY_BYTES = 2_800    # of 3,072
ROWS_A_STATEMENT = 50

_TYPES = [types.integer] * 5 + [
    types.bit, types.decimal, types.decimal, types.floating, types.floating,
    types.string, types.string, types.string, types.long_text, types.binary,
    types.blob, labels.enum, labels.sets, types.json, types.spatial,
    times.date, times.moment, times.moment, times.timestamp, times.time,
    times.year]
_MARIADB_TYPES = [types.uuid, types.inet]
_KEY_TYPES = [types.integer] * 6 + [
    types.string] * 3 + [
    types.bit, types.decimal, types.binary, types.binary, labels.enum_key,
    labels.sets, times.date, times.moment, times.timestamp, times.time,
    times.year, types.double_key]
_NARROW = (types.bit, labels.enum_key, times.year)  # few keys
_TIMES = (times.date, times.moment, times.timestamp, times.time, times.year)
_UPDATED = [
    ("DATETIME(6)", "CURRENT_TIMESTAMP(6)"), ("TIMESTAMP(6)",
                                              "CURRENT_TIMESTAMP(6)"),
    ("DATETIME", "CURRENT_TIMESTAMP"), ("TIMESTAMP(3)",
                                        "CURRENT_TIMESTAMP(3)")]


@dataclasses.dataclass
class Description:
    """The table as it was made. key: names, empty where there is none."""

    name: str
    seed: int
    flavour: str
    columns: list
    key: list
    updated_at: str = ""  # a column that every change sets, indexed

    @property
    def written(self):
        """Columns that an INSERT may name."""
        return [column for column in self.columns if not column.generated]


class Generated(NamedTuple):
    create_sql: str
    inserts: list
    description: Description


class _Maker:
    def __init__(self, seed, flavour, hostile_dates, hostile_names):
        self.random = random_module.Random(f"{flavour}/{seed}")
        self.flavour = flavour
        self.hostile_dates = hostile_dates
        self.names = texts.COLUMN_NAMES if hostile_names \
            else [f"c{i}" for i in range(60)]
        self.used = set()
        self.size = self.inside = 0

    def spec(self, make):
        if make in _TIMES:
            return make(self.random, self.flavour, self.hostile_dates)
        return make(self.random, self.flavour)

    def add_name(self, spec):
        spec.name = texts.unused_name(self.random, self.names, self.used)
        self.size += spec.size
        self.inside += spec.fixed_size
        return spec

    def key(self, count):
        kinds = _KEY_TYPES + (_MARIADB_TYPES * 2 if self.is_mariadb else [])
        parts, size = [], 0
        while len(parts) < count:
            make = self.random.choice(kinds)
            if not self.suits(make, len(parts), count):
                continue
            spec = self.spec(make)
            if spec.key_size and size + spec.key_size <= KEY_BYTES:
                size += spec.key_size
                spec.edges = [e for e in spec.edges if e != "'-0'"]
                parts.append(self.add_name(spec))
        return parts

    def suits(self, make, place, count):
        """A SET is a key at its end only; some alone have few values."""
        if make is labels.sets:
            return 0 < place == count - 1
        return count > 1 or make not in _NARROW or self.random.random() < .1

    @property
    def is_mariadb(self):
        return self.flavour.startswith("mariadb")

    def others(self, count):
        kinds = _TYPES + (_MARIADB_TYPES if self.is_mariadb else [])
        found = []
        for _ in range(count):
            spec = self.spec(self.random.choice(kinds))
            if self.size + spec.size > ROW_BYTES \
                    or self.inside + spec.fixed_size > INSIDE_BYTES:
                continue
            spec.nullable = self.random.random() < .7
            found.append(self.add_name(spec))
        return found

    def generated(self, columns):
        """Up to two columns that are computed from another one."""
        bases = [c for c in columns if c.hashable]
        found = []
        for base in bases[:self.random.choice([0, 0, 1, 2])]:
            kept = self.random.choice(["STORED", "VIRTUAL"])
            sql, expression = self.random.choice([
                ("INT", f"CHAR_LENGTH(HEX({quote(base.name)}))"),
                ("VARCHAR(40) CHARACTER SET ascii",
                 f"LEFT(HEX({quote(base.name)}), 40)"),
                ("BIGINT UNSIGNED", f"{quote(base.name)} IS NULL")])
            spec = types.Spec(
                f"{sql} GENERATED ALWAYS AS ({expression}) {kept}", [], None,
                generated=True, nullable=True)
            found.append(self.add_name(spec))
        return found

    def declaration(self, spec, is_key):
        parts = [quote(spec.name), spec.sql]
        if spec.generated:
            return " ".join(parts)
        if not spec.touched:
            parts.append("NULL" if spec.nullable else "NOT NULL")
            if spec.default and self.random.random() < .4 \
                    or spec.sql.startswith("TIMESTAMP"):
                null = spec.nullable and self.random.random() < .5
                parts.append(f"DEFAULT {'NULL' if null else spec.default}")
                hides = not is_key and self.random.random() < .2
                parts += ["INVISIBLE"] if hides else []
        if self.random.random() < .1:
            parts.append("COMMENT 'it''s a `comment` \\\\ tidemark seed=no'")
        return " ".join(parts)


def _updated_at(maker):
    sql, now = maker.random.choice(_UPDATED)
    digits = int(sql[-2]) if "(" in sql else 0
    spec = times.timestamp(maker.random, maker.flavour)
    spec.sql = f"{sql} NOT NULL DEFAULT {now} ON UPDATE {now}"
    spec.touched = True
    spec.edges = ["'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'"]
    spec.draw = lambda random: times.past(random, digits)
    spec.name = "updated_at"
    maker.used.add("updated_at")
    return spec


def generate(seed, flavour, hostile_dates=False, hostile_names=True,
             rows=None, columns=None, has_key=None, name=None):
    """One table; what is None is drawn."""
    maker = _Maker(seed, flavour, hostile_dates, hostile_names)
    random = maker.random
    if has_key is None:
        has_key = random.random() < .9
    shape = random.choice([1, 1, 1, 1, 2, 2, 3, 4])
    total = columns or random.choice([1, 2, 5, 10, 20, 30, 45, 60])
    key = maker.key(min(shape, total)) if has_key else []
    found = key + maker.others(total - len(key))
    if not found:
        found = [maker.add_name(maker.spec(types.integer))]
    updated = _updated_at(maker) if total > 4 and random.random() < .4 \
        else None
    found += [updated] if updated else []
    random.shuffle(found)
    found += maker.generated(found)
    table = name or f"t{seed}_" + random.choice(
        texts.TABLE_NAMES if hostile_names else [""])
    description = Description(table, seed, flavour, found,
                              [spec.name for spec in key],
                              "updated_at" if updated else "")
    create = _create(maker, description, key)
    count = rows or random.choice([200, 300, 500, 1000])
    return Generated(create, _inserts(random, description, count),
                     description)


def _create(maker, description, key):
    random = maker.random
    lines = [maker.declaration(spec, spec in key)
             for spec in description.columns]
    if all(line.endswith("INVISIBLE") or "INVISIBLE COMMENT" in line
           for line in lines):
        lines[0] = lines[0].replace(" INVISIBLE", "")
    if key:
        names = ", ".join(quote(spec.name) for spec in key)
        kind = random.choice(["PRIMARY KEY"] * 4 + ["UNIQUE KEY `a key`"])
        lines.append(f"{kind} ({names})")
    if description.updated_at:
        lines.append("KEY by_update (updated_at)")
    return f"CREATE TABLE {quote(description.name)} (\n  " \
        + ",\n  ".join(lines) + "\n) ENGINE=InnoDB ROW_FORMAT=DYNAMIC " \
        "DEFAULT CHARSET=utf8mb4"


def _inserts(random, description, count):
    """Row i holds the i-th edge of each column, in an order of its own."""
    columns = description.written
    edges = []
    for spec in columns:
        own = list(spec.edges) + (["NULL"] if spec.nullable else [])
        random.shuffle(own)
        edges.append(own)
    rows = []
    for i in range(count):
        cells = [own[i] if i < len(own) else spec.value(random)
                 for spec, own in zip(columns, edges)]
        rows.append(f"({', '.join(cells)})")
    return [_insert(description, rows[at:at + ROWS_A_STATEMENT])
            for at in range(0, count, ROWS_A_STATEMENT)]


def _insert(description, rows):
    names = ", ".join(quote(spec.name) for spec in description.written)
    return f"INSERT IGNORE INTO {quote(description.name)} ({names}) VALUES\n" \
        + ",\n".join(rows)


def run(connection, *statements):
    with connection.cursor() as cursor:
        cursor.execute(SESSION)
        for sql in statements:
            cursor.execute(sql)


def load(connection, generated):
    """Creates the table and fills it, in the connection's database."""
    run(connection, generated.create_sql, *generated.inserts)
    connection.commit()


def random_changes(connection, description, seed, share=.1, deletes=True):
    """Inserts, updates and deletes; each sets updated_at to now.

    A change by key values keeps to the rows by RAND(seed), so it can be
    repeated on an equal table.
    """
    random = random_module.Random(f"changes/{description.seed}/{seed}")
    table = quote(description.name)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        limit = max(1, int(cursor.fetchone()[0] * share))
    now = ", updated_at = CURRENT_TIMESTAMP(6)" if description.updated_at \
        else ""
    statements = []
    plain = [spec for spec in description.written
             if spec.name not in description.key and not spec.touched]
    for spec in random.sample(plain, min(5, len(plain))):
        statements.append(
            f"UPDATE IGNORE {table} SET {quote(spec.name)} = "
            f"{spec.value(random)}{now} ORDER BY RAND({random.randrange(999)})"
            f" LIMIT {limit}")
    if deletes:
        statements.append(f"DELETE FROM {table} ORDER BY "
                          f"RAND({random.randrange(999)}) LIMIT {limit}")
    rows = []
    for _ in range(limit):
        cells = ["CURRENT_TIMESTAMP(6)" if spec.touched
                 else spec.value(random) for spec in description.written]
        rows.append(f"({', '.join(cells)})")
    statements.append(_insert(description, rows))
    run(connection, *statements)
    connection.commit()
