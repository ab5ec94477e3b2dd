"""Following the log: a backlog is read again and again from the same
checkpoint, between floors; see follow_live for the daemon."""

import statistics

from lab.databases import PASSWORD

from . import check, follow_live, follow_peer, reckon
from .follow_backlog import Flood, Huge, Inserts, Updates, Zipf
from .follow_rig import (DATABASE, Follower, begin_log_anew, end_of_log,
                         figure)
from .measure import circumstances, say
from .programs import run
from .servers import MIB, TARGET

KINDS = ("catchup", "flood", "huge", "zipf", "latency", "idle")
BASE_MIB = 64


class CatchUp:
    """Floors, runs and figures of one backlog."""

    def __init__(self, servers, programs, backlog, peers=False):
        self.servers = servers
        self.programs = programs
        self.backlog = backlog
        self.peers = peers
        self.follower = Follower(servers, programs)

    def measure(self, runs):
        begin_log_anew(self.servers)
        say(f"{self.backlog.name}: {self.backlog.changes:,} changes")
        self.backlog.make()
        self.follower.begin()
        self.place = self.follower.place()
        self.end_of_log = end_of_log(self.servers)
        self.backlog.change()
        try:
            return self._measure(runs)
        finally:
            self.follower.end()

    def _measure(self, runs):
        floors = [self._dump() for _ in range(runs)]
        decodes = [self._decode() for _ in range(runs)]
        costs = self._runs(runs)
        after = [self._dump() for _ in range(runs)]
        void = reckon.void({"dump": {"median": middle(floors)}},
                           {"dump": {"median": middle(after)}}, ("dump",))
        if void:
            say(f"VOID: {void}")
        result = {"floor": middle(floors + after), "decode": middle(decodes),
                  "run": middle(costs), "runs": costs, "void": void,
                  "changes": self.backlog.changes}
        if self.peers:
            result["peers"] = follow_peer.measure(
                self.servers, self.programs, self.backlog)
        result["figures"] = self._figures(result)
        return result

    def _spent(self, command, environment=None):
        self.servers.make_ready()
        before = self.servers.spent()
        done = run(self.programs, command, environment=environment)
        spent = self.servers.spent_since(before)
        words = done.pop("output").split()
        return {**done, **spent, "count": int(words[0]),
                "wall_s": float(words[1]), "tool_cpu_s": float(words[2])}

    def _dump(self):
        """The log as it is, from the same place."""
        file, offset = self.end_of_log
        return self._spent([
            self.programs.floor_dump, "127.0.0.1",
            str(self.servers.source.port), "root", "", file, offset])

    def _decode(self):
        cost = self._spent(
            [self.programs.bench_follow, self.servers.source.url(DATABASE),
             self.place], {"LAB_PASSWORD": PASSWORD})
        if cost["count"] < self.backlog.changes:
            raise check.ContentError(
                f"{cost['count']} of {self.backlog.changes} changes decoded")
        return cost

    def _runs(self, runs):
        """Round 0 is the warm-up: it is judged, and not kept."""
        costs = []
        for turn in range(runs + 1):
            self.follower.restore()
            self.servers.make_ready()
            before = self.servers.spent()
            cost = self.follower.once(self.follower.folder)
            cost.pop("output", None)
            cost = {**cost, **self.servers.spent_since(before)}
            cost["cpu_s"] = reckon.total_cpu(cost)
            if turn == 0:
                self._judge()
            else:
                costs.append(cost)
                self._compare()
            say(f"  {'warm-up ' if turn == 0 else ''}{cost['wall_s']:.3f} s, "
                f"CPU {cost['cpu_s']:.2f} s, equal")
        return costs

    def _judged(self):
        """Every cell of some tables; of thousands a sample."""
        tables = self.backlog.tables
        return tables[::max(1, len(tables) // 5)]

    def _judge(self):
        self.contents = {}
        for table in self._judged():
            check.make_reference(self.servers, DATABASE, table, "id")
            self.contents[table] = check.Content(self.servers, table, "id")

    def _compare(self):
        for table, content in self.contents.items():
            if len(self.contents) > 1:  # one reference at a time
                check.make_reference(self.servers, DATABASE, table, "id")
                continue
            verdict = content.verdict(f"{TARGET}.{table}")
            if verdict != "equal":
                raise check.ContentError(f"{table}: {verdict}")

    def _figures(self, found):
        backlog = self.backlog
        millions = backlog.changes / 1e6
        own, floor, decode = found["run"], found["floor"], found["decode"]
        name = backlog.name
        figures = [
            figure(f"{name} a second into ClickHouse",
                   round(backlog.changes / own["wall_s"]), backlog.goal_s,
                   False),
            figure(f"{name}, decoding, CPU s per 1 M",
                   round(decode["tool_cpu_s"] / millions, 3),
                   backlog.goal_cpu_s)]
        if backlog.is_one_row:
            figures += [
                figure(f"{name}, decoding / dump",
                       round(decode["wall_s"] / floor["wall_s"], 3), 1.15),
                figure(f"{name}, decoded a second",
                       round(backlog.changes / decode["wall_s"]), 1.0e6,
                       False)]
        figures += [
            figure(f"{name}, wall / dump floor",
                   round(own["wall_s"] / floor["wall_s"], 2)),
            *(figure(f"{name}, CPU s per 1 M of {words}",
                     round(own[field] / millions, 3))
              for words, field in (("tool", "tool_cpu_s"),
                                   ("source", "source_cpu_s"),
                                   ("warehouse", "warehouse_cpu_s"))),
            figure(f"{name}, source CPU / dump floor's",
                   round(own["source_cpu_s"]
                         / max(0.01, floor["source_cpu_s"]), 2)),
            figure(f"{name}, peak memory, MiB",
                   round(max(cost["peak_mib"] for cost in found["runs"]), 1),
                   BASE_MIB)]
        figures += [
            figure(f"{name} a second by {peer}",
                   round(backlog.changes / cost["wall_s"]))
            for peer, cost in found.get("peers", {}).items()
            if "wall_s" in cost]
        return figures


def middle(costs):
    return {name: statistics.median(cost[name] for cost in costs)
            for name, value in costs[0].items()
            if isinstance(value, (int, float))}


def _backlogs(kind, servers, options):
    changes = options.rows or 1_000_000
    if kind == "catchup":
        return [Inserts(servers, changes), Updates(servers, changes)]
    if kind == "flood":
        return [Flood(servers, changes)]
    if kind == "zipf":
        return [Zipf(servers, changes, options.tables)]
    return [Huge(servers, options.size)]


def measure(kind, servers, programs, options):
    """A result as report.write takes it."""
    if kind in ("latency", "idle"):
        found = {"live": follow_live.measure(kind, servers, programs,
                                             options)}
    else:
        found = {backlog.name: CatchUp(
            servers, programs, backlog,
            options.peers and kind == "catchup").measure(options.runs)
            for backlog in _backlogs(kind, servers, options)}
    figures = [each for part in found.values()
               for each in part.pop("figures")]
    settings = {"source": servers.kind, "table": f"follow {kind}",
                "rows": options.rows or 1_000_000, "runs": options.runs}
    if kind in ("zipf", "latency", "idle"):
        settings["tables"] = options.tables
    if kind == "huge":
        settings["rows"] = options.size // 1000
        settings["size_mib"] = options.size // MIB
    return {**circumstances(servers, programs), "settings": settings,
            "parts": found, "figures": figures,
            "void": "; ".join(part["void"] for part in found.values()
                              if part.get("void")) or None,
            "is_kept": all(each["is_kept"] for each in figures)}
