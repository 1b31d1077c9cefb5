"""A TCP relay that can be cut, to break connections under calls."""

import socket
from contextlib import suppress
from threading import Lock, Thread


class Relay:
    """Threads and plain sockets: whatever it opened is closed when `close` returns, also what was just accepted."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._opened: list[socket.socket] = []
        self._linked: list[socket.socket] = []
        self._threads: list[Thread] = []
        self._lock = Lock()

    def open(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._acceptor = Thread(target=self._accept)
        self._acceptor.start()

    def cut(self) -> None:
        with self._lock:
            for each in self._linked:
                _end(each)
            self._linked.clear()

    def close(self) -> None:
        _end(self._listening)
        self._acceptor.join()
        self._listening.close()
        self.cut()
        for thread in self._threads:
            thread.join()
        for each in self._opened:
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):  # it was ended
            while True:
                near, _ = self._listening.accept()
                self._opened.append(near)
                try:
                    far = socket.create_connection(("127.0.0.1", self._behind), 5)
                except OSError:
                    _end(near)
                    continue
                far.settimeout(None)
                self._opened.append(far)
                self._link(near, far)

    def _link(self, near: socket.socket, far: socket.socket) -> None:
        with self._lock:
            self._linked += near, far
        for source, sink in ((near, far), (far, near)):
            thread = Thread(target=_pass_on, args=(source, sink))
            self._threads.append(thread)
            thread.start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    _end(source)
    _end(sink)


def _end(each: socket.socket) -> None:
    """Wakes whoever waits on it; the socket itself stays open, so that its number is nobody else's yet."""
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
