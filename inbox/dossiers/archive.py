"""A ZIP archive written piece by piece: names that are safe anywhere, mail as mbox (RFC 4155)."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from inbox.mime.names import file_name

_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)
_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
_PIECE = 1 << 20  # bytes


def safe_name(written: str, content_type: str, taken: set[str]) -> str:
    """A name for a file of the archive, which is added to `taken`: no path, none that Windows
    keeps for itself, none twice, whatever its case or form.

    >>> safe_name("../con.txt", "text/plain", {"_con.txt"})
    '_con (2).txt'
    """
    name = file_name(unicodedata.normalize("NFC", written), content_type).strip(". ")
    name = f"_{name}" if _RESERVED.match(name) else name
    stem, dot, extension = name.rpartition(".")
    if not stem:
        stem, dot, extension = name, "", ""
    number, found = 1, name
    while _folded(found) in taken:
        number += 1
        found = f"{stem} ({number}){dot}{extension}"
    taken.add(_folded(found))
    return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def mbox_entry(raw: bytes, at: datetime) -> bytes:
    """A message as mboxrd: a From_ line before it, lines that look like one are quoted."""
    lines = raw.replace(b"\r\n", b"\n")
    begins = f"From MAILER-DAEMON {at:%a %b %d %H:%M:%S %Y}\n".encode("ascii")
    return begins + _FROM.sub(rb">\1", lines).rstrip(b"\n") + b"\n\n"


class Archive:
    """Writes into an open file; never more than a piece of what it holds is in memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = ZipFile(file, "w", ZIP_DEFLATED)

    def close(self) -> None:
        self._zip.close()

    def text(self, name: str, text: str) -> None:
        self._zip.writestr(name, text.encode())

    def pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        with self._zip.open(name, "w", force_zip64=True) as entry:
            for piece in pieces:
                entry.write(piece)

    def copy(self, name: str, file: Any) -> None:
        self.pieces(name, iter(lambda: file.read(_PIECE), b""))
