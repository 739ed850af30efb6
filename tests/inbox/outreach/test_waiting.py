"""A step's letter that a server lets wait: it leaves only if it still may (M25, M56)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import Contact, Email, Notice
from inbox.models import Enrolment, Mailbox, Outgoing, SendingHours
from inbox.outreach import steering
from inbox.sending import outbox
from inbox.sync import engine
from tests.inbox.letters import reply_to
from tests.inbox.outreach.conftest import Enrol, due_now, tick
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M25")]
LATER = "451 4.3.0 try later"


@pytest.fixture
def waits(enrol: Enrol, aoki: Contact, relay: Relay, always_open: SendingHours) -> Enrolment:
    """Whose second letter waits in the queue, and would be taken now."""
    [enrolment] = enrol(aoki)
    tick()
    relay.behave(refuse_rcpt={"*": LATER})
    tick_again(due_now(enrolment))
    relay.behave()
    assert Outgoing.objects.filter(state="queued").count() == 1
    return enrolment


def tick_again(enrolment: Enrolment) -> None:
    Outgoing.objects.filter(state="queued").update(due_at=timezone.now())
    tick()
    enrolment.refresh_from_db()


def test_it_leaves_by_itself(waits: Enrolment, aoki: Contact, relay: Relay) -> None:
    tick_again(waits)
    assert len(relay.accepted_by(aoki.email)) == 2


def test_it_does_not_once_they_have_answered(
    waits: Enrolment, aoki: Contact, relay: Relay, mailbox: Mailbox, dovecot: Dovecot
) -> None:
    first = Email.objects.earliest("pk")
    dovecot.deliver(mailbox.email, reply_to(first, sender=aoki.email, to=mailbox.email).as_bytes())
    engine.look(Mailbox.objects.get(pk=mailbox.pk))
    tick_again(waits)
    assert (waits.state, waits.why) == ("stopped", "reply")
    assert len(relay.accepted_by(aoki.email)) == 1


def test_it_does_not_while_somebody_pauses_it_and_comes_after(
    waits: Enrolment, aoki: Contact, relay: Relay
) -> None:
    assert steering.pause(waits)
    tick_again(waits)
    assert len(relay.accepted_by(aoki.email)) == 1
    assert steering.resume(waits, timezone.now())
    tick_again(waits)
    assert len(relay.accepted_by(aoki.email)) == 2


def test_it_waits_for_working_hours(waits: Enrolment, aoki: Contact, relay: Relay) -> None:
    day = str((timezone.localdate() + timedelta(days=3)).weekday())
    SendingHours.objects.update(windows={day: ["09:00", "17:00"]})
    tick_again(waits)
    assert len(relay.accepted_by(aoki.email)) == 1
    due_at = Outgoing.objects.get(state="queued").due_at
    assert (str(due_at.weekday()), due_at.hour) == (day, 9)


@pytest.mark.parametrize("how", ["stopped", "paused"])
def test_a_letter_in_hand_while_its_sequence_ends_comes_back_as_failed(
    how: str, waits: Enrolment, aoki: Contact, relay: Relay
) -> None:
    """Its writer is told, and may have it sent all the same."""
    now = timezone.now()
    Outgoing.objects.filter(state="queued").update(claimed_until=now + timedelta(minutes=3))
    assert steering.stop(waits, by=waits.by, now=now) if how == "stopped" else steering.pause(waits)
    Outgoing.objects.filter(state="queued").update(claimed_until=now)
    tick_again(waits)
    failed = Outgoing.objects.get(state="failed")
    assert "sequence" in failed.email.error and len(relay.accepted_by(aoki.email)) == 1
    assert Notice.objects.filter(kind="send_stopped").exists()
    assert outbox.retry(failed)
    tick_again(waits)
    assert len(relay.accepted_by(aoki.email)) == 2


def test_what_a_dead_worker_left_does_not_leave_after_an_answer(
    waits: Enrolment, aoki: Contact, relay: Relay, mailbox: Mailbox, dovecot: Dovecot
) -> None:
    first, now = Email.objects.earliest("pk"), timezone.now()
    Outgoing.objects.filter(state="queued").update(state="sending", claimed_until=now)
    dovecot.deliver(mailbox.email, reply_to(first, sender=aoki.email, to=mailbox.email).as_bytes())
    engine.look(Mailbox.objects.get(pk=mailbox.pk))
    for _each in range(3):
        tick_again(waits)
    assert (waits.state, waits.why) == ("stopped", "reply")
    assert len(relay.accepted_by(aoki.email)) == 1
