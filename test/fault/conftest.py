"""The rigs of faults: a real source, a warehouse of each kind, a program
with failpoints."""

import pytest

from fault_shop import ClickHouseShop, FilesShop
from own import mariadb, mysql  # noqa: F401
from rig import Rig


@pytest.fixture
def rig(mariadb, clickhouse, make_database, tidemark):
    name = make_database(mariadb, clickhouse)
    return Rig(mariadb, clickhouse, name, tidemark)


@pytest.fixture
def make_shop(mariadb, clickhouse, make_database, tidemark, tmp_path):
    """make_shop(kind of warehouse, folder of files)."""
    def make(kind, folder=tmp_path / "house"):
        if kind == "files":
            return FilesShop(mariadb, make_database(mariadb), tidemark,
                             folder)
        name = make_database(mariadb, clickhouse)
        return ClickHouseShop(mariadb, clickhouse, name, tidemark)
    return make
