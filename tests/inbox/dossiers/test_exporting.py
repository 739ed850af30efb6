"""Archives: what is stored on a contact, and the mail of one's mailbox, to take away (M36, M59)."""

import io
import json
import mailbox as mailboxes
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from crm.models import Attachment, Contact, Email, Notice, Participant, User
from inbox import tasks
from inbox.dossiers import exporting
from inbox.models import ExportRun, MailboxCopy
from inbox.models.transport import keep_headers
from tests.factories import make_email, make_mailbox, make_note

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)


def made(run: ExportRun) -> zipfile.ZipFile:
    assert run.claim(timezone.now()) and not run.claim(timezone.now())
    exporting.carry_out(run)
    run.refresh_from_db()
    return zipfile.ZipFile(io.BytesIO(run.content()))


def letters(archive: zipfile.ZipFile, folder: Path) -> list[mailboxes.mboxMessage]:
    path = folder / "mail.mbox"
    path.write_bytes(archive.read("mail.mbox"))
    return list(mailboxes.mbox(path))


def attach(email: Email, content: bytes, name: str) -> Attachment:
    kind = "application/octet-stream"
    return Attachment.objects.store(email.activity, content, name=name, content_type=kind)


@pytest.mark.rule("M36")
def test_all_that_is_stored_on_a_contact(aoki: Contact, hana: User, tmp_path: Path) -> None:
    email = make_email(
        aoki, subject="お見積り", text="From here on\nit is text.", html="<p>x</p>", at=AT, by=hana
    )
    keep_headers([(email, b"X-Kept: yes\r\n\r\n")], "synced", AT)
    for name in ("../../etc/passwd", "PASSWD", "con.txt", "見積.pdf"):
        attach(email, name.encode(), name)
    make_note(aoki, "They called.")
    run = exporting.ask(hana, contact=aoki)
    assert exporting.ask(hana, contact=aoki) == run
    archive = made(run)
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == sorted(
        [
            "README.txt",
            "contact.json",
            "timeline.json",
            "mail.mbox",
            "files/passwd",
            "files/PASSWD (2)",
            "files/_con.txt",
            "files/見積.pdf",
        ]
    )
    assert archive.read("files/passwd") == b"../../etc/passwd"
    record = json.loads(archive.read("contact.json"))
    assert (record["last_name"], record["addresses"][0]["address"]) == ("Aoki", aoki.email)
    told = json.loads(archive.read("timeline.json"))
    assert [line["kind"] for line in told] == ["email", "note"]
    assert told[0]["headers"] == ["X-Kept: yes"] and told[0]["files"][0]["path"] == "files/passwd"
    (letter,) = letters(archive, tmp_path)
    assert letter["X-Musubi-Rebuilt"] and letter["Date"].startswith("Sun, 03 May 2026 09:30:00")
    body = letter.get_payload(0).get_payload(0).get_payload(decode=True)  # type: ignore[union-attr]
    assert body.strip().splitlines()[-1] == b"it is text."
    assert run.counts == {"emails": 1, "notes": 1, "letters": 1, "files": 4}
    assert Notice.objects.get(user=hana, kind="export_ready").values["contact"] == aoki.pk


@pytest.mark.rule("M53")
def test_what_is_private_is_not_in_it(
    aoki: Contact, hana: User, ken: User, mio: User, tmp_path: Path
) -> None:
    email = make_email(aoki, text="Secret of Ken", subject="Secret", private=True, at=AT, by=ken)
    attach(email, b"secret", "secret.txt")
    for who in (hana, mio):  # administrators neither
        archive = made(exporting.ask(who, contact=aoki))
        everything = b"".join(archive.read(name) for name in archive.namelist())
        assert b"ecret" not in everything
        (line,) = json.loads(archive.read("timeline.json"))
        assert line["at"] == "2026-05-03" and line["not_shown"]
    assert b"Secret of Ken" in made(exporting.ask(ken, contact=aoki)).read("timeline.json")


@pytest.mark.rule("M59")
def test_the_mail_of_a_mailbox(aoki: Contact, weber: Contact, hana: User, tmp_path: Path) -> None:
    mailbox = make_mailbox(hana)
    for contact in (aoki, weber):
        email = make_email(contact, text="Good morning.\n\nFrom nowhere", by=hana, at=AT)
        Participant.objects.create(email=email, role="to", name="Hana", address=hana.email)
        MailboxCopy.objects.create(email=email, mailbox=mailbox)
    attach(email, b"\x00\xff", "a.bin")
    make_email(aoki, text="of another mailbox")
    archive = made(exporting.ask(hana, mailbox=mailbox))
    assert archive.namelist() == ["mail.mbox"]
    first, second = letters(archive, tmp_path)
    assert (
        first["From"] == "Yuki Aoki <yuki@aoki.example>" and first["To"] == f"Hana <{hana.email}>"
    )
    parts = [part for part in second.walk() if part.get_filename() == "a.bin"]
    assert parts[0].get_payload(decode=True) == b"\x00\xff"


@pytest.mark.rule("M36")
def test_it_is_kept_for_a_day(aoki: Contact, hana: User) -> None:
    run = exporting.ask(hana, contact=aoki)
    made(run)
    ready = run.finished_at
    assert ready and default_storage.exists(run.path)
    day = timedelta(hours=24)
    assert ExportRun.objects.ready(ready + day - timedelta(seconds=1)).get() == run
    assert not ExportRun.objects.over(ready + day - timedelta(seconds=1)).exists()
    assert not ExportRun.objects.ready(ready + day).exists()
    ExportRun.objects.update(finished_at=ready - day)
    tasks.serve_privacy_requests()
    assert not ExportRun.objects.exists() and not default_storage.exists(run.path)
