"""mysql_ch_replicator catching up with a backlog: the same one, made again
while it is stopped; the clock stops when the content is there."""

import os
import signal
import subprocess
import tempfile
import time

from lab.process import die_with

from . import peers, servers as places
from .follow_rig import DATABASE, begin_log_anew
from .measure import say
from .servers import TARGET

NAME = "mysql_ch_replicator"
LIMIT_S = 1800
EVERY_S = 0.2


def _config(servers, folder):
    path = os.path.join(folder, "config.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(peers._REPLICATOR.format(
            source=servers.source.port, folder=folder,
            warehouse=servers.warehouse.port, database=DATABASE,
            target=TARGET))
    return path


def _start(path):
    program = os.path.join(peers._folder(NAME), "bin", NAME)
    return subprocess.Popen(
        [program, "--config", path, "run_all"], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, preexec_fn=die_with(os.getpid()))


def _stop(child):
    """With all that it has started, which are of its session alone."""
    os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def _session_cpu_s(leader):
    """CPU of all processes of that session that live now."""
    total = 0.0
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.getsid(int(name)) == leader:
                total += places.cpu_s(int(name))
        except (OSError, ValueError):
            pass
    return total


def _wanted(servers, table):
    """Rows and a sum that every change of the backlogs moves."""
    return [int(cell) for cell in servers.sql(
        f"SELECT COUNT(*), COALESCE(SUM(items), 0) FROM {table}", DATABASE)[0]]


def _found(servers, table):
    try:
        return [int(cell) for cell in servers.rows(
            "SELECT count(), sum(items) FROM "
            f"{TARGET}.{table} FINAL")[0]]
    except Exception:
        return None  # not made yet, or being swapped


def _await(servers, table, wanted, child):
    """Seconds until it is there; None: in vain."""
    begin = time.monotonic()
    while time.monotonic() < begin + LIMIT_S and child.poll() is None:
        if _found(servers, table) == wanted:
            return time.monotonic() - begin
        time.sleep(EVERY_S)
    return None


def _catch_up(servers, backlog, path):
    table = backlog.tables[0]
    child = _start(path)
    try:
        if _await(servers, table, _wanted(servers, table), child) is None:
            return {"content": "the initial copy did not come"}
        time.sleep(3)  # until it has noted that it follows
    finally:
        _stop(child)
    backlog.change()
    child = _start(path)
    try:
        wall = _await(servers, table, _wanted(servers, table), child)
        if wall is None:
            return {"content": "not equal in time"}
        return {"wall_s": wall, "tool_cpu_s": _session_cpu_s(child.pid),
                "content": "equal rows and sums"}
    finally:
        _stop(child)


def measure(servers, programs, backlog):
    """{name: cost}; the backlog is made anew."""
    peers._install(NAME)
    begin_log_anew(servers)
    backlog.make()
    for suffix in ("", "_tmp"):
        servers.query(f"DROP DATABASE IF EXISTS {TARGET}{suffix} SYNC")
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as folder:
        cost = _catch_up(servers, backlog, _config(servers, folder))
    say(f"  {NAME}: {cost}")
    return {NAME: cost}
