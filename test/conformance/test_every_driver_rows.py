"""Rows, cells, names and keys: every warehouse keeps them as they are."""

import random

import pytest
import xxhash

from every_bench import PLAIN
from golden import canonical


def test_deletes_win_by_version_too(bench):
    script = bench.start()
    script.load([[1, "a"], [2, "b"], [3, "c"]], version=5)
    script.load([[1, ""], [2, ""]], version=7, deleted=True, delivery=2)
    bench.check([[3, "c"]])
    script.load([[1, "late"]], version=6, delivery=3)
    script.load([[3, ""]], version=4, deleted=True, delivery=4)
    bench.check([[3, "c"]])
    script.load([[2, "again"]], version=8, delivery=5)
    bench.check([[2, "again"], [3, "c"]])


def test_all_keys_below_a_version_are_deleted(bench):
    script = bench.start()
    script.load([[1, "a"], [2, "b"], [3, "c"], [4, "d"]], version=5)
    script.load([[3, "newer"]], version=9, delivery=2)
    script.load([[4, ""]], version=6, deleted=True, delivery=3)
    if not script.below(version=8)["able"]:
        pytest.skip("it reloads such tables")
    script.below(version=8)
    bench.check([[3, "newer"]])
    script.load([[1, "late"]], version=7, delivery=4)
    script.load([[2, "again"]], version=10, delivery=5)
    bench.check([[2, "again"], [3, "newer"]])


FRACTION = 10 ** 6
DAY = 86400 * FRACTION
KINDS = [
    (dict(name="bool", kind="bool"), [0, 1]),
    (dict(name="int1", kind="int", width=1), [-128, -1, 0, 127]),
    (dict(name="int2", kind="int", width=2), [-32768, 32767]),
    (dict(name="int4", kind="int", width=4), [-2 ** 31, 2 ** 31 - 1]),
    (dict(name="int8", kind="int", width=8),
     [str(-2 ** 63), str(2 ** 63 - 1), 0]),
    (dict(name="uint1", kind="uint", width=1), [0, 255]),
    (dict(name="uint2", kind="uint", width=2), [0, 65535]),
    (dict(name="uint4", kind="uint", width=4), [0, 2 ** 32 - 1]),
    (dict(name="uint8", kind="uint", width=8),
     [0, str(2 ** 64 - 1), str(2 ** 63)]),
    (dict(name="float4", kind="float", width=4),
     ["0", "-0.0", "1.5", "0.1", "3.4028235e38", "1e-45", "16777217"]),
    (dict(name="float8", kind="float", width=8),
     ["0", "-0.0", "0.1", "1e22", "1e300", "5e-324", "-2.5", "1e15",
      "0.30000000000000004", "123456789012345678",
      "1.7976931348623157e308"]),
    (dict(name="small", kind="decimal", precision=9, scale=2),
     ["0.00", "-0.01", "9999999.99", "-9999999.99"]),
    (dict(name="middle", kind="decimal", precision=18, scale=0),
     ["0", "999999999999999999", "-1"]),
    (dict(name="large", kind="decimal", precision=38, scale=38),
     ["0." + "9" * 38, "-0." + "0" * 37 + "1"]),
    (dict(name="huge", kind="decimal", precision=65, scale=30),
     ["9" * 35 + "." + "9" * 30, "-" + "1" * 35 + "." + "0" * 30]),
    (dict(name="date", kind="date"), [0, -1, 19000, -25567, 18321]),
    (dict(name="time0", kind="time"),
     [0, 3020399 * FRACTION, -3020399 * FRACTION, FRACTION]),
    (dict(name="time6", kind="time", scale=6),
     [1, -1, 3020398999999, 59999999]),
    (dict(name="datetime", kind="datetime", scale=6),
     [0, -1, 1, 47482 * DAY + 123456, 951782399999999]),
    (dict(name="stamp", kind="timestamp", scale=6),
     [0, 1, (2 ** 31 - 1) * FRACTION + 999999]),
    (dict(name="text", kind="text"),
     ["", "a", "\\ \" ' ` \t\r\n\b\f\0\x7f", "ünï \U0001f30a \u2028",
      "x" * 70000, "\\N", "null"]),
    (dict(name="few", kind="text", few=True), ["", "new", "\\N"]),
    (dict(name="bytes", kind="bytes"),
     ["", "00", "0001", "ff00fe", bytes(range(256)).hex(), "5c4e"]),
    (dict(name="json", kind="json"),
     ["null", "{\"a\": [1, 2.50, \"\\u0000\"]}", "\"\\\"\"", "{}"]),
    (dict(name="uuid", kind="uuid"),
     ["00" * 16, "ff" * 16, "00112233445566778899aabbccddeeff"]),
]


@pytest.mark.parametrize("place", range(len(KINDS)),
                         ids=[kind[0]["name"] for kind in KINDS])
def test_cells_are_kept_to_the_last_bit(bench, place):
    column, cells = KINDS[place]
    columns = [dict(name="id", kind="uint"), column,
               {**column, "name": "or_null", "nullable": True}]
    rows = [[i, cell, cell] for i, cell in enumerate(cells)]
    rows.append([1000, cells[-1], None])
    bench.start(columns).load(rows)
    bench.check(rows)


def test_cells_of_all_kinds_stand_in_one_row(bench):
    some = random.Random(4)
    columns = [dict(name="id", kind="uint")]
    for column, _ in KINDS:
        columns.append({**column, "nullable": True})
    rows = []
    for i in range(300):
        rows.append([i] + [some.choice(cells + [None])
                           for _, cells in KINDS])
    bench.start(columns).load(rows)
    bench.check(rows)


def test_columns_that_are_only_read_are_not_stored(bench):
    columns = [PLAIN[0], dict(name="hidden", kind="int", stored=False),
               PLAIN[1]]
    bench.start(columns).load([[1, 77, "a"], [2, 78, "b"]])
    bench.columns = PLAIN
    bench.check([[1, "a"], [2, "b"]])


NAMES = ["it's", "two words", "\U0001f30a", "back`tick", "quo\"te", "a/b",
         "..", ".hidden", "-r", "100%", "a\\b", "tab\there", "Ünï", "CON",
         "x" * 64, "\u6f22" * 20]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_only_names(bench, name):
    columns = [dict(name="id", kind="uint"), dict(name=name, kind="text"),
               dict(name=name + "2", kind="int", nullable=True)]
    bench.start(columns, name=name).load([[1, name, 5], [2, "", None]])
    bench.check([[1, name, 5], [2, "", None]])


def test_tables_do_not_share_a_place(bench):
    for number, name in enumerate(NAMES):
        bench.start(name=name).load([[number, name]])
        bench.scripts.pop().close()
    for number, name in enumerate(NAMES):
        bench.name = name
        bench.check([[number, name]])


@pytest.mark.parametrize("key", [["a"], ["s"], ["a", "s"], ["s", "b", "a"]])
def test_keys_of_any_form(bench, key):
    columns = [dict(name="a", kind="int", width=4),
               dict(name="s", kind="text"), dict(name="b", kind="bytes"),
               dict(name="v", kind="text")]
    rows = [[1, "x", "00", "1"], [2, "X", "0000", "2"], [3, "x ", "", "3"],
            [-1, "", "ff", "4"]]
    script = bench.start(columns, key)
    script.load(rows, version=1)
    script.load([[*row[:3], row[3] + " new"] for row in rows[:2]], version=2,
                delivery=2)
    bench.check([[*row[:3], row[3] + " new"] for row in rows[:2]] + rows[2:])
    if key != ["a"] and bench.house.name != "slow":
        check_buckets(bench, columns, key, rows)


def check_buckets(bench, columns, key, rows):
    wanted = []
    for row in rows:
        cells = dict(zip([column["name"] for column in columns], row))
        parts = []
        for name in key:
            kind = next(column["kind"] for column in columns
                        if column["name"] == name)
            value = bytes.fromhex(cells[name]) if kind == "bytes" \
                else cells[name]
            parts.append(canonical.canonical_cell(kind, value))
        whole = canonical.canonical_key(parts)
        wanted.append(xxhash.xxh3_64_intdigest(whole) >> 32)
    assert sorted(set(bench.house.buckets("t"))) == sorted(wanted)
