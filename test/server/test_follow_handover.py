"""Scan and log meet while eight writers go on: no row is lost, none is stale.

A table that is read whole at a place of the log, and followed from there on,
is a hand-over. TIDEMARK_HANDOVERS is how many a world has.
"""

import os

import pytest

from follow_writers import SESSION, TABLES, Writers, make_tables
from lab.servers import KINDS
from lab.tidemark import Tidemark
from rig import Rig

HANDOVERS = int(os.environ.get("TIDEMARK_HANDOVERS") or
                (300 if os.environ.get("TIDEMARK_NIGHTLY") else 16))
CDC = [{"*": {"mode": "cdc"}}]
# In the log, sent to whoever follows, and long not to be seen by a SELECT.
LATE = {"binlog_group_commit_sync_delay": "20000"}
WORLDS = {
    "mariadb": ("mariadb", {}),
    "mariadb-new": ("mariadb-new", {}),
    "mysql": ("mysql", LATE),
    "mysql-without-gtids": ("mysql", {
        **LATE, "gtid_mode": "OFF", "enforce_gtid_consistency": "OFF"})}


@pytest.fixture(params=WORLDS)
def server(request, tmp_path):
    kind, options = WORLDS[request.param]
    started = KINDS[kind]().start(tmp_path / "server", **options)
    yield started
    started.discard()


def anew(server, clickhouse, database, binary, folder):
    """A rig that has loaded nothing."""
    clickhouse.drop_database(database)
    clickhouse.create_database(database)
    rig = Rig(server, clickhouse, database, Tidemark(binary, folder))
    rig.settings(tables=CDC)
    return rig


def ask_for_all(rig):
    """Each table is asked for again, and what is there is taken away."""
    rig.sql("SET SESSION binlog_format = 'STATEMENT'")
    for name in TABLES:
        rig.sql(f"UPDATE {name} SET u = 1 WHERE note = 'by statement'")
        rig.clickhouse.query(f"TRUNCATE TABLE {name}__tm",
                             database=rig.database)
    rig.sql("SET SESSION binlog_format = 'ROW'")


def read(result):
    return {line["name"] for line in result.json()["tables"]
            if line["rows_read"] > 0}


def test_hand_overs_among_writers(server, clickhouse, make_database, binary,
                                  tmp_path):
    database = make_database(server, clickhouse)
    rig = anew(server, clickhouse, database, binary, tmp_path / "0")
    make_tables(rig)
    rig.sql(SESSION)
    for number in range(-(-HANDOVERS // len(TABLES) // 2)):
        rig = anew(server, clickhouse, database, binary,
                   tmp_path / f"state-{number}")
        for turn in ("first", "again"):
            seed = f"{number} {turn}"
            with Writers(rig, seed, has_ddl=False):
                if turn == "again":
                    ask_for_all(rig)
                result = rig.ok("run", "--json")
            rig.ok("run")
            for name in TABLES:
                rig.equal(name)
            assert {"plain", "pair", "words"} <= read(result), result
