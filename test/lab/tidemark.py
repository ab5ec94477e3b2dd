"""Runs the program under test, and watches that no secret leaves it.

    tidemark = Tidemark(binary, folder)
    tidemark.settings({"source": {...}, "warehouse": {...}, "tables": "*"})
    result = tidemark.run("run", "--json")
    assert result.code == 0, result

A password of the settings is written as `${env:LAB_PASSWORD}`; after each
run the password itself must stand in no output, on no command line, in no state
and in no log.
"""

import base64
import contextlib
import dataclasses
import json
import os
import signal
import sqlite3
import subprocess
import time
from urllib.parse import quote

from .databases import PASSWORD, USER
from .process import die_with

KEPT_BY_US = ("db", "db-wal", "db-shm", "log", "lock")
SECRETS = (PASSWORD, quote(PASSWORD, safe=""), base64.b64encode(
    f"{USER}:{PASSWORD}".encode()).decode())


def assert_no_secret(place, text):
    for secret in SECRETS:
        assert secret not in text, f"{place} shows the password"


@dataclasses.dataclass
class Result:
    """code is negative if a signal ended it, as in subprocess."""

    arguments: tuple
    code: int
    stdout: str
    stderr: str
    seconds: float

    def json(self):
        return json.loads(self.stdout)

    def json_lines(self):
        return [json.loads(line) for line in self.stdout.splitlines()]

    def __str__(self):
        return f"tidemark {' '.join(self.arguments)}: {self.code} after " \
            f"{self.seconds:.1f} s\n{self.stdout[-4000:]}" \
            f"\n{self.stderr[-4000:]}"


class Running:
    """A tidemark that has been started; ends at the latest with us."""

    def __init__(self, binary, arguments, folder, environment, number):
        self.arguments = arguments
        self.begin = time.monotonic()
        self._folder = folder
        self._paths = [os.path.join(folder, f"{name}-{number}")
                       for name in ("stdout", "stderr")]
        with open(self._paths[0], "wb") as out, \
                open(self._paths[1], "wb") as err:
            self.child = subprocess.Popen(
                [binary, *arguments], stdin=subprocess.DEVNULL, stdout=out,
                stderr=err, cwd=folder, env=environment,
                preexec_fn=die_with(os.getpid()))
        with open(f"/proc/{self.child.pid}/cmdline", "rb") as file:
            assert_no_secret("the command line",
                             file.read().decode(errors="replace"))

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child.poll() is None

    def is_stopped(self):
        """By SIGSTOP, as at a failpoint."""
        try:
            with open(f"/proc/{self.pid}/stat", encoding="ascii",
                      errors="replace") as file:
                return file.read().rpartition(")")[2].split()[0] == "T"
        except (FileNotFoundError, ProcessLookupError):
            return False

    def _text(self, at):
        with open(self._paths[at], encoding="utf-8",
                  errors="replace") as file:
            return file.read()

    def stdout(self):
        return self._text(0)

    def stderr(self):
        return self._text(1)

    def wait(self, timeout_s=60):
        """The result; after timeout_s it is killed and the test fails."""
        late = False
        try:
            self.child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            late = True
            self.child.kill()
            self.child.wait()
        result = Result(self.arguments, self.child.returncode,
                        self.stdout(), self.stderr(),
                        time.monotonic() - self.begin)
        assert_no_secret("stdout", result.stdout)
        assert_no_secret("stderr", result.stderr)
        self._search_files()
        assert not late, f"still running; {result}"
        return result

    def _search_files(self):
        """State and logs that stand beside the settings."""
        for name in os.listdir(self._folder):
            if name.split(".")[-1] not in KEPT_BY_US:
                continue
            path = os.path.join(self._folder, name)
            with contextlib.suppress(FileNotFoundError), \
                    open(path, "rb") as file:
                assert_no_secret(name, file.read().decode("latin-1"))

    def send(self, number):
        self.child.send_signal(number)

    def kill9(self):
        self.child.kill()
        return self.wait()

    def terminate(self, timeout_s=60):
        self.child.send_signal(signal.SIGTERM)
        return self.wait(timeout_s)

    def wait_until(self, condition, timeout_s=60):
        """True when condition() is; False if the program ended first."""
        end = time.monotonic() + timeout_s
        while not condition():
            if not self.alive():
                return bool(condition())
            if time.monotonic() > end:
                self.child.kill()
                raise AssertionError(f"in vain; {self.wait()}")
            time.sleep(0.005)
        return True


class Tidemark:
    """One settings file and one state, in a folder of their own."""

    def __init__(self, binary, folder):
        self.binary = str(binary)
        self.folder = str(folder)
        self.path = os.path.join(self.folder, "tidemark.yml")
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": self.folder,
                            "LANG": "C.UTF-8", "LAB_PASSWORD": PASSWORD}
        for name, value in os.environ.items():
            if name.endswith("SAN_OPTIONS"):  # a build with sanitizers
                self.environment[name] = value
        self._count = 0
        os.makedirs(self.folder, exist_ok=True)

    def settings(self, settings):
        """A dict (JSON is YAML) or the text itself."""
        if not isinstance(settings, str):
            settings = json.dumps(settings, indent=1) + "\n"
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(settings)
        os.chmod(self.path, 0o600)

    def start(self, *arguments, environment=None):
        """Runs `tidemark ARGUMENTS` in the folder of the settings."""
        self._count += 1
        return Running(self.binary, arguments, self.folder,
                       {**self.environment, **(environment or {})},
                       self._count)

    def run(self, *arguments, timeout_s=60, environment=None):
        return self.start(*arguments, environment=environment).wait(timeout_s)

    def ok(self, *arguments, **more):
        """Like run(), but the exit code must be 0."""
        result = self.run(*arguments, **more)
        assert result.code == 0, str(result)
        return result

    def kill9_when(self, condition, *arguments, timeout_s=60):
        """Starts, kills as soon as condition() holds.

        True if it was killed, False if it had ended by itself.
        """
        running = self.start(*arguments)
        running.wait_until(condition, timeout_s)
        return running.kill9().code == -signal.SIGKILL

    def state(self, sql, name="tidemark.db"):
        """Rows of the state, read beside the running program."""
        path = os.path.join(self.folder, name)
        # Left open, it would lose its locks to whoever reads the file here.
        with contextlib.closing(sqlite3.connect(
                f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
            return database.execute(sql).fetchall()
