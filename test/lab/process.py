"""A server process: known by its id and its start time, never by its name.

A process that is owned dies with the thread that started it (PDEATHSIG), so
no server outlives a test run. One that is not owned goes on until it is
stopped; its record is all that is needed to find it again.
"""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


class LabError(Exception):
    """The lab itself failed; no statement about tidemark."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_time(pid):
    """Clock tick at which pid started; None if it is gone or a zombie.

    A zombie whose threads still end holds its files: it is not gone yet.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii",
                  errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        if fields[0] in "ZX" and len(os.listdir(f"/proc/{pid}/task")) < 2:
            return None
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[19])


def die_with(parent):
    """preexec_fn: the child is killed when the calling thread ends."""
    def prepare():
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    return prepare


class Process:
    """pid and start time; equal numbers of a later process do not match."""

    def __init__(self, pid, started):
        self.pid = pid
        self.started = started

    @classmethod
    def spawn(cls, argv, log, owned, environment=None):
        with open(log, "ab") as output:
            child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
                env=environment,
                preexec_fn=die_with(os.getpid()) if owned else None)
        child.returncode = 0  # stop() reaps it; Popen shall not complain
        return cls(child.pid, start_time(child.pid))

    def alive(self):
        still = self.started is not None \
            and start_time(self.pid) == self.started
        try:
            os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            pass
        return still

    def send(self, number):
        if self.alive():
            os.kill(self.pid, number)

    def wait(self, timeout_s):
        end = time.monotonic() + timeout_s
        while self.alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def stop(self, timeout_s=20):
        self.send(signal.SIGTERM)
        if not self.wait(timeout_s):
            self.kill()

    def kill(self):
        self.send(signal.SIGKILL)
        if not self.wait(20):
            raise LabError(f"process {self.pid} survives SIGKILL")


class Server:
    """What all servers have; a class of a server fills in the gaps.

    kind      name in records, fixtures and folders
    install   what scripts/lab-install is called with to get it
    """

    kind = None
    install = None

    def __init__(self):
        self.folder = None
        self.port = None
        self.owned = True
        self.options = {}
        self.process = None

    # -- filled in by each class -------------------------------------------

    @classmethod
    def available(cls):
        """None, or a sentence that says what is missing."""
        raise NotImplementedError

    @classmethod
    def version(cls):
        raise NotImplementedError

    def prepare(self):
        """Makes the files below self.folder; repeated at each start."""
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def ping(self):
        """True if a client gets an answer; may raise OSError."""
        raise NotImplementedError

    def environment(self):
        return None

    # -- life --------------------------------------------------------------

    def start(self, folder, owned=True, port=None, **options):
        """Starts on folder, with the data it has there or with new data."""
        missing = self.available()
        if missing:
            raise LabError(f"{missing}; run scripts/lab-install "
                           f"{self.install}")
        self.folder = os.path.abspath(folder)
        self.owned = owned
        self.port = port or free_port()
        self.options = options
        os.makedirs(self.folder, exist_ok=True)
        self._launch()
        return self

    def _launch(self):
        self.prepare()
        self.process = Process.spawn(self.command(), self.log_path(),
                                     self.owned, self.environment())
        self._await()

    def _await(self, timeout_s=60):
        end = time.monotonic() + timeout_s
        while True:
            try:
                if self.ping():
                    return
            except OSError:
                pass
            if not self.process.alive():
                raise LabError(f"{self.kind} ended at start:\n{self.log()}")
            if time.monotonic() > end:
                self.process.kill()
                raise LabError(f"{self.kind} does not answer:\n{self.log()}")
            time.sleep(0.03)

    def stop(self):
        if self.process:
            self.process.stop()

    def kill9(self):
        self.process.kill()

    def restart(self, **options):
        """Stops and starts on the same data and port; options are added."""
        self.stop()
        self.options.update(options)
        self._launch()

    def discard(self):
        """Stops for good; the log stays, the data go."""
        self.thaw()
        self.stop()
        shutil.rmtree(os.path.join(self.folder, "data"), ignore_errors=True)

    def freeze(self):
        self.process.send(signal.SIGSTOP)

    def thaw(self):
        self.process.send(signal.SIGCONT)

    def log_path(self):
        return os.path.join(self.folder, "log")

    def log(self, byte_count=4000):
        with open(self.log_path(), encoding="utf-8",
                  errors="replace") as file:
            return file.read()[-byte_count:]

    # -- records of the lab ------------------------------------------------

    def record(self):
        return {"kind": self.kind, "pid": self.process.pid,
                "started": self.process.started, "port": self.port,
                "folder": self.folder, "options": self.options}

    @classmethod
    def adopt(cls, record):
        server = cls()
        server.folder = record["folder"]
        server.port = record["port"]
        server.options = record["options"]
        server.owned = False
        server.process = Process(record["pid"], record["started"])
        return server
