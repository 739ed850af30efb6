"""Erasing a person: nothing says who they were, and others keep what is theirs (M36)."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from crm import notices, retention
from crm.models import (
    Activity,
    Attachment,
    Contact,
    Email,
    Hold,
    Notice,
    Participant,
    Thread,
    UndoEntry,
    User,
)
from crm.undo import changed, remember
from inbox import logbook
from inbox.dossiers import erasing
from inbox.models import (
    Draft,
    DraftFile,
    Erasure,
    HeaderBlock,
    MessageId,
    NeverLog,
    Quarantined,
    RawCopy,
    TransportRecord,
)
from inbox.models.transport import keep_headers
from inbox.sending.replies import reply_to
from tests.factories import make_deal, make_email, make_mailbox, make_note, make_user
from tests.inbox.letters import arrival_of, letter

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M36")]

ADDRESS = "zyxwy.quorn@canary-vale.example"
SAID = "The kumquat invoice is seventeen days late."
CANARIES = ["zyxwy", "quorn", "canary-vale", "kumquat", "555-0199-7", "kanarie"]


@pytest.fixture
def quorn(hana: User) -> Contact:
    contact = Contact.add(
        email=ADDRESS, by=hana, first_name="Zyxwy", last_name="Quorn", phone="555-0199-7"
    )
    contact.properties = {"note": "kanarie"}
    contact.save()
    return contact


def dump() -> str:
    """All that the database and the storage hold, as text: ciphertext is read, names as well."""
    rows: list[Any] = []
    for model in apps.get_models():
        for row in model._default_manager.all():
            values = {field.attname: getattr(row, field.attname) for field in row._meta.fields}
            rows.append((model.__name__, {name: _plain(value) for name, value in values.items()}))
    files = [path for path in Path(django_settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    kept = [(path.name, path.read_bytes().decode("latin-1")) for path in files]
    return json.dumps([rows, kept], default=str, ensure_ascii=False).lower()


def _plain(value: Any) -> Any:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else value


def erase(contact: Contact, by: User) -> Erasure:
    erasure = erasing.ask(contact, by=by)
    assert erasure.claim(timezone.now())
    erasing.carry_out(erasure)
    erasure.refresh_from_db()
    return erasure


def attach(email: Email, content: bytes, name: str) -> Attachment:
    return Attachment.objects.store(email.activity, content, name=name, content_type="text/plain")


def everything(quorn: Contact, weber: Contact, hana: User) -> tuple[Email, Email, Email]:
    """Mail of theirs alone, mail of theirs that Weber is in, and what Weber answered to it."""
    make_mailbox(hana)
    alone = make_email(quorn, subject="Zyxwy asks", text=SAID, html=f"<p>{SAID}</p>", by=hana)
    attach(alone, b"kumquat, private", "kumquat.txt")
    keep_headers([(alone, f"From: {ADDRESS}\r\n\r\n".encode())], "synced", timezone.now())
    RawCopy.objects.create(email=alone, at=timezone.now(), text=SAID)
    TransportRecord.objects.create(email=alone, at=timezone.now(), size=1, recipients=[ADDRESS])
    thread = Thread.objects.create(subject="Quorn and Weber")
    both = make_email(weber, subject="Quorn and Weber", text=SAID, thread=thread, by=hana)
    both.participants.all().delete()
    for role, who in (("from", quorn), ("to", weber)):
        Participant.objects.create(
            email=both, role=role, name=who.name, address=who.email, contact=who
        )
    both.activity.associations.create(contact=quorn, at=both.activity.at, thread=thread)
    attach(both, b"kumquat, for two", "two.txt")
    answer = make_email(
        weber,
        thread=thread,
        text=f"Dear Mr Quorn, I pay on Monday.\n{SAID}\n\n> {SAID}",
        html=f"<p>I pay on Monday.</p><blockquote>{SAID}</blockquote>",
        by=hana,
    )
    Participant.objects.create(email=answer, role="cc", name="Q", address=ADDRESS.upper())
    HeaderBlock.objects.create(email=answer, origin="synced", text=ADDRESS, at=timezone.now())
    attach(answer, b"Weber's own", "quorn and weber.pdf")
    return alone, both, answer


def beside(quorn: Contact, weber: Contact, alone: Email, hana: User, mio: User) -> None:
    """What other places know of them."""
    make_note(quorn, f"Rang {ADDRESS}: the kumquat again.")
    make_note(weber, f"See {ADDRESS}.")
    make_deal(quorn, name="Quorn, 2026", owner=hana)
    notices.tell(hana, "reply", contact=quorn.pk, name="Zyxwy Quorn", subject="Kumquat")
    notices.tell(hana, "bounced", email=alone.pk, subject="x", address=ADDRESS)
    remember(hana, changed(quorn, job_title="kumquat trader"))
    draft = Draft.objects.create(user=hana, key="k", to=f"Z <{ADDRESS}>", text="kumquat")
    path = default_storage.save("attachments/kk/kumquat", _file(b"kumquat draft"))
    DraftFile.objects.create(draft=draft, name="kumquat", content_type="a/b", size=1, path=path)
    kind = ContentType.objects.get_for_model(Contact)
    LogEntry.objects.create(
        user=mio,
        content_type=kind,
        object_id=str(quorn.pk),
        object_repr="Zyxwy Quorn",
        action_flag=CHANGE,
    )


def _file(content: bytes) -> Any:
    return ContentFile(content)


def test_nothing_of_them_is_left(quorn: Contact, weber: Contact, hana: User, mio: User) -> None:
    alone, both, answer = everything(quorn, weber, hana)
    beside(quorn, weber, alone, hana, mio)
    assert all(canary in dump() for canary in CANARIES)
    erasure = erase(quorn, mio)
    left = dump()
    assert [left[at - 200 : at + 100] for c in CANARIES if (at := left.find(c)) >= 0] == []
    assert not Contact.objects.filter(pk=quorn.pk).exists()
    assert not Activity.objects.filter(pk=alone.pk).exists()
    assert erasure.finished_at and erasure.contact is None
    assert erasure.counts["emails"] == 1 and erasure.counts["emails_struck"] == 2
    # Weber keeps theirs
    both.refresh_from_db()
    assert (both.text, both.html) == ("", "") and not both.activity.files.exists()
    answer.refresh_from_db()
    assert answer.text.startswith("Dear Mr ■■■, I pay on Monday.")
    assert answer.activity.files.get().name == "■■■ and weber.pdf"
    assert set(weber.associations.values_list("activity", flat=True)) >= {both.pk, answer.pk}
    names = set(both.participants.values_list("role", "address"))
    assert names == {("from", f"erased-{erasure.pk}@erased.invalid"), ("to", weber.email)}


def test_it_can_be_done_again_where_it_was_interrupted(
    quorn: Contact, weber: Contact, hana: User, mio: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything(quorn, weber, hana)
    erasure = erasing.ask(quorn, by=mio)
    steps = erasing._steps

    def dies(*values: Any) -> Iterator[tuple[str, int]]:
        for name, count in steps(*values):
            yield name, count
            if name == "emails_struck":
                raise OSError("the power fails")

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_steps", dies)
        with pytest.raises(OSError, match="power"):
            erasing.carry_out(erasure)
    erasure.refresh_from_db()
    assert erasure.finished_at is None
    assert Erasure.objects.due(timezone.now() + timedelta(hours=1)).get() == erasure
    erasing.carry_out(erasure)
    assert [canary for canary in CANARIES if canary in dump()] == []


@pytest.mark.rule("M48")
def test_no_look_brings_it_back_nor_makes_them_a_contact(
    quorn: Contact, hana: User, mio: User
) -> None:
    mailbox = make_mailbox(hana, contact_creation="always")
    email = make_email(quorn, message_id="<kumquat-1@canary-vale.example>")
    erase(quorn, mio)
    assert not Email.objects.exists()
    gone = MessageId.objects.known([], erased=[email.message_id.strip("<>")])
    assert gone["kumquat-1@canary-vale.example"].email is None
    for wish in ("ask", "always"):
        mailbox.change(contact_creation=wish)
        mail = letter(sender=f"Zyxwy Quorn <{ADDRESS}>", to=f"{hana.email}, new@x.test")
        logbook.log_found([arrival_of(mail.as_bytes(), mailbox)])
    assert Participant.objects.get(stranger=True).address == "new@x.test"
    assert Contact.objects.get().email == "new@x.test"


@pytest.mark.rule("M57")
@pytest.mark.parametrize("where", ["contact", "deal", "other contact"])
def test_a_hold_forbids_it(
    quorn: Contact, weber: Contact, hana: User, mio: User, where: str
) -> None:
    _alone, both, _answer = everything(quorn, weber, hana)
    deal = make_deal(quorn)
    make_note(quorn)  # on their open deal as well
    held = {"contact": quorn, "deal": deal, "other contact": weber}[where]
    Hold.place(held, by=mio, reason="a case in court")
    with pytest.raises(retention.OnHold):
        erasing.ask(quorn, by=mio)
    Hold.objects.update(released_at=timezone.now())
    erasure = erasing.ask(quorn, by=mio)
    Hold.place(held, by=mio, reason="once more")  # before a worker comes to it
    erasing.carry_out(erasure)
    assert erasure.counts == {"refused_by_hold": 1}
    assert Contact.objects.filter(pk=quorn.pk).exists() and both.participants.count() == 2


def test_what_is_ours_is_not_struck(hana: User, mio: User, weber: Contact) -> None:
    """A colleague is somebody's contact too: their account and what they sent stay."""
    colleague = make_user("Nao")
    contact = Contact.add(email=colleague.email, by=hana, first_name="Nao", last_name="Mori")
    email = make_email(weber)
    Participant.objects.create(email=email, role="cc", name="Nao", address=colleague.email)
    erase(contact, mio)
    assert User.objects.filter(email=colleague.email).exists()
    assert email.participants.filter(address=colleague.email).exists()


def test_others_lose_nothing(quorn: Contact, weber: Contact, hana: User, mio: User) -> None:
    make_mailbox(hana)
    theirs = make_email(weber, text="Good morning.", html="<p>Good morning.</p>")
    notices.tell(hana, "reply", contact=weber.pk, name="Anna", subject="Hello")
    remember(hana, changed(weber, job_title="Buyer"))
    NeverLog.objects.create(entry=ADDRESS)
    erasure = erase(quorn, mio)
    theirs.refresh_from_db()
    assert theirs.html == "<p>Good morning.</p>"
    assert Notice.objects.count() == UndoEntry.objects.count() == 1
    assert NeverLog.objects.count() == erasure.counts["never_log_entries_kept"] == 1


def test_mail_that_could_not_be_read_goes_too(quorn: Contact, hana: User, mio: User) -> None:
    mailbox = make_mailbox(hana)
    folder = mailbox.folders.get(role="inbox")
    for uid, address in ((1, ADDRESS), (2, "other@x.test")):
        raw = b64encode(f"From: {address}\r\n\r\n".encode()).decode()
        Quarantined.objects.create(
            mailbox=mailbox,
            folder=folder,
            uidvalidity=1,
            uid=uid,
            arrived_at=timezone.now(),
            size=1,
            sealed=json.dumps({"header": raw, "raw": raw}),
        )
    erase(quorn, mio)
    assert Quarantined.objects.get().uid == 2


def test_an_answer_to_all_leaves_out_who_was_erased(
    quorn: Contact, weber: Contact, hana: User, mio: User
) -> None:
    everything(quorn, weber, hana)
    answer = Email.objects.get(text__startswith="Dear Mr")
    erase(quorn, mio)
    begun = reply_to(Email.objects.get(pk=answer.pk), [], everybody=True)
    assert weber.email in begun.to and "invalid" not in begun.to + begun.cc
    theirs = Email.objects.exclude(pk=answer.pk).get()
    assert "invalid" not in reply_to(theirs, [], everybody=True).to


def test_mail_that_is_logged_meanwhile_goes_too(
    quorn: Contact, mio: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(erasing.traces, "mentions", lambda _person: make_email(quorn) and 0)
        erase(quorn, mio)
    assert not Email.objects.exists() and not Participant.objects.exists()
