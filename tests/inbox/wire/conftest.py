"""An open reading session of a test's user."""

import pytest

from inbox.wire.imap import open_reading


@pytest.fixture
def reading(imap_account, tls):
    """`reading(user)` is an open session, closed after the test."""
    opened = []

    def open_session(user, *args, **kwargs):
        opened.append(open_reading(imap_account(user, *args, **kwargs), tls))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()
