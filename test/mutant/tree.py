"""A built copy of the tree with servers of its own, in which one file at a
time is changed. It is built twice: plain, and with sanitizers for the unit
tests, as the tests of the tree itself are run."""

import os
import pathlib
import shutil
import subprocess
import sys
import threading

from . import tests

PLAIN = "build/plain"
ASAN = "build/asan"
OPTIONS = {PLAIN: [], ASAN: ["--enable-sanitizers=address,undefined"]}
UNIT_LIMIT_S = 120
SERVERS_LIMIT_S = 2400
# A change may well make a loop that never ends ask for memory.
LIMITED = ["prlimit", f"--data={6 << 30}"]


class Tree:
    """`folder` holds the copy and what its tests leave behind."""

    def __init__(self, folder):
        self.root = pathlib.Path(folder) / "tree"
        self.spare = pathlib.Path(folder) / "t"
        self.log = pathlib.Path(folder) / "log"
        self.lab = pathlib.Path(folder) / "lab"
        self.lock = threading.RLock()  # one thing runs at a time
        self.child = None
        self.is_over = False

    def make(self, origin, builds):
        """Copies what git knows of the origin, and builds it."""
        files = subprocess.run(["git", "ls-files", "-z"], cwd=origin,
                               check=True, capture_output=True).stdout
        for name in files.decode().split("\0"):
            if name and (origin / name).is_file():
                target = self.root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(origin / name, target)
        self.call("./autogen.sh")
        for build in builds:
            (self.root / build).mkdir(parents=True)
            self.call("../../configure", "-q", "--enable-failpoints",
                      *OPTIONS[build], folder=build)
            if not self.build(build):
                sys.exit("the tree itself does not build: " + self.report())

    def twin(self, folder):
        """The same again, built, in another folder."""
        tree = Tree(folder)
        shutil.copytree(self.root, tree.root, symlinks=True)
        return tree

    def call(self, *command, folder=".", limit_s=1800, lab=None):
        """Its exit code, None when time ran out; its children die too."""
        if self.is_over:
            sys.exit(f"given up: {command}")
        environment = {**os.environ, "PYTHONPATH": "test",
                       "srcdir": str(self.root),
                       "TIDEMARK_BUILD": str(self.root / PLAIN),
                       "TIDEMARK_LAB": str(lab or self.lab),
                       "ASAN_OPTIONS": "hard_rss_limit_mb=4096"}
        environment.pop("TIDEMARK_NIGHTLY", None)
        with self.lock, open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                command, cwd=self.root / folder, stdout=log, stderr=log,
                env=environment, start_new_session=True)
            try:
                return self.child.wait(limit_s)
            except subprocess.TimeoutExpired:
                return None
            finally:
                self.end()

    def end(self):
        """Ends what runs here, with its children."""
        if self.child:
            try:
                os.killpg(self.child.pid, 9)
            except ProcessLookupError:
                pass
            self.child.wait()

    def give_up(self):
        """Whatever runs here, and whoever else would start something."""
        self.is_over = True
        self.end()
        self.servers("down")

    def report(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def build(self, build=PLAIN):
        """One target after the other: both make the library."""
        return all(self.call("make", "-s", f"-j{os.cpu_count()}", target,
                             folder=build) == 0
                   for target in ("all", "check-programs"))

    def servers(self, command):
        subprocess.run([sys.executable, "-m", "lab", command], check=True,
                       cwd=self.root, stdout=subprocess.DEVNULL,
                       env={**os.environ, "PYTHONPATH": "test",
                            "TIDEMARK_LAB": str(self.lab)})

    def unit_fails(self, name, build=PLAIN):
        limits = LIMITED if build == PLAIN else []
        return self.call(*limits, f"{build}/test/unit/{name}",
                         limit_s=UNIT_LIMIT_S) != 0

    def settings_fail(self):
        return self.call("scripts/check-settings", f"{PLAIN}/tidemark") != 0

    def pytest(self, *arguments, lab=None):
        """None when all passed, else the test that failed."""
        with self.lock:
            code = self.call(*LIMITED, sys.executable, "-m", "pytest", "-x",
                             "-q", f"--basetemp={self.spare}", *arguments,
                             limit_s=SERVERS_LIMIT_S, lab=lab)
            report = self.report()
            shutil.rmtree(self.spare, ignore_errors=True)
        if code == 0:
            return None
        if code is None:
            print(f"tests were cut after {SERVERS_LIMIT_S} s", flush=True)
            return None
        found = tests.failed(report)
        if code != 1 or not found:
            sys.exit(f"pytest itself failed: {report[-4000:]}")
        return found
