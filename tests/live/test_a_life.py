"""Some days of a mailbox, the clock moved: connected, at work, locked out, back, with a receipt."""

import imaplib
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from crm import mailing
from crm.models import Contact, Email, User
from inbox.models import HeadersRead, Mailbox, Reading
from inbox.sync import engine
from inbox.wire.faults import LoginRefused
from tests.factories import connect_mailbox, make_email
from tests.inbox.letters import letter, reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.once]
THREADS, STRANGERS, MISSED = 200, 120, 40


@pytest.mark.rule("M37")
@pytest.mark.rule("M49")
def test_three_days_locked_out_are_found_again_and_accounted_for(
    client: Client,
    hana: User,
    aoki: Contact,
    trusted: Dovecot,
    relay: Relay,
    mail_user: Callable[..., str],
) -> None:
    back = timezone.now()
    gone = back - timedelta(days=3)
    with time_machine.travel(gone - timedelta(hours=1)):
        mailbox = connect_mailbox(hana, trusted, mail_user("hana"))
        threads = [make_email(aoki, by=hana) for _ in range(THREADS)]
        put(trusted, mailbox, (answer(email, mailbox) for email in threads))
        assert look(mailbox).logged == THREADS

    trusted.set_password(mailbox.email, "changed by its provider")
    with time_machine.travel(gone):
        for _ in range(2):  # the second time nothing is tried, or the account would be locked
            lock_out(mailbox)
        mailing.mail_due(timezone.now())
    assert [letter.subject for letter in mail.outbox] == [f"{mailbox.email} is disconnected"]
    assert HeadersRead.objects.get().count == THREADS

    strangers = (letter(sender="x@y.test", to=mailbox.email) for _ in range(STRANGERS))
    put(trusted, mailbox, strangers)
    put(trusted, mailbox, (answer(email, mailbox) for email in threads[:MISSED]))
    reconnect(client, mailbox, "changed by its provider")
    assert look(mailbox).logged == MISSED
    assert look(mailbox).headers_read == 0

    absence = mailbox.absences.get()
    assert (absence.headers, absence.found) == (STRANGERS + MISSED, MISSED)
    assert near(absence.since, gone - timedelta(hours=1)) and near(absence.until, back)
    assert Email.objects.count() == 2 * THREADS + MISSED
    assert Reading.objects.filter(mailbox=mailbox).count() == THREADS + MISSED
    mailing.mail_due(timezone.now())
    told = mail.outbox[1]
    assert (len(mail.outbox), told.subject) == (2, f"{mailbox.email} works again")
    assert f"Headers looked at since: {STRANGERS + MISSED}." in told.body
    html = client.get(f"/mailboxes/{mailbox.pk}/").content.decode()
    assert f'class="num">{STRANGERS + MISSED}<' in html and f'class="num">{MISSED}<' in html


def answer(email: Email, mailbox: Mailbox) -> EmailMessage:
    return reply_to(email, sender="yuki@aoki.example", to=mailbox.email)


def put(server: Dovecot, mailbox: Mailbox, letters: Iterable[EmailMessage]) -> None:
    when = imaplib.Time2Internaldate(time.time())
    with server.session(mailbox.email) as imap:
        for message in letters:
            assert imap.append("INBOX", "", when, message.as_bytes())[0] == "OK"


def look(mailbox: Mailbox) -> engine.Receipt:
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk))
    assert receipt is not None
    return receipt


def lock_out(mailbox: Mailbox) -> None:
    due = Mailbox.objects.due_a_look(timezone.now()).first()
    if due:
        with pytest.raises(LoginRefused):
            engine.look(due)
    mailbox.refresh_from_db()
    assert (mailbox.state, mailbox.tried_again) == ("disconnected", False)


def reconnect(client: Client, mailbox: Mailbox, password: str) -> None:
    """On the page, which asks for the password alone."""
    client.force_login(mailbox.owner)
    page = f"/mailboxes/{mailbox.pk}/"
    assert "Test and reconnect" in client.get(page).content.decode()
    wrong = client.post(f"{page}password/", {"password": "a guess"})
    assert wrong.status_code == 422
    assert client.post(f"{page}password/", {"password": password}).status_code == 303
    assert "Connected again, catching up" in client.get(page).content.decode()


def near(moment: datetime | None, other: datetime) -> bool:
    return moment is not None and abs(moment - other) < timedelta(minutes=1)
