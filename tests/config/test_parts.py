"""A part is started again when it dies, and ends with all that it has started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from config.parts import Part, end_all

ROOT = Path(__file__).resolve().parents[2]
ASKING = 0.3  # seconds between two questions that a server has to work for


def until(happened: Callable[[], bool], seconds: float = 10, every: float = 0.02) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(every)


def runs(pid: int) -> bool:
    """Whether a process is there and not a zombie that nobody has asked about."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def part(*command: str) -> Part:
    return Part("sleeper", list(command), dict(os.environ))


def test_what_died_is_started_again(capsys: pytest.CaptureFixture[str]) -> None:
    sleeper = part("sleep", "60")
    sleeper.keep_alive()
    assert sleeper.process
    first = sleeper.process.pid
    os.kill(first, signal.SIGKILL)
    try:
        until(
            lambda: (
                (sleeper.keep_alive(), sleeper.process)[1] is not None and _pid(sleeper) != first
            )
        )
    finally:
        end_all([sleeper], 5)
    assert not runs(_pid(sleeper))
    assert "sleeper ended with -9" in capsys.readouterr().err


def test_what_keeps_dying_is_started_ever_more_slowly() -> None:
    broken = part("false")
    end = time.monotonic() + 3
    pauses = set()
    while time.monotonic() < end:
        broken.keep_alive()
        pauses.add(broken.pause)
        time.sleep(0.02)
    assert pauses == {1.0, 2.0, 4.0} or pauses == {1.0, 2.0}


def test_what_does_not_listen_is_killed_with_its_children(tmp_path: Path) -> None:
    child = tmp_path / "child"
    stubborn = part("sh", "-c", f"trap '' TERM; sleep 60 & echo $! > {child}; wait; wait")
    stubborn.keep_alive()
    until(lambda: child.exists() and child.read_text() != "")
    started = time.monotonic()
    end_all([stubborn], 0.5)
    assert time.monotonic() - started < 3
    until(lambda: not runs(int(child.read_text())))


def test_it_ends_when_its_parent_is_killed_outright() -> None:
    program = (
        "import os, time; from config.parts import Part\n"
        "part = Part('sleeper', ['sleep', '60'], dict(os.environ))\n"
        "part.keep_alive(); print(part.process.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert runs(pid)
        parent.kill()
    until(lambda: not runs(pid))


def _pid(of: Part) -> int:
    return of.process.pid if of.process else 0
