"""A proxy that ends a connection behind a certain packet of the log."""

import threading

from lab.wire import Link, Proxy, end_all

DUMPS = (18, 30)  # COM_BINLOG_DUMP, COM_BINLOG_DUMP_GTID


class EventCutter(Proxy):
    """cut_after: packets of each dump that pass; None: all. passed: those
    of the last dump."""

    def __init__(self, target_port):
        self.cut_after = None
        self.passed = 0
        super().__init__(target_port)

    def serve(self, client, number):
        server = self.track(Link.to(self.target_port))
        dumps = threading.Event()
        other = threading.Thread(target=self._down, daemon=True,
                                 args=(client, server, dumps))
        other.start()
        try:
            while piece := client.read():
                if len(piece) > 4 and piece[3] == 0 and piece[4] in DUMPS:
                    self.passed = 0
                    dumps.set()
                server.send(piece)
        except OSError:
            pass
        end_all((client, server), False)
        other.join()
        self.forget(server)

    def _down(self, client, server, dumps):
        held = b""
        try:
            while piece := server.read():
                if not dumps.is_set():
                    client.send(piece)
                    continue
                held += piece
                while packet := first_packet(held):
                    if self.passed == self.cut_after:
                        end_all((client, server), False)
                        return
                    held = held[len(packet):]
                    self.passed += 1
                    client.send(packet)
        except OSError:
            pass
        end_all((client, server), False)


def first_packet(data):
    if len(data) < 4:
        return b""
    size = 4 + int.from_bytes(data[:3], "little")
    return data[:size] if len(data) >= size else b""
