"""The oracle itself: each of the ten turns red when what it forbids is done."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from crm.models import Attachment, Contact, Email
from inbox.models import (
    Folder,
    Mailbox,
    MailboxCopy,
    MessageId,
    Outgoing,
    RawCopy,
    Reading,
)
from inbox.sending import composer, outbox
from inbox.sync import engine
from tests.factories import PASSWORD, make_mailbox, make_user
from tests.inbox.letters import letter, reply_to, rich_reply_to
from tests.invariants import World, check, i1_complete, i5_sent_once
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.lawless("on purpose")]


@pytest.fixture
def world(mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, relay: Relay) -> World:
    """Sent, answered with files, and a stranger's letter beside it."""
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="Our offer", text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    engine.look(mailbox)
    answer = rich_reply_to(email, sender=aoki.email, to=mailbox.email)
    for raw in (answer, letter(sender="x@y.test", to=mailbox.email, subject="Private")):
        dovecot.deliver(mailbox.email, raw.as_bytes())
    engine.look(mailbox, force=True)
    return World(dovecot, relay, ['{"message": "looked at a mailbox"}'])


@pytest.fixture
def answer(world: World) -> Email:
    return Email.objects.get(direction="incoming")


def broken(number: str) -> AbstractContextManager[object]:
    return pytest.raises(AssertionError, match=number)


def test_what_is_as_it_should_be_is_well(world: World) -> None:
    check(world)


def test_i1_a_message_that_was_passed_over(world: World, answer: Email) -> None:
    messages = list(world.found(Mailbox.objects.get()))
    i1_complete(messages)
    answer.activity.delete()
    MessageId.objects.filter(origin=MessageId.Origin.TOMBSTONE).delete()
    with broken("I1"):
        i1_complete(messages)
    with broken("I4"):
        check(world)


def test_i2_a_message_that_is_two_emails(world: World, answer: Email) -> None:
    activity = answer.activity
    activity.pk = answer.pk = answer.activity_id = None
    activity.save()
    answer.activity = activity
    answer.save(force_insert=True)
    with broken("I2"):
        check(world)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: Email.objects.filter(direction="incoming").update(text="Other words"),
        lambda: Attachment.objects.last().delete(),
        lambda: default_storage.delete(Attachment.objects.last().path),
        lambda: Outgoing.objects.update(frozen=b"Subject: x\r\n\r\nx"),
        lambda: RawCopy.objects.create(email=Email.objects.last(), text="x", at=timezone.now()),
        lambda: Outgoing.objects.update(state="queued"),
    ],
    ids=["text", "row", "file", "frozen", "raw copy", "state"],
)
def test_i3_what_is_not_as_it_came(world: World, spoil: Callable[[], object]) -> None:
    spoil()
    with pytest.raises((AssertionError, FileNotFoundError)):
        check(world)


def test_i4_a_cursor_that_is_ahead(world: World, answer: Email, dovecot: Dovecot) -> None:
    box = Mailbox.objects.get()
    dovecot.deliver(box.email, reply_to(answer, sender="x@y.test", to=box.email).as_bytes())
    Folder.objects.filter(role="inbox").update(next_uid=99)
    with broken("I4"):
        check(world)


def test_i5_a_letter_that_left_twice(world: World, relay: Relay) -> None:
    relay._accepted *= 2
    with broken("I5"):
        check(world)


def test_i5_a_letter_that_never_left(world: World, answer: Email, relay: Relay) -> None:
    relay.clear()
    check(world)  # there is an answer to it
    answer.activity.delete()
    with broken("I5"):
        i5_sent_once(world)


def test_i6_a_look_that_adds_something_each_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = engine.look

    def restless(mailbox: Mailbox, *, force: bool = False) -> engine.Receipt | None:
        owner = make_user()
        make_mailbox(owner)
        return real(mailbox, force=force)

    monkeypatch.setattr(engine, "look", restless)
    with broken("I6"):
        check(world)


def test_i7_a_look_that_never_ends_and_a_message_that_is_read_again_and_again(
    world: World, answer: Email, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = Reading.objects.get(email=answer)
    for _ in range(6):
        reading.pk = None
        reading.save()
    with broken("I7"):
        check(world)
    monkeypatch.setattr(engine, "look", lambda *_a, **_k: engine.Receipt(headers_read=1))
    with broken("I7"):
        check(world)


@pytest.mark.parametrize("line", [PASSWORD, "Re: 見積書の件", "yuki@aoki.example"])
def test_i8_a_secret_that_is_told(world: World, line: str) -> None:
    with broken("I8"):
        check(World(world.dovecot, world.relay, [line]))


def test_i8_a_password_that_is_kept_in_the_clear(world: World) -> None:
    Email.objects.update(error=f"535 {PASSWORD} is wrong")
    with broken("I8"):
        check(world)


def test_i9_a_state_that_is_not_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    Mailbox.objects.update(state="degraded", fault="busy", state_reason="later")
    monkeypatch.setattr(Mailbox, "note_success", lambda *_: None)
    with broken("I9"):
        check(world)


def test_i10_what_is_another_ones(world: World, answer: Email) -> None:
    other = make_mailbox(make_user())
    copy = MailboxCopy.objects.get(email=answer)
    MailboxCopy.objects.filter(pk=copy.pk).update(mailbox=other)
    with broken("I10|I2"):
        check(world)
    MailboxCopy.objects.filter(pk=copy.pk).update(mailbox=copy.mailbox)
    answer.activity.change(by=other.owner)
    with broken("I10"):
        check(world)
