"""Drives the program conformance: one command, one answer.

    with Script(binary, url) as script:
        script.table(name="t", columns=[...], key=["id"])
        script.load([[1, "a"]], version=7)
"""

import json
import subprocess


class Refused(Exception):
    """The driver returned another status than the test wanted."""


class Script:
    def __init__(self, binary, url, **options):
        environment = {"CONFORMANCE_PASSWORD": options.pop("password", "")}
        environment.update(options.pop("environment", {}))
        self.process = subprocess.Popen(
            [binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=environment)
        self.opened = self.ask("open", url=url, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the program as it wants to end; it must not fail."""
        self.process.stdin.close()
        code = self.process.wait(60)
        assert code == 0, f"conformance ended with {code}"

    def kill(self):
        self.process.kill()
        self.process.wait(60)

    def ask(self, command, **arguments):
        """The answer, whatever its status."""
        arguments["do"] = command
        self.process.stdin.write(json.dumps(arguments).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"conformance ended at {command}"
        return json.loads(line)

    def __getattr__(self, command):
        """script.prepare(..): the answer, which must be ok."""
        def call(**arguments):
            answer = self.ask(command, **arguments)
            if answer["status"] not in ("ok", "pending"):
                raise Refused(f"{command}: {answer}")
            return answer
        return call

    def poll_until_decided(self, handle, rows):
        """Asks again while the driver says "not yet"; how often it did."""
        for times in range(1000):
            answer = self.poll(handle=handle, rows=rows)
            if answer["status"] == "ok":
                return times
        raise AssertionError("it never decided")

    def load(self, rows, version=1, deleted=False, **request):
        """One whole load of one batch."""
        self.begin(version=version, **request)
        name = {key: request[key] for key in ("load",) if key in request}
        self.put(rows=rows, version=version, deleted=deleted, **name)
        done = self.finish(**name)
        self.end(**name)
        self.poll_until_decided(done["handle"], done["rows"])
        return done
