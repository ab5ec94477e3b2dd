"""The cache outside the tree: downloaded servers and prepared data folders.

Each entry is made under a temporary name and renamed when it is complete, so
what has its final name is whole. scripts/lab-install fills in the downloads.
"""

import contextlib
import fcntl
import glob
import os
import shutil
import subprocess
import tempfile


def folder():
    base = os.environ.get("TIDEMARK_CACHE")
    if not base:
        base = os.path.join(os.environ.get("XDG_CACHE_HOME")
                            or os.path.expanduser("~/.cache"), "tidemark")
    os.makedirs(base, exist_ok=True)
    return base


def find(pattern):
    """Newest entry that matches, as a path, or None."""
    found = glob.glob(os.path.join(folder(), pattern))
    return max(found, key=os.path.getmtime) if found else None


@contextlib.contextmanager
def _lock():
    with open(os.path.join(folder(), ".lock"), "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def made(name, make):
    """Path of entry `name`; make(path of an empty folder) fills it once."""
    path = os.path.join(folder(), name)
    if os.path.exists(path):
        return path
    with _lock():
        if not os.path.exists(path):
            draft = tempfile.mkdtemp(prefix=".draft-", dir=folder())
            try:
                make(draft)
                os.rename(draft, path)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    return path


def copy(source, target):
    subprocess.run(["cp", "-a", "--reflink=auto", "--sparse=always",
                    source, target], check=True)
