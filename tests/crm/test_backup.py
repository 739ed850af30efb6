"""A backup, restored elsewhere, is the same to the last byte; what cannot be restored is said."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from crm.models import Attachment, Contact, User
from inbox.models import Credential
from tests.factories import make_mailbox, make_note

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "kanariya of a mailbox"
OTHER = "bmV3LWtleS1mb3ItdGhlLXJvdGF0aW9uLXRlc3QtMDE="
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def environment(child_environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return {**child_environment, "MEDIA_ROOT": str(tmp_path / "media")}


def manage(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@contextmanager
def elsewhere(environment: dict[str, str], folder: Path) -> Iterator[dict[str, str]]:
    """An empty database and an empty folder, on the same kind of server."""
    url = f"sqlite:///{folder}/elsewhere.sqlite3"
    if connection.vendor == "postgresql":
        name = connection.settings_dict["NAME"]
        url = environment["DATABASE_URL"].replace(f"/{name}?", "/musubi_elsewhere?")
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE musubi_elsewhere")
    try:
        yield {**environment, "DATABASE_URL": url, "MEDIA_ROOT": str(folder / "elsewhere")}
    finally:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("DROP DATABASE musubi_elsewhere WITH (FORCE)")


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_demo_comes_back_to_the_last_byte(environment: dict[str, str], tmp_path: Path) -> None:
    call_command("seed_demo", contacts=12, emails=40, seed=1)
    mailbox = make_mailbox(User.objects.earliest("pk"), email="hana@backup.test")
    credential = mailbox.credential
    credential.password = PASSWORD
    credential.save()
    activity = make_note(Contact.objects.earliest("pk")).activity
    for number in range(3):
        values = {"name": "a.bin", "content_type": "application/octet-stream"}
        Attachment.objects.store(activity, os.urandom(9_000 + number), **values)
    folder = tmp_path / "backup"
    done = manage(environment, "backup", str(folder))
    assert done.returncode == 0, done.stderr
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["rows"]["crm_contact"] == Contact.objects.count() >= 12
    assert PASSWORD not in done.stdout + done.stderr + (folder / "manifest.json").read_text()
    assert PASSWORD.encode() not in (folder / manifest["database"]).read_bytes()
    assert folder.stat().st_mode & 0o077 == 0

    with elsewhere(environment, tmp_path) as there:
        restored = manage(there, "restore", str(folder))
        assert restored.returncode == 0, restored.stderr
        found = json.loads(restored.stdout)
        assert found["well"] is True
        assert found["secrets"] >= Credential.objects.count() == 2  # each was decrypted
        assert contents(tmp_path / "elsewhere") == contents(Path(django_settings.MEDIA_ROOT))
        again = manage(there, "restore", str(folder))
        assert again.returncode == 2
        assert "There are tables in this database already" in again.stderr


def test_what_cannot_be_restored_is_left_alone(
    environment: dict[str, str], tmp_path: Path, hana: User
) -> None:
    make_mailbox(hana)
    folder = tmp_path / "backup"
    assert manage(environment, "backup", str(folder)).returncode == 0
    with elsewhere(environment, tmp_path) as there:
        lost = manage({**there, "FERNET_KEYS": OTHER}, "restore", str(folder))
        assert (lost.returncode, "lacks a key" in lost.stderr) == (2, True)
        dump = folder / json.loads((folder / "manifest.json").read_text())["database"]
        whole = dump.read_bytes()
        dump.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        damaged = manage(there, "restore", str(folder))
        assert (damaged.returncode, "is damaged" in damaged.stderr) == (2, True)
        dump.write_bytes(whole)
        assert manage({**there, "FERNET_KEYS": f"{OTHER},{there['FERNET_KEYS']}"},
                      "restore", str(folder)).returncode == 0  # fmt: skip
