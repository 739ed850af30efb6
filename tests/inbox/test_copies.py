"""Who sees an e-mail that several mailboxes hold, whichever is looked at first (M41, M53)."""

from collections.abc import Callable

import pytest

from crm.models import Contact, Email, Participant, Reader, User
from inbox import copies
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer, outbox
from inbox.sync import engine
from tests.factories import connect_mailbox, make_email, make_mailbox
from tests.inbox.letters import letter, reply_to
from tests.servers.dovecot import Dovecot

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M53")]


def send(mailbox: Mailbox, to: str, by: User) -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=[to], subject="Our offer", text="Hello.")
    email = composer.send(draft, by=by)
    outbox.attempt(Outgoing.objects.get(email=email))
    look(mailbox)
    return email


def look(mailbox: Mailbox) -> None:
    engine.look(Mailbox.objects.get(pk=mailbox.pk))


@pytest.mark.parametrize("first", ["hana", "ken"])
def test_who_has_it_in_their_own_mailbox_sees_it_and_can_make_it_private(
    first: str,
    mailbox: Mailbox,
    aoki: Contact,
    hana: User,
    ken: User,
    rin: User,
    dovecot: Dovecot,
    mail_user: Callable[..., str],
) -> None:
    shy = connect_mailbox(ken, dovecot, mail_user("ken"))
    shy.change(visibility="metadata")
    sent = send(mailbox, aoki.email, hana)
    answer = reply_to(sent, sender=aoki.email, to=mailbox.email, Cc=shy.email).as_bytes()
    for each in sorted([mailbox, shy], key=lambda box: box.owner.name.lower() != first):
        dovecot.deliver(each.email, answer)
        look(each)
    came = Email.objects.get(direction="incoming")
    assert (came.seen_by(hana), came.seen_by(ken), came.seen_by(rin)) == (True, True, False)
    assert came in copies.own_in(came.thread, hana)
    assert came in copies.own_in(came.thread, ken)
    assert came not in copies.own_in(came.thread, rin)


def test_who_wrote_from_a_shared_mailbox_sees_the_answer(
    mailbox: Mailbox, aoki: Contact, hana: User, ken: User, rin: User, dovecot: Dovecot
) -> None:
    mailbox.change(team=hana.team, visibility="metadata")
    sent = send(mailbox, aoki.email, ken)
    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    look(mailbox)
    came = Email.objects.get(direction="incoming")
    assert (came.seen_by(hana), came.seen_by(ken), came.seen_by(rin)) == (True, True, False)


@pytest.mark.rule("M46")
def test_a_copy_that_somebody_made_up_opens_nothing(
    mailbox: Mailbox,
    aoki: Contact,
    hana: User,
    ken: User,
    dovecot: Dovecot,
    mail_user: Callable[..., str],
) -> None:
    """He sees its sender and its id, and puts a message that has both into his mailbox."""
    mailbox.change(visibility="metadata")
    sent = send(mailbox, aoki.email, hana)
    other = connect_mailbox(ken, dovecot, mail_user("ken"))
    forged = letter(sender=mailbox.email, to=other.email, message_id=f"<{sent.message_id}>")
    dovecot.append(other.email, "INBOX", forged.as_bytes())
    look(other)
    assert not Email.objects.get(pk=sent.pk).seen_by(ken)
    assert sent not in copies.own_in(sent.thread, ken)


def test_an_answer_is_not_for_whoever_got_the_question(
    mailbox: Mailbox, aoki: Contact, hana: User, ken: User
) -> None:
    mailbox.change(visibility="metadata")
    asked = make_email(aoki, by=ken)
    draft = composer.NewEmail(
        mailbox=mailbox, to=[aoki.email], subject="Re", text="For you.", answers=asked
    )
    answer = composer.send(draft, by=hana)
    assert Email.objects.get(pk=answer.pk).seen_by(hana)
    assert not Email.objects.get(pk=answer.pk).seen_by(ken)


def test_two_copies_in_one_folder_are_one_reader(hana: User, ken: User, aoki: Contact) -> None:
    box = make_mailbox(ken)
    folder = box.folders.get(role="inbox")
    folder.change(uidvalidity=1)
    email = make_email(aoki, by=hana)
    Participant.objects.create(email=email, role="cc", address=box.email.upper())
    copies.note({1: [email], 2: [email]}, folder)
    assert Reader.objects.get().user == ken
