"""Tests: a server on a loopback socket whose dialogue is data, so that it can misbehave exactly.

    answers = {"LOGIN": [b"%tag NO [LIMIT] later\\r\\n"], "EXAMINE": [b"* 1 EX", Close()]}

%tag is the tag of the command, %next the one that its client will use next.

Each command word has a list of acts: bytes are sent, the others are below. A list of such lists
answers the first call, the second …; the last one stays.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from tests.servers.ports import Certificate


@dataclass(frozen=True)
class Close:
    """Ends the connection."""


@dataclass(frozen=True)
class Reset:
    """Breaks the connection with RST."""


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Drip:
    """One byte at a time."""

    data: bytes
    seconds: float


@dataclass(frozen=True)
class StartTls:
    """The server's side of the handshake begins."""


Act = bytes | Close | Reset | Pause | Drip | StartTls
Acts = Sequence[Act]
Answers = dict[str, Acts | Sequence[Acts]]


class Connection:
    """One client: its socket, its unread bytes, how often each command came."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""
        self.calls: dict[str, int] = {}

    def line(self) -> bytes:
        """The next line with its end; b"" when the client has gone."""
        while b"\n" not in self.buffer:
            if not (data := self.sock.recv(65536)):
                return b""
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"

    def exactly(self, size: int) -> bytes:
        while len(self.buffer) < size:
            if not (data := self.sock.recv(65536)):
                return b""
            self.buffer += data
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken


class ScriptedServer:
    """Subclasses tell the protocol: what a command is, and the answers of a kind server."""

    kind: Answers = {}
    host = "127.0.0.1"

    def __init__(
        self,
        answers: Answers | None = None,
        *,
        certificate: Certificate | None = None,
        implicit_tls: bool = False,
        newest_tls: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    ) -> None:
        self.answers: Answers = {**self.kind, **(answers or {})}
        self.transcript: list[bytes] = []  # every line and literal that a client sent
        self.connections = 0
        self._tls = _server_context(certificate, newest_tls) if certificate else None
        self._implicit = implicit_tls
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.close()
        self._thread.join(5)

    def commands(self) -> list[bytes]:
        """The transcript without tags and line ends."""
        return [line.strip() for line in self.transcript]

    def talk(self, connection: Connection) -> None:
        raise NotImplementedError

    def act(self, connection: Connection, command: str, tag: bytes = b"") -> None:
        """Answers one command; a command that the script does not know gets "?"."""
        acts = self.answers.get(command, self.answers.get("?", [b""]))
        if acts and isinstance(acts[0], list | tuple):
            number = min(connection.calls.get(command, 0), len(acts) - 1)
            acts = acts[number]  # type: ignore[assignment]
        connection.calls[command] = connection.calls.get(command, 0) + 1
        for act in acts:
            self._perform(connection, act, tag)  # type: ignore[arg-type]

    def _perform(self, connection: Connection, act: Act, tag: bytes) -> None:
        match act:
            case bytes():
                act = act.replace(b"%next", _following(tag))
                connection.sock.sendall(act.replace(b"%tag", tag))
            case Drip():
                for byte in act.data.replace(b"%tag", tag):
                    connection.sock.sendall(bytes([byte]))
                    time.sleep(act.seconds)
            case Pause():
                time.sleep(act.seconds)
            case StartTls():
                self._secure(connection)
            case Reset():
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                raise ConnectionError
            case Close():
                raise ConnectionError

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _address = self._listener.accept()
                self.connections += 1
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open.append(sock)
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        connection = Connection(sock)
        with contextlib.suppress(OSError):
            if self._implicit:
                self._secure(connection)
            self.act(connection, "greeting")
            self.talk(connection)
        with contextlib.suppress(OSError):
            connection.sock.close()

    def _secure(self, connection: Connection) -> None:
        assert self._tls, "the script needs a certificate"
        connection.sock = self._tls.wrap_socket(connection.sock, server_side=True)
        self._open.append(connection.sock)


def _server_context(certificate: Certificate, newest: ssl.TLSVersion) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate.cert, certificate.key)
    if 0 < newest < ssl.TLSVersion.TLSv1_2:
        made.set_ciphers("ALL:@SECLEVEL=0")  # OpenSSL speaks the old versions at this level alone
        made.minimum_version = ssl.TLSVersion.TLSv1
    made.maximum_version = newest
    return made


def _following(tag: bytes) -> bytes:
    """_following(b"ABCD9") == b"ABCD10"."""
    letters = tag.rstrip(b"0123456789")
    return letters + str(int(tag[len(letters) :] or b"0") + 1).encode()


def cuts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Every beginning of the data, the whole included."""
    for length in range(len(data) + 1):
        yield length, data[:length]
