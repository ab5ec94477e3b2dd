"""init, check, preview, plan, grants, explain, config, version, help."""

import datetime
import json
import os
import re
import stat
import subprocess

import pytest

from lab.databases import PASSWORD
from commands import assert_failure, desk, shop, tables_of  # noqa: F401

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PASSWORDS = {"TIDEMARK_SOURCE_PASSWORD": PASSWORD,
             "TIDEMARK_WAREHOUSE_PASSWORD": PASSWORD}


def init(rig, *arguments, environment=PASSWORDS, source=None):
    return rig.tidemark.run(
        "init", source or rig.source.url(rig.database),
        rig.clickhouse.url(rig.database), *arguments,
        environment=environment)


def written(rig):
    with open(rig.tidemark.path, encoding="utf-8") as file:
        return file.read()


# init


def test_init_writes_settings_that_run_as_they_are(shop):
    os.unlink(shop.tidemark.path)
    result = init(shop)
    assert result.code == 0, str(result)
    assert result.stdout.startswith("wrote tidemark.yml: 3 tables\n")
    assert result.stdout.endswith("next: tidemark check\n")
    text = written(shop)
    assert PASSWORD not in text
    assert "password: ${env:TIDEMARK_SOURCE_PASSWORD}" in text
    assert re.search(r"^  - orders +# cdc, guessed: a key, and a log that may "
                     r"be read; about \d+ rows", text, re.MULTILINE)
    assert re.search(r"^  - plain +# full, guessed: ", text, re.MULTILINE)
    assert stat.S_IMODE(os.stat(shop.tidemark.path).st_mode) == 0o600
    assert os.listdir(shop.tidemark.folder).count("tidemark.yml") == 1
    assert not [name for name in os.listdir(shop.tidemark.folder)
                if name.startswith("tidemark.yml.")]
    shop.sql("UPDATE bad SET d = '2024-01-01'")
    shop.ok("check", environment=PASSWORDS)
    shop.ok("run", environment=PASSWORDS)
    shop.equal("orders")


def test_init_says_why_it_is_not_the_log(shop):
    os.unlink(shop.tidemark.path)
    result = init(shop, source=shop.source.url(shop.database, tables="*"))
    assert result.code == 0, str(result)
    text = written(shop)
    assert re.search(r"^  - orders +# incremental, guessed: cursor updated_at"
                     r" is indexed; about \d+ rows", text, re.MULTILINE)
    assert "# not from the log: cannot read the log: Access denied" in text


def test_a_dry_init_shows_the_file_and_writes_none(shop):
    os.unlink(shop.tidemark.path)
    result = init(shop, "--dry-run")
    assert result.code == 0 and "  - orders " in result.stdout, str(result)
    assert not os.path.exists(shop.tidemark.path)
    document = init(shop, "--dry-run", "--json").json()
    assert document["written"] is False
    assert not os.path.exists(shop.tidemark.path)
    shop.tidemark.settings(document["text"])
    shop.ok("check", "--offline", environment=PASSWORDS)


def test_init_never_overwrites(shop):
    before = written(shop)
    assert_failure(init(shop), 2, "TM1010", "It was left as it is.")
    assert written(shop) == before
    result = init(shop, "--config", "other.yml")
    assert result.code == 0 and result.stdout.endswith(
        "next: tidemark check --config other.yml\n"), str(result)


def test_a_password_in_a_url_of_the_command_line_is_refused(shop):
    os.unlink(shop.tidemark.path)
    result = init(shop, source="mysql://sync:hunter2@127.0.0.1/x")
    assert_failure(result, 2, "TM1009", "TIDEMARK_SOURCE_PASSWORD")
    assert "hunter2" not in result.stdout + result.stderr
    assert not os.path.exists(shop.tidemark.path)


def test_init_keeps_odd_names_in_their_place(shop):
    os.unlink(shop.tidemark.path)
    for name in ("yes", "1a", 'q"u\\o', "a$b", "a${env:HOME}", "sp ace",
                 "ctl\nx: y", "日本"):
        shop.sql(f"CREATE TABLE `{name}` (id INT PRIMARY KEY)")
        shop.sql(f"INSERT INTO `{name}` VALUES (1)")
    assert init(shop).code == 0
    shop.sql("UPDATE bad SET d = '2024-01-01'")
    result = shop.ok("run", "--json", environment=PASSWORDS).json()
    assert len(result["tables"]) == 11


def test_init_puts_what_cannot_be_read_behind_a_hash(shop):
    shop.sql("CREATE TABLE pit (id INT PRIMARY KEY, g INET6)")
    os.unlink(shop.tidemark.path)
    assert init(shop).code == 0
    text = written(shop)
    assert re.search(r"^  (# )?- pit ", text, re.MULTILINE), text


def test_init_says_what_is_missing(shop):
    assert_failure(shop.run("init"), 2, "TM1006", "tidemark init mysql://")
    os.unlink(shop.tidemark.path)
    result = init(shop, environment={"TIDEMARK_SOURCE_PASSWORD": "wrong"})
    assert_failure(result, 4, "TM2002")
    result = shop.run("init", "oracle://h/x", "clickhouse://h/x")
    assert_failure(result, 2, "TM1003", "oracle")
    assert not os.path.exists(shop.tidemark.path)


# check


def test_check_tells_facts_remarks_and_the_next_command(shop):
    result = shop.ok("check")
    assert re.match(
        r"source +mysql://window@127.0.0.1:\d+/\S+ +MariaDB 10.*\n"
        r"  log +ROW, full image, full metadata, never purged   "
        r"cannot be followed\n"
        r"  clock +\S+ s   ok\n"
        r"  windows +bound proved, overlap 5 s   ok\n"
        r"warehouse +clickhouse://sync@127.0.0.1:\d+/\S+ +ClickHouse 26.*\n"
        r"(  clock .*\n)?"
        r"tables +3 found: 1 incremental, 2 full\n", result.stdout), \
        str(result)
    assert "  ! orders  windows cannot see rows that are deleted" in \
        result.stdout
    assert result.stdout.endswith("no problem, 4 remarks. "
                                  "next: tidemark run\n"), str(result)
    assert re.search("  ! bad, orders  not from the log: .* denied.*\n"
                     " +hint: run what  tidemark grants  prints",
                     result.stdout), str(result)


def test_a_quiet_check_prints_problems_alone(shop):
    for arguments in (("check", "-q"), ("check", "--offline", "-q")):
        result = shop.ok(*arguments)
        assert (result.stdout, result.stderr) == ("", ""), str(result)
    shop.settings(tables=["orders", "gone"])
    result = shop.run("check", "-q")
    assert result.code == 1
    lines = result.stdout.splitlines()
    assert lines[0].startswith('  x gone  cannot find table "gone"')
    assert lines[-1].startswith("2 tables, 1 problem, 2 remarks. "), \
        str(result)
    assert "! orders" not in result.stdout and "clock" not in result.stdout


def test_the_same_remark_of_many_tables_is_one_line(shop):
    for number in range(6):
        shop.sql(f"CREATE TABLE p{number} (a INT)")
    result = shop.ok("check")
    assert re.search(r"^  ! p0, p1, p2 and 4 more  no key", result.stdout,
                     re.MULTILINE), str(result)


def test_check_names_each_problem_with_what_to_do(shop):
    shop.settings(tables=["orders", "gone", {"plain": {"columns": ["-c"]}}])
    result = shop.run("check")
    assert result.code == 1
    assert '  x gone  cannot find table "gone"' in result.stdout
    assert "(TM2101)" in result.stdout and "(TM2102)" in result.stdout
    assert "      next: " in result.stdout
    assert result.stdout.endswith("2 problems, 2 remarks. Solve the problems, "
                                  "then: tidemark run\n"), str(result)
    document = shop.run("check", "--json").json()
    assert document["exit"] == 1 and document["problems"] == 2
    assert {f["error"]["id"] for f in document["findings"]
            if f["level"] == "problem"} == {"TM2101", "TM2102"}


def test_a_cursor_without_an_index_is_a_remark_with_its_cost(shop):
    shop.sql("ALTER TABLE orders DROP KEY updated_at")
    shop.settings(tables=[{"orders": {"cursor": "updated_at"}}])
    result = shop.ok("check")
    assert re.search(r'! orders  cursor "updated_at" has no index: every run '
                     r"reads the whole table, about \d+ rows", result.stdout)
    assert "hint: create an index" in result.stdout
    shop.ok("run")


@pytest.mark.parametrize("hours", [9, 5.5, -5])
def test_a_wall_clock_ahead_of_now_gets_a_proposal(desk, hours):
    desk.sql("CREATE TABLE t (id INT PRIMARY KEY, u DATETIME, KEY (u))")
    moment = datetime.datetime.now(datetime.timezone.utc) + \
        datetime.timedelta(hours=hours)
    desk.sql("INSERT INTO t VALUES (1, %s)",
             (moment.strftime("%Y-%m-%d %H:%M:%S"),))
    desk.settings(tables=[{"t": {"cursor": "u"}}])
    result = desk.ok("check")
    if hours < 0:  # a server of UTC: the table may just be idle
        assert "cursor_zone: \"" not in result.stdout, str(result)
        return
    zone = f"+{int(hours):02d}:{int(hours % 1 * 60):02d}"
    assert f'cursor_zone: "{zone}"' in result.stdout, str(result)
    desk.settings(tables=[{"t": {"cursor": "u", "cursor_zone": zone}}])
    assert "cursor_zone: \"" not in desk.ok("check").stdout


def test_both_ends_are_looked_at_where_one_fails(shop):
    shop.settings(source={"url": "mysql://sync@127.0.0.1:1/x"})
    result = shop.run("check")
    assert result.code == 5, str(result)
    assert "(TM2001)" in result.stdout
    assert re.search(r"^warehouse .* ClickHouse 26", result.stdout,
                     re.MULTILINE)


def test_check_offline_opens_no_connection(shop):
    shop.settings(source={"url": "mysql://sync@127.0.0.1:1/x"},
                  warehouse={"url": "clickhouse://sync@127.0.0.1:1/x"})
    result = shop.ok("check", "--offline")
    assert "no connection was opened" in result.stdout
    assert shop.ok("check", "--offline", "--json").json()["exit"] == 0
    shop.tidemark.settings("source: mysql://h/x\nwarehose: 1\n")
    assert_failure(shop.run("check", "--offline"), 2, "TM1002",
                   "tidemark.yml:2:1", '"warehouse"')


# preview


def test_preview_shows_rows_as_the_warehouse_gets_them(shop):
    shop.settings(tables=[{"orders": {"columns": ["-note"],
                                      "rows": "id > 2"}}])
    result = shop.ok("preview", "orders", "-n", "3")
    lines = result.stdout.splitlines()
    assert lines[0].split()[:2] == ["id", "customer"]
    assert "note" not in lines[0]
    assert lines[-1] == "3 rows of orders, as the warehouse will get " \
        "them; nothing was written"
    rows = shop.ok("preview", "orders", "-n", "3", "--json").json()["rows"]
    assert len(rows) == 3
    assert all(row["id"] > 2 for row in rows if "_tm_deleted" not in row)


def test_preview_shows_every_kind(shop):
    shop.sql("CREATE TABLE kinds (id BIGINT UNSIGNED PRIMARY KEY, i INT, "
             "d DECIMAL(20,3), f DOUBLE, s FLOAT, dt DATETIME(3), da DATE, "
             "ti TIME, b VARBINARY(9), t VARCHAR(200) CHARACTER SET utf8mb4,"
             " n INT)")
    shop.sql("INSERT INTO kinds VALUES (18446744073709551615, -3, "
             "'-12345.678', 0.1, 0.1, '2024-02-29 01:02:03.004', "
             "'2024-02-29', '-26:00:01', X'00FF', '日本 🐟', NULL)")
    row = shop.ok("preview", "kinds", "--json").json()["rows"][0]
    assert row == {"id": "18446744073709551615", "i": -3, "d": "-12345.678",
                   "f": "0.1", "s": "0.1", "dt": "2024-02-29 01:02:03.004",
                   "da": "2024-02-29", "ti": "-26:00:01", "b": "0x00ff",
                   "t": "日本 🐟", "n": None}
    assert "日本 🐟" in shop.ok("preview", "kinds").stdout


def test_preview_names_a_value_without_a_place(shop):
    assert_failure(shop.run("preview", "bad"), 1, "TM2106", "id=7")
    assert_failure(shop.run("preview", "absent"), 2, "TM1008")
    assert_failure(shop.run("preview"), 2, "TM1006")
    assert_failure(shop.run("preview", "orders", "-n", "9999"), 2, "TM1006")


# plan


def test_a_plan_says_what_would_be_made_and_read(shop):
    result = shop.ok("plan")
    assert re.search(r"^\+ create table \S+\.orders__tm \(10 columns\)",
                     result.stdout, re.MULTILINE), str(result)
    assert "    incremental (guessed: cursor updated_at is indexed): all " \
        "rows, for the first time\n" in result.stdout
    assert re.search(r"about \d+ rows, ", result.stdout)
    assert result.stdout.endswith("nothing was changed; "
                                  "next: tidemark run\n")
    assert shop.rows("SHOW TABLES") == []


def test_a_plan_after_a_run_changes_nothing(shop):
    shop.settings(tables=["orders"])
    shop.ok("run")
    assert shop.ok("plan").stdout == \
        "= 1 table unchanged, only changed rows are read\n" \
        "nothing was changed; next: tidemark run\n"
    shop.sql("ALTER TABLE orders ADD region VARCHAR(9)")
    result = shop.ok("plan")
    assert re.search(r"^~ .*region", result.stdout, re.MULTILINE), \
        str(result)
    document = shop.ok("plan", "--json").json()
    assert tables_of(document)["orders"]["changes"][0]["kind"] == "~"


def test_a_plan_tells_that_another_filter_reads_all_again(shop):
    shop.settings(tables=["orders"])
    shop.ok("run")
    shop.settings(tables=[{"orders": {"rows": "id > 100"}}])
    assert "all rows again" in shop.ok("plan").stdout
    table = tables_of(shop.ok("plan", "--json").json())["orders"]
    assert table["reads_all"] is True and table["estimated_rows"] > 100


def test_a_plan_shows_problems(shop):
    shop.settings(tables=["orders", "gone"])
    result = shop.run("plan")
    assert result.code == 1
    assert 'x gone: cannot find table "gone"' in result.stdout


# words


def test_grants_are_statements_one_a_line(shop):
    result = shop.ok("grants")
    lines = result.stdout.splitlines()
    assert all(line.startswith("GRANT ") for line in lines), str(result)
    assert any("SELECT" in line for line in lines)
    document = shop.ok("grants", "--json").json()
    assert document["source"] + document["warehouse"] == lines


def test_explain_knows_every_id_in_any_spelling(shop):
    for text in ("TM2106", "tm2106", "2106"):
        result = shop.ok("explain", text)
        assert result.stdout.startswith("TM2106: "), str(result)
        assert "  next:   " in result.stdout
    assert shop.ok("explain", "TM1101", "--json").json()["code"] == 6
    assert_failure(shop.run("explain", "TM9999"), 2, "TM1006")
    assert_failure(shop.run("explain"), 2, "TM1006")


def test_config_shows_settings_without_secrets(shop):
    result = shop.ok("config", "show")
    assert "deletes: remove" in result.stdout
    settings = shop.ok("config", "show", "--json").json()["settings"]
    assert settings["state"].endswith("tidemark.db")
    assert PASSWORD not in result.stdout
    assert "password" in settings["source"]["password_from"]


def test_the_sample_is_settings(shop):
    sample = shop.ok("config", "example").stdout
    shop.tidemark.settings(sample)
    shop.ok("check", "--offline")
    schema = json.loads(shop.ok("config", "schema").stdout)
    assert "tables" in schema["properties"]
    assert_failure(shop.run("config", "edit"), 2, "TM1006")


def test_version_names_the_libraries(shop):
    result = shop.ok("version")
    assert re.match(r"tidemark \S+ \(\w+\)\n", result.stdout)
    assert "sqlite" in result.stdout
    assert shop.ok("--version").stdout == result.stdout


def test_help_begins_with_examples_and_fits_80_columns(shop):
    topics = ["run", "backfill", "init", "check", "status", "settings"]
    for arguments in [()] + [("help", topic) for topic in topics]:
        result = shop.ok(*arguments)
        assert max(map(len, result.stdout.splitlines())) <= 80, str(result)
        assert all(line == line.rstrip()
                   for line in result.stdout.splitlines())
    assert shop.ok("help", "run").stdout.startswith("  tidemark run\n")
    assert shop.ok("run", "--help").stdout == shop.ok("help", "run").stdout
    text = shop.ok("help").stdout
    for name in ("audit", "manual"):
        assert name not in text
    assert_failure(shop.run("help", "rum"), 2, "TM1006", "tidemark run")


def test_the_first_output_comes_within_100_ms(shop):
    for arguments in (("help",), ("version",), ("explain", "TM2106"),
                      ("config", "show"), ("status",), ("runn",)):
        best = min(shop.run(*arguments).seconds for _ in range(3))
        assert best < 0.1, (arguments, best)


def test_the_manual_is_current(binary):
    subprocess.run([os.path.join(ROOT, "scripts/generate-docs"), "--check",
                    binary], check=True)


def test_the_manual_holds_every_command_option_and_error(shop):
    page = shop.ok("manual", "tidemark.1").stdout.replace("\\", "")
    for command in shop.ok("help", "--json").json()["commands"]:
        assert f".SS {command['name']}" in page, command
    for option in ("config", "skip-if-running", "confirm", "timeout"):
        assert f"--{option}fR" in page, option
    errors = shop.ok("manual", "tidemark-errors.7").stdout
    assert errors.count("TM") >= 50 and "TM2106" in errors
    assert_failure(shop.run("manual", "x.1"), 2, "TM1006")
