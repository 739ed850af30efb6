"""What was looked for, as pieces of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib.marks import pieces


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("Aiko Tanaka", ["tan"], ["Tan"]),
        ("Aiko Tanaka", ["a", "tanaka"], ["A", "Tanaka"]),
        ("a.b*", [".", "*"], [".", "*"]),
        ("<b>", ["<"], ["<"]),
        ("Aiko", [], []),
        ("", ["a"], []),
    ],
)
def test_the_words_are_marked(text: str, words: list[str], marked: list[str]) -> None:
    assert [part for part, hit in pieces(text, words) if hit] == marked


@given(st.text(), st.lists(st.text(), max_size=4))
def test_nothing_of_the_text_is_lost(text: str, words: list[str]) -> None:
    assert "".join(part for part, _hit in pieces(text, words)) == text
