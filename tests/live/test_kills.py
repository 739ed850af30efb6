"""SIGKILL at steps of a look and of a send: nothing lost, nothing doubled, or asked (M23, I1–I6).

The counts are those of the servers. `script/test-long` walks every step; here a sample of them.
"""

import os
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from crm.models import Attachment, Contact, Email, User
from inbox.models import (
    Enrolment,
    Mailbox,
    MailboxCopy,
    Outgoing,
    Reading,
    SendingHours,
    Sequence,
)
from inbox.outreach import building, sequences
from inbox.outreach.first_steps import follow_up
from inbox.sending import composer, outbox, sent_copy
from inbox.sync import engine
from tests.factories import make_contact
from tests.inbox.letters import rich_reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.forker import Forker
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]
SAMPLE = int(os.environ.get("KILL_POINTS", "10"))
Child = Callable[[int, str, int], int]


@pytest.fixture(scope="module")
def forker(environment_of_children: dict[str, str], dovecot: Dovecot) -> Iterator[Forker]:
    environment = {**environment_of_children, "INBOX_CA_FILE": str(dovecot.ca_file)}
    with Forker("tests.servers.killed", environment) as forker:
        yield forker


@pytest.fixture
def child(forker: Forker) -> Child:
    """Run a job in a child process that is killed at a step; returns how many steps it had."""

    def run(fatal: int, job: str, pk: int) -> int:
        forker.begin(f"{fatal} {job} {pk}")
        assert forker.end() in (0, -signal.SIGKILL)
        return int(forker.returned or 0)

    return run


def points(steps: int) -> Iterator[int]:
    """Steps spread evenly over the whole job, the last ones included."""
    assert steps > SAMPLE
    yield from sorted({round(1 + (steps - 1) * n / (SAMPLE - 1)) for n in range(SAMPLE)})


def written(mailbox: Mailbox, contact: Contact) -> Outgoing:
    draft = composer.NewEmail(mailbox=mailbox, to=[contact.email], subject="Offer", text="Hello.")
    return Outgoing.objects.get(email=composer.send(draft, by=mailbox.owner))


def test_a_killed_look_loses_and_doubles_nothing(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, child: Child
) -> None:
    outgoing = written(mailbox, aoki)
    outbox.attempt(outgoing)
    original = Email.objects.get(pk=outgoing.email_id)
    engine.look(mailbox)

    def deliver() -> None:
        reply = rich_reply_to(original, sender=aoki.email, to=mailbox.email)
        dovecot.deliver(mailbox.email, reply.as_bytes())

    deliver()
    steps = child(0, "look", mailbox.pk)
    expected = Email.objects.count()
    for fatal in points(steps):
        deliver()
        expected += 1
        child(fatal, "look", mailbox.pk)
        engine.look(Mailbox.objects.get(pk=mailbox.pk), force=True)
        assert Email.objects.count() == expected, f"killed at step {fatal} of {steps}"
    assert MailboxCopy.objects.count() == expected
    assert Attachment.objects.count() == 2 * (expected - 1)
    assert Reading.objects.exclude(email=None).count() == expected - 1
    assert all(default_storage.exists(file.path) for file in Attachment.objects.all())
    again = engine.look(Mailbox.objects.get(pk=mailbox.pk), force=True)
    assert again is not None
    assert (again.headers_read, again.logged) == (0, 0)


def test_a_killed_send_delivers_once_or_asks(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, relay: Relay, child: Child
) -> None:
    steps = child(0, "send", written(mailbox, aoki).pk)
    states = set()
    for fatal in points(steps):
        outgoing = written(mailbox, aoki)
        child(fatal, "send", outgoing.pk)
        states.add(recovered(outgoing).state)
        delivered = [a for a in relay.accepted if a.message_id.strip("<>") == outgoing.token]
        filed = dovecot.raw_messages(mailbox.email, "Sent")
        copies = [raw for raw in filed if outgoing.token.encode() in raw]
        where = f"killed at step {fatal} of {steps}: {outgoing.state}"
        if outgoing.state == "sent":
            assert (len(delivered), len(copies)) == (1, 1), where
        else:
            assert outgoing.state == "unknown", where
            assert len(delivered) <= 1, where
    assert "sent" in states


def recovered(outgoing: Outgoing) -> Outgoing:
    """What the ticks do once the claim of the dead one has run out."""
    past = timezone.now() - timedelta(minutes=1)
    Outgoing.objects.filter(pk=outgoing.pk).update(claimed_until=past)
    for row in Outgoing.objects.due(timezone.now()).filter(pk=outgoing.pk):
        outbox.attempt(row)
    for row in Outgoing.objects.copy_due(timezone.now()).filter(pk=outgoing.pk):
        assert row.claim(timezone.now())
        sent_copy.settle(row)
    outgoing.refresh_from_db()
    return outgoing


@pytest.mark.rule("M25")
def test_a_killed_step_of_a_sequence_is_taken_once(
    mailbox: Mailbox, hana: User, relay: Relay, child: Child
) -> None:
    hours = {str(day): ["00:00", "23:59:59.999999"] for day in range(7)}
    SendingHours.objects.create(user=hana, windows=hours, spacing=0)
    sequence = building.make(Sequence(name="Follow-up", owner=hana), follow_up())
    steps = child(0, "step", enrolled(sequence, mailbox).pk)
    for fatal in [*points(steps)][::2]:
        enrolment = enrolled(sequence, mailbox)
        child(fatal, "step", enrolment.pk)
        past = timezone.now() - timedelta(minutes=1)
        Enrolment.objects.filter(pk=enrolment.pk).update(claimed_until=past)
        for row in Enrolment.objects.due(timezone.now()):
            sequences.advance(row, timezone.now())
        for outgoing in Outgoing.objects.due(timezone.now()):
            outbox.attempt(outgoing)
        where = f"killed at step {fatal} of {steps}"
        assert enrolment.runs.count() == 1, where
        assert len(relay.accepted_by(enrolment.contact.email)) == 1, where


def enrolled(sequence: Sequence, mailbox: Mailbox) -> Enrolment:
    now = timezone.now()
    row: Enrolment = Enrolment.objects.create(
        sequence=sequence,
        contact=make_contact(),
        mailbox=mailbox,
        by=mailbox.owner,
        next_step_at=now,
        claimed_until=now,
    )
    return row
