"""A table with a copy that a test damages: what is equal is known."""

from judge.clickhouse import quote
from judge.comparator import compare

COLUMNS = """
    id INT UNSIGNED NOT NULL PRIMARY KEY, small TINYINT, big BIGINT UNSIGNED,
    flags BIT(13), price DECIMAL(20, 5), rate DOUBLE, part FLOAT, born YEAR,
    day DATE, at DATETIME(3), stamp TIMESTAMP(6) NULL, length TIME(2),
    name VARCHAR(40) CHARACTER SET latin1, body TEXT CHARACTER SET utf8mb4,
    raw VARBINARY(20), fixed BINARY(4), kind ENUM('a', 'b,c', ''),
    tags SET('x', 'y', 'z'), place GEOMETRY, padded INT(9) ZEROFILL,
    doc JSON"""
STORED = """
    id UInt32, small Nullable(Int8), big Nullable(UInt64),
    flags Nullable(UInt16), price Nullable(Decimal(20, 5)),
    rate Nullable(Float64), part Nullable(Float32), born Nullable(UInt16),
    day Nullable(Date32), at Nullable(DateTime64(6, 'UTC')),
    stamp Nullable(DateTime64(6, 'UTC')), length Nullable(Time64(6)),
    name Nullable(String), body Nullable(String), raw Nullable(String),
    fixed Nullable(String), kind LowCardinality(Nullable(String)),
    tags Nullable(String), place Nullable(String), padded Nullable(UInt32),
    doc Nullable(String)"""
OWN = "_tm_version UInt64, _tm_deleted UInt8, _tm_digest UInt64"
# Values as SQL of both: the source's, then ClickHouse's.
VALUES = [
    ("{n}", "{n}"), ("{n} % 200 - 100", "{n} % 200 - 100"),
    ("18446744073709551615 - {n}", "18446744073709551615 - {n}"),
    ("{n} * 3", "{n} * 3"), ("{n} / 8 - 3", "toDecimal64({n} / 8 - 3, 5)"),
    ("{n} / 7e0", "{n} / 7"), ("{n} / 8e0", "{n} / 8"),
    ("2000 + {n} % 100", "2000 + {n} % 100"),
    ("'2024-02-29' - INTERVAL {n} DAY",
     "toDate32('2024-02-29') - INTERVAL {n} DAY"),
    ("'2024-02-29 10:00:00.5' - INTERVAL {n} HOUR",
     "toDateTime64('2024-02-29 10:00:00.5', 6, 'UTC') - INTERVAL {n} HOUR"),
    ("'2024-02-29 10:00:00.000001' - INTERVAL {n} HOUR",
     "toDateTime64('2024-02-29 10:00:00.000001', 6, 'UTC')"
     " - INTERVAL {n} HOUR"),
    ("'-100:00:00.25'", "toTime64('-100:00:00.25', 6)"),
    ("CONCAT('Zo\u00eb \u20ac ', {n})", "concat('Zo\u00eb \u20ac ', {n})"),
    ("CONCAT('\U0001f30a\\t\\n\\\\N ', {n}, '  ')",
     "concat('\U0001f30a\\t\\n\\\\N ', {n}, '  ')"),
    ("X'00FF5C'", "unhex('00FF5C')"), ("X'2000'", "unhex('20000000')"),
    ("'b,c'", "'b,c'"), ("'x,z'", "'x,z'"),
    ("ST_GeomFromText('POINT(1 2)')",
     "unhex('000000000101000000000000000000F03F0000000000000040')"),
    ("{n} + 5", "{n} + 5"), ("'[1, 2.5]'", "'[1, 2.5]'")]
ROWS = 50


class Copy:
    """A table and its copy, both made here."""

    def __init__(self, source, clickhouse, database):
        self.source = source
        self.server = clickhouse
        self.database = database
        self.connection = source.admin(database)
        self.source_sql(f"CREATE TABLE t ({COLUMNS})")
        self.sql(f"CREATE TABLE t__tm ({STORED}, {OWN}) ENGINE = "
                 "ReplacingMergeTree(_tm_version, _tm_deleted) ORDER BY id")
        self.version = 5
        names = ", ".join(self.names())
        self.sql(f"CREATE VIEW t AS SELECT {names} FROM t__tm FINAL")
        for n in range(1, ROWS + 1):
            left = ", ".join(value.format(n=n) for value, _ in VALUES)
            self.source_sql(f"INSERT INTO t VALUES ({left})")
        self.source_sql("INSERT INTO t (id, name, rate) VALUES"
                        " (0, '', 0), (7777, NULL, 5e-324)")
        cells = ", ".join(value.format(n="number") for _, value in VALUES)
        self.sql(f"INSERT INTO t__tm SELECT {cells}, 5, 0, 1 FROM "
                 f"numbers(1, {ROWS})")
        self.sql("INSERT INTO t__tm (id, name, rate, _tm_version) VALUES"
                 " (0, '', 0, 5), (7777, NULL, 5e-324, 5)")

    @staticmethod
    def names():
        return [part.split()[0] for part in COLUMNS.replace(
            "(20, 5)", "").replace("'a', 'b,c', ''", "").replace(
            "'x', 'y', 'z'", "").split(",")]

    def source_sql(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute("SET sql_mode = '', time_zone = '+00:00'")
            cursor.execute(sql)

    def sql(self, sql):
        self.server.query(sql, settings={"database": self.database})

    def update(self, assignments, where):
        """Writes rows again at a higher version, cells changed."""
        cells = ", ".join(assignments.get(name, quote(name))
                          for name in self.names())
        self.version += 1
        self.sql(f"INSERT INTO t__tm SELECT {cells}, {self.version}, 0, 1 "
                 f"FROM t__tm FINAL WHERE {where}")

    def compare(self, **more):
        return compare(self.connection, self.database, "t", self.server,
                       self.database, **more)
