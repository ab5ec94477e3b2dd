"""The source's side: one line of text for each row, made by its own SQL.

A row is a line of cells joined by tabs: numbers and times as the server's
text, text as HEX() of its UTF-8, bytes as HEX(), floats as the bits of their
IEEE form in decimal, NULL as \\N. No cell holds a tab, so that two rows are
equal exactly when their lines are. Floats stand last and are fetched on
their own: MySQL shortens a DOUBLE to 22 characters inside CONCAT.
"""

import dataclasses
import re
import struct

import pymysql.cursors

SESSION = "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = ''"
SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT"
NULL = "\\N"
INTEGERS = {"tinyint": 8, "smallint": 16, "mediumint": 32, "int": 32,
            "bigint": 64}
TEXTS = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext",
         "enum", "set", "json"}
BYTES = {"binary", "varbinary", "tinyblob", "blob", "mediumblob",
         "longblob"}
GEOMETRIES = {"geometry", "point", "linestring", "polygon", "multipoint",
              "multilinestring", "multipolygon", "geometrycollection",
              "geomcollection"}
_HAS_ZERO_PART = "SUBSTR({0}, 6, 2) = '00' OR SUBSTR({0}, 9, 2) = '00'"


class JudgeError(Exception):
    """The judge cannot judge; nothing is said of the tables."""


def quote(name):
    return "`" + name.replace("`", "``") + "`"


@dataclasses.dataclass
class Column:
    """One column of the source, as information_schema describes it."""

    name: str
    data_type: str
    column_type: str
    nullable: bool
    charset: str
    precision: int
    scale: int
    digits: int  # of the fraction of a second
    zero_dates: str = "stop"

    @property
    def unsigned(self):
        return re.search(r"\b(unsigned|zerofill)\b", self._bare()) is not None

    def _bare(self):
        """The type's text without what stands in quotes."""
        return re.sub(r"'(?:[^']|'')*'", "", self.column_type.lower())

    @property
    def is_float(self):
        return self.data_type in ("float", "double")

    @property
    def is_dated(self):
        return self.data_type in ("date", "datetime", "timestamp")

    @property
    def is_hex(self):
        return (self.data_type in TEXTS | BYTES | GEOMETRIES
                or self.data_type in ("inet4", "inet6")
                or self.is_dated and self.zero_dates == "text")

    @property
    def may_be_null(self):
        return self.nullable or self.is_dated and self.zero_dates == "null"

    def expression(self):
        """SQL of its cell; a float's is the number itself."""
        name = quote(self.name)
        kind = self.data_type
        if kind in INTEGERS:
            sign = "UNSIGNED" if self.unsigned else "SIGNED"
            return f"CAST({name} AS {sign})"
        if kind in ("bit", "year"):
            return f"CAST({name} AS UNSIGNED)"
        if kind == "decimal":
            return f"{name} + 0" if self.unsigned else name
        if self.is_float:
            return f"{name} * 1e0"
        if kind in TEXTS:
            if self.charset is None and kind != "json":
                return f"HEX({name})"
            return f"HEX(CONVERT({name} USING utf8mb4))"
        if kind in BYTES or kind in GEOMETRIES:
            return f"HEX({name})"
        if kind in ("inet4", "inet6"):
            return f"HEX(CAST({name} AS CHAR))"
        if kind == "uuid":
            return f"CAST({name} AS CHAR)"
        return self._moment(f"CAST({name} AS CHAR)")

    def _moment(self, text):
        if self.data_type not in ("date", "time", "datetime", "timestamp"):
            raise JudgeError(f"column {self.name} is {self.column_type}")
        if self.is_dated and self.zero_dates == "text":
            return f"HEX({text})"
        full = text
        if self.data_type != "date":
            rest = "0" * (6 - self.digits)
            point = "" if self.digits else "."
            full = f"CONCAT({text}, '{point}{rest}')"
        if self.is_dated and self.zero_dates == "null":
            return f"IF({_HAS_ZERO_PART.format(text)}, NULL, {full})"
        return full

    def clickhouse_type(self):
        """What doc/types.md says it becomes, with all that stands around."""
        plain = self._plain_type()
        if plain == "LowCardinality(String)":
            return "LowCardinality(Nullable(String))" if self.may_be_null \
                else plain
        return f"Nullable({plain})" if self.may_be_null else plain

    def _plain_type(self):
        kind = self.data_type
        if kind in INTEGERS:
            return f"{'U' if self.unsigned else ''}Int{INTEGERS[kind]}"
        if kind == "bit":
            bits = next(b for b in (8, 16, 32, 64) if self.precision <= b)
            return f"UInt{bits}"
        if kind == "decimal":
            return f"Decimal({self.precision}, {self.scale})"
        if self.is_dated and self.zero_dates == "text":
            return "String"
        if kind == "enum":
            return "LowCardinality(String)"
        return {"float": "Float32", "double": "Float64", "year": "UInt16",
                "date": "Date32", "time": "Time64(6)",
                "datetime": "DateTime64(6, 'UTC')",
                "timestamp": "DateTime64(6, 'UTC')",
                "uuid": "UUID"}.get(kind, "String")


@dataclasses.dataclass
class Table:
    """Columns in the order of lines: floats stand last."""

    database: str
    name: str
    columns: list
    key: list  # names; empty: the table has none

    @property
    def full_name(self):
        return f"{quote(self.database)}.{quote(self.name)}"

    def names(self):
        return [column.name for column in self.columns]

    def key_places(self):
        names = self.names()
        return [names.index(name) for name in self.key]


def fetch(connection, sql, arguments=None):
    with connection.cursor(pymysql.cursors.Cursor) as cursor:
        cursor.execute(sql, arguments)
        return cursor.fetchall()


def tables(connection, database):
    """Names of all base tables, in order of their bytes."""
    rows = fetch(connection, "SELECT table_name FROM information_schema.tables"
                 " WHERE table_schema = %s AND table_type IN ('BASE TABLE',"
                 " 'SYSTEM VERSIONED')", (database,))
    return sorted((row[0] for row in rows), key=str.encode)


def keys(connection, database, table):
    """Keys whose columns are whole and never NULL; the primary key first.

    Where there is a primary key, it alone counts.
    """
    rows = fetch(
        connection,
        "SELECT s.index_name, s.column_name, s.nullable, s.sub_part"
        " FROM information_schema.statistics s"
        " WHERE s.table_schema = %s AND s.table_name = %s"
        " AND s.non_unique = 0 ORDER BY s.index_name <> 'PRIMARY',"
        " s.index_name, s.seq_in_index", (database, table))
    found = {}
    for index, column, nullable, sub_part in rows:
        usable = column is not None and nullable != "YES" and not sub_part
        found.setdefault(index, []).append(column if usable else None)
    usable = {index: key for index, key in found.items() if None not in key}
    return [usable["PRIMARY"]] if "PRIMARY" in usable \
        else list(usable.values())


def describe(connection, database, table, columns=None, zero_dates="stop",
             key=None):
    """columns: names to compare; zero_dates: a policy, or one a column."""
    rows = fetch(
        connection,
        "SELECT column_name, data_type, column_type, is_nullable,"
        " character_set_name, numeric_precision, numeric_scale,"
        " datetime_precision FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name = %s"
        " ORDER BY ordinal_position", (database, table))
    if not rows:
        raise JudgeError(f"the source has no table {database}.{table}")
    found = []
    for row in rows:
        name, data_type, column_type, nullable = row[:4]
        policy = zero_dates if isinstance(zero_dates, str) \
            else zero_dates.get(name, "stop")
        if columns is None or name in columns:
            found.append(Column(
                name, data_type.lower(), _text(column_type),
                nullable == "YES", row[4], row[5], row[6] or 0, row[7] or 0,
                policy))
    found.sort(key=lambda column: column.is_float)  # stable
    if key is None:
        key = next(iter(keys(connection, database, table)), [])
    return Table(database, table, found, list(key))


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


def count(connection, table):
    return fetch(connection, f"SELECT COUNT(*) FROM {table.full_name}")[0][0]


def begin(connection):
    """From here to the next commit all reads see one moment."""
    for sql in (SESSION, "SET SESSION TRANSACTION ISOLATION LEVEL"
                " REPEATABLE READ", SNAPSHOT):
        fetch(connection, sql)


def bits(number, is_single, folds_zero):
    """The IEEE bits of a float as decimal text."""
    if number is None:
        return NULL
    if folds_zero and number == 0:
        number = 0.0
    if is_single:
        return str(struct.unpack("<I", struct.pack("<f", number))[0])
    return str(struct.unpack("<Q", struct.pack("<d", number))[0])


def shows_sign_of_zero(connection):
    """MariaDB prints -0.0 as 0 everywhere, so it cannot be compared."""
    return "MariaDB" not in connection.get_server_info()


def lines(connection, table, where=""):
    """One line for each row, in no order of its own."""
    plain = [c for c in table.columns if not c.is_float]
    floats = [c for c in table.columns if c.is_float]
    cells = ", ".join(f"IFNULL({c.expression()}, '\\\\N')" for c in plain)
    fields = [f"CONCAT_WS('\\t', {cells})" if plain else "''"]
    fields += [column.expression() for column in floats]
    singles = [column.data_type == "float" for column in floats]
    folds = not shows_sign_of_zero(connection)
    with connection.cursor(pymysql.cursors.SSCursor) as cursor:
        cursor.execute(f"SELECT {', '.join(fields)} FROM {table.full_name}"
                       f" {where}")
        for row in cursor:
            line = row[0]
            if line is None:
                raise JudgeError(f"{table.name}: a row is larger than the "
                                 "source's max_allowed_packet")
            if isinstance(line, bytes):
                line = line.decode("ascii")
            if floats:
                tail = [bits(number, single, folds)
                        for number, single in zip(row[1:], singles)]
                line = "\t".join([line, *tail] if plain else tail)
            yield line
