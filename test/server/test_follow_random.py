"""Eight writers change rows, columns and tables at random while tidemark
follows the log, is killed every few seconds and loses its connections: as
soon as the writers rest, everything is equal.

TIDEMARK_FOLLOW_SECONDS is the time a server takes, TIDEMARK_FOLLOW_SEED what
all of it is made from.
"""

import os
import random
import re
import time

import pytest

from follow_writers import Writers, make_tables, tables
from lab.proxy import TcpProxy
from lab.servers import KINDS, ClickHouse
from rig import Rig

SECONDS = float(os.environ.get("TIDEMARK_FOLLOW_SECONDS") or
                (7200 if os.environ.get("TIDEMARK_NIGHTLY") else 12))
ROUND_S = 20
SETTLE_S = 60
# What cut links and columns that change under a copy lead to.
PASSING = ("TM2001", "TM2007", "TM2110", "TM3001", "TM3007")
CDC = [{"*": {"mode": "cdc"}}]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A warehouse whose connections may be cut."""
    server = ClickHouse().start(tmp_path_factory.mktemp("clickhouse"))
    yield server
    server.discard()


@pytest.fixture(params=["run", "daemon"])
def command(request):
    return request.param


@pytest.fixture(params=["mariadb", "mariadb-new", "mysql"])
def rig(request, house, tmp_path, tidemark):
    server = KINDS[request.param]().start(tmp_path / "server")
    for place in (server, house):
        place.create_database("random")
    yield Rig(server, house, "random", tidemark)
    house.drop_database("random")
    server.discard()


def is_told_well(result, *numbers):
    """It ended by itself, with no other errors than these; TM2101 is that of
    a table that was dropped, which a person has to confirm."""
    told = set(re.findall(r"\((TM\d+)\)", result.stderr))
    return result.code >= 0 and told <= {"TM2101", *numbers}


class Chaos:
    """Runs, kills and cuts until a time; counts what happened."""

    def __init__(self, rig, command, seed, proxies):
        self.rig = rig
        self.command = command
        self.dice = random.Random(f"chaos {seed}")
        self.proxies = proxies
        self.codes = {}

    def until(self, end):
        while time.monotonic() < end:
            self._once()

    def _once(self):
        running = self.rig.tidemark.start(self.command)
        mean_s = 1.5 if self.command == "run" else 4
        until = time.monotonic() + self.dice.expovariate(1 / mean_s)
        while running.alive() and time.monotonic() < until:
            time.sleep(self.dice.uniform(0, 0.4))
            if self.dice.random() < 0.2:
                self.dice.choice(self.proxies).cut_all(reset=False)
        running.child.kill()
        result = running.wait()
        assert result.code == -9 or is_told_well(result, *PASSING), \
            str(result)
        self.codes[result.code] = self.codes.get(result.code, 0) + 1


def all_equal(rig):
    for name in tables(rig):
        try:
            rig.equal(name)
        except Exception as error:  # the judge may find no table at all
            raise AssertionError(f"{name}: {error}") from None


def settled_by_run(rig):
    """One run, and all is equal."""
    result = rig.run("run")
    print(f"last run: {result}")
    assert is_told_well(result), str(result)
    all_equal(rig)


def settled_by_daemon(rig):
    """Soon all is equal, and so it is when it has ended."""
    running = rig.tidemark.start("daemon")
    end = time.monotonic() + SETTLE_S
    while True:
        try:
            all_equal(rig)
            break
        except AssertionError as error:
            if time.monotonic() > end or not running.alive():
                running.child.kill()
                raise AssertionError(f"{error}\n{running.wait()}") from None
        time.sleep(0.5)
    result = running.terminate()
    print(f"last daemon: {result}")
    assert result.code in (0, 1), str(result)
    assert "ThreadSanitizer" not in result.stderr, str(result)
    all_equal(rig)


def test_writers_kills_and_cuts(rig, command):
    seed = os.environ.get("TIDEMARK_FOLLOW_SEED") or str(
        random.SystemRandom().randrange(10 ** 9))
    print(f"TIDEMARK_FOLLOW_SEED={seed}")
    make_tables(rig)
    proxies = [TcpProxy(rig.source.port), TcpProxy(rig.clickhouse.port)]
    rig.source_port, rig.warehouse_port = (each.port for each in proxies)
    rig.settings(tables=CDC, retry="2s")
    end = time.monotonic() + SECONDS
    try:
        number = 0
        while time.monotonic() < end:
            chaos = Chaos(rig, command, f"{seed}/{number}", proxies)
            with Writers(rig, f"{seed}/{number}") as writers:
                chaos.until(min(end, time.monotonic() + ROUND_S))
            print(f"round {number}: {chaos.codes}, commits "
                  f"{sum(each.commits for each in writers.threads)}")
            if command == "run":
                settled_by_run(rig)
            else:
                settled_by_daemon(rig)
            number += 1
    finally:
        for proxy in proxies:
            proxy.stop()
