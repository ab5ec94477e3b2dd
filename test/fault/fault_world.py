"""What may happen to the world at a failpoint, while the program is stopped
there: connections are cut, or the disk of the files is full."""

import errno
import os
import signal
import subprocess

from lab.proxy import TcpProxy

FULL_BYTES = 24 << 20


class World:
    """Proxies before both ends, and a small disk for files."""

    def __init__(self, shop, disk=None):
        self.shop = shop
        self.disk = disk
        self.source = TcpProxy(shop.source.port)
        shop.source_port = self.source.port
        self.warehouse = None
        if shop.kind == "clickhouse":
            self.warehouse = TcpProxy(shop.clickhouse.port)
            shop.warehouse_port = self.warehouse.port

    def stop(self):
        self.heal()
        for proxy in (self.source, self.warehouse):
            if proxy:
                proxy.stop()

    # What happens; each until heal().

    def cut_source(self):
        self.source.cut_all()

    def cut_warehouse(self):
        self.warehouse.cut_all()

    def gone_source(self):
        self.source.refuse()
        self.source.cut_all()

    def gone_warehouse(self):
        self.warehouse.refuse()
        self.warehouse.cut_all()

    def full_folder(self):
        fill_disk(self.disk)

    def heal(self):
        for proxy in (self.source, self.warehouse):
            if proxy:
                proxy.accept()
        if self.disk and os.path.exists(os.path.join(self.disk, "filler")):
            os.remove(os.path.join(self.disk, "filler"))

    def run(self, point, action, hit):
        """A run in which it happens: its result, and whether it did."""
        running = self.shop.tidemark.start(
            "run", environment={"TIDEMARK_FP": f"{point}=stop@{hit}"})
        happened = running.wait_until(running.is_stopped)
        if happened:
            getattr(self, action)()
            running.send(signal.SIGCONT)
        result = running.wait()
        self.heal()
        return result, happened


def fill_disk(folder, free=0):
    """Nothing fits any more but `free` bytes."""
    path = os.path.join(folder, "filler")
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError as error:
            assert error.errno == errno.ENOSPC
        file.truncate(file.tell() - free)


def mount_disk(folder):
    """A disk of FULL_BYTES on that folder; None where nobody may."""
    os.makedirs(folder)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={FULL_BYTES}", "none", folder],
        check=False, capture_output=True)
    return folder if done.returncode == 0 else None


def limit_files(folder, count):
    """That many new files have room, whatever their size."""
    taken = os.statvfs(folder)
    subprocess.run(["mount", "-o", "remount,nr_inodes="
                    f"{taken.f_files - taken.f_ffree + count}", folder],
                   check=True)


def unmount_disk(folder):
    subprocess.run(["umount", "-l", folder], check=True)
