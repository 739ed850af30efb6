"""An invitation in a letter is shown as such: title, time here, place, organiser, who comes."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Contact, User
from crm.templatetags.invitations import event
from tests.factories import make_email

pytestmark = pytest.mark.django_db
INVITATION = {
    "method": "request",
    "title": "Kick-off <b>",
    "start": "2026-05-18 01:00:00+00:00",
    "end": "2026-05-18 02:30:00+00:00",
    "all_day": False,
    "place": "Room 4",
    "organiser": {"name": "Yuki Aoki", "address": "yuki@aoki.test"},
    "attendees": [
        [{"name": "Hana", "address": "hana@crm.test"}, "accepted"],
        [{"name": "", "address": "ken@crm.test"}, "needs-action"],
    ],
    "repeats": True,
}


def shown(contact: Contact, **changes: Any) -> Any:
    return event(make_email(contact, invitation={**INVITATION, **changes}))


@pytest.mark.rule("M18")
def test_it_stands_above_the_letter(client: Client, hana: User, aoki: Contact) -> None:
    email = make_email(aoki, by=hana, invitation=INVITATION)
    client.force_login(hana)
    html = client.get(f"/emails/{email.pk}/").content.decode()
    for words in ("Invitation", "Kick-off &lt;b&gt;", "Room 4", "Yuki Aoki", "Hana accepts"):
        assert words in html
    assert "ken@crm.test has not answered" in html


def test_the_time_is_the_readers(aoki: Contact) -> None:
    with timezone.override("Asia/Tokyo"):
        assert "10" in shown(aoki).when and "11:30" in shown(aoki).when
    with timezone.override("UTC"):
        assert "2:30" in shown(aoki).when


@pytest.mark.parametrize(
    ("end", "days"), [("2026-05-19 00:00:00+00:00", 1), ("2026-05-21 00:00:00+00:00", 2)]
)
def test_days_are_the_same_days_everywhere(aoki: Contact, end: str, days: int) -> None:
    with timezone.override("America/Los_Angeles"):
        when = shown(aoki, all_day=True, start="2026-05-18 00:00:00+00:00", end=end).when
    assert "18" in when and len(when.split("–")) == days


@pytest.mark.parametrize(
    ("method", "words"),
    [("cancel", "Cancelled"), ("reply", "Answer to an invitation"), ("publish", "Calendar entry")],
)
def test_the_kind_is_said(aoki: Contact, method: str, words: str) -> None:
    assert shown(aoki, method=method, end=None).what == words


def test_a_letter_without_one_shows_none(aoki: Contact) -> None:
    assert event(make_email(aoki)) is None
