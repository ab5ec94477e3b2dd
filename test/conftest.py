"""Fixtures of all tests that need servers or the program.

Servers of a running lab (`python3 -m lab up`) are used; what is not there is
started for the session and dies with it. A server that is missing is an
error, not a skip: see scripts/lab-install.
"""

import os
import random
import uuid

import pytest

from lab import lab
from lab.servers import KINDS
from lab.tidemark import Tidemark

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SEED = int(os.environ.get("TIDEMARK_SEED", "20261121"))
# Of suites that take long `scripts/test` runs a seeded part of so many tests;
# at night, and by name, all of them run.
SAMPLED = {
    "promise/test_cdc.py": 14, "promise/test_cdc_schema.py": 10,
    "promise/test_cdc_requests.py": 10, "promise/test_cdc_stay.py": 10,
    "server/test_xa.py": 8, "server/test_failover.py": 6,
    "server/test_positions.py": 6, "server/test_follow_edges.py": 6,
    "server/test_selftest.py": 6, "server/test_status_log.py": 6,
    "server/test_daemon.py": 8, "server/test_tables_move.py": 10}


def pytest_collection_modifyitems(config, items):
    if os.environ.get("TIDEMARK_SAMPLE") != "1":
        return
    kept = set(items)
    for name, count in SAMPLED.items():
        own = [item for item in items if str(item.path).endswith(name)]
        kept -= set(own)
        kept |= set(random.Random(SEED).sample(own, min(count, len(own))))
    config.hook.pytest_deselected(
        items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def pytest_report_header():
    lines = []
    for kind, server in KINDS.items():
        missing = server.available()
        where = "of the lab" if not missing and lab.running(kind) else ""
        lines.append(f"{kind} {missing or server.version()} {where}".strip())
    return lines


def _shared(kind, factory):
    server = lab.running(kind)
    if server:
        yield server
        return
    server = KINDS[kind]().start(factory.mktemp(kind))
    yield server
    server.discard()


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory):
    yield from _shared("mariadb", tmp_path_factory)


@pytest.fixture(scope="session")
def mysql(tmp_path_factory):
    yield from _shared("mysql", tmp_path_factory)


@pytest.fixture(scope="session")
def mariadb_new(tmp_path_factory):
    yield from _shared("mariadb-new", tmp_path_factory)


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory):
    yield from _shared("clickhouse", tmp_path_factory)


@pytest.fixture(scope="session")
def clickhouse_old(tmp_path_factory):
    yield from _shared("clickhouse-old", tmp_path_factory)


@pytest.fixture(scope="session", params=["mariadb", "mysql"])
def source(request):
    """Each database in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def start_server(tmp_path):
    """start_server(MySQL, gtid_mode="OFF"): a server of this test alone.

    For tests that stop, kill or set up a server; the shared ones stay up.
    """
    servers = []

    def start(kind, **options):
        folder = tmp_path / f"server-{len(servers)}"
        servers.append(kind().start(folder, **options))
        return servers[-1]
    yield start
    for server in servers:
        server.discard()


@pytest.fixture
def make_database():
    """make_database(*servers): name of a new database on each of them."""
    made = []

    def make(*servers):
        name = f"t_{uuid.uuid4().hex[:12]}"
        for server in servers:
            server.create_database(name)
            made.append((server, name))
        return name
    yield make
    for server, name in made:
        if server.process.alive():
            server.drop_database(name)


@pytest.fixture
def database(make_database, source, clickhouse):
    """Name of a new database on the source and on the warehouse."""
    return make_database(source, clickhouse)


@pytest.fixture(scope="session")
def binary():
    path = os.path.join(os.environ.get("TIDEMARK_BUILD", ROOT), "tidemark")
    assert os.access(path, os.X_OK), f"{path} is not built"
    return path


@pytest.fixture
def tidemark(binary, tmp_path):
    return Tidemark(binary, tmp_path / "tidemark")
