"""A page of a scan reads about as many rows as it gives, whatever the key.

Counted by the server's own handlers: a plan that scans the index from its
start, or sorts, fails here. No row may be lost or come twice.
"""

import random

import pytest

from probe import Probe

ROWS = 400
PAGE = 37

# name: (types of the key's columns, value number i as SQL for each)
KEYS = {
    "int": (["INT"], lambda i: [i - 200]),
    "bigint_unsigned": (["BIGINT UNSIGNED"],
                        lambda i: [i * 0x123456789abcdef % 2 ** 64]),
    "bit": (["BIT(64)"], lambda i: [i * 0x123456789abcdef % 2 ** 64]),
    "decimal": (["DECIMAL(30,8)"], lambda i: [f"{i - 200}.{i:08d}"]),
    "float": (["FLOAT"], lambda i: [repr(1 / (i + 1))]),
    "double": (["DOUBLE"], lambda i: [repr(-1 / (i + 1))]),
    "float_pair": (["FLOAT", "DOUBLE"],
                   lambda i: [repr(1 / (i % 3 + 3)), repr(i / 7)]),
    "year": (["YEAR", "INT"], lambda i: [1901 + i % 3, i]),
    "date": (["DATE"], lambda i: [f"'2020-01-01' + INTERVAL {i} DAY"]),
    "date_zero": (["DATE", "DATETIME(3)", "INT"],
                  lambda i: [f"'2024-0{i % 3}-00'",
                             f"'2024-02-00 10:00:0{i % 2}.5'", i]),
    "time": (["TIME(6)"],
             lambda i: [f"'{'-' if i % 2 else ''}{i}:00:00.{i:06d}'"]),
    "datetime": (["DATETIME(6)", "INT"],
                 lambda i: [f"'2024-05-05 10:00:0{i % 3}.00000{i % 2}'", i]),
    "timestamp": (["TIMESTAMP(6)", "INT"],
                  lambda i: [f"'2024-05-05 10:00:0{i % 3}.00000{i % 2}'", i]),
    "varbinary": (["VARBINARY(20)"], lambda i: [f"X'{i * 7919:06x}00'"]),
    "binary": (["BINARY(4)", "BINARY(16)"],
               lambda i: [f"X'{i % 3:02x}'", f"X'{i:032x}'"]),
    "enum": (["ENUM('z','it''s','a','B')", "INT"],
             lambda i: [1 + i % 4, i]),
    "enum_inside": (["INT", "ENUM('z','é','a') CHARACTER SET latin1", "INT"],
                    lambda i: [i % 2, 1 + i // 2 % 3, i]),
    "enum_end": (["INT", "ENUM('z','é','a') CHARACTER SET ucs2"],
                 lambda i: [i // 3, 1 + i % 3]),
    "set_end": (["INT", "SET('z','b','a')"], lambda i: [i // 8, i % 8]),
    "three": (["INT", "VARCHAR(10)", "INT"],
              lambda i: [i % 2, f"'{i // 2 % 3}'", i]),
}
MARIADB_KEYS = {
    "uuid": (["UUID"], lambda i: [f"UUID_VALUE('{i * 7919:032x}')"]),
    "inet4": (["INET4"], lambda i: [f"'10.{i % 7}.{i // 7}.{i % 256}'"]),
    "inet6": (["INET6"], lambda i: [f"'2001:db8::{i:x}'"]),
    "inet6_pair": (["INET6", "UUID"],
                   lambda i: [f"'2001:db8::{i % 3:x}'",
                              f"UUID_VALUE('{i * 7919:032x}')"]),
}
LETTERS = ("abcdeABC zZ019-_äöüßéñęłżИйДжαβΩ日本語漢字カナ한글中文😀")


@pytest.fixture(params=["mariadb", "mysql", "mariadb_new"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def probe(server, make_database, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    return Probe(str(folder), server, make_database(server))


def connection(probe):
    link = probe.server.admin(probe.database)
    cursor = link.cursor()
    cursor.execute("SET NAMES utf8mb4, sql_mode = '', time_zone = '+00:00'")
    return cursor


def fill(cursor, name, types, value, index="PRIMARY KEY", rows=ROWS):
    names = [f"k{i}" for i in range(len(types))]
    columns = ", ".join(f"{key} {kind} NOT NULL"
                        for key, kind in zip(names, types))
    name = f"k_{name}"
    cursor.execute(f"CREATE TABLE {name} (pad CHAR(20) DEFAULT 'x', "
                   f"{columns}, {index} ({', '.join(names)}))")
    lines = ", ".join(
        "(" + ", ".join(str(part) for part in value(i)) + ")"
        for i in range(rows)).replace("UUID_VALUE", "")
    cursor.execute(f"INSERT IGNORE INTO {name} ({', '.join(names)}) "
                   f"VALUES {lines}")
    cursor.execute(f"ANALYZE TABLE {name}")
    cursor.fetchall()
    cursor.execute(f"SELECT COUNT(*) FROM {name}")
    return cursor.fetchone()[0]


def keys_of(server):
    if server.kind == "mysql":
        return KEYS
    keys = {**KEYS, **MARIADB_KEYS}
    if server.version().startswith("10.6"):
        keys.pop("inet4")
    return keys


def slow(name, parts):
    """A SET has no range; it is read from the start of its group."""
    return 9 if name.startswith("set") else 2 + 2 * len(parts)


def test_pages_by_key_read_what_they_give(server, probe):
    cursor = connection(probe)
    keys = keys_of(server)
    counts = {f"k_{name}": fill(cursor, name, types, value)
              for name, (types, value) in keys.items()}
    assert min(counts.values()) > ROWS / 2
    pages = probe.many(PAGE, counts)
    assert set(pages) == set(counts)
    assert not {
        name: (counts[f"k_{name}"], pages[f"k_{name}"]) for name in keys
        if pages[f"k_{name}"]["rows"] != counts[f"k_{name}"] or
        pages[f"k_{name}"]["sorted"] > 0 or
        pages[f"k_{name}"]["excess"] > slow(name, keys[name][0])}


def test_pages_by_cursor_read_what_they_give(server, probe):
    cursor = connection(probe)
    cursor.execute(
        "CREATE TABLE c (a INT NOT NULL, b VARCHAR(20) NOT NULL, "
        "u DATETIME(6) NULL, t TIMESTAMP(3) NULL, n BIGINT NULL, "
        "d DATE NULL, PRIMARY KEY (a, b), KEY (u), KEY (t), KEY (n), "
        "KEY (d, a, b))")
    cursor.execute("INSERT INTO c VALUES " + ", ".join(
        f"({i % 7}, 'ü{i}', '2024-01-01' + INTERVAL {i // 300} SECOND, "
        f"'2024-01-01' + INTERVAL {i // 300} SECOND, {i // 300}, "
        f"'2024-01-01' + INTERVAL {i // 300} DAY)" for i in range(1200)))
    cursor.execute("INSERT INTO c VALUES " + ", ".join(
        f"({i % 7}, 'n{i}', NULL, NULL, NULL, NULL)" for i in range(300)))
    cursor.execute("ANALYZE TABLE c")
    for name in ("u", "t", "n", "d"):
        pages = probe.pages("c", 100, "cursor", name)
        assert pages["rows"] == 1200, name
        assert pages["excess"] <= 8 and pages["sorted"] == 0, (name, pages)
        pages = probe.pages("c", 50, "null", name)
        assert pages["rows"] == 300, name
        assert pages["excess"] <= 8 and pages["sorted"] == 0, (name, pages)


def collations(cursor, mysql):
    """Of every character set: its default, its binary one, and some more."""
    cursor.execute("SHOW COLLATION")
    found = {}
    for row in cursor.fetchall():
        if row[1] and row[1] != "binary":
            found.setdefault(row[1], []).append((row[0], row[3] == "Yes"))
    random.seed(5)
    for charset, names in found.items():
        default = [name for name, is_default in names if is_default]
        binary = [name for name, _ in names if name.endswith("_bin")]
        other = random.sample([name for name, _ in names],
                              min(2, len(names)))
        for name in dict.fromkeys(default[:1] + binary[:1] + other):
            yield charset, name
    yield "latin1", "latin1_german2_ci"
    yield "utf8mb4", "utf8mb4_0900_ai_ci" if mysql else "utf8mb4_nopad_bin"


def test_text_keys_of_every_character_set(server, probe):
    cursor = connection(probe)
    random.seed(3)
    words = ["".join(random.choices(LETTERS, k=random.randint(0, 6)))
             for _ in range(200)]
    counts = {}
    for charset, name in dict.fromkeys(
            collations(cursor, server.kind == "mysql")):
        kind = f"(20) CHARACTER SET {charset} COLLATE {name} NOT NULL"
        cursor.execute(f"CREATE TABLE {name} (a VARCHAR{kind}, b CHAR{kind}, "
                       "PRIMARY KEY (a, b))")
        cursor.executemany(
            f"INSERT IGNORE INTO {name} VALUES (%s, %s)",
            [(word[:2], random.choice(LETTERS) + word) for word in words])
        cursor.execute(f"ANALYZE TABLE {name}")
        cursor.fetchall()
        cursor.execute(f"SELECT COUNT(*) FROM {name}")
        counts[name] = cursor.fetchone()[0]
    pages = probe.many(23, counts)
    assert set(pages) == set(counts)
    assert not {name: (counts[name], page) for name, page in pages.items()
                if page["rows"] != counts[name] or page["sorted"] > 0 or
                page["excess"] > 6}


def test_a_key_of_another_index_is_chosen_by_its_columns(server, probe):
    cursor = connection(probe)
    cursor.execute(
        "CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, "
        "c INT NULL, v VARCHAR(100) NOT NULL, UNIQUE KEY two (b, a), "
        "UNIQUE KEY nullable (c), UNIQUE KEY prefix (v(5)))")
    cursor.execute("INSERT INTO t VALUES " + ", ".join(
        f"({i}, {i % 7}, {i // 7}, NULL, '{i:05d}word')" for i in range(100)))
    pages = probe.values("pages", "t", 10, "key", "-", "a", "b")
    assert pages["rows"] == "100" and pages["last"] == '["14","1"]'
    for columns in (["c"], ["v"], ["a"], ["a", "b", "id"]):
        text = probe.run("pages", "t", 10, "key", "-", *columns)
        assert "error=TM2103" in text, columns
        assert "write key: [id] or [b, a]" in text


def test_tables_without_a_usable_key_have_none(server, probe):
    cursor = connection(probe)
    cursor.execute("CREATE TABLE heap (a INT, UNIQUE KEY (a))")
    cursor.execute("CREATE TABLE prefix (v TEXT NOT NULL, UNIQUE (v(9)))")
    cursor.execute("CREATE TABLE s (v SET('a','b') NOT NULL PRIMARY KEY)")
    cursor.execute("CREATE TABLE later (a INT, b INT NOT NULL, "
                   "UNIQUE x (a), UNIQUE y (b, a), UNIQUE z (b))")
    assert "index=-" in probe.run("describe", "heap")
    assert "index=-" in probe.run("describe", "prefix")
    assert "index=-" in probe.run("describe", "s")
    assert "index=z" in probe.run("describe", "later")
