"""script/server's last step, as a person meets it: one command, one line, one Ctrl-C."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.serve import prepare
from tests.config.test_parts import ROOT, runs, until
from tests.servers.ports import free_ports

pytestmark = pytest.mark.live
Log = Callable[[], str]


@contextmanager
def serving(
    folder: Path, *arguments: str, **variables: str
) -> Iterator[tuple[int, "subprocess.Popen[bytes]", Log]]:
    """All of Musubi on a free port with an empty database; its children's output is the log."""
    (port,) = free_ports(1)
    output = folder / "output"
    environment = {
        **os.environ,
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder}/musubi.sqlite3",
        "CELERY_BROKER_URL": f"filesystem://{folder}/queue",
        "MEDIA_ROOT": str(folder / "media"),
        **variables,
    }
    with output.open("wb") as file:
        command = [sys.executable, "-m", "config.serve", *arguments]
        parent = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file)
    try:
        yield port, parent, output.read_text
    finally:
        parent.send_signal(signal.SIGTERM)
        parent.wait(15)


def children(parent: "subprocess.Popen[bytes]") -> list[int]:
    pids = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
    return [int(pid) for pid in pids]


def descendants(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [each for child in found for each in (int(child), *descendants(int(child)))]


def get(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, answer.read().decode()


def test_it_answers_restarts_what_dies_and_ends_everything_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as (port, parent, log):
        until(lambda: "Create the first account: " in log(), 60)
        assert f"Ready: http://127.0.0.1:{port}\n" in log()
        link = re.findall(r"Create the first account: (\S+)", log())
        assert len(link) == 1
        assert link[0].startswith(f"http://127.0.0.1:{port}/setup/")
        assert get(link[0])[0] == 200

        until(lambda: len(children(parent)) == 4)
        before = children(parent)
        os.kill(before[1], signal.SIGKILL)
        until(lambda: len(children(parent)) == 4 and before[1] not in children(parent), 20)
        assert log().count("Ready: ") == 1

        everybody = descendants(parent.pid)
        started = time.monotonic()
        parent.send_signal(signal.SIGINT)
        assert parent.wait(12) == 0
        # what it had to kill may be a moment longer on its way out of the process table
        until(lambda: not any(map(runs, everybody)), 10 - (time.monotonic() - started))


def is_well(url: str) -> bool:
    try:
        return json.loads(get(url)[1])["status"] == "ok"
    except urllib.error.HTTPError:
        return False


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        run = subprocess.run(
            [sys.executable, "-m", "config.serve"],
            cwd=ROOT,
            env={**os.environ, "PORT": port},
            capture_output=True,
            text=True,
        )
    assert run.returncode == 2
    assert f"Port {port} is in use" in run.stderr
    assert run.stdout == ""


def test_its_parts_count_together_where_somebody_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "PROMETHEUS_MULTIPROC_DIR" not in prepare()
    monkeypatch.setenv("METRICS_TOKEN", "token of the monitor")
    folder = Path(prepare()["PROMETHEUS_MULTIPROC_DIR"])
    assert folder.is_dir() and not list(folder.iterdir())
    folder.rmdir()


def test_script_server_refuses_what_it_does_not_know() -> None:
    run = subprocess.run([ROOT / "script/server", "--help"], capture_output=True, text=True)
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"PORT": "abc"}, "PORT=abc: a number up to 65535"),
        ({"PORT": "99999"}, "PORT=99999: a number"),
        ({"PORT": "0"}, "PORT=0: a number"),
        ({"HOST": "203.0.113.7"}, "Nothing can listen on 203.0.113.7:"),
    ],
)
def test_where_nobody_can_listen_it_says_why(given: dict[str, str], words: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "config.serve"],
        cwd=ROOT,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert words in run.stderr and "Traceback" not in run.stderr
