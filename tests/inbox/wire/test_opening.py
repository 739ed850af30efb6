"""Signing in: every kind of connection, each refusal in its words, no password in clear."""

import re

import pytest

from inbox.wire.account import Account
from inbox.wire.faults import (
    Fault,
    LoginRefused,
    ProtocolFault,
    ServerBusy,
    TlsFault,
    Unreachable,
)
from inbox.wire.imap import open_reading
from tests.inbox.wire.sessions import scripted
from tests.servers.imap_script import ImapScript
from tests.servers.ports import free_ports

EVIL = [
    'x"\r\nX1 STORE 1:* +FLAGS (\\Deleted)\r\nX2 EXPUNGE\r\n',
    "a\nX1 DELETE INBOX",
    "a\rX1 DELETE INBOX",
    "a\0b",
    'quote " and \\ backslash',
    "{5}\r\nhello",
    "{5+}",
    "*",
    "(",
    "NIL",
    "日本\r\n",
]


@pytest.mark.parametrize("evil", EVIL)
def test_no_folder_name_becomes_a_command(evil):
    with ImapScript() as server, scripted(server) as session:
        session.examine(evil)
        session.statuses(["INBOX", evil])
    assert_only_our_commands(server)


@pytest.mark.parametrize("evil", EVIL)
def test_no_user_name_or_password_becomes_a_command(evil):
    answers = {"AUTHENTICATE": [b"+ \r\n"]}
    with ImapScript(answers) as server:
        for who in ({"username": evil}, {"password": evil}):
            try:
                scripted(server, **who, timeout=0.3).close()
            except Fault:
                continue
    assert_only_our_commands(server)


def assert_only_our_commands(server):
    """Every line begins with one of our tags and a verb that reads, or is a base64 answer."""
    for line in server.commands():
        ours = re.match(
            rb"[A-P]{4}\d+ (CAPABILITY|LOGIN|AUTHENTICATE|LIST|EXAMINE|STATUS|LOGOUT)\b", line
        )
        assert ours or re.fullmatch(rb"[A-Za-z0-9+/=]+", line), line


def test_names_and_passwords_with_quotes_get_in(dovecot, mail_user, reading):
    for password in ('q"uo\\te', "pässwörd", "パスワード", "with space", "{3}"):
        user = mail_user()
        dovecot.set_password(user, password)
        assert reading(user, password).folders()
        with pytest.raises(LoginRefused):
            reading(user, "secret")


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_every_kind_of_connection_gets_in(mail_user, reading, security):
    assert reading(mail_user(), security=security).folders()


def test_a_wrong_password_is_refused_with_the_servers_words(mail_user, reading):
    with pytest.raises(LoginRefused) as refused:
        reading(mail_user(), "not-the-password")
    assert refused.value.step == "login"
    assert refused.value.code == "authenticationfailed"
    assert "Authentication failed" in refused.value.server_said
    assert not refused.value.transient


def test_a_server_that_repeats_the_password_is_not_repeated():
    answers = {"LOGIN": [b"%tag NO who is s3cr3t-word? czNjcjN0LXdvcmQ=\r\n"]}
    with ImapScript(answers) as server, pytest.raises(LoginRefused) as refused:
        scripted(server, password="s3cr3t-word")
    assert "s3cr3t" not in refused.value.server_said
    assert "czNjcj" not in refused.value.server_said
    assert "who is" in refused.value.server_said


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"%tag NO [UNAVAILABLE] later\r\n", ServerBusy),
        (b"%tag NO [LIMIT] too many\r\n", ServerBusy),
        (b"%tag NO [ALERT] Too many simultaneous connections.\r\n", ServerBusy),
        (b"* BYE overloaded\r\n", ServerBusy),
        (b"%tag NO [ALERT] Application-specific password required\r\n", LoginRefused),
        (b"%tag NO [EXPIRED] password\r\n", LoginRefused),
        (b"%tag NO LOGIN failed.\r\n", LoginRefused),
        (b"%tag BAD User is authenticated but not connected.\r\n", ServerBusy),
        (b"%tag BAD invalid user name\r\n", LoginRefused),
        (b"nonsense\r\n", ProtocolFault),
    ],
)
def test_what_a_refused_login_means(answer, fault):
    with ImapScript({"LOGIN": [answer]}) as server, pytest.raises(fault):
        scripted(server)


def test_a_server_that_takes_no_password_gets_none():
    answers = {"CAPABILITY": [b"* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2\r\n%tag OK\r\n"]}
    with ImapScript(answers) as server, pytest.raises(LoginRefused) as refused:
        scripted(server)
    assert refused.value.code == "no_mechanism"
    assert b"secret" not in b"".join(server.transcript)


def test_a_greeting_that_skips_the_login_is_refused():
    with (
        ImapScript({"greeting": [b"* PREAUTH welcome back\r\n"]}) as server,
        pytest.raises(ProtocolFault),
    ):
        scripted(server, security="starttls")


def test_the_name_is_verified_though_the_address_is_pinned(dovecot, tls, mail_user):
    account = Account("mail.bank.test", dovecot.imaps, "tls", mail_user(), "secret", "127.0.0.1")
    with pytest.raises(TlsFault) as refused:
        open_reading(account, tls)
    assert refused.value.code == "wrong_name"


def test_tls_on_a_plain_port_says_so(dovecot, tls):
    account = Account("localhost", dovecot.imap, "tls", "me", "secret", "127.0.0.1")
    with pytest.raises(TlsFault) as refused:
        open_reading(account, tls)
    assert refused.value.code == "no_tls"


def test_nobody_at_home(tls):
    [port] = free_ports(1)
    with pytest.raises(Unreachable) as refused:
        open_reading(Account("localhost", port, "tls", "me", "x", "127.0.0.1"), tls)
    assert (refused.value.code, refused.value.step) == ("refused", "connect")
    assert refused.value.transient
    with pytest.raises(Unreachable) as unknown:
        open_reading(Account("no.such.invalid", 993, "tls", "me", "x"), tls)
    assert (unknown.value.code, unknown.value.step) == ("resolve", "resolve")
