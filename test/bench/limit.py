"""A limit of the kernel on what one program may keep in memory.

By a cgroup of version 1 or 2 that is made for it, or by systemd-run, as the
machine allows. A program that needs more is killed.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import time

_ROOT = pathlib.Path("/sys/fs/cgroup")


def _own_group(controller):
    """Path of this process below the hierarchy of the controller."""
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        for line in file:
            _, names, path = line.rstrip("\n").split(":", 2)
            if names == controller:
                return path.lstrip("/")
    return ""


def _places():
    """(folder to make a group in, name of its limit)."""
    yield _ROOT / "memory" / _own_group("memory"), "memory.limit_in_bytes"
    yield _ROOT / _own_group(""), "memory.max"
    yield _ROOT, "memory.max"


def _group(limit_bytes):
    """A new group with that limit, or None where none can be made."""
    for parent, name in _places():
        folder = parent / f"tidemark-bench-{os.getpid()}"
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            (folder / name).write_text(str(limit_bytes), encoding="ascii")
            _forbid_swap(folder, limit_bytes)
            return folder
        except OSError:
            folder.rmdir()
    return None


def _forbid_swap(folder, limit_bytes):
    """Else what is above the limit would only be moved away. The kernel has
    the file where it counts swap."""
    for name, value in (("memory.memsw.limit_in_bytes", limit_bytes),
                        ("memory.swap.max", 0)):
        if (folder / name).exists():
            (folder / name).write_text(str(value), encoding="ascii")


def _remove(folder):
    """Its last process may need a moment to leave."""
    for _ in range(100):
        try:
            folder.rmdir()
            return
        except OSError:
            time.sleep(0.05)


def _systemd(limit_bytes):
    command = ["systemd-run", "--scope", "--quiet", "-p",
               f"MemoryMax={limit_bytes}", "-p", "MemorySwapMax=0", "--"]
    if shutil.which(command[0]) and subprocess.run(
            [*command, "true"], capture_output=True,
            check=False).returncode == 0:
        return command
    return None


@contextlib.contextmanager
def limit(limit_bytes):
    """How to start a program below it: {"cgroup": ..} or {"prefix": ..};
    None where this machine has no way."""
    folder = _group(limit_bytes)
    if folder:
        try:
            yield {"cgroup": str(folder)}
        finally:
            _remove(folder)
        return
    command = _systemd(limit_bytes)
    yield {"prefix": command} if command else None
