"""The main job against a real Dovecot: what is read, what is logged, and what is left alone."""

import time
from collections.abc import Callable

import pytest
from django.utils import timezone

from crm import timeline
from crm.models import Activity, Attachment, Contact, Email, User
from inbox.models import (
    Folder,
    HeadersRead,
    Mailbox,
    MailboxCopy,
    MessageId,
    Outgoing,
    RawCopy,
    Reading,
)
from inbox.sending import composer, outbox
from inbox.sync import engine
from inbox.sync.visit import Receipt
from tests.factories import connect_mailbox, make_deal
from tests.inbox.letters import bounce_of, letter, reply_to, rich_reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]
MailUser = Callable[..., str]


@pytest.fixture
def mailbox(hana: User, trusted: Dovecot, mail_user: MailUser) -> Mailbox:
    return connect_mailbox(hana, trusted, mail_user("hana"))


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact, relay: Relay) -> Email:
    """A letter from hana to Aoki, delivered."""
    return send(mailbox, aoki)


def send(mailbox: Mailbox, contact: Contact, subject: str = "Our offer") -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=[contact.email], subject=subject, text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    email.refresh_from_db()
    assert email.status == "sent", email.error
    return email


def look(mailbox: Mailbox) -> Receipt:
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk))
    assert receipt is not None
    return receipt


def on_timeline(contact: Contact) -> list[Activity]:
    activities, _next = timeline.activities_of(contact)
    return activities


@pytest.mark.rule("M7")
@pytest.mark.rule("M14")
def test_a_reply_with_everything_stands_on_the_timeline(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    deal = make_deal(aoki)
    reply = rich_reply_to(sent, sender=f"Yuki Aoki <{aoki.email}>", to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    assert look(mailbox).logged == 1

    newest = on_timeline(aoki)[0]
    email = newest.email
    assert (email.subject, email.direction, email.source) == ("Re: 見積書の件", "incoming", "reply")
    assert "ありがとう。" in email.text
    assert "cid:logo@customer.test" in email.html
    assert email.thread == sent.thread
    assert email.reason_rule == "reply"
    assert email.reason_message_id == sent.message_id
    assert not email.new_participant
    names = {(file.name, file.inline, file.stored) for file in newest.files.all()}
    assert names == {("見積書.pdf", False, True), ("logo.png", True, True)}
    assert newest.files.get(inline=False).content() == b"%PDF-1.4 quote"
    places = newest.associations
    assert places.filter(company=aoki.company).exists()
    assert places.filter(deal=deal).exists()


@pytest.mark.rule("M7")
def test_a_reply_that_names_the_original_in_references_alone_is_found(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    chain = f"<unknown@x.test> <{sent.message_id}> <other@y.test>"
    reply = reply_to(
        sent, sender=aoki.email, to=mailbox.email, answers="<other@y.test>", references=chain
    )
    dovecot.deliver(mailbox.email, reply.as_bytes())
    assert look(mailbox).logged == 1
    assert len(on_timeline(aoki)) == 2


@pytest.mark.rule("M6")
@pytest.mark.rule("M44")
def test_unrelated_mail_leaves_no_trace_and_the_server_testifies(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    related = reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, related.as_bytes())
    for _ in range(5):
        secret = letter(
            sender=aoki.email,
            to=mailbox.email,
            subject=f"Re: {sent.subject}",
            text="Private matters",
            answers="<forged@customer.test>",
        )
        dovecot.deliver(mailbox.email, secret.as_bytes())
    before = len(dovecot.sessions(mailbox.email))
    receipt = look(mailbox)
    ended = dovecot.sessions(mailbox.email, ended=before + 1)[before:]

    assert receipt.bodies_read == 1
    assert receipt.headers_read == 7  # the five, the reply, and the copy in Sent
    assert sum(session["body_count"] for session in ended) == Reading.objects.count() == 1
    assert Email.objects.count() == 2
    assert not MessageId.objects.filter(value__contains="forged").exists()


@pytest.mark.rule("M8")
def test_reading_changes_no_flag(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    look(mailbox)
    assert set(map(frozenset, dovecot.flags(mailbox.email).values())) == {frozenset()}


@pytest.mark.rule("M10")
def test_one_message_in_two_mailboxes_is_one_engagement(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    ken: User,
    dovecot: Dovecot,
    mail_user: MailUser,
) -> None:
    other = connect_mailbox(ken, dovecot, mail_user("ken"))
    raw = reply_to(sent, sender=aoki.email, to=f"{mailbox.email}, {other.email}").as_bytes()
    for address in (mailbox.email, other.email):
        dovecot.deliver(address, raw)
    dovecot.append(mailbox.email, "INBOX", raw)
    assert [look(mailbox).logged, look(other).logged] == [1, 0]
    assert len(on_timeline(aoki)) == 2
    email = on_timeline(aoki)[0].email
    assert set(email.copies.values_list("mailbox", flat=True)) == {mailbox.pk, other.pk}


@pytest.mark.rule("M10")
def test_the_same_number_in_two_mailboxes_is_two_messages(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    ken: User,
    dovecot: Dovecot,
    mail_user: MailUser,
) -> None:
    other = connect_mailbox(ken, dovecot, mail_user("ken"))
    theirs = {}
    for box in (mailbox, other):
        reply = reply_to(sent, sender=aoki.email, to=box.email, text=f"For {box.email}")
        dovecot.deliver(box.email, reply.as_bytes())
        assert look(box).logged == 1
        theirs[box.pk] = on_timeline(aoki)[0].email
    assert dovecot.uids(mailbox.email) == dovecot.uids(other.email)
    for box in (mailbox, other):
        (copy,) = MailboxCopy.objects.filter(mailbox=box, folder__role="inbox")
        assert copy.email == theirs[box.pk]
        assert f"For {box.email}" in copy.email.text


def test_what_its_owner_has_read_already_is_found_all_the_same(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    raw = reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes()
    dovecot.append(mailbox.email, "INBOX", raw, flags=r"(\Seen \Answered)")
    assert look(mailbox).logged == 1
    assert list(dovecot.flags(mailbox.email).values()) == [{r"\Seen", r"\Answered"}]


def test_a_second_look_does_nothing(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    look(mailbox)
    counts = [Email.objects.count(), MailboxCopy.objects.count(), Reading.objects.count()]
    again = look(mailbox)
    assert (again.headers_read, again.bodies_read, again.logged) == (0, 0, 0)
    assert [
        Email.objects.count(),
        MailboxCopy.objects.count(),
        Reading.objects.count(),
    ] == counts


def test_the_first_look_reads_nothing_old(
    hana: User, aoki: Contact, trusted: Dovecot, mail_user: MailUser, relay: Relay
) -> None:
    address = mail_user("old")
    trusted.deliver(address, letter(sender=aoki.email, to=address).as_bytes())
    receipt = look(connect_mailbox(hana, trusted, address))
    assert (receipt.headers_read, receipt.bodies_read) == (0, 0)


@pytest.mark.rule("M48")
def test_what_is_in_the_trash_or_erased_does_not_come_back(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    raw = reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes()
    dovecot.deliver(mailbox.email, raw)
    look(mailbox)
    on_timeline(aoki)[0].trash()
    dovecot.append(mailbox.email, "INBOX", raw)
    assert look(mailbox).logged == 0
    assert len(on_timeline(aoki)) == 1
    Activity.objects.trashed().delete()
    dovecot.append(mailbox.email, "INBOX", raw)
    receipt = look(mailbox)
    assert (receipt.logged, receipt.bodies_read) == (0, 0)


def test_a_new_uidvalidity_doubles_nothing_and_finds_what_came(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    look(mailbox)
    Folder.objects.update(uidvalidity=1, next_uid=999)  # as if the server had made them anew
    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    receipt = look(mailbox)
    assert (receipt.logged, receipt.bodies_read) == (1, 1)
    assert len(on_timeline(aoki)) == 3
    assert look(mailbox).headers_read == 0


def test_a_known_id_used_by_a_stranger_is_another_message(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    first = reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, first.as_bytes())
    look(mailbox)
    stranger = reply_to(
        sent, sender="eve@evil.test", to=mailbox.email, message_id=str(first["Message-ID"])
    )
    dovecot.deliver(mailbox.email, stranger.as_bytes())
    assert look(mailbox).logged == 1
    newest = on_timeline(aoki)[0].email
    assert newest.new_participant
    assert newest.participants.get(role="from").address == "eve@evil.test"


def test_a_reply_by_another_client_of_ours_is_outgoing(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    look(mailbox)
    theirs = on_timeline(aoki)[0].email
    own = reply_to(theirs, sender=mailbox.email, to=aoki.email)
    dovecot.append(mailbox.email, "Sent", own.as_bytes())
    assert look(mailbox).logged == 1
    assert on_timeline(aoki)[0].email.direction == "outgoing"


@pytest.mark.rule("M20")
def test_a_delivery_report_marks_the_sent_mail(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, relay: Relay
) -> None:
    raw = relay.accepted_by(aoki.email)[0].raw
    dovecot.deliver(mailbox.email, bounce_of(raw, recipient=aoki.email, to=mailbox.email))
    look(mailbox)
    sent.refresh_from_db()
    assert sent.status == "bounced"
    assert "no such user" in sent.error
    recipient = sent.participants.get(role="to")
    assert (recipient.status, "550" in recipient.server_said) == ("bounced", True)
    assert on_timeline(aoki)[0].email.auto_reply


def test_a_report_about_other_mail_is_not_read(
    mailbox: Mailbox, sent: Email, dovecot: Dovecot
) -> None:
    other = letter(sender=mailbox.email, to="x@y.test").as_bytes()
    dovecot.deliver(mailbox.email, bounce_of(other, recipient="x@y.test", to=mailbox.email))
    assert look(mailbox).bodies_read == 0


@pytest.mark.rule("M20")
def test_an_automatic_reply_is_logged_as_one(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    away = reply_to(sent, sender=aoki.email, to=mailbox.email, Auto_Submitted="auto-replied")
    dovecot.deliver(mailbox.email, away.as_bytes())
    look(mailbox)
    assert on_timeline(aoki)[0].email.auto_reply


@pytest.mark.rule("M13")
def test_the_ledger_says_what_was_read_and_why(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    look(mailbox)
    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    look(mailbox)
    line = Reading.objects.get()
    assert (line.rule, line.known_id) == ("reply", sent.message_id)
    assert line.email == on_timeline(aoki)[0].email
    assert HeadersRead.objects.get(mailbox=mailbox).count == 2


@pytest.mark.rule("M18")
def test_a_message_above_the_limit_is_recorded_by_name_and_size(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, settings: object
) -> None:
    settings.INBOX_MAX_MESSAGE_BYTES = 50_000  # type: ignore[attr-defined]
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email, text="It is attached.")
    reply.add_attachment(b"x" * 90_000, "application", "zip", filename="large.zip")
    dovecot.deliver(mailbox.email, reply.as_bytes())
    assert look(mailbox).logged == 1
    newest = on_timeline(aoki)[0]
    assert "It is attached." in newest.email.text
    file: Attachment = newest.files.get()
    assert (file.name, file.stored, file.not_stored) == ("large.zip", False, "too_large")
    assert 85_000 < file.size < 130_000


def test_two_messages_without_id_and_date_are_two(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    raw = f"From: {aoki.email}\r\nTo: {mailbox.email}\r\nSubject: Re\r\n"
    raw += f"In-Reply-To: <{sent.message_id}>\r\n\r\nYes."
    dovecot.deliver(mailbox.email, raw.encode())
    look(mailbox)
    time.sleep(1.1)  # INTERNALDATE tells whole seconds
    dovecot.deliver(mailbox.email, raw.encode())
    assert look(mailbox).logged == 1


@pytest.mark.rule("M28")
@pytest.mark.rule("M30")
@pytest.mark.rule("M31")
def test_how_a_message_travelled_is_kept_beside_it_for_a_while(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    look(mailbox)
    found = on_timeline(aoki)[0].email
    came, went = found.transport.get(), sent.transport.get()
    assert (came.mailbox, came.envelope) == (mailbox, ("", [], {}))
    assert came.size > 200 and came.arrived_at is not None
    assert went.envelope[:2] == (mailbox.email, [aoki.email])
    assert went.envelope.answers[""]  # the server's words
    assert "In-Reply-To:" in found.header_blocks.get(origin="synced").text
    headers = sent.header_blocks.get(origin="sent").text
    assert "X-Musubi-Message:" in headers and "Hello." not in headers
    assert not RawCopy.objects.exists()  # of Bcc, forwarding and folder alone


def test_the_lease_keeps_a_second_looker_out(mailbox: Mailbox) -> None:
    token = mailbox.claim(timezone.now())
    assert token
    assert engine.look(mailbox) is None
    assert engine.look(mailbox, force=True) is not None
    assert not mailbox.hold(token, timezone.now())
