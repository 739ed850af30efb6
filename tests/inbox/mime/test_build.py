"""inbox/mime/build.py: outgoing bytes, read back by our parser and by Python's own. M21, M23."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.mime.build import Draft, build
from inbox.mime.parse import parse
from inbox.mime.types import Address, ParsedAttachment

HANA = Address("青木 花", "hana@aoki.test")
KEN = Address('Ken "K", Jr.', "ken@x.test")
FILE = ParsedAttachment("請求書.pdf", "application/pdf", 5, b"\0\1\r\n\xff")
IMAGE = ParsedAttachment("logo.png", "image/png", 3, b"png", "logo@x", inline=True)
DRAFT = Draft(
    sender=HANA,
    to=(KEN,),
    cc=(Address("", "rin@x.test"),),
    subject="契約書の件 " * 20,
    text="こんにちは\n\nFrom here\n.\n",
    html='<p>こんにちは<img src="cid:logo@x"></p>\n',
    attachments=(FILE, IMAGE),
    message_id="new@aoki.test",
    in_reply_to="theirs@x.test",
    references=("root@x.test", "theirs@x.test"),
    date=datetime(2026, 11, 23, 10, tzinfo=UTC),
    musubi_message="token",
)
HEADERS = {
    "from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references",
    "x-musubi-message", "list-unsubscribe", "list-unsubscribe-post",
    "mime-version", "content-type", "content-transfer-encoding",
}  # fmt: skip


@pytest.mark.rule("M21")
def test_what_is_built_is_what_is_read():
    message = parse(build(DRAFT))
    assert (message.sender, message.to, message.cc) == (HANA, (KEN,), DRAFT.cc)
    assert message.subject == DRAFT.subject.strip()
    assert (message.text, message.html) == (DRAFT.text, DRAFT.html)
    assert message.date == DRAFT.date
    assert (message.message_id, message.musubi_message) == ("new@aoki.test", "token")
    assert (message.in_reply_to, message.references) == (("theirs@x.test",), DRAFT.references)
    assert message.attachments == (IMAGE, FILE)
    assert message.defects == ()


def test_python_reads_the_same_nesting():
    message = email.message_from_bytes(build(DRAFT), policy=email.policy.default)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    assert message["subject"] == DRAFT.subject.strip()
    assert not message.defects


@pytest.mark.parametrize(
    ("change", "types"),
    [
        ({"html": "", "attachments": ()}, ["text/plain"]),
        ({"attachments": ()}, ["multipart/alternative", "text/plain", "text/html"]),
        (
            {"html": "", "attachments": (FILE,)},
            ["multipart/mixed", "text/plain", FILE.content_type],
        ),
    ],
)
def test_a_message_has_only_the_parts_it_needs(change, types):
    message = email.message_from_bytes(build(replace(DRAFT, **change)))
    assert [part.get_content_type() for part in message.walk()] == types


def test_text_is_derived_where_only_html_is_written():
    raw = build(replace(DRAFT, text="", html="<p>Hello</p><p>Bye</p>", attachments=()))
    assert parse(raw).text == "Hello\n\nBye\n"


def test_of_many_references_the_root_and_the_nearest_stay():
    ids = tuple(f"{number}@x.test" for number in range(500))
    found = parse(build(replace(DRAFT, references=ids))).references
    assert found == ids[:20] + ids[-20:]


def test_what_is_no_address_or_no_id_is_left_out():
    draft = replace(
        DRAFT,
        to=(KEN, Address("", "a@b\r\nBcc: evil@x.test"), Address("", "no address")),
        references=("a@x\r\nBcc: evil@x.test", "ok@x.test"),
    )
    raw = build(draft)
    assert b"\nBcc" not in raw
    assert parse(raw).to == (KEN,)


def test_a_subject_that_looks_encoded_stays_as_typed():
    subject = "=?utf-8?q?x?= is no word"
    found = email.message_from_bytes(build(replace(DRAFT, subject=subject)))
    assert str(email.header.make_header(email.header.decode_header(found["subject"]))) == subject


def test_one_press_unsubscribes_where_it_is_safe_to_press():
    """RFC 8058: the POST of a mail client goes over HTTPS alone."""
    url = "https://crm.test/stop/abc?of=1"
    found = email.message_from_bytes(build(replace(DRAFT, unsubscribe_url=url)))
    assert found["List-Unsubscribe"] == f"<{url}>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = email.message_from_bytes(build(replace(DRAFT, unsubscribe_url="http://crm.test/x")))
    assert (found["List-Unsubscribe"], found["List-Unsubscribe-Post"]) == (
        "<http://crm.test/x>",
        None,
    )


@pytest.mark.parametrize("url", ["https://x.test/>\r\nBcc: e@x.test", "javascript:x", "mailto:a@b"])
def test_what_is_no_address_of_a_page_unsubscribes_nobody(url):
    found = email.message_from_bytes(build(replace(DRAFT, unsubscribe_url=url)))
    assert (found["List-Unsubscribe"], found["Bcc"]) == (None, None)


ODD = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from('\r\n\0\t :;,<>@"\\=?契🎉\ud800'))
)


@pytest.mark.rule("M21")
@given(ODD, ODD, ODD, ODD, ODD)
def test_nothing_typed_adds_a_header_or_breaks_a_line(subject, name, text, file, token):
    draft = replace(
        DRAFT,
        subject=subject,
        sender=Address(name, "hana@aoki.test"),
        to=(Address(name, token), KEN),
        text=text,
        html=text,
        message_id=token,
        in_reply_to=name,
        references=(subject, token),
        attachments=(ParsedAttachment(file, name, 1, b"x", token, inline=True), FILE),
        musubi_message=token,
        unsubscribe_url=f"https://{token}",
    )
    raw = build(draft)
    lines = raw.split(b"\r\n")
    assert not [line for line in lines if len(line) > 998 or b"\n" in line or b"\r" in line]
    head = raw.partition(b"\r\n\r\n")[0]
    names = [
        line.split(b":")[0].decode().lower() for line in head.split(b"\r\n") if line[:1] != b" "
    ]
    assert set(names) <= HEADERS
    assert len(names) == len(set(names))
    message = parse(raw)
    assert message.sender is not None
    assert message.sender.address == "hana@aoki.test"
    assert KEN in message.to
