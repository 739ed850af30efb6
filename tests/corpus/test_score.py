"""tests/corpus: the score of a small corpus written by hand."""

import json
from pathlib import Path

import pytest

from tests.corpus.__main__ import EXCEPTIONS, lines
from tests.corpus.operators import holds
from tests.corpus.score import exceptions, score

LETTER = b"""From: Yuki <yuki@aoki.test>
To: hana@crm.test
Subject: Lunch
Message-ID: <one@aoki.test>

Yes.

On 3 May 2026, Hana wrote:
> Shall we?
"""


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "one.eml").write_bytes(LETTER)
    (tmp_path / "mail" / "reply.txt").write_bytes(b"Yes.\n\n> Shall we?\n")
    letter = [
        ("subject", "eq", "Lunch", "A-firm"),
        ("message_id", "eq", "<one@aoki.test>", "B3"),
        ("mail_class", "eq", "normal", "A-firm"),
        ("reply_text", "eq_trim", "Yes.", "A-firm"),
        ("to_addrs", "eq", ["somebody@else.test"], "A-firm"),
        ("priority", "eq", "high", "A-firm"),
        ("in_reply_to_ids", "isnull", True, "B3"),
    ]
    reply = [("reply_text", "eq_trim", "Yes.", "A-firm")]
    rows = [row("mail/one.eml", "message", letter), row("mail/reply.txt", "reply_text", reply)]
    (tmp_path / "facts.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    return tmp_path


def row(file: str, kind: str, facts: list[tuple[str, str, object, str]]) -> dict[str, object]:
    named = [dict(zip(("k", "op", "v", "grade"), fact, strict=True)) for fact in facts]
    return {"file": file, "kind": kind, "facts": named}


def test_facts_are_counted_by_grade_and_a_miss_is_named(corpus: Path) -> None:
    found = score(corpus, {})
    assert found.held == {"A-firm": 4, "B3": 2}
    assert found.failed == {"A-firm": 1}
    assert found.not_asked == {"A-firm": 1}
    (miss,) = found.misses
    assert "to_addrs" in miss and "hana@crm.test" in miss
    assert not found.broken
    assert lines(found)[0].startswith("2 files")


def test_an_exception_has_a_reason_and_must_be_needed(corpus: Path) -> None:
    found = score(corpus, {("*one.eml", "to_addrs"): "why", ("*one.eml", "subject"): "no more"})
    assert found.excepted == {"A-firm": 1}
    assert not found.failed
    assert found.unused == ["*one.eml subject"]


def test_every_exception_of_ours_says_why() -> None:
    assert all(len(reason) > 10 for reason in exceptions(EXCEPTIONS).values())


@pytest.mark.parametrize(
    ("operator", "said", "wanted"),
    [
        ("eq", "Formação", "Forma��o"),
        ("eq_nows", "<p>Yes.", "<html><body><p>Yes.</p></body></html>"),
        ("contains_all_ws", "one  two\nthree", ["one two", "three"]),
        ("eq", [["Yuki", "a@x.test"]], [["Yuki", "a@x.test"]]),
    ],
)
def test_what_counts_as_the_same(operator: str, said: object, wanted: object) -> None:
    assert holds(operator, said, wanted)
    assert not holds(operator, "else", wanted)
    assert not holds(operator, None, wanted)
