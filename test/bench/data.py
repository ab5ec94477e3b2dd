"""The tables of the benchmark, made once by the server's own SQL and kept.

    database = make(servers, "orders", 300_000)  # bench_orders_300000

orders, firenibble and large_text are the judge's bulk tables; sbtest1 is
shaped as sysbench makes it, many_types has every kind of column with edges
first and every seventh cell NULL.
"""

from judge import bulk
from judge.numbers import is_mariadb

ROWS = {"orders": 1_000_000, "firenibble": 1_000_000, "sbtest1": 1_000_000,
        "many_types": 100_000, "large_text": 100_000}
KEYS = {"orders": "id", "firenibble": "f0", "sbtest1": "id",
        "many_types": "id", "large_text": "id"}


def _digits(at, groups):
    parts = ", ".join(
        f"LPAD(CONV(SUBSTR(h, {1 + (at + 9 * i) % 240}, 9), 16, 10), 11, '0')"
        for i in range(groups))
    return f"CONCAT_WS('-', {parts})"


# type; what row 1 and row 2 hold; what the others do, made of n and h
_MANY = [
    ("TINYINT", "-128", "127", "n % 256 - 128"),
    ("TINYINT UNSIGNED", "0", "255", "n % 256"),
    ("SMALLINT", "-32768", "32767", "n % 65536 - 32768"),
    ("SMALLINT UNSIGNED", "0", "65535", "n % 65536"),
    ("MEDIUMINT", "-8388608", "8388607", "n % 16777216 - 8388608"),
    ("MEDIUMINT UNSIGNED", "0", "16777215", "n % 16777216"),
    ("INT", "-2147483648", "2147483647", bulk._number(0, 7)),
    ("INT UNSIGNED", "0", "4294967295", bulk._number(8, 7)),
    ("BIGINT", "-9223372036854775808", "9223372036854775807",
     f"-{bulk._number(16)}"),
    ("BIGINT UNSIGNED", "0", "18446744073709551615", bulk._number(32)),
    ("DECIMAL(5,2)", "-999.99", "999.99", "n % 99999 / 100"),
    ("DECIMAL(18,6)", "-999999999999.999999", "999999999999.999999",
     f"{bulk._number(48, 11)} / 1000"),
    ("DECIMAL(38,10)", "-9999999999999999999999999999.9999999999",
     "0.0000000001", f"{bulk._number(64)} / 7"),
    ("DECIMAL(65,30)", "-0.000000000000000000000000000001",
     "99999999999999999999999999999999999", f"{bulk._number(80)} / 3"),
    ("FLOAT", "-3.5e38 / 1.1", "1e-37", f"{bulk._number(96, 6)} / 8"),
    ("DOUBLE", "-1.7976931348623157e308", "2.2250738585072014e-308",
     bulk._share(112)),
    ("BIT(1)", "0", "1", "n % 2"),
    ("BIT(64)", "0", "18446744073709551615", bulk._number(128)),
    ("YEAR", "1901", "2155", "1970 + n % 80"),
    ("DATE", "'1900-01-01'", "'2299-12-31'",
     "'2020-01-01' + INTERVAL n % 1500 DAY"),
    ("TIME", "'-838:59:59'", "'838:59:59'", "SEC_TO_TIME(n % 86400)"),
    ("TIME(6)", "'-00:00:00.000001'", "'838:59:58.999999'",
     "SEC_TO_TIME(n % 86400)"),
    ("DATETIME", "'1900-01-01 00:00:00'", "'2262-04-11 00:00:00'",
     "'2020-01-01' + INTERVAL n SECOND"),
    ("DATETIME(6)", "'1900-01-01 00:00:00.000001'",
     "'2262-04-11 23:47:16.854775'",
     "'2020-01-01' + INTERVAL n * 1001 MICROSECOND"),
    ("TIMESTAMP", "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'",
     "'2020-01-01' + INTERVAL n SECOND"),
    ("TIMESTAMP(6)", "'1970-01-01 00:00:01.000001'",
     "'2038-01-19 03:14:07.999999'",
     "'2020-01-01' + INTERVAL n * 1001 MICROSECOND"),
    ("CHAR(10)", "''", "'äöü€漢'", bulk._text(144, 9)),
    ("VARCHAR(100)", "''", "REPEAT('é', 100)", bulk._text(160, 30)),
    ("TEXT", "''", "REPEAT('text ', 3000)", bulk._text(176, 60)),
    ("BINARY(16)", "x'00'", "REPEAT(x'ff', 16)", "UNHEX(LEFT(h, 32))"),
    ("VARBINARY(50)", "''", "REPEAT(x'00', 50)", "UNHEX(LEFT(h, 80))"),
    ("BLOB", "''", "REPEAT(x'fe', 9000)", "UNHEX(h)"),
    ("ENUM('a','bb','it''s')", "'a'", "'it''s'", "1 + n % 3"),
    ("SET('x','y','z')", "''", "'x,y,z'", "n % 8"),
    ("JSON", "'{}'", "'[1, 2.5, null]'", "CONCAT('{\"n\": ', n, '}')"),
    ("POINT", "Point(0, 0)", "Point(-180, 90)", "Point(n, -n)"),
]


def _many_types():
    columns = ["id INT NOT NULL PRIMARY KEY"]
    values = ["n"]
    for place, (sql, first, second, other) in enumerate(_MANY):
        columns.append(f"c{place} {sql} NULL")
        values.append(f"CASE WHEN n = 1 THEN {first} WHEN n = 2 THEN {second}"
                      f" WHEN (n + {place}) % 7 = 0 THEN NULL"
                      f" ELSE {other} END")
    return ", ".join(columns), values


SHAPES = {
    **bulk.SHAPES,
    "sbtest1": (
        "id INT NOT NULL PRIMARY KEY, k INT NOT NULL, c CHAR(120) NOT NULL,"
        " pad CHAR(60) NOT NULL, KEY k_1 (k)",
        ["n", bulk._number(0, 6), _digits(8, 10), _digits(120, 5)]),
    "many_types": _many_types()}


def make(servers, shape, rows):
    """The database that holds the table `shape` with so many rows."""
    database = f"bench_{shape}_{rows}"
    if _is_there(servers, database, shape):
        return database
    servers.sql(f"DROP DATABASE IF EXISTS {database}")
    servers.sql(f"CREATE DATABASE {database}")
    with servers.source.admin(database) as connection:
        _quiet_log(connection)
        bulk.fill(connection, shape, rows, name="unfinished",
                  shapes=SHAPES)
        with connection.cursor() as cursor:
            cursor.execute("FLUSH TABLES unfinished FOR EXPORT")
            cursor.execute("UNLOCK TABLES")
            cursor.execute(f"RENAME TABLE unfinished TO {shape}")
            cursor.execute(f"ANALYZE TABLE {shape}")
    return database


def _is_there(servers, database, table):
    return bool(servers.sql(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = "
        f"'{database}' AND table_name = '{table}'"))


def _quiet_log(connection):
    with connection.cursor() as cursor:
        cursor.execute("SET sql_log_bin = 0")
        if not is_mariadb(connection):
            cursor.execute("SET cte_max_recursion_depth = 1000000")


def make_large_row(servers, row_bytes):
    """A table `wide` of three rows: small, of so many bytes, small."""
    database = f"bench_wide_{row_bytes}"
    if _is_there(servers, database, "wide"):
        return database
    servers.sql(f"DROP DATABASE IF EXISTS {database}")
    servers.sql(f"CREATE DATABASE {database}")
    with servers.source.admin(database) as connection:
        _quiet_log(connection)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE unfinished (id INT NOT NULL PRIMARY"
                           " KEY, body LONGBLOB NOT NULL)")
            cursor.execute("INSERT INTO unfinished VALUES (1, 'a'), "
                           f"(2, REPEAT('tidemark', {row_bytes // 8})), "
                           "(3, 'b')")
            cursor.execute("RENAME TABLE unfinished TO wide")
    return database


def make_many_tables(servers, count):
    """Tables t0 and on with two old rows each, indexed by updated_at."""
    database = f"bench_many_tables_{count}"
    if _is_there(servers, database, "complete"):
        return database
    servers.sql(f"DROP DATABASE IF EXISTS {database}")
    servers.sql(f"CREATE DATABASE {database}")
    with servers.source.admin(database) as connection:
        _quiet_log(connection)
        with connection.cursor() as cursor:
            for number in range(count):
                cursor.execute(
                    f"CREATE TABLE t{number} (id INT PRIMARY KEY, v INT NOT "
                    "NULL, updated_at TIMESTAMP(3) NOT NULL DEFAULT "
                    "CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),"
                    " KEY (updated_at))")
                cursor.execute(
                    f"INSERT INTO t{number} VALUES (1, {number}, "
                    "'2025-01-01'), (2, 0, '2025-01-02')")
            cursor.execute("CREATE TABLE complete (id INT PRIMARY KEY)")
    return database
