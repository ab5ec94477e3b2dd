"""The scan of a table as the program does it: scan_table.c, built here."""

import json
import os
import subprocess

import probe
import pytest

from lab.databases import PASSWORD, USER
from lab.process import die_with


class Reading:
    """What a scan gave: rows as dicts of texts, positions, the error."""

    def __init__(self, code, lines):
        self.code = code
        self.rows = []
        self.positions = []
        self.error = None
        for line in lines:
            if "error" in line:
                self.error = line
            elif "position" in line and len(line) == 1:
                self.positions.append(line["position"])
            else:
                self.rows.append(line)


class Reader:
    def __init__(self, program):
        self.program = program

    def start(self, server, database, table, *words, port=None):
        secret = "".join(f"%{ord(c):02x}" for c in PASSWORD)
        url = f"mysql://{USER}:{secret}@127.0.0.1:{port or server.port}" \
            f"/{database}"
        return subprocess.Popen(
            [self.program, url, table, *words], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=die_with(os.getpid()))

    def end(self, child):
        out, err = child.communicate(timeout=300)
        assert child.returncode in (0, 3) and not err, err.decode()
        return Reading(child.returncode,
                       [json.loads(line) for line in out.splitlines()])

    def read(self, server, database, table, *words, port=None):
        return self.end(self.start(server, database, table, *words,
                                   port=port))


@pytest.fixture(scope="session")
def reader(tmp_path_factory):
    program = os.environ.get("SCAN_TABLE") or \
        probe.build(str(tmp_path_factory.mktemp("scan_table")), "scan_table")
    return Reader(program)
