"""inbox/mime/headers.py, words.py, addresses.py and fields.py: what header fields say. M6, M55."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.mime import fields
from inbox.mime.headers import addresses, date, decode, parse_headers
from inbox.mime.types import Address

LINE_BREAKERS = set("\r\n\0\u202e\u2066\u2028\x85")
JIS = base64.b64encode("契約書の件".encode("iso-2022-jp")).decode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("=?utf-8?b?w7w=?=", "ü"),
        ("=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus?= Wien", "Grüße aus Wien"),
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "ü"),
        ("=?utf-8?Q?a?=\r\n =?iso-8859-1?Q?=FC?=", "aü"),
        ("=?iso-8859-1*de?Q?=FC?=", "ü"),
        (f"=?ISO-2022-JP?B?{JIS}?=", "契約書の件"),
        ("契約書".encode("iso-2022-jp"), "契約書"),
        ("ご契約のお知らせ".encode("cp932"), "ご契約のお知らせ"),
        ("ご契約のお知らせ".encode("euc-jp"), "ご契約のお知らせ"),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1"), "Grüße"),
        ("=?x-unknown?Q?gr=FC=DFe?=", "grüße"),
        ("=?utf-8?B?w7w?=", "ü"),
        ("=?utf-8?Q?what??=", "what?"),
        ("folded\r\n\tsubject", "folded subject"),
        ("a\0b\u202ec", "abc"),
    ],
)
def test_a_value_becomes_one_readable_line(value, expected):
    assert decode(value) == expected


def test_circled_digits_of_outlook_survive_in_iso_2022_jp():
    assert decode(b"\x1b$B-!%F%9%H\x1b(B") == "①テスト"


def test_an_encoded_line_break_adds_no_header():
    assert decode("=?utf-8?q?hi=0D=0ABcc:_evil=40x.test?=") == "hi Bcc: evil@x.test"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("hana@aoki.test", [("", "hana@aoki.test")]),
        ("Hana Aoki <hana@aoki.test>", [("Hana Aoki", "hana@aoki.test")]),
        ('"Aoki, Hana" <h@a.test>, k@a.test', [("Aoki, Hana", "h@a.test"), ("", "k@a.test")]),
        ("Aoki, Hana <h@a.test>", [("Aoki, Hana", "h@a.test")]),
        ("h@a.test (Hana (of Aoki))", [("Hana (of Aoki)", "h@a.test")]),
        ("Sales: a@x.test, B <b@x.test>; c@x.test", [("", "a@x.test"), ("B", "b@x.test")]),
        ("undisclosed-recipients:;", []),
        ("<>, @, a@, @b", []),
        ("Hana <hana@aoki.test", [("Hana", "hana@aoki.test")]),
        ('"Hana <hana@aoki.test>', [("Hana", "hana@aoki.test")]),
        ("a@x.test; b@x.test", [("", "a@x.test"), ("", "b@x.test")]),
        ("<@relay.test,@two.test:a@x.test>", [("", "a@x.test")]),
        ('"quoted local"@x.test', [("", '"quoted local"@x.test')]),
        ("=?utf-8?b?6Z2S5pyo?= <h@a.test>", [("青木", "h@a.test")]),
    ],
)
def test_addresses_are_found_however_they_are_written(value, expected):
    found = [(person.name, person.address) for person in addresses([value])]
    assert found[: len(expected)] == expected
    assert len(found) >= len(expected)
    assert expected or not found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("alice@a.test]<bob@b.test>", ["bob@b.test"]),
        ("alice@a.test)bob@b.test", []),
        ('"x"@y@z.test', []),
        (":" * 200, []),
        ("<>", []),
        ('"alice@a.test" <bob@b.test>', ["bob@b.test"]),
        ("alice@a.test <bob@b.test>", ["bob@b.test"]),
        ("=?utf-8?q?evil=40x.test=2C_?= <bob@b.test>", ["bob@b.test"]),
        ("=?utf-8?q?x_<evil@x.test>,?= <bob@b.test>", ["bob@b.test"]),
        ("=?utf-8?q?evil=40x.test=3E?=@b.test", []),
    ],
)
def test_no_name_passes_for_an_address(value, expected):
    assert [person.address for person in addresses([value])] == expected


@pytest.mark.parametrize(
    ("written", "sender"),
    [
        (b"Mail Delivery Subsystem <MAILER-DAEMON>", ("Mail Delivery Subsystem", "MAILER-DAEMON")),
        (b"<mailer-daemon>", ("", "mailer-daemon")),
        (b"MAILER-DAEMON (Mail Delivery System)", ("Mail Delivery System", "MAILER-DAEMON")),
        (b"Whoever", None),
        (b"Hana <not one word>", None),
    ],
)
def test_a_robot_of_the_server_needs_no_domain(written, sender):
    assert parse_headers(b"From: " + written + b"\r\n\r\n").sender == (
        Address(*sender) if sender else None
    )


def test_recipients_are_capped():
    assert len(addresses([", ".join(f"{n}@x.test" for n in range(5_000))])) == 2_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Mon, 23 Nov 2026 10:00:00 +0900", datetime(2026, 11, 23, 1, tzinfo=UTC)),
        ("23 Nov 2026 10:00:00 -0000 (comment)", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("2026-11-23T10:00:00Z", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("tomorrow noonish", None),
        ("Mon, 31 Feb 2026 25:61:00 +0000", None),
        ("Mon, 23 Nov 99999 10:00:00 +0000", None),
        ("0001-01-01T00:00:00+09:00", None),
        ("Mon, 23 Nov 1926 10:00:00 +0000", None),
    ],
)
def test_dates_are_moments_in_utc_or_none(value, expected):
    assert date(value) == expected


@pytest.mark.rule("M6")
def test_what_a_look_needs_is_read_from_the_header_block_alone():
    said = parse_headers(
        b"From: Hana <hana@aoki.test>\r\nTo: ken@x.test\r\nTo: rin@x.test\r\n"
        b"Subject: Re: Order\r\nMessage-ID: <new@aoki.test>\r\nIn-Reply-To: <ours@x.test>\r\n"
        b"References: <root@x.test>\r\n <ours@x.test>\r\nX-Musubi-Message: token\r\n"
        b"X-Microsoft-Original-Message-ID: <first@x.test>\r\n"
        b"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n"
    )
    assert said.sender == Address("Hana", "hana@aoki.test")
    assert [person.address for person in said.to] == ["ken@x.test", "rin@x.test"]
    assert said.message_id == "new@aoki.test"
    assert said.in_reply_to == ("ours@x.test",)
    assert said.references == ("root@x.test", "ours@x.test")
    assert (said.musubi_message, said.original_ids) == ("token", ("first@x.test",))
    assert not (said.auto_submitted or said.list_id or said.report)


@pytest.mark.rule("M55")
@pytest.mark.parametrize(
    ("block", "answer"),
    [
        (b"List-Id: <news.x.test>", "list_id"),
        (b"List-Unsubscribe: <mailto:u@x.test>", "list_id"),
        (b"Auto-Submitted: auto-generated; x=y", "auto_submitted"),
        (b"Return-Path: <>", "report"),
        (b"Content-Type: multipart/report; boundary=x", "report"),
        (b"Precedence: Bulk", "precedence"),
    ],
)
def test_robots_are_known_by_their_headers(block, answer):
    assert getattr(parse_headers(block + b"\r\n\r\n"), answer)
    assert not parse_headers(b"Auto-Submitted: no\r\n\r\n").auto_submitted


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a/b; name=x.pdf", "x.pdf"),
        ('a/b; name="a; b.pdf"', "a; b.pdf"),
        ("a/b; name*=utf-8''gr%C3%BC%C3%9Fe.pdf", "grüße.pdf"),
        ("a/b; name*0*=utf-8''gr%C3%BC; name*1*=%C3%9Fe; name*2=.pdf", "grüße.pdf"),
        ("a/b; name*1=b.pdf; name*0=a-", "a-b.pdf"),
        ('a/b; name="=?utf-8?b?Z3LDvMOfZS5wZGY=?="', "grüße.pdf"),
        ('a/b; name="unclosed.pdf', "unclosed.pdf"),
        ('a/b; name="grüße.pdf"'.encode(), "grüße.pdf"),
    ],
)
def test_parameters_are_read_in_all_their_forms(value, expected):
    assert fields.parameters(value)["name"] == expected


@pytest.mark.parametrize("newline", [b"\r\n", b"\n", b"\r"])
def test_any_line_end_will_do(newline):
    raw = newline.join([b"Subject: a", b" b", b"To: c@x.test", b"", b"Body: no field"])
    said = parse_headers(raw)
    assert (said.subject, said.to) == ("a b", (Address("", "c@x.test"),))


@given(st.one_of(st.text(), st.binary()))
def test_decoding_never_raises_and_never_breaks_a_line(value):
    assert not set(decode(value)) & LINE_BREAKERS
    decode(value).encode()


@given(st.one_of(st.text(), st.text(alphabet='a@b.<>()",;:\\ =?[]'), st.binary()))
def test_an_address_is_an_address_whatever_the_value(value):
    for person in addresses([value]):
        assert not set(person.address + person.name) & LINE_BREAKERS
        local, at, domain = person.address.rpartition("@")
        assert local and at and domain
        assert not set(domain) & set(' <>,;"()')


@given(st.one_of(st.text(), st.binary()))
def test_dates_never_raise(value):
    found = date(value)
    assert found is None or found.tzinfo is UTC


@given(st.binary())
def test_header_blocks_never_raise(raw):
    said = parse_headers(b"From: " + raw)
    assert not set(said.subject + said.message_id + said.precedence) & LINE_BREAKERS


@given(st.text())
def test_parameters_never_raise(value):
    for text in fields.parameters("a/b;" + value).values():
        assert not set(text) & LINE_BREAKERS
