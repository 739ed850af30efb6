"""What a person writes: nothing of it can act, and as text it reads well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.mime import prose

pytestmark = [pytest.mark.once, pytest.mark.rule("M21")]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('<p onclick="x()" style="color:red" class="a">Hi</p>', "<p>Hi</p>"),
        ("<p>a<script>x()</script></p>", "<p>a</p>"),
        ("<h1>Title</h1><div>words</div>", "<p>Title</p><p>words</p>"),
        ('<a href="https://a.example/">a</a>', '<a href="https://a.example/">a</a>'),
        ('<a href="javascript:x()">a</a>', "<a>a</a>"),
        ('<p>x<img src="https://spy.example/1.gif" alt="1"></p>', "<p>x</p>"),
        ('<img src="/drafts/files/7/" alt="1">', '<img src="/drafts/files/7/" alt="1">'),
        ('<img src="cid:a@b">', '<img src="cid:a@b">'),
        ('<img src="/attachments/7/">', ""),
        ("<p></p>", ""),
        ("<p><br>&nbsp;</p> ", ""),
        ("a\x00b", "ab"),
        ("<table><tr><td>cell</td></tr></table>", "cell"),
    ],
)
def test_only_formats_links_and_our_pictures_stay(written: str, kept: str) -> None:
    assert prose.clean(written) == kept


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree"),
        ("<ul><li><p>a</p></li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ('<ol start="9"><li>a<br>b</li><li>c</li></ol>', "9. a\n   b\n10. c"),
        ('<ol start="٣"><li>a</li></ol>', "1. a"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<blockquote><blockquote>a</blockquote></blockquote>", ">> a"),
        ('<p>see <a href="https://a.example/x">this</a>.</p>', "see this <https://a.example/x>."),
        ('<a href="https://a.example/">a.example</a>', "a.example"),
        ('<a href="mailto:a@a.example">a@a.example</a>', "a@a.example"),
        ('<p>a<img src="cid:x" alt="plan.png"></p>', "a[plan.png]"),
        ("<p>a &lt;b&gt; &amp;&nbsp;c</p>", "a <b> & c"),
        ("見積<strong>書</strong>", "見積書"),
    ],
)
def test_as_text_it_reads_well(html: str, text: str) -> None:
    assert prose.plain(prose.clean(html)) == text


def test_elsewhere_it_looks_alike() -> None:
    html = prose.dressed("<p>a</p><p></p><ul><li><p>b</p></li></ul>")
    assert html.startswith('<div style="font-family:Arial')
    assert '<p style="margin:0 0 1em"><br></p>' in html  # an empty line has its height
    assert '<li><p style="margin:0">b</p></li>' in html


def test_pictures_change_their_places() -> None:
    html = '<p><img src="/drafts/files/7/" alt="a"><img src="/drafts/files/8/"></p>'
    assert prose.pictures(html) == ["/drafts/files/7/", "/drafts/files/8/"]
    moved = prose.with_pictures(html, lambda url: "cid:x" if "7" in url else "")
    assert moved == '<p><img src="cid:x" alt="a"></p>'


@given(st.text(st.characters(exclude_categories=["C"]) | st.just("\n")))
def test_plain_text_survives_as_html(text: str) -> None:
    html = prose.of_text(text)
    assert prose.clean(html).replace("&nbsp;", "\u00a0") in (html, "")
    assert prose.plain(html).split() == text.split()


@given(st.text(alphabet=st.sampled_from("<>/ =\"'apbrulolimgsc&;x"), max_size=200))
def test_it_takes_anything(html: str) -> None:
    kept = prose.clean(html)
    assert prose.clean(kept) == kept
    prose.plain(kept)
    prose.dressed(kept)


def test_a_bomb_is_only_text() -> None:
    assert prose.clean("<p>" + "<ul><li>" * 600 + "deep") == "<p>deep</p>"
