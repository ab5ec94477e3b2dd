"""How much a run asks of the warehouse: each table has its price, and what is
the same for all of them is asked once."""

import pytest

from lab.http_proxy import HttpProxy
from rig import Rig

COUNT = 20
# Of the run itself: what the server is and has, what is stored.
ONCE = 8


@pytest.fixture
def counted(mariadb, clickhouse, make_database, tidemark):
    name = make_database(mariadb, clickhouse)
    rig = Rig(mariadb, clickhouse, name, tidemark)
    with HttpProxy(clickhouse.port) as proxy:
        rig.warehouse_port = proxy.port
        rig.proxy = proxy
        for number in range(COUNT):
            rig.sql(f"CREATE TABLE t{number} (id INT PRIMARY KEY, updated_at "
                    "TIMESTAMP(3) NOT NULL, KEY (updated_at))")
            rig.sql(f"INSERT INTO t{number} VALUES (1, NOW(3) - INTERVAL 1 "
                    "HOUR)")
        yield rig


def asked(rig):
    rig.proxy.requests.clear()
    rig.ok("run")
    return rig.proxy.count()


@pytest.mark.parametrize("mode, first, next_run", [
    ("cdc", 7, 0), ("incremental", 4, 0), ("full", 14, 13)])
def test_a_table_has_its_price(counted, mode, first, next_run):
    counted.settings(tables=[{"*": {"mode": mode}}])
    assert asked(counted) <= ONCE + COUNT * first
    counted.equal("t0")
    assert asked(counted) <= ONCE + COUNT * next_run
    counted.equal("t1")
