"""Whose limits a mailbox is under."""

import pytest

from crm.models import User
from inbox.connect.limits import known_limits, limits_of
from tests.factories import make_mailbox


@pytest.mark.rule("M58")
@pytest.mark.parametrize(
    ("email", "host", "a_day", "a_minute", "recipients"),
    [
        ("a@gmail.com", "imap.gmail.com", 500, None, 100),
        ("a@own.example", "imap.gmail.com", 2_000, None, 100),  # Google Workspace
        ("a@own.example", "outlook.office365.com", None, 30, 500),  # Microsoft 365
        ("a@yahoo.com", "imap.mail.yahoo.com", 500, None, 100),
        ("a@icloud.com", "imap.mail.me.com", 1_000, None, 500),
        ("a@gmail.com", "imap.own.example", None, None, 500),  # an address is no server
        ("a@own.example", "imap.own.example", None, None, 500),
    ],
)
def test_known_by_server_and_address(
    email: str, host: str, a_day: int | None, a_minute: int | None, recipients: int
) -> None:
    found = known_limits(email, host)
    assert (found.messages_a_day, found.messages_a_minute) == (a_day, a_minute)
    assert found.recipients_a_message == recipients


@pytest.mark.rule("M58")
@pytest.mark.parametrize(
    ("email", "host"),
    [
        ("a@gmail.com", "imap.gmail.com"),
        ("a@own.example", "outlook.office365.com"),
        ("a@yahoo.com", "imap.mail.yahoo.com"),
        ("a@own.example", "imap.own.example"),
    ],
)
def test_our_imap_connections_are_fewer_than_allowed(email: str, host: str) -> None:
    """One that watches or looks, a copy for each session that sends, and a person who tests."""
    found = known_limits(email, host)
    assert 1 + found.posting + 1 <= found.reading


def test_what_its_owner_wrote_down_goes_first(hana: User) -> None:
    mailbox = make_mailbox(hana, imap_host="imap.gmail.com", most_a_day=100, most_a_minute=5)
    found = limits_of(mailbox)
    assert (found.messages_a_day, found.messages_a_minute) == (100, 5)
    assert found.recipients_a_message == 100
