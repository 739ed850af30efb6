"""Small real files for the demo's attachments: PDFs of one page and a PNG, made here."""

import struct
import zlib

PDF = "application/pdf"
_PAGES = {
    "offer": ("Offer 2026-014.pdf", ["Kumo Works", "Offer 2026-014", "Booking, set-up, training"]),
    "signed": ("Offer 2026-014 signed.pdf", ["Kumo Works", "Offer 2026-014", "Signed"]),
    "invoice": ("Invoice 4471.pdf", ["Kumo Works", "Invoice 4471", "Due within 14 days"]),
    "invoice_again": ("Invoice 4471 corrected.pdf", ["Kumo Works", "Invoice 4471, corrected"]),
    "agreement": ("Data processing agreement.pdf", ["Kumo Works", "Data processing agreement"]),
    "offer_ja": ("御見積書_2026-014.pdf", ["Kumo Works", "Quotation 2026-014"]),
    "signed_ja": ("注文書.pdf", ["Purchase order", "Quotation 2026-014"]),
    "invoice_ja": ("請求書_4471.pdf", ["Kumo Works", "Invoice 4471"]),
    "invoice_again_ja": ("請求書_4471_再発行.pdf", ["Kumo Works", "Invoice 4471, corrected"]),
}
NAMES = (*_PAGES, "screenshot")


def made(name: str) -> tuple[str, str, bytes]:
    """(file name, content type, content)"""
    if name == "screenshot":
        return "screenshot.png", "image/png", png(320, 200)
    file_name, lines = _PAGES[name]
    return file_name, PDF, pdf(lines)


def pdf(lines: list[str]) -> bytes:
    """One A5 page with these lines of Latin text."""
    rows = "".join(f"({line}) Tj 0 -24 Td " for line in lines)
    drawn = f"BT /F1 18 Tf 48 520 Td {rows}ET".encode("latin-1")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def png(width: int, height: int) -> bytes:
    """A calendar, drawn: a bar above, seven columns, a few appointments."""
    rows = b"".join(
        b"\0"
        + b"".join(
            _pixel(x * 7 // width, x * 70 // width % 10, y * 20 // height) for x in range(width)
        )
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _pixel(column: int, within: int, row: int) -> bytes:
    if row < 2:
        return b"\x2a\x48\x70"
    taken = within > 0 and (row * 5 + column * 3) % 7 < 2
    return b"\x9c\xb8\xdc" if taken else b"\xe4\xe8\xee" if within == 0 else b"\xff\xff\xff"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
