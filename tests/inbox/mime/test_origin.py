"""What servers wrote above a message: whose word counts, and for which domain (RFC 8601)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.mime.origin import origin

pytestmark = pytest.mark.rule("M16")
HANA = "hana@musubi.example"


def block(*results: str) -> bytes:
    return b"".join(f"Authentication-Results: {each}\r\n".encode() for each in results)


@pytest.mark.parametrize(
    ("results", "proven"),
    [
        ("mx.test; dkim=pass header.d=musubi.example", True),
        ("mx.test; dkim=pass (2048-bit key) header.i=@musubi.example header.s=s1", True),
        ("mx.test 1; spf=pass smtp.mailfrom=hana@musubi.example; dkim=none", True),
        ("MX.test; dmarc=pass (p=REJECT sp=REJECT) header.from=musubi.example", True),
        ("mx.test; auth=pass smtp.auth=hana@musubi.example", True),
        (
            "mx.test;\r\n\tdkim=fail header.d=x.test;\r\n\tspf=pass smtp.mailfrom=musubi.example",
            True,
        ),
        ("mx.test; dkim=pass header.d=mail.musubi.example", True),
        ("mx.test; dkim=pass header.d=evil.test", False),
        ("mx.test; dkim=pass header.d=notmusubi.example", False),
        ("mx.test; dkim=pass header.d=example", False),
        (
            "mx.test; dkim=pass header.d=musubi.example; dmarc=fail header.from=musubi.example",
            False,
        ),
        ("mx.test; dkim=fail header.d=musubi.example", False),
        ("mx.test; spf=softfail smtp.mailfrom=musubi.example", False),
        ("mx.test; iprev=pass policy.iprev=musubi.example", False),
        ("mx.test; none", False),
        ("other.test; dkim=pass header.d=musubi.example", False),
        ("mx.test.evil.test; dkim=pass header.d=musubi.example", False),
        ("dkim=pass header.d=musubi.example", False),  # nobody's word
        ("mx.test; x=y (dkim=pass header.d=musubi.example)", False),
        ("", False),
    ],
)
def test_what_proves_a_sender(results: str, proven: bool) -> None:
    assert origin(block(results)).proves(HANA, "mx.test") is proven


def test_only_the_topmost_counts() -> None:
    """What the sender wrote lies below what our own server put on top."""
    forged = "mx.test; dkim=pass header.d=musubi.example"
    assert not origin(block("mx.test; dkim=none", forged)).proves(HANA, "mx.test")
    assert not origin(block("relay.test; dkim=none", forged)).proves(HANA, "mx.test")


def test_nobody_is_trusted_unless_named() -> None:
    assert not origin(block("mx.test; dkim=pass header.d=musubi.example")).proves(HANA, "")


def test_where_it_was_delivered() -> None:
    raw = (
        b"Received: from a by mx.test with LMTP\r\n\tfor <Log+K3F9@musubi.example>; Mon, 1 Jan\r\n"
        b"Delivered-To: log@musubi.example\r\nX-Original-To: <log+two@musubi.example>\r\n"
        b"Subject: x\r\n\r\nReceived: not a field"
    )
    found = origin(raw)
    assert found.travelled
    assert set(found.reached) == {
        *("log+k3f9@musubi.example", "log@musubi.example", "log+two@musubi.example")
    }
    assert not origin(b"From: hana@musubi.example\r\n\r\n").travelled


@given(st.binary(max_size=300), st.text(max_size=200))
def test_it_never_raises(raw: bytes, results: str) -> None:
    found = origin(b"Authentication-Results: " + results.encode("utf-8", "replace") + b"\r\n" + raw)
    assert found.proves(HANA, "mx.test") in (True, False)
