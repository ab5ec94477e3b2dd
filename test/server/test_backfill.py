"""backfill: which rows, under which name, and what a second start does."""

import signal

import pytest

from commands import assert_failure, desk, shop, tables_of  # noqa: F401


def backfill(shop, *arguments, table="orders"):
    result = shop.ok("backfill", table, *arguments, "--json").json()
    return result["tables"][0]


@pytest.mark.parametrize("kind, first, last", [
    ("BIGINT", "9", "10"), ("INT UNSIGNED", "1", "4294967295"),
    ("INT", "-5", "-4"), ("DECIMAL(20,3)", "1.001", "1.1"),
    ("DATETIME", "2024-01-01", "2024-01-01 00:00:01")])
def test_a_range_that_is_turned_around_is_refused(shop, kind, first, last):
    shop.sql(f"CREATE TABLE t (k {kind} PRIMARY KEY)")
    shop.sql("INSERT INTO t VALUES (%s), (%s)", (first, last))
    shop.settings(tables=["t"])
    result = shop.run("backfill", "t", "--from", last, "--to", first)
    assert_failure(result, 2, "TM1006", '"t"',
                   f"from {last} to {first}", "tidemark backfill t --from "
                   f"{first} --to {last}")
    assert result.stdout == ""
    for ends, rows in (((first, last), 2), ((first, first), 1)):
        assert backfill(shop, "--from", ends[0], "--to", ends[1], table="t")[
            "rows_confirmed"] == rows


def test_what_a_key_cannot_be_is_a_wrong_option(shop):
    for arguments in (("--from", "abc"), ("--to", ""), ("--to", "1x")):
        result = shop.run("backfill", "orders", *arguments)
        assert_failure(result, 2, "TM1006", '"orders"', '"id"',
                       f'"{arguments[1]}" for {arguments[0]}')
        assert result.stdout == ""
    result = shop.run("backfill", "plain", "--confirm", "plain", "--name",
                      "x")
    assert_failure(result, 2, "TM1006", "--name", '"plain"')


def test_the_order_of_texts_is_the_servers(shop):
    shop.sql("CREATE TABLE t (k VARCHAR(9) PRIMARY KEY) COLLATE "
             "utf8mb4_general_ci")
    shop.sql("INSERT INTO t VALUES ('a'), ('B'), ('10')")
    shop.settings(tables=["t"])
    for ends, rows in ((("a", "B"), 2), (("10", "9"), 1), (("z", "a"), 0)):
        assert backfill(shop, "--from", ends[0], "--to", ends[1], table="t")[
            "rows_confirmed"] == rows, ends


def test_a_filter_that_does_not_fit_is_a_wrong_option(shop):
    result = shop.run("backfill", "orders", "--where", "quantiti = 1")
    assert_failure(result, 2, "TM2102", '"quantiti"',
                   'did you mean "quantity"')
    assert result.stdout == ""
    assert_failure(shop.run("backfill", "orders", "--where", "quantity ="),
                   2, "TM2111")


def test_a_name_stands_for_what_it_was_first_given_for(shop):
    shop.ok("run", "orders")
    assert backfill(shop, "--to", "50", "--name", "once")[
        "rows_confirmed"] == 50
    result = shop.run("backfill", "orders", "--to", "60", "--name", "once")
    assert_failure(result, 2, "TM1006", '"once"', "for --to 60",
                   "for --to 50", "Nothing was started.",
                   "tidemark backfill orders --to 50 --name once")
    assert result.stdout == ""
    for more in (["--from", "2"], ["--where", "id > 3"],
                 ["--confirm", "orders"]):
        result = shop.run("backfill", "orders", *more, "--name", "once")
        assert_failure(result, 2, "TM1006", "for --to 50")
    line = backfill(shop, "--to", "50", "--name", "once")
    assert line["rows_confirmed"] == 0
    assert line["note"].startswith('"once" was done at 20'), line
    assert backfill(shop, "--to", "60", "--name", "twice")[
        "rows_confirmed"] == 60


def stop_in_the_middle(shop, *arguments):
    """Interrupts that backfill behind its first chunks."""
    def has_begun():
        return shop.state("SELECT count(*) FROM streams WHERE name LIKE "
                          "'large/backfill:%' AND checkpoint IS NOT NULL"
                          )[0][0]
    running = shop.tidemark.start("backfill", "large", *arguments)
    running.wait_until(has_begun)
    running.send(signal.SIGINT)
    result = running.wait()
    assert result.code == 130, str(result)
    assert "it goes on where it stood" in result.stderr, str(result)


@pytest.mark.parametrize("choice", [
    ("--confirm", "large"), ("--from", "100"), ("--since", "7d"),
    ("--from", "100", "--name", "slow")], ids=" ".join)
def test_an_interrupted_backfill_goes_on_where_it_stopped(shop, choice):
    shop.orders(200000, name="large")
    shop.settings(tables=["large"], limits={"chunk_rows": 5000})
    shop.ok("run")
    stop_in_the_middle(shop, *choice)
    result = shop.ok("backfill", "large", *choice, "--json").json()
    line = result["tables"][0]
    assert 0 < line["rows_confirmed"] < 195001, line
    assert line["note"].startswith("goes on where it stopped at 20"), line
    assert "behind " in line["note"] and line["note"].endswith(" rows")
    shop.equal("large")
    if "--name" not in choice:  # asked for anew, all is read
        line = backfill(shop, *choice, table="large")
        assert line["rows_confirmed"] >= 199901 and "note" not in line, line


def test_the_note_stands_beside_the_state(shop):
    shop.ok("run", "orders")
    shop.ok("backfill", "orders", "--to", "5", "--name", "once")
    result = shop.ok("backfill", "orders", "--to", "5", "--name", "once")
    assert 'on time  "once" was done at ' in result.stdout, str(result)
    result = shop.ok("backfill", "orders", "--to", "5", "--name", "once",
                     "-q")
    assert (result.stdout, result.stderr) == ("", "")
