"""Mail that stays when somebody is erased: what of it others go on with (M23, M36, M48, M57)."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from crm.models import Contact, Email, Hold, Notice, Participant, Thread, User
from inbox.dossiers import erasing
from inbox.models import HeaderBlock, Mailbox, Outgoing, Redelivery
from inbox.models.transport import keep_headers
from inbox.sending import composer, departures, outbox
from inbox.sync import engine
from tests.factories import connect_mailbox, make_email, make_mailbox
from tests.inbox.letters import reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M36")]


def erase(contact: Contact, by: User) -> None:
    erasure = erasing.ask(contact, by=by)
    assert erasure.claim(timezone.now())
    erasing.carry_out(erasure)


def send(mailbox: Mailbox, *to: str, subject: str) -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=to, subject=subject, text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    return Email.objects.get(pk=email.pk)


def look(mailbox: Mailbox) -> int:
    return engine.look(Mailbox.objects.get(pk=mailbox.pk)).logged


@pytest.mark.live
@pytest.mark.rule("M48")
def test_mail_whose_subject_named_them_does_not_come_back_from_a_colleagues_mailbox(
    mailbox: Mailbox,
    aoki: Contact,
    weber: Contact,
    ken: User,
    mio: User,
    dovecot: Dovecot,
    mail_user: Callable[..., str],
) -> None:
    colleague = connect_mailbox(ken, dovecot, mail_user("ken"))
    sent = send(mailbox, aoki.email, weber.email, subject="Offer for Yuki Aoki")
    look(mailbox)
    to = f"{mailbox.email}, {colleague.email}"
    answer = reply_to(sent, sender=weber.email, to=to, Cc=f"Yuki Aoki <{aoki.email}>").as_bytes()
    dovecot.deliver(mailbox.email, answer)
    assert look(mailbox) == 1
    address = aoki.email
    erase(aoki, mio)
    dovecot.deliver(colleague.email, answer)
    assert look(colleague) == 0
    assert not Participant.objects.filter(address__iexact=address).exists()


@pytest.mark.rule("M57")
def test_what_stands_on_a_held_record_is_not_touched(
    aoki: Contact, weber: Contact, hana: User, mio: User
) -> None:
    make_mailbox(hana)
    thread = Thread.objects.create(subject="Terms")
    make_email(aoki, thread=thread)
    theirs = make_email(
        weber, thread=thread, text="New.\n> old", html="<p>New.</p><p>old</p>", reply_length=5
    )
    keep_headers([(theirs, b"From: x@y.test\r\n\r\n")], "synced", timezone.now())
    Hold.place(weber, by=mio, reason="Hayama v. Weber")
    erase(aoki, mio)
    theirs.refresh_from_db()
    assert (theirs.text, theirs.html) == ("New.\n> old", "<p>New.</p><p>old</p>")
    assert theirs.header_blocks.count() == 1


@pytest.mark.live
@pytest.mark.rule("M23")
def test_who_was_to_get_it_later_is_said_not_to(
    mailbox: Mailbox, aoki: Contact, weber: Contact, mio: User, relay: Relay
) -> None:
    """The bytes that wait for them name who is erased."""
    relay.behave(refuse_rcpt={weber.email: "451 4.7.1 greylisted"})
    sent = send(mailbox, aoki.email, weber.email, subject="For Yuki Aoki")
    assert Redelivery.objects.filter(state="queued").exists()
    erase(aoki, mio)
    left = sent.participants.get(address=weber.email)
    assert (left.status, "erased" in left.server_said) == ("refused", True)
    notice = Notice.objects.get(kind="recipient_refused")
    assert notice.user == mailbox.owner and notice.values["address"] == weber.email
    assert "Aoki" not in str(notice.values)


def test_a_copy_that_is_being_filed_meanwhile_brings_nothing_back(
    aoki: Contact, weber: Contact, hana: User, mio: User
) -> None:
    draft = composer.NewEmail(
        mailbox=make_mailbox(hana), to=[aoki.email, weber.email], subject="Offer", text="Hello."
    )
    composer.send(draft, by=hana)
    Outgoing.objects.update(state="sent", sent_at=timezone.now(), frozen=b"To: yuki@aoki.example")
    in_hand = Outgoing.objects.get()
    erase(aoki, mio)
    departures.keep_if_none(in_hand)
    assert not HeaderBlock.objects.exists()
