"""The hottest functions of a full load, by perf."""

import os
import shutil
import subprocess
import tempfile

from . import data
from .tools import Load

SHOWN = 10
HERTZ = 2000


def hottest(servers, programs, table, rows):
    """Lines of share, function and library; or why there are none."""
    if not shutil.which("perf"):
        return "perf is not installed: no profile"
    database = data.make(servers, table, rows)
    load = Load(servers, programs, database, table, data.KEYS[table])
    load.prepare()
    servers.await_quiet()
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as place:
        samples = os.path.join(place, "samples")
        load.run(prefix=["perf", "record", "-q", "-F", str(HERTZ), "-o",
                         samples, "--"])
        told = subprocess.run(
            ["perf", "report", "--stdio", "-q", "--no-children", "-i",
             samples, "--sort", "symbol,dso"],
            capture_output=True, text=True, check=True).stdout
    lines = [line.rstrip() for line in told.splitlines() if "%" in line]
    return "\n".join([f"{table}, {rows:,} rows, share of tidemark's CPU:",
                      *lines[:SHOWN]])
