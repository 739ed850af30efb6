"""Where mail is placed: by references, the nearest first, against a real Dovecot (M7, M27)."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from crm import conversations, undo
from crm.models import Contact, Email, User
from inbox.connect import joining
from inbox.mime.ids import normal
from inbox.models import AwaitedId, Folder, Mailbox, MessageId, Outgoing
from inbox.sending import composer, outbox
from inbox.sync import engine
from tests.factories import connect_mailbox, make_email
from tests.inbox.letters import letter, reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]


def send(mailbox: Mailbox, to: str, subject: str, answers: Email | None = None) -> Email:
    draft = composer.NewEmail(
        mailbox=mailbox, to=[to], subject=subject, text="Hello.", answers=answers
    )
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    return Email.objects.get(pk=email.pk)


def look(mailbox: Mailbox) -> list[Email]:
    """What a look logs, in order."""
    before = set(Email.objects.values_list("pk", flat=True))
    engine.look(Mailbox.objects.get(pk=mailbox.pk))
    return list(Email.objects.exclude(pk__in=before).order_by("pk"))


def names(*emails: Email) -> str:
    return " ".join(f"<{email.message_id.strip('<>')}>" for email in emails)


@pytest.mark.rule("M27")
def test_of_two_threads_that_are_answered_the_nearest_wins(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    far, near = send(mailbox, aoki.email, "Offer"), send(mailbox, aoki.email, "Offer")
    both = letter(
        sender=aoki.email, to=mailbox.email, answers=names(near), references=names(near, far)
    )
    by_references = letter(
        sender=aoki.email, to=mailbox.email, subject="Offer", references=names(near, far)
    )
    for raw in (both, by_references):
        dovecot.deliver(mailbox.email, raw.as_bytes())
    one, two = look(mailbox)
    assert (one.answers, one.thread_id) == (near, near.thread_id)
    assert (two.answers, two.thread_id) == (far, far.thread_id)


@pytest.mark.rule("M27")
def test_of_letters_found_in_one_look_each_answers_the_nearest_that_it_names(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    """The second names the offer, too, by which alone it was known when the look began."""
    offer = send(mailbox, aoki.email, "Offer")
    first = reply_to(offer, sender=aoki.email, to=mailbox.email)
    named = f"{names(offer)} {first['Message-ID']}"
    second = letter(
        sender="boss@aoki.example",
        to=mailbox.email,
        answers=str(first["Message-ID"]),
        references=named,
    )
    for raw in (first, second):
        dovecot.deliver(mailbox.email, raw.as_bytes())
    one, two = look(mailbox)
    assert (one.answers, two.answers) == (offer, one)
    assert not AwaitedId.objects.exists()


@pytest.mark.rule("M27")
def test_mail_about_something_else_is_known_by_subject_and_people(
    mailbox: Mailbox, aoki: Contact, weber: Contact, dovecot: Dovecot
) -> None:
    """A new subject with the same people, or new people with the same subject, is no such mail."""
    offer = send(mailbox, aoki.email, "Offer")
    cases = {
        "renamed": reply_to(offer, sender=aoki.email, to=mailbox.email, subject="Delivery date"),
        "widened": reply_to(offer, sender="new@aoki.example", to=mailbox.email),
        "foreign": reply_to(offer, sender=mailbox.email, to=weber.email, subject="Party"),
    }
    for name, raw in cases.items():
        dovecot.append(mailbox.email, "Sent" if name == "foreign" else "INBOX", raw.as_bytes())
    found = {email.subject: email for email in look(mailbox)}
    apart = {subject: email.apart for subject, email in found.items()}
    assert apart == {"Delivery date": "", "Re: Offer": "", "Party": "unrelated"}
    assert {email.thread_id for email in found.values()} == {offer.thread_id}
    answer = reply_to(found["Party"], sender=weber.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, answer.as_bytes())
    assert [email.apart for email in look(mailbox)] == ["follows"]


@pytest.mark.rule("M27")
def test_an_answer_that_is_readdressed_in_the_composer_is_apart_too(
    mailbox: Mailbox, aoki: Contact, weber: Contact
) -> None:
    offer = send(mailbox, aoki.email, "Offer")
    assert send(mailbox, weber.email, "Party", answers=offer).apart == "unrelated"
    assert send(mailbox, aoki.email, "Party", answers=offer).apart == ""


@pytest.mark.rule("M52")
def test_an_alias_of_ours_is_nobody_of_the_conversation(
    mailbox: Mailbox, aoki: Contact, weber: Contact, dovecot: Dovecot
) -> None:
    """Both letters name it; that they are about the same follows from nobody on our side."""
    mailbox.identities.create(address="sales@alias.example", proven_at=timezone.now())
    offer = send(mailbox, aoki.email, "Offer")
    people = {"to": f"{weber.email}, sales@alias.example", "subject": "Party"}
    first = reply_to(offer, sender=aoki.email, to=mailbox.email, Cc="Sales@alias.example")
    dovecot.deliver(mailbox.email, first.as_bytes())
    look(mailbox)
    dovecot.append(
        mailbox.email, "Sent", reply_to(offer, sender=mailbox.email, **people).as_bytes()
    )
    assert [email.apart for email in look(mailbox)] == ["unrelated"]


@pytest.mark.rule("M20")
def test_what_a_machine_writes_is_about_what_it_answers(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    offer = send(mailbox, aoki.email, "Offer")
    away = reply_to(
        offer,
        sender="robot@elsewhere.test",
        to=mailbox.email,
        subject="I am away",
        Auto_Submitted="auto-replied",
    )
    dovecot.deliver(mailbox.email, away.as_bytes())
    assert [email.apart for email in look(mailbox)] == [""]


@pytest.mark.rule("M27")
def test_a_split_survives_syncs_resyncs_and_a_second_mailbox(
    mailbox: Mailbox,
    ken: User,
    aoki: Contact,
    trusted: Dovecot,
    mail_user: Callable[..., str],
) -> None:
    offer = send(mailbox, aoki.email, "Offer")
    other = connect_mailbox(ken, trusted, mail_user("ken"))
    raw = reply_to(offer, sender=aoki.email, to=f"{mailbox.email}, {other.email}")
    trusted.deliver(mailbox.email, raw.as_bytes())
    (side,) = look(mailbox)
    conversations.split(side)
    below = reply_to(side, sender=aoki.email, to=mailbox.email, references=names(offer, side))
    trusted.deliver(mailbox.email, below.as_bytes())
    trusted.deliver(other.email, raw.as_bytes())
    (late,) = look(mailbox)
    assert look(other) == []
    Folder.objects.filter(mailbox=mailbox).update(uidvalidity=1)
    assert look(mailbox) == []
    side.refresh_from_db()
    assert side.thread_id == late.thread_id != offer.thread_id
    assert side.copies.count() >= 2


@pytest.mark.rule("M27")
def test_threads_come_together_when_what_was_missing_arrives(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    """Whatever order mail is found in: the answer to what was not here waits for it."""
    offer, other = send(mailbox, aoki.email, "Offer"), send(mailbox, aoki.email, "Other")
    middle = reply_to(offer, sender=aoki.email, to=mailbox.email, message_id="<middle@aoki.test>")
    early = letter(
        sender=aoki.email,
        to=mailbox.email,
        answers="<middle@aoki.test>",
        references=f"{names(other)} <middle@aoki.test>",
    )
    dovecot.deliver(mailbox.email, early.as_bytes())
    (first,) = look(mailbox)
    assert first.thread_id == other.thread_id
    dovecot.deliver(mailbox.email, middle.as_bytes())
    (second,) = look(mailbox)
    first.refresh_from_db()
    assert (first.answers, first.thread_id) == (second, offer.thread_id)
    assert not AwaitedId.objects.exists()


@pytest.mark.rule("M27")
def test_what_three_mailboxes_of_ours_write_to_one_another_is_one_conversation(
    mailbox: Mailbox,
    ken: User,
    mio: User,
    trusted: Dovecot,
    mail_user: Callable[..., str],
    relay: Relay,
) -> None:
    """Whichever of them is looked at first, the letter keeps its id: the answer names that one."""
    second = connect_mailbox(ken, trusted, mail_user("ken"))
    third = connect_mailbox(mio, trusted, mail_user("mio"))
    offer = send(mailbox, second.email, "Offer")
    raw = relay.accepted_by(second.email)[0].raw
    for box in (second, third):
        trusted.deliver(box.email, raw)
        assert look(box) == []
    send(third, mailbox.email, "Re: Offer", answers=offer)
    trusted.deliver(mailbox.email, relay.accepted_by(mailbox.email)[0].raw)
    assert look(mailbox) == []
    assert set(Email.objects.values_list("thread", flat=True)) == {offer.thread_id}
    assert Email.objects.count() == 2


@pytest.mark.rule("M27")
def test_what_was_placed_by_hand_is_not_moved_by_what_arrives(
    hana: User, mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    offer, other = send(mailbox, aoki.email, "Offer"), send(mailbox, aoki.email, "Other")
    early = letter(
        sender=aoki.email,
        to=mailbox.email,
        references=f"{names(other)} <middle@aoki.test>",
        answers="<middle@aoki.test>",
    )
    dovecot.deliver(mailbox.email, early.as_bytes())
    (first,) = look(mailbox)
    entry = undo.remember(hana, conversations.split(first))
    chosen = Email.objects.get(pk=first.pk).thread_id
    middle = reply_to(offer, sender=aoki.email, to=mailbox.email, message_id="<middle@aoki.test>")
    dovecot.deliver(mailbox.email, middle.as_bytes())
    look(mailbox)
    first.refresh_from_db()
    assert first.thread_id == chosen
    assert undo.undo(entry)
    first.refresh_from_db()
    assert (first.thread_id, first.placed_by_hand) == (other.thread_id, False)


def test_a_first_that_is_answered_late_brings_its_conversation(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    """As with mail that was logged without anything it names, and joined by hand with more."""
    offer = send(mailbox, aoki.email, "Offer")
    first = make_email(aoki)
    below = make_email(aoki, thread=first.thread, answers=first)
    AwaitedId.objects.create(email=first, value="middle@aoki.test", distance=0)
    middle = reply_to(offer, sender=aoki.email, to=mailbox.email, message_id="<middle@aoki.test>")
    dovecot.deliver(mailbox.email, middle.as_bytes())
    look(mailbox)
    found = set(Email.objects.filter(pk__in=[first.pk, below.pk]).values_list("thread", flat=True))
    assert found == {offer.thread_id}


def test_an_id_that_is_learnt_from_sent_ends_a_wait(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    """Exchange gives a new one: an answer to it may be found before the copy in Sent (M9)."""
    offer = send(mailbox, aoki.email, "Offer")
    ours = send(mailbox, aoki.email, "Re: Offer", answers=offer)
    waiting = make_email(aoki, thread=offer.thread, answers=offer)
    AwaitedId.objects.create(email=waiting, value="new@provider.test", distance=0)
    copy = letter(
        sender=mailbox.email,
        to=aoki.email,
        message_id="<new@provider.test>",
        X_Musubi_Message=Outgoing.objects.get(email=ours).token,
    )
    dovecot.append(mailbox.email, "Sent", copy.as_bytes())
    look(mailbox)
    waiting.refresh_from_db()
    assert MessageId.objects.get(value=normal("<new@provider.test>")).email == ours
    assert waiting.answers == ours


def test_disconnecting_forgets_nothing_of_it(mailbox: Mailbox, aoki: Contact) -> None:
    offer = send(mailbox, aoki.email, "Offer")
    side = send(mailbox, aoki.email, "Re: Offer", answers=offer)
    conversations.split(side)
    joining.disconnect(mailbox, keep_emails=True)
    side.refresh_from_db()
    assert side.thread_id != offer.thread_id


def test_another_address_of_a_contact_is_nobody_new(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    aoki.set_addresses([(aoki.email, ""), ("yuki.aoki@home.example", "private")])
    offer = send(mailbox, aoki.email, "Offer")
    answer = reply_to(
        offer, sender="yuki.aoki@home.example", to=mailbox.email, subject="Our meeting on Monday"
    )
    dovecot.deliver(mailbox.email, answer.as_bytes())
    [came] = look(mailbox)
    assert (came.apart, came.new_participant) == ("", False)
