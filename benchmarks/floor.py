"""The floor: a socket that asks the same and counts what comes, and reads nothing of it."""

import re
import socket

_UIDNEXT = re.compile(rb"UIDNEXT (\d+)")


class Floor:
    """A logged-in connection without any protocol beyond "wait for the tag"."""

    def __init__(self, port: int, user: str, folder: str = "INBOX") -> None:
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.recv(65536)
        self._number = 0
        self.ask(f'LOGIN "{user}" "secret"')
        self.count, self.said = 0, self.ask(f"EXAMINE {folder}")
        found = _UIDNEXT.search(self.said)
        self.uidnext = int(found[1]) if found else 0

    def ask(self, command: str) -> bytes:
        """The last part of the answer; `count` is how many bytes all of it had."""
        self._number += 1
        tag = b"f%d " % self._number
        self.sock.sendall(tag + command.encode() + b"\r\n")
        self.count, last = 0, b""
        while True:
            data = self.sock.recv(262_144)
            if not data:
                raise ConnectionError(last)
            self.count += len(data)
            last = (last if len(data) < 1_000 else b"") + data
            tagged = last.rfind(b"\n" + tag)
            if last.endswith(b"\r\n") and (tagged >= 0 or last.startswith(tag)):
                return last

    def headers(self, fields: str, at_once: int = 10_000) -> int:
        """All messages; how many bytes they were."""
        total = 0
        for first in range(1, self.uidnext, at_once):
            uids = f"{first}:{min(self.uidnext, first + at_once) - 1}"
            self.ask(f"UID FETCH {uids} (UID BODY.PEEK[HEADER.FIELDS ({fields.upper()})])")
            total += self.count
        return total

    def close(self) -> None:
        self.sock.close()
