"""The daemon: from commit to visible under a steady load, and at rest.

One writer commits changes of one row at a steady pace; their numbers grow, so
the largest number that a table of the warehouse shows tells all that is
visible. The warehouse's CPU is measured in a second stretch, without asking.
"""

import os
import statistics
import subprocess
import threading
import time

from lab.databases import PASSWORD
from lab.process import die_with

from . import servers as places
from .follow_rig import CDC, DATABASE, Follower, begin_log_anew, figure
from .measure import say
from .programs import RunFailed
from .servers import TARGET

ROWS = 100
ASKED_TABLES = 8
ASK_EVERY_S = 0.005
WARM_UP_S = 3
READY_S = 300
SETTLED_S = 30


class Daemon:
    """`tidemark daemon` on a folder of settings."""

    def __init__(self, program, folder):
        self.log = os.path.join(folder, "daemon.log")
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                [program, "daemon"], cwd=folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
                env={**os.environ, "LAB_PASSWORD": PASSWORD},
                preexec_fn=die_with(os.getpid()))

    @property
    def pid(self):
        return self.child.pid

    def check(self):
        if self.child.poll() is not None:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                raise RunFailed("the daemon ended with "
                                f"{self.child.returncode}\n"
                                f"{log.read()[-2000:]}")

    def peak_mib(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) / 1024
        return 0.0

    def stop(self):
        self.child.terminate()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise RunFailed("the daemon did not end within 30 s") from None


class Writer(threading.Thread):
    """So many changes a second; commits[i] is when number i was there."""

    def __init__(self, servers, tables, rate, first, seconds):
        super().__init__(daemon=True)
        self.servers = servers
        self.tables = tables
        self.rate = rate
        self.first = first
        self.count = int(rate * seconds)
        self.commits = []

    def run(self):
        with self.servers.source.admin(DATABASE) as connection:
            cursor = connection.cursor()
            begin = time.monotonic()
            for at in range(self.count):
                number = self.first + at
                late = begin + at / self.rate - time.monotonic()
                if late > 0:
                    time.sleep(late)
                cursor.execute(
                    f"UPDATE {self.tables[number % len(self.tables)]} SET "
                    f"n = {number} WHERE id = "
                    f"{number // len(self.tables) % ROWS}")
                self.commits.append(time.monotonic())


class Live:
    def __init__(self, servers, programs, options):
        self.servers = servers
        self.programs = programs
        self.rate = options.rate
        self.seconds = options.seconds
        self.tables = [f"t{number}" for number in range(options.tables)]
        self.follower = Follower(servers, programs)

    def begin(self):
        """Tables of ROWS rows each, read once; then the daemon follows."""
        begin_log_anew(self.servers)
        with self.servers.source.admin(DATABASE) as connection:
            cursor = connection.cursor()
            cursor.execute("SET sql_log_bin = 0")
            for name in self.tables:
                cursor.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY, "
                               "n BIGINT NOT NULL, v VARCHAR(40))")
                cursor.execute(f"INSERT INTO {name} VALUES " + ", ".join(
                    f"({n}, 0, LEFT(SHA2({n}, 224), 40))"
                    for n in range(ROWS)))
        self.follower.prepare()
        self.follower.folder = self.follower.settings(CDC)
        self.follower.once(self.follower.folder)
        self.daemon = Daemon(self.programs.tidemark, self.follower.folder)
        self._change_once()

    def _change_once(self):
        """It follows once a first change is visible."""
        writer = Writer(self.servers, self.tables, 100, 1, 0.1)
        writer.start()
        writer.join()
        self.number = 1 + writer.count
        self._await(self.number - 1, READY_S)

    def _shown(self, tables):
        """The largest number of each of them."""
        parts = " UNION ALL ".join(
            f"SELECT '{name}', max(n) FROM {TARGET}.{name}__tm"
            for name in tables)
        return dict(self.servers.rows(f"SELECT * FROM ({parts})"))

    def _await(self, number, seconds):
        table = self.tables[number % len(self.tables)]
        end = time.monotonic() + seconds
        while self._shown([table])[table] < number:
            self.daemon.check()
            if time.monotonic() > end:
                raise RunFailed(f"change {number} is not visible after "
                                f"{seconds} s")
            time.sleep(0.05)

    def write(self, seconds, is_asking):
        """Latencies in s, of changes of some tables; and what it cost."""
        writer = Writer(self.servers, self.tables, self.rate, self.number,
                        seconds)
        asked = self.tables[::max(1, len(self.tables) // ASKED_TABLES)]
        answers = []
        before = self.spent()
        begin = time.monotonic()
        writer.start()
        while is_asking and writer.is_alive():
            shown = self._shown(asked)
            answers.append((time.monotonic(), shown))
            time.sleep(ASK_EVERY_S)
        writer.join()
        wall = time.monotonic() - begin
        after = self.spent()
        self.number += writer.count
        for number in range(self.number - len(self.tables), self.number):
            if self.tables[number % len(self.tables)] in asked:
                self._await(number, SETTLED_S)
        answers.append((time.monotonic(), self._shown(asked)))
        cost = {name: (after[name] - before[name]) / wall for name in after}
        cost["rate"] = writer.count / wall
        return self._latencies(writer, asked, answers), cost

    def _latencies(self, writer, asked, answers):
        found = []
        for table in asked:
            own = self.tables.index(table)
            at = 0
            for place, committed in enumerate(writer.commits):
                number = writer.first + place
                if number % len(self.tables) != own:
                    continue
                while at < len(answers) and answers[at][1][table] < number:
                    at += 1
                if at == len(answers):
                    raise RunFailed(f"change {number} never became visible")
                found.append(max(0.0, answers[at][0] - committed))
        return found

    def spent(self):
        return {"tool": places.cpu_s(self.daemon.pid),
                "source": places.cpu_s(self.servers.source.process.pid),
                "warehouse": places.cpu_s(
                    self.servers.warehouse.process.pid)}

    def end(self):
        if hasattr(self, "daemon"):
            if self.daemon.child.poll() is None:
                self.daemon.stop()
        if self.follower.folder:
            self.follower.kept = f"{self.follower.folder}-kept"
            self.follower.end()


def _latency(live):
    many = len(live.tables) > 1
    live.write(WARM_UP_S, False)
    latencies, _ = live.write(live.seconds, True)
    _, cost = live.write(live.seconds, False)
    parts = statistics.quantiles(latencies, n=100)
    words = f"{len(live.tables)} tables, {cost['rate']:.0f} changes a second"
    return {"latencies": len(latencies), "cost": cost, "figures": [
        figure(f"{words}, commit to visible, p50, ms",
                      round(1000 * parts[49], 1)),
        figure(f"{words}, commit to visible, p99, ms",
                      round(1000 * parts[98], 1), 3000 if many else 130),
        figure(f"{words}, ClickHouse, cores",
                      round(cost["warehouse"], 3), 0.5 if many else 0.1),
        figure(f"{words}, daemon, cores", round(cost["tool"], 3)),
        figure(f"{words}, daemon, peak MiB",
                      round(live.daemon.peak_mib(), 1))]}


def _idle(live):
    time.sleep(WARM_UP_S)
    before = live.spent()
    time.sleep(live.seconds)
    after = live.spent()
    live.daemon.check()
    share = {name: (after[name] - before[name]) / live.seconds
             for name in after}
    words = f"{len(live.tables)} tables at rest"
    return {"cost": share, "figures": [
        figure(f"{words}, daemon, share of a core",
                      round(share["tool"], 4), 0.01),
        figure(f"{words}, source, share of a core",
                      round(share["source"], 4)),
        figure(f"{words}, ClickHouse, share of a core",
                      round(share["warehouse"], 4))]}


def measure(kind, servers, programs, options):
    known = subprocess.run([programs.tidemark, "daemon", "--help"],
                           capture_output=True, check=False).returncode
    if known != 0:
        raise RunFailed("this build has no command `daemon`")
    live = Live(servers, programs, options)
    say(f"{kind}: {len(live.tables)} tables")
    try:
        live.begin()
        return (_latency if kind == "latency" else _idle)(live)
    finally:
        live.end()
