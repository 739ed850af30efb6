"""The files that a BODYSTRUCTURE names (RFC 9051, 7.5.2)."""

import pytest

from inbox.wire.responses import Response
from inbox.wire.structure import Outlined, outline

PDF = (
    b'("APPLICATION" "PDF" ("NAME" "a.pdf") NIL NIL "BASE64" 900 NIL'
    b' ("ATTACHMENT" ("FILENAME" "b.pdf")) NIL NIL)'
)
TEXT = b'("TEXT" "PLAIN" ("CHARSET" "UTF-8") NIL NIL "7BIT" 12 1 NIL NIL NIL NIL)'


def said(structure: bytes) -> Response:
    return Response((b"* 1 FETCH (UID 7 BODYSTRUCTURE " + structure + b")",), ())


@pytest.mark.parametrize(
    ("structure", "names"),
    [
        (TEXT, []),
        (PDF, ["b.pdf"]),
        (b"(" + TEXT + PDF + b' "MIXED" ("BOUNDARY" "x") NIL NIL NIL)', ["b.pdf"]),
        (b"((" + TEXT + PDF + b' "MIXED")' + PDF + b' "MIXED")', ["b.pdf", "b.pdf"]),
        (b'("IMAGE" "PNG" ("NAME" "c.png") NIL NIL "BASE64" NIL)', ["c.png"]),
        (b"NIL", []),
        (b"()", []),
        (b"((((((" + PDF + b"))))))", ["b.pdf"]),
        (b"(" * 90 + b")" * 90, []),
    ],
)
def test_names(structure: bytes, names: list[str]) -> None:
    assert [file.name for file in outline(said(structure))] == names


def test_sizes_and_types() -> None:
    assert outline(said(PDF)) == [Outlined("b.pdf", "application/pdf", 900)]


def test_an_answer_without_a_structure() -> None:
    assert outline(Response((b"* 1 FETCH (UID 7)",), ())) == []
