"""What Outlook packs into winmail.dat: the files of a message, and its text. MS-OXTNEF, M18.

Nothing is uncompressed and nothing nested is opened, so what comes out is never more than what went
in. It never raises.
"""

import re
from dataclasses import dataclass, field

from inbox.mime.charsets import decoded
from inbox.mime.names import file_name
from inbox.mime.pictures import looks
from inbox.mime.tnef_stream import EIGHT_BIT, OBJECT, UNICODE, Stream, Value
from inbox.mime.types import ParsedAttachment
from inbox.mime.words import one_line

MOST_FILES = 200
_LONGEST_WORD = 2_000  # bytes
_BEGINNING = 65_536
_NOTES = (b"IPM.Note", b"IPM.Microsoft Mail.Note")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,60}/[a-z0-9][a-z0-9.+_-]{0,60}")

# Attributes, by the lower half of their id.
_CLASS, _BODY, _MESSAGE_PROPERTIES, _CODE_PAGE = 0x8008, 0x800C, 0x9003, 0x9007
_FILE_BEGINS, _FILE_TITLE, _FILE_DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
# Properties: of the message, and of a file.
_TEXT, _HTML, _RTF, _HTML_PAGE = 0x1000, 0x1013, 0x1009, 0x3FDE
_NAMES = (0x3707, 0x3704, 0x3001)  # the long file name, the short one, the one to show
_DATA, _MEDIA, _CONTENT_ID = 0x3701, 0x370E, 0x3712
_PAGES = {
    65001: "utf-8",
    20127: "",
    28591: "iso-8859-1",
    50220: "iso-2022-jp",
    51932: "euc-jp",
}


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What was in it; `html` as bytes in its `charset`, "" where none is said."""

    files: tuple[ParsedAttachment, ...]
    text: str
    html: bytes
    charset: str
    has_rtf: bool  # a body in a format that is not read here
    whole: bool  # but for such a body nothing stays behind that only Outlook understands


@dataclass(slots=True)
class _File:
    data: memoryview | None = None
    title: memoryview | None = None
    properties: dict[int, Value] = field(default_factory=dict)


def unpacked(content: bytes) -> Unpacked | None:
    """What the stream holds; None where it is none, or is empty."""
    stream = Stream(content)
    box, met = _Box(), False
    for name, data in stream.attributes():
        box.take(name, data, stream)
        met = True
    return box.unpacked(whole=box.understood and stream.whole) if met else None


class _Box:
    """What was met in a stream so far."""

    def __init__(self) -> None:
        self.understood = True
        self.charset = ""
        self.body = memoryview(b"")
        self.properties: dict[int, Value] = {}
        self.files: list[_File] = []

    def take(self, name: int, data: memoryview, stream: Stream) -> None:
        if name == _CODE_PAGE:
            self.charset = _charset(Value(0, data))
        elif name == _BODY:
            self.body = data
        elif name == _CLASS:  # of a meeting or a task, Outlook alone knows the rest
            self.understood &= bytes(data[:40]).startswith(_NOTES)
        elif name == _MESSAGE_PROPERTIES:
            self.properties.update(stream.properties(data))
        elif name == _FILE_BEGINS and len(self.files) < MOST_FILES:
            self.files.append(_File())
        elif name == _FILE_BEGINS:
            self.understood = False
        elif self.files:
            self._take_of_file(name, data, stream)

    def _take_of_file(self, name: int, data: memoryview, stream: Stream) -> None:
        file = self.files[-1]
        if name == _FILE_DATA:
            file.data = data
        elif name == _FILE_TITLE:
            file.title = data
        elif name == _FILE_PROPERTIES:
            file.properties.update(stream.properties(data))

    def unpacked(self, *, whole: bool) -> Unpacked:
        files = tuple(file for file in map(self._file, self.files) if file)
        html, charset = self._html()
        return Unpacked(
            files=files,
            text=self._text(),
            html=html,
            charset=charset,
            has_rtf=_RTF in self.properties,
            whole=whole and len(files) == len(self.files),
        )

    def _text(self) -> str:
        body = self.properties.get(_TEXT) or Value(EIGHT_BIT, self.body)
        return body.text(self.charset)

    def _html(self) -> tuple[bytes, str]:
        found = self.properties.get(_HTML)
        if found is None:
            return b"", ""
        if found.type == UNICODE:
            return found.text("").encode(), "utf-8"
        page = self.properties.get(_HTML_PAGE)
        return bytes(found.raw), _charset(page) if page else ""

    def _file(self, file: _File) -> ParsedAttachment | None:
        """None for what is no file: a message or an object of Office inside this one."""
        held = file.properties.get(_DATA)
        data = held.raw if held else file.data
        if data is None or (held and held.type == OBJECT):
            return None
        content, media = bytes(data), self._word(file, _MEDIA).lower()
        if not _MEDIA_TYPE.fullmatch(media):
            seen = looks(content[:_BEGINNING])
            media = seen.content_type if seen else "application/octet-stream"
        return ParsedAttachment(
            name=file_name(self._name(file), media),
            content_type=media[:100],
            size=len(content),
            content=content,
            content_id=self._word(file, _CONTENT_ID).strip("<> ")[:250],
        )

    def _name(self, file: _File) -> str:
        said = filter(None, (self._word(file, name) for name in _NAMES))
        title = bytes(file.title or b"")[:_LONGEST_WORD]
        return next(said, decoded(title, self.charset))

    def _word(self, file: _File, name: int) -> str:
        value = file.properties.get(name)
        if value is None:
            return ""
        return one_line(Value(value.type, value.raw[:_LONGEST_WORD]).text(self.charset))


def _charset(page: Value) -> str:
    """Windows' number of a code page as the name of a charset."""
    return _PAGES.get(page.number, f"cp{page.number}" if page.number else "")
