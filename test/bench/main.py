"""scripts/bench: the options, and what is done for each."""

import argparse
import os
import pathlib
import sys

from lab.process import LabError

from . import (bounds, data, document, follow, peers, programs, profile,
               reckon, report)
from .check import ContentError
from .measure import Bench, say
from .servers import Servers, folder

USAGE = """Measures tidemark against floors and peers on servers of its own.

Without an argument: a short run of `orders` from MariaDB. Figures count only
on a machine that does nothing else. Data, builds and peers stay in
$TIDEMARK_BENCH, else in `bench` of the cache.
"""
ATTEMPTS = 3  # of the gate, on a machine that is not quiet


def _arguments(words):
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", nargs="+", choices=list(data.ROWS),
                        help="orders, if nothing else is said")
    parser.add_argument("--rows", type=_count,
                        help="of each table, as 300000, 300k or 3M")
    parser.add_argument("--source", choices=["mariadb", "mysql"],
                        default="mariadb")
    parser.add_argument("--runs", type=int, default=5,
                        help="measured runs, after one warm-up")
    parser.add_argument("--peers", action="store_true",
                        help="install and run dlt and mysql_ch_replicator, "
                        "and what is found of ingestr and Sling")
    parser.add_argument("--results", type=pathlib.Path, metavar="FILE",
                        help="where the result goes (one table); `keep` "
                        "stands for test/bench/results/SOURCE-TABLE.json; "
                        "without it, results/ in $TIDEMARK_BENCH")
    parser.add_argument("--json", action="store_true",
                        help="print the results as JSON, too")
    parser.add_argument("--cold", action="store_true",
                        help="the source starts anew before each run; kept "
                        "as SOURCE-TABLE-cold")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--gate", action="store_true",
                      help="fail when a ratio is more than 10 %% worse than "
                      "in a kept result; of all that are kept, unless "
                      "--table names some of --source")
    what.add_argument("--document", action="store_true",
                      help="write tables and plots of doc/performance.md "
                      "from the kept results")
    what.add_argument("--memory", action="store_true",
                      help="rows x 10, and runs under a limit of the kernel")
    what.add_argument("--allocations", action="store_true",
                      help="allocations for each further 1,000 rows")
    what.add_argument("--profile", action="store_true",
                      help="the ten hottest functions, by perf")
    what.add_argument("--follow", nargs="+", metavar="KIND",
                      choices=["all", *follow.KINDS],
                      help="following the log: all, or some of "
                      f"{', '.join(follow.KINDS)}; --rows is the number of "
                      "changes, --peers adds mysql_ch_replicator to catchup")
    parser.add_argument("--size", type=_count, default=_count("1G"),
                        help="of the transaction of --follow huge: 5G")
    parser.add_argument("--tables", type=_count, default=1, metavar="COUNT",
                        help="tables of --follow zipf, latency and idle: 2k")
    parser.add_argument("--rate", type=_count, default=1000,
                        help="changes a second of --follow latency")
    parser.add_argument("--seconds", type=float, default=60,
                        help="of --follow latency and idle")
    options = parser.parse_args(words)
    if options.results and len(options.table or ()) > 1 \
            and str(options.results) != "keep":
        parser.error("--results FILE takes one table")
    return options


def _count(text):
    for sign, factor in (("k", 1000), ("M", 1_000_000), ("G", 1 << 30)):
        if text.endswith(sign):
            return int(text[:-1]) * factor
    return int(text)


def _keep(options, result, name):
    path = options.results
    if not path:
        path = os.path.join(folder(), "results",
                            f"{options.source}-{name}.json")
    elif str(path) == "keep":
        path = report.kept_path(options.source, name)
    report.write(result, path)
    say(f"result in {path}")


def _name(table, is_cold):
    return f"{table}-cold" if is_cold else table


def _measure(options, built):
    """True unless a run is void: its figures stand, but do not count."""
    good = True
    with Servers(options.source, options.cold) as servers:
        more = peers.available() if options.peers else []
        for table in options.table or ["orders"]:
            rows = options.rows or data.ROWS[table]
            result = Bench(servers, built, table, rows, more) \
                .measure(options.runs)
            say(report.text(result))
            if options.json:
                say(report.as_json(result))
            _keep(options, result, _name(table, options.cold))
            good = good and not result["void"]
    return good


def _kept(options):
    """Kept results that the gate holds new ones to."""
    paths = sorted(report.RESULTS.glob("*.json"))
    if options.table:
        paths = [report.kept_path(options.source, _name(table, options.cold))
                 for table in options.table]
    return [result for result in map(report.read, paths)
            if "ratios" in result]


def _steady(kept, options, built):
    """A new result like the kept one, tried again while it is void."""
    settings = kept["settings"]
    for _ in range(ATTEMPTS):
        with Servers(settings["source"], settings["is_cold"]) as servers:
            result = Bench(servers, built, settings["table"],
                           settings["rows"]).measure(options.runs)
        say(report.text(result))
        if not result["void"]:
            break
    return result


def _gate(options, built):
    passed = failed = 0
    for kept in _kept(options):
        result = _steady(kept, options, built)
        verdicts = reckon.gate(kept["ratios"], result["ratios"])
        say(f"\n{report.gate_text(verdicts)}\n")
        passed += sum(good for *_, good in verdicts)
        failed += sum(not good for *_, good in verdicts) \
            + bool(result["void"])
    if passed + failed == 0:
        say(f"no result is kept in {report.RESULTS}")
        failed = 1
    say(f"{passed} passed, {failed} failed")
    return failed == 0


def _bounds(options, built):
    table = (options.table or ["orders"])[0]
    rows = options.rows or data.ROWS[table]
    with Servers(options.source) as servers:
        place = (servers, built, table, rows)
        if options.profile:
            say(profile.hottest(*place))
            return True
        take = bounds.memory if options.memory else bounds.allocations
        result = take(*place)
        _keep(options, result, "memory" if options.memory else "allocations")
        return result["is_kept"]


def _follow(options, built):
    """Of each kind; False where a figure misses its goal or is void."""
    good = True
    kinds = follow.KINDS if "all" in options.follow else options.follow
    with Servers(options.source) as servers:
        for kind in kinds:
            result = follow.measure(kind, servers, built, options)
            if options.json:
                say(report.as_json(result))
            many = "-tables" if kind == "latency" and options.tables > 1 \
                else ""
            _keep(options, result, f"follow-{kind}{many}")
            good = good and result["is_kept"] and not result["void"]
    return good


def main(words):
    options = _arguments(words)
    if options.document:
        document.write()
        return 0
    built = programs.build()
    try:
        if options.memory or options.allocations or options.profile:
            good = _bounds(options, built)
        elif options.follow:
            good = _follow(options, built)
        elif options.gate:
            good = _gate(options, built)
        else:
            good = _measure(options, built)
    except (ContentError, LabError, programs.RunFailed) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0 if good else 1
