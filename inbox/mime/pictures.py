"""What the first bytes of a picture say: its type and its size, whatever the server called it."""

import struct
from typing import NamedTuple


class Looks(NamedTuple):
    content_type: str
    width: int
    height: int

    @property
    def is_pixel(self) -> bool:
        """It shows nothing: it is there to be asked for."""
        return self.width <= 1 and self.height <= 1


def looks(content: bytes) -> Looks | None:
    """PNG, GIF, JPEG and WebP; None for everything else, SVG (which can act) included."""
    for read in (_png, _gif, _jpeg, _webp):
        try:
            found = read(content)
        except (struct.error, IndexError):
            return None  # cut short
        if found:
            return found
    return None


def _png(content: bytes) -> Looks | None:
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    return Looks("image/png", *struct.unpack_from(">II", content, 16))


def _gif(content: bytes) -> Looks | None:
    if not content.startswith((b"GIF87a", b"GIF89a")):
        return None
    return Looks("image/gif", *struct.unpack_from("<HH", content, 6))


def _jpeg(content: bytes) -> Looks | None:
    """Segment by segment to the frame header (SOF), which knows the size."""
    if not content.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", content, at + 5)
            return Looks("image/jpeg", width, height)
        at += 2 + int(struct.unpack_from(">H", content, at + 2)[0])
    return None


def _webp(content: bytes) -> Looks | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return None
    return Looks("image/webp", *_webp_size(content))


def _webp_size(content: bytes) -> tuple[int, int]:
    kind = content[12:16]
    if kind == b"VP8X":
        wide, high = content[24:27], content[27:30]
        return int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", content, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", content, 26)
    return width & 0x3FFF, height & 0x3FFF
