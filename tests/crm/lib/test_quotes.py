"""Older mail is folded, as each mail program writes it: NEW stays visible, OLD is folded (M14).

The letters are tests/quoted/<program>.html; those in .txt are for inbox/mime/quotes.py.
"""

import re
from pathlib import Path

import pytest

from crm.lib.html import sanitise
from crm.lib.quotes import fold_quotes

QUOTED = Path(__file__).resolve().parents[2] / "quoted"
LETTERS = sorted(QUOTED.glob("*.html"))


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_what_a_program_quotes_is_folded(path: Path) -> None:
    html = sanitise(fold_quotes(path.read_text(), "More"))
    folded = "".join(re.findall(r"<details.*?</details>", html, re.DOTALL))
    shown = re.sub(r"<details.*?</details>", "", html, flags=re.DOTALL)
    assert "OLD" in folded and "OLD" not in shown
    assert "NEW" in shown and "NEW" not in folded


def test_an_answer_below_the_quotation_stays() -> None:
    letter = (
        '<div class="moz-cite-prefix">On 16 March, Hana wrote:</div>'
        '<blockquote type="cite">OLD?</blockquote><p>NEW, gladly.</p>'
    )
    assert fold_quotes(letter, "More").endswith("</details><p>NEW, gladly.</p>")


def test_a_sentence_without_a_quotation_is_no_quotation() -> None:
    letter = "<p>Dear Hana,</p><p>On Monday, 16 March 2026, Ken wrote:</p><p>We accept.</p>"
    assert fold_quotes(letter, "More") == letter


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_nothing_is_folded_where_nothing_would_be_left(path: Path) -> None:
    letter = re.sub(r"NEW [^<]*|Yuki", "", path.read_text())
    assert "<details" not in sanitise(fold_quotes(letter, "More"))
