"""inbox/mime/quotes.py and html_quotes.py: what was newly written. M14."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.mime.quotes import split, split_html

LETTERS = Path(__file__).resolve().parents[2] / "quoted"  # <program>.txt
QUOTED = [
    "On Mon, 23 Nov 2026 at 10:00, Hana Aoki <hana@aoki.test> wrote:\n> Shall we?",
    "On Mon, 23 Nov 2026 at 10:00, Hana Aoki\n<hana@aoki.test> wrote:\n\n> Shall we?",
    "Am 23.11.2026 um 10:00 schrieb Hana Aoki:\n> Sollen wir?",
    "Le 23 nov. 2026 à 10:00, Hana Aoki <hana@aoki.test> a écrit :\n> On y va ?",
    "2026年3月17日(火) 10:24 青木 花 <hana@aoki.test>:\n> お世話になっております。",
    "2026年3月17日(火) 10:24 青木 花 <hana@aoki.test>:\n\nお世話になっております。",
    "差出人: 青木 花 <hana@aoki.test>\n送信日時: 2026年3月17日 10:24\n宛先: 健\n件名: 契約\n\n本文",
    "-----Original Message-----\nFrom: Hana\nSent: Monday\n\nShall we?",
    "From: Hana <hana@aoki.test>\nSent: Monday, 23 November 2026\nTo: Ken\nSubject: X\n\nShall we?",
    "________________________________\nFrom: Hana\nSent: Monday\nTo: Ken\nSubject: X\n\nShall we?",
    "> Shall we?\n> Or not?",
    "Sent from my iPhone\n\n> On 23 Nov 2026, at 10:00, Hana wrote:\n> Shall we?",
]


@pytest.mark.parametrize("quoted", QUOTED)
def test_the_reply_stands_alone(quoted):
    assert split(f"Yes, gladly.\nKen\n\n{quoted}\n") == ("Yes, gladly.\nKen", quoted)


def test_a_reply_below_its_quote_is_found():
    text = "On 23 Nov 2026 10:00, Hana wrote:\n> Shall we?\n\nYes."
    assert split(text) == ("Yes.", "On 23 Nov 2026 10:00, Hana wrote:\n> Shall we?")


def test_answers_between_the_lines_keep_their_questions():
    text = "On 23 Nov 2026 10:00, Hana wrote:\n> When?\n\nMonday.\n\n> Where?\n\nHere."
    assert split(text) == (text, "")


@pytest.mark.parametrize(
    "text",
    [
        "Just a letter.\nFrom: here to there\nGoodbye",
        "On Monday we met.\nIt was good.",
        "> only a quote",
        "See below\n\n---------- Forwarded message ---------\nFrom: a@x.test\nTo: b@x.test\n\nHi",
        "",
    ],
)
def test_what_answers_nothing_stays_whole(text):
    assert split(text) == (text, "")


@pytest.mark.parametrize(
    "quoted",
    [
        '<div class="gmail_quote">On Monday wrote <blockquote>Hi</blockquote></div>',
        '<blockquote type="cite"><p>Hi</p></blockquote>',
        '<div id="appendonsend"></div><hr>From: Hana',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><b>From:</b> Hana</div>',
    ],
)
def test_html_is_cut_where_the_program_marked_its_quote(quoted):
    assert split_html(f"<p>Yes.</p>{quoted}") == ("<p>Yes.</p>", quoted)
    assert split_html(quoted) == (quoted, "")


@given(st.text(alphabet=st.sampled_from("On >:\n-_2026年月日wrote <@x>Fm")))
def test_no_word_is_lost(text):
    reply, quoted = split(text)
    assert sorted(f"{reply}\n{quoted}".split()) == sorted(text.split())
    assert reply.strip() or not text.strip()


@pytest.mark.parametrize("path", sorted(LETTERS.glob("*.txt")), ids=lambda path: path.stem)
def test_what_a_program_quotes_is_set_apart(path):
    reply, quoted = split(path.read_text())
    assert "OLD" in quoted and "OLD" not in reply
    assert "NEW" in reply and "NEW" not in quoted
    alone = path.read_text()[path.read_text().index("\n") :].replace("Yuki\n", "", 1)
    assert split(alone)[0].strip()  # never an empty letter


@pytest.mark.parametrize(
    "quoted",
    [
        "<hr>From: Hana &lt;hana@aoki.test&gt;<br>Sent: Monday<br>To: Ken<br>Subject: X<br>Hi",
        "<div><b>From:</b> Hana</div><div><b>Date:</b> May</div><p>To: Ken</p><p>Hi</p>",
        "<div>26.06.2026, 14:41, &quot;Hana&quot; &lt;hana@aoki.test&gt;:</div><p>Hi</p>",
        "<p>On 3 May 2026, Hana wrote:</p><p>Shall we?</p>",
    ],
)
def test_html_without_marks_is_cut_as_its_text_is(quoted):
    reply, folded = split_html(f"<div>Yes.</div>{quoted}")
    assert "Yes." in reply and "Hana" not in reply
    assert "Hana" in folded
    assert split_html(quoted) == (quoted, "")


@given(st.text(alphabet=st.sampled_from("<>/divb From:On 3May wrote")))
def test_nothing_of_the_html_is_lost(source):
    assert "".join(split_html(source)) == source


def test_a_signature_below_the_quote_is_no_answer():
    text = "Yes.\n\nOn 3 May 2026, Hana wrote:\n> Shall we?\n\n-- \nAoki Ltd.\nConfidential."
    assert split(text)[0] == "Yes."


@pytest.mark.parametrize(
    "text",
    [
        (" on " + "x" * 20 + " at " + "y" * 20) * 1_600,
        "On " + "x " * 500_000,
        "x" * 1_000_000,
        ">" * 100_000,
        "> " * 100_000,
        "On 23 Nov 2026, at 10:00, Hana wrote " * 3_000,
        "From: a\nSent: b\n" * 10_000,
        "-" * 200_000,
        "_" * 200_000,
        "2026年3月17日 " * 20_000,
    ],
)
def test_no_text_takes_its_time(text: str) -> None:
    began = time.process_time()
    reply, quoted = split(text)
    assert time.process_time() - began < 0.3  # a tenth of it on a machine of its own
    assert len(reply) + len(quoted) >= len(text.strip()) - 2
