"""Recipients whom the server did not take while it took the others: they alone, once (M23)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import Contact, Email, Notice, Participant
from inbox.connect import joining
from inbox.models import Mailbox, Outgoing, Redelivery, TransportRecord
from inbox.sending import again, composer, outbox
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M23")]
KENJI = "kenji@x.test"
LATER = {KENJI: "451 4.7.1 greylisted, come back"}
GONE = {KENJI: "550 5.1.1 nobody of that name"}


@pytest.fixture
def partly(mailbox: Mailbox, aoki: Contact, relay: Relay) -> Outgoing:
    """Taken for Aoki, and for Kenji not yet."""
    return sent(mailbox, relay, LATER, aoki.email, KENJI)


def sent(mailbox: Mailbox, relay: Relay, refused: dict[str, str], *to: str) -> Outgoing:
    relay.behave(refuse_rcpt=refused)
    draft = composer.NewEmail(mailbox=mailbox, to=to, subject="Our offer", text="Hello.")
    outgoing = Outgoing.objects.get(email=composer.send(draft, by=mailbox.owner))
    outbox.attempt(outgoing)
    return Outgoing.objects.get(pk=outgoing.pk)


def recipient(address: str = KENJI) -> Participant:
    return Participant.objects.get(address=address)


def is_due(row: Redelivery) -> bool:
    rows = Redelivery.objects.due(timezone.now() + timedelta(days=1))
    return rows.filter(pk=row.pk).exists()


def attempt() -> Redelivery:
    """What the tick does when the time has come."""
    row = Redelivery.objects.get(state__in=["queued", "sending"])
    Redelivery.objects.filter(pk=row.pk).update(due_at=timezone.now())
    again.attempt(Redelivery.objects.due(timezone.now()).get())
    row.refresh_from_db()
    return row


def test_who_was_refused_for_now_is_tried_again_alone_with_the_same_bytes(
    partly: Outgoing, mailbox: Mailbox, aoki: Contact, relay: Relay, dovecot: Dovecot
) -> None:
    assert Email.objects.get().status == "sent"
    assert (recipient().status, "greylisted" in recipient().server_said) == ("deferred", True)
    assert recipient(aoki.email).status == "sent"
    assert not Notice.objects.exists()
    assert not Redelivery.objects.due(timezone.now()).exists()
    relay.behave()
    row = attempt()
    assert (row.state, row.frozen) == ("done", None)
    assert (recipient().status, recipient().server_said) == ("sent", "")
    [first], [second] = relay.accepted_by(aoki.email), relay.accepted_by(KENJI)
    assert (first.recipients, second.recipients) == ((aoki.email,), (KENJI,))
    ours = [one.raw.partition(b"\r\nSubject:")[2] for one in (first, second)]
    assert ours[0] == ours[1], "below what the servers put on top"
    assert len(dovecot.raw_messages(mailbox.email, "Sent")) == 1
    rows = TransportRecord.objects.order_by("id")
    assert [row.envelope.recipients for row in rows] == [[aoki.email, KENJI], [KENJI]]
    assert not is_due(row)


def test_who_is_refused_for_good_is_sent_to_again_when_somebody_says_so(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    outgoing = sent(mailbox, relay, GONE, aoki.email, KENJI)
    assert not Redelivery.objects.exists()
    assert (recipient().status, "nobody of that name" in recipient().server_said) == (
        "refused",
        True,
    )
    notice = Notice.objects.get()
    assert (notice.kind, notice.values["address"]) == ("recipient_refused", KENJI)
    relay.behave()
    assert again.send_again(outgoing, recipient())
    assert not again.send_again(outgoing, recipient())
    assert not again.send_again(outgoing, recipient(aoki.email))
    attempt()
    assert recipient().status == "sent"
    assert [len(relay.accepted_by(who)) for who in (aoki.email, KENJI)] == [1, 1]
    [first], [second] = relay.accepted_by(aoki.email), relay.accepted_by(KENJI)
    assert first.message_id == second.message_id


def test_whom_nobody_takes_for_hours_is_refused_in_the_end(partly: Outgoing, relay: Relay) -> None:
    states = []
    while Redelivery.objects.filter(state="queued").exists():
        attempt()
        states.append(recipient().status)
    assert states == ["deferred"] * (again.MOST_ATTEMPTS - 2) + ["refused"]
    assert [notice.kind for notice in Notice.objects.all()] == ["recipient_refused"]
    assert Redelivery.objects.get().frozen is None
    assert len(relay.accepted) == 1


def test_of_two_the_one_who_is_taken_is_not_tried_again(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    sent(mailbox, relay, {**LATER, "rin@x.test": "450 full"}, aoki.email, KENJI, "rin@x.test")
    relay.behave(refuse_rcpt=LATER)
    attempt()
    assert Redelivery.objects.get(state="queued").addresses == [KENJI]
    assert (recipient().status, recipient("rin@x.test").status) == ("deferred", "sent")
    relay.behave()
    attempt()
    assert [one.recipients for one in relay.accepted] == [(aoki.email,), ("rin@x.test",), (KENJI,)]


def test_what_was_taken_and_not_confirmed_is_a_question_and_not_sent_again(
    partly: Outgoing, relay: Relay
) -> None:
    relay.behave(drop_at="accepted")
    row = attempt()
    assert (row.state, row.frozen, recipient().status) == ("unknown", None, "unknown")
    assert not is_due(row)
    assert Notice.objects.get().kind == "recipient_unknown"
    assert len(relay.accepted_by(KENJI)) == 1
    assert again.send_again(partly, recipient()), "a person who has asked them says so"


def test_what_somebody_left_behind_after_its_first_byte_is_a_question(
    partly: Outgoing, relay: Relay
) -> None:
    past = timezone.now() - timedelta(hours=1)
    values = {"state": "sending", "claimed_until": past}
    Redelivery.objects.update(**values, transmitting_at=past)
    relay.behave()
    assert attempt().state == "unknown"
    assert relay.accepted_by(KENJI) == []


def test_what_somebody_left_behind_before_it_is_sent(partly: Outgoing, relay: Relay) -> None:
    past = timezone.now() - timedelta(hours=1)
    Redelivery.objects.update(state="sending", claimed_until=past)
    relay.behave()
    assert attempt().state == "done"
    assert len(relay.accepted_by(KENJI)) == 1


def test_two_workers_send_once(partly: Outgoing, relay: Relay) -> None:
    relay.behave()
    first, second = Redelivery.objects.get(), Redelivery.objects.get()
    assert first.claim(timezone.now())
    again.attempt(second)
    assert relay.accepted_by(KENJI) == []


def test_after_its_mailbox_has_gone_it_is_refused_visibly(
    partly: Outgoing, mailbox: Mailbox, relay: Relay
) -> None:
    relay.behave()
    joining.disconnect(mailbox, keep_emails=True)
    assert Redelivery.objects.due(timezone.now()).exists(), "nobody waits an hour to learn it"
    assert attempt().state == "failed"
    assert (recipient().status, "disconnected" in recipient().server_said) == ("refused", True)


@pytest.mark.rule("M35")
def test_nothing_leaves_a_mailbox_that_was_disconnected_meanwhile(
    partly: Outgoing, mailbox: Mailbox
) -> None:
    row = Redelivery.objects.get()
    assert row.claim(timezone.now())
    joining.disconnect(mailbox, keep_emails=True)
    assert not row.begin_transmitting(timezone.now(), 100)


@pytest.mark.rule("M32")
def test_what_is_in_the_trash_reaches_nobody_more(partly: Outgoing) -> None:
    row = Redelivery.objects.get()
    partly.email.activity.trash()
    assert not is_due(row)
    partly.email.activity.restore()
    assert is_due(row)


def test_an_e_mail_that_failed_is_sent_again_as_a_whole_and_not_to_one(
    mailbox: Mailbox, relay: Relay
) -> None:
    outgoing = sent(mailbox, relay, {"*": "550 5.1.1 no"}, KENJI, "rin@x.test")
    assert outgoing.state == "failed"
    assert not again.send_again(outgoing, recipient())
