"""Tests: worker processes that take one tick each, and can be killed within it.

    python -m tests.servers.ticker

A line on stdin makes one more of them: its pid is printed, and once it has ended, how. Django is
loaded once; each worker is forked from there and opens its own connections.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

import django


def tick() -> None:
    """What the beat has the workers do, in this process."""
    from django.utils import timezone

    from inbox import tasks
    from inbox.models import Outgoing, Redelivery

    now = timezone.now()
    for pk in Outgoing.objects.due(now).values_list("pk", flat=True):
        tasks.send(pk)
    for pk in Redelivery.objects.due(now).values_list("pk", flat=True):
        tasks.redeliver(pk)
    for pk in Outgoing.objects.copy_due(timezone.now()).values_list("pk", flat=True):
        tasks.file_copy(pk)


def main() -> None:
    django.setup()
    print("ready", flush=True)
    while sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            tick()
            os._exit(0)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


class Ticker:
    """The process, as a test drives it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.servers.ticker"]
        self._process = subprocess.Popen(
            command,
            cwd=Path(__file__).resolve().parents[2],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate(timeout=10)

    def begin(self) -> int:
        """A worker begins a tick; its pid."""
        assert self._process.stdin
        self._process.stdin.write("tick\n")
        self._process.stdin.flush()
        return int(self._line())

    def end(self) -> int:
        """Waits for it: 0, or minus the signal that ended it."""
        return int(self._line())

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


if __name__ == "__main__":
    main()
