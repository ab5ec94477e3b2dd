"""A result as text, and where results are kept."""

import json
import pathlib

from . import reckon
from .programs import ROOT

RESULTS = pathlib.Path(__file__).resolve().parent / "results"
DOCUMENT = ROOT / "doc" / "performance.md"
LEFT = (0, 12)  # columns of tool_rows that are words


def kept_path(source, name):
    return RESULTS / f"{source}-{name}.json"


def write(result, path):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(result) + "\n",
                    encoding="utf-8")


def read(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def _lines(rows, right):
    """Columns of equal width; all but the first `right` to the right."""
    widths = [max(len(row[at]) for row in rows)
              for at in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(
            cell.ljust(width) if at in right else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths))).rstrip()


def _spread(found, name, digits=3):
    return f"{found['median'][name]:.{digits}f} " \
        f"({found['minimum'][name]:.{digits}f}-" \
        f"{found['maximum'][name]:.{digits}f})"


def tool_rows(result):
    """Header and one row a floor and tool, as texts. MB out/in: what left
    the source and what came to the warehouse."""
    rows = [["", "wall s (min-max)", "/ floor", "tool CPU", "source",
             "warehouse", "merged", "MiB", "requests", "INSERTs", "parts",
             "MB out/in", "content"]]
    overlapped = result["floor"]["overlapped_s"]
    for name, found in {
            **{f"floor: {name}": floor
               for name, floor in result["floors"].items()},
            **result["tools"]}.items():
        content = found.get("content", "")
        if "median" not in found:
            rows.append([name] + [""] * 11 + [content])
            continue
        middle = found["median"]
        merged = middle.get("warehouse_cpu_merged_s")
        rows.append([
            name, _spread(found, "wall_s"),
            f"{middle['wall_s'] / overlapped:.2f}",
            f"{middle['tool_cpu_s']:.3f}" if middle["peak_mib"] else "-",
            f"{middle['source_cpu_s']:.2f}",
            f"{middle['warehouse_cpu_s']:.2f}",
            f"{merged:.2f}" if merged is not None else "",
            f"{middle['peak_mib']:.1f}" if middle["peak_mib"] else "-",
            f"{middle['source_requests']:.0f}", f"{middle['inserts']:.0f}",
            f"{middle['parts']:.0f}",
            f"{middle['source_bytes'] / 1e6:.0f}/"
            f"{middle['bytes_received'] / 1e6:.0f}", content])
    return rows


def ratio_rows(ratios):
    rows = [["figure", "goal", "measured", ""]]
    for name, value in ratios.items():
        words, goal, smaller, _ = reckon.RATIOS[name]
        sign = "<=" if smaller else ">="
        reached = reckon.is_reached(name, value)
        rows.append([words, f"{sign} {goal}" if goal else "",
                     f"{value:.3f}",
                     "" if reached is None else
                     "reached" if reached else "MISSED"])
    return rows


def as_json(result):
    return json.dumps(result, indent=1)


def title(result):
    settings = result["settings"]
    return f"{settings['source']} -> ClickHouse, {settings['table']}, " \
        f"{settings['rows']:,} rows, medians of {settings['runs']}" \
        + (", cold buffer pool" if settings["is_cold"] else "")


def text(result):
    machine = result["machine"]
    lines = [title(result),
             f"{machine['cpu']}, {machine['cores']} cores, kernel "
             f"{machine['kernel']}, load {result['load_average']['before']:.2f}"
             f" to {result['load_average']['after']:.2f}; "
             + ", ".join(f"{name} {version}" for name, version
                         in result["versions"].items()),
             "", *_lines(tool_rows(result), LEFT), "",
             f"overlapped floor {result['floor']['overlapped_s']:.3f} s, "
             f"{result['floor']['load']} is the better load", "",
             *_lines(ratio_rows(result["ratios"]), (0,))]
    if result["void"]:
        lines += ["", f"VOID: {result['void']}"]
    return "\n".join(lines)


def gate_text(verdicts):
    rows = [["ratio", "kept", "now", ""]]
    for name, old, new, good in verdicts:
        rows.append([reckon.RATIOS[name][0], f"{old:.3f}",
                     "-" if new is None else f"{new:.3f}",
                     "" if good else "WORSE"])
    return "\n".join(_lines(rows, (0,)))
