"""What the tests of reading sessions share: a letter, a reason to read, a session with a script."""

from inbox.reason import Reason
from inbox.wire.account import Account
from inbox.wire.imap import open_reading
from inbox.wire.tls import context

REPLY = Reason("reply", "<known@example.test>")


def mail(number=1, body=b"hello"):
    return (
        b"From: Anna <anna@example.org>\r\nTo: me@example.test\r\nSubject: number %d\r\n"
        b"Message-ID: <m%d@example.org>\r\nX-Secret: not asked for\r\n\r\n%b\r\n"
        % (number, number, body)
    )


def scripted(server, security="none", password="secret", username="me", **more):
    account = Account("localhost", server.port, security, username, password, "127.0.0.1", **more)
    return open_reading(account, context(""))
