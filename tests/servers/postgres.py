"""A private PostgreSQL on a Unix socket, made for one run and forgotten after it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# The data lives as long as the run: nothing need survive a power cut. Tables that were rolled back
# again and again look large to the planner: it would compile queries of a few rows. Seen empty, a
# table is read whole, also for each foreign key to the thousands of rows that a test puts there.
CARELESS = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off"),
    *("shared_buffers=64MB", "jit=off", "enable_seqscan=off"),
)
# What was committed outlives a crash of the server, though not of the machine.
DURABLE = ("fsync=off", "shared_buffers=64MB")


class Postgres:
    """The newest PostgreSQL of this machine, once `start()` has been called."""

    def __init__(self, folder: Path, settings: Sequence[str] = CARELESS) -> None:
        self.folder = folder
        self.settings = settings
        self.url = f"postgres://postgres@/musubi?host={folder}"

    def make(self) -> None:
        access = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"]
        data = f"{self.folder}/data"
        self._run("initdb", "-D", data, *access, "--no-sync", "--no-instructions")

    def start(self) -> None:
        settings = (*self.settings, "listen_addresses=''")
        options = " ".join([f"-k {self.folder}", *(f"-c {setting}" for setting in settings)])
        self._control("-w", "-l", f"{self.folder}/log", "-o", options, "start")

    def crash(self) -> None:
        """Every connection is lost, and nothing is written at the end."""
        self._control("-m", "immediate", "stop")

    def restart(self) -> None:
        self.crash()
        self.start()

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", f"{self.folder}/data", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(_programs() / program), *arguments]
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def postgres(settings: Sequence[str] = CARELESS) -> Iterator[Postgres]:
    # In /tmp, not TMPDIR: a socket's path may have 107 bytes, and the account must reach it.
    folder = Path(tempfile.mkdtemp(prefix="musubi-pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
        server = Postgres(folder, settings)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.crash()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def private_postgres() -> Iterator[str]:
    """Yields its DATABASE_URL."""
    with postgres() as server:
        yield server.url


def _programs() -> Path:
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(debian, key=lambda path: int(path.parts[4]), default=None)
    found = str(newest) if newest else shutil.which("initdb")
    assert found, "PostgreSQL's server programs are not installed: apt-get install postgresql"
    return Path(found).parent
