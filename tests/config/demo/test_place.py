"""The demo keeps to its own folder, and finds it again as it was."""

import socket
import ssl
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from config.demo.place import Occupied, Place, set_up
from tests.config.test_parts import ROOT


def again(folder: Path) -> str:
    """What another start, in a process of its own, makes of the folder."""
    code = "import sys, pathlib; from config.demo.place import set_up;"
    code += "print(set_up(pathlib.Path(sys.argv[1])).kept)"
    command = [sys.executable, "-c", code, str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return run.stdout.strip() or run.stderr


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return set_up(tmp_path / "demo")


def test_only_one_demo_runs_in_a_folder(place: Place) -> None:
    assert "Occupied" in again(place.folder)
    with pytest.raises(Occupied):
        set_up(place.folder)


def test_it_keeps_its_passwords_and_ports(tmp_path: Path) -> None:
    first = again(tmp_path)
    assert "imap_port=" in first
    assert again(tmp_path) == first
    assert (tmp_path / "demo.json").stat().st_mode & 0o077 == 0


def test_a_port_that_is_taken_by_now_is_another_one(tmp_path: Path) -> None:
    first = again(tmp_path)
    port = int(first.partition("imap_port=")[2].partition(",")[0])
    with socket.create_server(("127.0.0.1", port)):
        later = again(tmp_path)
    assert f"imap_port={port}," not in later
    assert later.partition("smtp_port=")[2] == first.partition("smtp_port=")[2]


@pytest.mark.rule("M39")
def test_its_certificate_is_one_that_is_believed(place: Place) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(place.cert, place.key)
    client = ssl.create_default_context(cafile=str(place.ca_file))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    hello = client.wrap_bio(incoming, outgoing, server_hostname="localhost")
    other = server.wrap_bio(outgoing, incoming, server_side=True)
    for _ in range(4):
        for side in (hello, other):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    assert hello.getpeercert()


def test_it_stays_out_of_a_database_that_env_names(place: Place) -> None:
    """serve.py passes on what the environment has; what .env has, the parts would read."""
    environment = place.environment({"HOST": "127.0.0.1", "PATH": "/bin", "DATABASE_URL": ""})
    assert environment["DATABASE_URL"] == f"sqlite:///{place.folder}/musubi.sqlite3"
    assert environment["MEDIA_ROOT"].startswith(str(place.folder))
    assert environment["EMAIL_URL"] == "consolemail://"
    assert environment["INBOX_ALLOW_PRIVATE_HOSTS"] == "true"
    assert environment["PATH"] == "/bin"


def test_a_database_that_was_asked_for_is_taken(place: Place) -> None:
    given = {"HOST": "127.0.0.1", "DATABASE_URL": "postgres://here/demo"}
    assert place.environment(given)["DATABASE_URL"] == "postgres://here/demo"


def test_what_it_keeps_is_for_its_owner_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    again(tmp_path)
    assert tmp_path.stat().st_mode & 0o077 == 0
