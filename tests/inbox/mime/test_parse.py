"""inbox/mime/parse.py and what is below it: whole messages, specimens, bombs. M14, M18, M20, M47.

The specimens are tests/eml/<disease>.eml with the facts expected of each in <disease>.json.
"""

import base64
import dataclasses
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.mime.parse import parse
from inbox.mime.types import ParsedMessage

EML = Path(__file__).resolve().parents[2] / "eml"
SPECIMENS = sorted(EML.glob("*.eml"))
MIXED = b"From: a@x.test\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
HTML = b"Content-Type: text/html\r\n\r\n"
LARGE = 390_000


def summary(message: ParsedMessage) -> dict[str, object]:
    """A message as JSON would hold it; of attachments the content counts as text."""
    facts = dataclasses.asdict(message)
    facts["date"] = message.date.isoformat() if message.date else None
    for file in facts["attachments"]:
        file["content"] = file["content"].decode("utf-8", "backslashreplace")
    return json.loads(json.dumps(facts))


@pytest.mark.parametrize("path", SPECIMENS, ids=lambda path: path.stem)
def test_a_specimen_is_understood(path):
    expected = json.loads(path.with_suffix(".json").read_text())
    found = summary(parse(path.read_bytes()))
    assert {name: found[name] for name in expected} == expected


def test_there_are_specimens():
    assert len(SPECIMENS) >= 10


BOMBS = {
    "parts": MIXED + b"--x\r\n\r\n" * 300_000,
    "depth": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%dz\r\n\r\n--b%dz\r\n" % (n, n)
        for n in range(20_000)
    ),
    "one boundary": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" * 8_000,
    "false marks": MIXED + b"\n--xy" * 1_000_000,
    "messages in messages": b"Content-Type: message/rfc822\r\n\r\n" * 12_000,
    "ids": b"References: " + b"<a@b> " * 1_000_000,
    "recipients": b"To: " + b"a@b, " * 200_000,
    "parentheses": b"To: " + b"(" * LARGE,
    "quotes": b"To: " + b'"\\' * LARGE,
    "encoded words": b"Subject: " + b"=?a?q? =?" * 40_000,
    "fields": b"A: b\r\n" * 200_000,
    "parameters": b"Content-Type: text/plain" + b";a*0=" * 80_000 + b"\r\n\r\n",
    "punycode": b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a-b" * 100_000,
    "fonts": HTML + b"<font size=1><p>" * 20_000,
    "divs": HTML + b"<div>" * 80_000,
    "scripts": HTML + b"<script>" * 50_000,
    "dates": b"\r\n" + b"On 2026-01-01 <a@b>\n" * 9_000,
    "quoted lines": b"\r\n" + b"> a\nb\n" * 30_000,
    "a long header": b"X-Long: " + b"a" * 210_000 + b"\r\nSubject: kept\r\n",
    "recipients by name": b"To: " + b", ".join(b'"A, %d" <a%d@b.c>' % (n, n) for n in range(5_000)),
    "many words": b"Subject: " + b" ".join(b"=?utf-8?b?w6k=?=" for _ in range(8_000)),
    "continuations": b"Content-Type: text/plain"
    + b"".join(b";\r\n name*%d*=utf-8''%%41" % n for n in range(5_000)),
    "many references": b"References: " + b" ".join(b"<%d@b.c>" % n for n in range(20_000)),
    "carriage returns": b"\r" * LARGE,
    "zeros": b"\0" * LARGE,
}


@pytest.mark.rule("M47")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_defused_in_time(name):
    began = time.process_time()
    message = parse(BOMBS[name])
    allowed = 2 if len(BOMBS[name]) <= 400_000 else 5
    assert time.process_time() - began < allowed
    assert len(message.attachments) <= 1_000


@pytest.mark.parametrize(
    ("name", "defect"),
    [
        ("parts", "too_many_parts"),
        ("depth", "too_deep"),
        ("false marks", "too_many_marks"),
        ("recipients", "recipients_cut"),
        ("fields", "headers_cut"),
    ],
)
def test_past_a_cap_there_is_a_defect(name, defect):
    assert defect in parse(BOMBS[name]).defects


@pytest.mark.parametrize("depth", [100, 500, 1_000, 3_000])
def test_what_stands_before_the_depth_is_kept(depth: int) -> None:
    levels = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n\r\nbefore\r\n--b%d\r\n"
        % (n, n, n)
        for n in range(depth)
    )
    message = parse(b"Subject: kept\r\n" + levels)
    assert (message.subject, "too_deep" in message.defects) == ("kept", True)
    assert "before" in message.text


def test_of_many_references_both_ends_are_kept() -> None:
    found = parse(BOMBS["many references"] + b"\r\n\r\n").references
    assert (found[0], found[-1], len(found)) == ("0@b.c", "19999@b.c", 100)


def test_before_a_cap_all_is_understood():
    parts = b"".join(b"--x\r\n\r\nline %d\r\n" % number for number in range(900))
    assert parse(MIXED + parts + b"--x--").text.count("line") == 900


def attached(disposition: bytes, content_type: bytes = b"application/pdf") -> bytes:
    return (
        MIXED + b"--x\r\n\r\nhello\r\n--x\r\nContent-Type: " + content_type + b"\r\n"
        b"Content-Disposition: attachment; " + disposition + b"\r\n\r\nabc\r\n--x--\r\n"
    )


@pytest.mark.rule("M18")
@pytest.mark.parametrize(
    ("written", "name"),
    [
        (b'filename="../../etc/passwd"', "passwd"),
        (b'filename="C:\\\\temp\\\\a.pdf"', "a.pdf"),
        (b'filename="a\x00b\r\n c.pdf"', "ab c.pdf"),
        (b"filename*=utf-8''%E2%80%AEfdp.exe", "fdp.exe"),
        (b'filename=".."', "attachment.pdf"),
        (b"", "attachment.pdf"),
        (b"filename=" + b"a" * 500 + b".pdf", "a" * 146 + ".pdf"),
        ('filename="お見積り.pdf"'.encode("cp932"), "お見積り.pdf"),
    ],
)
def test_a_file_name_is_safe_to_store(written, name):
    (file,) = parse(attached(written)).attachments
    assert (file.name, file.content, file.size) == (name, b"abc", 3)


def test_a_named_text_is_an_attachment_and_a_nameless_one_is_text():
    message = parse(attached(b'filename="notes.txt"', b"text/plain"))
    assert (message.text, message.attachments[0].name) == ("hello", "notes.txt")


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"base64", base64.b64encode("grüße".encode())),
        (b"base64", b"Z3L!!\xffDvMOf\r\nZQ"),
        (b"Base64 ;", b"Z3LDvMOfZQ==\r\n-- \r\nfooter of a list"),
        (b"quoted-printable", b"gr=C3=BC=\r\n=C3=9Fe"),
        (b"amazing", "grüße".encode()),
    ],
)
def test_a_transfer_encoding_is_undone_as_far_as_it_can_be(encoding, body):
    raw = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " + encoding
    assert parse(raw + b"\r\n\r\n" + body).text == "grüße"


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        (b"x-unknown-999", "grüße".encode()),
        (b'"utf-8;foo bar"', "grüße".encode()),
        (b'"utf-8', "grüße".encode()),
        (b"utf\x00-8", "grüße".encode()),
        (b"utf-8", "grüße".encode("latin-1")),
        (b"us-ascii", "grüße".encode()),
        (b"base64", "grüße".encode()),
        (b"rot13", "grüße".encode()),
        (b"unicode_escape", "grüße".encode()),
    ],
)
def test_a_wrong_charset_does_not_spoil_the_text(charset, body):
    assert parse(b"Content-Type: text/plain; charset=" + charset + b"\r\n\r\n" + body).text == (
        "grüße"
    )


def storable(value: object) -> bool:
    if isinstance(value, str):
        value.encode()
        return "\0" not in value
    if isinstance(value, dict):
        return all(map(storable, value.values()))
    return all(map(storable, value)) if isinstance(value, list | tuple) else True


def check(raw: bytes) -> None:
    message = parse(raw)
    assert storable(dataclasses.asdict(message))
    people = [message.sender, *message.to, *message.cc, *message.bcc, *message.reply_to]
    lines = [message.subject, message.message_id, message.musubi_message]
    lines += [text for person in people if person for text in (person.name, person.address)]
    lines += [file.name for file in message.attachments]
    lines += [*message.in_reply_to, *message.references]
    assert not [line for line in lines if set(line) & set("\r\n\0")]


FRAGMENTS = st.sampled_from(
    [
        b"Subject: ",
        b"From: ",
        b"To: ",
        b"Content-Type: multipart/mixed; boundary=x",
        b"Content-Type: multipart/report; boundary=x",
        b"Content-Type: message/rfc822",
        b"Content-Type: message/delivery-status",
        b"Content-Type: text/html; charset=iso-2022-jp",
        b"Content-Disposition: attachment; filename=",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: x-uuencode",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Final-Recipient: rfc822; a@b",
        b"Action: failed",
        b"--x",
        b"--x--",
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\0",
        b"\xff\xfe",
        b"\x1b$B",
        b"=?utf-8?b?",
        b"=?utf-7?q?+2AA-?=",
        b"<a@b>",
        b"On 2026-01-01 a wrote:\n> b",
    ]
)


@pytest.mark.rule("M47")
@given(st.one_of(st.binary(), st.lists(FRAGMENTS, max_size=40).map(b"".join)))
def test_nothing_raises_and_all_can_be_stored(raw):
    check(raw)
