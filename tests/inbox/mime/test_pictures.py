"""What a picture is, by its bytes alone."""

import struct

import pytest

from inbox.mime.pictures import looks
from tests.servers.pictures import png

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0000b080005000701011100")
WEBP = b"RIFF\x24\x00\x00\x00WEBP"
VP8 = WEBP + b"VP8 \x00\x00\x00\x00\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 7, 5)
VP8L = WEBP + b"VP8L\x00\x00\x00\x00\x2f" + struct.pack("<I", 6 | 4 << 14)
VP8X = WEBP + b"VP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x04\x00\x00"


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (png(7, 5), "image/png"),
        (b"GIF89a" + struct.pack("<HH", 7, 5), "image/gif"),
        (JPEG, "image/jpeg"),
        (VP8, "image/webp"),
        (VP8L, "image/webp"),
        (VP8X, "image/webp"),
    ],
)
def test_types_and_sizes(content: bytes, content_type: str) -> None:
    assert looks(content) == (content_type, 7, 5)


def test_a_picture_of_one_pixel_shows_nothing() -> None:
    for content, pixel in ((png(1, 1), True), (png(1, 9), False), (png(2, 2), False)):
        found = looks(content)
        assert found and found.is_pixel == pixel


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg onload=alert(1)>", b"<html>", b"%PDF", png()[:17], JPEG[:20], b"RIFF0000WEBPVP8 "],
)
def test_everything_else_is_none(content: bytes) -> None:
    assert looks(content) is None
