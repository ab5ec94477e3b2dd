"""A warehouse of any kind and the scripts that load it, for one test."""

from houses import PASSWORD, expected
from script import Script

PLAIN = [dict(name="id", kind="uint"), dict(name="s", kind="text")]


class Bench:
    """A warehouse of one test; scripts end with it."""

    def __init__(self, program, house):
        self.program = program
        self.house = house
        self.scripts = []
        self.columns = None
        self.name = None
        self.key = None

    def open(self, options="", **more):
        script = Script(self.program, self.house.url(options),
                        password=PASSWORD, **more)
        assert script.opened["status"] == "ok", script.opened
        self.scripts.append(script)
        if self.name:
            script.table(name=self.name, columns=self.columns, key=self.key)
        return script

    def start(self, columns=None, key=("id",), name="t", **more):
        """A script whose table stands there."""
        self.columns, self.key, self.name = columns or PLAIN, list(key), name
        script = self.open(**more)
        script.prepare()
        return script

    def check(self, rows):
        """The living rows are these, in any order."""
        wanted = [{column["name"]: expected(column, cell)
                   for column, cell in zip(self.columns, row)}
                  for row in rows]
        found = self.house.rows(self.name, self.columns, self.key)
        assert sorted(map(repr, found)) == sorted(map(repr, wanted))

    def close(self):
        for script in self.scripts:
            if script.process.poll() is None:
                script.close()
