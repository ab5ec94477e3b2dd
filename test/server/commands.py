"""What tests of commands share: a rig with three ordinary tables."""

import pytest

from rig import Rig


@pytest.fixture
def desk(mariadb, clickhouse, make_database, tidemark):
    """A rig on MariaDB, for what does not depend on the server."""
    name = make_database(mariadb, clickhouse)
    return Rig(mariadb, clickhouse, name, tidemark)


@pytest.fixture
def shop(desk):
    """orders (windows), plain (no key, whole) and bad (a zero date)."""
    desk.orders(300)
    desk.sql("CREATE TABLE plain (a INT, b VARCHAR(20))")
    desk.sql("INSERT INTO plain VALUES (1, 'x'), (2, NULL)")
    desk.sql("CREATE TABLE bad (id INT PRIMARY KEY, d DATE)")
    desk.sql("INSERT INTO bad VALUES (7, '0000-00-00')")
    desk.settings()
    return desk


def assert_failure(result, code, number, *parts):
    """Exit code, id and the three lines of a failure block."""
    assert result.code == code, str(result)
    for part in (f"({number})", "  next:   ", *parts):
        assert part in result.stderr, f"{part!r} is not in {result}"


def tables_of(document):
    return {table["name"]: table for table in document["tables"]}
