"""Tests: a child of a Forker that stands still at a step of its job (servers/killed.py)."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.forker import Forker

PATIENCE = 30  # seconds


@contextmanager
def frozen(forker: Forker, step: int, job: str, pk: int, how: str) -> Iterator[bool]:
    """While it stands still (or, False, had ended before); then it goes on, to whatever end."""
    pid = forker.begin(f"{step} {job} {pk} {how}")
    until = time.monotonic() + PATIENCE
    while _state(pid) not in ("T", ""):
        assert time.monotonic() < until
        time.sleep(0.01)
    yield _state(pid) == "T"
    if _state(pid):
        os.kill(pid, signal.SIGCONT)
    forker.end()


def _state(pid: int) -> str:
    """As ps has it; "" of one that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""
