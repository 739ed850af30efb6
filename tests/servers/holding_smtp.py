"""An SMTP server in a process of its own: it counts on disk, and stands still where it is told to.

    python -m tests.servers.holding_smtp FOLDER        prints its port

Each message that it takes becomes a file in FOLDER/taken. While FOLDER/hold names a step of the
conversation (greeting, EHLO, MAIL, RCPT, DATA, body, answer), it writes FOLDER/reached there and
goes on when `hold` is gone: whoever talks to it is known to be at that step.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from tests.servers.script import Connection
from tests.servers.smtp_script import SmtpScript

LINES_BEFORE_THE_HOLD = 100  # of a message


class _Server(SmtpScript):
    def __init__(self, folder: Path) -> None:
        super().__init__({"EHLO": [b"250-here\r\n250-SIZE 50000000\r\n250 AUTH PLAIN\r\n"]})
        self.folder = folder
        # so little that who is killed within a message has not handed all of it to the kernel
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def act(self, connection: Connection, command: str, tag: bytes = b"") -> None:
        self._hold("answer" if command == "." else command)
        super().act(connection, command, tag)

    def _message(self, connection: Connection) -> bool:
        lines: list[bytes] = []
        while line := connection.line():
            if line == b".\r\n":
                self._take(b"".join(lines))
                return True
            lines.append(line)
            if len(lines) == LINES_BEFORE_THE_HOLD:
                self._hold("body")
        return False

    def _take(self, raw: bytes) -> None:
        path = self.folder / "taken" / f"{time.monotonic_ns()}.eml"
        with path.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())

    def _hold(self, step: str) -> None:
        wanted = self.folder / "hold"
        if not wanted.exists() or wanted.read_text() != step:
            return
        (self.folder / "reached").write_text(step)
        while wanted.exists():
            time.sleep(0.005)


class HoldingSmtp:
    """The process, as a test drives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "taken").mkdir(parents=True)

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.servers.holding_smtp", str(self.folder)]
        root = Path(__file__).resolve().parents[2]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=root, stdin=pipe, stdout=pipe, text=True)
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate(timeout=10)

    def hold(self, step: str) -> None:
        (self.folder / "reached").unlink(missing_ok=True)
        # all at once: the server may look at it at any moment
        (self.folder / "next").write_text(step)
        (self.folder / "next").rename(self.folder / "hold")

    def await_hold(self) -> None:
        until = time.monotonic() + 30
        while not (self.folder / "reached").exists():
            assert time.monotonic() < until, "nobody has come to this step"
            time.sleep(0.005)

    def go_on(self) -> None:
        (self.folder / "hold").unlink(missing_ok=True)

    def taken(self, token: str) -> list[bytes]:
        """The messages that it took, with this mark."""
        found = [path.read_bytes() for path in sorted((self.folder / "taken").glob("*.eml"))]
        return [raw for raw in found if f"X-Musubi-Message: {token}\r\n".encode() in raw]


if __name__ == "__main__":
    with _Server(Path(sys.argv[1])) as server:
        print(server.port, flush=True)
        sys.stdin.read()  # until whoever started it has gone
