"""The dates that people type at the end of a task, in English and in Japanese."""

import zoneinfo
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib.dates import Due, read

TOKYO = zoneinfo.ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 3, 11, 15, 0, tzinfo=TOKYO)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "title", "at"),
    [
        ("Call Aiko tomorrow 10:00", "Call Aiko", "2026-03-12 10:00"),
        ("Call Aiko 10:00 tomorrow", "Call Aiko", "2026-03-12 10:00"),
        ("Call Aiko tomorrow at 3pm", "Call Aiko", "2026-03-12 15:00"),
        ("Call Aiko today", "Call Aiko", "2026-03-11 23:59"),
        ("Call Aiko today 10:00", "Call Aiko", "2026-03-11 10:00"),  # late already
        ("Call Aiko 16:00", "Call Aiko", "2026-03-11 16:00"),
        ("Call Aiko 9:30 am", "Call Aiko", "2026-03-12 09:30"),  # half past nine is over
        ("Lunch noon", "Lunch", "2026-03-12 12:00"),
        ("Offer by Friday", "Offer", "2026-03-13 23:59"),
        ("Offer on wednesday", "Offer", "2026-03-18 23:59"),  # not today
        ("Offer next Friday", "Offer", "2026-03-20 23:59"),
        ("Offer next week", "Offer", "2026-03-16 23:59"),
        ("Offer day after tomorrow", "Offer", "2026-03-13 23:59"),
        ("Offer in 3 days", "Offer", "2026-03-14 23:59"),
        ("Offer in 2 weeks 12:15", "Offer", "2026-03-25 12:15"),
        ("Offer 3/17", "Offer", "2026-03-17 23:59"),
        ("Offer 17/3", "Offer", "2026-03-17 23:59"),
        ("Offer 3/1", "Offer", "2027-03-01 23:59"),  # the one that comes
        ("Offer 3/17/2028", "Offer", "2028-03-17 23:59"),
        ("Offer 17.3.", "Offer", "2026-03-17 23:59"),
        ("Offer 17.03.2028 09:30", "Offer", "2028-03-17 09:30"),
        ("Offer, 17 Mar", "Offer", "2026-03-17 23:59"),
        ("Offer March 17, 2027", "Offer", "2027-03-17 23:59"),
        ("Offer 2026-04-02 08:00", "Offer", "2026-04-02 08:00"),
        ("田中さんに電話 明日10時", "田中さんに電話", "2026-03-12 10:00"),
        ("明日10時に田中さんに電話", "田中さんに電話", "2026-03-12 10:00"),
        ("電話\u3000明日\uff11\uff10時", "電話", "2026-03-12 10:00"),
        ("見積もり 来週金曜", "見積もり", "2026-03-20 23:59"),
        ("見積もり 金曜日までに", "見積もり", "2026-03-13 23:59"),
        ("見積もり 3月17日午後3時半", "見積もり", "2026-03-17 15:30"),
        ("見積もり 2027年3月17日", "見積もり", "2027-03-17 23:59"),
        ("見積もり 3日後", "見積もり", "2026-03-14 23:59"),
        ("あさって、打ち合わせ", "打ち合わせ", "2026-03-13 23:59"),
        ("来週 打ち合わせ", "打ち合わせ", "2026-03-16 23:59"),
        # nothing but a date is its own title
        ("Friday", "Friday", "2026-03-13 23:59"),
        ("3/17", "3/17", "2026-03-17 23:59"),
        ("明日10時", "明日10時", "2026-03-12 10:00"),
    ],
)
def test_a_date_is_understood(text: str, title: str, at: str) -> None:
    expected = datetime.fromisoformat(at).replace(tzinfo=TOKYO)
    assert read(text, NOW) == Due(title, expected)


@pytest.mark.parametrize(
    "text",
    [
        "Call Aiko",
        "Ask about tomorrow's offer",
        "Offer 2/30",
        "Offer 25:00",
        "Offer 13月40日",
        "Version 1.3/17",
        "Version 1.3",
        "Version 2.1.3.",
        "It was 31.2.",
        "Mail to x@friday",
        "Where they sat",
        "月次報告を書く",
        "今日の議事録を送る",
        "",
    ],
)
def test_what_is_not_understood_stays_in_the_title(text: str) -> None:
    assert read(text, NOW) == Due(text, None)


SOME = "Call tomorrow 10:00 next Friday 3/17 99/99 in 3 days 12 am 明日 10時 月曜 に 25時 2月30日"
WORDS = st.sampled_from([*SOME.split(" ")])


@given(st.text() | st.lists(WORDS).map(" ".join) | st.lists(WORDS).map("".join))
def test_no_text_is_too_strange(text: str) -> None:
    title, at = read(text, NOW)
    assert title in text
    assert bool(title) == bool(text.strip())
    assert at is None or NOW - timedelta(days=1) < at
