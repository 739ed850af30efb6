"""inbox/mime/tnef.py and what is below it: winmail.dat, its files and its text. MS-OXTNEF."""

import struct
import time
from base64 import encodebytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.mime.parse import parse
from inbox.mime.tnef import MOST_FILES, unpacked
from inbox.mime.tnef_stream import MOST_STEPS
from inbox.mime.types import ParsedAttachment, ParsedMessage

HEAD = struct.pack("<IH", 0x223E9F78, 1)
BODY, DATA, TITLE, BEGINS = 0x800C, 0x800F, 0x8010, 0x9002
CLASS, OF_MESSAGE, OF_FILE, CODE_PAGE = 0x8008, 0x9003, 0x9005, 0x9007


def attribute(name: int, data: bytes, level: int = 1) -> bytes:
    return struct.pack("<BHHI", level, name, 6, len(data)) + data + struct.pack("<H", 0)


def properties(*written: bytes) -> bytes:
    return struct.pack("<I", len(written)) + b"".join(written)


def sized(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data + b"\0" * (-len(data) % 4)


def text(name: int, value: str) -> bytes:
    return struct.pack("<HHI", 0x1F, name, 1) + sized(f"{value}\0".encode("utf-16-le"))


def octets(name: int, value: bytes, kind: int = 0x102) -> bytes:
    return struct.pack("<HHI", kind, name, 1) + sized(value)


def number(name: int, value: int) -> bytes:
    return struct.pack("<HHI", 3, name, value)


def file(content: bytes, *said: bytes, title: bytes = b"A~1.PDF\0") -> bytes:
    parts = [(BEGINS, b"\0" * 14), (TITLE, title), (DATA, content), (OF_FILE, properties(*said))]
    return b"".join(attribute(name, data, level=2) for name, data in parts)


def tnef(*written: bytes, page: int = 932) -> bytes:
    return HEAD + attribute(CODE_PAGE, struct.pack("<II", page, 0)) + b"".join(written)


def mail(box: bytes, said: str = "Dear Hana", kind: str = "application/ms-tnef") -> ParsedMessage:
    head = "From: ken@aoki.test\nContent-Type: multipart/mixed; boundary=x\n\n"
    named = f"Content-Type: {kind}; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
    shown = f"--x\n\n{said}\n" if said else ""
    return parse(f"{head}{shown}--x\n{named}{encodebytes(box).decode()}\n--x--\n".encode())


def names(message: ParsedMessage) -> list[str]:
    return [file.name for file in message.attachments]


OFFER = file(b"%PDF\0\0", text(0x3707, "お見積り.pdf"), text(0x370E, "application/pdf"))
TITLED = file(b"abc", title="添付.txt\0".encode("cp932"))
EMBEDDED = file(b"", octets(0x3701, b"\x07\x03" * 8 + tnef(OFFER), kind=0x0D))
RTF = attribute(OF_MESSAGE, properties(octets(0x1009, b"\x10\0\0\0LZFu")))
HTML = attribute(
    OF_MESSAGE,
    properties(
        number(0x3FDE, 932),
        octets(0x1013, '<p>こんにちは</p><img src="cid:Seal@aoki">'.encode("cp932")),
        text(0x1000, "こんにちは"),
    ),
)


@pytest.mark.rule("M18")
@pytest.mark.parametrize(
    "kind", ["application/ms-tnef", "application/vnd.ms-tnef", "application/octet-stream"]
)
def test_the_files_in_it_stand_in_its_place(kind: str) -> None:
    message = mail(tnef(RTF, OFFER, TITLED), kind=kind)
    assert message.text.strip() == "Dear Hana"
    assert message.attachments == (
        ParsedAttachment("お見積り.pdf", "application/pdf", 6, b"%PDF\0\0"),
        ParsedAttachment("添付.txt", "application/octet-stream", 3, b"abc"),
    )


@pytest.mark.rule("M18")
@pytest.mark.parametrize("said", ["", " \n"])
def test_its_text_is_read_where_the_mail_has_none(said: str) -> None:
    seal = file(b"GIF89a", text(0x3712, "seal@aoki"), text(0x3707, "seal.gif"))
    message = mail(tnef(HTML, seal), said)
    assert "<p>こんにちは</p>" in message.html
    assert message.text == "こんにちは"
    assert [(file.name, file.inline) for file in message.attachments] == [("seal.gif", True)]


def test_its_text_is_not_read_where_the_mail_has_one() -> None:
    message = mail(tnef(HTML))
    assert (message.text.strip(), message.html, names(message)) == ("Dear Hana", "", [])


def test_text_in_the_old_attribute_is_read_in_its_code_page() -> None:
    assert mail(tnef(attribute(BODY, "見積\0".encode("cp932"))), "").text == "見積"
    assert mail(tnef(attribute(BODY, "Grüße\0".encode("cp1252")), page=1252), "").text == "Grüße"
    assert mail(HEAD + attribute(BODY, "見積\0".encode()), "").text == "見積"


def test_html_that_is_kept_as_text_is_read() -> None:
    box = tnef(attribute(OF_MESSAGE, properties(text(0x1013, "<b>Grüße</b>"))))
    assert mail(box, "").html == "<b>Grüße</b>"


def test_a_message_that_is_nothing_but_winmail_is_read() -> None:
    raw = b"Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n"
    message = parse(raw + encodebytes(tnef(HTML, OFFER)))
    assert (message.text, names(message)) == ("こんにちは", ["お見積り.pdf"])


@pytest.mark.rule("M18")
@pytest.mark.parametrize(
    ("box", "said", "found"),
    [
        (b"no TNEF at all", "Hello", ["winmail.dat"]),
        (HEAD, "Hello", ["winmail.dat"]),
        (tnef(RTF), "", ["winmail.dat"]),  # its text is there alone, in a format not read here
        (tnef(RTF), "Hello", []),
        (tnef(OFFER, EMBEDDED), "Hello", ["お見積り.pdf", "winmail.dat"]),
        (tnef(OFFER, TITLED)[:-30], "Hello", ["お見積り.pdf", "winmail.dat"]),
        (tnef(attribute(CLASS, b"IPM.Task\0"), OFFER), "Hello", ["お見積り.pdf", "winmail.dat"]),
        (tnef(attribute(CLASS, b"IPM.Note\0"), OFFER), "Hello", ["お見積り.pdf"]),
    ],
)
def test_it_stays_where_it_holds_what_only_outlook_understands(
    box: bytes, said: str, found: list[str]
) -> None:
    message = mail(box, said)
    assert names(message) == found
    assert message.attachments[-1:] == () or message.attachments[-1].size


def test_a_name_in_it_is_safe_to_store() -> None:
    message = mail(tnef(file(b"abc", text(0x3707, "C:\\temp\\..\\a\0\u202e.pdf"))))
    assert names(message) == ["a.pdf"]


def test_a_file_that_is_kept_as_a_property_is_one() -> None:
    said = properties(octets(0x3701, b"%PDF-1.7"), text(0x3704, "A.PDF"))
    box = tnef(attribute(BEGINS, b"\0" * 14, level=2), attribute(OF_FILE, said, level=2))
    (found,) = mail(box).attachments
    assert (found.name, found.content) == ("A.PDF", b"%PDF-1.7")


def test_a_picture_is_known_by_its_bytes_where_no_type_is_said() -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 8, 8)
    (found,) = mail(tnef(file(png, title=b"image001.png\0"))).attachments
    assert found.content_type == "image/png"


def test_named_and_many_valued_properties_are_passed_over() -> None:
    guid = b"g" * 16
    passed = [
        struct.pack("<HH", 0xB, 0x8001) + guid + struct.pack("<III", 0, 5, 1),
        struct.pack("<HH", 0x2, 0x8002)
        + guid
        + struct.pack("<I", 1)
        + sized(b"n\0a\0m\0")
        + b"1234",
        struct.pack("<HHI", 0x1002, 0x4001, 3) + b"112233--",
        struct.pack("<HHI", 0x101F, 0x4002, 2) + sized(b"a\0\0\0") + sized(b"bb\0\0\0\0"),
        struct.pack("<HH", 0x40, 0x4003) + b"8" * 8,
    ]
    box = tnef(file(b"abc", *passed, text(0x3707, "last.pdf")))
    assert names(mail(box)) == ["last.pdf"]


MANY = 0xFFFFFFFF
BOMBS = {
    "properties": HEAD + attribute(OF_MESSAGE, struct.pack("<I", MANY)),
    "values": HEAD + attribute(OF_MESSAGE, struct.pack("<IHHI", 1, 0x1003, 0x4000, MANY)),
    "texts": HEAD + attribute(OF_MESSAGE, struct.pack("<IHHI", 1, 0x101F, 0x4000, MANY)),
    "empty texts": HEAD
    + attribute(OF_MESSAGE, struct.pack("<IHHI", 1, 0x101F, 0x4000, MANY) + b"\0" * 9_000_000),
    "attributes": HEAD + attribute(0x8009, b"") * 900_000,
    "files": HEAD + file(b"a") * 100_000,
    "a length": HEAD + struct.pack("<BHHI", 1, BODY, 6, MANY) + b"\0" * 100,
}


@pytest.mark.rule("M47")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_defused_in_time(name: str) -> None:
    began = time.process_time()
    found = unpacked(BOMBS[name])
    assert time.process_time() - began < 1
    assert found is None or (not found.whole and len(found.files) <= MOST_FILES)


def test_nesting_is_not_followed() -> None:
    box = tnef(OFFER)
    for _level in range(300):
        box = tnef(file(b"", octets(0x3701, b"\x07\x03" * 8 + box, kind=0x0D)))
    assert names(mail(box)) == ["winmail.dat"]


def test_many_of_them_are_files() -> None:
    bomb = HEAD + attribute(0x8009, b"") * 2 * MOST_STEPS
    part = b"--x\nContent-Type: application/ms-tnef\n\n" + bomb + b"\n"
    began = time.process_time()
    message = parse(b"Content-Type: multipart/mixed; boundary=x\n\n" + part * 50)
    assert time.process_time() - began < 2
    assert len(message.attachments) == 50


WHOLE = tnef(attribute(CLASS, b"IPM.Note\0"), HTML, RTF, OFFER, TITLED, EMBEDDED)


def check(box: bytes) -> None:
    began = time.process_time()
    message = mail(box, "")
    assert time.process_time() - began < 1
    written = [message.text, message.html, *names(message)]
    assert all("\0" not in value and value.encode() is not None for value in written)


@pytest.mark.rule("M47")
def test_what_is_cut_anywhere_never_raises() -> None:
    for end in range(len(WHOLE)):
        check(WHOLE[:end])


@pytest.mark.rule("M47")
@settings(deadline=None)  # `check` has its own, in time of the processor
@given(st.binary(), st.integers(0, len(WHOLE)), st.integers(0, 40))
def test_what_is_spoilt_anywhere_never_raises(noise: bytes, at: int, lost: int) -> None:
    check(WHOLE[:at] + noise + WHOLE[at + lost :])
    check(HEAD + noise)
    check(noise)
