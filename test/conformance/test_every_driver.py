"""What every warehouse must do, whatever it is.

The same suite for all drivers. What was loaded is known here; what is stored
is read by houses.py, by the means of each warehouse.
"""

import pytest

from every_bench import PLAIN


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
