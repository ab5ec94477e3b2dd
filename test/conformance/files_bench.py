"""A folder of files and the scripts that load it, for one test."""

import os
import random

from script import Script

PLAIN = [dict(name="id", kind="uint"), dict(name="s", kind="text")]
ROWS = [[1, "one"], [2, "two"]]
# A megabyte that cannot be made small: several files where one is to end at
# 1 KiB, for what the compressor holds back has no size yet.
DICE = random.Random(3)
LONG = [[i, DICE.randbytes(400).hex()] for i in range(2000)]
SMALL = "?max_bytes=1k"


class FilesBench:
    def __init__(self, program, house):
        self.program = program
        self.house = house
        self.scripts = []

    def open(self, options="", fault=None, table=True, key=("id",),
             columns=None, environment=None):
        environment = dict(environment or {})
        if fault:
            environment["TIDEMARK_FP"] = fault
        script = Script(self.program, self.house.url(options),
                        environment=environment)
        self.scripts.append(script)
        if table:
            assert script.opened["status"] == "ok", script.opened
            script.table(name="t", columns=columns or PLAIN, key=list(key))
        return script

    def start(self, options="", **more):
        script = self.open(options, **more)
        script.prepare()
        return script

    def path(self, *names):
        return os.path.join(self.house.place("t"), *names)

    def names(self):
        return sorted(os.listdir(self.path()))

    def parts(self):
        return [name for name in self.names() if name.endswith(".gz")]

    def check(self, rows, key=("id",)):
        found = self.house.rows("t", PLAIN, list(key))
        wanted = [{"id": row[0], "s": row[1]} for row in rows]
        assert sorted(map(repr, found)) == sorted(map(repr, wanted))

    def append(self, text):
        with open(self.path("manifest.ndjson"), "ab") as file:
            file.write(text)

    def manifest(self):
        with open(self.path("manifest.ndjson"), "rb") as file:
            return file.read()

    def close(self):
        for script in self.scripts:
            if script.process.poll() is None:
                script.close()


def kill(script, rows, **more):
    """A load in which the process dies."""
    try:
        script.load(rows, **more)
    except (AssertionError, BrokenPipeError):
        pass
    assert script.process.wait(20) != 0
