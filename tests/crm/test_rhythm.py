"""Twelve weeks of mail with a contact: how much each way, and how soon they reply."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Contact, User
from crm.rhythm import TALLEST, WEEKS, Rhythm, rhythm_of
from tests.factories import make_contact, make_email

NOW = timezone.now()


def rhythm(contact: Contact) -> Rhythm:
    found = rhythm_of(contact, NOW)
    assert found
    return found


def test_what_was_written_each_week_and_each_way(aoki: Contact) -> None:
    for days in (1, 2, 3):
        make_email(aoki, at=NOW - timedelta(days=days))
    make_email(aoki, direction="outgoing", at=NOW - timedelta(days=8))
    make_email(aoki, at=NOW - timedelta(weeks=WEEKS, days=1))  # too long ago
    make_email(aoki, at=NOW, auto_reply=True)
    make_email(aoki, at=NOW, private=True)
    make_email(aoki, at=NOW).activity.trash()
    make_email(make_contact(), at=NOW)
    found = rhythm(aoki)
    assert (found.received, found.sent, found.replies) == (3, 1, "")
    assert len(found.weeks) == WEEKS
    assert (found.weeks[-1].received, found.weeks[-2].sent) == (TALLEST, TALLEST // 3)


@pytest.mark.parametrize(
    ("waits", "said"),
    [
        ([timedelta(minutes=5)], "replies within an hour"),
        ([timedelta(hours=1)], "replies in about 1 hour"),
        ([timedelta(hours=1), timedelta(hours=3), timedelta(days=9)], "replies in about 3 hours"),
        ([timedelta(days=3)], "replies in about 3 days"),
    ],
)
def test_how_soon_they_reply_in_the_middle_case(aoki: Contact, waits: list[Any], said: str) -> None:
    for wait in waits:
        asked = make_email(aoki, direction="outgoing", at=NOW - timedelta(days=20))
        make_email(aoki, thread=asked.thread, at=asked.activity.at + wait)
    assert rhythm(aoki).replies == said


def test_who_never_wrote_has_none_and_who_did_sees_it(
    client: Client, hana: User, aoki: Contact
) -> None:
    client.force_login(hana)
    assert rhythm_of(aoki, NOW) is None
    assert 'class="rhythm"' not in client.get(aoki.get_absolute_url()).content.decode()
    make_email(aoki)
    page = client.get(aoki.get_absolute_url()).content.decode()
    assert "1 received" in page and "0 sent" in page
