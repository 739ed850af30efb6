"""What its owner is told to do about a mailbox that has trouble, by fault and by provider."""

import pytest

from crm.models import User
from inbox.connect.advice import advice_now
from tests.factories import make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M37")]


@pytest.mark.parametrize(
    ("host", "fault", "said", "told"),
    [
        ("imap.gmail.com", "authenticationfailed", "Invalid credentials", "16 letters"),
        ("imap.gmail.com", "webalert", "[WEBALERT https://x] Web login required.", "in a browser"),
        ("outlook.office365.com", "login", "LOGIN failed.", "Sign in with Microsoft"),
        ("imap.mail.me.com", "authenticationfailed", "no", "app-specific password"),
        ("imap.mail.yahoo.com", "authenticationfailed", "no", "Account security"),
        ("imap.fastmail.com", "authenticationfailed", "no", "needs an app password"),
        ("mail.test", "login", "no", "often the whole e-mail address"),
        ("mail.test", "login", "Account locked after too many attempts", "Wait an hour"),
        ("mail.test", "login", "IMAP access is disabled", "Switch it on"),
        ("mail.test", "password_expired", "", "has expired. Set a new one"),
        ("mail.test", "authorizationfailed", "", "may not open the mailbox"),
        ("mail.test", "contactadmin", "", "Ask its support"),
        ("mail.test", "no_credential", "", "Enter it again"),
        ("mail.test", "expired", "", "The certificate of mail.test has expired"),
        ("mail.test", "wrong_name", "", "is not for mail.test"),
        ("mail.test", "unknown_issuer", "", "not known here"),
        ("mail.test", "self_signed", "", "INBOX_CA_FILE"),
        ("mail.test", "privacyrequired", "", "would not be encrypted"),
        ("mail.test", "old_tls", "", "only old versions of TLS"),
        ("mail.test", "resolve", "", "spelled correctly"),
        ("mail.test", "port", "", "Port 993 is not one of mail servers"),
        ("mail.test", "refused", "", "does not answer on port 993"),
        ("mail.test", "timeout", "", "does not answer on port 993"),
        ("mail.test", "bye", "Too many connections", "no more connections"),
        ("mail.test", "throttled", "", "used up"),
        ("mail.test", "inuse", "", "Another program"),
        ("mail.test", "overquota", "", "is full"),
        ("mail.test", "nonexistent", "", "was not found"),
        ("mail.test", "noperm", "", "may not open the folder"),
        ("mail.test", "bad", "", "like an IMAP server"),
        ("mail.test", "internal", "", "Musubi itself"),
        ("mail.test", "", "", ""),
    ],
)
def test_what_can_be_done_about_a_fault(
    hana: User, host: str, fault: str, said: str, told: str
) -> None:
    mailbox = make_mailbox(hana, imap_host=host, fault=fault, state_reason=said)
    assert told in advice_now(mailbox)
    assert bool(told) == bool(advice_now(mailbox))
