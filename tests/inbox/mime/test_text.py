"""inbox/mime/text.py: what a person would read in HTML."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.mime.text import text_of_html


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>Hello<br>world</p><p>Bye</p>", "Hello\nworld\n\nBye"),
        ("<style>p{}</style><script>x()</script><!-- no --><b>Hi</b>", "Hi"),
        ("a &amp; b&nbsp;c &lt;d&gt;", "a & b c <d>"),
        ("<div>one</div><div>two</div>", "one\n\ntwo"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ('<a title="a > b" href=x>link</a>', "link"),
        ("", ""),
    ],
)
def test_text_of_html(source, expected):
    assert text_of_html(source) == expected


@pytest.mark.parametrize("unit", ["<div>", "<font size=1><p>", "<script>", "<td>", "&nbsp;\n", "<"])
def test_a_bomb_takes_no_time(unit):
    began = time.process_time()
    text_of_html(unit * (400_000 // len(unit)))
    assert time.process_time() - began < 2


@given(st.text(alphabet=st.sampled_from("<>/!-ab \"'=&;styleppt\n")))
def test_never_raises(source):
    text_of_html(source)
