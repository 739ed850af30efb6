"""Why a message was logged or not, as a real server and our own rows tell it (M45)."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.utils import timezone

from crm import retention
from crm.models import Contact, Email, User
from inbox.models import HeadersRead, Mailbox, MessageId, NeverLog, Reading
from inbox.sync import engine
from inbox.why import Finding, Question, ask
from tests.factories import make_email
from tests.inbox.letters import letter, reply_to
from tests.servers.dovecot import Dovecot

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M45")]


@pytest.fixture
def known(aoki: Contact, hana: User) -> Email:
    return make_email(aoki, by=hana)


def why(mailbox: Mailbox, message: EmailMessage | str) -> Finding:
    """The answer about one message, by its id."""
    name = message if isinstance(message, str) else str(message["Message-ID"])
    [finding] = ask(mailbox, Question(name.strip("<>")), mailbox.owner)
    return finding


def look(mailbox: Mailbox) -> None:
    engine.look(Mailbox.objects.get(pk=mailbox.pk), force=True)


def reply(email: Email, mailbox: Mailbox) -> EmailMessage:
    return reply_to(email, sender="yuki@aoki.example", to=mailbox.email)


def test_a_reply_is_said_to_be_logged_after_the_look_and_to_come_before_it(
    mailbox: Mailbox, known: Email, dovecot: Dovecot
) -> None:
    answer = reply(known, mailbox)
    dovecot.deliver(mailbox.email, answer.as_bytes())
    steps = " ".join(why(mailbox, answer).steps)
    assert "“INBOX”" in steps and "not been looked at yet" in steps
    assert known.message_id.strip("<>") in steps and "So it will be logged" in steps
    look(mailbox)
    finding = why(mailbox, answer)
    assert finding.email == Email.objects.latest("pk")
    assert finding.steps[-1] == "It is logged."


def test_other_mail_is_explained_and_not_read(mailbox: Mailbox, dovecot: Dovecot) -> None:
    alone = letter(sender="x@y.test", to=mailbox.email, subject="Private")
    other = letter(sender="x@y.test", to=mailbox.email, answers="<a@b>", references="<a@b> <c@d>")
    for message in (alone, other):
        dovecot.deliver(mailbox.email, message.as_bytes())
    look(mailbox)
    finding = why(mailbox, alone)
    assert "Its header was looked at." in finding.steps
    assert "names no earlier message" in " ".join(finding.steps)
    assert "nothing of it is kept" in finding.steps[-1]
    assert (finding.sender, finding.subject) == ("x@y.test", "Private")
    assert "names: 2. None" in " ".join(why(mailbox, other).steps)
    ended = dovecot.sessions(mailbox.email, ended=5)
    assert sum(session["body_count"] for session in ended) == Reading.objects.count() == 0
    assert HeadersRead.objects.get().count == 4  # two looked at, two asked about
    assert MessageId.objects.count() == 0


def test_what_was_there_before_and_what_was_known_too_late(
    mailbox: Mailbox, aoki: Contact, hana: User, dovecot: Dovecot
) -> None:
    early = letter(sender="x@y.test", to=mailbox.email, answers="<late@customer.test>")
    dovecot.deliver(mailbox.email, early.as_bytes())
    look(mailbox)
    make_email(aoki, by=hana, message_id="late@customer.test")
    assert "not known here yet" in why(mailbox, early).steps[-1]
    Mailbox.objects.update(created_at=timezone.now() + timedelta(days=2))
    mailbox.refresh_from_db()
    assert "It was there before" in " ".join(why(mailbox, early).steps)


@pytest.mark.rule("M11")
def test_a_never_log_list_is_given_as_the_reason(
    mailbox: Mailbox, known: Email, dovecot: Dovecot
) -> None:
    answer = reply(known, mailbox)
    dovecot.deliver(mailbox.email, answer.as_bytes())
    NeverLog.objects.create(mailbox=mailbox, entry="yuki@aoki.example")
    look(mailbox)
    steps = why(mailbox, answer).steps
    assert "never-log list" in " ".join(steps)
    assert "nothing of it is kept" in steps[-1]


@pytest.mark.rule("M47")
def test_what_could_not_be_understood_is_said_to_be_put_aside(
    mailbox: Mailbox, known: Email, dovecot: Dovecot
) -> None:
    answer = reply(known, mailbox)
    dovecot.deliver(mailbox.email, answer.as_bytes())
    folder = mailbox.folders.get(role="inbox")
    place = {"uidvalidity": folder.uidvalidity, "uid": dovecot.uids(mailbox.email)[0]}
    now = timezone.now()
    mailbox.quarantine.create(folder=folder, arrived_at=now, size=1, sealed="x", **place)
    assert "put aside" in why(mailbox, answer).steps[-1]


def test_what_lies_elsewhere_is_named_and_not_read(
    mailbox: Mailbox, known: Email, dovecot: Dovecot
) -> None:
    answer = reply(known, mailbox)
    dovecot.create(mailbox.email, "Filtered & 見積")
    dovecot.append(mailbox.email, "Filtered & 見積", answer.as_bytes())
    steps = why(mailbox, answer).steps
    assert "None of the watched folders has it: INBOX, Sent." in steps
    assert "It lies in “Filtered & 見積”, which is not watched." in steps


def test_what_is_in_the_trash_erased_or_gone(
    mailbox: Mailbox, known: Email, dovecot: Dovecot
) -> None:
    answer = reply(known, mailbox)
    dovecot.deliver(mailbox.email, answer.as_bytes())
    look(mailbox)
    logged = Email.objects.latest("pk")
    [uid] = dovecot.uids(mailbox.email)
    logged.activity.change(deleted_at=timezone.now())
    finding = why(mailbox, answer)
    assert finding.email is None
    assert "in the Trash since" in finding.steps[-1]
    retention.erase(logged.activity)
    assert "erased here for good" in why(mailbox, answer).steps[-1]
    dovecot.expunge(mailbox.email, "INBOX", uid)
    assert "erased here for good" in why(mailbox, answer).steps[-1]
    assert "moved or deleted" in why(mailbox, "never@seen.test").steps[-1]
    assert why(mailbox, str(known.message_id)).email == known  # logged, by another mailbox


def test_a_sender_and_a_day_find_what_came_then(mailbox: Mailbox, dovecot: Dovecot) -> None:
    for sender in ("x@y.test", "x@y.test", "z@y.test"):
        dovecot.deliver(mailbox.email, letter(sender=sender, to=mailbox.email).as_bytes())
    today = timezone.localdate()
    found = ask(mailbox, Question(sender="x@y.test", day=today), mailbox.owner)
    assert [finding.sender for finding in found] == ["x@y.test", "x@y.test"]
    yesterday = today - timedelta(days=1)
    [nothing] = ask(mailbox, Question(sender="x@y.test", day=yesterday), mailbox.owner)
    assert nothing.folder == ""


def test_words_of_a_person_are_no_commands(mailbox: Mailbox, dovecot: Dovecot) -> None:
    dovecot.deliver(mailbox.email, letter(sender="x@y.test", to=mailbox.email).as_bytes())
    for evil in ('a@b"\r\nX1 LOGOUT', 'a"b\\@c', "見積@x", "x@y\0z", "*", ""):
        today, owner = timezone.localdate(), mailbox.owner
        ask(mailbox, Question(evil or "a@b", sender=evil, day=today), owner)
        ask(mailbox, Question(sender=evil, day=today), owner)
    assert len(dovecot.uids(mailbox.email)) == 1
