"""Each type of the source as the cell of the batch that doc/types.md names.

Values are written by SQL and told here as they must come out, not asked of
the server in another way: a reader that errs like the server's text would
not be seen.
"""

import pytest

# (declaration, [(SQL literal, text of the cell)])
COMMON = [
    ("TINYINT", [("-128", "-128"), ("127", "127")]),
    ("TINYINT UNSIGNED", [("0", "0"), ("255", "255")]),
    ("TINYINT(1)", [("127", "127"), ("-1", "-1")]),
    ("SMALLINT", [("-32768", "-32768"), ("32767", "32767")]),
    ("SMALLINT UNSIGNED", [("65535", "65535")]),
    ("MEDIUMINT", [("-8388608", "-8388608"), ("8388607", "8388607")]),
    ("MEDIUMINT UNSIGNED", [("16777215", "16777215")]),
    ("INT", [("-2147483648", "-2147483648"), ("0", "0")]),
    ("INT(7) UNSIGNED ZEROFILL", [("4294967295", "4294967295")]),
    ("BIGINT", [("-9223372036854775808", "-9223372036854775808")]),
    ("BIGINT UNSIGNED", [("18446744073709551615", "18446744073709551615")]),
    ("BIT(1)", [("b'1'", "1")]),
    ("BIT(12)", [("b'100000000001'", "2049")]),
    ("BIT(64)", [("~0", "18446744073709551615"), ("0", "0")]),
    ("DECIMAL(12,2)", [("-0.01", "-0.01"), ("9999999999.99",
                                            "9999999999.99")]),
    ("DECIMAL(5,0)", [("7", "7"), ("-99999", "-99999")]),
    ("DECIMAL(18,18)", [("0.000000000000000001", "0.000000000000000001")]),
    ("DECIMAL(30,10)", [("-12345678901234567890.0123456789",
                         "-12345678901234567890.0123456789")]),
    ("DECIMAL(65,30)", [("-" + "9" * 35 + "." + "9" * 30,
                         "-" + "9" * 35 + "." + "9" * 30),
                        ("0.5", "0.5" + "0" * 29)]),
    ("FLOAT", [("0.1", "0.10000000149011612"), ("-1e38",
                                               "-9.9999996802856925e+37")]),
    ("DOUBLE", [("0.1", "0.10000000000000001"),
                ("1.7976931348623157e308", "1.7976931348623157e+308"),
                ("5e-324", "4.9406564584124654e-324")]),
    ("YEAR", [("0", "0"), ("1901", "1901"), ("2155", "2155")]),
    ("DATE", [("'1000-01-01'", "1000-01-01"),
              ("'9999-12-31'", "9999-12-31"),
              ("'2024-02-29'", "2024-02-29")]),
    ("TIME", [("'-838:59:59'", "-838:59:59.000000"),
              ("'00:00:00'", "00:00:00.000000")]),
    ("TIME(6)", [("'838:59:58.999999'", "838:59:58.999999"),
                 ("'-00:00:00.000001'", "-00:00:00.000001")]),
    ("DATETIME", [("'9999-12-31 23:59:59'", "9999-12-31 23:59:59.000000"),
                  ("'2024-01-02'", "2024-01-02 00:00:00.000000")]),
    ("DATETIME(3)", [("'1969-12-31 23:59:59.999'",
                      "1969-12-31 23:59:59.999000")]),
    ("TIMESTAMP(6) NULL", [("'1970-01-01 00:00:01.000001'",
                            "1970-01-01 00:00:01.000001"),
                           ("'2038-01-19 03:14:07'",
                            "2038-01-19 03:14:07.000000")]),
    ("CHAR(5)", [("'a '", "a"), ("''", "")]),
    ("VARCHAR(20)", [("'a '", "a "), ("'NULL'", "NULL"),
                     ("'a\\0b'", "a\0b")]),
    ("VARCHAR(20) CHARACTER SET latin1", [("'1€ ü'", "1€ ü")]),
    ("CHAR(9) CHARACTER SET utf16", [("'aü😀'", "aü😀")]),
    ("TEXT", [("'tab\\t\\\\ ''q'", "tab\t\\ 'q")]),
    ("LONGTEXT CHARACTER SET cp932", [("'日本'", "日本")]),
    ("BINARY(4)", [("x'0a'", "0x0a000000"), ("''", "0x00000000")]),
    ("VARBINARY(9)", [("x'0a00ff'", "0x0a00ff"), ("''", "0x")]),
    ("BLOB", [("x'00ff'", "0x00ff")]),
    ("ENUM('a','ü','') CHARACTER SET latin1", [("'ü'", "ü"), ("''", "")]),
    ("ENUM('x','y')", [("0", ""), ("2", "y")]),
    ("SET('a','b','ü')", [("'a,ü'", "a,ü"), ("0", "")]),
    ("POINT", [("ST_GeomFromText('POINT(1 2)')",
                "0x00000000" "0101000000" "000000000000f03f"
                "0000000000000040")]),
]
MARIADB = [
    ("UUID", [("'123e4567-e89b-12d3-a456-426655440000'",
               "0x123e4567e89b12d3a456426655440000")]),
    ("INET4", [("'10.0.0.1'", "10.0.0.1")]),
    ("INET6", [("'2001:db8::1'", "2001:db8::1")]),
    ("JSON", [("'{\"b\": 1,  \"b\":2}'", '{"b": 1,  "b":2}')]),
]
MYSQL = [
    ("JSON", [("'{\"b\":[1,null,\"ü\"]}'", '{"b": [1, null, "ü"]}')]),
]


def make_table(server, database, types):
    columns = "".join(f", c{i} {declared}"
                      for i, (declared, _) in enumerate(types))
    server.query("SET sql_mode = ''; CREATE TABLE cells (id INT PRIMARY KEY"
                 f"{columns}) CHARACTER SET utf8mb4", database=database)
    rows = max(len(values) for _, values in types)
    for row in range(rows):
        values = [values[min(row, len(values) - 1)][0]
                  for _, values in types]
        server.query(
            f"SET sql_mode = '', time_zone = '+00:00'; INSERT INTO cells "
            f"VALUES ({row}, {', '.join(values)})", database=database)
    server.query("SET sql_mode = ''; INSERT INTO cells (id) VALUES (1000)",
                 database=database)
    return rows


def test_each_type_has_its_cell(source, reader, make_database):
    is_mariadb = type(source).__name__.startswith("MariaDB")
    types = COMMON + (MARIADB if is_mariadb else MYSQL)
    database = make_database(source)
    count = make_table(source, database, types)
    reading = reader.read(source, database, "cells")
    assert reading.code == 0, reading.error
    assert len(reading.rows) == count + 1
    for row, cells in enumerate(reading.rows[:count]):
        for i, (declared, values) in enumerate(types):
            wanted = values[min(row, len(values) - 1)][1]
            assert cells[f"c{i}"] == wanted, declared
    nulls = {name: cell for name, cell in reading.rows[-1].items()
             if name not in ("id", "digest")}
    assert set(nulls.values()) == {None}


@pytest.fixture
def dates(source, make_database):
    database = make_database(source)
    source.query(
        "SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'; "
        "CREATE TABLE days (id INT PRIMARY KEY, d DATE, t DATETIME(1), "
        "s TIMESTAMP NULL); SET sql_mode = ''; INSERT INTO days VALUES "
        "(1, '2024-02-03', '2024-02-03 04:05:06.7', '2024-02-03 04:05:06'), "
        "(991, '2024-02-00', '2024-00-15 10:00:00.5', 0), "
        "(992, 0, 0, NULL)", database=database)
    return database


def test_a_zero_date_stops_its_table_and_names_the_row(
        source, reader, dates):
    reading = reader.read(source, dates, "days")
    assert reading.error["error"] == "TM2106"
    assert reading.error["what"] == \
        'cannot store column "d" of table "days", row with id=991: ' \
        "2024-02-00 has no value in the warehouse"
    assert [row["id"] for row in reading.rows] == ["1"]


def test_zero_dates_become_null_or_text_where_the_settings_say_so(
        source, reader, dates):
    reading = reader.read(source, dates, "days", "dates=null")
    assert [(row["d"], row["t"], row["s"]) for row in reading.rows[1:]] == \
        [(None, None, None), (None, None, None)]
    reading = reader.read(source, dates, "days", "dates=text")
    assert [(row["d"], row["t"], row["s"]) for row in reading.rows] == [
        ("2024-02-03", "2024-02-03 04:05:06.7", "2024-02-03 04:05:06"),
        ("2024-02-00", "2024-00-15 10:00:00.5", "0000-00-00 00:00:00"),
        ("0000-00-00", "0000-00-00 00:00:00.0", None)]


def test_a_value_outside_the_limits_stops_its_table(source, reader, dates):
    source.query("DELETE FROM days WHERE id > 1", database=dates)
    for limits, code in [("19756,19756", 0), ("19757,30000", 3),
                         ("1,19755", 3)]:
        reading = reader.read(source, dates, "days", f"limit:d={limits}")
        assert reading.code == code
    assert reading.error["error"] == "TM2107"
    assert 'column "d"' in reading.error["what"]
    assert "id=1:" in reading.error["what"]


def test_a_type_of_ones_own_holds_the_value_or_stops(
        source, reader, make_database):
    database = make_database(source)
    source.query(
        "CREATE TABLE own (id INT PRIMARY KEY, i INT, d DECIMAL(10,2), "
        "f DOUBLE, c CHAR(36), b BINARY(16), t TIME(3)); "
        "INSERT INTO own VALUES (1, 200, 12.00, 0.1, "
        "'123e4567-E89B-12d3-a456-426655440000', "
        "x'123e4567e89b12d3a456426655440000', '-01:02:03.004')",
        database=database)
    for column, type_, wanted in [
            ("i", "uint8", "200"), ("i", "int64", "200"), ("i", "int8", None),
            ("i", "text", "200"), ("i", "float64", "200"),
            ("i", "decimal(5,2)", "200.00"), ("i", "decimal(2,0)", None),
            ("d", "int8", "12"), ("d", "text", "12.00"),
            ("d", "float64", "12"), ("d", "decimal(38,9)", "12.000000000"),
            ("f", "text", "0.1"), ("f", "int64", None),
            ("c", "uuid", "0x123e4567e89b12d3a456426655440000"),
            ("b", "uuid", "0x123e4567e89b12d3a456426655440000"),
            ("t", "text", "-01:02:03.004")]:
        reading = reader.read(source, database, "own",
                              f"type:{column}={type_}")
        if reading.error and reading.error["error"] == "TM1003":
            pytest.fail(f"{column} as {type_}: {reading.error['what']}")
        if wanted is None:
            assert reading.error["error"] in ("TM2107", "TM2108"), type_
            assert f'column "{column}"' in reading.error["what"]
            assert "row with id=1:" in reading.error["what"]
        else:
            assert reading.rows[0][column] == wanted, (column, type_)


def test_bytes_that_are_no_text_stop_or_are_replaced(
        source, reader, make_database):
    database = make_database(source)
    source.query(
        "CREATE TABLE bad (k VARCHAR(9) CHARACTER SET ascii PRIMARY KEY, "
        "t VARCHAR(9) CHARACTER SET cp1250); "
        "INSERT INTO bad VALUES ('a', CHAR(0x41, 0x81, 0x42 USING cp1250))",
        database=database)
    reading = reader.read(source, database, "bad")
    assert reading.error["error"] == "TM2108"
    assert "row with k=a:" in reading.error["what"]
    reading = reader.read(source, database, "bad", "text=replace")
    assert reading.rows[0]["t"] == "A\ufffdB"


@pytest.mark.parametrize("size", [(1 << 24) - 1, 1 << 24, 70 << 20])
def test_a_row_larger_than_a_packet_is_read(source, reader, make_database,
                                            size):
    database = make_database(source)
    source.query(
        "SET GLOBAL max_allowed_packet = 1 << 30", database=database)
    source.query(
        "CREATE TABLE large (id INT PRIMARY KEY, t LONGTEXT, n INT); "
        f"INSERT INTO large VALUES (1, REPEAT('x', {size}), 7), (2, 'y', 8)",
        database=database)
    reading = reader.read(source, database, "large")
    assert reading.code == 0, reading.error
    assert len(reading.rows[0]["t"]) == size
    assert [row["n"] for row in reading.rows] == ["7", "8"]


def test_a_scan_goes_on_behind_its_position(source, reader, make_database):
    database = make_database(source)
    keys = [("BIGINT UNSIGNED", ["0", "9", "18446744073709551615"]),
            ("VARCHAR(9) CHARACTER SET latin1", ["'a'", "'ü'", "''"]),
            ("DATETIME(6)", ["'2024-01-02 03:04:05.000006'",
                             "'1000-01-01'", "'2024-01-02'"]),
            ("TIME(2)", ["'-838:59:59'", "'-00:00:00.01'", "'10:00:00'"]),
            ("DECIMAL(20,3)", ["-1.5", "0", "12345678901234567.001"]),
            ("ENUM('z','a','ü')", ["'z'", "'a'", "'ü'"]),
            ("BIT(9)", ["b'100000001'", "b'1'", "b'11'"]),
            ("VARBINARY(9)", ["x'00'", "x'0001'", "x'ff22'"]),
            ("DOUBLE", ["0.1", "-1e300", "3"]),
            ("FLOAT", ["0.1", "1.17549435e-38", "-3"]),
            ("DATE", ["'2024-01-02'", "'9999-12-31'", "'1000-01-01'"])]
    if type(source).__name__.startswith("MariaDB"):
        keys += [("UUID", ["UUID()", "UUID()", "UUID()"]),
                 ("INET6", ["'::1'", "'2001::'", "'::'"])]
    for number, (declared, values) in enumerate(keys):
        table = f"k{number}"
        source.query(
            f"CREATE TABLE {table} (k {declared}, n INT, "
            "PRIMARY KEY (k, n)); INSERT INTO " + table + " VALUES " +
            ", ".join(f"({value}, {n})" for value in values
                      for n in (1, 2)), database=database)
        whole = reader.read(source, database, table, "rows=1")
        assert whole.code == 0, whole.error
        assert len(whole.rows) == 6, declared
        for i, position in enumerate(whole.positions[:6]):
            rest = reader.read(source, database, table, f"after={position}")
            assert rest.code == 0, (declared, position, rest.error)
            assert rest.rows == whole.rows[i + 1:], (declared, position)
