"""The only session that writes."""

from datetime import UTC, datetime

import pytest

from inbox.wire.account import Account
from inbox.wire.appending import open_appending
from inbox.wire.faults import FolderGone, OverQuota, ProtocolFault
from inbox.wire.tls import context
from tests.servers.imap_script import ImapScript

WHEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
RAW = (
    b"From: me@example.test\r\nSubject: =?utf-8?q?a?=\r\nMessage-ID: <one@example.test>\r\n"
    b'X-Musubi-Message: tok"en\r\n\r\nbody {3}\r\n'
)


@pytest.fixture
def appending(imap_account, tls):
    opened = []

    def open_session(user):
        opened.append(open_appending(imap_account(user), tls))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()


@pytest.mark.rule("M22")
def test_what_is_filed_is_found_and_read(dovecot, mail_user, appending):
    user = mail_user()
    session = appending(user)
    assert session.find("Sent", "Message-ID", "<one@example.test>") == []
    session.append("Sent", RAW, WHEN)
    assert dovecot.raw_messages(user, "Sent") == [RAW]
    assert dovecot.flags(user, "Sent") == {1: {r"\Seen"}}
    assert session.find("Sent", "Message-ID", "<one@example.test>") == [1]
    assert session.find("Sent", "X-Musubi-Message", 'tok"en') == [1]
    assert session.find("Sent", "Message-ID", "<other@example.test>") == []
    with dovecot.session(user, "Sent") as imap:
        assert b"04-Mar-2026 05:06:07 +0000" in imap.fetch("1", "INTERNALDATE")[1][0]


def test_the_next_message_is_found_in_the_same_session(mail_user, appending):
    session = appending(mail_user())
    for number in (1, 2):
        session.append("Sent", RAW.replace(b"<one@", b"<%d@" % number), WHEN)
        assert session.find("Sent", "Message-ID", f"<{number}@example.test>") == [number]


@pytest.mark.rule("M8")
def test_finding_sets_no_flag(dovecot, mail_user, appending):
    user = mail_user()
    dovecot.append(user, "Sent", RAW)
    assert appending(user).find("Sent", "Message-ID", "<one@example.test>") == [1]
    assert dovecot.flags(user, "Sent") == {1: set()}


def test_a_folder_is_made_once(dovecot, mail_user, appending):
    user = mail_user()
    session = appending(user)
    for name in ("CRM", "顧客", "CRM"):
        session.create(name)
    assert {"CRM", "顧客"} <= {folder.name for folder in session.folders() if folder.selectable}
    assert dovecot.counts(user)["CRM"] == 0


def test_a_folder_that_is_not_there(mail_user, appending):
    with pytest.raises(FolderGone):
        appending(mail_user()).append("Nowhere", RAW, WHEN)


def scripted(server):
    account = Account("localhost", server.port, "none", "me", "secret", "127.0.0.1")
    return open_appending(account, context(""))


def test_a_full_mailbox_says_so():
    answers = {"APPEND": [b"%tag NO [OVERQUOTA] mailbox is full\r\n"]}
    with ImapScript(answers) as server, scripted(server) as session, pytest.raises(OverQuota):
        session.append("Sent", RAW, WHEN)


EVIL = ['x"\r\nX1 EXPUNGE\r\n', "a\nX1 EXPUNGE", "a\0b", 'q" \\', "{5+}\r\nhello", "日本", "*"]


@pytest.mark.parametrize("evil", EVIL)
def test_no_argument_becomes_a_command(evil):
    answers = {"UID SEARCH": [b"* SEARCH 1\r\n%tag OK\r\n"]}
    with ImapScript(answers) as server, scripted(server) as session:
        session.find("Sent", "Message-ID", evil)
        session.find("Sent", evil, "x")
        session.find(evil, "Message-ID", "x")
        session.append(evil, RAW, WHEN)
        session.create(evil)
    tags = [line.split()[0] for line in server.commands()]
    assert not [tag for tag in tags if tag.startswith(b"X")]
    assert not [line for line in server.commands() if line.split()[1:2] == [b"EXPUNGE"]]


def test_a_value_is_sought_as_it_is(mail_user, appending):
    session = appending(mail_user())
    session.append("Sent", RAW.replace(b"=?utf-8?q?a?=", "日本".encode()), WHEN)
    assert session.find("Sent", "Subject", "日本") == [1]
    assert session.find("Sent", "Subject", "a\r\nb") == []
    assert session.find("Sent", "Bad Name", "x") == []


def test_nul_is_not_sent(mail_user, appending):
    with pytest.raises(ProtocolFault):
        appending(mail_user()).append("Sent", b"a\0b", WHEN)
