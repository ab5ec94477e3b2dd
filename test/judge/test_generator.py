"""Random tables: the servers take them, and nothing awkward is left out."""

import re

import pytest

from judge import source as src
from judge.generator import generate, load, random_changes

FLAVOURS = ["mariadb1011", "mysql97"]
SEEDS = 12


@pytest.fixture(params=FLAVOURS)
def place(request, make_database):
    """flavour, connection to a database of its own, its name."""
    server = request.getfixturevalue(request.param.rstrip("0179"))
    name = make_database(server)
    return request.param, server.admin(name), name


def _read(connection, database, made):
    src.begin(connection)
    plan = src.describe(connection, database, made.description.name)
    lines = list(src.lines(connection, plan))
    connection.rollback()
    return plan, lines


def test_a_seed_always_makes_the_same_table():
    for flavour in FLAVOURS:
        first, again, other = (generate(seed, flavour) for seed in (3, 3, 4))
        assert first.create_sql == again.create_sql
        assert first.inserts == again.inserts
        assert first.inserts != other.inserts


def test_servers_take_the_tables_and_the_judge_reads_them(place):
    flavour, connection, database = place
    rows = []
    for seed in range(SEEDS):
        made = generate(seed, flavour)
        load(connection, made)
        plan, lines = _read(connection, database, made)
        assert {c.name for c in plan.columns} == {
            spec.name for spec in made.description.columns}
        assert set(made.description.key) == set(plan.key)
        rows.append(len(lines))
    assert sum(count >= 100 for count in rows) >= SEEDS - 3, rows


def test_changes_insert_update_and_delete(place):
    flavour, connection, database = place
    made = generate(5, flavour, columns=10, has_key=True, rows=300)
    load(connection, made)
    before = set(_read(connection, database, made)[1])
    random_changes(connection, made.description, 1)
    after = set(_read(connection, database, made)[1])
    assert len(before - after) > 20 and len(after - before) > 20
    assert len(before & after) > 20


def test_zero_dates_come_only_when_asked_for(place):
    flavour, connection, database = place
    for hostile in (False, True):
        found = 0
        for seed in range(40):
            made = generate(seed, flavour, hostile_dates=hostile, rows=20,
                            columns=10, name=f"z{seed}{hostile}")
            if not re.search(r"\bDATE\b|DATETIME", made.create_sql):
                continue
            load(connection, made)
            lines = _read(connection, database, made)[1]
            found += sum(bool(re.search(r"\d{4}-00-|\d{4}-\d\d-00", line))
                         for line in lines)
        assert bool(found) == hostile


def test_every_type_and_every_kind_of_key_comes_up():
    for flavour in FLAVOURS:
        seen, keys, without = set(), set(), 0
        for seed in range(150):
            made = generate(seed, flavour, rows=1).description
            words = {spec.name: re.match(r"\w+", spec.sql)[0]
                     for spec in made.columns}
            seen |= set(words.values())
            keys |= {words[name] for name in made.key}
            without += not made.key
        wanted = set("""TINYINT SMALLINT MEDIUMINT INT BIGINT BOOL BIT DECIMAL
            FLOAT DOUBLE YEAR DATE TIME DATETIME TIMESTAMP CHAR VARCHAR
            TINYTEXT TEXT MEDIUMTEXT LONGTEXT BINARY VARBINARY TINYBLOB BLOB
            MEDIUMBLOB LONGBLOB ENUM SET JSON GEOMETRY POINT LINESTRING
            POLYGON MULTIPOINT MULTILINESTRING MULTIPOLYGON
            GEOMETRYCOLLECTION""".split())
        mariadb = {"UUID", "INET4", "INET6"}
        assert seen == wanted | (mariadb if "maria" in flavour else set())
        assert keys >= set("""TINYINT INT BIGINT BIT DECIMAL DOUBLE YEAR DATE
            TIME DATETIME TIMESTAMP CHAR VARCHAR BINARY VARBINARY ENUM
            SET""".split())
        assert 5 <= without <= 30
