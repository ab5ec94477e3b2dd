"""What every warehouse must do, whatever it is.

The same suite for all drivers. What was loaded is known here; what is stored
is read by houses.py, by the means of each warehouse.
"""

import random

import pytest
import xxhash

from golden import canonical
from houses import PASSWORD, expected, make_house
from script import Script

PLAIN = [dict(name="id", kind="uint"), dict(name="s", kind="text")]


class Bench:
    """A warehouse of one test; scripts end with it."""

    def __init__(self, program, house):
        self.program = program
        self.house = house
        self.scripts = []
        self.columns = None
        self.name = None
        self.key = None

    def open(self, options="", **more):
        script = Script(self.program, self.house.url(options),
                        password=PASSWORD, **more)
        assert script.opened["status"] == "ok", script.opened
        self.scripts.append(script)
        if self.name:
            script.table(name=self.name, columns=self.columns, key=self.key)
        return script

    def start(self, columns=None, key=("id",), name="t", **more):
        """A script whose table stands there."""
        self.columns, self.key, self.name = columns or PLAIN, list(key), name
        script = self.open(**more)
        script.prepare()
        return script

    def check(self, rows):
        """The living rows are these, in any order."""
        wanted = [{column["name"]: expected(column, cell)
                   for column, cell in zip(self.columns, row)}
                  for row in rows]
        found = self.house.rows(self.name, self.columns, self.key)
        assert sorted(map(repr, found)) == sorted(map(repr, wanted))

    def close(self):
        for script in self.scripts:
            if script.process.poll() is None:
                script.close()


@pytest.fixture(params=["clickhouse", "files", "slow"])
def house(request, tmp_path):
    if request.param != "clickhouse":
        return make_house(request.param, tmp_path / "house")
    clickhouse = request.getfixturevalue("clickhouse")
    database = request.getfixturevalue("make_database")(clickhouse)
    return make_house("clickhouse", None, clickhouse, database)


@pytest.fixture
def bench(conformance, house):
    made = Bench(conformance, house)
    yield made
    made.close()


def needs_swap(bench):
    if not bench.house.swaps:
        pytest.skip("it has no swap")


# the table


def test_a_new_table_is_planned_then_made(bench):
    script = bench.open()
    script.table(name="t", columns=PLAIN, key=["id"])
    plan = script.plan()
    assert plan["is_new"] and plan["why"] is None
    assert plan["changes"][0].startswith("+ ")
    assert script.plan() == plan
    script.prepare()
    script.prepare()
    plan = script.plan()
    assert not plan["is_new"] and plan["changes"] == []


def test_a_table_that_is_not_there_is_empty(bench):
    script = bench.open()
    script.table(name="t", columns=PLAIN, key=["id"])
    assert script.size()["rows"] == 0
    if script.facts()["reads_back"]:
        assert script.highest()["version"] == 0


def test_a_column_is_added_beside_rows(bench):
    script = bench.start()
    script.load([[1, "a"]], version=1)
    bench.columns = PLAIN + [dict(name="n", kind="int", nullable=True)]
    wide = bench.open()
    plan = wide.plan()
    assert plan["why"] is None and not plan["is_new"]
    if bench.house.name != "slow":
        assert [change[0] for change in plan["changes"]][0] == "~"
    wide.prepare()
    assert wide.plan()["changes"] == []
    wide.load([[2, "b", -5], [3, "c", None]], version=2, delivery=2)
    bench.check([[1, "a", None], [2, "b", -5], [3, "c", None]])


def test_a_column_is_widened_beside_rows(bench):
    narrow = [PLAIN[0], dict(name="n", kind="int", width=2)]
    script = bench.start(narrow)
    script.load([[1, -32768]], version=1)
    bench.columns = [PLAIN[0], dict(name="n", kind="int", width=8)]
    wide = bench.open()
    assert wide.plan()["why"] is None
    wide.prepare()
    assert wide.plan()["changes"] == []
    wide.load([[2, str(-2 ** 63)]], version=2, delivery=2)
    if bench.house.name != "slow":
        bench.check([[1, -32768], [2, -2 ** 63]])


def test_another_key_needs_a_reload(bench):
    script = bench.start()
    script.load([[1, "a"]])
    bench.key = ["s"]
    other = bench.open()
    if bench.house.name != "slow":
        assert other.plan()["why"]


# loads


def test_a_load_is_stored(bench):
    script = bench.start()
    script.load([[1, "one"], [2, "two"]])
    bench.check([[1, "one"], [2, "two"]])


def test_the_same_load_twice_changes_nothing(bench):
    script = bench.start()
    for _ in range(2):
        script.load([[1, "one"], [2, "two"]])
    bench.check([[1, "one"], [2, "two"]])
    again = bench.open()
    again.load([[1, "one"], [2, "two"]])
    bench.check([[1, "one"], [2, "two"]])


def test_an_older_version_that_comes_late_loses(bench):
    script = bench.start()
    script.load([[1, "new"]], version=9)
    script.load([[1, "old"], [2, "old"]], version=3, delivery=2)
    bench.check([[1, "new"], [2, "old"]])


def test_loads_finish_out_of_order(bench):
    script = bench.start()
    script.begin(load="a", version=1, delivery=1)
    script.begin(load="b", version=2, delivery=2)
    script.put(load="a", rows=[[1, "first"], [2, "first"]], version=1)
    script.put(load="b", rows=[[1, "second"]], version=2)
    for name in ("b", "a"):
        done = script.finish(load=name)
        script.end(load=name)
        script.poll_until_decided(done["handle"], done["rows"])
    bench.check([[1, "second"], [2, "first"]])


def test_many_puts_make_one_load(bench):
    script = bench.start()
    script.begin(version=1)
    for start in range(0, 5000, 1000):
        script.put(rows=[[i, f"row {i}"]
                         for i in range(start, start + 1000)], version=1)
    done = script.finish()
    assert done["rows"] == 5000
    script.end()
    script.poll_until_decided(done["handle"], done["rows"])
    bench.check([[i, f"row {i}"] for i in range(5000)])


def test_what_is_not_finished_leaves_nothing(bench):
    script = bench.start()
    script.load([[1, "one"]])
    script.begin(version=2, delivery=2)
    script.put(rows=[[1, "never"], [2, "never"]], version=2)
    script.end()
    bench.check([[1, "one"]])
    if bench.house.name == "files":
        assert bench.house.strays("t") == set()


def test_a_killed_process_leaves_nothing(bench):
    script = bench.start()
    script.load([[1, "one"]])
    script.begin(version=2, delivery=2)
    script.put(rows=[[1, "never"], [2, "never"]], version=2, times=2000)
    script.kill()
    bench.check([[1, "one"]])
    after = bench.open()
    after.prepare()
    after.load([[2, "two"]], version=3, delivery=3)
    bench.check([[1, "one"], [2, "two"]])
    if bench.house.name == "files":
        assert bench.house.strays("t") == set()


def test_another_process_may_ask(bench):
    script = bench.start()
    script.begin(version=1)
    script.put(rows=[[1, "one"]], version=1)
    done = script.finish()
    script.end()
    script.kill()
    other = bench.open()
    other.poll_until_decided(done["handle"], done["rows"])
    bench.check([[1, "one"]])
    other.poll_until_decided(done["handle"], done["rows"])


def test_slow_answers_outlive_a_restart(bench):
    if bench.house.name != "slow":
        pytest.skip("it answers at once")
    script = bench.start(options="?polls=6")
    script.begin(version=1)
    script.put(rows=[[1, "one"]], version=1)
    done = script.finish()
    script.end()
    for _ in range(4):
        answer = script.ask("poll", handle=done["handle"], rows=1)
        assert answer["status"] == "pending"
        bench.check([])
    script.kill()
    other = bench.open("?polls=6")
    assert other.poll_until_decided(done["handle"], 1) == 2
    bench.check([[1, "one"]])


# rows


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


# what is told of it


def test_the_highest_version_counts_deletes(bench):
    script = bench.start()
    if not script.facts()["reads_back"]:
        pytest.skip("nothing is read back")
    assert script.highest()["version"] == 0
    script.load([[1, "a"]], version=2 ** 62)
    script.load([[2, "a"]], version=5, delivery=2)
    assert script.highest()["version"] == 2 ** 62
    script.load([[1, ""]], version=2 ** 62 + 1, deleted=True, delivery=3)
    assert bench.open().highest()["version"] == 2 ** 62 + 1


def test_the_size_grows_with_the_rows(bench):
    script = bench.start()
    if bench.house.name == "slow":
        pytest.skip("it knows no size")
    assert script.size()["rows"] == 0
    script.load([[i, "x" * i] for i in range(100)])
    size = bench.open().size()
    assert size["rows"] == 100 and size["bytes"] > 100


def test_seeds_are_first_names(bench):
    columns = [PLAIN[0], dict(name="s", kind="text", seed="früher \"x\"")]
    script = bench.start(columns)
    if bench.house.name == "slow":
        pytest.skip("it keeps no seeds")
    bench.columns = columns + [dict(name="new", kind="int")]
    assert bench.open().seeds()["seeds"] == ["id", "früher \"x\"", None]


# reload


def beside(script, rows, version, **more):
    """Begins a copy and fills it; its token."""
    token = script.beside(**more)["token"]
    if rows:
        script.load(rows, version=version, beside=True, delivery=version)
    return token


def test_a_reload_replaces_all_rows(bench):
    needs_swap(bench)
    script = bench.start()
    script.load([[1, "old"], [2, "old"]], version=1)
    token = beside(script, [[2, "new"], [3, "new"]], 2)
    bench.check([[1, "old"], [2, "old"]])
    script.swap(token=token)
    bench.check([[2, "new"], [3, "new"]])
    script.swap(token=token)
    bench.check([[2, "new"], [3, "new"]])
    script.load([[2, "later"]], version=3, delivery=3)
    bench.check([[2, "later"], [3, "new"]])
    if bench.house.name == "files":
        assert bench.house.strays("t") == set()


def test_a_reload_may_leave_nothing(bench):
    needs_swap(bench)
    script = bench.start()
    script.load([[1, "old"]], version=1)
    token = beside(script, [], 2)
    script.swap(token=token)
    bench.check([])
    assert script.size()["rows"] == 0


def test_a_copy_outlives_its_process(bench):
    needs_swap(bench)
    script = bench.start()
    script.load([[1, "old"]], version=1)
    token = beside(script, [[2, "new"]], 2)
    script.kill()
    second = bench.open()
    second.prepare()
    again = second.beside(keeps=True)["token"]
    assert again == token
    second.load([[3, "new"]], version=3, beside=True, delivery=3)
    second.swap(token=again)
    bench.check([[2, "new"], [3, "new"]])
    second.kill()
    third = bench.open()
    third.swap(token=again)
    bench.check([[2, "new"], [3, "new"]])


def test_a_copy_of_another_layout_is_dropped(bench):
    needs_swap(bench)
    script = bench.start()
    script.load([[1, "old"]], version=1)
    token = beside(script, [[2, "dropped"]], 2)
    bench.columns = [PLAIN[0], dict(name="n", kind="int")]
    other = bench.open()
    other.prepare()
    second = beside(other, [[3, 3]], 3, keeps=True)
    assert second != token
    other.swap(token=second)
    bench.check([[3, 3]])


def test_a_copy_that_is_not_kept_is_dropped(bench):
    needs_swap(bench)
    script = bench.start()
    script.load([[1, "old"]], version=1)
    first = beside(script, [[2, "dropped"]], 2)
    second = beside(script, [[3, "new"]], 3)
    assert first != second
    answer = script.ask("swap", token=first)
    assert answer["status"] == "table", answer
    bench.check([[1, "old"]])
    script.swap(token=second)
    bench.check([[3, "new"]])


def test_a_table_without_a_key_is_reloaded(bench):
    needs_swap(bench)
    script = bench.start(key=[])
    script.load([[1, "a"], [1, "a"]], version=1)
    token = script.beside()["token"]
    for request in (1, 2, 3):
        script.load([[5, "b"], [5, "b"]], version=2, beside=True,
                    request=request, delivery=2)
    script.swap(token=token)
    found = list_all(bench)
    assert found == [{"id": 5, "s": "b"}] * 6


def list_all(bench):
    """Rows of a table without a key, however often."""
    if bench.house.name == "clickhouse":
        return bench.house.rows(bench.name, bench.columns, [])
    return [{"id": int(row["id"]), "s": row["s"]}
            for row in bench.house.stored(bench.name)]


def test_what_it_cannot_do_it_says(bench):
    facts = bench.open().facts()
    assert facts["swaps"] == bench.house.swaps
    assert facts["reads_back"] == (bench.house.name != "slow")
