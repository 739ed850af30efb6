"""Which servers belong to an address: ten domains, each known in another way (M3)."""

import time
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from inbox.connect import discovery
from inbox.connect.discovery import discover
from tests.servers.names import HERE, Names, naming
from tests.servers.pictures import Pictures, showing
from tests.servers.ports import Authority

pytestmark = [pytest.mark.rule("M3"), pytest.mark.live]
HOSTS = ("autoconfig.own.test", "well.test", "directory.test", "autoconfig.slow.test", "plain.test")
DOCUMENT = b"""<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="x">
<incomingServer type="pop3"><hostname>pop.own.test</hostname><port>995</port>
<socketType>SSL</socketType></incomingServer>
<incomingServer type="imap"><hostname>plain.own.test</hostname><port>143</port>
<socketType>plain</socketType></incomingServer>
<incomingServer type="imap"><hostname>IMAP.%EMAILDOMAIN%</hostname><port>993</port>
<socketType>SSL</socketType><username>%EMAILLOCALPART%</username></incomingServer>
<outgoingServer type="smtp"><hostname>smtp.own.test</hostname><port>587</port>
<socketType>STARTTLS</socketType></outgoingServer>
</emailProvider></clientConfig>"""
NATIVE = "/mail/config-v1.1.xml"
WELL_KNOWN = "/.well-known/autoconfig/mail/config-v1.1.xml"


@pytest.fixture
def names(settings: Settings) -> Iterator[Names]:
    settings.INBOX_DISCOVERY = True
    with naming() as names:
        for host in HOSTS:
            names.records[host, "A"] = [HERE]
        yield names


@pytest.fixture
def web(
    names: Names, authority: Authority, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pictures]:
    """Every web server of the domains, over HTTPS; it answers 404 to what it was not given."""
    settings.INBOX_CA_FILE = str(authority.ca_file)
    with showing(authority.certificate("web", HOSTS)) as server:
        port = server.server.server_port
        for name in ("AUTOCONFIG", "WELL_KNOWN"):
            pattern = getattr(discovery, name).replace("{domain}/", f"{{domain}}:{port}/")
            monkeypatch.setattr(discovery, name, pattern)
        monkeypatch.setattr(discovery, "DIRECTORY", f"https://directory.test:{port}/{{domain}}")
        yield server


@pytest.mark.parametrize(
    ("domain", "source", "imap", "smtp"),
    [
        ("gmail.com", "table", ("imap.gmail.com", 993, "tls"), ("smtp.gmail.com", 465, "tls")),
        (
            "own.test",
            "autoconfig",
            ("imap.own.test", 993, "tls"),
            ("smtp.own.test", 587, "starttls"),
        ),
        (
            "well.test",
            "well_known",
            ("imap.well.test", 993, "tls"),
            ("smtp.own.test", 587, "starttls"),
        ),
        (
            "listed.test",
            "directory",
            ("imap.listed.test", 993, "tls"),
            ("smtp.own.test", 587, "starttls"),
        ),
        ("srv.test", "srv", ("in.srv.test", 993, "tls"), ("out.srv.test", 465, "tls")),
        ("old.test", "srv", ("in.old.test", 143, "starttls"), ("out.old.test", 587, "starttls")),
        ("workspace.test", "mx", ("imap.gmail.com", 993, "tls"), ("smtp.gmail.com", 465, "tls")),
        (
            "office.test",
            "mx",
            ("outlook.office365.com", 993, "tls"),
            ("smtp.office365.com", 587, "starttls"),
        ),
        (
            "unknown.test",
            "guess",
            ("imap.unknown.test", 993, "tls"),
            ("smtp.unknown.test", 465, "tls"),
        ),
        (
            "nowhere.invalid",
            "guess",
            ("imap.nowhere.invalid", 993, "tls"),
            ("smtp.nowhere.invalid", 465, "tls"),
        ),
    ],
)
def test_ten_domains(
    names: Names, web: Pictures, domain: str, source: str, imap: object, smtp: object
) -> None:
    missing = (404, {}, b"")
    web.answers = dict.fromkeys((NATIVE, WELL_KNOWN, f"/{domain}"), missing)
    path = {"autoconfig": NATIVE, "well_known": WELL_KNOWN, "directory": f"/{domain}"}.get(source)
    if path:
        web.answers[path] = (200, {}, DOCUMENT)
    names.records |= {
        ("_imaps._tcp.srv.test", "SRV"): ["20 0 993 b.srv.test.", "10 1 993 in.srv.test."],
        ("_submissions._tcp.srv.test", "SRV"): ["0 1 465 out.srv.test."],
        ("_imaps._tcp.old.test", "SRV"): ["0 0 0 ."],
        ("_imap._tcp.old.test", "SRV"): ["0 1 143 in.old.test."],
        ("_submission._tcp.old.test", "SRV"): ["0 1 587 out.old.test."],
        ("workspace.test", "MX"): ["1 aspmx.l.google.com.", "5 alt1.aspmx.l.google.com."],
        ("office.test", "MX"): ["0 office-test.mail.protection.outlook.com."],
        ("unknown.test", "MX"): ["0 mx.unknown.test."],
    }
    before = time.monotonic()
    found = discover(f"hana@{domain}")
    assert time.monotonic() - before < discovery.PATIENCE + 1
    said = found.settings
    assert (found.source, said.imap_host) == (source, imap[0])  # type: ignore[index]
    assert (said.imap_host, said.imap_port, said.imap_security) == imap
    assert (said.smtp_host, said.smtp_port, said.smtp_security) == smtp
    assert said.username == ("hana" if path else f"hana@{domain}")
    assert not any("hana" in each for each in names.asked + web.asked), "the domain alone"


def test_nobody_is_asked_where_that_is_switched_off(names: Names, settings: Settings) -> None:
    settings.INBOX_DISCOVERY = False
    assert discover("hana@own.test").source == "guess"
    assert names.asked == []


def test_a_private_host_is_not_asked(names: Names, web: Pictures, settings: Settings) -> None:
    settings.INBOX_ALLOW_PRIVATE_HOSTS = False
    web.answers[NATIVE] = (200, {}, DOCUMENT)
    assert discover("hana@own.test").source == "guess"
    assert web.asked == []


@pytest.mark.parametrize(
    "where", ["http://plain.test/x", "file:///etc/passwd", "https://other.test/"]
)
def test_only_https_is_followed(names: Names, web: Pictures, where: str) -> None:
    web.answers[NATIVE] = (302, {"Location": where}, b"")
    web.answers |= dict.fromkeys((WELL_KNOWN, "/own.test"), (404, {}, b""))
    assert discover("hana@own.test").source == "guess"


def test_who_is_slow_is_not_waited_for(
    names: Names, web: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    names.records["slow.test", "MX"] = ["1 aspmx.l.google.com."]
    monkeypatch.setattr(discovery, "PATIENCE", 1.5)
    web.answers[NATIVE] = (302, {"Location": "/drip"}, b"")
    before = time.monotonic()
    assert discover("hana@slow.test").source == "mx"
    assert time.monotonic() - before < 3
