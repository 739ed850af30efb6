"""A message, and the sessions in which tests hand it in."""

from inbox.wire.account import Account
from inbox.wire.smtp import open_posting
from inbox.wire.tls import context

RAW = b"From: me@example.test\r\nMessage-ID: <one@example.test>\r\n\r\nhello\r\n"


def scripted(server, security="none", username="me", password="secret", **more):
    account = Account("localhost", server.port, security, username, password, "127.0.0.1", **more)
    return open_posting(account, context(""))


def post(session, raw=RAW, to=("anna@example.test",), sender="me@example.test"):
    session.envelope(sender, to)
    session.begin_data()
    return session.finish_data(raw)
