"""The rig of faults: one real source and warehouse, a program with
failpoints."""

import pytest

from own import mariadb, mysql  # noqa: F401
from rig import Rig


@pytest.fixture
def rig(mariadb, clickhouse, make_database, tidemark):
    name = make_database(mariadb, clickhouse)
    return Rig(mariadb, clickhouse, name, tidemark)
