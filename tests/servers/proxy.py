"""A TCP proxy on loopback that can cut what goes through it: at once, or after so many bytes."""

import selectors
import socket
import struct
import threading
from contextlib import suppress

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends RST


class Proxy:
    """Passes bytes on to a port. `limit`: how many bytes of the server, or `of_client`, pass before
    the cut.

    One thread for all connections: on Linux a close() in one thread does not end a recv() in
    another one.
    """

    def __init__(self, target: int, *, limit: int | None = None, of_client: bool = False) -> None:
        self.target = target
        self.limit = limit
        self.of_client = of_client
        self.passed = 0  # bytes of that side
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._servers: set[socket.socket] = set()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._wake.send(b"x")
        self._thread.join(5)

    def cut(self) -> None:
        """Reset every connection; new ones are let through."""
        self._wake.send(b"x")

    def _run(self) -> None:
        while not self._ended:
            for key, _events in self._selector.select(1):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is self._woken:
                    self._woken.recv(16)
                    self._cut_all()
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._pairs:
                    self._pass_on(key.fileobj)
        self._cut_all()
        self._listener.close()

    def _accept(self) -> None:
        client, _address = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self.target))
        self._servers.add(server)
        for one, other in ((client, server), (server, client)):
            self._pairs[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, source: socket.socket) -> None:
        other = self._pairs[source]
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        cut = not data
        if (source in self._servers) is not self.of_client:
            left = len(data) if self.limit is None else self.limit - self.passed
            cut = cut or left < len(data)
            data = data[: max(0, left)]
            self.passed += len(data)
        with suppress(OSError):
            other.sendall(data)
        if cut:
            self._cut(source)

    def _cut_all(self) -> None:
        for one in list(self._pairs):
            self._cut(one)

    def _cut(self, one: socket.socket) -> None:
        other = self._pairs.get(one)
        for each in (one, other):
            if each is not None and self._pairs.pop(each, None):
                self._selector.unregister(each)
                self._servers.discard(each)
                with suppress(OSError):
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                each.close()
