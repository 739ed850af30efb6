"""Erasing for good in the Trash: a contact as a person is erased, the rest with what nobody would
find any more; nothing of it is left in files, search, notifications and Undo (M32, M36, M57)."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from crm import notices, undo
from crm.models import (
    Activity,
    Association,
    Attachment,
    Contact,
    Email,
    EmailAddress,
    Hold,
    Note,
    Notice,
    UndoEntry,
    User,
)
from crm.models.attachments import store_file
from inbox.dossiers import erasing
from inbox.models import Draft, DraftFile, Erasure, MessageId, Outgoing
from inbox.sending import composer
from tests.factories import make_contact, make_deal, make_email, make_mailbox, make_note

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M32")]
PAGE = "/trash/erased/"


@pytest.fixture
def admin(client: Client, mio: User) -> Client:
    client.force_login(mio)
    return client


def erase(admin: Client, *rows: Any) -> str:
    """Press it, and see the worker come by; returns what was asked before."""
    marks = [f"{_kind(row)}:{row.pk}" for row in rows]
    asked = admin.post(PAGE, {"row": marks}).content.decode()
    answer = {"row": marks, "confirm": "yes", "count": str(len(rows))}
    assert admin.post(PAGE, answer).status_code == 303
    for erasure in Erasure.objects.due(timezone.now()):
        erasing.carry_out(erasure)
    return asked


def _kind(row: Any) -> str:
    return row.kind if isinstance(row, Activity) else row.noun


def attached(email: Email, content: bytes) -> str:
    """A file of an e-mail that was written here: the composer's copy names it as well."""
    path = Attachment.objects.store(email.activity, content, name="offer.pdf").path
    draft = Draft.objects.create(user=email.activity.by, key="k", sent_as=email)
    DraftFile.objects.create(draft=draft, name="offer.pdf", size=1, path=path)
    return path


# --- contacts -------------------------------------------------------------------------------------


@pytest.mark.rule("M36")
def test_a_contact_goes_with_what_stands_on_it_alone_and_leaves_a_receipt(
    admin: Client, aoki: Contact, weber: Contact, hana: User
) -> None:
    alone, both = make_email(aoki, by=hana), make_email(aoki, text="Dear Anna, from Aoki")
    both.activity.associations.create(contact=weber, at=both.activity.at)
    both.participants.create(role="to", name=weber.name, address=weber.email, contact=weber)
    path = attached(alone, b"for Aoki alone")
    make_note(aoki, "Likes tea.")
    aoki.trash()
    asked = erase(admin, aoki)
    assert "E-mails erased: 1 · E-mails changed: 1 · Notes and tasks erased: 1" in asked
    assert "Their name and address are struck out" in asked
    assert not Contact.objects.filter(pk=aoki.pk).exists() and not EmailAddress.objects.filter(
        contact=aoki.pk
    )
    assert list(Email.objects.all()) == [both] and not Note.objects.exists()
    assert not default_storage.exists(path) and not DraftFile.objects.exists()
    both.refresh_from_db()
    assert both.text == "" and "aoki" not in str(both.participants.values_list("name", "address"))
    assert Erasure.objects.get().counts["emails"] == 1
    assert "e-mails 1" in admin.get("/settings/retention/").content.decode()


@pytest.mark.rule("M36")
def test_a_twin_that_was_kept_loses_nothing(
    admin: Client, aoki: Contact, weber: Contact, hana: User
) -> None:
    """A duplicate is erased: its address is the other one's by now."""
    aoki.trash()
    twin = make_contact("yuki@aoki.example", owner=hana, first_name="Yuki", last_name="Aoki")
    thread = make_email(twin, subject="Yuki Aoki asks", text="It is Yuki Aoki.").thread
    old = make_email(aoki, thread=thread, text="From before.")
    theirs = make_email(weber, text="Ask yuki@aoki.example, said Yuki Aoki.")
    erase(admin, aoki)
    assert not Contact.objects.filter(pk=aoki.pk).exists()
    assert not Email.objects.filter(pk=old.pk).exists()
    kept = twin.associations.get().activity.email
    assert (kept.subject, kept.text) == ("Yuki Aoki asks", "It is Yuki Aoki.")
    theirs.refresh_from_db()
    assert theirs.text == "Ask yuki@aoki.example, said Yuki Aoki."
    assert twin.email == "yuki@aoki.example"


@pytest.mark.rule("M57")
@pytest.mark.parametrize("where", ["contact", "deal"])
def test_a_hold_keeps_a_contact_with_all_on_its_timeline(
    admin: Client, aoki: Contact, mio: User, where: str
) -> None:
    deal = make_deal(aoki)
    make_note(aoki)  # on their deal as well
    aoki.trash()
    Hold.place({"contact": aoki, "deal": deal}[where], by=mio, reason="a lawsuit")
    page = admin.post(PAGE, {"row": f"contact:{aoki.pk}", "confirm": "yes"}).content.decode()
    assert "is under a legal hold and stays" in page
    assert not Erasure.objects.exists() and Contact.objects.filter(pk=aoki.pk).exists()


@pytest.mark.rule("M23")
def test_a_letter_to_several_of_whom_one_is_erased_is_not_sent_and_says_so(
    admin: Client, client: Client, aoki: Contact, weber: Contact, hana: User
) -> None:
    new = composer.NewEmail(
        mailbox=make_mailbox(hana),
        to=[aoki.email, weber.email],
        subject="To Yuki Aoki and you",
        text="Hello.",
        undo_seconds=60,
    )
    email = composer.send(new, by=hana)
    aoki.trash()
    erase(admin, aoki)
    assert Outgoing.objects.get().state == "cancelled"
    notice = notices.shown(Notice.objects.get(user=hana))
    assert notice.title == "An e-mail was not sent: “To ■■■ and you”"
    client.force_login(hana)
    html = client.get(f"/emails/{email.pk}/").content.decode()
    assert "One of its recipients was erased. Write it anew to the others." in html
    assert "/retry/" not in html


# --- the rest -------------------------------------------------------------------------------------


@pytest.mark.parametrize("noun", ["company", "deal"])
def test_a_record_takes_along_what_nobody_would_find_any_more(
    admin: Client, aoki: Contact, hana: User, noun: str
) -> None:
    record: Any = {"company": aoki.company, "deal": make_deal(owner=hana)}[noun]
    alone, shared = make_note(aoki), make_note(aoki)
    for note, on in ((alone, [record]), (shared, [record, aoki])):
        note.activity.associations.all().delete()
        for each in on:
            note.activity.associations.create(**{each.noun: each}, at=note.activity.at)
    path = Attachment.objects.store(alone.activity, b"alone", name="a").path
    record.trash()
    asked = erase(admin, record)
    assert "Notes and tasks that go along: 1" in asked
    assert not type(record).objects.filter(pk=record.pk).exists()
    assert list(Note.objects.all()) == [shared] and not default_storage.exists(path)
    assert Association.objects.get().contact == aoki


def test_an_e_mail_leaves_storage_search_bell_and_undo(
    admin: Client, aoki: Contact, hana: User
) -> None:
    email = make_email(aoki, subject="Kumquat offer", by=hana)
    path = attached(email, b"kumquat")
    notices.tell(hana, "reply", contact=aoki.pk, email=email.pk, name="Y", subject="Kumquat offer")
    other = notices.tell(hana, "reply", contact=aoki.pk, email=0, name="Y", subject="Another")
    undo.remember(hana, undo.trashed(email.activity))
    asked = erase(admin, email.activity)
    assert "Files leave the storage" in asked
    assert not default_storage.exists(path) and not DraftFile.objects.exists()
    assert list(Notice.objects.all()) == [other] and not UndoEntry.objects.exists()
    assert [row.origin for row in MessageId.objects.all()] == ["gone"]
    assert "Kumquat" not in admin.get("/palette/?q=kumquat").content.decode()


def test_what_a_note_said_before_is_forgotten_with_it(
    admin: Client, aoki: Contact, hana: User
) -> None:
    gone, kept = make_note(aoki, "first"), make_note(aoki, "other")
    undo.remember(hana, undo.changed(gone, text="second"))
    entry = undo.remember(hana, undo.changed(kept, text="changed"))
    gone.activity.trash()
    erase(admin, gone.activity)
    assert list(UndoEntry.objects.all()) == [entry]


def test_a_file_that_a_draft_still_holds_stays(admin: Client, aoki: Contact, hana: User) -> None:
    email = make_email(aoki, by=hana)
    path = Attachment.objects.store(email.activity, b"both", name="a").path
    draft = Draft.objects.create(user=hana, key="k")
    DraftFile.objects.create(draft=draft, name="a", size=4, path=store_file(ContentFile(b"both")))
    email.activity.trash()
    erase(admin, email.activity)
    assert default_storage.exists(path) and DraftFile.objects.count() == 1
