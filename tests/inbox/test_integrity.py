"""check_integrity finds rows of mail that contradict one another, and none where all is well."""

import json
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from crm.models import Attachment, Contact, Email
from inbox.integrity import QUESTIONS
from inbox.mime.types import ParsedAttachment
from inbox.models import (
    Folder,
    Mailbox,
    MailboxCopy,
    MessageId,
    Outgoing,
    Reading,
    Redelivery,
    TransportRecord,
)
from inbox.sending import composer
from tests.factories import make_email, make_mailbox, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(aoki: Contact) -> Mailbox:
    return make_mailbox(make_user(), email="box@example.test")


@pytest.fixture
def found(aoki: Contact, box: Mailbox) -> Email:
    """As a look has logged it."""
    email = make_email(aoki, by=box.owner, message_id="a@b.test")
    now, folder = timezone.now(), box.folders.get(role="inbox")
    folder.change(uidvalidity=7, next_uid=2)
    place = {"folder": folder, "uidvalidity": 7, "uid": 1}
    MailboxCopy.objects.create(email=email, mailbox=box, **place)
    Reading.objects.create(mailbox=box, email=email, message_id="h", rule="reply", at=now)
    TransportRecord.objects.create(email=email, mailbox=box, size=1, at=now, arrived_at=now)
    return email


@pytest.fixture
def sent(aoki: Contact, box: Mailbox) -> Outgoing:
    file = ParsedAttachment("a.txt", "text/plain", 1, b"a", "", False)
    draft = composer.NewEmail(mailbox=box, to=[aoki.email], subject="s", text="t", files=[file])
    return Outgoing.objects.get(email=composer.send(draft, by=box.owner))


def contradictions() -> dict[str, int]:
    out = StringIO()
    try:
        call_command("check_integrity", stdout=out)
    except SystemExit as ended:
        assert ended.code == 1
    told: dict[str, int] = json.loads(out.getvalue())["contradictions"]
    return told


def once_more(row: Email) -> None:
    """The same message, logged a second time by its fields."""
    copy = make_email(
        row.activity.associations.get(contact__isnull=False).contact,
        **{name: getattr(row, name) for name in ("subject", "text", "direction")},
    )
    Email.objects.filter(pk=copy.pk).update(message_id=row.message_id)
    now = timezone.now()
    MessageId.objects.filter(email=row).update(dated=now)
    MessageId.objects.filter(email=copy).update(value="fields:1", dated=now)


def elsewhere(row: Email) -> None:
    other = make_mailbox(make_user(), email="other@example.test")
    MailboxCopy.objects.filter(email=row).update(folder=other.folders.first())


SPOILT: dict[str, Callable[[Email], object]] = {
    "emails_without_id": lambda row: row.message_ids.all().delete(),
    "emails_logged_twice": once_more,
    "emails_without_reading": lambda row: Reading.objects.all().delete(),
    "copies_in_others_folders": elsewhere,
    "cursors_without_numbers": lambda row: Folder.objects.update(uidvalidity=None),
    "attachments_without_bytes": lambda row: Attachment.objects.create(
        activity=row.activity, name="a", size=1
    ),
}
UNSETTLED: dict[str, Callable[[Outgoing], object]] = {
    "deliveries_said_otherwise": lambda row: Outgoing.objects.update(state="sent"),
    "deliveries_settled_with_bytes": lambda row: (
        Outgoing.objects.update(state="sent", copy_state="filed", frozen=b"x"),
        Email.objects.update(status="sent"),
    ),
    "redeliveries_settled_with_bytes": lambda row: Redelivery.objects.create(
        outgoing=row,
        addresses=[],
        state="done",
        frozen=b"x",
        due_at=timezone.now(),
        claimed_until=timezone.now(),
    ),
}


def test_each_question_has_its_test() -> None:
    assert set(QUESTIONS) == {*SPOILT, *UNSETTLED}


def test_where_all_is_well_there_is_none(found: Email, sent: Outgoing) -> None:
    assert contradictions() == {}


@pytest.mark.parametrize("name", SPOILT)
def test_of_what_was_found(name: str, found: Email) -> None:
    SPOILT[name](found)
    told = contradictions()
    assert name in told and set(told) == {name}, told


@pytest.mark.parametrize("name", UNSETTLED)
def test_of_what_is_sent(name: str, sent: Outgoing) -> None:
    UNSETTLED[name](sent)
    assert set(contradictions()) == {name}


def test_another_message_with_the_same_id_is_none(found: Email) -> None:
    """F13: a robot that gives each of its mails the same id."""
    once_more(found)
    later = timezone.now()
    MessageId.objects.filter(value="fields:1").update(dated=later)
    assert contradictions() == {}


def test_what_came_to_a_mailbox_that_is_gone_is_none(found: Email, box: Mailbox) -> None:
    box.delete()
    assert contradictions() == {}
