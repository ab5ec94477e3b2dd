"""Runs binlog_rows_probe.c, which stands beside, and folds what it prints:
the newest row of each key, as the warehouse would."""

import json
import subprocess

import probe
from lab.databases import PASSWORD, USER


def build(folder):
    return probe.build(str(folder), "binlog_rows_probe")


class Place:
    """Where the log stands now."""

    def __init__(self, server):
        text = "SHOW BINARY LOG STATUS" if server.kind == "mysql" \
            else "SHOW MASTER STATUS"
        self.file, self.position = server.query(text)[0][:2]


class Folded:
    """Rows by (table, key); what else was said, by its word."""

    def __init__(self, lines):
        self.rows = {}
        self.keyless = []
        self.keys = {}
        self.said = {}
        for line in lines:
            if "version" in line and "cells" in line:
                self._take(line)
            elif "keys" in line:
                self.keys.setdefault(line["table"], []).extend(
                    json.loads("[" + line["keys"] + "]"))
            else:
                for word in line:
                    self.said.setdefault(word, []).append(line)

    def _take(self, line):
        if not line["key"]:
            self.keyless.append(line)
            return
        place = (line["table"], line["key"])
        old = self.rows.get(place)
        assert not old or old["version"] != line["version"], (old, line)
        if not old or old["version"] < line["version"]:
            self.rows[place] = line

    @property
    def live(self):
        return {place: row for place, row in self.rows.items()
                if not row["deleted"]}

    def cells(self, table):
        """Of the live rows, in the order of their keys."""
        return [row["cells"] for (name, _), row in sorted(self.live.items())
                if name == table]


class Roads:
    def __init__(self, program, server, database):
        self.program = program
        self.server = server
        self.database = database

    def run(self, *words):
        secret = "".join(f"%{ord(c):02x}" for c in PASSWORD)
        url = f"mysql://{USER}:{secret}@127.0.0.1:{self.server.port}" \
            f"/{self.database}"
        result = subprocess.run(
            [self.program, url, *[str(word) for word in words]],
            capture_output=True, timeout=300)
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert result.returncode == 0 and not result.stderr, \
            (lines[-1:], result.stderr[-3000:])
        return Folded(lines)

    def scan(self, *words):
        return self.run("scan", *words)

    def log(self, place, *words):
        return self.run("log", place.file, place.position, *words)


def differences(log, scan, limit=5):
    """What the two roads say otherwise, in words."""
    found = []
    for place in sorted(set(log.live) | set(scan.live)):
        left, right = log.live.get(place), scan.live.get(place)
        if not left or not right:
            found.append(f"{place} only in the "
                         f"{'log' if left else 'scan'}")
        elif left["digest"] != right["digest"] or \
                left["cells"] != right["cells"]:
            cells = {name: (left["cells"][name], right["cells"][name])
                     for name in left["cells"]
                     if left["cells"][name] != right["cells"][name]}
            found.append(f"{place} {cells}")
    return found[:limit] + [f"{len(found)} in all"] if found else []
