"""A worker stands still in the midst of its work; it goes on when the world has changed (F34, F35).

Another has taken over meanwhile: the fencing token refuses what the first one still wants to write,
and what it has not begun to send it does not send. Or the database has thrown it out, as at a
restart: whatever it was at is whole or not there. `script/test-long` tries more steps.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone

from crm.models import Contact, Email
from inbox.models import Mailbox, MailboxCopy, Outgoing, Reading
from inbox.sending import composer, outbox, sent_copy
from inbox.sync import engine
from tests.inbox.letters import rich_reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.forker import Forker
from tests.servers.frozen import frozen
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]
SAMPLE = min(40, int(os.environ.get("KILL_POINTS", "4")))
PAST = timedelta(seconds=1)


@pytest.fixture(scope="module")
def forker(environment_of_children: dict[str, str], dovecot: Dovecot) -> Iterator[Forker]:
    environment = {**environment_of_children, "INBOX_CA_FILE": str(dovecot.ca_file)}
    with Forker("tests.servers.killed", environment) as forker:
        yield forker


def points(forker: Forker, job: str, pk: int) -> Iterator[int]:
    """Steps of a job that is done here undisturbed: evenly between the first and the last."""
    forker.begin(f"0 {job} {pk}")
    assert forker.end() == 0
    steps = int(forker.returned)
    yield from sorted({round(steps * n / (SAMPLE + 1)) for n in range(1, SAMPLE + 1)})


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact) -> Email:
    outgoing = written(mailbox, aoki)
    outbox.attempt(outgoing)
    engine.look(mailbox)
    return Email.objects.get(pk=outgoing.email_id)


def written(mailbox: Mailbox, contact: Contact) -> Outgoing:
    draft = composer.NewEmail(mailbox=mailbox, to=[contact.email], subject="Offer", text="Hello.")
    return Outgoing.objects.get(email=composer.send(draft, by=mailbox.owner))


def deliver(dovecot: Dovecot, mailbox: Mailbox, sent: Email, aoki: Contact) -> None:
    for _ in range(2):
        reply = rich_reply_to(sent, sender=aoki.email, to=mailbox.email)
        dovecot.deliver(mailbox.email, reply.as_bytes())


def stored(mailbox: Mailbox) -> list[object]:
    """What a look writes: e-mails, places, what was read, the cursor and how the mailbox is."""
    mailbox.refresh_from_db()
    counts = [Email.objects.count(), MailboxCopy.objects.count()]
    read = Reading.objects.exclude(email=None).count()
    cursors = sorted(mailbox.folders.values_list("name", "next_uid"))
    return [*counts, read, cursors, mailbox.state, mailbox.failures, mailbox.next_look_at]


def delivered(outgoing: Outgoing, relay: Relay) -> int:
    return sum(taken.token == outgoing.token for taken in relay.accepted)


def take_up(outgoing: Outgoing) -> None:
    """What the next ticks do, once the claim has run out."""
    past = timezone.now() - PAST
    Outgoing.objects.filter(pk=outgoing.pk).update(claimed_until=past)
    for row in Outgoing.objects.due(timezone.now()).filter(pk=outgoing.pk):
        outbox.attempt(row)
    for row in Outgoing.objects.copy_due(timezone.now()).filter(pk=outgoing.pk):
        sent_copy.attempt(row)


def throw_out() -> None:
    """As a restart does: every session but ours. SQLite is a file, and has none."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


# --- another has taken over -----------------------------------------------------------------------


def test_a_look_that_was_frozen_writes_nothing_after_its_lease(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, forker: Forker
) -> None:
    deliver(dovecot, mailbox, sent, aoki)
    for number, step in enumerate(points(forker, "look", mailbox.pk), 2):
        deliver(dovecot, mailbox, sent, aoki)
        with frozen(forker, step, "look", mailbox.pk, "BETWEEN"):
            Mailbox.objects.update(looking_until=timezone.now() - PAST)
            assert engine.look(Mailbox.objects.get(pk=mailbox.pk)) is not None
            known = stored(mailbox)
        assert stored(mailbox) == known, f"frozen at step {step}"
        assert Email.objects.count() == 1 + 2 * number


@pytest.mark.rule("M23")
def test_a_send_that_was_frozen_sends_nothing_that_another_has_sent(
    mailbox: Mailbox, aoki: Contact, relay: Relay, forker: Forker
) -> None:
    states = set()
    for step in points(forker, "send", written(mailbox, aoki).pk):
        outgoing = written(mailbox, aoki)
        with frozen(forker, step, "send", outgoing.pk, "BETWEEN"):
            take_up(outgoing)
        outgoing.refresh_from_db()
        times = delivered(outgoing, relay)
        where = f"frozen at step {step}: {outgoing.state}, delivered {times} times"
        assert times <= 1 and outgoing.state in ("sent", "unknown"), where
        assert (outgoing.state == "sent") <= (times == 1), where
        states.add(outgoing.state)
    assert "sent" in states


def test_who_is_frozen_within_a_transaction_is_thrown_out_of_it(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    dovecot: Dovecot,
    environment_of_children: dict[str, str],
) -> None:
    """After five minutes; here after half a second. Until then its rows are nobody else's. Of
    SQLite's file it keeps the lock for as long as it lives."""
    if connection.vendor != "postgresql":
        return
    deliver(dovecot, mailbox, sent, aoki)
    url, short = environment_of_children["DATABASE_URL"], "-c idle_in_transaction_session_timeout="
    environment = {
        **environment_of_children,
        "DATABASE_URL": f"{url}&options={quote(short)}500ms",
        "INBOX_CA_FILE": str(dovecot.ca_file),
    }
    with (
        Forker("tests.servers.killed", environment) as children,
        frozen(children, 200, "look", mailbox.pk, "WITHIN") as still,
    ):
        assert still
        Mailbox.objects.update(looking_until=timezone.now() - PAST)
        assert engine.look(Mailbox.objects.get(pk=mailbox.pk)) is not None
        assert Email.objects.count() == 3


# --- the database has restarted -------------------------------------------------------------------


def test_a_look_whose_database_restarts_is_made_good_by_the_next(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, forker: Forker
) -> None:
    deliver(dovecot, mailbox, sent, aoki)
    for number, step in enumerate(points(forker, "look", mailbox.pk), 2):
        deliver(dovecot, mailbox, sent, aoki)
        with frozen(forker, step, "look", mailbox.pk, "STOP"):
            throw_out()
        engine.look(Mailbox.objects.get(pk=mailbox.pk), force=True)
        assert Email.objects.count() == 1 + 2 * number, f"at step {step}"


@pytest.mark.rule("M23")
def test_a_send_whose_database_restarts_delivers_once_or_asks(
    mailbox: Mailbox, aoki: Contact, relay: Relay, forker: Forker
) -> None:
    for step in points(forker, "send", written(mailbox, aoki).pk):
        outgoing = written(mailbox, aoki)
        with frozen(forker, step, "send", outgoing.pk, "STOP"):
            throw_out()
        take_up(outgoing)
        outgoing.refresh_from_db()
        times = delivered(outgoing, relay)
        where = f"at step {step}: {outgoing.state}, delivered {times} times"
        assert times <= 1 and outgoing.state in ("sent", "unknown"), where
        assert (outgoing.state == "sent") <= (times == 1), where
