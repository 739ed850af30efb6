"""Tests: child processes that each do one job, and may be killed within it.

    python -m tests.servers.forker MODULE

A line on stdin is one more of them, and goes to `job` of the module: its pid is printed, and once
it has ended, how, and what it returned. Django is loaded once; each child is forked from there
and opens its own connections.
"""

import importlib
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Self

import django


def main(module: str) -> None:
    django.setup()
    job: Callable[[str], object] = importlib.import_module(module).job
    print("ready", flush=True)
    for line in iter(sys.stdin.readline, ""):
        answer, ours = os.pipe()
        pid = os.fork()
        if pid == 0:
            do(job, line.strip(), ours)
        os.close(ours)
        print(pid, flush=True)
        with os.fdopen(answer) as said:  # ends with the child
            returned = said.read()
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), returned, flush=True)


def do(job: Callable[[str], object], line: str, answer: int) -> None:
    """In the child, which ends here."""
    try:
        os.write(answer, str(job(line) or "").encode())
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


class Forker:
    """The process, as a test drives it; `module` has the job."""

    def __init__(self, module: str, environment: dict[str, str]) -> None:
        self.module, self.environment = module, environment
        self.returned = ""  # by the child that ended last

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.forker", self.module],
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

    def begin(self, line: str = "") -> int:
        """A child begins its job; its pid."""
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return int(self._line())

    def end(self) -> int:
        """Waits for it: 0, or minus the signal that ended it."""
        ended, _, self.returned = self._line().partition(" ")
        return int(ended)

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


if __name__ == "__main__":
    main(sys.argv[1])
