"""Large tables by the server's own SQL, equal on both kinds of server.

    fill(connection, "firenibble", 1_000_000)
    python3 -m judge.bulk URL firenibble 1000000

Two SHA-512 of the row's number give 256 hexadecimal digits; each column is
cut out of them at a place of its own.
"""

import sys

from .numbers import numbers, run

CHUNK = 500_000


def _text(at, size=32):
    return f"SUBSTR(h, {1 + at}, {size})"


def _number(at, digits=15):
    return f"CAST(CONV({_text(at, digits)}, 16, 10) AS SIGNED)"


def _share(at):
    return f"{_number(at, 13)} / 4503599627370496e0"


# name: (columns, values made of n and h)
SHAPES = {
    "firenibble": (
        "f0 BIGINT NOT NULL PRIMARY KEY, f1 BIGINT, f2 BIGINT, f3 INT,"
        " f4 DOUBLE, f5 DOUBLE, f6 DOUBLE, f7 DOUBLE, f8 VARCHAR(32),"
        " f9 VARCHAR(32), f10 DATE, f11 DATE, f12 DATE, f13 VARCHAR(32),"
        " f14 VARCHAR(32), f15 VARCHAR(32)",
        ["n", _number(0), _number(16), _number(32, 7), _share(40),
         _share(54), _share(68), _share(82), _text(96), _text(128),
         "'2020-01-01' + INTERVAL n % 1500 DAY",
         "'2020-01-01' + INTERVAL n % 1501 DAY",
         "'2020-01-01' + INTERVAL n % 1499 DAY", _text(160), _text(192),
         _text(224)]),
    "orders": (
        "id BIGINT UNSIGNED NOT NULL PRIMARY KEY, customer INT NOT NULL,"
        " state ENUM('new','paid','sent','done') NOT NULL,"
        " total DECIMAL(12,2) NOT NULL, items SMALLINT NOT NULL,"
        " coupon VARCHAR(100) NULL, address VARCHAR(255) NULL,"
        " discount DOUBLE NOT NULL, placed_at DATETIME NOT NULL,"
        " updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)"
        " ON UPDATE CURRENT_TIMESTAMP(3), KEY (updated_at)",
        ["n", _number(0, 5), f"1 + {_number(6, 2)} % 4",
         f"{_number(8, 7)} / 100", f"{_number(16, 2)} % 20",
         f"IF({_number(18, 2)} % 7 = 0, {_text(20, 12)}, NULL)",
         f"IF(n % 9 = 0, NULL, CONCAT_WS(' ', {_text(40, 9)},"
         f" {_text(50, 20)}, {_text(70, 7)}))", _share(80),
         f"'2020-01-01' + INTERVAL {_number(96, 6)} * 9 SECOND",
         f"'2023-01-01' + INTERVAL {_number(104, 6)} * 6 SECOND"
         f" + INTERVAL {_number(112, 2)} * 1000 MICROSECOND"]),
    "small_rows": (
        "id INT NOT NULL PRIMARY KEY, k INT NOT NULL, c VARCHAR(20)",
        ["n", _number(0, 7), _text(8, 9)]),
    "large_text": (
        "id INT NOT NULL PRIMARY KEY, body TEXT NOT NULL",
        ["n", "REPEAT(h, 16)"]),
}


def fill(connection, shape, rows, name=None, first=1, shapes=SHAPES):
    """Makes the table where it is missing and adds the rows of that number.

    Row n is the same whenever and wherever it is made.
    """
    columns, values = shapes[shape]
    name = name or shape
    run(connection, f"CREATE TABLE IF NOT EXISTS {name} ({columns})"
        " DEFAULT CHARSET=utf8mb4")
    for start in range(first, first + rows, CHUNK):
        last = min(start + CHUNK, first + rows) - 1
        source = numbers(connection, start, last)
        run(connection,
            f"INSERT INTO {name} SELECT {', '.join(values)} FROM (SELECT n,"
            f" CONCAT(SHA2(n, 512), SHA2(-n, 512)) AS h FROM {source}) AS d")


def main(arguments):
    from .__main__ import connect, name_of
    url, shape, rows = arguments
    connection = connect(url)
    connection.select_db(name_of(url))
    fill(connection, shape, int(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
