"""A table whose mode full was guessed is read once a day, unless a person
names it; one that is set to full is read each time."""

import pytest

from rig import Rig


@pytest.fixture
def rig(source, clickhouse, database, tidemark):
    return Rig(source, clickhouse, database, tidemark)


def fill(rig):
    rig.sql("CREATE TABLE plain (a INT, b VARCHAR(10))")
    rig.sql("INSERT INTO plain VALUES (1, 'x')")


def test_a_guess_waits_for_the_next_day(rig):
    fill(rig)
    rig.settings()
    rig.ok("run")
    rig.sql("INSERT INTO plain VALUES (2, 'y')")
    result = rig.ok("run", "--json").json()
    assert result["tables"][0]["rows_read"] == 0
    assert rig.value("SELECT count() FROM plain") == 1
    rig.ok("run", "plain")
    rig.equal("plain", key=[])


def test_what_is_set_is_read_each_time(rig):
    fill(rig)
    rig.settings(tables=[{"plain": {"mode": "full"}}])
    rig.ok("run")
    rig.sql("DELETE FROM plain")
    rig.ok("run")
    assert rig.value("SELECT count() FROM plain") == 0
    rig.equal("plain", key=[])
