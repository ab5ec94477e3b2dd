"""What all of the follow section needs: an empty log, a follower whose first
run can be gone back to, and figures against their goals."""

import os
import shutil
import sqlite3

from .measure import say
from .servers import TARGET
from .tools import Load

DATABASE = "bench_follow"
CDC = {"*": {"mode": "cdc"}}
KEPT = "bench_kept"  # the target as it was before the backlog


def figure(words, value, goal=None, smaller=True):
    """goal None: nothing is asked of it."""
    is_kept = goal is None or (value <= goal if smaller else value >= goal)
    sign = "<=" if smaller else ">="
    told = "" if goal is None else f"{sign} {goal:g}"
    verdict = "" if goal is None else "reached" if is_kept else "MISSED"
    say(f"  {words}: {value} {told and f'(goal {told}) '}{verdict}".rstrip())
    return {"what": words, "value": value, "goal": told, "is_kept": is_kept}


class Follower(Load):
    """Settings and state of their own; all tables follow the log."""

    def __init__(self, servers, programs):
        super().__init__(servers, programs, DATABASE, "*", "id")
        self.folder = None

    def begin(self):
        """The first run: everything is read, the place is known."""
        servers = self.servers
        self.prepare()
        self.folder = self.settings(CDC)
        self.once(self.folder)
        self.kept = f"{self.folder}-kept"
        shutil.copytree(self.folder, self.kept)
        servers.query(f"DROP DATABASE IF EXISTS {KEPT} SYNC")
        servers.query(f"CREATE DATABASE {KEPT} ENGINE = Atomic")
        self.stored = [row[0] for row in servers.rows(
            "SELECT name FROM system.tables WHERE database = "
            f"'{TARGET}' AND engine LIKE '%MergeTree'")]
        for name in self.stored:
            servers.query(f"CREATE TABLE {KEPT}.`{name}` AS "
                          f"{TARGET}.`{name}`")
            self._copy(name, TARGET, KEPT)

    def _copy(self, name, source, target):
        self.servers.query(f"ALTER TABLE {target}.`{name}` ATTACH PARTITION "
                           f"tuple() FROM {source}.`{name}`")

    def restore(self):
        """State and target as they were after the first run."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.kept, self.folder)
        for name in self.stored:
            self.servers.query(f"TRUNCATE TABLE {TARGET}.`{name}` SYNC")
            self._copy(name, KEPT, TARGET)

    def place(self):
        """The checkpoint after the first run, as text."""
        path = os.path.join(self.kept, "tidemark.db")
        with sqlite3.connect(path) as state:
            return state.execute("SELECT checkpoint FROM streams WHERE name "
                                 "LIKE '%/cdc'").fetchone()[0]

    def end(self):
        for folder in (self.folder, self.kept):
            shutil.rmtree(folder, ignore_errors=True)
        self.servers.query(f"DROP DATABASE IF EXISTS {KEPT} SYNC")


def begin_log_anew(servers):
    """An empty database, and a log that holds nothing else."""
    servers.sql(f"DROP DATABASE IF EXISTS {DATABASE}")
    servers.sql(f"CREATE DATABASE {DATABASE}")
    servers.sql("RESET BINARY LOGS AND GTIDS" if servers.kind == "mysql"
                else "RESET MASTER")


def end_of_log(servers):
    """(file, offset) while nobody writes."""
    row = servers.sql("SHOW BINARY LOG STATUS" if servers.kind == "mysql"
                      else "SHOW MASTER STATUS")[0]
    return row[0], str(row[1])
