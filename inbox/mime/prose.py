"""HTML that a person writes here: cleaned, told as plain text, dressed for others (M21).

clean     what the editor, a template or a paste gave: eight formats, links, pictures
plain     the same as text: lists with marks, links with their address, quotes with ">"
dressed   with the few inline styles by which it looks alike in Outlook, Gmail and here
"""

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

from crm.lib.bombs import TAG, is_a_bomb
from crm.lib.html import GONE_WITH_CONTENT, LINKS, body_of

TAGS = {
    *("a", "b", "strong", "em", "i", "u", "s", "p", "br", "ul", "ol", "li", "blockquote", "img")
}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "img": {"src", "alt"}}
# A picture is the part of a mail, or a file of the draft that is served by us.
PICTURES = re.compile(r"(?:cid:[^\s\"'<>]{1,250}|/drafts/files/\d{1,18}/)")
_BARE_IMAGE = re.compile(r"<img(?![^>]*\ssrc=)[^>]*>")
_EMPTY = re.compile(r"(?:\s|&nbsp;|</?(?:p|br|strong|em|u|s|b|i)\s*/?>)*")
_EMPTY_LINE = re.compile(r'(<p style="[^"]*">)</p>')
_BLOCK = re.compile(r"<(/?)(?:div|h[1-6]|section|article)\b[^<>]*>", re.IGNORECASE)
_SOURCE = re.compile(r'(<img[^>]*?\ssrc=")([^"]*)"')

FONT = "font-family:Arial,'Hiragino Sans',Meiryo,sans-serif;font-size:14px;line-height:1.5"
STYLES = {
    "p": "margin:0 0 1em",
    "ul": "margin:0 0 1em;padding-left:2em",
    "ol": "margin:0 0 1em;padding-left:2em",
    "blockquote": "margin:0 0 1em;padding-left:1em;border-left:3px solid #c8ccd4",
    "img": "max-width:100%;height:auto",
}
TIGHT = "margin:0"  # a paragraph in a list
CITED = "margin:0;padding-left:1em;border-left:2px solid #c8ccd4"


def clean(html: str) -> str:
    """What may be written, and nothing else; "" where it says and shows nothing.

    >>> clean('<p onclick="x()">Hello <b>you</b><script>x</script></p><p></p>')
    '<p>Hello <b>you</b></p><p></p>'
    """
    if is_a_bomb(html):
        return of_text(" ".join(TAG.sub(" ", html).split()))
    kept = nh3.clean(
        _BLOCK.sub(r"<\1p>", html.replace("\x00", "")),
        tags=TAGS,
        clean_content_tags=GONE_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=_keep,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel=None,
    )
    kept = _BARE_IMAGE.sub("", kept).strip()
    return "" if _EMPTY.fullmatch(kept) else kept


def _keep(tag: str, name: str, value: str) -> str | None:
    if tag == "a" and name == "href":
        return value if LINKS.match(value.strip()) else None
    if tag == "img" and name == "src":
        return value if PICTURES.fullmatch(value) else None
    return value


def of_text(text: str) -> str:
    """Plain text as paragraphs: an empty line parts two.

    >>> of_text("Dear A & B\\nhello.\\n\\nBye")
    '<p>Dear A &amp; B<br>hello.</p><p>Bye</p>'
    """
    parts = [
        part.strip("\n")
        for part in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    ]
    lines = (escape(part, quote=False).replace("\n", "<br>") for part in parts if part.strip())
    return "".join(f"<p>{each}</p>" for each in lines)


def with_pictures(html: str, place: Callable[[str], str]) -> str:
    """Each picture's address by `place`; "" takes the picture out."""
    moved = _SOURCE.sub(lambda found: f'{found[1]}{escape(place(found[2]))}"', html)
    return re.sub(r'<img[^>]*?\ssrc=""[^>]*>', "", moved)


def pictures(html: str) -> list[str]:
    """The addresses of its pictures, in their order."""
    return [found[2] for found in _SOURCE.finditer(html)]


# --- as plain text --------------------------------------------------------------------------------


def plain(html: str) -> str:
    """Cleaned HTML as text.

    >>> plain('<p>See <a href="https://a.example/b">this</a>:</p><ul><li><p>one</p></li></ul>')
    'See this <https://a.example/b>:\\n\\n- one'
    """
    body = LexborHTMLParser(html).body
    return "\n".join(_blocks(body)).strip("\n") if body else ""


def _blocks(parent: LexborNode, *, tight: bool = False) -> list[str]:
    """The lines of what stands in it; between blocks an empty one, unless in a list."""
    blocks: list[list[str]] = []
    words = ""
    for node in parent.iter(include_text=True):
        if node.tag in ("p", "ul", "ol", "blockquote", "li"):
            blocks += [words.split("\n")] if words.strip() else []
            words = ""
            blocks.append(_block(node))
        else:
            words += _words(node)
    blocks += [words.split("\n")] if words.strip() else []
    lines: list[str] = []
    for block in blocks:
        lines += [""] if lines and not tight else []
        lines += [line.rstrip() for line in block]
    return lines


def _block(node: LexborNode) -> list[str]:
    if node.tag == "blockquote":
        return [f">{line}" if line.startswith(">") else f"> {line}" for line in _blocks(node)]
    if node.tag in ("ul", "ol"):
        return list(_items(node))
    return _blocks(node, tight=node.tag == "li")


def _items(node: LexborNode) -> Iterator[str]:
    start = (node.attributes.get("start") or "1")[:6] if node.tag == "ol" else ""
    number = int(start) if start.isascii() and start.isdecimal() else 1
    for item in node.iter():
        mark = f"{number}. " if node.tag == "ol" else "- "
        first, *others = _blocks(item, tight=True) or [""]
        yield mark + first
        yield from (" " * len(mark) + line for line in others)
        number += 1


def _words(node: LexborNode) -> str:
    if node.tag == "-text":
        return re.sub(r"[ \t\r\n]+", " ", node.text(deep=False) or "").replace("\u00a0", " ")
    if node.tag == "br":
        return "\n"
    if node.tag == "img":
        name = node.attributes.get("alt") or ""
        return f"[{name}]" if name else ""
    said = "".join(map(_words, node.iter(include_text=True)))
    return _link(said, node.attributes.get("href") or "") if node.tag == "a" else said


def _link(said: str, address: str) -> str:
    """RFC 3986, appendix C: in brackets, where the words do not say it already."""
    shown = address.removeprefix("mailto:").removeprefix("tel:")
    bare = re.sub("^https?://", "", shown.rstrip("/"))
    same = said.strip().rstrip("/") in (shown.rstrip("/"), bare)
    return said if same or not shown else f"{said} <{shown}>"


# --- for other mail programs ----------------------------------------------------------------------


def dressed(html: str) -> str:
    """Cleaned HTML in one element with a font, since Outlook sets bare HTML in Times."""
    tree = LexborHTMLParser(html)
    for tag, style in STYLES.items():
        for node in tree.css(tag):
            inner = tag == "p" and node.parent is not None and node.parent.tag == "li"
            node.attrs["style"] = TIGHT if inner else style
    said = _EMPTY_LINE.sub(r"\1<br></p>", body_of(tree))  # else it has no height elsewhere
    return f'<div style="{FONT}">{said}</div>'


def cited(line: str, html: str) -> str:
    """A quotation: who wrote when, and their HTML, known as older by every mail program."""
    said = f'<p style="{TIGHT}">{escape(line)}</p>'
    return f'{said}<blockquote type="cite" style="{CITED}">{html}</blockquote>'


def forwarded(title: str, fields: Mapping[str, str], html: str) -> str:
    """What is passed on, below the header lines that mail programs know a forward by."""
    lines = [f"{escape(name)} {escape(value)}" for name, value in fields.items() if value]
    return f'<p style="{STYLES["p"]}">{escape(title)}<br>{"<br>".join(lines)}</p><div>{html}</div>'
