"""The text, the HTML and the attachments of a message. RFC 2046, 2387, 3676."""

import html
import re
from dataclasses import dataclass
from urllib.parse import unquote

from inbox.mime.attached import (
    MACHINE_PARTS,
    Hanging,
    files_of,
    hanging,
    is_attached,
    is_text,
    placed,
)
from inbox.mime.charsets import decoded
from inbox.mime.text import text_of_html
from inbox.mime.tree import Part
from inbox.mime.types import ParsedAttachment

LONGEST_TEXT = 10_000_000
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([\w-]{1,40})", re.IGNORECASE)
_CID = re.compile(r"cid:([^\"'\s>)]{1,250})", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Body:
    """What there is to read in a message, and what hangs on it."""

    text: str = ""
    html: str = ""
    attachments: tuple[ParsedAttachment, ...] = ()
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Shown:
    text: str = ""
    html: str = ""

    @property
    def blank(self) -> bool:
        return not (self.text.strip() or self.html.strip())

    def as_text(self) -> str:
        return self.text or text_of_html(self.html)

    def as_html(self) -> str:
        return self.html or (f"<pre>{html.escape(self.text)}</pre>" if self.text else "")


def read(root: Part) -> Body:
    """The body of a message; text that stands only in HTML is derived from it."""
    attached = hanging(root)
    shown = own = _shown(root)
    if own.blank:
        shown = next((text for text in map(_packed, attached) if not text.blank), own)
    if shown == _Shown():
        shown = _named_text(root)
    shown = _Shown(shown.text[:LONGEST_TEXT], shown.html[:LONGEST_TEXT])
    wanted = {unquote(cid).lower() for cid in _CID.findall(shown.html)}
    files = (file for found in attached for file in files_of(*found, has_text=not own.blank))
    return Body(
        shown.as_text(),
        shown.html,
        tuple(placed(file, wanted) for file in files),
        _defects(root),
    )


def _shown(part: Part) -> _Shown:
    if part.parts:
        found = [_shown(child) for child in part.parts]
        if part.content_type == "multipart/alternative":
            return _best(found)
        return _together([shown for shown in found if shown != _Shown()])
    if is_attached(part) or part.content_type in MACHINE_PARTS:
        return _Shown()
    return _read(part)


def _best(found: list[_Shown]) -> _Shown:
    """The last form that can be shown is the best one (RFC 2046 5.1.4); plain text goes with it."""
    rich = next((shown for shown in reversed(found) if shown.html), _Shown())
    plain = next((shown for shown in found if shown.text and not shown.html), _Shown())
    return _Shown(plain.text or rich.text, rich.html)


def _together(found: list[_Shown]) -> _Shown:
    if len(found) == 1:
        return found[0]
    rich = any(shown.html for shown in found)
    plain = any(shown.text for shown in found)
    return _Shown(
        "\n".join(shown.as_text() for shown in found) if plain else "",
        "\n".join(shown.as_html() for shown in found) if rich else "",
    )


def _packed(found: Hanging) -> _Shown:
    _part, box = found
    return _Shown(_unix(box.text), _html(box.html, box.charset)) if box else _Shown()


def _named_text(root: Part) -> _Shown:
    """Where nothing else is to be read, a text that merely has a name is the message."""
    leaves = (part for part in root.walk() if not part.parts)
    texts = (p for p in leaves if is_text(p) and p.disposition != "attachment")
    return next((_read(part) for part in texts), _Shown())


def _read(part: Part) -> _Shown:
    content = part.content() if not part.content_type.startswith("multipart/") else part.body
    charset = part.parameters.get("charset", "")
    if part.content_type == "text/html":
        return _Shown(html=_html(content, charset))
    text = _unix(decoded(content, charset))
    if part.parameters.get("format", "").lower() == "flowed":
        text = _unflowed(text, delete=part.parameters.get("delsp", "").lower() == "yes")
    return _Shown(text=text)


def _html(content: bytes, charset: str) -> str:
    declared = _META_CHARSET.search(content, 0, 4096)
    if not charset and declared:
        charset = declared[1].decode("ascii", "replace")
    return _unix(decoded(content, charset))


def _unix(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _unflowed(text: str, *, delete: bool) -> str:
    """Lines that end in a space go on in the next one (RFC 3676), within one depth of quoting."""
    lines: list[list[str]] = []
    depth, flowing = 0, False
    for line in text.split("\n"):
        content = line.lstrip(">")
        quoted = len(line) - len(content)
        content = content.removeprefix(" ")
        signature = content == "-- "
        if not (flowing and quoted == depth and not signature):
            lines.append([">" * quoted, " " if quoted else ""])
        flowing = content.endswith(" ") and not signature
        lines[-1].append(content[:-1] if flowing and delete else content)
        depth = quoted
    return "\n".join("".join(pieces) for pieces in lines)


def _defects(root: Part) -> tuple[str, ...]:
    encodings = {part.fields.word("content-transfer-encoding") for part in root.walk()}
    known = {"", "7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "uuencode"}
    return () if encodings <= known else ("unknown_encoding",)
