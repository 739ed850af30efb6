"""Sanitising is the last step, and a second time changes nothing: of whatever HTML, as one page
or the other shows it, no parser makes of the result what was not there."""

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from crm.lib import simple
from crm.lib.html import (
    SENT_IMAGES,
    sanitise,
    sanitise_and_count,
    sanitise_sent,
    with_ground,
    without_pixels,
)
from crm.lib.links import with_true_links
from crm.lib.quotes import fold_quotes
from crm.models import Attachment, Contact, User
from tests.factories import make_email

_LINES = """
<p> | </p> | <b> | </b> | <a> | </a> | <div> | </div> | <table> | <tr> | <td> | </td> | </table>
<caption> | <ul> | <li> | <dl> | <font size=9> | </font> | <pre> | <br> | <col span=2> | <xmp>
</xmp> | <blockquote type=cite> | </blockquote> | <details> | <summary> | </details>
<div class=gmail_quote> | <svg> | </svg> | <math> | </math> | <mtext> | <mglyph>
<annotation-xml> | <foreignObject> | <desc> | <style> | </style> | <script> | </script>
<noscript> | </noscript> | <template> | </template> | <title> | </title> | <iframe> | </iframe>
<textarea> | </textarea> | <select> | <option> | </select> | <plaintext> | <form> | </form>
<input> | <button> | </button> | <!-- | --> | --!> | <![CDATA[ | ]]> | <img src=x onerror=y>
<img src="cid:a" style="width:1px"> | <? | ?> | </ | < | > | " | ' | & | = | / | &lt; | &gt;
&quot; | &#x3c; | &#62; | &#23; | &nbsp; | &Tab; | &colon; | : | ; | { | } | ( | ) | \\
<a href="https://a.example/?x=1&y=2">bank.example</a> | <a href="javascript:x">
<p id=x name=y is=z> | <a href='&#106;avascript:x'> | <div title="</div><img src=x onerror=y>">
<p style="width:calc(1px)"> | <p style="color:red;position:fixed">
<p style='font-family:"a&#23;b"'> | <p style=" | <p style='
background:red | <body bgcolor=red text="a&quot;b"> | font-family: | color:red
content:"x" | font:x/* | */ | !important | u\\72l( | rgb(1,2,3 | // | "> | '>
"""
_FRAGMENTS = [piece for line in _LINES.strip().splitlines() for piece in line.split(" | ")]
_WORDS = st.sampled_from(["Hello", "See", " ", "\n", "\t", "\x0c", "\x1b", "日本", "\u2028", "\0"])
LETTERS = st.lists(st.one_of(st.sampled_from(_FRAGMENTS), _WORDS), max_size=30).map("".join)

Tree = list[tuple[int, str, object]]


def framed(html: str) -> str:
    html = with_true_links(without_pixels(with_ground(html)), "leads to {}".format)
    return sanitise(fold_quotes(html, "More"))


def on_our_page(html: str) -> str:
    return simple.as_part_of_a_page(f"<b>x</b>{html}", "More", "leads to {}".format)


def sanitise_again(html: str) -> str:
    return sanitise_and_count(html, str, SENT_IMAGES).html


def clean_again(html: str) -> str:
    return simple.clean(html).strip()


def tree(html: str) -> Tree:
    """What a parser makes of it: depth, tag and attributes in any order, or text. The line end at
    the beginning of a <pre> is nobody's: HTML is never written as it is read there."""
    found: Tree = []

    def walk(node: LexborNode | None, depth: int) -> None:
        while node is not None:
            attributes = sorted((node.attributes or {}).items())
            found.append(
                (depth, node.tag or "", attributes or (node.text_content or "").lstrip("\n"))
            )
            walk(node.child, depth + 1)
            node = node.next

    walk(LexborHTMLParser(html).body, 0)
    return found


WAYS = [(framed, sanitise), (sanitise_sent, sanitise_again), (on_our_page, clean_again)]


@pytest.mark.parametrize(("shown", "again"), WAYS, ids=["frame", "sent", "page"])
@given(html=LETTERS)
@example(html="<p style='font-family:\"a&#23;b\"'>control characters are written as escapes")
def test_a_second_time_changes_nothing(shown, again, html: str) -> None:
    once = shown(html)
    assert tree(again(once)) == tree(once)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "html",
    [
        '<p>Hi <b>x</b></p><div class="gmail_quote"><p title="</div><img src=x onerror=y>">x</div>',
        '<table><td><img src="cid:a&quot; onerror=&quot;y"></table>',
        '<table><td><a href="https://a.example/&quot;onclick=y">b.example"&gt;&lt;script&gt;</a>',
        '<b>x</b><details class="quoted"><summary>Show quoted text</summary>&lt;img src=x&gt;',
        "<table></table><blockquote type=cite><svg><style>&lt;/blockquote&gt;&lt;img src=x&gt;",
    ],
)
def test_what_a_page_shows_is_what_was_cleaned(
    client: Client, hana: User, aoki: Contact, html: str
) -> None:
    """Of what was folded, linked and given its pictures, as it leaves."""
    email = make_email(aoki, html=html)
    Attachment.objects.store(
        email.activity, b"x", name="a", content_type="image/png", content_id="a"
    )
    client.force_login(hana)
    page = LexborHTMLParser(client.get(f"/emails/{email.pk}/").content.decode())
    frame = LexborHTMLParser(client.get(f"/emails/{email.pk}/body/").content.decode())
    assert frame.body and frame.body.inner_html
    assert tree(sanitise(frame.body.inner_html)) == tree(frame.body.inner_html)
    for button in page.css(".mailtext--html summary"):
        button.inner_html = ""  # our own, put in its place afterwards
        del button.attrs["aria-label"]
    for letter in page.css(".mailtext--html"):
        assert tree(simple.clean(letter.inner_html or "")) == tree(letter.inner_html or "")
