"""A thousand tables of one source: one run brings them all, and the next one
only the rows that were changed, whichever tables hold them."""

import pytest

from rig import Rig

COUNT = 1000
CHANGED = (7, 500, 999)


@pytest.fixture
def small(mariadb, clickhouse, make_database, tidemark):
    name = make_database(mariadb, clickhouse)
    return Rig(mariadb, clickhouse, name, tidemark)


def make(rig):
    rig.sql("CREATE TABLE t0 (id INT PRIMARY KEY, v INT NOT NULL, "
            "updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) "
            "ON UPDATE CURRENT_TIMESTAMP(3), KEY (updated_at))")
    for number in range(COUNT):
        if number:
            rig.sql(f"CREATE TABLE t{number} LIKE t0")
        rig.sql(f"INSERT INTO t{number} VALUES (1, {number}, NOW(3) - "
                "INTERVAL 1 HOUR), (2, 0, NOW(3) - INTERVAL 1 HOUR)")


def confirmed(rig):
    tables = rig.ok("run", "--json", timeout_s=120).json()["tables"]
    return {table["name"]: table["rows_confirmed"] for table in tables}


def test_three_changed_rows_among_a_thousand_tables(small):
    make(small)
    small.settings(limits={"workers": 4})
    names = [f"t{number}" for number in range(COUNT)]
    assert confirmed(small) == {name: 2 for name in names}
    for number in CHANGED:
        small.sql(f"UPDATE t{number} SET v = -1 WHERE id = 2")
    small.sql("DO SLEEP(7)")  # the margin of the bound
    wanted = {name: 0 for name in names}
    wanted.update({f"t{number}": 1 for number in CHANGED})
    assert confirmed(small) == wanted
    for number in CHANGED:
        small.equal(f"t{number}")
