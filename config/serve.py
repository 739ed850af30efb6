"""The whole of Musubi under one parent: web, worker, beat and watcher (script/server ends here).

The parent itself knows no Django. A part that dies is started again; when the parent is asked to
stop, or dies, all its parts end.
"""

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NoReturn

from config import dotenv
from config.demo.place import VARIABLE as DEMO
from config.demo.place import Occupied
from config.demo.stage import Stage
from config.parts import Part, end_all

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::")
# Read by this process and by gunicorn, which do not look into .env by themselves.
OURS = {"HOST": "127.0.0.1", "PORT": "8000", "WEB_CONCURRENCY": "1"}
PATIENCE = 6.0  # seconds that parts have to end by themselves; the contract says 10 in all


@dataclass(frozen=True)
class Address:
    """Where the web part listens, and how a person on this machine reaches it."""

    host: str
    port: int

    @property
    def door(self) -> str:
        return "127.0.0.1" if self.host in EVERYWHERE else self.host

    @property
    def bind(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return (
            f"http://[{self.door}]:{self.port}"
            if ":" in self.door
            else f"http://{self.door}:{self.port}"
        )


def main(*arguments: str) -> int:
    """Everything, in order; returns the exit code. The one argument is --demo."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # one way out for both signals
    environment = prepare()
    address = address_of(environment)
    refused = why_not(address) if address else f"PORT={environment['PORT']}: a number up to 65535."
    if address is None or refused:
        again = " ".join(["PORT=8001 script/server", *arguments])
        print(f"{refused} Another one: {again}", file=sys.stderr)
        return 2
    stage = None
    if "--demo" in arguments:
        try:
            stage = Stage(Path(environment.get(DEMO) or ROOT / "var" / "demo"), environment)
        except Occupied as why:
            print(f"This demo runs already, in {why}.", file=sys.stderr)
            return 2
        environment = stage.environment
    parts = [Part(name, command, environment) for name, command in commands(address).items()]
    parts = [*stage.parts, *parts] if stage else parts
    try:
        subprocess.run(manage("migrate", "--no-input", "-v", "0"), env=environment, check=True)
        if stage:
            stage.furnish()
        supervise(parts, address, partial(greet, address, environment, stage))
    except subprocess.CalledProcessError as error:
        print("The database could not be made ready (see above).", file=sys.stderr)
        return error.returncode
    except KeyboardInterrupt:
        return 0
    finally:
        stop(parts)


def prepare() -> Mapping[str, str]:
    """The environment of every part: the person's own, completed by .env and by what fits."""
    os.chdir(ROOT)
    (ROOT / "var").mkdir(mode=0o700, exist_ok=True)
    (ROOT / "staticfiles").mkdir(exist_ok=True)  # empty until collectstatic; WhiteNoise wants it
    file = ROOT / ".env"
    dotenv.complete(file, os.environ)
    given = dotenv.values(file.read_text()) if file.exists() else {}
    environment = dict(os.environ)
    for name in (*dotenv.MAKERS, *OURS):  # an empty one is none
        if not environment.get(name):
            environment.pop(name, None)
    for name, otherwise in OURS.items():
        environment.setdefault(name, given.get(name, otherwise))
    host = environment["HOST"]
    if "HTTPS" not in given and host in LOOPBACK:
        environment.setdefault("HTTPS", "false")
    if "ALLOWED_HOSTS" not in given and host not in (*LOOPBACK, *EVERYWHERE):
        environment.setdefault("ALLOWED_HOSTS", f"localhost,127.0.0.1,[::1],{host}")
    if environment.get("METRICS_TOKEN", given.get("METRICS_TOKEN")):
        environment.setdefault("PROMETHEUS_MULTIPROC_DIR", empty(ROOT / "var" / "metrics"))
    return environment


def empty(folder: Path) -> str:
    """Where all parts count together: what was counted before this start is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return str(folder)


def address_of(environment: Mapping[str, str]) -> Address | None:
    """None for a PORT that is none; 0 would be one that nobody knows."""
    port = environment["PORT"]
    usable = port.isascii() and port.isdecimal() and 0 < int(port) < 2**16
    return Address(environment["HOST"], int(port)) if usable else None


def why_not(address: Address) -> str:
    """Why nothing can listen there; "" where it can."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn will
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"Port {address.port} is in use."
            return f"Nothing can listen on {address.bind} ({error.strerror})."
    return ""


def commands(address: Address) -> dict[str, list[str]]:
    # `migrate` has made the checks: they read every page, of which these parts know nothing
    celery = [sys.executable, "-m", "celery", "-q", "--skip-checks", "-A", "config.celery"]
    gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi:application"]
    quiet = ["--no-control-socket", "--log-level", "warning"]  # its control socket is one a person
    threads = ["-k", "gthread", "--threads", "8", "--graceful-timeout", "5"]
    lonely = ["--without-mingle", "--without-gossip"]
    return {
        "web": [*gunicorn, "-b", address.bind, *threads, *quiet],
        "worker": [*celery, "worker", "-P", "prefork", "-c", "2", "-l", "WARNING", *lonely],
        "beat": [*celery, "beat", "-l", "WARNING", "--pidfile="],
        "watcher": manage("watch_mailboxes"),
    }


def manage(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


def supervise(parts: list[Part], address: Address, greet: Callable[[], None]) -> NoReturn:
    """Keeps the parts alive until a signal comes; says once that the web part answers."""
    ready = False
    while True:
        for part in parts:
            part.keep_alive()
        if not ready and answers(address):
            ready = True
            print(f"Ready: {address.url}", flush=True)
            greet()
        time.sleep(0.2)


def greet(address: Address, environment: Mapping[str, str], stage: Stage | None) -> None:
    """Whom to sign in as; on a new installation, where to make the first account."""
    if stage:
        print(stage.greeting(), flush=True)
    else:
        subprocess.run(manage("first_account", address.url), env=environment, check=False)


def answers(address: Address) -> bool:
    """Whether a real request gets a real answer; a redirect to https is one."""
    connection = HTTPConnection(address.door, address.port, timeout=5)
    try:
        connection.request("GET", "/accounts/login/")
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def stop(parts: list[Part]) -> None:
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.SIG_IGN)  # a second Ctrl-C changes nothing
    end_all(parts, PATIENCE)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
