"""Writes the results that are kept into doc/performance.md, with a plot each.

What stands between the two marks is written anew; the rest is left alone.
"""

from . import plot, reckon, report

BEGIN = "<!-- results: written by scripts/bench --document -->"
END = "<!-- end of results -->"
BETTER = (("wall_s", "wall clock", "s"), ("cpu_s", "CPU of all three", "s"),
          ("tool_cpu_s", "CPU of the tool", "s"),
          ("source_cpu_s", "CPU of the source", "s"),
          ("warehouse_cpu_s", "CPU of the warehouse", "s"),
          ("peak_mib", "memory", "MiB"),
          ("source_requests", "statements to the source", ""),
          ("inserts", "INSERTs", ""), ("parts", "parts", ""))


def _table(rows, left=(0,)):
    marks = ["---" if at in left else "---:" for at in range(len(rows[0]))]
    rows = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in (rows[0], marks, *rows[1:])]


def wins(result):
    """Lines: which peer is better than tidemark, and in what.

    A tool that has no process of its own has no CPU and no memory, which
    is no merit; it is told once.
    """
    own = result["tools"][reckon.OWN]["median"]
    lines = []
    for name, found in result["tools"].items():
        if name.startswith("tidemark") or "median" not in found:
            continue
        parts = []
        for field, words, unit in BETTER:
            value = found["median"][field]
            if value < own[field] and not (
                    value == 0 and field in ("tool_cpu_s", "peak_mib")):
                digits = 0 if not unit else 2
                parts.append(f"{words} {value:.{digits}f} against "
                             f"{own[field]:.{digits}f} {unit}".rstrip())
        if parts:
            content = found["content"]
            told = "" if content == "equal" else f" (content: {content})"
            lines.append(f"- {name}{told}: {'; '.join(parts)}")
    return lines or ["- none, in no column"]


def _conditions(result):
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version
                         in result["versions"].items())
    dirty = " with changes" if result["is_dirty"] else ""
    return f"{machine['cpu']}, {machine['cores']} cores, " \
        f"{machine['memory_mib'] // 1024} GiB, kernel {machine['kernel']}; " \
        f"{versions}; commit {result['commit'][:12]}{dirty}; " \
        f"{result['measured_at'][:10]}"


def _void(result):
    return [f"**Void**: {result['void']}.", ""] if result.get("void") else []


def _measured(name, result):
    load = result["load_average"]
    picture = report.DOCUMENT.parent / f"performance-{name}.svg"
    picture.write_text(plot.svg(result, report.title(result)),
                       encoding="utf-8")
    lines = [f"### {report.title(result)}", "",
             f"{_conditions(result)}; load average {load['before']:.2f} "
             f"before, {load['after']:.2f} after.", ""]
    return [*lines, *_void(result),
            f"![{report.title(result)}]({picture.name})", "",
            *_table(report.tool_rows(result), report.LEFT), "",
            *_table(report.ratio_rows(result["ratios"])), "",
            "Better than tidemark here:", "", *wins(result), ""]


def _extent(settings):
    """How much was measured; where time is, no rows are counted."""
    parts = []
    if settings["table"] not in ("follow latency", "follow idle"):
        parts.append(f"{settings['rows']:,} rows")
    if "tables" in settings:
        parts.append(f"{settings['tables']:,} tables")
    return ", ".join(parts)


def _bounds(name, result):
    settings = result["settings"]
    rows = [["figure", "goal", "measured", ""]]
    for figure in result["figures"]:
        value = figure["value"]
        if isinstance(value, list):
            value = ", ".join(str(part) for part in value)
        rows.append([figure["what"], figure["goal"], str(value),
                     "" if not figure["goal"] else
                     "reached" if figure["is_kept"] else "MISSED"])
    return [f"### {name}: {settings['table']}, {_extent(settings)}", "",
            f"{_conditions(result)}.", "", *_void(result), *_table(rows),
            ""]


def sections():
    """Lines of all kept results."""
    lines = []
    for path in sorted(report.RESULTS.glob("*.json")):
        result = report.read(path)
        make = _bounds if "figures" in result else _measured
        lines += make(path.stem, result)
    return lines or ["No result is kept yet.", ""]


def write():
    text = report.DOCUMENT.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    report.DOCUMENT.write_text(
        "\n".join([f"{head}{BEGIN}", "", *sections(), END]) + tail,
        encoding="utf-8")
