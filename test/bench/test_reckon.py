"""The reckoning of the benchmark, without a server."""

import pytest

from bench import reckon
from bench.main import _count


def cost(wall, tool=0.0, source=0.0, warehouse=0.0, peak=40.0):
    return {"wall_s": wall, "tool_cpu_s": tool, "source_cpu_s": source,
            "warehouse_cpu_s": warehouse, "peak_mib": peak}


FLOORS = {"read": cost(1.7, 0.5, 1.5, 0.1),
          "load 250k": cost(1.8, 0.2, 0.1, 1.6),
          "load 1M": cost(1.2, 0.2, 0.1, 1.0)}


def test_a_summary_holds_median_minimum_and_maximum():
    found = reckon.summary([cost(3), cost(1), cost(8), cost(2), cost(2.5)])
    assert [found[word]["wall_s"] for word in
            ("median", "minimum", "maximum")] == [2.5, 1, 8]


def test_the_better_load_is_the_floor():
    found = reckon.floor(FLOORS, 2)
    assert found["load"] == "load 1M"
    assert found["wall_s"] == pytest.approx(2.9)
    # client and server of each, not the one that only looks on
    assert found["cpu_s"] == pytest.approx(0.5 + 1.5 + 0.2 + 1.0)
    assert found["warehouse_cpu_s"] == 1.0


@pytest.mark.parametrize("cores, overlapped", [(1, 3.2), (2, 1.7), (8, 1.7)])
def test_overlap_is_bound_by_the_slower_side_and_by_the_cores(cores,
                                                              overlapped):
    assert reckon.floor(FLOORS, cores)["overlapped_s"] == \
        pytest.approx(overlapped)


def test_ratios():
    found = reckon.ratios(reckon.floor(FLOORS, 2), {
        "tidemark": cost(2.04, 0.45, 1.2, 1.5),
        "tidemark zstd": cost(3, 1.2, 1.2, 1.5),
        "clickhouse mysql()": cost(4.08, 0, 3, 3)}, 3_000_000)
    assert found == {
        "wall_to_overlapped": 1.2, "wall_to_floor": 0.7034,
        "cpu_to_floor": 0.9844, "faster_than_pull": 2.0,
        "cpu_to_pull": 0.525, "tool_cpu_per_million": 0.15,
        "tool_cpu_per_million_zstd": 0.4, "tool_cpu_to_floor": 0.9,
        "tool_cpu_to_floor_zstd": 2.4, "source_cpu_to_floor": 0.8,
        "warehouse_cpu_to_floor": 1.5, "peak_mib": 40.0}


def test_a_missing_peer_leaves_its_ratios_out():
    found = reckon.ratios(reckon.floor(FLOORS, 2),
                          {"tidemark": cost(2, 1, 1, 1)}, 1000)
    assert "faster_than_pull" not in found
    assert "tool_cpu_per_million_zstd" not in found


def test_goals_have_a_direction():
    assert reckon.is_reached("wall_to_overlapped", 1.15)
    assert not reckon.is_reached("wall_to_overlapped", 1.16)
    assert reckon.is_reached("faster_than_pull", 2.0)
    assert not reckon.is_reached("faster_than_pull", 1.9)
    assert reckon.is_reached("cpu_to_floor", 9.9) is None


@pytest.mark.parametrize("name, now, good", [
    ("wall_to_overlapped", 1.099, True), ("wall_to_overlapped", 1.101, False),
    ("wall_to_overlapped", 0.5, True), ("faster_than_pull", 0.92, True),
    ("faster_than_pull", 0.90, False), ("faster_than_pull", 3.0, True),
    ("faster_than_pull", None, False)])
def test_the_gate_closes_at_a_tenth(name, now, good):
    found = {} if now is None else {name: now}
    assert reckon.gate({name: 1.0}, found) == [(name, 1.0, now, good)]


def test_the_gate_does_not_look_at_seconds():
    assert reckon.gate({"tool_cpu_per_million": 0.1},
                       {"tool_cpu_per_million": 9}) == []


def _void(before, after):
    def floors(read, load, other):
        return {name: {"median": cost(wall)} for name, wall in
                (("read", read), ("load 1M", load), ("load 250k", other))}
    return reckon.void(floors(*before), floors(*after), ("read", "load 1M"))


def test_floors_that_differ_void_a_run():
    assert _void((1, 1, 1), (1.14, 0.9, 1)) is None
    for after in ((1.16, 1, 1), (0.86, 1, 1), (1, 1.2, 1)):
        assert " s before and " in _void((1, 1, 1), after)


def test_a_floor_that_does_not_count_voids_nothing():
    assert _void((1, 1, 1), (1, 1, 5)) is None


def test_a_difference_that_no_clock_can_tell_voids_nothing():
    assert _void((0.02, 1, 1), (0.035, 1, 1)) is None


def test_allocations_of_each_further_thousand_rows():
    assert reckon.per_thousand((300_000, 21_000), (600_000, 21_600)) == 2


def test_counts_are_written_short():
    assert [_count(text) for text in ("300", "50k", "3M")] == \
        [300, 50_000, 3_000_000]
