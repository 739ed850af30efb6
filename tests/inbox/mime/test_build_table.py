"""What we send, read back by three readers that are not ours: structure, names, texts, bytes equal.

The rows stand in odd_drafts.py. Dovecot keeps them all in one folder, read in one session.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient import IMAPClient

from inbox.mime.build import build
from inbox.mime.parse import parse
from inbox.mime.types import Address, ParsedAttachment
from tests.inbox.mime.odd_drafts import ROWS, Odd
from tests.inbox.mime.second_readers import Leaf, Read, Tree, by_dovecot, by_python, by_rust
from tests.servers.dovecot import Dovecot
from tests.servers.ordinary import PASSWORD

pytestmark = pytest.mark.rule("M21")
KEN = "ken@x.test"
RAW = {name: build(odd.draft) for name, odd in ROWS.items()}


def expected(odd: Odd) -> Read:
    """What stands in the draft, arranged as RFC 2046 and 2387 have it; made without the builder."""
    draft = odd.draft
    to = draft.to if odd.to is None else odd.to
    return Read(
        draft.subject if odd.subject is None else odd.subject,
        _person(draft.sender),
        [_person(each) for each in to],
        [_person(each) for each in draft.cc],
        f"<{draft.message_id}>",
        _tree(odd),
    )


def _person(who: Address) -> tuple[str, str]:
    return who.name, who.address


def _tree(odd: Odd) -> Tree | Leaf:
    draft = odd.draft
    text = draft.text if odd.text is None else odd.text
    whole: Tree | Leaf = _text(text, "plain")
    names = chain(odd.names or (), repeat(None))
    types = chain(odd.types or (), repeat(None))
    files = [
        (each, _file(each, name or each.name, kind or each.content_type))
        for each, name, kind in zip(draft.attachments, names, types, strict=False)
    ]
    within = [leaf for each, leaf in files if each.inline and draft.html]
    if draft.html:
        shown: Tree | Leaf = _text(draft.html, "html")
        if within:
            shown = Tree("multipart/related", (shown, *within))
        whole = Tree("multipart/alternative", (whole, shown))
    beside = [leaf for _each, leaf in files if leaf not in within]
    return Tree("multipart/mixed", (whole, *beside)) if beside else whole


def _text(text: str, kind: str) -> Leaf:
    ends = text.replace("\r\n", "\n").replace("\n", "\r\n")
    return Leaf(f"text/{kind}", "", "", "", ends.encode())


def _file(file: ParsedAttachment, name: str, kind: str) -> Leaf:
    cid = f"<{file.content_id}>" if file.content_id else ""
    return Leaf(kind, name, cid, "inline" if file.inline else "attachment", file.content)


@pytest.fixture(scope="module")
def stored(dovecot: Dovecot) -> Iterator[tuple[IMAPClient, dict[str, int]]]:
    """A session of Dovecot, and under which UID it has each row."""
    with IMAPClient(dovecot.host, dovecot.imap, ssl=False, timeout=30) as imap:
        imap.login("odd-drafts@example.test", PASSWORD)
        for raw in RAW.values():
            imap.append("INBOX", raw)
        imap.select_folder("INBOX", readonly=True)
        yield imap, dict(zip(RAW, imap.search("ALL"), strict=True))


@pytest.mark.parametrize("name", ROWS)
def test_python_reads_what_was_written(name: str) -> None:
    assert by_python(RAW[name]) == expected(ROWS[name])


@pytest.mark.parametrize("name", ROWS)
def test_another_parser_reads_what_was_written(name: str) -> None:
    if name == "a semicolon in a file name":
        pytest.xfail("it ends a quoted string at a semicolon, which RFC 2045 5.1 does not")
    assert by_rust(RAW[name]) == expected(ROWS[name])


@pytest.mark.live
@pytest.mark.parametrize("name", ROWS)
def test_dovecot_reads_what_was_written(name: str, stored: Any) -> None:
    imap, uids = stored
    assert by_dovecot(imap, uids[name]) == expected(ROWS[name])


@pytest.mark.parametrize("name", ROWS)
def test_we_read_what_was_written(name: str) -> None:
    odd, message = ROWS[name], parse(RAW[name])
    assert message.defects == ()
    wanted = expected(odd)
    assert message.sender and _person(message.sender) == wanted.sender
    assert [_person(each) for each in message.to] == wanted.to
    assert message.subject == wanted.subject


@pytest.mark.parametrize("name", ROWS)
def test_the_lines_are_those_of_the_standard(name: str) -> None:
    """RFC 5322, 2.1.1 and 2.3: CRLF alone ends a line, 998 bytes at most. RFC 2045, 2047: only
    ASCII, but for addresses that no other way can carry (RFC 6532); words of 75 characters."""
    raw = RAW[name]
    lines = raw.split(b"\r\n")
    assert not [line for line in lines if len(line) > 998 or b"\n" in line or b"\r" in line]
    head = raw.partition(b"\r\n\r\n")[0]
    assert raw.isascii() or ("local part in another script" in name and head.isascii() is False)
    words = [word for line in head.split(b"\r\n") for word in line.split(b" ") if b"=?" in word]
    assert all(len(word.strip(b",")) <= 75 for word in words if word.startswith(b"=?utf-8?b?"))


PRINTED = st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(' ,;:"\\=?()<>@'))


@given(PRINTED, PRINTED)
def test_whatever_is_printed_in_a_header_is_read_as_it_was_written(subject: str, name: str) -> None:
    """Spaces at the ends apart, which no header keeps."""
    draft = replace(ROWS["as plain as can be"].draft, subject=subject, to=(Address(name, KEN),))
    raw = build(draft)
    for read in (by_python(raw), by_rust(raw)):
        assert read.subject == subject.strip()
        assert read.to == [(name.strip(), KEN)]
