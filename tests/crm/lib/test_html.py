"""HTML mail made harmless, by what attackers and mail programs really write."""

import pytest

from crm.lib.html import is_designed, sanitise, sanitise_and_count, with_ground, with_inline_images
from crm.lib.quotes import fold_quotes

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x.example/a.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    '<img src=x onerror="alert(1)">',
    '<p onclick="alert(1)" onmouseover=alert(1)>x</p>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" jAvAscript:alert(1)">x</a>',
    '<a href="java&#10;script:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:x">x</a>',
    '<iframe src="https://x.example"></iframe>',
    '<object data="x"><embed src="x"></object>',
    '<form action="https://x.example"><input name="password"><button>Go</button></form>',
    '<meta http-equiv="refresh" content="0;url=https://x.example">',
    '<base href="https://x.example/">',
    '<link rel="stylesheet" href="https://x.example/a.css">',
    "<style>@import url(https://x.example/a.css); p { background: url(//x.example) }</style>",
    '<svg onload="alert(1)"><script>x</script><a xlink:href="javascript:alert(1)"></a></svg>',
    '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
    "<svg><p><style><img src=1 onerror=alert(1)></style>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<div style="background:url(https://x.example/a)">x</div>',
    '<div style="background-color: u\\72l(https://x.example)">x</div>',
    '<div style="width: expression(alert(1))">x</div>',
    '<div style="position:fixed;top:0;left:0;z-index:99">over the page</div>',
    '<video poster="https://x.example/a"><source src="https://x.example/b"></video>',
    '<table background="https://x.example/a"><tr><td>x</td></tr></table>',
    '<img srcset="https://x.example/a 2x" src="cid:a">',
    '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
    '<a href="/contacts/1/trash/">x</a><img src="/accounts/logout/">',
    "<!--[if gte mso 9]><script>alert(1)</script><![endif]-->",
    "<plaintext><script>alert(1)</script>",
]
_GONE = """
    <script onerror onclick onload onmouseover javascript: vbscript: text/html <iframe <object
    <embed <form <input <button <meta <base <link <style <svg <math url( expression position
    poster srcset background= svg+xml /accounts/ /contacts/ \\72 @import cid:
"""
GONE = _GONE.split()


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_acts_or_loads_survives(attack):
    clean = sanitise(attack).lower()
    assert not [word for word in GONE if word in clean], clean


def test_what_a_letter_is_made_of_stays():
    letter = (
        '<p style="color: #333; margin-left: 8px">Hello <b>Ann</b>,<br>see <a href="https://a.example/'
        '?q=1&amp;r=2">this</a>.</p><ol start="3"><li>one</li></ol><table border="1"><tr>'
        '<td colspan="2" bgcolor="#eee">cell</td></tr></table><p lang="ja">日本語</p>'
    )
    clean = sanitise(letter)
    for part in ("color:", "<b>Ann</b>", 'href="https://a.example/?q=1&amp;r=2"', 'start="3"'):
        assert part in clean
    for part in ('colspan="2"', 'bgcolor="#eee"', "日本語"):
        assert part in clean


@pytest.mark.parametrize(
    ("written", "ground"),
    [
        ("background:#1d4ed8", "background-color:#1d4ed8"),
        ("color:#fff; BACKGROUND : navy !important", "background-color:navy"),
        ("background:rgba(0, 0, 0, 0.5);color:#fff", "background-color:rgba(0, 0, 0, 0.5)"),
    ],
)
def test_the_colour_behind_light_words_stays(written: str, ground: str) -> None:
    assert ground in sanitise(f'<a href="https://a.example" style="{written}">Go</a>')


def test_what_lies_behind_a_whole_letter_stays() -> None:
    body = '<body bgcolor="#101010" text="#eee" style="background:#111;margin:0" onload="x()">'
    html = sanitise(with_ground(f"<html>{body}<p>light</p></body></html>"))
    assert html.startswith("<div ") and html.endswith("<p>light</p></div>") and "onload" not in html
    for part in ("background-color:#101010;color:#eee", "background-color:#111"):
        assert part in html
    for plain in (
        "<p>x</p>",
        "<body><p>x</p></body>",
        '<body text="#fff" class="a"><p>x</p></body>',
    ):
        assert with_ground(plain) == plain


def test_links_open_outside_and_tell_nobody_where_from():
    assert 'target="_blank"' in sanitise('<a href="https://a.example">x</a>')
    assert "noreferrer" in sanitise('<a href="https://a.example">x</a>')


def test_remote_images_are_blocked_and_counted():
    html = (
        '<img src="https://t.example/1.gif" alt="Logo"><img src="//t.example/2"><img src="cid:a">'
    )
    letter = sanitise_and_count(html)
    assert letter.blocked == 2
    assert "t.example" not in letter.html and 'alt="Logo"' in letter.html


def test_images_that_came_along_are_shown():
    html = with_inline_images(
        '<p>x<img src="CID:part%401"></p>', {"part@1": "/attachments/5/inline/"}
    )
    assert 'src="/attachments/5/inline/"' in sanitise(html)
    picture = '<img src="data:image/png;base64,iVBORw0KGgo=">'
    assert "iVBORw0KGgo=" in sanitise(picture)


def test_an_image_that_did_not_come_along_stays_away():
    assert "src" not in sanitise(
        with_inline_images('<img src="cid:b">', {"a": "/attachments/1/inline/"})
    )


QUOTES = [
    '<div>Yes!</div><div class="gmail_quote"><div class="gmail_attr">On …:</div>OLD</div>',
    '<p>Yes!</p><blockquote type="cite">OLD</blockquote>',
    '<p>Yes!</p><div id="appendonsend"></div><div id="divRplyFwdMsg">A</div><div>OLD</div>',
    '<p>Yes!</p><div class="moz-cite-prefix">On … wrote:</div><blockquote>OLD</blockquote>',
    '<p>Yes!</p><div class="yahoo_quoted">OLD</div>',
    '<p>Yes!</p><div class="protonmail_quote">OLD</div>',
]


@pytest.mark.parametrize("html", QUOTES)
def test_older_mail_is_folded(html):
    before, folded = sanitise(fold_quotes(html, "More")).split('<details class="quoted">')
    assert "Yes!" in before and "OLD" not in before
    assert "OLD" in folded and "<summary>More</summary>" in folded


def test_a_letter_that_is_all_quote_is_not_folded_away():
    html = '<div class="gmail_quote">Forwarded</div>'
    assert fold_quotes(html, "More") == html


def test_text_below_a_quote_stays_in_sight():
    html = '<p>Hi</p><blockquote type="cite">OLD</blockquote><p>My answer below</p>'
    assert fold_quotes(html, "More").endswith("</details><p>My answer below</p>")


@pytest.mark.parametrize(
    ("html", "designed"),
    [
        ("<div>Hi<br>there</div>", False),
        ("<p>Hi</p><table><tr><td>x</td></tr></table>", True),
        ('<p>Hi <img src="cid:x"></p>', True),
        ('<div style="background: #eee">x</div>', True),
    ],
)
def test_designed_mail_is_told_from_simple_mail(html, designed):
    assert is_designed(html) is designed
