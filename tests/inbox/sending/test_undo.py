"""Undo of a send, against a real relay: what was taken back never leaves (M26)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm import timeline
from crm.models import Activity, Contact, Email, User
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer, outbox
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M26")]


@pytest.fixture
def waiting(mailbox: Mailbox, aoki: Contact) -> Outgoing:
    draft = composer.NewEmail(
        mailbox=mailbox, to=[aoki.email], subject="Offer", text="Hello.", undo_seconds=10
    )
    outgoing: Outgoing = Outgoing.objects.get(email=composer.send(draft, by=mailbox.owner))
    return outgoing


def at_second(number: int, outgoing: Outgoing) -> bool:
    """Whether a tick would take it then."""
    then = outgoing.created_at + timedelta(seconds=number)
    return bool(Outgoing.objects.due(then).filter(pk=outgoing.pk).exists())


def test_it_waits_for_second_thoughts(waiting: Outgoing, relay: Relay, aoki: Contact) -> None:
    assert not at_second(9, waiting)
    assert at_second(11, waiting)
    outbox.attempt(waiting)
    assert len(relay.accepted_by(aoki.email)) == 1


def test_undone_at_second_nine_it_never_reaches_the_server(
    waiting: Outgoing, relay: Relay, aoki: Contact, hana: User
) -> None:
    taken_by_a_tick = Outgoing.objects.get(pk=waiting.pk)  # just before Undo
    assert outbox.cancel(waiting)
    assert not at_second(11, waiting)
    outbox.attempt(taken_by_a_tick)
    assert not relay.accepted_by(aoki.email)
    assert Outgoing.objects.get().state == Outgoing.State.CANCELLED
    assert not timeline.activities_of(aoki)[0]
    assert not Activity.objects.trash_of(hana)  # it is no deleted e-mail, and none comes back
    assert Email.objects.get().status == Email.Status.CANCELLED


@pytest.mark.rule("M33")
def test_what_was_tried_and_then_taken_back_keeps_no_bytes(waiting: Outgoing, relay: Relay) -> None:
    relay.behave(refuse_mail="451 4.7.1 greylisted, come back")
    outbox.attempt(waiting)
    assert Outgoing.objects.get().frozen
    assert outbox.cancel(waiting)
    assert Outgoing.objects.get().frozen is None


def test_what_the_worker_has_taken_is_not_taken_back(
    waiting: Outgoing, relay: Relay, aoki: Contact
) -> None:
    pressed = Outgoing.objects.get(pk=waiting.pk)
    assert waiting.claim(timezone.now())
    assert not outbox.cancel(pressed)
    assert Outgoing.objects.get().state == Outgoing.State.QUEUED
    assert timeline.activities_of(aoki)[0]


def test_what_has_left_is_not_taken_back(waiting: Outgoing, relay: Relay, aoki: Contact) -> None:
    outbox.attempt(waiting)
    assert not outbox.cancel(Outgoing.objects.get())
    assert Email.objects.get().status == Email.Status.SENT
    assert timeline.activities_of(aoki)[0]
