"""What a person newly wrote in an HTML mail, apart from what she quotes below it. M14.

The source is cut where a mail program marked its quote; both halves go through the sanitiser
afterwards, which closes what the cut left open.
"""

import html
import re

import quotequail

from inbox.mime import quote_marks
from inbox.mime.text import LINE_TAGS, text_of_html

LONGEST_HTML = 200_000
_MOST_TAGS = 3_000
_LONGEST_LINE = 400
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]{0,20})\b[^<>]{0,2000}>|<!--.{0,5000}?-->", re.DOTALL)
_INVISIBLE = re.compile("[\u200b-\u200f\u00ad\ufeff]")
_MARK = re.compile(
    r"<(?:"
    r"(?:div|blockquote|section|table)\b[^<>]{0,500}?(?:class|id)\s*=\s*[\"']?(?:[^\"'<>]{0,200}[\s])?"
    r"(?:gmail_quote|gmail_extra|yahoo_quoted|yahooquoted|moz-cite-prefix|protonmail_quote|appendonsend"
    r"|divrplyfwdmsg|olk_src_body_section|zmail_extra|tutanota_quote|mail_android_quote"
    r"|x_divrplyfwdmsg|stopspelling|wmquote|mailru-blockquote)\b"
    r"|blockquote\b[^<>]{0,300}?(?:type\s*=\s*[\"']?cite|class\s*=\s*[\"']?(?:gmail_quote|cite))"
    r"|hr\b[^<>]{0,200}?id\s*=\s*[\"']?(?:stopspelling|zwchr|replysplit)"
    r"|div\b[^<>]{0,300}?border-top:\s?solid #(?:b5c4df|e1e1e1) 1\.0pt"
    r")",
    re.IGNORECASE,
)


def split_html(source: str) -> tuple[str, str]:
    """The new HTML and the quoted one; all is new where nothing would be left to read.

    >>> split_html('<p>Yes.</p><div class="gmail_quote">On Monday …</div>')
    ('<p>Yes.</p>', '<div class="gmail_quote">On Monday …</div>')
    """
    mark = _MARK.search(source[:LONGEST_HTML])
    cut = mark.start() if mark else _by_lines(source[:LONGEST_HTML])
    reply, quoted = (source[:cut], source[cut:]) if cut else _by_library(source)
    if not quoted or not (text_of_html(reply) or "<img" in reply.lower()):
        return source, ""
    return reply, quoted


def _by_lines(source: str) -> int:
    """Where a line begins that announces a quote, as in plain text: a header block, a rule, a
    sentence; 0 where none does."""
    places, lines = _lines(source)
    for index, line in enumerate(lines):
        if quote_marks.forwards(line):
            return 0
        if quote_marks.separates(lines, index) or quote_marks.introduces(lines, index):
            return places[index]
    return 0


def _lines(source: str) -> tuple[list[int], list[str]]:
    """The lines that a reader sees and is not empty, with the places where they begin."""
    places, lines, begin, text = list[int](), list[str](), 0, ""
    end = 0
    for tag in [*_TAG.finditer(source)][:_MOST_TAGS]:
        text += source[end : tag.start()]
        end = tag.end()
        if (tag[1] or "").lower() in LINE_TAGS:
            if line := _shown(text):
                places.append(begin)
                lines.append(line)
            begin, text = tag.start(), ""
    if line := _shown(text + source[end:]):
        places.append(begin)
        lines.append(line)
    return places, lines


def _shown(text: str) -> str:
    return _INVISIBLE.sub("", " ".join(html.unescape(text).split()))[:_LONGEST_LINE]


def _by_library(source: str) -> tuple[str, str]:
    """Sentences such as `On …, Hana wrote:`; the library builds a tree, so only of small mails."""
    if len(source) > LONGEST_HTML or source.count("<") > _MOST_TAGS:
        return source, ""
    try:
        parts = quotequail.quote_html(source, limit=_MOST_TAGS, quote_intro_line=True)
    except (ValueError, RecursionError, AssertionError, LookupError, TypeError, AttributeError):
        return source, ""
    return (parts[0][1], parts[1][1]) if len(parts) == 2 else (source, "")
