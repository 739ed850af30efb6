"""No password leaves before the server has proven who it is, to IMAP and to SMTP alike (M39).

What each server heard decides: it keeps a transcript of every line, and no line of it may hold
the login.
"""

import base64
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from inbox.wire.account import Account
from inbox.wire.faults import Fault, ProtocolFault, TlsFault
from inbox.wire.imap import open_reading
from inbox.wire.smtp import open_posting
from inbox.wire.tls import context
from tests.servers.imap_script import CAPABILITIES, ImapScript
from tests.servers.ports import Authority, Certificate
from tests.servers.script import Answers, Close, Pause, ScriptedServer, StartTls
from tests.servers.smtp_script import SmtpScript

pytestmark = pytest.mark.rule("M39")
NAME, PASSWORD = "hana@example.test", "kanariya-secret"
SECRETS = [
    PASSWORD.encode(),
    *(base64.b64encode(said.encode()) for said in (PASSWORD, f"\0{NAME}\0{PASSWORD}")),
]
Open = Callable[..., AbstractContextManager[Any]]
OPEN: dict[type[ScriptedServer], Open] = {ImapScript: open_reading, SmtpScript: open_posting}
BOTH = pytest.mark.parametrize("kind", [ImapScript, SmtpScript])
WAYS = pytest.mark.parametrize("security", ["tls", "starttls"])

# What a server that offers STARTTLS says, and how it goes over to TLS.
OFFERS: dict[type[ScriptedServer], Answers] = {
    ImapScript: {
        "CAPABILITY": [
            [b"* CAPABILITY IMAP4rev1 STARTTLS\r\n%tag OK\r\n"],
            [CAPABILITIES, b"%tag OK\r\n"],
        ],
        "STARTTLS": [b"%tag OK go\r\n", StartTls()],
    },
    SmtpScript: {
        "EHLO": [[b"250-a\r\n250 STARTTLS\r\n"], [b"250-a\r\n250 AUTH PLAIN\r\n"]],
        "STARTTLS": [b"220 go\r\n", StartTls()],
    },
}
IMAP, SMTP = OFFERS[ImapScript], OFFERS[SmtpScript]
OFFERED = b"* CAPABILITY IMAP4rev1 STARTTLS\r\n%tag OK\r\n"


def opened(server: ScriptedServer, ca_file: Path | str, security: str) -> None:
    """Signs in, and out again."""
    account = Account("localhost", server.port, security, NAME, PASSWORD, "127.0.0.1", timeout=3)  # type: ignore[arg-type]
    with OPEN[type(server)](account, context(str(ca_file))):
        pass


def heard_the_login(server: ScriptedServer) -> bool:
    said = b"".join(server.transcript)
    return any(secret in said for secret in SECRETS)


def serving(
    kind: type[ScriptedServer], security: str, certificate: Certificate, **more: Any
) -> ScriptedServer:
    implicit = security == "tls"
    answers = {} if implicit else OFFERS[kind]
    return kind(answers, certificate=certificate, implicit_tls=implicit, **more)


@pytest.fixture(scope="module")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    yield Authority(tmp_path_factory.mktemp("other"))


@BOTH
@WAYS
def test_who_proves_it_hears_the_login(
    authority: Authority, kind: type[ScriptedServer], security: str
) -> None:
    """Without this the others could not fail."""
    with serving(kind, security, authority.certificate("good")) as server:
        opened(server, authority.ca_file, security)
    assert heard_the_login(server)


# --- class 26: certificates and versions ---


@BOTH
@WAYS
@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"self_signed": True}, "self_signed"),
        ({"days": (-30, -1)}, "expired"),
        ({"days": (1, 30)}, "not_yet_valid"),
        ({"hosts": ("mail.elsewhere.test",), "addresses": ()}, "wrong_name"),
        ({"hosts": ("*.localhost",), "addresses": ()}, "wrong_name"),
        ({"hosts": ("localhost.evil.test",)}, "wrong_name"),  # that it is for 127.0.0.1 is no help
    ],
)
def test_a_certificate_that_proves_nothing_is_refused(
    authority: Authority, kind: type[ScriptedServer], security: str, made: Any, code: str
) -> None:
    certificate = authority.certificate(code, **made)
    with serving(kind, security, certificate) as server, pytest.raises(TlsFault) as refused:
        opened(server, authority.ca_file, security)
    assert (refused.value.step, refused.value.code) == ("tls", code)
    assert not refused.value.transient
    assert not heard_the_login(server)


@BOTH
@WAYS
def test_an_authority_that_nobody_named_is_refused(
    authority: Authority, other_authority: Authority, kind: type[ScriptedServer], security: str
) -> None:
    theirs = other_authority.certificate("theirs")
    for ca_file in ("", authority.ca_file):
        with serving(kind, security, theirs) as server, pytest.raises(TlsFault) as refused:
            opened(server, ca_file, security)
        # "certificate": it is called like ours, and has signed with another key
        assert refused.value.code in {"unknown_issuer", "certificate"}
        assert not heard_the_login(server)


@BOTH
def test_one_certificate_can_be_trusted_and_no_other(
    authority: Authority, kind: type[ScriptedServer]
) -> None:
    """INBOX_CA_FILE may name a certificate that has signed itself: the only exception there is."""
    names = (f"{kind.__name__}-{name}" for name in ("ours", "others"))
    ours, others = (authority.certificate(name, self_signed=True) for name in names)
    with serving(kind, "tls", ours) as server:
        opened(server, ours.cert, "tls")
    assert heard_the_login(server)
    with serving(kind, "tls", others) as server, pytest.raises(TlsFault):
        opened(server, ours.cert, "tls")
    assert not heard_the_login(server)


@BOTH
@WAYS
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_tls_is_not_spoken(
    authority: Authority, kind: type[ScriptedServer], security: str, newest: ssl.TLSVersion
) -> None:
    old = serving(kind, security, authority.certificate("old"), newest_tls=newest)
    with old as server, pytest.raises(TlsFault) as refused:
        opened(server, authority.ca_file, security)
    assert (refused.value.code, refused.value.transient) == ("old_tls", False)
    assert not heard_the_login(server)


# --- class 24: STARTTLS taken away ---


@pytest.mark.parametrize(
    ("capability", "answer", "code"),
    [
        (b"IMAP4rev1", b"", "starttls_missing"),
        (b"IMAP4rev1 STARTTLS", b"%tag NO not today\r\n", "starttls_refused"),
        (b"IMAP4rev1 STARTTLS", b"%tag BAD what?\r\n", "starttls_refused"),
        (b"IMAP4rev1 STARTTLS", b"%tag OK go\r\n%tag OK no handshake\r\n", "handshake"),
        (b"IMAP4rev1 STARTTLS", b"OTHER1 OK go\r\n", "starttls_refused"),
    ],
)
def test_imap_without_starttls_ends_before_the_login(
    capability: bytes, answer: bytes, code: str
) -> None:
    answers: Answers = {
        "CAPABILITY": [b"* CAPABILITY " + capability + b"\r\n%tag OK\r\n"],
        "STARTTLS": [answer, Close()],
    }
    with ImapScript(answers) as server, pytest.raises(Fault) as refused:
        opened(server, "", "starttls")
    assert refused.value.code == code or (code, refused.value.code) == ("handshake", "no_tls")
    assert not heard_the_login(server)


@pytest.mark.parametrize(
    ("features", "answer", "code"),
    [
        (b"250-a\r\n250 AUTH PLAIN\r\n", b"", "starttls_missing"),
        (b"250-a\r\n250 STARTTLS\r\n", b"454 4.7.0 not now\r\n", "starttls_refused"),
        (b"250-a\r\n250 STARTTLS\r\n", b"502 what\r\n", "starttls_refused"),
        (b"250-a\r\n250 STARTTLS\r\n", b"250 fine\r\n", "starttls_refused"),
        (b"250-a\r\n250 STARTTLS\r\n", b"220 go\r\n220 plain\r\n", "handshake"),
    ],
)
def test_smtp_without_starttls_ends_before_the_login(
    features: bytes, answer: bytes, code: str
) -> None:
    answers: Answers = {"EHLO": [features], "STARTTLS": [answer, Close()]}
    with SmtpScript(answers) as server, pytest.raises(TlsFault) as refused:
        opened(server, "", "starttls")
    assert refused.value.code == code or (code, refused.value.code) == ("handshake", "no_tls")
    assert not heard_the_login(server)


@BOTH
def test_ok_that_is_said_before_it_was_asked_opens_nothing(
    authority: Authority, kind: type[ScriptedServer]
) -> None:
    """Somebody on the way says it, in the same segment, and lets STARTTLS itself not through."""
    early: dict[type[ScriptedServer], Answers] = {
        ImapScript: {"CAPABILITY": [OFFERED + b"%next OK go\r\n"], "STARTTLS": [b""]},
        SmtpScript: {"EHLO": [b"250-a\r\n250 STARTTLS\r\n220 go\r\n"], "STARTTLS": [b""]},
    }
    plain = {"LOGIN": [b"%tag OK in\r\n"], "AUTH": [b"235 in\r\n"]}
    with kind(early[kind] | plain) as server, pytest.raises(Fault):
        opened(server, authority.ca_file, "starttls")
    assert not heard_the_login(server)


# --- class 25: plaintext put in before the handshake ---


def test_what_imap_said_in_clear_counts_for_nothing(authority: Authority) -> None:
    inserted = b"* CAPABILITY IMAP4rev1 EVIL\r\n* BYE evil\r\n"
    answers = IMAP | {"STARTTLS": [b"%tag OK go\r\n" + inserted, StartTls()]}
    with ImapScript(answers, certificate=authority.certificate("in")) as server:
        account = Account("localhost", server.port, "starttls", NAME, PASSWORD, "127.0.0.1")
        with open_reading(account, context(str(authority.ca_file))) as session:
            assert session.capabilities == {"IMAP4REV1", "IDLE", "AUTH=PLAIN"}


def test_what_smtp_said_in_clear_counts_for_nothing(authority: Authority) -> None:
    answers = {
        "EHLO": [[b"250-a\r\n250 STARTTLS\r\n"], [b"250-a\r\n250-AUTH PLAIN\r\n250 SIZE 2\r\n"]],
        "STARTTLS": [b"220 go\r\n250-a\r\n250 SIZE 3\r\n", StartTls()],
    }
    with SmtpScript(answers, certificate=authority.certificate("in")) as server:
        account = Account("localhost", server.port, "starttls", NAME, PASSWORD, "127.0.0.1")
        with open_posting(account, context(str(authority.ca_file))) as session:
            assert session.max_size == 2


@BOTH
def test_what_comes_in_clear_in_the_next_segment_ends_it(
    authority: Authority, kind: type[ScriptedServer]
) -> None:
    inserted: dict[type[ScriptedServer], list[Any]] = {
        ImapScript: [b"%tag OK go\r\n", Pause(0.1), b"* CAPABILITY IMAP4rev1 EVIL\r\n", StartTls()],
        SmtpScript: [b"220 go\r\n", Pause(0.1), b"250 SIZE 3\r\n", StartTls()],
    }
    answers = OFFERS[kind] | {"STARTTLS": inserted[kind]}
    server = kind(answers, certificate=authority.certificate("in"))
    with server, pytest.raises((TlsFault, ProtocolFault)):
        opened(server, authority.ca_file, "starttls")
    assert not heard_the_login(server)
