"""A filter that is sent along as SQL loses no row that passes it.

Random filters over random rows, tried by the server and by the one evaluator.
"""

import random

import pytest

from probe import Probe

WORDS = ["a", "A", "ä", "Ä", "a ", "", "b", "ss", "ß", "é", "e", "\U0001f600"]
NUMBERS = ["0", "1", "-1", "1.5", "2", "-2.50", "100", "0.10", "99999999999"]
TIMES = ["2024-01-01", "2024-01-01 10:00:00", "2024-01-01 10:00:00.5",
         "2024-02-29", "1999-12-31 23:59:59", "2024-01-01 10:00"]
COLUMNS = {
    "i": ("INT", NUMBERS), "u": ("BIGINT UNSIGNED", NUMBERS),
    "b": ("BIT(9)", NUMBERS), "y": ("YEAR", ["0", "1999", "2024", "69"]),
    "d": ("DECIMAL(10,2)", NUMBERS), "f": ("FLOAT", NUMBERS),
    "g": ("DOUBLE", NUMBERS),
    "l": ("VARCHAR(9) CHARACTER SET latin1", WORDS[:-1]),
    "t": ("VARCHAR(9) CHARACTER SET utf8mb4", WORDS),
    "c": ("CHAR(9) CHARACTER SET utf8mb4", WORDS),
    "e": ("ENUM('a','Ä','ss') CHARACTER SET utf8mb4", ["a", "Ä", "ss"]),
    "s": ("SET('a','b') CHARACTER SET latin1", ["a", "b", "a,b", ""]),
    "v": ("VARBINARY(9)", WORDS), "n": ("BINARY(3)", WORDS[:6]),
    "at": ("DATETIME(1)", TIMES), "ts": ("TIMESTAMP(6) NULL", TIMES),
    "day": ("DATE", TIMES),
}


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def constant(name):
    text = random.choice(COLUMNS[name][1])
    return text if COLUMNS[name][1] in (NUMBERS,) or name == "y" \
        else quote(text)


def test(name):
    kind = random.randrange(5)
    if kind == 0:
        return f"{name} IS {random.choice(['', 'NOT '])}NULL"
    if kind == 1:
        values = ", ".join(constant(name) for _ in range(3))
        return f"{name} {random.choice(['', 'NOT '])}IN ({values})"
    if kind == 2:
        return f"{name} BETWEEN {constant(name)} AND {constant(name)}"
    return f"{name} {random.choice(['=', '<>', '<', '<=', '>', '>='])} " \
        f"{constant(name)}"


test.__test__ = False


def expression(depth):
    if depth == 0 or random.random() < 0.3:
        return test(random.choice(list(COLUMNS)))
    kind = random.random()
    if kind < 0.25:
        return f"NOT ({expression(depth - 1)})"
    word = "AND" if kind < 0.65 else "OR"
    return f"({expression(depth - 1)} {word} {expression(depth - 1)})"


@pytest.mark.parametrize("kind", ["mariadb", "mysql"])
def test_a_filter_that_is_sent_loses_no_row(kind, request, make_database,
                                            tmp_path_factory):
    server = request.getfixturevalue(kind)
    probe = Probe(str(tmp_path_factory.getbasetemp()), server,
                  make_database(server))
    cursor = server.admin(probe.database).cursor()
    cursor.execute("SET NAMES utf8mb4, sql_mode = '', time_zone = '+00:00'")
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, " + ", ".join(
        f"{name} {kind}" for name, (kind, _) in COLUMNS.items()) + ")")
    random.seed(11)
    for i in range(150):
        values = [random.choice([None] + values * 2)
                  for _, values in COLUMNS.values()]
        cursor.execute("INSERT IGNORE INTO t VALUES (" + ", ".join(
            ["%s"] * (len(values) + 1)) + ")", [i, *values])
    filters = [test(name) for name in COLUMNS for _ in range(12)]
    filters += [expression(3) for _ in range(120)]
    lines = probe.run("filters", "t", *filters).splitlines()
    lost = []
    chosen = 0
    for line in lines:
        sent, tried, text = line.split(" ", 2)
        sent, tried = int(sent.split("=")[1]), int(tried.split("=")[1])
        chosen += sent < 150
        if sent != tried:
            lost.append(line)
    assert len(lines) == len(filters), lines[-1]
    assert not lost
    assert chosen > len(filters) / 4
