"""What may go over the wire: nothing that a person typed becomes a command, or ends a message."""

import re

import pytest

from inbox.wire.faults import (
    SmtpRefused,
)
from inbox.wire.smtp import on_the_wire
from tests.inbox.wire.posting_sessions import RAW, post, scripted
from tests.servers.smtp_script import SmtpScript

EVIL = [
    "a@b.test>\r\nRCPT TO:<evil@example.org",
    "a@b.test\r\nDATA",
    "a@b.test\nRSET",
    "a@b.test\0",
    "<a@b.test>",
    "a@b.test> SIZE=1",
    "a b@c.test",
    "no-at-sign",
    "",
    "a@b.test\u2028x",
]


@pytest.mark.parametrize("evil", EVIL)
def test_no_address_becomes_a_command(evil):
    with SmtpScript() as server, scripted(server) as session:
        refused = session.envelope("me@example.test", ["anna@example.test", evil])
        assert list(refused) == [evil]
        with pytest.raises(SmtpRefused):
            session.envelope(evil, ["anna@example.test"])
        with pytest.raises(SmtpRefused):
            session.envelope("me@example.test", [evil])
    for line in server.commands():
        assert re.match(
            rb"(ehlo \[127|AUTH PLAIN \S+$|MAIL FROM:<me@example.test>$"
            rb"|RCPT TO:<anna@example.test>$|RSET$|QUIT$)",
            line,
        ), line


@pytest.mark.parametrize("evil", ['me"\r\nMAIL FROM:<x@y.test>', "a\0b", "日本"])
def test_no_user_name_or_password_becomes_a_command(evil):
    with SmtpScript() as server:
        scripted(server, username=evil).close()
        scripted(server, password=evil).close()
    assert [line.split()[0].upper() for line in server.commands()] == [
        b"EHLO",
        b"AUTH",
        b"QUIT",
    ] * 2


@pytest.mark.parametrize("dots", [b"\n.\r\n", b"\r.\r\n", b"\r\n.\r\n", b"\n.\n", b"\r.\r"])
def test_nothing_in_a_message_ends_it(dots):
    smuggled = RAW + b"a" + dots + b"MAIL FROM:<evil@example.org>" + dots + b"b"
    with SmtpScript() as server, scripted(server) as session:
        post(session, smuggled)
    [delivered] = server.delivered
    assert b"\r\n..\r\nMAIL FROM" in delivered
    assert len([line for line in server.commands() if line.startswith(b"MAIL")]) == 1


def test_the_bytes_on_the_wire():
    assert on_the_wire(b"a\nb\r\n.c\r\rd") == b"a\r\nb\r\n..c\r\n\r\nd\r\n.\r\n"
    assert on_the_wire(b".") == b"..\r\n.\r\n"
    assert on_the_wire(b"") == b"\r\n.\r\n"


def test_international_addresses():
    with SmtpScript() as server, scripted(server) as session:
        assert session.envelope("me@example.test", ["anna@bücher.test"]) == {}
        assert list(session.envelope("me@example.test", ["a@b.test", "安@b.test"])) == ["安@b.test"]
    assert b"RCPT TO:<anna@xn--bcher-kva.test>" in server.commands()
    answers = {"EHLO": [b"250-here\r\n250-AUTH PLAIN\r\n250 SMTPUTF8\r\n"]}
    with SmtpScript(answers) as server, scripted(server) as session:
        assert session.envelope("me@example.test", ["安@bücher.test"]) == {}
    assert "RCPT TO:<安@bücher.test>".encode() in server.commands()
    assert b"MAIL FROM:<me@example.test> SMTPUTF8" in server.commands()
