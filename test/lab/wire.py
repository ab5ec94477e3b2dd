"""Sockets of the proxies: read exactly, end by FIN or by RST, listen."""

import socket
import struct
import threading

PIECE = 65536


class Link:
    """One connection with a read buffer. Both ends are always close()d."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.is_over = False

    @classmethod
    def to(cls, port):
        return cls(socket.create_connection(("127.0.0.1", port)))

    def read(self, byte_count=PIECE):
        """1 to byte_count bytes; b"" at the end."""
        if not self.buffer:
            return self.socket.recv(byte_count)
        piece = self.buffer[:byte_count]
        self.buffer = self.buffer[byte_count:]
        return piece

    def read_until(self, mark):
        """Up to mark, with it; EOFError if the other side ends before."""
        while mark not in self.buffer:
            piece = self.socket.recv(PIECE)
            if not piece:
                raise EOFError
            self.buffer += piece
        text, _, self.buffer = self.buffer.partition(mark)
        return text + mark

    def send(self, data):
        self.socket.sendall(data)

    def over(self):
        """From now on it ends only as the one who says this wants it."""
        self.is_over = True

    def close(self):
        """Ends with FIN, even while another thread reads."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def end_sending(self):
        try:
            if not self.is_over:
                self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def reset(self):
        """Ends with RST: the other side loses what it has not read.

        Linux sends it when no thread reads any more: SHUT_RD wakes them,
        and tells the other side nothing.
        """
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
            self.socket.shutdown(socket.SHUT_RD)
        except OSError:
            pass
        self.socket.close()


def end_all(links, reset):
    for link in links:
        link.over()
    for link in links:
        if reset:
            link.reset()
        else:
            link.close()


class Proxy:
    """Listens on a port of its own; serve(link) runs in a thread each.

    connections   how many were accepted
    """

    def __init__(self, target_port):
        self.target_port = target_port
        self.port = 0
        self.connections = 0
        self.lock = threading.Condition()
        self._links = set()
        self._listener = None
        self.accept()

    def serve(self, client, number):
        """Called with the link of a client and its number from 1 on."""
        raise NotImplementedError

    def accept(self):
        """Listens (again), always on the same port."""
        if self._listener:
            return
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._loop, args=(listener,),
                         daemon=True).start()

    def refuse(self):
        """New connections are refused; open ones go on."""
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def cut_all(self, reset=True):
        """Ends all open connections now."""
        with self.lock:
            links = list(self._links)
        end_all(links, reset)

    def stop(self):
        self.refuse()
        self.cut_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def track(self, link):
        with self.lock:
            self._links.add(link)
        return link

    def forget(self, link):
        with self.lock:
            self._links.discard(link)

    def _loop(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                number = self.connections
                self.lock.notify_all()
            client = self.track(Link(connection))
            threading.Thread(target=self._serve, args=(client, number),
                             daemon=True).start()

    def _serve(self, client, number):
        try:
            self.serve(client, number)
        except (OSError, EOFError):
            pass
        finally:
            client.close()
            self.forget(client)
