"""check_integrity finds what is missing, damaged, left over or unreadable, and says where."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from crm import retention
from crm.models import Activity, Attachment, Contact, User
from tests.factories import make_mailbox, make_note

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path / "media"
    yield


@pytest.fixture
def file(aoki: Contact) -> Attachment:
    activity = make_note(aoki).activity
    return Attachment.objects.store(activity, b"as it was", name="a.txt", content_type="text/plain")


def checked(exit_code: int = 0) -> dict[str, Any]:
    out = StringIO()
    if exit_code:
        with pytest.raises(SystemExit) as ended:
            call_command("check_integrity", stdout=out)
        assert ended.value.code == exit_code
    else:
        call_command("check_integrity", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    assert found["well"] is (exit_code == 0)
    return found


def age(path: str) -> None:
    then = (timezone.now() - timedelta(days=1)).timestamp()
    os.utime(Path(django_settings.MEDIA_ROOT) / path, (then, then))


def test_what_holds_together_is_well(file: Attachment, hana: User) -> None:
    make_mailbox(hana)
    found = checked()
    assert found["files"] == 1
    assert found["secrets"] >= 1


def test_a_file_that_is_missing(file: Attachment) -> None:
    default_storage.delete(file.path)
    assert checked(1)["missing_files"] == [file.path]


@pytest.mark.parametrize("content", [b"as it is now", b"as it wos"])
def test_a_file_that_was_changed(file: Attachment, content: bytes) -> None:
    (Path(django_settings.MEDIA_ROOT) / file.path).write_bytes(content)
    assert checked(1)["damaged_files"] == [file.path]


def test_a_file_that_no_row_names(file: Attachment) -> None:
    Attachment.objects.all().delete()
    assert checked()["unnamed_files"] == []  # its row may be about to be written
    age(file.path)
    assert checked(1)["unnamed_files"] == [file.path]
    retention.doom([file.path])  # known, and about to go
    assert checked()["unnamed_files"] == []


def test_a_secret_whose_key_is_lost(hana: User) -> None:
    make_mailbox(hana)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inbox_credential SET password = %s", [b"gAAAAABnot-ours"])
    assert checked(1)["unreadable_secrets"] == {"inbox_credential.password": 1}


def test_a_line_on_a_timeline_without_what_it_is(hana: User) -> None:
    Activity.objects.create(kind="note", at=timezone.now(), by=hana)
    assert checked(1)["empty_activities"] == {"note": 1}
