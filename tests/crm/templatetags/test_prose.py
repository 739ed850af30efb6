"""Text as others wrote it: escaped first, then its addresses are links, and only those."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.templatetags.prose import MOST_LINKED, linked

A = '<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "https://a.example/?x=1&y=2.",
            A.format("https://a.example/?x=1&amp;y=2", "https://a.example/?x=1&amp;y=2") + ".",
        ),
        ("to ann@a.example", "to " + A.format("mailto:ann@a.example", "ann@a.example")),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("data:text/html,<b>", "data:text/html,&lt;b&gt;"),
        ('<http://a"><img src=x onerror=y>', None),
        ('http://x"onmouseover=alert(1)//', None),
        ("http://a.example/\u202emoc.knab", None),
        ("http://a.example'onclick='x", None),
    ],
)
def test_what_is_a_link(text: str, html: str | None) -> None:
    shown = linked(text)
    assert html is None or shown == f"<p>{html}</p>"
    assert re.sub(r"</?(?:p|br)>|</a>", "", shown).count("<") == shown.count(A[:9])
    assert "\u202e" not in shown


@settings(max_examples=50)
@given(
    st.lists(
        st.sampled_from(
            [
                "http://",
                "a.example",
                '"',
                "'",
                "<",
                ">",
                "&lt;",
                "&",
                "onx=",
                " ",
                "@",
                "javascript:",
                "\n",
                "mailto:",
                ")",
                ";",
            ]
        ),
        max_size=30,
    ).map("".join)
)
def test_nothing_but_links_comes_of_it(text: str) -> None:
    left = re.sub(
        r'<a href="(?:https?://|mailto:)[^"<>]*" target="_blank" rel="[a-z ]+">|</a>|</?p>|<br>',
        "",
        linked(text),
    )
    assert "<" not in left and ">" not in left


def test_a_long_text_is_shown_whole_and_in_time() -> None:
    text = " ".join(f"www.{number}.example" for number in range(60_000))
    began = time.process_time()
    shown = linked(text)
    assert time.process_time() - began < 1
    assert shown.count("www.59999.example") == 1 and shown.index("</a>") < MOST_LINKED
