"""The demo's files are what they say: a program that opens them finds a page, and a picture."""

import re
import struct
import zlib

import pytest

from inbox.demo import files


@pytest.mark.parametrize("name", files.NAMES)
def test_each_file_is_of_its_kind_and_small(name: str) -> None:
    file_name, content_type, content = files.made(name)
    start = {"application/pdf": b"%PDF-1.4", "image/png": b"\x89PNG"}[content_type]
    assert content.startswith(start)
    assert file_name.endswith((".pdf", ".png"))
    assert len(content) < 20_000


def test_a_pdf_says_truly_where_its_objects_are() -> None:
    content = files.pdf(["Kumo Works"])
    (start,) = re.findall(rb"startxref\n(\d+)", content)
    table = content[int(start) :]
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n", table)]
    assert [content[place:].split()[0] for place in places] == [b"1", b"2", b"3", b"4", b"5"]
    assert b"(Kumo Works) Tj" in content


def test_a_png_has_all_its_pixels() -> None:
    content = files.png(64, 40)
    size = content.index(b"IDAT") - 4
    (length,) = struct.unpack(">I", content[size : size + 4])
    rows = zlib.decompress(content[size + 8 : size + 8 + length])
    assert len(rows) == 40 * (1 + 64 * 3)
