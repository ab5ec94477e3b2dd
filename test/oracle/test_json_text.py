"""The text of a document out of the log is the server's own.

Random documents of all scalar types, deep and wide ones, changed in whole and
in part: the last text that the log gives of each is CAST(j AS CHAR), and the
row is that of a scan. TIDEMARK_NIGHTLY=1 tries ten times as many.
"""

import json
import os
import random
import struct

import pytest

import binlog_rows
import dump
from judge.generator_json import json_edges, random_json
from lab.servers import MariaDB, MariaDBNew, MySQL

DOCUMENTS = 6000 if os.environ.get("TIDEMARK_NIGHTLY") else 600
LETTERS = ["a", "ä", "\U0001f30a", "\"", "\\", "\n", "\x01", "'", "/",
           "\x7f", "​"]


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("json_text")
    return dump.build(folder), binlog_rows.build(folder)


@pytest.fixture(params=[MySQL, MariaDB, MariaDBNew],
                ids=lambda kind: kind.kind)
def server(request, start_server):
    server = start_server(request.param)
    server.query("CREATE DATABASE d")
    server.query("CREATE TABLE d.j (id INT PRIMARY KEY, j JSON)")
    return server


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Documents:
    """Texts of SQL expressions of MySQL's documents."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def integer(self):
        number = self.random.choice([
            0, -1, 32767, 32768, -32768, -32769, 65535, 65536, 2**31 - 1,
            2**31, -2**31, -2**31 - 1, 2**63 - 1, -2**63,
            self.random.getrandbits(self.random.randint(1, 63))])
        return str(number)

    def unsigned(self):
        return "CAST(%d AS UNSIGNED)" % self.random.choice(
            [2**63, 2**64 - 1, 0, self.random.getrandbits(64)])

    def decimal(self):
        scale = self.random.randint(0, 30)
        digits = self.random.randint(max(scale, 1), 65)
        text = str(self.random.getrandbits(220))[:digits].rjust(digits, "0")
        text = f"{text[:digits - scale] or '0'}.{text[digits - scale:]}0" \
            if scale else text
        sign = self.random.choice(["", "-"])
        return f"CAST('{sign}{text}' AS DECIMAL({digits},{scale}))"

    def double(self):
        draw = self.random
        while True:
            value = draw.choice([
                struct.unpack("<d", struct.pack("<Q",
                                                draw.getrandbits(64)))[0],
                2.0 ** draw.randint(-1074, 1023),
                10.0 ** draw.randint(-20, 25), draw.random(),
                draw.getrandbits(60) / 8, float(draw.getrandbits(53))])
            if value - value == 0:
                return f"{value!r}e0" if "e" not in repr(value) \
                    else repr(value)

    def day(self):
        return "%04d-%02d-%02d" % (
            self.random.choice([0, 1, 1970, 9999, 2024]),
            self.random.randint(1, 12), self.random.randint(1, 28))

    def moment(self):
        kind = self.random.choice(["DATE", "DATETIME(6)", "TIME(6)",
                                   "DATETIME", "TIME(3)"])
        clock = "%02d:%02d:%02d.%06d" % (
            self.random.randint(0, 23), self.random.randint(0, 59),
            self.random.randint(0, 59), self.random.randrange(10**6))
        if kind.startswith("TIME"):
            hours = self.random.choice(["", "-", "8", "-8"])
            return f"CAST('{hours}{clock}' AS {kind})"
        return f"CAST('{self.day()} {clock}' AS {kind})"

    def opaque(self):
        size = self.random.choice([0, 1, 2, 3, 56, 57, 58, 127, 128, 300])
        body = self.random.randbytes(size).hex()
        return self.random.choice([
            f"CAST(x'{body}' AS BINARY({size or 1}))", f"x'{body}'",
            "b'101'", "YEAR('2024-01-01')", "CAST(0.1 AS FLOAT)",
            "ST_GeomFromText('POINT(1 2)')", "TRUE", "FALSE", "NULL",
            "1 = 1", "CAST(2024 AS YEAR)"])

    def text(self):
        return quoted("".join(
            self.random.choice(LETTERS)
            for _ in range(self.random.choice([0, 1, 9, 127, 128, 300]))))

    def scalar(self):
        return self.random.choice([
            self.integer, self.unsigned, self.decimal, self.double,
            self.moment, self.opaque, self.text])()

    def value(self, depth=0):
        kind = self.random.random()
        if depth > 3 or kind < .4:
            return self.scalar()
        count = self.random.choice([0, 1, 2, 5])
        if kind < .7:
            return "JSON_ARRAY(%s)" % ", ".join(
                self.value(depth + 1) for _ in range(count))
        return "JSON_OBJECT(%s)" % ", ".join(
            f"{quoted(self.random.choice('abc') * i)}, "
            f"{self.value(depth + 1)}" for i in range(count))


def expressions(kind):
    if kind == "mysql":
        made = Documents(5)
        wide = [quoted("[" * 99 + "1" + "]" * 99),
                quoted(json.dumps(list(range(0, 10**6, 40)))),
                quoted(json.dumps({f"k{i}": "x" * 30 for i in range(4000)})),
                "JSON_ARRAY(REPEAT('y', 70000), REPEAT(x'01', 17000))"]
        return wide + [quoted(text) for text in json_edges(kind)] + \
            [f"JSON_ARRAY({made.scalar()})" for _ in range(DOCUMENTS)] + \
            [f"JSON_OBJECT('k', {made.value()})" for _ in range(DOCUMENTS)]
    draw = random.Random(5)
    return [quoted(text) for text in json_edges("mariadb")] + \
        [quoted(random_json(draw)) for _ in range(DOCUMENTS)]


CHANGES = [
    "UPDATE j SET j = JSON_SET(j, '$.k', 'ü') WHERE id % 7 = 0",
    "UPDATE j SET j = JSON_SET(j, '$.k.a', 1.50, '$[0]', NULL) "
    "WHERE id % 7 = 1",
    "UPDATE j SET j = JSON_REMOVE(j, '$[0]') WHERE id % 7 = 2",
    "UPDATE j SET j = JSON_ARRAY(j, j) WHERE id % 7 = 3",
    "UPDATE j SET id = -id WHERE id % 7 = 4",
    "DELETE FROM j WHERE id % 7 = 5"]


def fill(server, made):
    with server.admin("d") as connection, connection.cursor() as cursor:
        if server.kind != "mysql":  # it takes 32 levels to be too deep
            cursor.execute("SET check_constraint_checks = OFF")
        for at in range(0, len(made), 50):
            cursor.execute("INSERT INTO j VALUES " + ", ".join(
                f"({at + i}, {text})"
                for i, text in enumerate(made[at:at + 50], 1)))
        for change in CHANGES:
            cursor.execute(change)
        if server.kind == "mysql":
            cursor.execute("SET binlog_row_value_options = PARTIAL_JSON")
            cursor.execute("UPDATE j SET j = JSON_SET(j, '$.k', 'p') "
                           "WHERE id % 5 = 0")


def texts_of_the_log(program, server):
    """{id: text} of the rows that are there; None: changed in part."""
    server.query("FLUSH BINARY LOGS")
    texts = {}
    for name in server.query("SHOW BINARY LOGS")[:-1]:
        reading = dump.Reading(program,
                               os.path.join(server.data(), name[0]))
        assert reading.error is None, reading.what
        for table, sign, cells in reading.images:
            if table != "d.j":
                continue
            if sign == "-":
                texts.pop(int(cells["1"]), None)
            else:
                text = cells["2"]
                texts[int(cells["1"])] = \
                    text if server.kind == "mysql" or text is None \
                    else bytes.fromhex(text[1:]).decode()
    return texts


def test_a_document_is_the_text_of_the_server(programs, server):
    place = binlog_rows.Place(server)
    fill(server, expressions(server.kind))
    mine = texts_of_the_log(programs[0], server)
    theirs = dict(server.query("SELECT id, CAST(j AS CHAR) FROM j",
                               database="d"))
    assert set(mine) == set(theirs) and len(theirs) > DOCUMENTS * .8
    partial = [key for key, text in mine.items() if text == "!partial"]
    assert (len(partial) > 20) == (server.kind == "mysql")
    unlike = [(theirs[key], text) for key, text in mine.items()
              if text not in (theirs[key], "!partial")]
    assert not unlike, (len(unlike), unlike[:3])
    roads = binlog_rows.Roads(programs[1], server, "d")
    log, scan = roads.log(place), roads.scan("positions")
    told = {str(key) for key in log.keys.get("j", [])}
    for at, row in scan.live.items():
        if str(json.loads(row["position"])) not in told:
            assert log.live[at]["digest"] == row["digest"], row
    assert len(told) == len(partial)
