"""Out-of-office replies as people write them, and the day that they name (M56)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.outreach.away import FURTHEST, away_until

SENT = date(2026, 5, 4)  # a Monday
MAY_12 = date(2026, 5, 12)


@pytest.mark.parametrize(
    "text",
    [
        "I am out of the office until 12 May.",
        "I will be back on 12 May",
        "I'll be back on May 12th, 2026. For urgent matters call +49 30 1234-567.",
        "Thank you for your mail. I am on annual leave and will return on\nTuesday 12th of May.",
        "OOO through 5/12",
        "Out of office 4 May - 12 May",
        "I'm on vacation from May 3-12 with no access to mail.",
        "I will be out of the office from 03/05/2026 to 12/05/2026.",
        "I am away until 2026-05-12, kind regards",
        "On 12 May I am back at my desk.",
        "Our office is closed from 1 May. We will be available again after 12 May.",
        "Ich bin bis zum 12.05.2026 nicht im Büro.",
        "Vielen Dank für Ihre Nachricht. Ab dem 12. Mai bin ich wieder für Sie da.",
        "Ich bin vom 4. bis 12. Mai im Urlaub. Ihre Mail wird nicht weitergeleitet.",
        "Am 12.5. bin ich wieder erreichbar.",
        "Je suis absente jusqu'au 12 mai inclus.",
        "De retour le 12 mai 2026",
        "Estaré de vacaciones hasta el 12 de mayo.",
        "Sono in ferie fino al 12 maggio.",
        "Ik ben afwezig tot 12 mei.",
        "5月12日まで不在にしております。",
        "お世話になっております。5月3日(日)から5月12日(火)まで休暇をいただいております。",
        "５月１２日（火）より通常通り対応いたします。",
        "5/12(火)まで夏季休業とさせていただきます。",
        "令和8年5月12日から出社いたします。",
        "2026年5月12日に復帰いたします",
        "出張のため、5月3日〜12日の期間は返信が遅れます。",
        "休業期間:2026/05/02 - 2026/05/12",
    ],
)
@pytest.mark.rule("M56")
def test_the_day_that_is_named(text: str) -> None:
    assert away_until(text, SENT) == MAY_12


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I am back on Monday.", date(2026, 5, 11)),
        ("Back next week.", date(2026, 5, 11)),
        ("Ich bin am Donnerstag wieder da.", date(2026, 5, 7)),
        ("来週月曜より出社いたします", date(2026, 5, 11)),
        ("Out of office today, back on 4 May", SENT),
        ("Closed for the holidays, back on 3 January", None),  # too far to be true in May
    ],
)
def test_days_of_the_week_and_far_ones(text: str, day: date | None) -> None:
    assert away_until(text, SENT) == day


def test_the_turn_of_the_year() -> None:
    text = "年末年始休業のため、12月29日から1月4日まで不在です。"
    assert away_until(text, date(2026, 12, 28)) == date(2027, 1, 4)
    assert away_until("Back on 2 January", date(2026, 12, 23)) == date(2027, 1, 2)


@pytest.mark.parametrize(
    "text",
    [
        "I am out of the office with limited access to mail.",
        "Thank you for your order of 12 May.",
        "I was away until 2 May.",
        "Meet us at the fair: 12 May, hall 3",
        "We are back. Call 030 12.5.3 or visit example.test/12/5/x",
        "30 February until 31 April, back 99/99",
        "お問い合わせありがとうございます。",
        "",
    ],
)
def test_no_day_of_coming_back(text: str) -> None:
    assert away_until(text, SENT) is None


@given(st.text(max_size=300), st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_nothing_raises_and_no_day_is_over(text: str, today: date) -> None:
    found = away_until(f"back until {text}", today)
    assert found is None or today <= found <= today + FURTHEST


@given(
    st.from_regex(r"(until|back|bis|ab) [0-9]{1,4}[./-][0-9]{1,2}[./-]?[0-9]{0,4}"),
    st.dates(date(2000, 1, 1), date(2090, 1, 1)),
)
def test_nor_for_what_looks_like_a_date(text: str, today: date) -> None:
    found = away_until(text, today)
    assert found is None or today <= found <= today + FURTHEST
