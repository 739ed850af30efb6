"""One part of the running system: a child process in a session of its own that is kept alive."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping

PR_SET_PDEATHSIG = 1  # prctl(2)
STABLE = 20.0  # seconds after which a part counts as well started
LONGEST_PAUSE = 30.0
GRACE = 2.0  # seconds until all that was killed is gone


class Part:
    """Holds one child process: starts it, starts it again when it died, ends it with its group."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_at = 0.0
        self.pause = 1.0

    def keep_alive(self) -> None:
        """Starts it when it is due; a part that keeps dying is started ever more slowly."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self._note_its_death(self.process, now)
        if self.process is None and now >= self.start_at:
            self.started_at = now
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                # Its own session: the terminal's Ctrl-C reaches the parent alone, which then
                # ends every part the same way.
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def _note_its_death(self, process: subprocess.Popen[bytes], now: float) -> None:
        end_group(process.pid)  # no orphan may go on working beside its successor
        self.pause = 1.0 if now - self.started_at > STABLE else min(2 * self.pause, LONGEST_PAUSE)
        self.start_at = now + self.pause
        self.process = None
        print(
            f"{self.name} ended with {process.returncode}; it starts again in {self.pause:g} s",
            file=sys.stderr,
            flush=True,
        )

    def ask_to_end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, deadline: float) -> None:
        """Until it has ended, or until then: one that hangs in the kernel holds nobody up."""
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(max(0.05, deadline - time.monotonic()))

    def end(self) -> None:
        """Outright, with all that it has started."""
        if self.process is not None:
            end_group(self.process.pid)


def end_all(parts: Collection[Part], patience: float) -> None:
    """Ask all to end; after `patience` seconds those that have not are killed, all at once: one by
    one each could take its time."""
    end = time.monotonic() + patience
    for part in parts:
        part.ask_to_end()
    for part in parts:
        part.wait(end)
    for part in parts:
        part.end()
    for part in parts:
        part.wait(time.monotonic() + GRACE / len(parts))


def end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def end_with_parent() -> None:
    """Linux: when the parent is killed outright, the kernel asks its children to end."""
    with contextlib.suppress(OSError):
        ctypes.CDLL("libc.so.6", use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
