"""What must not grow: memory and time over rows, allocations, tables."""

import os
import shutil
import statistics
import tempfile

from judge.comparator import compare

from . import check, data, limit, reckon
from .measure import circumstances, say
from .programs import RunFailed
from .servers import MIB, TARGET
from .tools import Load

BASE_MIB = 64
SLACK_MIB = 32
ROW_BYTES = 64 * MIB
TABLES = 1000
RUNS = 3
TIMES_GOAL = 10.5
MEMORY_SHARE = 0.10  # equal memory is equal by so much
IDLE_WALL_S = 0.3
IDLE_REQUESTS = 40
ALLOCATIONS_GOAL = 1.0


class Case:
    """One database that is loaded by an empty state."""

    def __init__(self, servers, programs, database, table, rows=0):
        self.servers = servers
        self.database = database
        self.table = table
        self.rows = rows
        self.load = Load(servers, programs, database, table,
                         data.KEYS.get(table, "id"))

    def run(self, **more):
        self.load.prepare()
        self.servers.await_quiet()
        return self.load.run(**more)

    def judge(self, table=None):
        """Every cell, by the judge; a difference ends everything."""
        with self.servers.source.admin(self.database) as connection:
            verdict = compare(connection, self.database, table or self.table,
                              self.servers.warehouse, TARGET, report=None)
        if not verdict.ok:
            raise check.ContentError(str(verdict))


def _tell(words, value, goal, is_kept):
    say(f"  {words}: {value} (goal {goal}) "
        f"{'reached' if is_kept else 'MISSED'}")
    return {"what": words, "value": value, "goal": goal, "is_kept": is_kept}


def memory(servers, programs, table, rows):
    """Rows x 10, then everything large under a limit of the kernel."""
    cases = [Case(servers, programs, data.make(servers, table, count), table,
                  count) for count in (rows, 10 * rows)]
    figures = _times_ten(cases)
    figures += _limited(cases[1], 0)
    figures += _limited(
        Case(servers, programs, data.make_large_row(servers, ROW_BYTES),
             "wide"), ROW_BYTES)
    figures += _many_tables(servers, programs)
    return {**circumstances(servers, programs),
            "settings": {"source": servers.kind, "table": table,
                         "rows": rows},
            "figures": figures,
            "is_kept": all(each["is_kept"] for each in figures)}


def _times_ten(cases):
    few, many = ([case.run() for _ in range(RUNS + 1)][1:] for case in cases)
    cases[1].judge()
    say(f"{cases[0].table}: {cases[0].rows:,} and {cases[1].rows:,} rows")
    walls = [statistics.median(cost["wall_s"] for cost in costs)
             for costs in (few, many)]
    peaks = [max(cost["peak_mib"] for cost in costs)
             for costs in (few, many)]
    say(f"  walls {walls[0]:.3f} and {walls[1]:.3f} s")
    times = round(walls[1] / walls[0], 2)
    return [
        _tell("time of ten times the rows", times, f"<= {TIMES_GOAL}",
              times <= TIMES_GOAL),
        _tell("peak memory, MiB, few and ten times the rows",
              [round(peak, 1) for peak in peaks], "equal",
              peaks[1] <= peaks[0] * (1 + MEMORY_SHARE)),
        _tell("peak memory, MiB", round(peaks[1], 1), f"<= {BASE_MIB}",
              peaks[1] <= BASE_MIB)]


def _limited(case, row_bytes):
    """The load of the case under the limit for its largest row."""
    limit_mib = BASE_MIB + 3 * row_bytes // MIB + SLACK_MIB
    words = f"{case.table} of {case.rows:,} rows" if case.rows \
        else f"a row of {row_bytes // MIB} MiB"
    with limit.limit(limit_mib * MIB) as how:
        if how is None:
            return [_no_limit(words)]
        try:
            cost = case.run(**how)
        except RunFailed as error:
            return [_tell(f"{words} below {limit_mib} MiB", str(error)[:300],
                          "ends well", False)]
    case.judge()
    return [_tell(f"{words} below {limit_mib} MiB, peak MiB",
                  round(cost["peak_mib"], 1), "ends well", True)]


def _no_limit(words):
    return _tell(f"{words}: no limit", "this machine lets no process be "
                 "limited (cgroup 1 and 2, systemd-run)", "a limit", False)


def _many_tables(servers, programs):
    """The first load under the limit, then runs with nothing to do."""
    case = Case(servers, programs, data.make_many_tables(servers, TABLES),
                "t*")
    case.load.prepare()
    folder = case.load.settings()
    limit_mib = BASE_MIB + SLACK_MIB
    try:
        with limit.limit(limit_mib * MIB) as how:
            words = f"{TABLES} tables"
            figures = [] if how else [_no_limit(words)]
            try:
                first = case.load.once(folder, **(how or {}))
            except RunFailed as error:
                return [_tell(f"{words} below {limit_mib} MiB",
                              str(error)[:300], "ends well", False)]
            figures.append(_tell(
                f"{words} below {limit_mib} MiB: first load, s, peak MiB",
                [round(first["wall_s"], 2), round(first["peak_mib"], 1)],
                "ends well", True))
        for number in (0, TABLES // 2, TABLES - 1):
            case.judge(f"t{number}")
        return figures + _idle(case, folder)
    finally:
        shutil.rmtree(folder)


def _idle(case, folder):
    costs = []
    for _ in range(RUNS + 1):
        case.servers.await_quiet()
        before = case.servers.spent()
        cost = case.load.once(folder)
        costs.append({**cost, **case.servers.spent_since(before)})
    middle = reckon.summary(costs[1:])["median"]
    wall = round(middle["wall_s"], 3)
    requests = round(middle["source_requests"])
    say(f"  nothing to do: CPU of tool {middle['tool_cpu_s']:.3f}, source "
        f"{middle['source_cpu_s']:.3f}, warehouse "
        f"{middle['warehouse_cpu_s']:.3f} s, connections "
        f"{middle['source_connections']:.0f}")
    return [
        _tell(f"{TABLES} tables, nothing to do, s", wall,
              f"<= {IDLE_WALL_S}", wall <= IDLE_WALL_S),
        _tell(f"{TABLES} tables, nothing to do, statements to the source",
              requests, f"<= {IDLE_REQUESTS}", requests <= IDLE_REQUESTS)]


def _allocations_of(case, programs):
    """Calls in one load; the median of some, for handshakes vary."""
    counts = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as place:
            path = os.path.join(place, "count")
            case.run(prefix=["env",
                             f"LD_PRELOAD={programs.count_allocations}",
                             f"COUNT_ALLOCATIONS={path}"])
            with open(path, encoding="ascii") as file:
                counts.append(int(file.read()))
    say(f"{case.table}: {case.rows:,} rows, {min(counts)} to {max(counts)} "
        "allocations")
    return case.rows, statistics.median(counts)


def allocations(servers, programs, table, rows):
    """Of a load of so many rows and of twice as many: the difference."""
    counts = [_allocations_of(
        Case(servers, programs, data.make(servers, table, count), table,
             count), programs) for count in (rows, 2 * rows)]
    value = round(reckon.per_thousand(*counts), 3)
    figure = _tell("allocations for each further 1,000 rows", value,
                   f"<= {ALLOCATIONS_GOAL}", value <= ALLOCATIONS_GOAL)
    return {**circumstances(servers, programs),
            "settings": {"source": servers.kind, "table": table,
                         "rows": rows},
            "counts": counts, "figures": [figure],
            "is_kept": figure["is_kept"]}
