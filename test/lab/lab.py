"""One of each server that stays up for many test runs.

Which process serves what stands in lab.json below TIDEMARK_LAB (default: a
folder of this tree and this user in the temporary folder). Tests use these
servers when they run, and start their own when they do not.
"""

import fcntl
import hashlib
import json
import os
import shlex
import shutil
import sys
import tempfile

from .servers import KINDS, PASSWORD, USER, LabError

USUAL = ("mariadb", "mysql", "clickhouse")

USAGE = f"""usage: python3 -m lab COMMAND     (PYTHONPATH=test)
  up [KIND]...    start what does not run; without KIND: {' '.join(USUAL)}
  down [KIND]...  stop and forget, data too; without KIND: all
  env             print shell assignments of ports, URLs and the login
  status          print what runs
  kinds: {' '.join(KINDS)}"""


def folder():
    path = os.environ.get("TIDEMARK_LAB")
    if not path:
        tree = os.path.realpath(os.path.join(os.path.dirname(__file__),
                                             "..", ".."))
        mark = hashlib.sha256(tree.encode()).hexdigest()[:10]
        path = os.path.join(tempfile.gettempdir(),
                            f"tidemark-lab-{os.getuid()}-{mark}")
    return path


class _Record:
    """The JSON file, locked while it is open."""

    def __enter__(self):
        os.makedirs(folder(), mode=0o700, exist_ok=True)
        self.file = open(os.path.join(folder(), "lab.json"), "a+",
                         encoding="utf-8")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        self.file.seek(0)
        text = self.file.read()
        self.entries = json.loads(text) if text else {}
        return self

    def save(self):
        self.file.truncate(0)
        json.dump(self.entries, self.file, indent=1)
        self.file.flush()

    def server(self, kind):
        """The running server of this kind, or None."""
        entry = self.entries.get(kind)
        server = entry and KINDS[kind].adopt(entry)
        return server if server and server.process.alive() else None

    def __exit__(self, *_):
        self.file.close()


def running(kind):
    """The lab's server of this kind, or None."""
    if not os.path.exists(os.path.join(folder(), "lab.json")):
        return None
    with _Record() as record:
        return record.server(kind)


def up(kinds):
    with _Record() as record:
        for kind in kinds or USUAL:
            server = record.server(kind)
            if not server:
                old_port = record.entries.get(kind, {}).get("port")
                server = KINDS[kind]().start(
                    os.path.join(folder(), kind), owned=False,
                    port=old_port)
                record.entries[kind] = server.record()
                record.save()
            print(f"{kind} {server.version()} {server.url()}")


def down(kinds):
    with _Record() as record:
        for kind in kinds or list(record.entries):
            server = record.server(kind)
            if server:
                server.stop()
            if record.entries.pop(kind, None):
                shutil.rmtree(os.path.join(folder(), kind))
                record.save()
        empty = not record.entries
    if empty:
        shutil.rmtree(folder())


def status(_kinds):
    with _Record() as record:
        for kind in record.entries:
            server = record.server(kind)
            state = f"pid {server.process.pid} {server.url()}" \
                if server else "ended"
            print(f"{kind} {KINDS[kind].version()} {state}")


def env(_kinds):
    values = {"TIDEMARK_LAB": folder(), "LAB_USER": USER,
              "LAB_PASSWORD": PASSWORD}
    with _Record() as record:
        for kind in record.entries:
            server = record.server(kind)
            if server:
                name = "LAB_" + kind.upper().replace("-", "_")
                values[f"{name}_PORT"] = server.port
                values[f"{name}_URL"] = server.url()
    for name, value in values.items():
        print(f"export {name}={shlex.quote(str(value))}")


def main(arguments):
    commands = {"up": up, "down": down, "env": env, "status": status}
    if not arguments or arguments[0] not in commands \
            or not set(arguments[1:]) <= set(KINDS):
        print(USAGE, file=sys.stderr)
        return 2
    try:
        commands[arguments[0]](arguments[1:])
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0
