"""What people see of the log: status, check, and the three ways of deletes."""

import sqlite3
import time

import pytest

from rig import Rig

CDC = [{"*": {"mode": "cdc"}}]


@pytest.fixture(params=["mariadb", "mysql"])
def rig(request, make_rig):
    return make_rig(request.getfixturevalue(request.param))


@pytest.fixture
def make_rig(clickhouse, make_database, tidemark):
    def make(server, **more):
        made = Rig(server, clickhouse, make_database(server, clickhouse),
                   tidemark)
        made.sql("SET sql_mode = ''")
        made.settings(tables=CDC, **more)
        return made
    return make


def some(rig, name="t"):
    rig.sql(f"CREATE TABLE {name} (id INT PRIMARY KEY, v VARCHAR(20), "
            "n INT)")
    rig.sql(f"INSERT INTO {name} VALUES (1, 'a', 1), (2, 'b', 2), "
            "(3, 'c', 3)")


def stream(rig):
    streams = rig.ok("status", "--json").json()["streams"]
    assert len(streams) == 1
    return streams[0]


def balanced(ledger):
    filtered = sum(count for name, count in ledger.items() if name not in
                   ("seen", "applied", "retention_seconds"))
    return ledger["seen"] == ledger["applied"] + filtered


def test_status_tells_where_the_log_was_read_to(rig):
    some(rig)
    assert rig.ok("status", "--json").json()["streams"] == []
    rig.ok("run")
    begin = stream(rig)
    assert begin["name"] == "main/cdc" and begin["gtid"]
    if "file" not in begin:  # MySQL: the first place is a set alone
        assert f"log of main  at {begin['gtid']}"[:200] in \
            rig.ok("status").stdout
    rig.sql("INSERT INTO t VALUES (4, 'd', 4)")
    rig.ok("run")
    end = stream(rig)
    assert (end["file"], end["offset"]) > (begin.get("file", ""),
                                           begin.get("offset", 0))
    assert end["gtid"] and end["transaction_at"] and end["saved_at"]
    assert 0 <= end["lag_seconds"] < 60
    text = rig.ok("status").stdout
    assert f"log of main  at {end['file']}:{end['offset']}, read to its " \
        "end" in text
    assert "events" not in text and "gtid" not in text
    text = rig.ok("status", "-v").stdout
    assert end["gtid"].replace("\n", "?") in text.replace("\n", "?")
    assert "seen = " in text


def confirmed_ago(rig, seconds):
    """The state as it would be had nothing been read since then."""
    moment_us = int((time.time() - seconds) * 1e6)
    with sqlite3.connect(f"{rig.tidemark.folder}/tidemark.db") as state:
        state.execute(f"UPDATE tables SET confirmed_us = {moment_us}")


def test_a_followed_table_is_late_after_a_minute_or_as_it_is_set(rig):
    some(rig)
    rig.ok("run")
    for seconds, late, state in ((40, None, "on time"), (80, None, "late"),
                                 (80, "2m", "on time"), (40, "30s", "late")):
        rig.settings(tables=CDC, **({"late": late} if late else {}))
        confirmed_ago(rig, seconds)
        table, = rig.ok("status", "--json").json()["tables"]
        assert table["state"] == state, (seconds, late, table)


def test_the_ledger_goes_on_over_runs_and_is_balanced(rig):
    some(rig)
    rig.settings(tables=[{"t": {"mode": "cdc"}}])
    rig.ok("run")
    rig.sql("CREATE TABLE other (id INT)")
    rig.sql("INSERT INTO other VALUES (1)")
    before = stream(rig)["ledger"]
    rig.sql("UPDATE t SET n = n + 1")
    rig.ok("run")
    first = stream(rig)["ledger"]
    assert balanced(first), first
    assert first["applied"] >= before["applied"] + 6  # both images of 3 rows
    assert first["not_followed"] >= 1
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.ok("run")
    second = stream(rig)["ledger"]
    assert balanced(second), second
    assert second["applied"] > first["applied"]
    assert second["seen"] > first["seen"]


def test_status_forecasts_when_the_log_will_be_gone(rig):
    if rig.source.kind == "mysql":
        setting, value = "binlog_expire_logs_seconds", 3 * 86400
    else:
        setting, value = "expire_logs_days", 3
    before = rig.sql(f"SELECT @@global.{setting}")[0][0]
    rig.source.query(f"SET GLOBAL {setting} = {value}")
    try:
        some(rig)
        rig.ok("run")
        document = stream(rig)
        check = rig.ok("check")
    finally:
        rig.source.query(f"SET GLOBAL {setting} = {before}")
    assert document["retention_seconds"] == 3 * 86400
    assert 3 * 86400 - 120 < document["log_left_seconds"] <= 3 * 86400
    assert ", log left 2d 23h" in rig.ok("status").stdout
    assert "kept 3 d" in check.stdout
    assert "the log is kept for 3 d: after a longer pause" in check.stdout
    assert "SET GLOBAL binlog_expire_logs_seconds = 864000" in check.stdout
    rig.sql("INSERT INTO t VALUES (9, 'x', 9)")
    if before == 0:
        rig.ok("run")
        assert "log_left_seconds" not in stream(rig)


def test_status_names_what_waits_to_be_read_again(rig):
    some(rig)
    rig.ok("run")
    filed_us = int((time.time() - 200) * 1e6)
    with sqlite3.connect(f"{rig.tidemark.folder}/tidemark.db") as state:
        state.execute(
            "INSERT INTO requests (source, table_name, scope, visible, "
            "reason, filed_us) VALUES ('main', 't', '{\"all\":true}', '', "
            f"'a test asks for it', {filed_us})")
        state.execute(
            "INSERT INTO requests (source, table_name, scope, visible, "
            "reason, filed_us) VALUES ('main', 't', '{\"passed\":true}', '', "
            f"'asks for no row', {filed_us})")
    waits = stream(rig)["requests"]
    assert waits[0]["table"] == "t" and waits[0]["count"] == 1
    assert waits[0]["reason"] == "a test asks for it"
    assert 199 < waits[0]["age_seconds"] < 320
    assert "t  to be read again: a test asks for it (for 3m2" in \
        rig.ok("status").stdout
    rig.ok("run")
    assert stream(rig)["requests"] == []


def test_status_names_the_oldest_prepared_transaction(rig):
    some(rig)
    rig.ok("run")
    link = rig.source.admin(rig.database)
    with link.cursor() as cursor:
        for words in ("START", "END", "PREPARE"):
            if words == "END":
                cursor.execute("INSERT INTO t VALUES (10, 'x', 1)")
            cursor.execute(f"XA {words} 'stuck'")
    link.close()
    rig.sql("INSERT INTO t VALUES (11, 'y', 1)")
    rig.ok("run")
    document = stream(rig)
    assert document["prepared"] == 1 and document["oldest_prepared_at"]
    assert "stuck".encode().hex() in document["oldest_prepared"]
    assert "is prepared since " in rig.ok("status").stdout
    rig.sql("XA ROLLBACK 'stuck'")
    rig.sql("INSERT INTO t VALUES (12, 'z', 1)")
    rig.ok("run")
    assert "prepared" not in stream(rig)
    rig.equal("t")


# deletes: mark | remove | keep


@pytest.mark.parametrize("deletes", ["remove", "mark", "keep"])
def test_deletes_of_the_log(rig, deletes):
    some(rig)
    rig.settings(tables=CDC, deletes=deletes)
    rig.ok("run")
    rig.sql("UPDATE t SET v = 'last' WHERE id = 1")
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.sql("UPDATE t SET id = 20 WHERE id = 2")
    rig.sql("INSERT INTO t VALUES (30, 'x', 30)")
    rig.ok("run")
    rows = dict(rig.rows("SELECT id, v FROM t ORDER BY id"))
    ledger = stream(rig)["ledger"]
    assert balanced(ledger), ledger
    if deletes == "remove":
        assert rows == {3: "c", 20: "b", 30: "x"}
        rig.equal("t")
        assert ledger["kept"] == 0
    elif deletes == "mark":
        assert rows == {1: "last", 2: "b", 3: "c", 20: "b", 30: "x"}
        marked = rig.rows("SELECT id FROM t WHERE _tm_deleted = 1 "
                          "ORDER BY id")
        assert [row[0] for row in marked] == [1, 2]
        rig.equal("t", deletes="mark")
    else:
        assert rows == {1: "last", 2: "b", 3: "c", 20: "b", 30: "x"}
        assert ledger["kept"] == 2
    rig.sql("INSERT INTO t VALUES (1, 'again', 1)")
    rig.sql("TRUNCATE TABLE t")
    rig.sql("INSERT INTO t VALUES (40, 'new', 40)")
    rig.ok("run")
    alive = {row[0] for row in rig.rows(
        "SELECT id FROM t" + (" WHERE _tm_deleted = 0"
                              if deletes == "mark" else ""))}
    assert alive == ({1, 2, 3, 20, 30, 40} if deletes == "keep" else {40})
    values = dict(rig.rows("SELECT id, v FROM t"))
    assert values[40] == "new"
    if deletes != "remove":
        assert values[1] == "again"


# check and grants


def account(rig, *privileges):
    """An account with those on the whole server, and its settings."""
    name = "u_" + rig.database[-8:]
    rig.source.query(f"CREATE USER {name}@'%' IDENTIFIED BY 'pw'")
    rig.source.query(f"GRANT SELECT ON `{rig.database}`.* TO {name}@'%'")
    for privilege in privileges:
        rig.source.query(f"GRANT {privilege} ON *.* TO {name}@'%'")
    url = rig.source.url(rig.database).split("@", 1)[1]
    rig.settings(tables=CDC, source={"url": f"mysql://{name}@{url}",
                                     "password": "${env:PW}"})
    rig.tidemark.environment["PW"] = "pw"
    return name


def drop(rig, name):
    rig.source.query(f"DROP USER {name}@'%'")


def test_what_grants_prints_suffices(rig):
    some(rig)
    name = account(rig)
    try:
        result = rig.run("check")
        assert result.code == 4, str(result)
        assert "cannot be followed" in result.stdout
        assert "tidemark grants" in result.stdout
        lines = [line for line in rig.ok("grants").stdout.splitlines()
                 if name in line]
        assert any("REPLICATION SLAVE" in line for line in lines)
        for line in lines:
            rig.source.query(line.rstrip(";"))
        result = rig.ok("check")
        assert "cannot be followed" not in result.stdout
        rig.ok("run")
        rig.sql("UPDATE t SET n = 50")
        rig.ok("run")
        rig.equal("t")
        rig.ok("selftest", "t")
    finally:
        drop(rig, name)


@pytest.mark.parametrize("privileges", [
    ("REPLICATION CLIENT", "PROCESS"), ("REPLICATION SLAVE", "PROCESS")])
def test_an_account_that_lacks_a_privilege_is_told(rig, privileges):
    some(rig)
    name = account(rig, *privileges)
    try:
        result = rig.run("check")
        assert result.code == 4, str(result)
        assert "tidemark grants" in result.stdout, str(result)
        result = rig.run("selftest", "t")
        assert result.code == 4, str(result)
        assert "next:   run what  tidemark grants  prints" in result.stderr
    finally:
        drop(rig, name)


def test_settings_that_read_no_log_need_no_right_to_it(rig):
    some(rig)
    rig.settings(tables=[{"*": {"mode": "full"}}])
    assert "REPLICATION SLAVE" not in rig.ok("grants").stdout
    rig.settings(tables=CDC)
    assert "REPLICATION SLAVE" in rig.ok("grants").stdout


# the mode that is not set


def guessing(rig, **more):
    """No mode, and an account that may read the log."""
    rig.settings(tables="*", source={"url": rig.source.url(rig.database)},
                 **more)


def modes(rig):
    return {line["name"]: (line["mode"], line["reason"])
            for line in rig.ok("check", "--json").json()["tables"]}


def test_without_a_mode_the_log_is_followed_where_there_is_a_key(rig):
    some(rig)
    rig.sql("CREATE TABLE plain (a INT)")
    guessing(rig)
    found = modes(rig)
    assert found["t"] == ("cdc", "guessed: a key, and a log that may be read")
    assert found["plain"][0] == "full"
    rig.ok("run")
    rig.sql("DELETE FROM t WHERE id = 1")
    rig.sql("UPDATE t SET n = 7 WHERE id = 2")
    rig.ok("run")
    rig.equal("t")
    assert rig.ok("status", "--json").json()["tables"][1]["is_guessed"]
    assert "REPLICATION SLAVE" in rig.ok("grants").stdout


def test_a_guess_is_kept_and_a_better_one_offered(rig):
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY, updated_at TIMESTAMP(3) "
            "DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), "
            "KEY (updated_at))")
    rig.settings(tables="*")  # an account that may not read the log
    assert modes(rig)["t"][0] == "incremental"
    rig.ok("run")
    guessing(rig)
    assert modes(rig)["t"][0] == "incremental"
    text = rig.ok("check").stdout
    assert "the log can be followed" in text
    assert "set  mode: cdc" in text
    rig.ok("run")
    rig.settings(tables=CDC)
    rig.ok("run")
    assert modes(rig)["t"][0] == "cdc"


POOR = {"sync_binlog": "0", "innodb_flush_log_at_trx_commit": "2",
        "binlog_row_image": "MINIMAL", "binlog_row_metadata": "MINIMAL",
        "binlog_expire_logs_seconds": "86400"}
RICH = {"sync_binlog": "1", "innodb_flush_log_at_trx_commit": "1",
        "binlog_row_image": "FULL", "binlog_row_metadata": "FULL",
        "binlog_expire_logs_seconds": "864000"}


def set_all(rig, values):
    before = {}
    for name, value in values.items():
        before[name] = str(rig.sql(f"SELECT @@global.{name}")[0][0])
        rig.source.query(f"SET GLOBAL {name} = {value}")
    return before


def warnings_of(rig):
    return rig.ok("check", "--json").json()["source"]["log"]["warnings"]


def test_check_names_each_setting_of_the_log_that_costs(rig):
    some(rig)
    before = set_all(rig, POOR)
    try:
        warnings = warnings_of(rig)
        for setting in POOR:
            name = "kept for 1 d" if "expire" in setting else f"{setting} is"
            warning, = [line for line in warnings if name in line["text"]]
            assert f"SET GLOBAL {setting} = {RICH[setting]}" in \
                warning["hint"] or "expire" in setting, warning
        assert "nothing tells it" in rig.ok("check").stdout
        set_all(rig, RICH)
        assert warnings_of(rig) == []
    finally:
        set_all(rig, before)


def test_a_log_of_statements_is_not_guessed(rig):
    some(rig)
    before = rig.sql("SELECT @@global.binlog_format")[0][0]
    rig.source.query("SET GLOBAL binlog_format = MIXED")
    try:
        guessing(rig)
        assert modes(rig)["t"][0] == "full"
        text = rig.ok("check").stdout
        assert "not from the log: its format is not ROW" in text
        assert "SET GLOBAL binlog_format = ROW" in text
    finally:
        rig.source.query(f"SET GLOBAL binlog_format = {before}")


# a table by its name


def test_a_table_that_is_named_brings_all_that_follow_the_log(rig):
    some(rig)
    some(rig, "s")
    rig.sql("CREATE TABLE w (id INT PRIMARY KEY)")
    rig.settings(tables=[*CDC, {"w": {"mode": "full"}}])
    rig.ok("run")
    rig.sql("DELETE FROM s WHERE id = 1")
    rig.sql("DELETE FROM t WHERE id = 2")
    rig.sql("INSERT INTO w VALUES (1)")
    document = rig.ok("run", "t", "--json").json()
    assert [line["name"] for line in document["tables"]] == ["s", "t"]
    rig.equal("t")
    rig.equal("s")
    document = rig.ok("run", "w", "--json").json()
    assert [line["name"] for line in document["tables"]] == ["w"]


def test_a_backfill_reads_a_followed_table_again(rig):
    some(rig)
    rig.ok("run")
    rig.sql("SET sql_log_bin = 0")
    rig.sql("UPDATE t SET v = 'beside' WHERE id = 1")
    rig.sql("DELETE FROM t WHERE id = 2")
    rig.sql("SET sql_log_bin = 1")
    rig.sql("INSERT INTO t VALUES (9, 'i', 9)")
    rig.ok("run")
    assert rig.value("SELECT v FROM t WHERE id = 1") == "a"
    rig.ok("backfill", "t", "--from", "1", "--to", "2")
    rig.equal("t")
    assert stream(rig)["requests"] == []
    result = rig.run("backfill", "t", "--name", "n", "--from", "1")
    assert result.code == 2 and "without --name" in result.stderr
