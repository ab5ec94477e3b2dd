"""The rig of the promises: MariaDB, ClickHouse and proxies on demand."""

import pytest

from lab.http_proxy import HttpProxy
from lab.proxy import TcpProxy
from own import mariadb, mysql  # noqa: F401
from rig import Rig


@pytest.fixture
def rig(source, clickhouse, database, tidemark):
    return Rig(source, clickhouse, database, tidemark)


@pytest.fixture
def small(mariadb, clickhouse, make_database, tidemark):
    """A rig on one source, for what does not depend on the server."""
    name = make_database(mariadb, clickhouse)
    return Rig(mariadb, clickhouse, name, tidemark)


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
