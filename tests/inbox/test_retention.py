"""Each class of data to the second of its end, on a moved clock (M28 to M34, M57)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from crm import retention
from crm.models import (
    Activity,
    Attachment,
    Company,
    Contact,
    DoomedFile,
    Email,
    Hold,
    PurgeReceipt,
    User,
)
from inbox.connect import joining
from inbox.dossiers import erasing
from inbox.mime.types import ParsedAttachment
from inbox.models import (
    Folder,
    HeaderBlock,
    Mailbox,
    MailboxCopy,
    MessageId,
    RawCopy,
    Template,
    TemplateFile,
)
from inbox.models import TransportRecord as Transport
from inbox.models.transport import keep_headers
from inbox.outreach import templates
from inbox.retention import RULES
from tests.factories import make_deal, make_email, make_mailbox

pytestmark = pytest.mark.django_db
RULE = {rule.name: rule for rule in RULES}
TOKYO = "Asia/Tokyo"


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana)


def beside(contact: Contact, mailbox: Mailbox, at: datetime) -> Email:
    """An e-mail with one of everything that retention purges, from the moment `at`."""
    email = make_email(contact)
    Transport.objects.create(email=email, mailbox=mailbox, at=at, size=5, recipients=["a@b.test"])
    for origin in HeaderBlock.Origin:
        keep_headers([(email, b"Subject: x\r\n\r\nbody")], origin, at)
    RawCopy.objects.create(email=email, at=at, text="Subject: x\r\n\r\nbody")
    folder = Folder.objects.get_or_create(mailbox=mailbox, name="INBOX", role="inbox")[0]
    MailboxCopy.objects.create(
        email=email, mailbox=mailbox, folder=folder, uidvalidity=1, uid=email.pk, seen_at=at
    )
    return email


@pytest.mark.rule("M28")
@pytest.mark.rule("M33")
@pytest.mark.parametrize(
    ("zone", "sent", "still_at", "gone_at"),
    [
        # all of the month after it, to its last second, in the time of the organisation
        ("UTC", "2026-01-01T00:00+00:00", "2026-02-28T23:59:59+00:00", "2026-03-01T00:00+00:00"),
        ("UTC", "2026-01-31T23:59+00:00", "2026-02-28T23:59:59+00:00", "2026-03-01T00:00+00:00"),
        # a leap year, and the turn of a year
        ("UTC", "2024-01-31T12:00+00:00", "2024-02-29T23:59:59+00:00", "2024-03-01T00:00+00:00"),
        ("UTC", "2025-12-31T23:59+00:00", "2026-01-31T23:59:59+00:00", "2026-02-01T00:00+00:00"),
        # in Tokyo January begins at 15:00 UTC of 31 December
        (TOKYO, "2025-12-31T15:00+00:00", "2026-02-28T14:59:59+00:00", "2026-02-28T15:00+00:00"),
        (TOKYO, "2025-12-31T14:59+00:00", "2026-01-31T14:59:59+00:00", "2026-01-31T15:00+00:00"),
        # a month in which the clocks change
        (
            "Europe/Berlin",
            "2026-02-28T23:30+01:00",
            "2026-03-31T23:59:59+02:00",
            "2026-04-01T00:00+02:00",
        ),
    ],
)
def test_transport_goes_with_the_calendar_month(
    aoki: Contact,
    mailbox: Mailbox,
    settings: Settings,
    zone: str,
    sent: str,
    still_at: str,
    gone_at: str,
) -> None:
    settings.TIME_ZONE = zone
    email = beside(aoki, mailbox, datetime.fromisoformat(sent))
    MessageId.objects.create(value="known@x.test", email=email)
    assert retention.purge(RULE["transport"], datetime.fromisoformat(still_at)) == 0
    assert Transport.objects.count() == 1
    assert retention.expired(RULE["transport"], datetime.fromisoformat(gone_at)) == 2
    assert retention.purge(RULE["transport"], datetime.fromisoformat(gone_at)) == 2
    assert not Transport.objects.exists()
    # which mailbox holds it, and the ids by which replies find it, stay
    copy = MailboxCopy.objects.get()
    assert (copy.mailbox, copy.folder, copy.uid, copy.uidvalidity) == (mailbox, None, None, None)
    assert Email.objects.filter(message_ids__value="known@x.test").exists()


AT = datetime(2026, 3, 17, 12, tzinfo=UTC)


@pytest.mark.rule("M29")
@pytest.mark.rule("M30")
@pytest.mark.rule("M31")
@pytest.mark.parametrize(
    ("name", "kept_for", "left"),
    [
        ("raw", timedelta(hours=24), RawCopy.objects.all),
        ("synced_headers", timedelta(days=7), lambda: HeaderBlock.objects.filter(origin="synced")),
        ("sent_headers", timedelta(days=365), lambda: HeaderBlock.objects.filter(origin="sent")),
    ],
)
def test_each_class_to_the_second(
    aoki: Contact, mailbox: Mailbox, name: str, kept_for: timedelta, left: Any
) -> None:
    beside(aoki, mailbox, AT)
    assert retention.purge(RULE[name], AT + kept_for) == 0
    assert left().count() == 1
    others = HeaderBlock.objects.count() + RawCopy.objects.count()
    assert retention.purge(RULE[name], AT + kept_for + timedelta(seconds=1)) == 1
    assert not left().exists()
    assert HeaderBlock.objects.count() + RawCopy.objects.count() == others - 1
    assert Email.objects.exists() and Transport.objects.exists()


def test_headers_and_raw_copies_are_ciphertext_at_rest(aoki: Contact, mailbox: Mailbox) -> None:
    beside(aoki, mailbox, AT)
    assert HeaderBlock.objects.values_list("text", flat=True)[0] == "Subject: x"
    for model in (HeaderBlock, RawCopy):
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT "text" FROM {model._meta.db_table}')  # noqa: S608  # a table's name
            stored = bytes(cursor.fetchone()[0])
        assert b"Subject" not in stored and stored.startswith(b"gAAAA")


# --- the purge ------------------------------------------------------------------------------------


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(retention, "BATCH", 2)
    yield


@pytest.mark.rule("M34")
def test_an_interrupted_purge_goes_on_and_leaves_no_file(
    aoki: Contact, small_batches: None
) -> None:
    emails = [make_email(aoki) for _ in range(5)]
    paths = [
        Attachment.objects.store(email.activity, f"{email.pk}".encode(), name="a").path
        for email in emails
    ]
    Activity.objects.update(deleted_at=AT)
    later = AT + timedelta(days=91)
    cut = patch.object(default_storage, "delete", side_effect=KeyboardInterrupt("power cut"))
    with cut, pytest.raises(KeyboardInterrupt):
        retention.purge(retention.TRASH, later)
    assert not Activity.objects.exists() and all(map(default_storage.exists, paths))
    assert PurgeReceipt.objects.get().count == 5
    assert retention.purge(retention.TRASH, later) == 0
    assert not any(map(default_storage.exists, paths)) and not DoomedFile.objects.exists()


@pytest.mark.rule("M34")
def test_a_file_that_cannot_be_deleted_keeps_nothing_else_from_going(aoki: Contact) -> None:
    old, other = make_email(aoki), make_email(aoki)
    paths = [
        Attachment.objects.store(email.activity, f"{email.pk}".encode(), name="a").path
        for email in (old, other)
    ]
    Activity.objects.update(deleted_at=AT)
    really = default_storage.delete

    def delete(path: str) -> None:
        if path == paths[0]:
            raise PermissionError(path)
        really(path)

    with patch.object(default_storage, "delete", delete):
        retention.purge(retention.TRASH, AT + timedelta(days=91))
    assert [default_storage.exists(path) for path in paths] == [True, False]
    assert [row.path for row in DoomedFile.objects.all()] == paths[:1]
    retention.sweep()
    assert not default_storage.exists(paths[0]) and not DoomedFile.objects.exists()


def test_a_batch_that_fails_is_as_if_it_had_not_begun(aoki: Contact, small_batches: None) -> None:
    for _ in range(5):
        make_email(aoki)
    Activity.objects.update(deleted_at=AT)
    later, erase = AT + timedelta(days=91), retention._erase
    part = retention.TRASH.parts[0]
    calls = []

    def second_fails(ids: Any) -> Any:
        calls.append(ids)
        done = erase(Activity, ids)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return done

    broken = retention.Rule(
        "trash",
        "M32",
        retention.TRASH.cutoff,
        [retention.Part(part.rows, part.since, second_fails)],
    )
    with pytest.raises(RuntimeError):
        retention.purge(broken, later)
    receipt = PurgeReceipt.objects.get()
    assert (Activity.objects.count(), receipt.count, receipt.finished_at) == (3, 2, None)
    assert retention.purge(retention.TRASH, later) == 3


def test_a_file_that_is_wanted_again_stays(aoki: Contact) -> None:
    gone, kept = make_email(aoki), make_email(aoki)
    path = Attachment.objects.store(gone.activity, b"same", name="a").path
    gone.activity.change(deleted_at=AT)
    with patch.object(retention, "sweep"):
        retention.purge(retention.TRASH, AT + timedelta(days=91))
    Attachment.objects.store(kept.activity, b"same", name="b")
    retention.sweep()
    assert default_storage.exists(path) and not DoomedFile.objects.exists()


@pytest.mark.rule("M34")
def test_the_command_counts_then_purges_and_leaves_receipts(
    aoki: Contact, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    email = beside(aoki, mailbox, AT)
    Contact.objects.filter(pk=aoki.pk).update(deleted_at=AT)
    expected = {
        "transport": 2,
        "raw": 1,
        "synced_headers": 1,
        "sent_headers": 0,
        "drafts": 0,
        "trash": 1,
    }
    for flags in (["--dry-run"], ["--dry-run"], []):
        call_command("purge_expired", "--now", "2026-07-01T00:00:00Z", *flags)
        assert json.loads(capsys.readouterr().out) == expected
    assert Email.objects.get() == email
    assert {row.rule: row.count for row in PurgeReceipt.objects.all()} == expected
    assert all(row.finished_at for row in PurgeReceipt.objects.all())
    call_command("purge_expired", "--now", "2026-07-01T00:00:00Z")
    assert set(json.loads(capsys.readouterr().out).values()) == {0}


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30T00:00:00Z"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="is no time"):
        call_command("purge_expired", "--now", text)


# --- holds ----------------------------------------------------------------------------------------


@pytest.mark.rule("M57")
@pytest.mark.parametrize("noun", ["contact", "company"])
def test_a_hold_keeps_a_record_and_all_on_its_timeline(
    aoki: Contact, hana: User, mailbox: Mailbox, noun: str
) -> None:
    company = Company.objects.create(name="Hayama")
    aoki.change(company=company)
    email = beside(aoki, mailbox, AT)
    email.activity.associations.get_or_create(company=company, defaults={"at": AT})
    record: Any = {"contact": aoki, "company": company}[noun]
    for row in (email.activity, record):
        row.change(deleted_at=AT)
    hold = Hold.place(record, by=hana, reason="Hayama v. Aoki")
    later = AT + timedelta(days=400)
    for rule in RULES:
        assert (retention.expired(rule, later), retention.purge(rule, later)) == (0, 0)
    for row in (email.activity, record):
        assert retention.is_held(row)
        with pytest.raises(retention.OnHold):
            retention.erase(row)
    hold.release(later)
    assert sum(retention.purge(rule, later) for rule in RULES) == 7


@pytest.mark.rule("M57")
def test_a_hold_keeps_those_whom_the_record_is_about(
    aoki: Contact, weber: Contact, hana: User
) -> None:
    deal = make_deal(aoki)
    aoki.trash()
    weber.trash()
    hold = Hold.place(deal, by=hana, reason="Hayama v. Aoki")
    with pytest.raises(retention.OnHold):
        erasing.ask(aoki, by=hana)
    later = timezone.now() + timedelta(days=400)
    assert retention.purge(retention.TRASH, later) == 1
    assert list(Contact.objects.all()) == [aoki]
    hold.release(later)
    assert retention.purge(retention.TRASH, later) == 1


@pytest.mark.rule("M57")
@pytest.mark.rule("M35")
def test_under_a_hold_it_stays_known_where_an_email_lay_when_the_mailbox_goes(
    aoki: Contact, weber: Contact, hana: User, mailbox: Mailbox
) -> None:
    held, other = beside(aoki, mailbox, AT), beside(weber, mailbox, AT)
    hold = Hold.place(aoki, by=hana, reason="Hayama v. Aoki")
    joining.disconnect(mailbox, keep_emails=True)
    copy = MailboxCopy.objects.get()
    assert (copy.email, copy.of_address, copy.uid) == (held, mailbox.email, held.pk)
    assert (copy.mailbox, copy.folder) == (None, None)
    assert set(Email.objects.all()) == {held, other} and not Folder.objects.exists()
    later = AT + timedelta(days=400)
    retention.purge(RULE["transport"], later)
    assert MailboxCopy.objects.exists()
    hold.release(later)
    retention.purge(RULE["transport"], later)
    assert not MailboxCopy.objects.exists()


@pytest.mark.rule("M57")
def test_the_same_where_whoever_owned_it_is_deleted(
    aoki: Contact, hana: User, mio: User, mailbox: Mailbox
) -> None:
    held = beside(aoki, mailbox, AT)
    Hold.place(aoki, by=mio, reason="Hayama v. Aoki")
    hana.delete()
    assert held.copies.get().of_address == mailbox.email and not Mailbox.objects.exists()


@pytest.mark.rule("M32")
def test_files_of_templates_that_went_with_an_account_go_as_well(
    db: None, rin: User, settings: Settings
) -> None:
    file = ParsedAttachment("a.pdf", "application/pdf", 1, b"x", "", inline=False)
    made = templates.add(Template, templates.Body(text="Hi"), by=rin, name="T", files=[file])
    path = made.files.get().path
    rin.delete()
    assert not Template.objects.exists()
    late = datetime.now(UTC) + timedelta(days=settings.RETENTION_DRAFTS_DAYS + 1)
    retention.purge(RULE["drafts"], late)
    assert not TemplateFile.objects.exists() and not default_storage.exists(path)
