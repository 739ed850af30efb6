"""The walk: mail of every class, and a Trash with everything in it, through each boundary of M28 to
M32; at each the rows of every table and the files in the storage are counted.

The clock is moved, to the past, since no server keeps a mail that came tomorrow. The mail is real:
sent through the relay, found on Dovecot.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest
import time_machine
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from crm import todo
from crm.models import Activity, Contact, Email, User
from inbox.mime.parse import parse
from inbox.mime.types import ParsedAttachment, ParsedMessage
from inbox.models import (
    Folder,
    HeaderBlock,
    LogSecret,
    Mailbox,
    MailboxCopy,
    Outgoing,
    RawCopy,
    SendingHours,
    Sequence,
    Snippet,
    Template,
)
from inbox.outreach import building, enrolling, templates
from inbox.sending import composer, drafts, outbox
from inbox.sync import engine, filing
from tests.factories import connect_mailbox, make_company, make_deal, make_note
from tests.inbox.letters import letter, reply_to, rich_reply_to
from tests.inbox.outreach.conftest import tick
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]
UNREADABLE = "the words of the bad message"
TOKYO, BERLIN = "Asia/Tokyo", "Europe/Berlin"


class Walk(NamedTuple):
    """All the mail is of the minute that begins at `at`, in the time of the organisation: `zone`,
    and `moved_to` from the next day on. The others: when each class has had its time."""

    zone: str
    at: str
    raw: str
    synced_headers: str
    transport: str
    trash: str
    sent_headers: str
    moved_to: str = ""


WALKS = {
    "the last minute of a month": Walk(
        TOKYO,
        "2025-01-31T23:58:00+09:00",
        raw="2025-02-01T23:58:00+09:00",
        synced_headers="2025-02-07T23:58:00+09:00",
        transport="2025-03-01T00:00:00+09:00",
        trash="2025-05-01T23:58:00+09:00",
        sent_headers="2026-01-31T23:58:00+09:00",
    ),
    "its first minute": Walk(
        TOKYO,
        "2025-02-01T00:00:00+09:00",
        raw="2025-02-02T00:00:00+09:00",
        synced_headers="2025-02-08T00:00:00+09:00",
        transport="2025-04-01T00:00:00+09:00",
        trash="2025-05-02T00:00:00+09:00",
        sent_headers="2026-02-01T00:00:00+09:00",
    ),
    "a leap day": Walk(
        "UTC",
        "2024-02-29T12:00:00+00:00",
        raw="2024-03-01T12:00:00+00:00",
        synced_headers="2024-03-07T12:00:00+00:00",
        transport="2024-04-01T00:00:00+00:00",
        trash="2024-05-29T12:00:00+00:00",
        sent_headers="2025-02-28T12:00:00+00:00",
    ),
    "the day before the clocks go forward": Walk(
        BERLIN,
        "2025-03-29T12:00:00+01:00",
        raw="2025-03-30T13:00:00+02:00",
        synced_headers="2025-04-05T13:00:00+02:00",
        transport="2025-05-01T00:00:00+02:00",
        trash="2025-06-27T13:00:00+02:00",
        sent_headers="2026-03-29T13:00:00+02:00",
    ),
    "an organisation that moves to another zone": Walk(
        TOKYO,
        "2025-10-01T00:00:00+09:00",  # in Berlin it is September still
        raw="2025-10-02T00:00:00+09:00",
        synced_headers="2025-10-08T00:00:00+09:00",
        transport="2025-11-01T00:00:00+01:00",
        trash="2025-12-30T00:00:00+09:00",
        sent_headers="2026-10-01T00:00:00+09:00",
        moved_to=BERLIN,
    ),
}

# Which moment it is, is reckoned here; the databases are told two of them to compare.
FIRST, *OTHERS = WALKS
BOTH_DATABASES_BY_ONE = [FIRST, *(pytest.param(each, marks=pytest.mark.once) for each in OTHERS)]

# What goes with each class, of all that there is.
GONE: dict[str, dict[str, int]] = {
    # sent to Aoki by a sequence, logged by Bcc, by forwarding and by the CRM folder
    "raw": {"inbox.RawCopy": 4},
    # those three, and two answers of which one lies in the Trash
    "synced_headers": {"inbox.HeaderBlock": 5},
    # each of the five, and the two that were sent; where each of them lies
    "transport": {"inbox.TransportRecord": 7, "places": 7, "inbox.Quarantined": 1},
    "drafts": {"inbox.Draft": 1, "inbox.DraftFile": 1, "files": 1},
    "trash": {
        "crm.Activity": 3,  # an answer, a note, a task
        "crm.Email": 1,
        "crm.Notice": 1,  # that it came
        "crm.Note": 1,
        "crm.Task": 1,
        "crm.Participant": 2,
        "crm.Attachment": 2,
        "crm.Association": 6,  # each on a contact and on its company
        "crm.Contact": 1,
        "crm.EmailAddress": 1,
        "crm.Company": 1,
        "crm.Deal": 1,
        "inbox.MailboxCopy": 1,
        "inbox.Reading": 1,
        "inbox.MessageId": 1,  # its keyed hash stays (M48)
        "inbox.Template": 1,
        "inbox.TemplateFile": 1,
        "inbox.Snippet": 1,
        "inbox.TemplateFolder": 1,
        "files": 3,
    },
    "sent_headers": {"inbox.HeaderBlock": 2},
}


def count(media: Path) -> Counter[str]:
    """The rows of every table, the copies whose place is known, and the files in the storage."""
    models = [m for app in ("crm", "inbox") for m in apps.get_app_config(app).get_models()]
    found = Counter({model._meta.label: model.objects.count() for model in models})
    del found["crm.PurgeReceipt"]
    found["places"] = MailboxCopy.objects.exclude(uid=None).count()
    found["files"] = sum(path.is_file() for path in media.rglob("*"))
    return found


def purge(at: datetime) -> dict[str, int]:
    """What the night's purge erases at that moment, by class; nothing for those without any."""
    out = StringIO()
    call_command("purge_expired", "--now", at.isoformat(), stdout=out)
    return {name: number for name, number in json.loads(out.getvalue()).items() if number}


# --- a minute of mail -----------------------------------------------------------------------------


@pytest.fixture
def media(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def walk(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Walk]:
    found = WALKS[request.param]
    settings.TIME_ZONE = found.zone
    with time_machine.travel(datetime.fromisoformat(found.at).astimezone(UTC), tick=True):
        yield found


@pytest.fixture
def mailbox(
    walk: Walk, hana: User, trusted: Dovecot, mail_user: Callable[..., str], relay: Relay
) -> Mailbox:
    return connect_mailbox(hana, trusted, mail_user("hana"))


@pytest.fixture
def logging(walk: Walk, mio: User, trusted: Dovecot, mail_user: Callable[..., str]) -> Mailbox:
    mailbox = connect_mailbox(mio, trusted, mail_user("log"))
    mailbox.change(logs_mail=True)
    return mailbox


def file_of(content: str) -> ParsedAttachment:
    return ParsedAttachment("a.txt", "text/plain", len(content), content.encode(), "", inline=False)


def send(mailbox: Mailbox, contact: Contact) -> Email:
    """One to one, with a file."""
    draft = composer.NewEmail(
        mailbox=mailbox,
        to=[contact.email],
        subject="Our offer",
        text="Hello.",
        files=[file_of("the offer")],
    )
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    return email


def send_by_sequence(mailbox: Mailbox, contact: Contact) -> None:
    windows = {str(day): ["00:00", "23:59:59.999999"] for day in range(7)}
    SendingHours.objects.create(user=mailbox.owner, windows=windows, spacing=0)
    row = building.make(
        Sequence(name="Follow-up", owner=mailbox.owner),
        [{"subject": "A question", "html": "<p>Hello.</p>"}],
    )
    now = timezone.now()
    found = enrolling.candidates(row, [contact], by=mailbox.owner, mailbox=mailbox, now=now)
    enrolling.enrol(row, found, mailbox=mailbox, by=mailbox.owner, now=now)
    tick()
    tick()


def log_three_ways(mailbox: Mailbox, logging: Mailbox, contact: Contact, server: Dovecot) -> None:
    """By Bcc, by forwarding, and by the CRM folder."""
    address, own = LogSecret.of(mailbox.owner).address_at(logging.email), mailbox.owner.email
    server.deliver(address, letter(sender=own, to=contact.email, subject="Bcc").as_bytes())
    forwarded = (
        f"---------- Forwarded message ---------\nFrom: <{contact.email}>\n"
        f"Date: Tue, Mar 17, 2020 at 10:24 AM\nSubject: Order\nTo: <{own}>\n\nForty.\n"
    )
    fwd = letter(sender=own, to=address, subject="Fwd: Order", text=forwarded)
    server.deliver(address, fwd.as_bytes())
    server.create(mailbox.email, "CRM")
    mailbox.folders.create(name="CRM", role=Folder.Role.CRM)
    moved = letter(sender=contact.email, to=mailbox.email, subject="Moved")
    server.append(mailbox.email, "CRM", moved.as_bytes())
    look(logging)


def look(mailbox: Mailbox) -> None:
    assert engine.look(Mailbox.objects.get(pk=mailbox.pk), force=True)


def answer(sent: Email, mailbox: Mailbox, contact: Contact, server: Dovecot) -> Email:
    """Three of them: one that stays, one that cannot be read, and the one that is returned."""
    for text in ("Yes.", UNREADABLE):
        reply = reply_to(sent, sender=contact.email, to=mailbox.email, text=text)
        server.deliver(mailbox.email, reply.as_bytes())
    server.deliver(
        mailbox.email, rich_reply_to(sent, sender=contact.email, to=mailbox.email).as_bytes()
    )
    look(mailbox)
    return Email.objects.get(subject="Re: 見積書の件")


def fill_the_trash(doomed: Email, by: User, contact: Contact) -> None:
    """One of every kind that can be deleted, and a draft that nobody goes on with."""
    aoki = Contact.objects.get(associations__activity=doomed.activity)
    noted = make_note(aoki).activity
    task = todo.add("Call", due_at=None, assignee=by, records=[aoki], by=by)
    company, deal = make_company(owner=by), make_deal(owner=by)
    rows = [doomed.activity, noted, Activity.objects.get(pk=task.pk), contact, company, deal]
    for row in rows:
        row.trash()
    written = templates.Body(text="Dear you")
    with_file = templates.add(Template, written, by=by, name="T", files=[file_of("the terms")])
    templates.add(Template, written, by=by, name="Kept", files=[file_of("kept")])
    snippet = templates.add(Snippet, written, by=by, name="S", shortcut="s")
    for prewritten in (with_file, snippet, templates.add_folder("Old")):
        templates.trash(prewritten, by=by)
    draft = drafts.open_draft(by, drafts.Place(), "key")
    drafts.attach(draft, ContentFile(b"half an offer", name="half.txt"))


# --- the walk -------------------------------------------------------------------------------------


@pytest.mark.rule("M28")
@pytest.mark.rule("M29")
@pytest.mark.rule("M30")
@pytest.mark.rule("M31")
@pytest.mark.rule("M32")
@pytest.mark.rule("M33")
@pytest.mark.lawless("what was put aside is purged, and that nobody could read it is known")
@pytest.mark.parametrize("walk", BOTH_DATABASES_BY_ONE, indirect=True)
def test_each_class_goes_when_its_time_is_over_and_nothing_else_does(
    walk: Walk,
    media: Path,
    mailbox: Mailbox,
    logging: Mailbox,
    aoki: Contact,
    weber: Contact,
    dovecot: Dovecot,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = send(mailbox, aoki)
    send_by_sequence(mailbox, aoki)
    log_three_ways(mailbox, logging, aoki, dovecot)
    with monkeypatch.context() as broken:
        broken.setattr(filing, "parse", read_all_but_the_bad)
        doomed = answer(sent, mailbox, aoki, dovecot)
    fill_the_trash(doomed, mailbox.owner, weber)
    kept = count(media)
    for just_before, then, classes in boundaries(walk):
        assert purge(just_before) == {} and count(media) == kept, just_before
        kept.subtract(sum((Counter(GONE[name]) for name in classes), Counter()))
        assert set(purge(then)) == set(classes)
        assert +count(media) == +kept, then
        settings.TIME_ZONE = walk.moved_to or walk.zone
    assert not HeaderBlock.objects.exists() and not RawCopy.objects.exists()
    # what is left: the timeline, its files, and the ids by which answers are found
    late = reply_to(sent, sender=aoki.email, to=mailbox.email, text="Yes, a year later.")
    dovecot.deliver(mailbox.email, late.as_bytes())
    look(mailbox)
    assert sent.thread.emails.filter(text__contains="a year later").exists()
    assert sent.activity.files.get().content() == b"the offer"


def boundaries(walk: Walk) -> Iterator[tuple[datetime, datetime, tuple[str, ...]]]:
    """In the order of time: the last moment before, the one after, and the classes that go."""
    classes = (("raw",), ("synced_headers",), ("transport",), ("trash", "drafts"))
    for names in (*classes, ("sent_headers",)):
        at = datetime.fromisoformat(getattr(walk, names[0]))
        whole = names == ("transport",)  # with its month, to the second; the rest with its minute
        yield at - timedelta(seconds=whole), at + timedelta(minutes=not whole), names


def read_all_but_the_bad(raw: bytes) -> ParsedMessage:
    if UNREADABLE.encode() in raw:
        raise ValueError("a message that this version cannot read")
    return parse(raw)
