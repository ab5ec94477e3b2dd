"""A daemon for a test: started, watched, asked over its socket, ended."""

import json
import os
import socket
import struct
import time


class Systemd:
    """The socket that systemd would listen at."""

    def __init__(self, path, abstract=False):
        self.name = f"@{path}" if abstract else str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{path}" if abstract else str(path))
        self.socket.setblocking(False)
        self.lines = []

    def read(self):
        """All that came since the last call, as lines with their time."""
        fresh = []
        while True:
            try:
                text = self.socket.recv(65536).decode()
            except BlockingIOError:
                self.lines += fresh
                return fresh
            fresh += [(time.monotonic(), line) for line in text.split("\n")]

    def wait(self, start, timeout_s=30):
        """The first line from now on that begins so."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            for _, line in self.read():
                if line.startswith(start):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no {start} among {self.lines[-20:]}")

    def close(self):
        self.socket.close()


class Daemon:
    def __init__(self, rig, *arguments, environment=None):
        self.rig = rig
        self.path = os.path.join(rig.tidemark.folder, "tidemark.db.sock")
        self.running = rig.tidemark.start("daemon", *arguments,
                                          environment=environment)

    def wait_ready(self, timeout_s=60):
        self.running.wait_until(
            lambda: os.path.exists(self.path) and self.status()["ready"],
            timeout_s)
        assert self.running.alive(), str(self.running.wait())
        return self

    def connect(self):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(30)
        folder = os.open(os.path.dirname(self.path), os.O_PATH)
        try:
            client.connect(f"/proc/self/fd/{folder}/"
                           f"{os.path.basename(self.path)}")
        finally:
            os.close(folder)
        return client

    def send(self, data):
        """The answer to those bytes, or b"" where the daemon hangs up."""
        with self.connect() as client:
            client.sendall(data)
            return read_all(client)

    def ask(self, **request):
        return json.loads(self.send(json.dumps(request).encode() + b"\n"))

    def status(self):
        try:
            return self.ask(do="status")
        except OSError:
            return {"ready": False}

    def until(self, condition, timeout_s=60):
        assert self.running.wait_until(condition, timeout_s), \
            str(self.running.wait())

    def stop(self):
        result = self.running.terminate()
        assert result.code == 0, str(result)
        return result


def read_all(client):
    data = b""
    while True:
        try:
            piece = client.recv(65536)
        except ConnectionResetError:
            return data
        if not piece:
            return data
        data += piece


def reset(client):
    """Leaves without a word."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 0))
    client.close()
