"""What a person can get wrong, and what each mistake ends in."""

import os
import re
import sqlite3

import pytest

from lab.proxy import TcpProxy
from commands import assert_failure, desk, shop, tables_of  # noqa: F401


def source(shop, **changes):
    """The source's URL with another user, host, port or database."""
    parts = {"user": "sync", "host": "127.0.0.1", "port": shop.source.port,
             "database": shop.database, **changes}
    return {"url": "mysql://{user}@{host}:{port}/{database}".format(**parts)}


def warehouse(shop, **changes):
    parts = {"user": "sync", "host": "127.0.0.1",
             "port": shop.clickhouse.port, "database": shop.database,
             **changes}
    return {"url": "clickhouse://{user}@{host}:{port}/{database}".format(
        **parts)}


# the source


@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_a_wrong_password_of_the_source_ends_in_4(shop, command):
    shop.settings(source={"password": "${env:WRONG}"})
    result = shop.run(command, environment={"WRONG": "not-the-secret"})
    text = result.stdout + result.stderr
    assert result.code == 4 and "(TM2002)" in text, str(result)
    assert "next:" in text and "not-the-secret" not in text


def test_a_user_that_is_unknown_ends_in_4(shop):
    shop.settings(source=source(shop, user="nobody"))
    assert_failure(shop.run("run"), 4, "TM2002")


def test_a_database_that_is_missing_ends_in_4(shop):
    shop.settings(source=source(shop, database="no_such_base"))
    result = shop.run("run")
    assert result.code == 4, str(result)
    assert "no_such_base" in result.stderr
    assert "(TM2004)" in result.stderr or "(TM2003)" in result.stderr


@pytest.mark.parametrize("changes", [
    {"host": "no-such-host.invalid"}, {"port": 1}],
    ids=["host", "port"])
def test_a_source_out_of_reach_ends_in_5_after_the_retries(shop, changes):
    shop.settings(source=source(shop, **changes), retry="2s")
    result = shop.run("run")
    assert_failure(result, 5, "TM2001")
    assert result.seconds > 1
    assert shop.run("run", "--json").json()["error"]["id"] == "TM2001"


def test_a_grant_that_is_missing_names_the_statement(shop):
    name = f"poor_{shop.database[-8:]}"
    shop.source.query(f"CREATE USER '{name}'@'%' IDENTIFIED BY 'poor-pass'")
    try:
        shop.settings(source={**source(shop, user=name),
                              "password": "${env:POOR}"})
        result = shop.run("run", environment={"POOR": "poor-pass"})
        assert result.code in (2, 4), str(result)
        assert "next:" in result.stderr
        shop.source.query(f"GRANT SELECT ON `{shop.database}`.* TO "
                          f"'{name}'@'%'")
        result = shop.run("check", environment={"POOR": "poor-pass"})
        assert result.code == 0, str(result)
        assert "fixed lag" in result.stdout  # no PROCESS: remarked, not fatal
        assert "tidemark grants" in result.stdout
        assert "poor-pass" not in result.stdout + result.stderr
    finally:
        shop.source.query(f"DROP USER '{name}'@'%'")


# tables


def test_a_key_that_is_no_key_stops_its_table_alone(shop):
    shop.settings(tables=["orders", {"plain": {"key": "a"}}])
    result = shop.run("run", "--json")
    tables = tables_of(result.json())
    assert result.code == 1
    assert tables["plain"]["error"]["id"] == "TM2103"
    assert tables["orders"]["rows_confirmed"] == 300


@pytest.mark.parametrize("options, number", [
    ({"cursor": "absent"}, "TM2105"), ({"cursor": "name"}, "TM2105"),
    ({"columns": ["-absent"]}, "TM2102"), ({"columns": ["-id"]}, "TM2103"),
    ({"types": {"absent": "text"}}, "TM2102"),
    ({"rows": "absent = 1"}, "TM2111"),
    ({"soft_delete": "absent"}, "TM2111")],
    ids=lambda value: str(value))
def test_a_table_set_wrongly_stops_and_says_why(shop, options, number):
    shop.settings(tables=[{"orders": options}, "plain"])
    result = shop.run("run", "--json")
    document = result.json()
    tables = tables_of(document)
    error = tables["orders"].get("error") or document.get("error")
    assert error and error["next"], str(result)
    assert error["id"] in (number, "TM2102", "TM1003"), str(result)
    assert result.code in (1, 2), str(result)
    if result.code == 1:
        assert tables["plain"]["rows_confirmed"] == 2


def problem_of(shop, options, table="orders", **more):
    """The error with which that table stops, while `plain` goes on."""
    shop.settings(tables=[{table: options}, "plain"], **more)
    result = shop.run("run", "--json")
    assert result.code == 1, str(result)
    tables = tables_of(result.json())
    assert tables["plain"]["state"] == "on time", str(result)
    return tables[table]["error"]


@pytest.mark.parametrize("options, column, setting, near", [
    ({"cursor": "updatet_at"}, "updatet_at", "cursor:", "updated_at"),
    ({"columns": ["-nam"]}, "nam", "columns:", "name"),
    ({"types": {"quantiti": "text"}}, "quantiti", "types:", "quantity"),
    ({"soft_delete": "placet"}, "placet", "soft_delete:", "placed"),
    ({"rows": "quantiti = 1"}, "quantiti", "filter", "quantity")],
    ids=lambda value: str(value))
def test_a_column_that_is_not_there_gets_its_nearest_name(
        shop, options, column, setting, near):
    error = problem_of(shop, options)
    assert error["id"] == "TM2102", error
    for part in (f'"{column}"', setting, '"orders"'):
        assert part in error["text"], error
    assert f'did you mean "{near}"' in error["next"], error
    if setting != "filter":
        assert "tidemark check orders" in error["next"], error


@pytest.mark.parametrize("column, number", [
    ("zz", "TM2102"), ("name", "TM2105")])
def test_a_cursor_like_no_other_gets_those_that_may_be_one(shop, column,
                                                           number):
    error = problem_of(shop, {"cursor": column})
    assert error["id"] == number and f'"{column}"' in error["text"], error
    assert "orders: {cursor: updated_at}" in error["next"], error
    assert "tidemark check orders" in error["next"], error


@pytest.mark.parametrize("name", ["orders__tm", "orders__tm_reload"])
def test_a_name_kept_for_stored_tables_is_loaded_under_another(shop, name):
    shop.sql(f"CREATE TABLE {name} (id INT PRIMARY KEY)")
    shop.sql(f"INSERT INTO {name} VALUES (1)")
    error = problem_of(shop, {}, name)
    assert error["id"] == "TM3010" and f'"{name}"' in error["text"], error
    assert f"{name}: {{to: ANOTHER_NAME}}" in error["next"], error
    shop.settings(tables=["orders", {name: {"to": "orders_tm"}}])
    shop.ok("run")
    shop.equal(name, "orders_tm")
    shop.equal("orders")


def test_a_name_too_long_for_the_warehouse_stops_its_table_alone(shop):
    name = "\u1e01" * 64  # each takes nine letters in a name of a file
    shop.sql(f"CREATE TABLE `{name}` (id INT PRIMARY KEY)")
    shop.sql(f"INSERT INTO `{name}` VALUES (1)")
    error = problem_of(shop, {}, name)
    assert error["id"] == "TM3010" and name in error["text"], error
    assert f"{name}: {{to: SHORTER_NAME}}" in error["next"], error
    shop.settings(tables=[{name: {"to": "short"}}])
    shop.ok("run")
    shop.equal(name, "short")


def test_a_name_as_long_as_the_warehouse_takes_is_loaded(shop):
    most = shop.value("SELECT getMaxTableNameLengthForDatabase("
                      "currentDatabase())")
    name = "n" * (int(most) - len("__tm_reload"))
    shop.settings(tables=[{"plain": {"to": name}}])
    shop.ok("run")
    shop.ok("run", "plain")  # a copy beside it, and a swap
    shop.equal("plain", name)
    error = problem_of(shop, {"to": name + "n"})
    assert error["id"] == "TM3010", error


def test_two_tables_never_fill_the_same_one(shop):
    shop.sql("CREATE TABLE a_twin LIKE orders")
    shop.sql("INSERT INTO a_twin SELECT id + 1000, customer, state, total, "
             "quantity, name, note, weight, placed, updated_at FROM orders")
    shop.settings(tables=["orders"])
    shop.ok("run")
    shop.settings(tables=["orders", {"a_twin": {"to": "orders"}}])
    for arguments in ((), ("a_twin",)):  # also where orders is not read
        result = shop.run("run", *arguments, "--json")
        assert result.code == 1, str(result)
        tables = tables_of(result.json())
        error = tables["a_twin"]["error"]
        assert error["id"] == "TM1003", error
        assert '"orders" is loaded there' in error["text"], error
        assert "a_twin: {to: ANOTHER_NAME}" in error["next"], error
        assert tables.get("orders", {}).get("state", "on time") == "on time"
    shop.equal("orders")
    shop.settings(tables=["orders", {"a_twin": {"to": "twins"}}])
    shop.ok("run")
    shop.equal("orders")
    shop.equal("a_twin", "twins")


@pytest.mark.parametrize("taken, text", [
    ("orders", "cannot create view"), ("orders__tm", "cannot use table")])
def test_what_stands_in_the_way_is_left_alone(shop, taken, text):
    shop.clickhouse.admin().query(f"CREATE TABLE {taken} (a Int8) ENGINE = "
                                  "Log", database=shop.database)
    for command in ("check", "plan"):
        shop.settings()
        result = shop.run(command, "orders", "plain")
        assert result.code == 1, str(result)
        assert text in result.stdout, str(result)
        assert "next: set  orders: {to: ANOTHER_NAME}" in result.stdout
    error = problem_of(shop, {})
    assert error["id"] == "TM3009" and text in error["text"], error
    assert "orders: {to: ANOTHER_NAME}" in error["next"], error
    assert shop.rows(f"DESCRIBE TABLE {taken}")[0][:2] == ["a", "Int8"]
    shop.settings(tables=[{"orders": {"to": "sales"}}])
    shop.ok("run")
    shop.equal("orders", "sales")


@pytest.mark.parametrize("table, flaw", [
    ("a ENUM('','x') NOT NULL PRIMARY KEY", "PRIMARY .* \"a\" is an ENUM"),
    ("a INT, UNIQUE u (a)", "u .* \"a\" may be NULL"),
    ("a VARCHAR(9) NOT NULL, UNIQUE u (a(3))", "u .* beginning of a column"),
    ("a SET('x') NOT NULL PRIMARY KEY", "PRIMARY .* \"a\" is a SET")],
    ids=["enum", "null", "prefix", "set"])
def test_a_key_that_is_not_taken_is_told_with_its_reason(shop, table, flaw):
    shop.sql(f"CREATE TABLE t ({table}, b DATETIME)")
    shop.settings(tables=["t"])
    result = shop.ok("check")
    assert re.search(rf"^  ! t  unique index {flaw}", result.stdout,
                     re.MULTILINE), str(result)
    for options in ({"key": ["a"]}, {"cursor": "b"}):
        error = problem_of(shop, options, "t")
        assert error["id"] == "TM2103", error
        assert re.search(f"unique index {flaw}", error["text"]), error


# settings


@pytest.mark.parametrize("text, number, part", [
    ("source: [", "TM1001", "tidemark.yml:"),
    ("source: a\n  b: c: d\n", "TM1001", "tidemark.yml:"),
    ("tables: \"*\"\n", "TM1004", "source"),
    ("sorce: x\n", "TM1002", '"source"'),
    ("source: mysql://h/x\nsource: mysql://h/x\n", "TM1002", ":2:"),
    ("", "TM1004", "")],
    ids=["broken", "nested", "missing", "unknown", "twice", "empty"])
def test_broken_settings_end_in_2_with_their_place(shop, text, number, part):
    shop.tidemark.settings(text)
    for command in ("run", "check", "status", "plan"):
        assert_failure(shop.run(command), 2, number, part)


def test_settings_that_are_not_there_end_in_2(shop):
    os.unlink(shop.tidemark.path)
    assert_failure(shop.run("run"), 2, "TM1004", "tidemark init")
    assert_failure(shop.run("run", "-c", "absent.yml"), 2, "TM1004",
                   "absent.yml")


def test_values_that_make_no_sense_end_in_2(shop):
    for name, value in (("deletes", "maybe"), ("retry", "soon"),
                        ("limits", {"memory": "1k"}),
                        ("limits", {"workers": 0}),
                        ("tables", [{"orders": {"mode": "sometimes"}}])):
        shop.settings(**{name: value})
        result = shop.run("run")
        assert result.code == 2 and "(TM1003)" in result.stderr, str(result)


def test_a_mode_of_a_later_build_is_named_as_such(shop):
    shop.settings(tables=[{"orders": {"mode": "append"}}])
    assert_failure(shop.run("run"), 2, "TM1007", "append",
                   "Choose cdc, incremental or full.")


def test_a_secret_that_is_missing_ends_in_2(shop):
    shop.settings(source={"password": "${env:NO_SUCH_VARIABLE}"})
    assert_failure(shop.run("run"), 2, "TM1005", "NO_SUCH_VARIABLE")


def test_a_pattern_that_matches_nothing_ends_in_2(shop):
    shop.settings(tables=["zzz_*"])
    assert_failure(shop.run("run"), 2, "TM1008")


@pytest.mark.parametrize("command", ["run", "check", "plan"])
def test_each_name_of_the_command_line_must_match(shop, command):
    result = shop.run(command, "orders", "plian")
    assert result.code == 2, str(result)
    text = result.stdout + result.stderr
    assert '"plian" (TM1008)' in text and 'did you mean "plain"' in text
    assert "rows confirmed" not in text
    assert shop.run(command, "orders", "zzz_*").code == 2
    assert shop.run(command, "orders", "pla*").code == 0


# the command line


@pytest.mark.parametrize("arguments", [
    ("run", "--until", "now"), ("run", "--progress", "warp"),
    ("run", "--timeout", "-1"), ("run", "--log-format", "xml"),
    ("status", "--from", "1"), ("run", "--config"), ("rn",), ("--jsn",),
    ("history", "-n", "x"), ("history", "a", "b"), ("explain", "x"),
    ("config",), ("backfill", "--from", "1"), ("preview", "x", "-n", "0"),
    ("run", "--timeout", "0s"), ("status", "--wait", "--timeout", "0"),
    ("backfill", "orders", "--from", "1", "--name", ""),
    ("backfill", "orders", "--from", "1", "--name", "n" * 101)],
    ids=lambda value: " ".join(value))
def test_nonsense_on_the_command_line_ends_in_2(shop, arguments):
    assert_failure(shop.run(*arguments), 2, "TM1006")
    assert shop.run(*arguments).stdout == ""


def test_a_log_file_that_cannot_be_opened_is_told(shop):
    result = shop.run("run", "--log-file", "/no/such/folder/log")
    assert_failure(result, 7, "TM1202", "/no/such/folder/log")


# the state


def test_a_state_of_a_newer_program_ends_in_4(shop):
    shop.ok("run", "orders")
    path = os.path.join(shop.tidemark.folder, "tidemark.db")
    with sqlite3.connect(path) as state:
        state.execute("PRAGMA user_version = 99")
    for command in ("run", "status", "history", "plan"):
        assert_failure(shop.run(command), 4, "TM1104")


def test_a_file_that_is_no_state_ends_in_4(shop):
    path = os.path.join(shop.tidemark.folder, "other.db")
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t (a)")
    assert_failure(shop.run("run", "--state", path), 4, "TM1103")
    with open(path, "wb") as file:
        file.write(b"no database at all" * 1000)
    result = shop.run("run", "--state", path)
    assert result.code == 4, str(result)


def test_a_folder_that_cannot_be_written_ends_in_4(shop):
    result = shop.run("run", "--state", "/proc/tidemark.db")
    assert_failure(result, 4, "TM1102")


def test_a_state_in_a_folder_that_is_not_there_grows_no_tree(shop):
    folder = os.path.join(shop.tidemark.folder, "no")
    shop.settings(tables=["orders"], state=f"{folder}/such/tidemark.db")
    for command in ("run", "backfill"):
        result = shop.run(command, "orders", *(
            ["--from", "1"] if command == "backfill" else []))
        assert_failure(result, 4, "TM1102", f"{folder}/such", "mkdir -p ",
                       "--state")
    assert shop.ok("status").code == 0
    assert not os.path.exists(folder)
    shop.settings(tables=["orders"], state=f"{folder}/tidemark.db")
    shop.ok("run")


# the warehouse


def test_a_wrong_password_of_the_warehouse_ends_in_4(shop):
    shop.settings(warehouse={"password": "${env:WRONG}"})
    result = shop.run("run", environment={"WRONG": "not-the-secret"})
    assert_failure(result, 4, "TM3002")
    assert "not-the-secret" not in result.stdout + result.stderr


def test_a_warehouse_that_is_down_ends_in_5_and_heals(shop):
    shop.settings(tables=["orders"], retry="2s",
                  warehouse=warehouse(shop, port=1))
    assert_failure(shop.run("run"), 5, "TM3001")
    outcome, code = shop.state("SELECT outcome, exit_code FROM runs")[0]
    assert (outcome, code) == ("temporary", 5)
    shop.settings(tables=["orders"])
    shop.ok("run")
    shop.equal("orders")


def test_a_warehouse_that_goes_away_is_retried_within_the_run(shop):
    proxy = TcpProxy(shop.clickhouse.port)
    try:
        shop.warehouse_port = proxy.port
        shop.settings(tables=["orders"])
        rule = proxy.add("rst", direction="up", after=0, times=2)
        shop.ok("run")
        assert rule.hits == 2
        shop.equal("orders")
    finally:
        proxy.stop()


def test_a_warehouse_too_old_is_refused_by_name(
        mariadb, clickhouse_old, make_database, tidemark):
    from rig import Rig
    name = make_database(mariadb, clickhouse_old)
    rig = Rig(mariadb, clickhouse_old, name, tidemark)
    rig.orders(5)
    rig.settings()
    assert_failure(rig.run("run"), 4, "TM3004", "18.16")
