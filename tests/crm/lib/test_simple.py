"""Simple mail on our own page: what is bold or linked stays; what acts, hides or styles goes."""

import pytest

from crm.lib.simple import as_part_of_a_page, is_simple
from tests.crm.lib.test_html import ATTACKS, GONE


def shown(html: str) -> str:
    return as_part_of_a_page(html, "More", lambda host: f"leads to {host}")


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_acts_loads_or_covers_survives(attack: str) -> None:
    clean = shown(f"<p><b>Hello</b></p>{attack}").lower()
    assert not [word for word in (*GONE, "style", "<img", "<table", "id=") if word in clean], clean


def test_bold_lists_and_links_stay() -> None:
    letter = (
        '<div style="font-family:Arial"><p style="margin:0">Hello <strong>Ann</strong>,</p>'
        '<ul class="x"><li>one</li></ul><p><a href="https://a.example/?q=1">our offer</a></p></div>'
    )
    assert shown(letter) == (
        "<div><p>Hello <strong>Ann</strong>,</p><ul><li>one</li></ul><p>"
        '<a href="https://a.example/?q=1" title="a.example" target="_blank"'
        ' rel="noopener noreferrer nofollow">our offer</a></p></div>'
    )


@pytest.mark.parametrize(
    "html",
    [
        "<p>Only words</p>",
        "<table><tr><td><b>Cells</b></td></tr></table>",
        '<p><b>See</b><img src="cid:a"></p>',
        '<div style="white-space: pre-wrap"><b>a</b>\nb</div>',
        '<p><span style="font-weight:700">Bold</span> and <i>this</i></p>',
        "<pre><b>a</b>\nb</pre>",
        "<b>" + "<div>" * 600,
        "<b>x</b>" * 30_000,
    ],
)
def test_what_says_no_more_than_its_text_or_would_lose_is_not_simple(html: str) -> None:
    assert not is_simple(html) and shown(html) == ""


@pytest.mark.parametrize(
    "style",
    ["display:none", "visibility: hidden", "font-size:0px", "max-height:0;overflow:hidden"],
)
def test_what_was_hidden_stays_unread(style: str) -> None:
    assert shown(f'<p>a <b>b</b></p><div style="{style}">Preview</div>') == "<p>a <b>b</b></p>"
    assert "Tiny" in shown('<p>a <b>b</b></p><div style="font-size:0.9em">Tiny</div>')


def test_a_link_that_misleads_says_so() -> None:
    html = shown('<p><a href="https://evil.example/">https://bank.example</a></p>')
    assert "leads to evil.example" in html


def test_older_mail_is_folded_with_the_line_that_announces_it() -> None:
    html = shown(
        "<p>Yes, <b>gladly</b>.</p><p>On 27 Nov 2026, 17:24, Ann &lt;a@b.example&gt; wrote:</p>"
        '<blockquote type="cite"><p>Could you?</p></blockquote>'
    )
    before, folded = html.split('<details class="quoted"><summary>More</summary>')
    assert before == "<p>Yes, <b>gladly</b>.</p>"
    assert "wrote:" in folded and "Could you?" in folded
