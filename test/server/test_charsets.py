"""Every character set of every server: our UTF-8 is the server's own.

A table of each set holds its whole code space, written by the server from
bytes or from code points. What it converts must come out the same; what it
cannot convert must stop the table, or be replaced where the settings say so.
"""

import pytest

DIGITS = " UNION ALL ".join(f"SELECT {i} AS d" if i == 0 else f"SELECT {i}"
                            for i in range(16))
NUMBERS = f"(SELECT x.d * 16 + y.d AS n FROM ({DIGITS}) x, ({DIGITS}) y)"
SHORT = f"({DIGITS})"
UNICODE = ("utf8mb4", "utf8mb3", "utf8", "ucs2", "utf16", "utf16le", "utf32")
REPLACEMENT = "\ufffd"


@pytest.fixture(params=["mariadb", "mysql", "mariadb_new"])
def server(request):
    return request.getfixturevalue(request.param)


def spaces(charset, longest):
    """FROM clauses and bytes of the codes of a set, by their length."""
    yield f"{NUMBERS} a", "a.n"
    if longest >= 2:
        yield f"{NUMBERS} a, {NUMBERS} b WHERE a.n > 127", "a.n, b.n"
    if longest == 3:
        yield (f"{NUMBERS} a, {NUMBERS} b WHERE a.n > 127 AND b.n > 127",
               "143, a.n, b.n")
    if longest >= 4:
        yield (f"{NUMBERS} a, {SHORT} b, {NUMBERS} c, {SHORT} d WHERE "
               "(a.n BETWEEN 129 AND 133 OR a.n = 144 OR a.n = 227) AND "
               "b.d < 10 AND c.n BETWEEN 129 AND 254 AND d.d < 10",
               "a.n, 48 + b.d, c.n, 48 + d.d")


def fill_from_bytes(server, database, charset, longest):
    for source, made in spaces(charset, longest):
        server.query(
            f"SET sql_mode = ''; INSERT INTO codes (t) SELECT c FROM "
            f"(SELECT CHAR({made} USING {charset}) AS c FROM {source}) made "
            "WHERE CHAR_LENGTH(c) = 1", database=database)


def fill_from_points(server, database, charset):
    """All of the first plane, a part of the others."""
    made = "CONVERT(CONVERT(CHAR(0, p.n, a.n, b.n) USING utf32) USING {})"
    for plane in ["p.n = 0", "p.n BETWEEN 1 AND 16 AND b.n % 51 = 0"]:
        server.query(
            "SET sql_mode = ''; INSERT INTO codes (t) SELECT c FROM (SELECT "
            + made.format(charset) +
            f" AS c FROM {NUMBERS} p, {NUMBERS} a, {NUMBERS} b WHERE {plane}"
            ") made WHERE CHAR_LENGTH(c) = 1", database=database)


def fill(server, database, charset, longest):
    server.query(
        "CREATE TABLE codes (id INT AUTO_INCREMENT PRIMARY KEY, t VARCHAR(4) "
        f"CHARACTER SET {charset})", database=database)
    if charset in UNICODE:
        fill_from_points(server, database, charset)
    else:
        fill_from_bytes(server, database, charset, longest)


def expected(raw, converted):
    """What the server makes of a code; None where it is no character."""
    if converted is None or (converted == b"?" and raw.strip(b"\0") != b"?"):
        return None
    try:
        return converted.decode()
    except UnicodeDecodeError:
        return None  # a surrogate, which MariaDB keeps


def charsets(server):
    return server.query(
        "SELECT character_set_name, maxlen FROM "
        "information_schema.character_sets WHERE character_set_name <> "
        "'binary' ORDER BY 1")


def check(server, reader, database, charset, longest):
    fill(server, database, charset, longest)
    told = server.query(
        "SELECT id, CAST(t AS BINARY), CAST(CONVERT(t USING utf8mb4) AS "
        "BINARY) FROM codes ORDER BY id", database=database)
    reading = reader.read(server, database, "codes", "text=replace",
                          "rows=50000")
    assert reading.code == 0, reading.error
    assert len(reading.rows) == len(told) > 0
    bad_count = 0
    for (number, raw, converted), row in zip(told, reading.rows):
        assert row["id"] == str(number)
        wanted = expected(raw, converted)
        if wanted is None:
            bad_count += 1
            assert REPLACEMENT in row["t"], (charset, raw)
        else:
            assert row["t"] == wanted, (charset, raw)
    reading = reader.read(server, database, "codes", "rows=50000")
    assert (reading.code != 0) == (bad_count > 0), charset
    if bad_count:
        assert reading.error["error"] == "TM2108"
    return len(told), bad_count


def test_every_code_of_every_set_is_what_the_server_makes_of_it(
        server, reader, make_database):
    for charset, longest in charsets(server):
        database = make_database(server)
        count, bad = check(server, reader, database, charset, int(longest))
        print(f"{charset}: {count} codes, {bad} without a character")
