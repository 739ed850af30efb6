"""The question before each step: what counts as having written (M56)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import Contact
from inbox.models import HeadersRead, Mailbox
from inbox.outreach import asking
from tests.inbox.letters import letter
from tests.servers.dovecot import Dovecot

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M56")]
PEOPLE = "yuki@aoki.example"


def ask(mailbox: Mailbox, **more: str) -> asking.Heard:
    return asking.ask(mailbox, [PEOPLE], timezone.now() - timedelta(hours=1), **more)


@pytest.mark.parametrize(
    ("headers", "wrote"),
    [
        ({}, True),
        ({"subject": "Re: anything"}, True),
        ({"sender": '"Aoki, Yuki" <Yuki@Aoki.Example>'}, True),
        ({"sender": "other-yuki@aoki.example"}, False),
        ({"sender": f'"{PEOPLE}" <someone@else.test>'}, False),
        ({"Auto_Submitted": "auto-replied"}, False),
        ({"Precedence": "bulk"}, False),
        ({"List_Id": "<news.aoki.example>"}, False),
        ({"subject": "自動返信: ただいま不在です"}, False),
        ({"subject": "Out of Office Re: Our offer"}, False),
    ],
)
def test_people_count_and_robots_do_not(
    mailbox: Mailbox, dovecot: Dovecot, headers: dict[str, str], wrote: bool
) -> None:
    mail = letter(**{"sender": PEOPLE, "to": mailbox.email, **headers})  # type: ignore[arg-type]
    dovecot.deliver(mailbox.email, mail.as_bytes())
    assert bool(ask(mailbox).wrote) == wrote


def test_what_came_before_does_not_count(mailbox: Mailbox, dovecot: Dovecot) -> None:
    mail = letter(sender=PEOPLE, to=mailbox.email).as_bytes()
    dovecot.append(mailbox.email, "INBOX", mail, at=timezone.now() - timedelta(hours=2))
    assert not ask(mailbox).wrote
    assert HeadersRead.objects.get(mailbox=mailbox).count == 1  # the ledger tells of it (M13)


def test_an_address_that_servers_cannot_be_asked_for_is_looked_for_here(
    mailbox: Mailbox, dovecot: Dovecot
) -> None:
    mail = letter(sender="x@y.test", to=mailbox.email).as_bytes()
    mail = mail.replace(b"x@y.test", "björn@müller.example".encode())
    dovecot.deliver(mailbox.email, mail)
    since = timezone.now() - timedelta(hours=1)
    heard = asking.ask(mailbox, ["björn@müller.example"], since)
    assert heard.wrote and heard.wrote.address == "björn@müller.example"


def test_a_colleague_is_found_by_the_domain(
    mailbox: Mailbox, dovecot: Dovecot, aoki: Contact
) -> None:
    mail = letter(sender="boss@aoki.example", to=mailbox.email)
    dovecot.deliver(mailbox.email, mail.as_bytes())
    assert not ask(mailbox).wrote
    heard = ask(mailbox, domain="aoki.example").wrote
    assert heard and heard.address == "boss@aoki.example"
