"""Wire: one connection as lines and literals, counted and capped, whose ends are faults."""

import contextlib
import socket
import ssl
import time

from inbox.wire.account import Account
from inbox.wire.faults import ConnectionLost, ProtocolFault, Unreachable
from inbox.wire.tls import handshake_fault

LONGEST_LINE = 2 * 1024 * 1024
LONGEST_LITERAL = 64 * 1024 * 1024
SLOWEST = 10_000  # bytes a second: a literal that comes more slowly is a stalled server
_CHUNK = 65_536


def dial(account: Account) -> "Stream":
    """Connects to the pinned addresses, or to whatever `host` resolves to where none was pinned."""
    first, *others = account.places
    try:
        sock = _connected(account, first)
    except Unreachable:
        if not others:
            raise
        sock = _connected(account, others[0])
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Stream(sock, account.host, account.timeout)


def _connected(account: Account, place: str) -> socket.socket:
    try:
        return socket.create_connection((place, account.port), account.timeout)
    except (socket.gaierror, UnicodeError) as error:
        raise Unreachable("resolve", str(error)) from error
    except TimeoutError as error:
        raise Unreachable("timeout") from error
    except ConnectionRefusedError as error:
        raise Unreachable("refused", str(error.strerror)) from error
    except OSError as error:
        raise Unreachable("unreachable", str(error.strerror or "")) from error


class Stream:
    """A socket with our own buffer: so that bytes are counted, and none survive STARTTLS."""

    def __init__(self, sock: socket.socket, host: str, timeout: float) -> None:
        self.sock = sock
        self.host = host
        self.timeout = timeout
        self.bytes_in = 0
        self.longest_literal = LONGEST_LITERAL
        self._buffer = bytearray()
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def unread(self) -> bool:
        """Has the server said more than was asked for?"""
        return bool(self._buffer)

    def start_tls(self, tls: ssl.SSLContext) -> None:
        """Verifies the server as `host`. What came in clear before is thrown away (RFC 3207)."""
        self._buffer.clear()
        try:
            self.sock = tls.wrap_socket(self.sock, server_hostname=self.host)
        except ssl.SSLError as error:
            self.close()
            raise handshake_fault(error) from error
        except (OSError, ValueError) as error:
            self.close()
            raise handshake_fault(OSError(str(error))) from error

    def send(self, data: bytes) -> None:
        if self._closed:
            raise ConnectionLost()
        try:
            self.sock.settimeout(self.timeout + len(data) / SLOWEST)  # of the whole sendall
            self.sock.sendall(data)
        except OSError as error:
            raise self._lost(error) from error

    def readline(self) -> bytes:
        """One line with its CRLF; a line that never ends, in length or in time, is a fault."""
        until = time.monotonic() + self.timeout
        seen = 0
        while (end := self._buffer.find(b"\n", seen)) < 0:
            seen = len(self._buffer)
            if seen > LONGEST_LINE:
                self.close()
                raise ProtocolFault("line_too_long")
            self._receive(until)
        return self._take(end + 1)

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes."""
        self.fill(size)
        return self._take(size)

    def fill(self, size: int) -> None:
        """Waits until `size` bytes are at hand."""
        if size > self.longest_literal:
            self.close()
            raise ProtocolFault("literal_too_long")
        until = time.monotonic() + self.timeout + size / SLOWEST
        while len(self._buffer) < size:
            self._receive(until)

    def drain(self, most: int) -> None:
        """Takes in what has come by now, some `most` bytes of it, without waiting."""
        try:
            while len(self._buffer) < most:
                self._receive(0)
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except ConnectionLost:
            if not self._buffer:  # what was said before the end is heard first
                raise

    def at_hand(self) -> bytes:
        """What has come and was not read, to be looked at; `skip` takes it."""
        return bytes(self._buffer)

    def skip(self, size: int) -> None:
        del self._buffer[:size]

    def lines_at_hand(self) -> list[bytes]:
        """The whole lines that are here now, without waiting; a closed connection is a fault."""
        self.drain(LONGEST_LINE + 1)
        end = self._buffer.rfind(b"\n") + 1
        if self._closed and not end:
            raise ConnectionLost("closed")
        return self._take(end).splitlines(keepends=True)

    def close(self) -> None:
        self._closed = True
        with contextlib.suppress(OSError):
            self.sock.close()

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return taken

    def _receive(self, until: float) -> None:
        """One recv, in the time left; `until` 0 does not wait."""
        if self._closed:
            raise ConnectionLost()
        left = until - time.monotonic() if until else 0
        try:
            if until and left <= 0:
                raise TimeoutError
            self.sock.settimeout(min(left, self.timeout) if until else 0)
            data = self.sock.recv(_CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError):
            raise
        except OSError as error:
            raise self._lost(error) from error
        if not data:
            self.close()
            raise ConnectionLost("closed")
        self.bytes_in += len(data)
        self._buffer += data

    def _lost(self, error: OSError) -> ConnectionLost:
        self.close()  # whatever comes later would answer another question
        return ConnectionLost("timeout" if isinstance(error, TimeoutError) else "reset")
