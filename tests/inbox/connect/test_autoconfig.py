"""What providers publish as XML, and what is no such document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.connect.autoconfig import is_host, read
from tests.inbox.connect.test_discovery import DOCUMENT

EMAIL = "hana@own.test"


def test_the_first_encrypted_servers_are_taken() -> None:
    found = read(DOCUMENT, EMAIL)
    assert found is not None
    assert (found.imap_host, found.imap_port, found.imap_security) == ("imap.own.test", 993, "tls")
    assert (found.smtp_host, found.smtp_security) == ("smtp.own.test", "starttls")
    assert (found.username, found.password) == ("hana", "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"SSL", b"plain"),
        (b"<port>993</port>", b"<port>0</port>"),
        (b"<port>993</port>", b"<port>many</port>"),
        (b"IMAP.%EMAILDOMAIN%", b"127.0.0.1/x"),
        (b"IMAP.%EMAILDOMAIN%", b"localhost"),
        (b"smtp.own.test", b""),
        (b"</clientConfig>", b""),
        (b"<clientConfig", b'<!DOCTYPE a [<!ENTITY e "e">]><clientConfig'),
    ],
)
def test_what_is_wrong_or_dangerous_is_none(old: bytes, new: bytes) -> None:
    assert old in DOCUMENT
    assert read(DOCUMENT.replace(old, new), EMAIL) is None


@given(st.binary(max_size=300))
def test_anything_is_read_or_is_none(content: bytes) -> None:
    assert read(content, EMAIL) is None


@pytest.mark.parametrize("name", ["", "host", "a..b", "-a.test", "a b.test", "a.test\n", "x" * 300])
def test_what_is_no_host(name: str) -> None:
    assert not is_host(name)
