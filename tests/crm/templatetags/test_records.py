"""How templates speak of records."""

from datetime import date, datetime

import pytest
from django.utils import timezone
from pytest import MonkeyPatch

from crm.models import Deal, Stage
from crm.templatetags.records import closing

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.get_fixed_timezone(0))


@pytest.mark.parametrize(
    ("outcome", "close", "words"),
    [
        ("open", date(2026, 12, 1), "Stage, closes 1 December"),
        ("open", date(2027, 3, 1), "Stage, closes 1 Mar 2027"),
        ("open", date(2026, 11, 3), "Stage, was to close 3 November"),
        ("open", None, "Stage"),
        ("won", date(2026, 12, 1), "Stage, closed 9 November"),
        ("lost", None, "Stage, closed 9 November"),
    ],
)
def test_when_a_deal_closes_or_closed(
    monkeypatch: MonkeyPatch, outcome: str, close: date | None, words: str
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    deal = Deal(stage=Stage(name="Stage", outcome=outcome), close_date=close)
    deal.stage_since = NOW.replace(day=9)
    assert closing(deal) == words
