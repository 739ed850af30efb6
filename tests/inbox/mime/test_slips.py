"""What counts as plain is found in full by `ids_in`, as the careful reading finds it."""

import itertools
import re
import time
from itertools import accumulate, islice
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.mime import slips
from inbox.mime.headers import parse_headers
from inbox.mime.ids import normal
from inbox.mime.slips import REPLIES, REPORTS, Sheet, Slip, ids_in

ANNA = b"From: Anna <anna@x.test>\r\n"
PLAIN = [
    ANNA,
    b"From: =?utf-8?b?44GC?=\r\n <anna@x.test>\r\n",
    b"Message-ID: <a@x.test>\r\n",
    b"Message-Id: <a@x.test>\r\n",
    b"In-Reply-To: <a@x.test>\r\n",
    b"References: <a@x.test> <b@x.test>\r\n\t<c@x.test>\r\n",
    b"references:<a@x.test><b@x.test>\n",
    b"References:\r\n <a@x.test>\r\n",
    b"In-Reply-To:\r\n",
    b'Content-Type: multipart/alternative;\r\n boundary="<b@x.test>"\r\n',
    b"Return-Path: <anna@x.test>\r\n",
]
ODD = [
    b"In-Reply-To: your letter of Monday <a@x.test>\r\n",
    b"References: a@x.test b@x.test\r\n",
    b"References: <a@x.test\r\n",
    b"Message-ID: <a@ x.test>\r\n",
    b"Message-ID: <" + 251 * b"a" + b"@x.test>\r\n",
    b"Message-ID: =?utf-8?q?=3Ca=40x=2Etest=3E?=\r\n",
    b"Message-ID: <=?utf-8?q?a?=@x.test>\r\n",
    b"Message-ID: <\xc3\xa9@x.test>\r\n",
    b"Content-Type: multipart/report; boundary=b\r\n",
    b"Content-Type:\r\n Multipart/Report\r\n",
    b"Return-Path: <>\r\n",
    b"Return-Path: < >\r\n",
    b"Return-Path: <MAILER-DAEMON@x.test>\r\n",
    b"From: Mail\r\n Delivery System <x@x.test>\r\n",
    b"From: <>\r\n",
    b"From:\r\n",
    b"Subject: hello\r\n",
    b"no field\r\n",
]


IDS = re.compile(rb"(?i)(?:message-id|in-reply-to|references):")
SLIPS = pytest.mark.parametrize("slip", [REPLIES, REPORTS], ids=["replies", "reports"])


@pytest.mark.parametrize("one", ODD)
def test_what_is_written_otherwise_is_odd(one: bytes) -> None:
    for slip in (REPLIES, REPORTS) if IDS.match(one) else (REPORTS,):
        assert not slip.is_plain(one + b"\r\n")
        assert not slip.is_plain(ANNA + one + b"\r\n")


@pytest.mark.rule("M7")
@pytest.mark.rule("M20")
@SLIPS
def test_of_a_plain_block_no_id_is_missed_and_no_report(slip: Slip) -> None:
    for fields in itertools.product([*PLAIN, *ODD, b""], repeat=3):
        block = b"".join(fields) + b"\r\n"
        if not slip.is_plain(block):
            continue
        said = parse_headers(block)
        read = {normal(said.message_id), *map(normal, said.in_reply_to + said.references)} - {""}
        assert {value.encode() for value in read} <= set(ids_in(block))
        assert not (said.report and slip is REPORTS)


@pytest.mark.parametrize("one", PLAIN)
def test_what_is_written_as_usual_is_plain(one: bytes) -> None:
    assert REPORTS.is_plain(ANNA + one + b"\r\n")
    assert not REPORTS.is_plain(b"\r\n"), "nobody wrote it"
    assert REPLIES.is_plain(one + b"\r\n") == bool(IDS.match(one)), "it asks for ids alone"
    assert REPLIES.is_plain(b"\r\n"), "it names nothing"


def test_hostile_blocks_cost_little() -> None:
    started = time.perf_counter()
    for bomb in (b" \r\n", b" ", b"<", b"<a>", b"<a> \r\n", b"\r\n a"):
        for field in (b"References:", b"Content-Type:", b"Return-Path:", b"From:"):
            REPORTS.is_plain(field + bomb * 20_000 + b"!")
    assert time.perf_counter() - started < 5


@pytest.mark.rule("M7")
@pytest.mark.rule("M20")
@given(
    st.lists(st.sampled_from([*PLAIN, *ODD, b"From: a < b <anna@x.test>\r\n"]), min_size=1),
    st.lists(st.integers(1, 4), min_size=1),
    st.booleans(),
    st.sampled_from([REPLIES, REPORTS]),
)
def test_a_sheet_says_of_each_block_what_the_block_says(
    fields: list[bytes], sizes: list[int], shaped: bool, slip: Slip
) -> None:
    rows = iter(fields)
    blocks = [b"".join(islice(rows, size)) + b"\r\n" for size in sizes]
    blocks = [b for b in blocks if re.fullmatch(slip.shape, b) or not shaped]
    starts = [0, *accumulate(len(block) + 3 for block in blocks)][: len(blocks)]
    ends = [start + len(block) for start, block in zip(starts, blocks, strict=True)]
    uids = range(7, 7 + len(blocks))
    sheet = Sheet(slip, b")\r\n".join(blocks), uids, starts, ends, shaped=shaped)

    assert list(sheet) == list(enumerate(blocks, 7))
    odd = {place for place, block in enumerate(blocks) if not slip.is_plain(block)}
    assert sheet.odd() == odd
    for wanted in (set(), {b"a@x.test"}, {b"b@x.test", b"c@x.test"}):
        named = {n for n, block in enumerate(blocks) if wanted.intersection(ids_in(block))}
        few = sheet.naming(wanted)
        assert few - odd == named - odd
        with patch.object(slips, "FEW", -1):
            assert sheet.naming(wanted) == few
    names = {n for n, block in enumerate(blocks) if parse_headers(block).in_reply_to}
    names |= {n for n, block in enumerate(blocks) if parse_headers(block).references}
    assert sheet.answers() - odd == names - odd
