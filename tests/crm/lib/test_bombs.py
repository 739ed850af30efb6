"""HTML that is large, deep or full costs little, and its text is kept."""

import time

import pytest

from crm.lib.html import sanitise, with_inline_images
from crm.lib.quotes import fold_quotes


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + "x",
        "<b>" * 50_000,
        "<table><tr><td>" * 30_000,
        "<" * 500_000,
        "<a " * 200_000,
        '<div class="gmail_quote">' * 60_000,
        "<p>" * 200_000,
    ],
)
def test_hostile_size_costs_little(html):
    began = time.process_time()
    assert "<script" not in sanitise(fold_quotes(html, "More"))
    assert time.process_time() - began < 5


def test_text_of_mail_that_is_nested_too_deep_is_kept():
    assert "the text" in sanitise("<div>" * 5_000 + "the text" + "</div>" * 5_000)


@pytest.mark.parametrize(
    "bomb",
    [
        "".join(f"<font size={n}><p>" for n in range(12_000)),
        "<div></nothing>" * 50_000,
        "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">",
        "<" * 200_000,
        "<a " * 100_000,
        "&" * 1_000_000,
        "a=1&b=2 " * 120_000,
        "<li><dd>" * 30_000,
        "<li><dl></dl><dt><b>x</b>" * 8_000,
    ],
)
def test_a_bomb_takes_no_time(bomb: str) -> None:
    began = time.process_time()
    sanitise(bomb)
    fold_quotes(bomb, "quoted")
    with_inline_images(f"cid:{bomb}", {"a": "/b"})
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "letter",
    [
        "<ul>" + "<li><dl><dt>a<dd>b</dl>" * 2_000 + "</ul>",
        "<table>" + "<tr><td><p>a<td><ul><li>b</ul>" * 2_000 + "</table>",
        "<p>a &amp; b&nbsp;&lt;c&gt; &#26085;</p>" * 10_000,
    ],
)
def test_what_is_only_long_is_no_bomb(letter: str) -> None:
    assert sanitise(letter).count("<p>") + sanitise(letter).count("<li>") >= 2_000


def test_a_large_picture_inside_is_no_bomb() -> None:
    picture = "data:image/png;base64," + "\n".join(["QUJD" * 19] * 4000)
    assert "<img" in sanitise(f'<p>Hello</p><img src="{picture}">')
