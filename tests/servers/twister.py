"""Tests: a real server that misbehaves on demand: a proxy that twists the answers to commands.

    with Twister(dovecot.imap, {"EXAMINE": truncated}) as twister: …

It speaks clear IMAP, takes one command after the other to the server, and gives the whole answer
to the twist for that verb ("*" for every one), which says what the client hears: bytes, and then
perhaps Close(). Greeting is a verb too.
"""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence

from tests.servers.script import Act, Close, Connection, Drip, Pause

Twist = Callable[[bytes], Sequence[Act]]
_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")


class Twister:
    def __init__(self, target: int, twists: dict[str, Twist]) -> None:
        self.target = target
        self.twists = twists
        self.verbs: list[str] = []  # what was asked, in order
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> "Twister":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _address = self._listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            sock,
            socket.create_connection(("127.0.0.1", self.target)) as far,
        ):
            far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client, server = Connection(sock), Connection(far)
            self._say(sock, "greeting", server.line())
            while line := client.line():
                self._pass_on(line, client, server)

    def _pass_on(self, line: bytes, client: Connection, server: Connection) -> None:
        words = line.split()
        verb = b" ".join(words[1:3] if words[1:2] == [b"UID"] else words[1:2]).decode().upper()
        server.sock.sendall(line)
        while found := _LITERAL.search(line):
            if not found[2]:
                client.sock.sendall(server.line())
            server.sock.sendall(client.exactly(int(found[1])))
            line = client.line()
            server.sock.sendall(line)
        self._say(client.sock, verb, _answer(server, words[0]))

    def _say(self, sock: socket.socket, verb: str, answer: bytes) -> None:
        self.verbs.append(verb)
        twist = self.twists.get(verb) or self.twists.get("*")
        for act in twist(answer) if twist else [answer]:
            match act:
                case bytes():
                    sock.sendall(act)
                case Drip():
                    for byte in act.data:
                        sock.sendall(bytes([byte]))
                        time.sleep(act.seconds)
                case Pause():
                    time.sleep(act.seconds)
                case Close():
                    raise ConnectionError


def _answer(server: Connection, tag: bytes) -> bytes:
    """All that is said up to the tagged line, literals included."""
    whole = b""
    while line := server.line():
        whole += line
        if line.startswith(tag + b" "):
            return whole
        while found := _LITERAL.search(line):
            whole += server.exactly(int(found[1]))
            line = server.line()
            whole += line
    return whole


# --- twists ---------------------------------------------------------------------------------------


def nth(number: int, twist: Twist) -> Twist:
    """That time alone; otherwise the server is itself."""
    count = 0

    def counted(answer: bytes) -> Sequence[Act]:
        nonlocal count
        count += 1
        return twist(answer) if count == number else [answer]

    return counted


def once(twist: Twist) -> Twist:
    return nth(1, twist)


def replaced(pattern: bytes, by: bytes | Callable[[re.Match[bytes]], bytes]) -> Twist:
    return lambda answer: [re.sub(pattern, by, answer)]


def refused(said: bytes) -> Twist:
    """Instead of its answer a tagged NO or BAD."""
    return lambda answer: [_tag(answer) + said + b"\r\n"]


def before(said: bytes) -> Twist:
    return lambda answer: [said + answer]


def between(said: bytes) -> Twist:
    """After the untagged answers, before the tagged one."""
    return lambda answer: [_untagged(answer) + said + _tagged(answer)]


def half(answer: bytes) -> Sequence[Act]:
    return [answer[: len(answer) // 2], Close()]


def all_but_the_end(answer: bytes) -> Sequence[Act]:
    return [answer[:-2], Close()]


def closed(_answer: bytes) -> Sequence[Act]:
    return [Close()]


def bye(_answer: bytes) -> Sequence[Act]:
    return [b"* BYE [UNAVAILABLE] shutting down\r\n", Close()]


def endless(answer: bytes) -> Sequence[Act]:
    return [b"* OK " + b"x" * 3_000_000, Close()]


def twice(answer: bytes) -> Sequence[Act]:
    """Each untagged answer is said a second time."""
    return [_untagged(answer) * 2 + _tagged(answer)]


def dripping(answer: bytes) -> Sequence[Act]:
    return [Drip(answer, 0.0002)]


def silent(answer: bytes) -> Sequence[Act]:
    return [answer[:5], Pause(1.5), Close()]


def without_untagged(answer: bytes) -> Sequence[Act]:
    return [_tagged(answer)]


def foreign_tag(answer: bytes) -> Sequence[Act]:
    return [_untagged(answer) + b"ZZZZ9 OK done\r\n"]


def _tagged(answer: bytes) -> bytes:
    return answer[answer.rstrip(b"\r\n").rfind(b"\n") + 1 :]


def _untagged(answer: bytes) -> bytes:
    return answer[: len(answer) - len(_tagged(answer))]


def _tag(answer: bytes) -> bytes:
    return _tagged(answer).split()[0] + b" "
