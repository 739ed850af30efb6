"""The step-by-step test of a mailbox's settings, against real servers and ones that misbehave."""

from dataclasses import replace

import pytest

from inbox.connect.probe import NAMES, probe, report
from inbox.wire.account import Settings
from tests.servers.imap_script import ImapScript
from tests.servers.ports import free_ports
from tests.servers.script import Close
from tests.servers.smtp_script import SmtpScript


@pytest.fixture(autouse=True)
def own_authority(settings, dovecot):
    settings.INBOX_ALLOW_PRIVATE_HOSTS = True
    settings.INBOX_CA_FILE = dovecot.ca_file


@pytest.fixture
def good(dovecot, relay, mail_user):
    """Settings that work."""
    user = mail_user()
    return Settings(
        email=user,
        username=user,
        password="secret",
        imap_host="127.0.0.1",
        imap_port=dovecot.imaps,
        imap_security="tls",
        smtp_host="127.0.0.1",
        smtp_port=dovecot.submissions,
        smtp_security="tls",
    )


def failed(settings, **more):
    """The step that failed; those before it went well, those after it were not tried."""
    steps = list(probe(settings, **more))
    assert [step.name for step in steps] == list(NAMES)
    [at] = [number for number, step in enumerate(steps) if step.ok is False]
    assert all(step.ok for step in steps[:at])
    assert all(step.ok is None for step in steps[at + 1 :])
    assert steps[at].advice
    return steps[at]


def plain(good, imap=None, smtp=None, **more):
    """The settings with a scripted server on loopback in place of the real one."""
    if imap:
        good = replace(good, imap_port=imap.port, imap_security="none")
    if smtp:
        good = replace(good, smtp_port=smtp.port, smtp_security="none")
    return replace(good, **more)


# --- it works ---


@pytest.mark.rule("M3")
def test_every_step_in_its_order(good):
    found = report(good)
    assert found.ok
    assert found.failed is None
    assert [step.name for step in found.steps] == [
        *("resolve", "connect", "tls", "login", "folders", "inbox"),
        *("smtp_connect", "smtp_tls", "smtp_login"),
    ]
    assert all(step.ok and not step.advice and step.ms >= 0 for step in found.steps)
    assert {"INBOX", "Sent"} <= {folder.name for folder in found.folders}
    assert found.provider is None


@pytest.mark.parametrize("security", ["starttls", "none"])
def test_the_other_kinds_of_connection(dovecot, good, security):
    settings = replace(
        good,
        imap_port=dovecot.imap,
        imap_security=security,
        smtp_port=dovecot.submission,
        smtp_security=security,
    )
    assert report(settings).ok


@pytest.mark.rule("M8")
def test_a_test_changes_nothing_and_sends_nothing(dovecot, relay, good):
    dovecot.deliver(good.email, b"Subject: there already\r\n\r\nx\r\n")
    flags, counts = dovecot.flags(good.email), dovecot.counts(good.email)
    assert report(good).ok
    assert (dovecot.flags(good.email), dovecot.counts(good.email)) == (flags, counts)
    assert relay.accepted == []


def test_another_login_for_sending(dovecot, good, mail_user):
    sender = mail_user("sender")
    dovecot.set_password(sender, "other")
    assert report(replace(good, smtp_username=sender, smtp_password="other")).ok
    wrong = failed(replace(good, smtp_username=sender, smtp_password="secret"))
    assert wrong.name == "smtp_login"
    assert "Reading works, sending does not" in wrong.advice


# --- it does not: each failure has its step, the server's words and an advice ---


def test_no_such_server(good):
    step = failed(replace(good, imap_host="imap.no-such.invalid"))
    assert step.name == "resolve"
    assert "There is no server called imap.no-such.invalid" in step.advice
    step = failed(replace(good, smtp_host="smtp.no-such.invalid"))
    assert step.name == "resolve"
    assert "smtp.no-such.invalid" in step.advice


@pytest.mark.parametrize("half", ["imap_host", "smtp_host"])
def test_a_private_address(good, settings, half):
    settings.INBOX_ALLOW_PRIVATE_HOSTS = False
    public = replace(good, imap_host="8.8.8.8", smtp_host="8.8.8.8")
    step = failed(replace(public, **{half: "0x7f000001"}))
    assert step.name == "resolve"
    assert "private network" in step.advice
    assert "0x7f000001" in step.advice


def test_an_address_that_nobody_can_allow(good):
    step = failed(replace(good, imap_host="169.254.169.254"))
    assert step.name == "resolve"
    assert "INBOX_ALLOW_PRIVATE_HOSTS" not in step.advice
    assert "169.254.169.254" in step.advice


@pytest.mark.rule("M2")
def test_pop3(good):
    step = failed(replace(good, imap_host="pop.gmail.com", imap_port=995))
    assert step.name == "resolve"
    assert "POP3 takes the mail off the server" in step.advice
    assert "imap.gmail.com" in step.advice


def test_nobody_listens(good):
    [port] = free_ports(1)
    step = failed(replace(good, imap_port=port))
    assert step.name == "connect"
    assert f"does not answer on port {port}" in step.advice
    step = failed(replace(good, smtp_port=port))
    assert step.name == "smtp_connect"


def test_silence(good):
    with ImapScript({"greeting": []}) as imap:
        step = failed(plain(good, imap), timeout=0.2)
    assert step.name == "connect"
    assert "firewall" in step.advice


@pytest.mark.rule("M39")
@pytest.mark.parametrize(
    ("made", "says"),
    [
        ({"self_signed": True}, "signed by itself"),
        ({"days": (-30, -1)}, "expired on"),
        ({"days": (1, 30)}, "not valid before"),
        (
            {"hosts": ("mx.host.test",), "addresses": ()},
            "is for mx.host.test and not for 127.0.0.1",
        ),
    ],
)
def test_a_certificate_that_proves_nothing(good, dovecot, made, says):
    certificate = dovecot.authority.certificate(f"probe-{says[:8].replace(' ', '')}", **made)
    with ImapScript(certificate=certificate, implicit_tls=True) as imap:
        step = failed(replace(good, imap_port=imap.port))
        assert step.name == "tls"
        assert says in step.advice
        assert step.server_said
    with SmtpScript(certificate=certificate, implicit_tls=True) as smtp:
        step = failed(replace(good, smtp_port=smtp.port))
        assert step.name == "smtp_tls"
        assert says in step.advice
    assert not [line for line in imap.transcript + smtp.transcript if b"secret" in line]


def test_an_authority_that_nobody_knows(good, settings):
    settings.INBOX_CA_FILE = ""
    step = failed(good)
    assert step.name == "tls"
    assert "Test authority" in step.advice
    assert "INBOX_CA_FILE" in step.advice


def test_tls_where_there_is_none(good, dovecot):
    step = failed(replace(good, imap_port=dovecot.imap))
    assert step.name == "tls"
    assert "does not speak TLS" in step.advice


@pytest.mark.rule("M39")
def test_a_server_without_starttls(good):
    with ImapScript() as imap:
        step = failed(replace(good, imap_port=imap.port, imap_security="starttls"))
    assert step.name == "tls"
    assert "would not be encrypted" in step.advice
    assert b"secret" not in b"".join(imap.transcript)
    with SmtpScript() as smtp:
        step = failed(replace(good, smtp_port=smtp.port, smtp_security="starttls"))
    assert step.name == "smtp_tls"
    assert not [line for line in smtp.commands() if line.startswith(b"AUTH")]


@pytest.mark.rule("M39")
def test_no_password_in_clear_where_private_hosts_are_not_allowed(good, settings, monkeypatch):
    # the only servers of a test are on loopback: let the guard take it for a public one
    settings.INBOX_ALLOW_PRIVATE_HOSTS = False
    monkeypatch.setattr("inbox.connect.probe.mail_places", lambda host, port, **_: [host])
    with ImapScript() as imap:
        step = failed(plain(good, imap))
    assert step.name == "tls"
    assert b"secret" not in b"".join(imap.transcript)


def test_a_wrong_password(good):
    step = failed(replace(good, password="wrong"))
    assert step.name == "login"
    assert "Authentication failed" in step.server_said
    assert "was not accepted" in step.advice


@pytest.mark.parametrize(
    ("email", "said", "advice"),
    [
        ("a@gmail.com", b"NO [AUTHENTICATIONFAILED] Invalid credentials", "16 letters"),
        ("a@yahoo.com", b"NO [AUTHENTICATIONFAILED] LOGIN Invalid", "app password"),
        ("a@x.test", b"NO [ALERT] Application-specific password required", "app password"),
        ("a@x.test", b"NO IMAP access is disabled for your account", "switched off"),
        ("a@hotmail.com", b"NO LOGIN failed.", "Sign in with Microsoft"),
        ("a@x.test", b"NO [LIMIT] Too many simultaneous connections", "no more connections"),
        ("a@x.test", b"NO [UNAVAILABLE] later", "busy"),
        ("a@x.test", b"NO no", "whole e-mail address"),
    ],
)
def test_the_advice_for_a_refused_login(good, email, said, advice):
    with ImapScript({"LOGIN": [b"%tag " + said + b"\r\n"]}) as imap:
        step = failed(plain(good, imap, email=email))
    assert step.name == "login"
    assert step.server_said == said[3:].decode()
    assert advice in step.advice


def test_folders_and_inbox(good):
    with ImapScript({"LIST": [b"%tag NO [SERVERBUG] broken\r\n"]}) as imap:
        assert failed(plain(good, imap)).name == "folders"
    with ImapScript({"EXAMINE": [b"%tag NO [NONEXISTENT] none\r\n"]}) as imap:
        assert failed(plain(good, imap)).name == "inbox"
    with ImapScript({"EXAMINE": [b"* BYE dying\r\n", Close()]}) as imap:
        assert failed(plain(good, imap)).name == "inbox"


@pytest.mark.parametrize(
    "banner", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 OpenSSH\r\n", b"-ERR OpenSSH\r\n"]
)
def test_something_that_is_no_mail_server_is_not_described(good, banner):
    """Nobody learns from here what runs on a port."""
    with SmtpScript({"greeting": [banner]}) as other:
        step = failed(plain(good, other))
        assert (step.name, "IMAP server" in step.advice) == ("connect", True)
        assert (step.server_said, "OpenSSH" in step.advice) == ("", False)
        step = failed(plain(good, smtp=other))
        assert (step.name, "SMTP server" in step.advice) == ("smtp_connect", True)
        assert (step.server_said, "OpenSSH" in step.advice) == ("", False)


@pytest.mark.parametrize("half", ["imap", "smtp"])
@pytest.mark.parametrize("port", [22, 80, 443, 5432, 6379])
def test_a_port_of_another_service(good, half, port):
    """8.8.8.8 is never asked: the port is refused before."""
    public = replace(good, imap_host="8.8.8.8", smtp_host="8.8.8.8", imap_port=993, smtp_port=465)
    step = failed(replace(public, **{f"{half}_port": port}))
    assert step.name == "resolve"
    assert f"Port {port} is not one of mail servers" in step.advice


@pytest.mark.parametrize(
    ("answers", "name", "advice"),
    [
        ({"AUTH": [b"535 5.7.8 no\r\n"]}, "smtp_login", "Reading works, sending does not"),
        ({"AUTH": [b"454 4.7.0 later\r\n"]}, "smtp_login", "busy"),
        ({"greeting": [b"421 too many connections\r\n"]}, "smtp_connect", "no more connections"),
        ({"EHLO": [b"250 here\r\n"]}, "smtp_login", "no way to sign in"),
    ],
)
def test_sending_fails(good, answers, name, advice):
    with SmtpScript(answers) as smtp:
        step = failed(plain(good, smtp=smtp))
    assert step.name == name
    assert advice in step.advice


def test_no_fault_of_the_server_is_an_exception_of_ours(good):
    """Whatever line it breaks off at, the test ends with a failed step."""
    whole = b"* CAPABILITY IMAP4rev1\r\n"
    for length in range(0, len(whole), 3):
        with ImapScript({"CAPABILITY": [whole[:length], Close()]}) as imap:
            assert failed(plain(good, imap)).name == "connect"
