"""Figures out of costs: medians, ratios to the floors, the gate. Pure."""

import statistics

VOID_SHARE = 0.15   # floors before and after may differ by so much
VOID_S = 0.02       # a difference that is no finding on a short floor
GATE_SHARE = 0.10   # a gated ratio may be worse by so much
PULL = "clickhouse mysql()"
OWN = "tidemark"
ZSTD = "tidemark zstd"

# name: (words, goal, smaller is better, the gate looks at it)
RATIOS = {
    "wall_to_overlapped": ("wall / overlapped floor", 1.15, True, True),
    "wall_to_floor": ("wall / floors one after the other", None, True,
                      False),
    "cpu_to_floor": ("CPU of all three / floors'", None, True, True),
    "faster_than_pull": ("times faster than mysql()", 2.0, False, True),
    "cpu_to_pull": ("CPU of all three / mysql()'s", 0.55, True, True),
    "tool_cpu_per_million": ("tool CPU s per 1 M rows", 0.15, True, False),
    "tool_cpu_per_million_zstd": ("tool CPU s per 1 M rows, zstd", 0.45,
                                  True, False),
    "tool_cpu_to_floor": ("tool CPU / read floor's client", None, True,
                          True),
    "tool_cpu_to_floor_zstd": ("tool CPU / read floor's client, zstd", None,
                               True, True),
    "source_cpu_to_floor": ("source CPU / read floor's", 0.9, True, True),
    "warehouse_cpu_to_floor": ("warehouse CPU / load floor's", 1.8, True,
                               True),
    "peak_mib": ("peak memory, MiB", 64.0, True, True),
}


def summary(costs):
    """{"median": .., "minimum": .., "maximum": ..} of each number."""
    names = [name for name, value in costs[0].items()
             if isinstance(value, (int, float))]
    return {word: {name: round(pick(cost[name] for cost in costs), 4)
                   for name in names}
            for word, pick in (("median", statistics.median),
                               ("minimum", min), ("maximum", max))}


def total_cpu(cost):
    return cost["tool_cpu_s"] + cost["source_cpu_s"] \
        + cost["warehouse_cpu_s"]


def floor(floors, cores):
    """One floor of the medians {"read": .., "load ..": ..}.

    The better of the loads counts; each floor's CPU is that of the client
    and of the server that it works with.
    """
    read = floors["read"]
    name = min((name for name in floors if name != "read"),
               key=lambda each: floors[each]["wall_s"])
    load = floors[name]
    cpu = read["tool_cpu_s"] + read["source_cpu_s"] \
        + load["tool_cpu_s"] + load["warehouse_cpu_s"]
    return {"load": name, "read_wall_s": read["wall_s"],
            "load_wall_s": load["wall_s"], "cpu_s": cpu,
            "read_tool_cpu_s": read["tool_cpu_s"],
            "source_cpu_s": read["source_cpu_s"],
            "warehouse_cpu_s": load["warehouse_cpu_s"],
            "wall_s": read["wall_s"] + load["wall_s"],
            "overlapped_s": max(read["wall_s"], load["wall_s"],
                                cpu / cores)}


def _over(part, whole):
    return round(part / whole, 4) if whole else None


def ratios(floored, medians, rows):
    """The figures of RATIOS; without those whose tool is missing."""
    own = medians[OWN]
    found = {
        "wall_to_overlapped": _over(own["wall_s"], floored["overlapped_s"]),
        "wall_to_floor": _over(own["wall_s"], floored["wall_s"]),
        "cpu_to_floor": _over(total_cpu(own), floored["cpu_s"]),
        "tool_cpu_per_million": _over(own["tool_cpu_s"], rows / 1e6),
        "tool_cpu_to_floor": _over(own["tool_cpu_s"],
                                   floored["read_tool_cpu_s"]),
        "source_cpu_to_floor": _over(own["source_cpu_s"],
                                     floored["source_cpu_s"]),
        "warehouse_cpu_to_floor": _over(own["warehouse_cpu_s"],
                                        floored["warehouse_cpu_s"]),
        "peak_mib": round(own["peak_mib"], 1)}
    if PULL in medians:
        pull = medians[PULL]
        found["faster_than_pull"] = _over(pull["wall_s"], own["wall_s"])
        found["cpu_to_pull"] = _over(total_cpu(own), total_cpu(pull))
    if ZSTD in medians:
        cpu = medians[ZSTD]["tool_cpu_s"]
        found["tool_cpu_per_million_zstd"] = _over(cpu, rows / 1e6)
        found["tool_cpu_to_floor_zstd"] = _over(
            cpu, floored["read_tool_cpu_s"])
    return {name: found[name] for name in RATIOS
            if found.get(name) is not None}


def is_reached(name, value):
    """None where there is no goal."""
    _, goal, smaller, _ = RATIOS[name]
    if goal is None:
        return None
    return value <= goal if smaller else value >= goal


def void(before, after, names):
    """Why the run is void, or None. Both: {floor: summary}; names: of the
    floors that count."""
    faults = []
    for name in names:
        old = before[name]["median"]["wall_s"]
        new = after[name]["median"]["wall_s"]
        if abs(old - new) > max(VOID_S, VOID_SHARE * min(old, new)):
            faults.append(f"floor {name} took {old:.3f} s before and "
                          f"{new:.3f} s after")
    return "; ".join(faults) or None


def gate(kept, found):
    """[(name, old, new, is good)] of the ratios that the gate looks at."""
    verdicts = []
    for name, (_, _, smaller, is_gated) in RATIOS.items():
        if not is_gated or name not in kept:
            continue
        old, new = kept[name], found.get(name)
        good = new is not None and (
            new <= old * (1 + GATE_SHARE) if smaller
            else new >= old / (1 + GATE_SHARE))
        verdicts.append((name, old, new, good))
    return verdicts


def per_thousand(first, second):
    """What each thousand further rows adds; both (rows, count)."""
    return (second[1] - first[1]) / ((second[0] - first[0]) / 1000)
