"""What plan says and prepare does about a table that changed."""

import pytest

from script import Refused, Script

from lab.databases import PASSWORD


def column(name, kind, **more):
    return dict(name=name, kind=kind, **more)


BASE = [column("id", "uint", width=4), column("n", "int", width=2),
        column("s", "text")]


@pytest.fixture
def open_script(conformance, clickhouse, make_database):
    """open_script(deletes="mark"): a script on one database of this test."""
    name = make_database(clickhouse)
    scripts = []

    def start(**options):
        scripts.append(Script(conformance, clickhouse.url(name),
                              password=PASSWORD, **options))
        scripts[-1].database = name
        return scripts[-1]
    yield start
    for script in scripts:
        script.close()


@pytest.fixture
def script(open_script):
    return open_script()


def types(clickhouse, script, table="t__tm"):
    return dict(clickhouse.rows(
        "SELECT name, type FROM system.columns WHERE database = "
        f"'{script.database}' AND table = '{table}' ORDER BY position"))


def start(script, columns=None, key=("id",), name="t"):
    script.table(name=name, columns=columns or BASE, key=list(key))
    script.prepare()


def test_a_prepared_table_needs_nothing(script):
    script.table(name="t", columns=BASE, key=["id"])
    first = script.plan()
    assert first["is_new"]
    assert [change[0] for change in first["changes"]] == ["+", "+"]
    script.prepare()
    script.prepare()
    assert script.plan() == {"changes": [], "is_new": False, "why": None,
                             "status": "ok"}


@pytest.mark.parametrize("name", ["t", "we`ird\\ n'ame", "ta ble", "left",
                                  "Ünïcode", "a.b"])
def test_names_are_only_ever_names(script, clickhouse, name):
    key = ["`; DROP TABLE x; --", "select"]
    columns = [column(key[0], "int"), column(key[1], "text"),
               column("it's \"\\ ` ?", "text", comment="'\\; `")]
    start(script, columns, key, name)
    assert script.plan()["changes"] == []
    assert script.plan()["why"] is None
    script.load([[1, "a", "b"]])
    quoted = name.replace("\\", "\\\\").replace("`", "\\`")
    assert clickhouse.rows(f"SELECT * FROM `{quoted}`",
                           script.database) == [[1, "a", "b"]]
    assert script.seeds()["seeds"] == [item["name"] for item in columns]


def test_a_table_may_have_a_thousand_columns(script, clickhouse):
    columns = [column(f"\u6f22{i:04}" + "\u8a9e" * 59, "int",
                      comment="\u6f22" * 200) for i in range(1017)]
    start(script, columns, [columns[0]["name"]])
    script.load([list(range(1017))])
    assert clickhouse.rows("SELECT * FROM t", script.database) == [
        list(range(1017))]
    assert script.plan()["changes"] == []


def test_a_new_column_is_added_in_its_place(script, clickhouse):
    start(script)
    script.load([[1, 2, "x"]], version=1)
    wider = BASE[:1] + [column("new", "text", nullable=True)] + BASE[1:]
    script.table(name="t", columns=wider, key=["id"])
    assert [change[0] for change in script.plan()["changes"]] == ["~", "~"]
    script.prepare()
    script.load([[2, "v", 3, "y"]], version=2)
    assert clickhouse.rows("SELECT * FROM t ORDER BY id",
                           script.database) == [
        [1, None, 2, "x"], [2, "v", 3, "y"]]
    assert list(types(clickhouse, script))[:4] == ["id", "new", "n", "s"]


@pytest.mark.parametrize("before,after", [
    (dict(kind="int", width=1), dict(kind="int", width=8)),
    (dict(kind="uint", width=2), dict(kind="uint", width=4)),
    (dict(kind="uint", width=2), dict(kind="int", width=4)),
    (dict(kind="int", width=4), dict(kind="int", width=4, nullable=True)),
    (dict(kind="decimal", precision=5, scale=2),
     dict(kind="decimal", precision=20, scale=4)),
])
def test_a_wider_type_keeps_every_value(script, clickhouse, before, after):
    columns = [column("id", "uint"), dict(name="v", **before)]
    start(script, columns)
    value = "1.25" if before["kind"] == "decimal" else "100"
    script.load([[1, value]], version=1)
    columns[1] = dict(name="v", **after)
    script.table(name="t", columns=columns, key=["id"])
    assert script.plan()["why"] is None
    script.prepare()
    assert script.plan()["changes"] == []
    script.load([[2, value]], version=2)
    assert clickhouse.rows("SELECT DISTINCT toString(v) FROM t",
                           script.database) == [[value]]
    shown = types(clickhouse, script, "t")["v"]
    assert shown == types(clickhouse, script)["v"]


@pytest.mark.parametrize("before,after", [
    (dict(kind="int", width=8), dict(kind="int", width=4)),
    (dict(kind="int", width=8), dict(kind="uint", width=8)),
    (dict(kind="text"), dict(kind="int", width=8)),
    (dict(kind="decimal", precision=10, scale=2),
     dict(kind="decimal", precision=10, scale=4)),
    (dict(kind="date"), dict(kind="datetime")),
    (dict(kind="float", width=8), dict(kind="float", width=4)),
])
def test_a_type_that_could_lose_a_value_asks_for_a_reload(
        script, clickhouse, before, after):
    columns = [column("id", "uint"), dict(name="v", **before)]
    start(script, columns)
    stored = types(clickhouse, script)
    columns[1] = dict(name="v", **after)
    script.table(name="t", columns=columns, key=["id"])
    plan = script.plan()
    assert '"v"' in plan["why"] and plan["changes"] == []
    script.prepare()
    assert types(clickhouse, script) == stored
    refused = script.ask("begin")
    assert (refused["status"], refused["id"]) == ("table", "TM3009")
    assert "mode: full" in refused["next"]


@pytest.mark.parametrize("change", ["type of the key", "key", "no key",
                                    "deletes"])
def test_what_cannot_be_altered_asks_for_a_reload(open_script, change):
    start(open_script())
    script = open_script(deletes="mark" if change == "deletes" else "remove")
    columns = [dict(item) for item in BASE]
    key = {"key": ["n"], "no key": []}.get(change, ["id"])
    if change == "type of the key":
        columns[0]["width"] = 8
    script.table(name="t", columns=columns, key=key)
    assert script.plan()["why"]
    assert script.ask("begin")["status"] == "table"


def test_a_reload_brings_the_new_layout(script, clickhouse):
    start(script)
    script.load([[1, 2, "x"]], version=1)
    columns = [column("id", "uint", width=8), column("s", "text"),
               column("extra", "bool")]
    script.table(name="t", columns=columns, key=["id"])
    script.prepare()
    token = script.beside(keeps=False)["token"]
    script.load([[5, "new", 1]], version=2, beside=True)
    assert clickhouse.rows("SELECT count() FROM t", script.database) == [[1]]
    script.swap(token=token)
    assert clickhouse.rows("SELECT * FROM t", script.database) == [
        [5, "new", True]]
    assert script.plan()["changes"] == [] and script.plan()["why"] is None


def test_not_null_again_needs_no_reload(script, clickhouse):
    columns = [column("id", "uint"), column("v", "text", nullable=True)]
    start(script, columns)
    script.load([[1, None]], version=1)
    columns[1] = column("v", "text")
    script.table(name="t", columns=columns, key=["id"])
    assert script.plan()["changes"] == []
    script.load([[1, "x"]], version=2)
    assert clickhouse.rows("SELECT * FROM t", script.database) == [[1, "x"]]


def test_times_stay_numbers_where_they_were_made_so(script, clickhouse):
    """By a server that had no Time64 yet."""
    columns = [column("id", "uint"), column("at", "time")]
    start(script, columns)
    clickhouse.query(f"DROP TABLE {script.database}.t__tm SYNC")
    clickhouse.query(f"""CREATE TABLE {script.database}.t__tm (id UInt64,
        at Int64, _tm_version UInt64, _tm_deleted UInt8, _tm_digest UInt64)
        ENGINE = ReplacingMergeTree(_tm_version, _tm_deleted) ORDER BY id""")
    script.prepare()
    assert script.plan()["why"] is None and script.plan()["changes"] == []
    script.load([[1, -5]])
    assert clickhouse.rows("SELECT * FROM t", script.database) == [[1, -5]]


def test_what_is_not_ours_is_left_alone(script, clickhouse):
    database = script.database
    clickhouse.query(f"CREATE TABLE {database}.t (id Int8) ENGINE = Memory")
    clickhouse.query(f"CREATE TABLE {database}.u__tm (id Int8) ENGINE = Log")
    for name in ("t", "u"):
        script.table(name=name, columns=BASE, key=["id"])
        assert [change[0] for change in script.plan()["changes"]].count("x")
        refused = script.ask("prepare")
        assert (refused["status"], refused["id"]) == ("table", "TM3009")
    assert clickhouse.rows("SHOW TABLES", database) == [["t"], ["u__tm"]]


def test_columns_that_the_source_lost_stay_and_are_not_shown(
        script, clickhouse):
    start(script)
    script.load([[1, 2, "x"]], version=1)
    script.table(name="t", columns=BASE[:1] + BASE[2:], key=["id"])
    script.prepare()
    script.load([[2, "y"]], version=2)
    assert clickhouse.rows("SELECT * FROM t ORDER BY id",
                           script.database) == [[1, "x"], [2, "y"]]
    assert "n" in types(clickhouse, script)


def test_seeds_survive_a_wider_type(script, clickhouse):
    columns = [column("id", "uint"),
               column("v", "int", width=1, seed="o;ld\\", comment="why; so")]
    start(script, columns)
    columns[1]["width"] = 2
    script.table(name="t", columns=columns, key=["id"])
    script.prepare()
    assert types(clickhouse, script)["v"] == "Int16"
    assert script.seeds()["seeds"] == ["id", "o;ld\\"]


def test_marked_rows_stay_visible_with_their_mark(open_script, clickhouse):
    script = open_script(deletes="mark")
    start(script)
    assert script.plan()["changes"] == []
    script.load([[1, 2, "x"]], version=1)
    script.load([[1, 2, "x"]], version=2, deleted=True)
    assert clickhouse.rows("SELECT * FROM t", script.database) == [
        [1, 2, "x", 1]]


def test_an_interrupted_copy_is_gone_on_with(open_script):
    script = open_script()
    start(script)
    token = script.beside(keeps=False)["token"]
    script.load([[1, 2, "x"]], version=1, beside=True)
    assert open_script().ask("table", name="t", columns=BASE, key=["id"])
    assert script.beside(keeps=True)["token"] == token
    assert script.beside(keeps=False)["token"] != token


def test_the_old_table_is_never_taken_for_a_copy(script, clickhouse):
    """Between the swap and the end of the old table a process may die."""
    start(script)
    script.load([[1, 2, "x"]], version=1)
    token = script.beside(keeps=False)["token"]
    script.load([[1, 2, "y"]], version=2, beside=True)
    script.swap(token=token)
    clickhouse.query(f"CREATE TABLE {script.database}.t__tm_reload AS "
                     f"{script.database}.t__tm")
    assert script.beside(keeps=True)["token"] != token


def test_a_swap_without_its_copy_is_refused(script):
    start(script)
    with pytest.raises(Refused, match="is gone"):
        script.swap(token="00000000-0000-0000-0000-000000000000")


def test_what_is_thought_absent_is_made_at_once(script):
    script.table(name="t", columns=BASE, key=["id"])
    assert script.prepare(is_new=True)["is_new"]
    assert script.plan()["changes"] == []
    assert not script.prepare(is_new=True)["is_new"]
    assert script.plan()["changes"] == []


def test_the_database_is_made_for_what_is_thought_absent(script, clickhouse):
    clickhouse.drop_database(script.database)
    script.table(name="t", columns=BASE, key=["id"])
    assert script.highest()["version"] == 0
    assert not script.prepare(is_new=True)["is_new"]
    assert script.highest()["version"] == 0
    assert script.plan()["changes"] == []


def test_a_view_of_somebody_else_that_came_since_stays(script, clickhouse):
    clickhouse.query("CREATE TABLE t (a Int32) ENGINE = Memory AS SELECT 7",
                     database=script.database)
    script.table(name="t", columns=BASE, key=["id"])
    refused = script.ask("prepare", is_new=True)
    assert (refused["status"], refused["id"]) == ("table", "TM3009")
    assert clickhouse.rows("SELECT a FROM t", script.database) == [[7]]


@pytest.mark.parametrize("columns", [
    "id UInt32, n Int16", "id UInt32, _tm_version UInt64"])
def test_a_table_of_somebody_else_that_came_since_stays(script, clickhouse,
                                                        columns):
    clickhouse.query(f"CREATE TABLE t__tm ({columns}) ENGINE = MergeTree "
                     "ORDER BY id AS SELECT 1 AS id, 7 AS "
                     + columns.split()[2], database=script.database)
    script.table(name="t", columns=BASE, key=["id"])
    assert not script.ask("prepare", is_new=True).get("is_new")
    assert clickhouse.rows("SELECT * FROM t__tm", script.database) == [[1, 7]]
    assert script.highest()["version"] == (7 if "_tm_" in columns else 0)


def test_a_table_that_came_since_keeps_its_versions(script):
    start(script)
    script.begin()
    script.put(rows=[[1, 2, "x"]], version=9)
    script.finish()
    script.end()
    assert not script.prepare(is_new=True)["is_new"]
    assert script.highest()["version"] == 9


def test_names_with_line_feeds_are_told_as_they_are(script):
    columns = [column("id", "uint", width=4), column("a\nb\\", "int", width=2)]
    start(script, columns, name="t\nu")
    assert script.plan()["changes"] == []
    assert script.seeds()["seeds"] == ["id", "a\nb\\"]
