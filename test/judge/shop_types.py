"""The shop's table of every type: edges in the first rows, then more."""

from .numbers import is_mariadb, number, numbers, run, share, text

ROWS = 2000

# column: (type, row of the lowest, row of the highest, value of row n)
_TYPES = {
    "tiny": ("TINYINT", "-128", "127", "n % 256 - 128"),
    "tiny_u": ("TINYINT UNSIGNED", "0", "255", "n % 256"),
    "small": ("SMALLINT", "-32768", "32767", "n - 1000"),
    "medium": ("MEDIUMINT", "-8388608", "8388607", "n * 7"),
    "medium_u": ("MEDIUMINT UNSIGNED", "0", "16777215", "n * 9"),
    "plain": ("INT", "-2147483648", "2147483647", number("plain", 2 ** 31)),
    "filled": ("INT(9) ZEROFILL", "0", "4294967295", "n"),
    "big": ("BIGINT", "-9223372036854775808", "9223372036854775807",
            f"-{number('big', 10 ** 15)}"),
    "big_u": ("BIGINT UNSIGNED", "0", "18446744073709551615",
              number("big_u", 10 ** 15)),
    "bits": ("BIT(64)", "0", "18446744073709551615", "n"),
    "few_bits": ("BIT(11)", "0", "2047", "n % 2048"),
    "cents": ("DECIMAL(9,2)", "-9999999.99", "9999999.99", "n / 100"),
    "wide": ("DECIMAL(65,30)", "-" + "9" * 35 + "." + "9" * 30,
             "9" * 35 + "." + "9" * 30, "n / 7"),
    "single": ("FLOAT", "-3.402823466e38", "1.401298464e-45", share("f")),
    "double_": ("DOUBLE", "-1.7976931348623157e308", "5e-324", share("d")),
    "year_": ("YEAR", "0", "2155", "1901 + n % 254"),
    "day": ("DATE", "'1900-01-01'", "'2299-12-31'",
            "'1970-01-01' + INTERVAL n DAY"),
    "at": ("DATETIME", "'1000-01-01'", "'9999-12-31 23:59:59'",
           "'1990-01-01' + INTERVAL n HOUR"),
    "at_us": ("DATETIME(6)", "'1000-01-01'", "'9999-12-31 23:59:59.999999'",
              "'1990-01-01 00:00:00.000001' + INTERVAL n HOUR"),
    "stamp": ("TIMESTAMP(6) NULL", "'1970-01-01 00:00:01'",
              "'2038-01-19 03:14:07.999999'",
              "'2024-03-30 22:00:00.5' + INTERVAL n MINUTE"),
    "length": ("TIME(6)", "'-838:59:59'", "'838:59:59'",
               "SEC_TO_TIME(n - 1000)"),
    "letters": ("CHAR(5) CHARACTER SET latin1", "''", "'\u20acé\u0178'",
                f"LEFT({text('letters')}, 5)"),
    "words": ("VARCHAR(80)", "''", "'\U0001f30a  '", text("words")),
    "kana": ("VARCHAR(40) CHARACTER SET cp932", "''", "'カナ漢字'", "'テスト'"),
    "long_": ("LONGTEXT", "''", "REPEAT('long ', 20000)", text("long")),
    "fixed": ("BINARY(4)", "''", "X'FFFFFFFF'", "UNHEX(HEX(n))"),
    "raw": ("VARBINARY(20)", "''", "X'00FF5C0A'", f"UNHEX({text('raw')})"),
    "blob_": ("BLOB", "''", "REPEAT(X'00FF', 9000)", f"UNHEX({text('b')})"),
    "kind": ("ENUM('a','b,c','')", "0", "'b,c'", "1 + n % 3"),
    "tags": ("SET('x','y','z')", "''", "'x,y,z'", "n % 8"),
    "doc": ("JSON", "'{}'", "'[1, 2.5, \"\u00e9\", null]'",
            "CONCAT('{\"n\": ', n, '}')"),
    "place": ("POINT", "ST_GeomFromText('POINT(0 0)')",
              "ST_GeomFromText('POINT(-80 80)', 4326)",
              "ST_GeomFromText(CONCAT('POINT(', n % 80, ' 1)'))"),
}
_MARIADB = {
    "id_text": ("UUID", "'00000000-0000-0000-0000-000000000000'",
                "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
                f"CONCAT('1234567812344abc8abc', LEFT({text('uuid')}, 12))"),
    "host": ("INET6", "'::'", "'ffff::ffff'", "CONCAT('::', n)"),
    "host4": ("INET4", "'0.0.0.0'", "'255.255.255.255'",
              "CONCAT('10.0.0.', n % 256)"),
}


def create_all_types(connection):
    columns = {**_TYPES, **(_MARIADB if is_mariadb(connection) else {})}
    declared = ", ".join(f"{name} {column[0]}"
                         for name, column in columns.items())
    names = ", ".join(columns)
    rows = [", ".join(column[place] for column in columns.values())
            for place in (1, 2)]
    values = ", ".join(column[3] for column in columns.values())
    run(connection,
        f"CREATE TABLE all_types (id INT NOT NULL PRIMARY KEY, {declared},"
        " hidden INT INVISIBLE, twice BIGINT AS (plain * 2) VIRTUAL)"
        " DEFAULT CHARSET=utf8mb4",
        f"INSERT INTO all_types (id, {names}) VALUES (-2147483648, {rows[0]}),"
        f" (2147483647, {rows[1]})",
        "INSERT INTO all_types (id) VALUES (0)",
        f"INSERT INTO all_types (id, {names}) SELECT n, {values} FROM "
        f"{numbers(connection, 1, ROWS)}")
