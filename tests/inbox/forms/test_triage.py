"""Until when something is put off."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils import timezone

from crm.models import User
from inbox.forms.triage import TurnForm, preset, typed

ZONE = ZoneInfo("Asia/Tokyo")
FRIDAY = datetime(2026, 11, 27, 15, 40, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("later", datetime(2026, 11, 27, 18, 0)),
        ("tomorrow", datetime(2026, 11, 28, 8, 0)),
        ("monday", datetime(2026, 11, 30, 8, 0)),
        ("week", datetime(2026, 12, 4, 8, 0)),
    ],
)
def test_presets(name: str, expected: datetime) -> None:
    assert preset(name, FRIDAY) == expected.replace(tzinfo=ZONE)


def test_monday_is_never_today() -> None:
    monday = datetime(2026, 11, 30, 7, 0, tzinfo=ZONE)
    assert preset("monday", monday) == datetime(2026, 12, 7, 8, 0, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("monday 10:30", datetime(2026, 11, 30, 10, 30)),
        ("2026-12-24", datetime(2026, 12, 24, 8, 0)),
        ("明日10時", datetime(2026, 11, 28, 10, 0)),
        ("call them tomorrow", None),
        ("soon", None),
        ("", None),
    ],
)
def test_typed(text: str, expected: datetime | None) -> None:
    assert typed(text, FRIDAY) == (expected and expected.replace(tzinfo=ZONE))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("do=finish", "Choose a conversation first."),
        ("do=explode&ids=1", "Choose what is to be done."),
        ("ids=1", "This field is required."),
        ("do=snooze&ids=1", "Say when"),
        ("do=snooze&ids=1&when=soon", "Say when"),
        ("do=snooze&ids=1&when=2020-01-01", "still to come"),
        ("do=assign 99999&ids=1", "not here any more"),
        ("do=assign x&ids=1", "not here any more"),
    ],
)
def test_what_cannot_be_done_is_said(query: str, said: str) -> None:
    form = TurnForm(QueryDict(query))
    assert not form.is_valid()
    assert said in str(form.errors)


def test_what_is_chosen(hana: User) -> None:
    form = TurnForm(QueryDict(f"do=assign {hana.pk}&ids=3&ids=x&ids=4"))
    assert form.is_valid() and form.ids == [3, 4]
    assert (form.cleaned_data["do"], form.cleaned_data["user"]) == ("assign", hana)
    later = TurnForm(QueryDict("do=snooze later&ids=3"))
    assert later.is_valid() and later.cleaned_data["until"] > timezone.now()
