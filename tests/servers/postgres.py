"""A private PostgreSQL on a Unix socket, made for one test run and forgotten after it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The data lives as long as the run: nothing need survive a power cut.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB")


@contextmanager
def private_postgres() -> Iterator[str]:
    """Starts the newest PostgreSQL of this machine; yields its DATABASE_URL."""
    # In /tmp, not TMPDIR: a socket's path may have 107 bytes, and the account must reach it.
    folder = Path(tempfile.mkdtemp(prefix="musubi-pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
        _make(folder)
        _control(folder, "-w", "-l", f"{folder}/log", "-o", _options(folder), "start")
        try:
            yield f"postgres://postgres@/musubi?host={folder}"
        finally:
            _control(folder, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(folder: Path) -> None:
    access = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"]
    _run("initdb", "-D", f"{folder}/data", *access, "--no-sync", "--no-instructions", folder=folder)


def _control(folder: Path, *arguments: str) -> None:
    _run("pg_ctl", "-D", f"{folder}/data", *arguments, folder=folder)


def _options(folder: Path) -> str:
    settings = (*CARELESS, "listen_addresses=''")
    return " ".join([f"-k {folder}", *(f"-c {setting}" for setting in settings)])


def _run(program: str, *arguments: str, folder: Path) -> None:
    command = [str(_programs() / program), *arguments]
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def _programs() -> Path:
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(debian, key=lambda path: int(path.parts[4]), default=None)
    found = str(newest) if newest else shutil.which("initdb")
    assert found, "PostgreSQL's server programs are not installed: apt-get install postgresql"
    return Path(found).parent
