"""Servers of a folder of tests alone, in place of the shared ones: where a
statement of somebody else would hold a window back, or a count of the server
is looked at."""

import pytest

from lab.servers import MariaDB, MySQL


def _own(kind, factory):
    server = kind().start(factory.mktemp(kind.__name__.lower()))
    yield server
    server.discard()


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory):
    yield from _own(MariaDB, tmp_path_factory)


@pytest.fixture(scope="session")
def mysql(tmp_path_factory):
    yield from _own(MySQL, tmp_path_factory)
