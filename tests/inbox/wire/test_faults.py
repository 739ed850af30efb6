"""What a server's refusal means, and what people may see of its words."""

import pytest

from inbox.wire.faults import (
    ConnectionLost,
    FolderGone,
    HostRefused,
    LoginRefused,
    OutcomeUnknown,
    OverQuota,
    ProtocolFault,
    ServerBusy,
    SmtpRefused,
    TlsFault,
    Unreachable,
    imap_refusal,
    remembered,
    words,
)


@pytest.mark.rule("M37")
@pytest.mark.parametrize(
    ("said", "fault", "code", "transient"),
    [
        (b"[UNAVAILABLE] backend down", ServerBusy, "unavailable", True),
        (b"[INUSE] locked", ServerBusy, "inuse", True),
        (b"[LIMIT] connections", ServerBusy, "limit", True),
        (b"[SERVERBUG] internal error", ServerBusy, "serverbug", True),
        (b"Too many open connections", ServerBusy, "unavailable", True),
        (b"[OVERQUOTA] full", OverQuota, "overquota", False),
        (b"[NONEXISTENT] no such mailbox", FolderGone, "nonexistent", False),
        (b"[TRYCREATE] no such mailbox", FolderGone, "trycreate", False),
        (b"[NOPERM] not yours", FolderGone, "noperm", False),
        (b"[AUTHENTICATIONFAILED] no", LoginRefused, "authenticationfailed", False),
        (b"[AUTHORIZATIONFAILED] no", LoginRefused, "authorizationfailed", False),
        (b"[EXPIRED] password", LoginRefused, "password_expired", False),
        (b"[CONTACTADMIN] ask us", LoginRefused, "contactadmin", False),
        (b"[PRIVACYREQUIRED] TLS first", TlsFault, "privacyrequired", False),
        (b"[CORRUPTION] index broken", ServerBusy, "corruption", True),
        (b"[CLIENTBUG] what?", ProtocolFault, "clientbug", False),
        (b"[THROTTLED] slow down", ServerBusy, "throttled", True),
        (b"[CANNOT] illegal name", ProtocolFault, "cannot", False),
        (b"no", ProtocolFault, "no", False),
    ],
)
def test_a_refusal_by_its_response_code(said, fault, code, transient):
    refused = imap_refusal(said)
    assert type(refused) is fault
    assert (refused.code, refused.transient) == (code, transient)


@pytest.mark.rule("M37")
@pytest.mark.parametrize(
    ("said", "fault"),
    [
        # what large providers say
        (b"[AUTHENTICATIONFAILED] Invalid credentials (Failure)", LoginRefused),
        (b"[ALERT] Application-specific password required: https://x (Failure)", LoginRefused),
        (b"[WEBALERT https://x] Web login required.", LoginRefused),
        (b"[ALERT] Too many simultaneous connections. (Failure)", ServerBusy),
        (b"[AUTHENTICATIONFAILED] LOGIN Rate limit hit", ServerBusy),
        (b"User is authenticated but not connected.", ServerBusy),
        (b"LOGIN failed.", LoginRefused),
        (b"AUTHENTICATE failed.", LoginRefused),
        (b"[UNAVAILABLE] Temporary authentication failure.", ServerBusy),
        (b"Temporary authentication failure.", ServerBusy),
        (b"[OVERQUOTA] Account exceeded command or bandwidth limits", ServerBusy),
        # it says "try again", and means another password
        (b"[AUTHENTICATIONFAILED] Please try again", LoginRefused),
        (b"Invalid password, try again", LoginRefused),
        (b"Account is temporarily locked after too many login attempts", LoginRefused),
        (b"", LoginRefused),
    ],
)
def test_a_refused_login_is_told_from_a_server_without_room(said, fault):
    """What is taken for a full server is tried again, and that would lock the account."""
    assert type(imap_refusal(said, login=True)) is fault


@pytest.mark.parametrize(
    "fault",
    [
        LoginRefused(),
        LoginRefused("authenticationfailed", "no"),
        imap_refusal("[EXPIRED] since Monday", login=True),
        ServerBusy("bye", "gone"),
        ServerBusy("limit"),
        Unreachable("timeout"),
        Unreachable("refused"),
        TlsFault("expired"),
        TlsFault("privacyrequired"),
        TlsFault("old_tls"),
        OverQuota(),
        FolderGone(),
        HostRefused(),
        HostRefused("port"),
        ConnectionLost(),
        ProtocolFault("bad", "what?"),
    ],
)
def test_a_fault_is_remembered_by_its_code(fault):
    again = remembered(fault.code, fault.server_said)
    assert (type(again), again.code, again.server_said) == (
        type(fault),
        fault.code,
        fault.server_said,
    )


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        (Unreachable("resolve"), "resolve"),
        (Unreachable("timeout"), "connect"),
        (HostRefused(), "resolve"),
        (TlsFault("expired"), "tls"),
        (LoginRefused(), "login"),
        (ConnectionLost(), "connect"),
    ],
)
def test_the_step_at_which_it_happened(fault, step):
    assert fault.step == step


def test_a_refused_message_is_permanent_or_not():
    assert SmtpRefused(550).permanent
    assert not SmtpRefused(550).transient
    assert SmtpRefused(451).transient
    assert SmtpRefused(451).code == "451"
    assert not OutcomeUnknown().transient, "nothing repeats it by itself"


def test_words_are_fit_to_be_shown():
    assert words(b"a\r\n\x1b[31mred\x00 \xff") == "a [31mred �"
    assert words("\u202eevil\u2066") == "evil"
    assert len(words("x" * 10_000)) == 500
    assert words("your password is hunter2!", "hunter2") == "your password is …!"
    assert "hunter" not in words("x" * 495 + "hunter2", "hunter2")


def test_an_exception_in_a_log_holds_no_words_of_the_server():
    assert str(LoginRefused("expired", "anna@example.test is locked")) == "expired"


@pytest.mark.rule("M58")
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Request is throttled. Suggested Backoff Time: 299961 milliseconds", 299.961),
        ("4.7.1 Greylisted, try again in 5 minutes", 300),
        ("4.7.1 <a@b.test>: Recipient address rejected: retry after 90 seconds", 90),
        ("4.2.0 Please wait 2 hours", 7200),
        ("[UNAVAILABLE] Retry-After: 30", 30),
        ("Suggested Backoff Time: 999999999 seconds", 86_400),  # not until next year
        ("Too many simultaneous connections", 0),
        ("4.7.1 try again later", 0),
        ("waits 5 lines, retries in7 s", 0),
    ],
)
def test_how_long_a_server_asks_to_be_left_alone(said, seconds):
    assert ServerBusy("throttled", said).wait.total_seconds() == seconds
