"""What would be found, before anything is stored: by Dovecot, and by servers that stall."""

import imaplib
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pytest_django import Settings as Configuration

from crm.models import Contact, User
from inbox.models import HeadersRead, Mailbox, Reading
from inbox.sync import preview as looking
from inbox.wire.account import Settings
from tests.factories import make_contact, make_email
from tests.inbox.letters import letter
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.imap_script import ImapScript
from tests.servers.script import Drip, Pause

pytestmark = [pytest.mark.django_db, pytest.mark.live]


@pytest.fixture
def wanted(trusted: Dovecot, mail_user: Callable[[str], str]) -> Settings:
    email = mail_user("hana")
    return Settings(
        email=email,
        username=email,
        password=PASSWORD,
        imap_host="localhost",
        imap_port=trusted.imaps,
        imap_security="tls",
        smtp_host="localhost",
        smtp_port=trusted.submissions,
        smtp_security="tls",
    )


@pytest.mark.rule("M51")
@pytest.mark.rule("M44")
def test_headers_are_counted_and_nothing_is_stored(
    wanted: Settings, hana: User, ken: User, aoki: Contact, weber: Contact, dovecot: Dovecot
) -> None:
    known = make_email(aoki, message_id="<known@customer.test>")
    hidden = make_contact(owner=ken, audience="owner")
    letters = [
        letter(sender=aoki.email, to=wanted.email, answers="<known@customer.test>"),
        letter(sender=aoki.email, to=wanted.email),
        letter(sender="shop@elsewhere.test", to=f"{wanted.email}, {weber.email}"),
        letter(sender=hidden.email, to=wanted.email),
        letter(sender="shop@elsewhere.test", to=wanted.email),
    ]
    for raw in letters:
        dovecot.deliver(wanted.email, raw.as_bytes())
    own = letter(sender=wanted.email, to=aoki.email, message_id=known.message_id)
    dovecot.append(wanted.email, "Sent", own.as_bytes())
    before = dovecot.flags(wanted.email)
    found = looking.preview(wanted, hana, days=30)
    assert [(f.name, f.messages, f.recent) for f in found.folders] == [
        ("INBOX", 5, 5),
        ("Sent", 1, 1),
    ]
    assert (found.headers, found.in_threads, found.with_contacts) == (6, 2, 4)
    assert found.people == [(aoki, 3), (weber, 1)]
    assert not found.cut_short
    assert dovecot.flags(wanted.email) == before
    for model in (Mailbox, HeadersRead, Reading):
        assert not model.objects.exists()


@pytest.mark.rule("M51")
def test_only_those_days_and_the_newest_are_looked_at(
    wanted: Settings, hana: User, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MOST_HEADERS", 4)
    monkeypatch.setattr(looking, "AT_ONCE", 3)
    raw = letter(sender="a@a.test", to=wanted.email).as_bytes()
    with dovecot.session(wanted.email) as imap:
        old = imaplib.Time2Internaldate(datetime(2020, 1, 1, tzinfo=UTC))
        imap.append("INBOX", "", old, raw)
    for _number in range(6):
        dovecot.append(wanted.email, "INBOX", raw)
    found = looking.preview(wanted, hana, days=30)
    assert (found.folders[0].messages, found.folders[0].recent) == (7, 6)
    assert (found.headers, found.cut_short) == (4, True)


@pytest.mark.rule("M51")
@pytest.mark.parametrize(
    "stalls",
    [
        {"EXAMINE": [Pause(20)]},
        {"UID SEARCH": [Drip(b"* SEARCH 1 2 3\r\n" * 9, 0.2)]},
        {"LIST": [Drip(b'* LIST () "/" INBOX\r\n' * 9, 0.2)]},
    ],
)
def test_a_slow_server_does_not_hang_the_page(
    hana: User, settings: Configuration, stalls: dict[str, list[object]]
) -> None:
    settings.INBOX_ALLOW_PRIVATE_HOSTS = True
    with ImapScript(stalls) as server:
        where = {"imap_host": "127.0.0.1", "imap_port": server.port, "imap_security": "none"}
        where |= {"smtp_host": "127.0.0.1", "smtp_port": 1, "smtp_security": "none"}
        wanted = Settings(email="h@a.test", username="h", password="x", **where)
        began = time.monotonic()
        found = looking.preview(wanted, hana, days=30, patience=1)
        assert time.monotonic() - began < 6
    assert found.cut_short and found.headers == 0
