"""Plain text out of HTML, in linear time.

Tags are cut, not parsed: a tree builder that follows the HTML standard needs gigabytes for twelve
thousand `<font><p>` (each paragraph reopens every font), and here nothing of the tree is needed.
The result is text to read and search, never to be put into a page unescaped.
"""

import html
import re

LONGEST_HTML = 1_000_000

_SKIPPED = re.compile(r"<(script|style|head|title|template|noframes)\b", re.IGNORECASE)
_TAG = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})((?>[^<>"']|"[^"<]*"|'[^'<]*'|["'])*)>""")
_LOOSE_TAG = re.compile(r"<[a-zA-Z/!?][^<>]{0,20000}(?:>|\Z)")
_SPACES = re.compile(r"[ \t\r\n\f\u200b\u00ad]+")
_MANY_LINES = re.compile(r"\n{3,}")
_PARAGRAPHS = frozenset(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "hr")
)
_LINES = frozenset(
    (
        "br",
        "div",
        "tr",
        "li",
        "dt",
        "dd",
        "section",
        "article",
        "header",
        "footer",
        "center",
        "form",
    )
)
LINE_TAGS = _PARAGRAPHS | _LINES


def text_of_html(source: str) -> str:
    """What a person would read in it, a line a block.

    >>> text_of_html("<p>Hello<br>world</p><p>Bye</p>")
    'Hello\\nworld\\n\\nBye'
    """
    kept = _without_comments(_without_skipped(source[:LONGEST_HTML]))
    marked = _LOOSE_TAG.sub("", _TAG.sub(_mark, _SPACES.sub(" ", kept)))
    lines = html.unescape(marked).replace("\u00a0", " ").split("\n")
    return _MANY_LINES.sub("\n\n", "\n".join(map(str.strip, lines))).strip()


def _without_skipped(source: str) -> str:
    lower, pieces, position, unclosed = source.lower(), list[str](), 0, set[str]()
    for opening in _SKIPPED.finditer(source):
        name = opening[1].lower()
        if opening.start() < position or name in unclosed:
            continue
        end = lower.find(f"</{name}", opening.end())
        if end < 0:
            # Looked for once only, so that the time stays linear; what follows is text.
            unclosed.add(name)
        else:
            pieces.append(source[position : opening.start()])
            position = end
    return "".join([*pieces, source[position:]])


def _without_comments(source: str) -> str:
    pieces = source.split("<!--")
    kept = [pieces[0]]
    for piece in pieces[1:]:
        comment, closing, rest = piece.partition("-->")
        kept.append(rest if closing else "")
    return "".join(kept)


def _mark(tag: re.Match[str]) -> str:
    name = tag[2].lower()
    if name in _PARAGRAPHS:
        return "\n\n"
    if name in _LINES:
        return "" if tag[1] and name != "div" else "\n"
    return " " if name in ("td", "th") else ""
