"""System mail: short, in the reader's language, sent once, and tried again where it fails."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from crm import mailing, notices
from crm.models import Notice, User
from crm.models.notices import MOST_TRIES
from tests.servers.ports import free_ports
from tests.servers.smtp_script import SmtpScript

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M37")]
LOST = {"mailbox": 5, "address": "hana@shop.test", "cause": "password"}
SINCE = "2026-11-20T16:30:00+00:00"


@pytest.fixture
def notice(hana: User) -> Notice:
    made = notices.tell(hana, "mailbox_disconnected", mail=True, since=SINCE, **LOST)
    assert made is not None
    return made


def test_it_says_what_happened_where_and_since_when(
    notice: Notice, hana: User, settings: Settings
) -> None:
    settings.SITE_URL = "https://crm.example.org"
    hana.change(time_zone="Asia/Tokyo")
    for _ in range(2):  # the second time nothing is due
        mailing.mail_due(timezone.now())
    [letter] = mail.outbox
    assert letter.to == [hana.email]
    assert letter.subject == "hana@shop.test is disconnected"
    assert "no longer accepts the password" in letter.body
    assert "21 Nov" in letter.body
    assert "https://crm.example.org/mailboxes/5/" in letter.body
    assert letter.message()["Auto-Submitted"] == "auto-generated"


def test_a_subject_is_one_line_whatever_an_address_holds(hana: User) -> None:
    notices.tell(hana, "mailbox_silent", mail=True, address="a\r\nBcc: x@y.test", since=SINCE)
    mailing.mail_due(timezone.now())
    assert len(mail.outbox) == 1
    assert mail.outbox[0].message()["Bcc"] is None


def test_a_mail_server_that_fails_is_tried_again_ever_later(
    notice: Notice, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_ports(1)[0]
    now, waits = timezone.now(), []
    for _ in range(MOST_TRIES):
        mailing.mail_due(now)
        notice.refresh_from_db()
        if notice.mail_due_at:
            waits.append(notice.mail_due_at - now)
            now = notice.mail_due_at
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=10)
    assert notice.mail_due_at is None  # it is given up, and still in the bell
    assert Notice.objects.unread().count() == 1


def test_what_left_is_not_sent_again(notice: Notice, settings: Settings) -> None:
    with SmtpScript() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        for _ in range(2):
            mailing.mail_due(timezone.now() + timedelta(minutes=1))
        sent = [line for line in server.transcript if line.upper().startswith(b"MAIL FROM")]
    assert len(sent) == 1


def test_two_workers_mail_once(notice: Notice) -> None:
    same = Notice.objects.get(pk=notice.pk)
    assert notice.claim_mail(timezone.now())
    assert not same.claim_mail(timezone.now())
