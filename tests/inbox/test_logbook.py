"""What is written down of a message that was found, and about whom: against a real Dovecot."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from crm import privacy, timeline
from crm.models import Activity, Contact, Email, Notice, User
from inbox import copies
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer, outbox
from inbox.sync import engine
from tests.factories import make_contact, make_email, make_mailbox
from tests.inbox.letters import bounce_of, reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact) -> Email:
    return send(mailbox, aoki)


def send(mailbox: Mailbox, contact: Contact, answers: Email | None = None) -> Email:
    draft = composer.NewEmail(
        mailbox=mailbox, to=[contact.email], subject="Our offer", text="Hello.", answers=answers
    )
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    return Email.objects.get(pk=email.pk)


def logged(mailbox: Mailbox) -> Email:
    """The one e-mail that a look logs."""
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk))
    assert receipt is not None
    assert receipt.logged == 1
    return Email.objects.latest("pk")


@pytest.mark.rule("M14")
def test_what_lies_in_sent_was_sent_under_whatever_address(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    own = reply_to(sent, sender="sales@alias.test", to=aoki.email)
    dovecot.append(mailbox.email, "Sent", own.as_bytes())
    email = logged(mailbox)
    assert (email.direction, email.new_participant) == ("outgoing", False)


@pytest.mark.rule("M14")
def test_a_blind_copy_that_sent_names_is_on_the_timeline_of_who_got_it(
    mailbox: Mailbox, sent: Email, aoki: Contact, weber: Contact, dovecot: Dovecot
) -> None:
    own = reply_to(sent, sender=mailbox.email, to=aoki.email, Bcc=weber.email)
    dovecot.append(mailbox.email, "Sent", own.as_bytes())
    email = logged(mailbox)
    assert email.participants.get(role="bcc").contact == weber
    assert [row.email for row in timeline.activities_of(weber)[0]] == [email]


@pytest.mark.rule("M14")
@pytest.mark.parametrize(
    "written", ["Mon, 23 Nov 2099 10:00:00", "Mon, 1 Jan 1990 03:00:00 +0900", "yesterday", ""]
)
def test_it_stands_at_the_time_its_server_took_it_whatever_its_date_says(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, written: str
) -> None:
    """Not at that of the look either, nor in the zone that the server happens to tell it in."""
    came = (timezone.now() - timedelta(hours=2)).replace(microsecond=0)
    Activity.objects.filter(pk=sent.activity_id).update(at=came - timedelta(days=1))
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
    del reply["Date"]
    if written:
        reply["Date"] = written
    told = came.astimezone(ZoneInfo("Pacific/Chatham"))
    dovecot.append(mailbox.email, "INBOX", reply.as_bytes(), at=told)
    assert logged(mailbox).activity.at == came


@pytest.mark.rule("M7")
def test_an_answer_by_somebody_unknown_stands_with_the_question(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    """Also where somebody else in it is a contact, as colleagues often are."""
    make_contact(mailbox.email)
    reply = reply_to(sent, sender="assistant@aoki.example", to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    email = logged(mailbox)
    assert email.new_participant
    assert timeline.activities_of(aoki)[0][0].email == email


@pytest.mark.rule("M20")
def test_a_report_is_about_the_mail_that_it_returns(
    mailbox: Mailbox, sent: Email, aoki: Contact, weber: Contact, dovecot: Dovecot, relay: Relay
) -> None:
    """Some servers put the conversation into References: an older mail, which did arrive."""
    second = send(mailbox, weber, answers=sent)
    raw = relay.accepted_by(weber.email)[0].raw
    report = bounce_of(raw, recipient=weber.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, f"References: <{sent.message_id}>\r\n".encode() + report)
    email = logged(mailbox)
    assert email.reason_message_id == second.message_id
    statuses = dict(Email.objects.values_list("pk", "status"))
    assert (statuses[sent.pk], statuses[second.pk]) == ("sent", "bounced")


@pytest.mark.rule("M20")
def test_a_report_about_what_they_wrote_marks_nothing(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    theirs = reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes()
    dovecot.deliver(mailbox.email, theirs)
    email = logged(mailbox)
    report = bounce_of(theirs.replace(b"\n", b"\r\n"), recipient=mailbox.email, to=mailbox.email)
    named = f"In-Reply-To: <{email.message_id}>\r\n".encode()
    dovecot.deliver(mailbox.email, named + report)
    logged(mailbox)
    email.refresh_from_db()
    assert email.status == "logged"


def test_an_answer_is_told_to_whose_contact_it_is(
    mailbox: Mailbox, sent: Email, ken: User, aoki: Contact, dovecot: Dovecot
) -> None:
    """Without its subject where that is not for them; an automatic answer is not told."""
    aoki.change(owner=ken)
    mailbox.change(visibility="metadata")
    robot = reply_to(sent, sender=aoki.email, to=mailbox.email, Auto_Submitted="auto-replied")
    dovecot.deliver(mailbox.email, robot.as_bytes())
    assert logged(mailbox).auto_reply
    assert not Notice.objects.exists()
    reply = reply_to(sent, sender=f"Yuki Aoki <{aoki.email}>", to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    answer = logged(mailbox)
    notice = Notice.objects.get()
    assert (notice.user, notice.kind) == (ken, "reply")
    about = {"contact": aoki.pk, "email": answer.pk}
    assert notice.values == {**about, "name": "Yuki Aoki", "subject": ""}


def test_of_several_contacts_the_notice_leads_to_who_wrote(
    mailbox: Mailbox, sent: Email, hana: User, aoki: Contact, dovecot: Dovecot
) -> None:
    others = [make_contact(f"cc{number}@aoki.example", owner=hana) for number in range(9)]
    writer = make_contact("yuki@other.example", owner=hana)
    copies = ", ".join(str(each.email) for each in others)
    reply = reply_to(sent, sender=writer.email, to=mailbox.email, Cc=copies)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    logged(mailbox)
    assert Notice.objects.get().values["contact"] == writer.pk


@pytest.mark.rule("M20")
def test_a_report_is_told_to_whoever_sent_it_once(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, relay: Relay
) -> None:
    raw = relay.accepted_by(aoki.email)[0].raw
    for _time in range(2):
        report = bounce_of(raw, recipient=aoki.email, to=mailbox.email)
        dovecot.deliver(mailbox.email, report)
        logged(mailbox)
    notice = Notice.objects.get()
    assert (notice.user, notice.kind) == (mailbox.owner, "bounced")
    assert notice.values["address"] == aoki.email


@pytest.mark.rule("M53")
def test_what_comes_later_to_a_private_conversation_is_private(
    mailbox: Mailbox, sent: Email, ken: User, aoki: Contact, dovecot: Dovecot
) -> None:
    """Its owner is told; whose contact it is is not. Who wrote what is answered sees the answer."""
    aoki.change(owner=ken)
    rows = Email.objects.filter(pk=sent.pk)
    privacy.set_thread_private(sent.thread, [sent], private=True)
    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    first = logged(mailbox)
    assert first.private and rows.get().private
    assert [notice.user for notice in Notice.objects.all()] == [mailbox.owner]
    assert send(mailbox, aoki, answers=first).private
    rows.get().activity.change(by=ken)
    again = reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, again.as_bytes())
    second = logged(mailbox)
    assert second.private and second.seen_by(ken) and not first.seen_by(ken)


@pytest.mark.rule("M10")
@pytest.mark.rule("M53")
def test_a_place_that_a_restored_server_gave_to_another_message_is_that_ones(
    hana: User, aoki: Contact
) -> None:
    """UIDNEXT fell, and UIDVALIDITY is what it was."""
    mailbox = make_mailbox(hana, visibility="metadata")
    folder = mailbox.folders.get(role="inbox")
    folder.uidvalidity = 7
    before, now = make_email(aoki, by=hana), make_email(aoki, by=hana)
    for email in (before, now):
        copies.note({3: [email]}, folder)
    assert (now.copies.get().uid, now.visibility) == (3, "metadata")
    copy = before.copies.get()
    assert (copy.mailbox, copy.folder, copy.uid) == (mailbox, None, None)
