"""Invariant 6: a value that cannot be represented stops its table and is
named. It is never skipped, shortened, clamped or turned into NULL unless the
settings say so."""

import pytest

CASES = {
    "zero date": ("d DATE", "'0000-00-00'", "TM2106"),
    "partial date": ("d DATETIME", "'2024-02-00 10:00:00'", "TM2106"),
    "zero timestamp": ("d TIMESTAMP NULL", "'0000-00-00 00:00:00'",
                       "TM2106"),
    "date that the warehouse would clamp": ("d DATE", "'0000-05-06'",
                                            "TM2107"),
}


def two_tables(rig, declared, value):
    rig.orders(500)
    rig.sql(f"CREATE TABLE bad (id INT PRIMARY KEY, {declared}, "
            "updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, "
            "KEY (updated_at))")
    rig.sql("INSERT INTO bad (id, d) VALUES (41, '2024-01-02')")
    rig.sql(f"INSERT INTO bad (id, d) VALUES (42, {value})")


@pytest.mark.parametrize("case", CASES)
def test_the_row_is_named_and_the_other_table_goes_on(rig, case):
    declared, value, number = CASES[case]
    two_tables(rig, declared, value)
    rig.settings()
    result = rig.run("run")
    assert result.code == 1, str(result)
    for part in ('"bad"', '"d"', "id=42", number, "effect:", "next:"):
        assert part in result.stderr, part
    rig.equal("orders")
    assert rig.checkpoint("bad/incremental") is None
    status = rig.run("status", "--json").json()
    states = {t["name"]: t for t in status["tables"]}
    assert states["bad"]["state"] == "action required"
    assert states["bad"]["error"]["id"] == number
    assert states["orders"]["state"] == "on time"


@pytest.mark.parametrize("policy", ["null", "text"])
def test_a_policy_of_the_settings_lets_it_pass(rig, policy):
    two_tables(rig, "d DATE", "'0000-00-00'")
    rig.settings(zero_dates=policy)
    rig.ok("run")
    rig.equal("bad", zero_dates=policy)


def test_a_text_that_is_not_valid_stops_or_is_replaced(small):
    small.sql("CREATE TABLE bad (id INT PRIMARY KEY, t VARCHAR(20) "
              "CHARACTER SET latin1) ")
    small.sql("INSERT INTO bad VALUES (1, 'fine')")
    small.sql("ALTER TABLE bad MODIFY t VARBINARY(20)")
    small.sql("INSERT INTO bad VALUES (7, X'61FF62')")
    small.sql("SET character_set_client = binary")
    small.sql("ALTER TABLE bad ADD u VARCHAR(20) CHARACTER SET ascii")
    small.sql("UPDATE bad SET u = t")
    shown = small.sql("SELECT HEX(u) FROM bad WHERE id = 7")[0][0]
    if shown != "61FF62":
        pytest.skip(f"this server refuses to store it: {shown}")
    small.settings(tables=[{"bad": {"mode": "full"}}])
    result = small.run("run")
    assert result.code == 1 and "TM2108" in result.stderr, str(result)
    assert "id=7" in result.stderr


def test_the_row_mended_the_table_goes_on(small):
    two_tables(small, "d DATE", "'0000-00-00'")
    small.settings()
    assert small.run("run").code == 1
    small.sql("UPDATE bad SET d = '2024-05-06' WHERE id = 42")
    small.ok("run")
    small.equal("bad")
