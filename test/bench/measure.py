"""One table, one source: floors, tools in rotating order, floors again."""

import os
import platform
import subprocess
import time

from . import check, data, programs as builds, reckon
from .floors import Floors
from .servers import MIB, TARGET
from .tools import USUAL, Load


def say(text):
    print(text, flush=True)


def _git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=builds.ROOT, text=True,
                          capture_output=True, check=False)
    return done.stdout.strip()


def _cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def circumstances(servers, programs):
    """Where and of what the figures are."""
    said = subprocess.run([programs.tidemark, "version"], text=True,
                          capture_output=True, check=True).stdout
    return {
        "machine": {
            "cpu": _cpu_model(), "cores": os.cpu_count(),
            "memory_mib": os.sysconf("SC_PAGE_SIZE")
            * os.sysconf("SC_PHYS_PAGES") // MIB,
            "kernel": platform.release()},
        "versions": {"tidemark": said.split("\n")[0].split(" ", 1)[1],
                     servers.kind: servers.sql("SELECT VERSION()")[0][0],
                     "clickhouse": servers.rows("SELECT version()")[0][0]},
        "commit": _git("rev-parse", "HEAD"),
        "is_dirty": bool(_git("status", "--porcelain", "--", "src",
                              "include")),
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


class Bench:
    """All that a measurement of one table needs."""

    def __init__(self, servers, programs, table, rows, peers=()):
        self.servers = servers
        self.programs = programs
        self.table = table
        self.rows = rows
        self.key = data.KEYS[table]
        self.database = data.make(servers, table, rows)
        place = (servers, programs, self.database, table, self.key)
        self.tools = [tool(*place) for tool in (*USUAL, *peers)]
        self.floors = Floors(*place)
        self.own = Load(*place)
        self.contents = {}

    def once(self, tool):
        """Cost of one run of a tool, its content checked."""
        tool.prepare()
        self.servers.make_ready()
        before = self.servers.spent()
        cost = tool.run()
        cost.pop("output", None)
        cost = {**cost, **self.servers.spent_since(before)}
        self.servers.await_quiet()
        merged = self.servers.spent_since(before)
        cost["warehouse_cpu_merged_s"] = merged["warehouse_cpu_s"]
        cost["merges"] = merged["merges"]
        cost["cpu_s"] = reckon.total_cpu(cost)
        cost["parts_left"] = self.servers.rows(
            "SELECT count() FROM system.parts WHERE active AND database = "
            f"'{TARGET}'")[0][0]
        return cost

    def begin(self):
        """The warm-up of tidemark, judged: what everything is held to."""
        self.own.prepare()
        self.own.run()
        cells = check.make_reference(self.servers, self.database, self.table,
                                     self.key)
        say(f"{self.table}: {cells} cells judged equal")
        self.content = check.Content(self.servers, self.table, self.key)
        self.floors.write_bodies()

    def measure(self, runs):
        """{"floors": .., "tools": .., "ratios": .., ..} of the table."""
        load = [os.getloadavg()[0]]
        self.begin()
        self.floors.once()
        before = self._floors(runs)
        costs = self._rounds(runs)
        after = self._floors(runs)
        self.floors.remove_bodies()
        load.append(os.getloadavg()[0])
        return self._result(before, costs, after, runs, load)

    def _floors(self, runs):
        costs = [self.floors.once() for _ in range(runs)]
        return {name: [cost[name] for cost in costs] for name in costs[0]}

    def _rounds(self, runs):
        """{tool: costs}; round 0 is the warm-up and not kept."""
        costs = {tool.name: [] for tool in self.tools}
        living = list(self.tools)
        for turn in range(runs + 1):
            order = living[turn % len(living):] + living[:turn % len(living)]
            for tool in order:
                if not self._turn(tool, costs, turn == 0):
                    living.remove(tool)
        return costs

    def _turn(self, tool, costs, is_warm_up):
        try:
            cost = self.once(tool)
            content = self.content.verdict(tool.target)
        except builds.RunFailed as error:
            if isinstance(tool, Load):
                raise
            say(f"{tool.name}: {error}")
            last = str(error).strip().splitlines()[-1]
            self.contents[tool.name] = f"failed: {last[:200]}"
            return False
        if isinstance(tool, Load) and content != "equal":
            raise check.ContentError(content)
        self.contents[tool.name] = content
        say(f"  {'warm-up ' if is_warm_up else ''}{tool.name}: "
            f"{cost['wall_s']:.3f} s, CPU {cost['cpu_s']:.2f} s, {content}")
        if not is_warm_up:
            costs[tool.name].append(cost)
        return True

    def _result(self, before, costs, after, runs, load):
        floors = {name: {**reckon.summary(before[name] + after[name]),
                         "before": reckon.summary(before[name]),
                         "after": reckon.summary(after[name])}
                  for name in before}
        tools = {name: {**reckon.summary(found), "runs": found}
                 for name, found in costs.items() if found}
        for name, content in self.contents.items():
            tools.setdefault(name, {})["content"] = content
        medians = {name: found["median"] for name, found in tools.items()
                   if "median" in found}
        floored = reckon.floor({name: found["median"]
                                for name, found in floors.items()},
                               os.cpu_count())
        return {
            **circumstances(self.servers, self.programs),
            "settings": {"source": self.servers.kind, "table": self.table,
                         "rows": self.rows, "runs": runs,
                         "is_cold": self.servers.is_cold,
                         "source_options": self.servers.source.options},
            "peers": {tool.name: tool.version for tool in self.tools
                      if tool.version},
            "load_average": {"before": load[0], "after": load[1]},
            "void": reckon.void(
                {name: each["before"] for name, each in floors.items()},
                {name: each["after"] for name, each in floors.items()},
                ("read", floored["load"])),
            "floors": floors, "floor": floored, "tools": tools,
            "ratios": reckon.ratios(floored, medians, self.rows)}
