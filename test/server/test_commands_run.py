"""run, backfill, status and history: text, JSON and exit codes."""

import fcntl
import json
import os
import re
import signal
import sqlite3
import time

import pytest

from commands import assert_failure, desk, shop, tables_of  # noqa: F401

HEADER = re.compile(r"^TABLE +MODE +READ CONFIRMED DEL BAD +LAG TIME STATE")


def test_a_run_prints_one_line_a_table_and_a_block_for_the_failed(shop):
    result = shop.run("run")
    lines = result.stdout.splitlines()
    assert HEADER.match(lines[0]), str(result)
    assert re.match(r"bad +full +0 +0 +0 +1 +\S+ action required  TM2106$",
                    lines[1]), lines[1]
    assert re.match(r"orders +incremental +300 +300 +0 +0 .* on time$",
                    lines[2]), lines[2]
    assert re.match(r"plain +full +2 +2 +0 +0 .* on time$", lines[3])
    assert re.match(r"run 1: 3 tables, 302 rows confirmed, .*; "
                    r"1 table needs you$", lines[4]), lines[4]
    assert_failure(result, 1, "TM2106", "bad/reload: ", "id=7",
                   "  effect: ")


def test_a_quiet_run_prints_the_failure_alone_and_nothing_when_well(shop):
    result = shop.run("run", "-q")
    assert result.stdout == ""
    assert_failure(result, 1, "TM2106")
    shop.sql("UPDATE bad SET d = '2024-01-01'")
    result = shop.ok("run", "-q")
    assert (result.stdout, result.stderr) == ("", "")


def test_the_document_of_a_run_holds_every_table(shop):
    result = shop.run("run", "--json")
    document = result.json()
    assert document["schema_version"] == 1
    assert document["command"] == "run"
    assert document["exit"] == result.code == 1
    assert document["rows_confirmed"] == 302
    tables = tables_of(document)
    assert tables["orders"]["rows_read"] == 300
    assert tables["orders"]["inserts"] == 300
    assert tables["orders"]["mode"] == "incremental"
    assert "error" not in tables["orders"]
    assert "updates" not in tables["orders"]  # windows cannot tell
    error = tables["bad"]["error"]
    assert error["id"] == "TM2106" and error["next"] and error["effect"]
    assert result.stderr == ""


def test_only_the_tables_that_are_named_are_read(shop):
    document = shop.ok("run", "pl*", "--json").json()
    assert list(tables_of(document)) == ["plain"]
    assert_failure(shop.run("run", "absent"), 2, "TM1008")


def test_a_table_that_is_missing_stops_alone(shop):
    shop.settings(tables=["orders", "gone"])
    result = shop.run("run")
    assert_failure(result, 1, "TM2101", '"gone"')
    assert re.search(r"^orders .* on time$", result.stdout, re.MULTILINE)


def hold_state(rig):
    """The state's lock, taken as another process takes it."""
    path = os.path.join(rig.tidemark.folder, "tidemark.db.lock")
    file = open(path, "w", encoding="ascii")
    fcntl.flock(file, fcntl.LOCK_EX)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def test_a_second_process_is_busy_before_anything_else(shop):
    shop.settings(source={"url": "mysql://sync@127.0.0.1:1/x"})
    with hold_state(shop):
        begin = time.monotonic()
        assert_failure(shop.run("run"), 6, "TM1101", str(os.getpid()))
        result = shop.ok("run", "--skip-if-running")
        assert (result.stdout, result.stderr) == ("", "")
        result = shop.ok("run", "--skip-if-running", "--json")
        assert result.json()["skipped"] is True
        assert shop.run("backfill", "orders", "--from", "1").code == 6
        assert time.monotonic() - begin < 5
    shop.settings()
    shop.ok("run", "orders")


def test_status_is_told_while_a_run_holds_the_state(shop):
    shop.run("run")
    with hold_state(shop):
        shop.ok("status")
        shop.ok("history")


def checkpoint(rig, stream):
    try:
        return rig.checkpoint(stream)
    except sqlite3.OperationalError:
        return None  # the state is being made


def test_an_interrupted_run_ends_with_the_signal_and_goes_on_later(shop):
    shop.orders(200000, name="large")
    shop.settings(tables=["large"], limits={"chunk_rows": 5000})
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        before = checkpoint(shop, "large/backfill")
        running = shop.tidemark.start("run")
        running.wait_until(
            lambda: checkpoint(shop, "large/backfill") != before)
        running.send(number)
        result = running.wait()
        assert result.code == code, str(result)
        assert result.stderr.count("(TM1205)") == 1, str(result)
    shop.ok("run")
    shop.equal("large")
    outcomes = [row[0] for row in shop.state(
        "SELECT outcome FROM runs ORDER BY id")]
    assert outcomes == ["stopped", "stopped", "ok"]


def test_a_timeout_is_temporary(shop):
    shop.orders(200000, name="large")
    shop.settings(tables=["large"], limits={"chunk_rows": 5000})
    result = shop.run("run", "--timeout", "300ms")
    assert_failure(result, 5, "TM1205", "as --timeout asks")


def test_a_dry_run_is_a_plan(shop):
    result = shop.ok("run", "--dry-run")
    assert result.stdout.endswith(
        "nothing was changed; next: tidemark run\n"), str(result)
    assert not os.path.exists(os.path.join(shop.tidemark.folder,
                                           "tidemark.db"))


def test_a_backfill_reads_a_range_again(shop):
    shop.ok("run", "orders")
    result = shop.ok("backfill", "orders", "--from", "10", "--to", "19",
                     "--json").json()
    assert result["command"] == "backfill"
    assert result["tables"][0]["rows_confirmed"] == 10
    for arguments, rows in ((("--where", "id > 290"), 10),
                            (("--since", "1d"), 300),
                            (("--since", "2030-01-01 10:00"), 0)):
        result = shop.ok("backfill", "orders", *arguments, "--json").json()
        assert result["tables"][0]["rows_confirmed"] == rows, arguments
    shop.equal("orders")


def test_a_named_backfill_is_done_once(shop):
    shop.ok("run", "orders")
    for rows in (50, 0):
        result = shop.ok("backfill", "orders", "--to", "50", "--name",
                         "once", "--json").json()
        assert result["tables"][0]["rows_confirmed"] == rows


def test_a_whole_table_is_asked_for_by_its_name(shop):
    shop.ok("run", "orders")
    result = shop.run("backfill", "orders")
    assert_failure(result, 2, "TM1006", "--confirm orders",
                   "Nothing was started.")
    assert shop.run("backfill", "orders", "--confirm", "order").code == 2
    result = shop.ok("backfill", "orders", "--confirm", "orders", "--json")
    assert result.json()["tables"][0]["rows_confirmed"] == 300
    assert_failure(shop.run("backfill"), 2, "TM1006")
    assert_failure(shop.run("backfill", "o*", "--from", "1"), 2, "TM1006")
    assert_failure(shop.run("backfill", "orders", "--since", "soon"), 2,
                   "TM1006", "--since 7d")


def test_status_tells_what_windows_cannot_see(shop):
    shop.run("run")
    result = shop.ok("status")
    assert "do not see rows that are deleted at the source" in result.stdout
    assert "soft_delete, mode: cdc or mode: full does" in result.stdout
    tables = tables_of(shop.ok("status", "--json").json())
    assert tables["orders"]["sees_deletes"] is False
    assert tables["plain"]["sees_deletes"] is True
    assert tables["bad"]["state"] == "action required"
    assert tables["bad"]["error"]["id"] == "TM2106"
    assert tables["orders"]["last_success"].endswith("Z")
    assert "last_success" not in tables["bad"]
    assert re.match(r"\d{4}-.*Z$", tables["orders"]["mark"])
    assert tables["orders"]["lag_seconds"] > 0


def test_status_counts_rows_that_no_window_reaches(shop):
    shop.sql("CREATE TABLE odd (id INT PRIMARY KEY, u DATETIME NULL, "
             "KEY (u))")
    shop.sql("INSERT INTO odd VALUES (1, NULL), (2, NULL), "
             "(3, '2099-01-01'), (4, '2024-01-01')")
    shop.settings(tables=[{"odd": {"cursor": "u"}}])
    shop.ok("run")
    table = tables_of(shop.ok("status", "--json").json())["odd"]
    assert (table["null_cursors"], table["future_cursors"]) == (2, 1)
    assert "2 rows with a cursor of NULL or 0, 1 in the future" in \
        shop.ok("status").stdout
    shop.equal("odd")


@pytest.mark.parametrize("column", ["DATE", "DATETIME(3)", "INT"])
def test_a_cursor_of_zero_is_loaded_once_a_day(shop, column):
    shop.sql(f"CREATE TABLE odd (id INT PRIMARY KEY, u {column} NOT NULL, "
             "KEY (u))")
    shop.sql("INSERT INTO odd VALUES (4, 20240101)")
    shop.settings(tables=[{"odd": {"cursor": "u"}}], zero_dates="text")
    shop.ok("run")
    shop.sql("INSERT INTO odd VALUES (1, 0), (2, 0)")
    with sqlite3.connect(os.path.join(shop.tidemark.folder,
                                      "tidemark.db")) as state:
        state.execute("UPDATE tables SET strays_us = 0")
    shop.ok("run")
    table = tables_of(shop.ok("status", "--json").json())["odd"]
    assert table["null_cursors"] == 2
    assert shop.value("SELECT count() FROM odd") == 3


def test_status_without_a_run_says_so(shop):
    result = shop.ok("status")
    assert result.stdout == "" and "tidemark run" in result.stderr
    assert shop.ok("status", "--json").json()["tables"] == []
    shop.settings(tables=["orders"])
    tables = tables_of(shop.ok("status", "--json").json())
    assert tables["orders"] == {"name": "orders", "state": "never run"}
    assert_failure(shop.run("status", "absent"), 2, "TM1008")


def test_status_needs_no_servers_and_no_settings(shop):
    shop.ok("run", "orders")
    state = os.path.join(shop.tidemark.folder, "tidemark.db")
    shop.settings(source={"url": "mysql://sync@127.0.0.1:1/x",
                          "password": "${env:NOBODY_HAS_IT}"})
    shop.ok("status")
    shop.ok("history")
    os.unlink(shop.tidemark.path)
    result = shop.ok("status", "--state", state, "--json")
    assert tables_of(result.json())["orders"]["state"] == "on time"


def test_wait_prints_nothing_and_ends_when_all_is_on_time(shop):
    shop.settings(tables=["orders", "bad"])
    result = shop.run("status", "orders", "--wait", "--timeout", "1s")
    assert_failure(result, 5, "TM1205", "not every table is on time")
    shop.run("run")
    result = shop.ok("status", "orders", "--wait", "--timeout", "20s")
    assert (result.stdout, result.stderr) == ("", "")
    assert_failure(shop.run("status", "--wait", "--timeout", "20s"), 1,
                   "TM2106")


def test_each_name_of_status_must_be_known(shop):
    shop.ok("run", "orders")
    assert_failure(shop.run("status", "orders", "odrers"), 2, "TM1008",
                   '"odrers"')
    assert_failure(shop.run("status", "o*", "z*"), 2, "TM1008", '"z*"')
    waiting = shop.tidemark.start("status", "orders", "plain", "--wait",
                                  "--timeout", "30s")
    time.sleep(1.5)
    assert waiting.alive(), "plain was never run"
    shop.ok("run", "plain")
    assert waiting.wait().code == 0


def test_status_is_no_judge_but_wait_is(shop):
    """What a person must do is shown with 0; --wait gives it its code."""
    shop.ok("run", "orders")
    for number, status, state, code in (
            ("TM2106", "table", "action required", 1),
            ("TM3003", "action", "action required", 4),
            ("TM3001", "temporary", "retrying", 5)):
        path = os.path.join(shop.tidemark.folder, "tidemark.db")
        with sqlite3.connect(path) as database:
            database.execute(
                "UPDATE tables SET problem_id = ?, problem_status = ?, "
                "problem = 'reason'", (number, status))
        result = shop.ok("status")
        assert f"{state}  {number}" in result.stdout, str(result)
        result = shop.run("status", "orders", "--wait", "--timeout", "1s")
        assert result.code == code, str(result)
        assert ("reason" in result.stderr) == (code != 5), str(result)


def test_watch_needs_a_terminal(shop):
    assert_failure(shop.run("status", "--watch"), 2, "TM1006")


def test_history_lists_runs_and_shows_one(shop):
    shop.run("run")
    shop.ok("run", "orders")
    result = shop.ok("history")
    lines = result.stdout.splitlines()
    assert lines[0].split() == [
        "RUN", "START", "(UTC)", "END", "STARTED", "BY", "COMMAND",
        "OUTCOME", "TABLES", "READ", "CONFIRMED", "BYTES", "BAD"]
    assert len(lines) == 3
    assert re.match(r" +2 .* timer +run +ok +1 ", lines[1]), lines[1]
    assert re.match(r" +1 .* timer +run +partial +3 ", lines[2]), lines[2]
    document = shop.ok("history", "-n", "1", "--json").json()
    assert [run["run"] for run in document["runs"]] == [2]
    document = shop.ok("history", "bad", "--json").json()
    assert [run["run"] for run in document["runs"]] == [1]
    detail = shop.ok("history", "1")
    assert "TM2106" in detail.stdout
    document = shop.ok("history", "1", "--json").json()
    assert document["command"] == "history" and document["exit"] == 0
    assert set(tables_of(document)) == {"bad", "orders", "plain"}
    assert_failure(shop.run("history", "99"), 2, "TM1006", "no run 99")


def test_a_name_that_would_steer_a_terminal_is_shown_clean(shop):
    shop.sql("CREATE TABLE `e\x1b[31mvil` (id INT PRIMARY KEY, d DATE)")
    shop.sql("INSERT INTO `e\x1b[31mvil` VALUES (1, '0000-00-00')")
    for arguments in (("run",), ("status",), ("plan",), ("check",),
                      ("history", "1")):
        result = shop.run(*arguments)
        assert "\x1b" not in result.stdout + result.stderr, str(result)
        assert "e?[31mvil" in result.stdout, str(result)
    result = shop.run("status", "--json")
    assert "\x1b" not in result.stdout
    assert "e\x1b[31mvil" in tables_of(result.json())


@pytest.mark.parametrize("progress", ["line", "bar", "none", "auto"])
def test_without_a_terminal_nothing_is_drawn(shop, progress):
    result = shop.ok("run", "orders", "--progress", progress)
    assert result.stderr == "" and "\x1b" not in result.stdout


def test_json_documents_are_one_line_each(shop):
    for arguments in (("run",), ("status",), ("history",), ("plan",),
                      ("check",), ("preview", "orders"), ("grants",),
                      ("config", "show"), ("version",), ("help",),
                      ("explain", "TM2106"),
                      ("backfill", "orders", "--to", "1")):
        result = shop.run(*arguments, "--json")
        assert result.stdout.count("\n") == 1, str(result)
        document = json.loads(result.stdout)
        assert document["schema_version"] == 1
        assert document["command"] == arguments[0]
        assert document["exit"] == result.code
