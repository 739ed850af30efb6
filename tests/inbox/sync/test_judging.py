"""Rules in a real mailbox: what is forbidden, what its owner chose, whose mail it is."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm import timeline
from crm.models import Contact, Email, User
from inbox.models import Folder, HeadersRead, Mailbox, NeverLog, Outgoing, Reading
from inbox.sending import composer, outbox
from inbox.sync import engine
from inbox.sync.visit import Receipt
from tests.factories import connect_mailbox, make_contact
from tests.inbox.letters import bounce_of, letter, reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]
MailUser = Callable[..., str]


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact) -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="Our offer", text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    look(mailbox)
    return Email.objects.get(pk=email.pk)


@pytest.fixture
def crm_folder(mailbox: Mailbox, dovecot: Dovecot) -> Folder:
    dovecot.create(mailbox.email, "CRM")
    return mailbox.folders.create(name="CRM", role=Folder.Role.CRM, uidvalidity=None, next_uid=1)


def look(mailbox: Mailbox) -> Receipt:
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk))
    assert receipt is not None
    return receipt


def newest(contact: Contact) -> Email:
    found: Email = timeline.activities_of(contact)[0][0].email
    return found


def from_aoki(mailbox: Mailbox, **more: str) -> EmailMessage:
    return letter(sender="Yuki <yuki@aoki.example>", to=mailbox.email, **more)


# --- M11 ------------------------------------------------------------------------------------------


@pytest.mark.rule("M11")
@pytest.mark.parametrize("whose", ["organisation", "mailbox"])
def test_what_a_never_log_list_covers_is_not_read(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, whose: str
) -> None:
    domain = aoki.email.partition("@")[2]
    NeverLog.objects.create(entry=domain, mailbox=mailbox if whose == "mailbox" else None)
    mailbox.change(scope=Mailbox.Scope.CONTACTS)
    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    before = len(dovecot.sessions(mailbox.email))
    receipt = look(mailbox)
    ended = dovecot.sessions(mailbox.email, ended=before + 1)[before:]
    assert (receipt.headers_read, receipt.bodies_read, receipt.logged) == (1, 0, 0)
    assert sum(session["body_count"] for session in ended) == 0
    assert not Reading.objects.exists()
    assert HeadersRead.objects.get(mailbox=mailbox).never_log == 1


@pytest.mark.rule("M11")
def test_the_list_of_another_mailbox_does_not_count_here(
    mailbox: Mailbox, sent: Email, aoki: Contact, ken: User, dovecot: Dovecot, mail_user: MailUser
) -> None:
    other = connect_mailbox(ken, dovecot, mail_user("ken"))
    NeverLog.objects.create(entry=aoki.email, mailbox=other)
    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    assert look(mailbox).logged == 1


# --- M12 ------------------------------------------------------------------------------------------


@pytest.mark.rule("M12")
def test_all_mail_with_known_contacts_where_its_owner_wants_that(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    dovecot.deliver(mailbox.email, letter(sender=aoki.email, to=mailbox.email).as_bytes())
    assert look(mailbox).bodies_read == 0
    mailbox.change(scope=Mailbox.Scope.CONTACTS)
    dovecot.deliver(mailbox.email, letter(sender=aoki.email, to=mailbox.email).as_bytes())
    dovecot.deliver(mailbox.email, letter(sender="eve@x.test", to=mailbox.email).as_bytes())
    dovecot.append(mailbox.email, "Sent", letter(sender=mailbox.email, to=aoki.email).as_bytes())
    receipt = look(mailbox)
    assert (receipt.headers_read, receipt.bodies_read, receipt.logged) == (3, 2, 2)
    logged = Email.objects.order_by("direction")
    assert [email.direction for email in logged] == ["incoming", "outgoing"]
    assert {(e.source, e.reason_rule, e.new_participant) for e in logged} == {
        ("contact", "contact", False)
    }
    assert {row.text for row in Reading.objects.all()} == {"It was exchanged with a known contact."}


@pytest.mark.rule("M12")
def test_mail_among_colleagues_is_left_alone_though_somebody_keeps_one_as_a_contact(
    mailbox: Mailbox, ken: User, dovecot: Dovecot
) -> None:
    mailbox.change(scope=Mailbox.Scope.CONTACTS)
    make_contact(ken.email)
    dovecot.deliver(mailbox.email, letter(sender=ken.email, to=mailbox.email).as_bytes())
    receipt = look(mailbox)
    assert (receipt.headers_read, receipt.bodies_read) == (1, 0)


@pytest.mark.rule("M12")
def test_one_query_a_batch_tells_the_contacts(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    mailbox.change(scope=Mailbox.Scope.CONTACTS)
    costs = []
    for count in (2, 12):
        for number in range(count):
            other = letter(sender=f"nobody{number}@x.test", to=mailbox.email)
            dovecot.deliver(mailbox.email, other.as_bytes())
        with CaptureQueriesContext(connection) as queries:
            look(mailbox)
        costs.append(len(queries))
    assert costs[1] <= costs[0]


@pytest.mark.rule("M55")
def test_a_newsletter_makes_no_contacts_under_any_rule(
    mailbox: Mailbox, aoki: Contact, crm_folder: Folder, dovecot: Dovecot
) -> None:
    mailbox.change(scope=Mailbox.Scope.CONTACTS, contact_creation="always")
    before = Contact.objects.count()
    news = letter(
        sender="letter@shop.test", to=f"{mailbox.email}, {aoki.email}", List_Id="<news.shop.test>"
    )
    dovecot.append(mailbox.email, "CRM", news.as_bytes())
    news.replace_header("Message-ID", "<other@shop.test>")
    dovecot.deliver(mailbox.email, news.as_bytes())
    assert look(mailbox).logged == 2
    assert set(Email.objects.values_list("source", flat=True)) == {"folder", "contact"}
    assert Contact.objects.count() == before


# --- M17 ------------------------------------------------------------------------------------------


@pytest.mark.rule("M17")
@pytest.mark.rule("M15")
def test_what_is_put_into_the_crm_folder_is_logged_and_its_thread_followed(
    mailbox: Mailbox, aoki: Contact, crm_folder: Folder, dovecot: Dovecot
) -> None:
    first = from_aoki(mailbox, subject="An old question")
    dovecot.append(mailbox.email, "CRM", first.as_bytes())
    assert look(mailbox).logged == 1
    email = newest(aoki)
    assert (email.source, email.reason_rule, email.direction) == ("folder", "folder", "incoming")
    assert email.reason_text == Reading.objects.get().text == "It was put into the CRM folder."
    again = from_aoki(mailbox, subject="Re: it", answers=str(first["Message-ID"]))
    dovecot.deliver(mailbox.email, again.as_bytes())
    assert look(mailbox).logged == 1
    assert newest(aoki).source == "reply"
    assert newest(aoki).thread == email.thread


@pytest.mark.rule("M17")
def test_a_letter_of_ours_put_there_is_outgoing(
    mailbox: Mailbox, aoki: Contact, crm_folder: Folder, dovecot: Dovecot
) -> None:
    own = letter(sender=mailbox.email, to=aoki.email)
    dovecot.append(mailbox.email, "CRM", own.as_bytes())
    look(mailbox)
    assert (newest(aoki).direction, newest(aoki).unproven) == ("outgoing", False)


@pytest.mark.rule("M17")
@pytest.mark.rule("M10")
def test_what_the_crm_has_already_is_not_logged_again_from_the_folder(
    mailbox: Mailbox, sent: Email, aoki: Contact, crm_folder: Folder, dovecot: Dovecot
) -> None:
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes()
    dovecot.deliver(mailbox.email, reply)
    look(mailbox)
    dovecot.append(mailbox.email, "CRM", reply)
    assert look(mailbox).logged == 0
    assert newest(aoki).copies.count() == 2


@pytest.mark.rule("M17")
def test_a_folder_that_is_not_watched_any_more_is_not_looked_at(
    mailbox: Mailbox, crm_folder: Folder, dovecot: Dovecot
) -> None:
    crm_folder.change(watched=False)
    dovecot.append(mailbox.email, "CRM", from_aoki(mailbox).as_bytes())
    assert look(mailbox).headers_read == 0


# --- whose mail it is -----------------------------------------------------------------------------


@pytest.mark.rule("M7")
def test_our_own_address_in_an_inbox_proves_nothing(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    forged = reply_to(sent, sender=mailbox.email, to=mailbox.email, text="Pay to IBAN …")
    dovecot.deliver(mailbox.email, forged.as_bytes())
    assert look(mailbox).logged == 1
    email = newest(aoki)
    assert (email.direction, email.unproven) == ("incoming", True)


@pytest.mark.parametrize(
    ("results", "outgoing"),
    [
        ("mx.example.test; dkim=pass header.d=example.test", True),
        ("mx.evil.test; dkim=pass header.d=example.test", False),
    ],
)
def test_the_trusted_server_vouches_for_it(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, results: str, outgoing: bool
) -> None:
    mailbox.change(authserv_id="mx.example.test")
    copy = reply_to(sent, sender=mailbox.email, to=mailbox.email, Authentication_Results=results)
    dovecot.deliver(mailbox.email, copy.as_bytes())
    look(mailbox)
    assert (newest(aoki).direction == "outgoing") is outgoing


def test_what_no_server_took_in_was_filed_by_its_owner(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    own = reply_to(sent, sender=mailbox.email, to=aoki.email)
    dovecot.append(mailbox.email, "INBOX", own.as_bytes())
    look(mailbox)
    assert newest(aoki).direction == "outgoing"


def test_sent_proves_what_a_colleagues_inbox_could_not(
    mailbox: Mailbox, sent: Email, aoki: Contact, ken: User, dovecot: Dovecot, mail_user: MailUser
) -> None:
    other = connect_mailbox(ken, dovecot, mail_user("ken"))
    own = reply_to(sent, sender=mailbox.email, to=f"{aoki.email}, {other.email}").as_bytes()
    dovecot.deliver(other.email, own)
    look(other)
    assert newest(aoki).unproven
    dovecot.append(mailbox.email, "Sent", own)
    assert look(mailbox).logged == 0
    assert (newest(aoki).direction, newest(aoki).unproven) == ("outgoing", False)


# --- one id, two messages -------------------------------------------------------------------------


@pytest.mark.rule("M10")
@pytest.mark.parametrize(
    "change", [{"Subject": "Another matter"}, {"Date": "Tue, 24 Nov 2026 10:00:00 +0100"}]
)
def test_the_same_id_on_another_message_of_the_same_sender_swallows_nothing(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, change: dict[str, str]
) -> None:
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    look(mailbox)
    for name, value in change.items():
        reply.replace_header(name, value)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    assert look(mailbox).logged == 1
    assert look(mailbox).logged == 0


@pytest.mark.rule("M10")
def test_a_mailing_list_that_marks_the_subject_sends_the_same_message(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    reply.replace_header("Subject", f"[sales] {reply['Subject']}")
    dovecot.deliver(mailbox.email, reply.as_bytes())
    assert look(mailbox).logged == 1
    assert newest(aoki).copies.count() == 2


@pytest.mark.rule("M48")
def test_a_report_that_was_erased_is_not_asked_for_again(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, relay: Relay
) -> None:
    raw = relay.accepted_by(aoki.email)[0].raw
    report = bounce_of(raw, recipient=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, report)
    assert look(mailbox).logged == 1
    newest(aoki).activity.delete()
    dovecot.append(mailbox.email, "INBOX", report)
    assert look(mailbox).bodies_read == 0
