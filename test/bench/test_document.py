"""What is shown of a result, without a server."""

import xml.dom.minidom

import pytest

from bench import document, plot, reckon, report


def cost(wall, tool, peak=40.0):
    return {"wall_s": wall, "tool_cpu_s": tool, "source_cpu_s": 1.0,
            "warehouse_cpu_s": 1.5, "cpu_s": tool + 2.5, "peak_mib": peak,
            "source_requests": 4, "inserts": 1, "parts": 3,
            "source_bytes": 384e6, "bytes_received": 413e6}


def measured(content="equal", **more):
    floors = {name: reckon.summary([cost(1.5, 0.5)])
              for name in ("read", "load 250k", "load 1M")}
    tools = {"tidemark": {**reckon.summary([cost(2, 0.4), cost(2.5, 0.5)]),
                          "content": "equal"},
             "mariadb | curl": {**reckon.summary([cost(90, 3.6, 10)]),
                                "content": content},
             "dlt": {"content": "failed: <no> & such"}}
    floored = reckon.floor({name: found["median"]
                            for name, found in floors.items()}, 2)
    return {"machine": {"cpu": "X", "cores": 2, "kernel": "6.1",
                        "memory_mib": 4096},
            "versions": {"mariadb": "10.11"}, "commit": "a" * 40,
            "is_dirty": False, "measured_at": "2026-11-21T00:00:00Z",
            "load_average": {"before": 0.1, "after": 0.2}, "void": None,
            "settings": {"source": "mariadb", "table": "orders",
                         "rows": 3_000_000, "runs": 5, "is_cold": False},
            "floors": floors, "floor": floored, "tools": tools,
            "ratios": reckon.ratios(floored, {
                "tidemark": tools["tidemark"]["median"]}, 3_000_000), **more}


@pytest.fixture(name="place")
def own_place(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(report, "DOCUMENT", tmp_path / "performance.md")
    report.DOCUMENT.write_text(
        f"before\n\n{document.BEGIN}\nold\n{document.END}\n\nafter\n",
        encoding="utf-8")
    return tmp_path


def test_the_table_has_every_tool_and_a_figure_for_each_goal():
    text = report.text(measured())
    assert "2.250 (2.000-2.500)" in text and "3,000,000 rows" in text
    assert "failed: <no> & such" in text and "VOID" not in text
    assert "reached" in text and "MISSED" in text
    assert "VOID: floors" in report.text(measured(void="floors"))


def test_the_document_keeps_what_stands_around_the_results(place):
    report.write(measured(), report.kept_path("mariadb", "orders"))
    document.write()
    first = report.DOCUMENT.read_text(encoding="utf-8")
    document.write()
    assert report.DOCUMENT.read_text(encoding="utf-8") == first
    assert first.startswith("before\n") and first.endswith("\n\nafter\n")
    assert "old" not in first.split() and "mariadb \\| curl" in first
    assert (place / "performance-mariadb-orders.svg").exists()


def test_bounds_are_shown_too(place):
    report.write({**measured(), "figures": [
        {"what": "peaks", "value": [1, 2], "goal": "equal",
         "is_kept": False}]}, report.kept_path("mariadb", "memory"))
    document.write()
    assert "| peaks | equal | 1, 2 | MISSED |" in \
        report.DOCUMENT.read_text(encoding="utf-8")


def test_a_latency_is_told_without_rows(place):
    result = {**measured(), "figures": []}
    for kind in ("latency", "zipf"):
        result["settings"] = {"table": f"follow {kind}", "rows": 5000,
                              "tables": 2000}
        report.write(result, report.kept_path("mariadb", f"follow-{kind}"))
    document.write()
    text = report.DOCUMENT.read_text(encoding="utf-8")
    assert "### mariadb-follow-latency: follow latency, 2,000 tables\n" in text
    assert "follow-zipf: follow zipf, 5,000 rows, 2,000 tables\n" in text


def test_what_a_peer_does_better_is_told_with_its_content():
    lines = document.wins(measured("1 of 3 cells of x differ"))
    assert lines == ["- mariadb | curl (content: 1 of 3 cells of x differ): "
                     "memory 10.00 against 40.00 MiB"]


def test_fewer_parts_of_a_peer_are_told():
    result = measured()
    result["tools"]["mariadb | curl"]["median"]["parts"] = 2
    assert "parts 2 against 3" in document.wins(result)[0]


def test_a_plot_is_well_formed_and_cuts_long_bars():
    text = plot.svg(measured(), "a < b")
    found = xml.dom.minidom.parseString(text)
    widths = [float(bar.getAttribute("width"))
              for bar in found.getElementsByTagName("rect")[1:]]
    assert max(widths) == plot.PANEL
    assert plot.PANEL / plot.LONGEST in widths, "tidemark's own bar"
    assert "90.00" in text and "a &lt; b" in text
