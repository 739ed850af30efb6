"""The help: every question has an answer, and words find it."""

import pytest

from crm.help import QUESTIONS, answers

FIGURES = {"trash_days": 90, "most_bytes": 50 * 1024 * 1024}


def test_every_question_has_an_answer() -> None:
    found = answers("", FIGURES)
    assert [each.slug for each in found] == list(QUESTIONS)
    assert all("<p>" in each.answer for each in found)


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("POP3", "pop3"),
        ("50.0 MB", "attachments"),
        ("restored 90 days", "deleted"),
        ("two-step", "app-passwords"),
    ],
)
def test_words_find_it(words: str, slug: str) -> None:
    assert slug in [each.slug for each in answers(words.replace("\u00a0", " "), FIGURES)]


def test_what_is_not_there_is_not_found() -> None:
    assert answers("weather", FIGURES) == []
