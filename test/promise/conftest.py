"""The rig of the promises: MariaDB, ClickHouse and proxies on demand."""

import pytest

from lab.http_proxy import HttpProxy
from lab.proxy import TcpProxy
from own import mariadb, mysql  # noqa: F401
from rig import Rig


class Proxied(Rig):
    """3000 orders in chunks of 1000, loaded through a proxy."""

    def prepare(self, http):
        self.orders(3000)
        self.warehouse_port = http.port
        self.settings(retry="3s", limits={"chunk_rows": 1000, "workers": 1})
        return self

    def stays_behind(self, http):
        """Runs while the second load is refused; then everything comes."""
        result = self.run("run")
        assert result.code == 5, str(result)
        done = self.checkpoint("orders/backfill")
        assert done is None or '"1000"' in done, done
        assert self.checkpoint("orders/incremental") is None
        http.heal()
        self.ok("run")
        self.equal("orders")


@pytest.fixture
def rig(source, clickhouse, database, tidemark):
    return Rig(source, clickhouse, database, tidemark)


@pytest.fixture
def small(mariadb, clickhouse, make_database, tidemark):
    """A rig on one source, for what does not depend on the server."""
    name = make_database(mariadb, clickhouse)
    return Rig(mariadb, clickhouse, name, tidemark)


@pytest.fixture
def proxied(mariadb, clickhouse, make_database, tidemark, http):
    name = make_database(mariadb, clickhouse)
    return Proxied(mariadb, clickhouse, name, tidemark).prepare(http)


@pytest.fixture
def http(clickhouse):
    proxy = HttpProxy(clickhouse.port)
    yield proxy
    proxy.stop()


@pytest.fixture
def wire(mariadb):
    proxy = TcpProxy(mariadb.port)
    yield proxy
    proxy.stop()


@pytest.fixture
def make_rig(clickhouse, make_database, tidemark):
    """make_rig(server): a rig of a server, in no strict mode."""
    def make(server):
        made = Rig(server, clickhouse, make_database(server, clickhouse),
                   tidemark)
        made.sql("SET sql_mode = ''")
        return made
    return make
