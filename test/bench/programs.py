"""What is built for a benchmark, and how its cost is taken.

tidemark as it stands in the tree, optimised, without failpoints; the floors;
bench_run, which starts whatever is measured.
"""

import dataclasses
import os
import pathlib
import shlex
import subprocess
import tempfile

from . import servers

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra"]
MODULES = ["libmariadb", "yaml-0.1", "jansson", "libxxhash", "openssl",
           "sqlite3", "libzstd", "liblz4", "libcurl", "zlib"]
CONFIGURE = ["-q", "CFLAGS=-O2 -g"]


def _output(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def _compile(folder, name, *more):
    target = os.path.join(folder, os.path.splitext(name)[0])
    target += ".so" if "-shared" in more else ""
    subprocess.run(["cc", *FLAGS, "-o", target, str(HERE / name), *more],
                   check=True)
    return target


@dataclasses.dataclass
class Programs:
    """Paths of all that is built."""

    tidemark: str
    bench_run: str
    floor_read: str
    floor_load: str
    count_allocations: str
    floor_dump: str
    bench_follow: str


def build():
    """Brings all programs up to date with the tree."""
    folder = os.path.join(servers.folder(), "build")
    os.makedirs(folder, exist_ok=True)
    log = os.path.join(folder, "build.log")
    if not (ROOT / "configure").exists():
        _logged(log, str(ROOT / "autogen.sh"))
    if not os.path.exists(os.path.join(folder, "Makefile")):
        _logged(log, str(ROOT / "configure"), *CONFIGURE, cwd=folder)
    _logged(log, "make", "-s", f"-j{os.cpu_count()}", "tidemark", cwd=folder)
    client = shlex.split(_output("pkg-config", "--cflags", "--libs",
                                 "libmariadb"))
    return Programs(
        tidemark=os.path.join(folder, "tidemark"),
        bench_run=_compile(folder, "bench_run.c"),
        floor_read=_compile(folder, "floor_read.c", *client),
        floor_load=_compile(folder, "floor_load.c"),
        count_allocations=_compile(folder, "count_allocations.c", "-shared",
                                   "-fPIC"),
        floor_dump=_compile(folder, "floor_dump.c", *client),
        bench_follow=_compile(
            folder, "bench_follow.c", f"-I{ROOT}/include", f"-I{ROOT}/src",
            os.path.join(folder, "libtidemark.a"), "-pthread",
            *shlex.split(_output("pkg-config", "--cflags", "--libs",
                                 *MODULES)), "-lm"))


def _logged(log, *command, cwd=None):
    with open(log, "ab") as output:
        done = subprocess.run(command, cwd=cwd or ROOT, stdout=output,
                              stderr=output, check=False)
    if done.returncode:
        raise SystemExit(f"bench: {command[0]} failed; see {log}")


class RunFailed(Exception):
    """What was measured ended with an error."""


def run(programs, command, folder=None, environment=None, cgroup=None,
        timeout_s=7200):
    """Wall, CPU and peak of a command with all its children."""
    variables = {**os.environ, **(environment or {})}
    if cgroup:
        variables["BENCH_CGROUP"] = os.path.join(cgroup, "cgroup.procs")
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as place:
        result = os.path.join(place, "result")
        done = subprocess.run(
            [programs.bench_run, result, *command], cwd=folder or place,
            env=variables, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=timeout_s, check=False)
        if done.returncode:
            raise RunFailed(done.stderr)
        with open(result, encoding="ascii") as file:
            wall, user, system, peak_kib, code = file.read().split()
    if int(code):
        raise RunFailed(f"{' '.join(command)[:300]}: exit code {code}\n"
                        f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return {"wall_s": float(wall), "tool_cpu_s": float(user) + float(system),
            "peak_mib": int(peak_kib) / 1024, "output": done.stdout}
