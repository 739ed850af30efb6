"""Connect: a fault at a step, in words that tell a person what to do (M3; ux.md, page 15)."""

import re
from typing import get_args

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from inbox.connect.certificates import Certificate
from inbox.connect.providers import Provider, provider_at, provider_for
from inbox.models import Mailbox
from inbox.wire.account import Account, Security
from inbox.wire.faults import (
    ConnectionLost,
    Fault,
    FolderGone,
    HostRefused,
    LoginRefused,
    OverQuota,
    ServerBusy,
    TlsFault,
    Unreachable,
    remembered,
)

IMPLICIT_TLS_PORTS = {465, 993}
_MANY = re.compile(r"too many|simultaneous|connections", re.IGNORECASE)
_LOCKED = re.compile(r"locked|blocked|suspended|too many .{0,30}(attempts|failures)", re.IGNORECASE)
_SWITCHED_OFF = re.compile(
    r"(imap|smtp|pop).{0,40}(disabled|not enabled|switched off|inactive)|not enabled for imap",
    re.IGNORECASE,
)
_APP_PASSWORD = re.compile(r"app(lication)?[- ]?(specific)?[- ]?password", re.IGNORECASE)
_OAUTH = re.compile(r"basic auth|oauth|xoauth2", re.IGNORECASE)
_WEB_LOGIN = re.compile(r"web ?login|browser", re.IGNORECASE)


def advice_now(mailbox: Mailbox) -> str:
    """What its owner can do about a connected mailbox that has trouble; "" where it has none."""
    if not mailbox.fault:
        return ""
    if mailbox.fault == "internal":
        return _("Something went wrong in Musubi itself. An administrator finds it in the log.")
    return advice_for_fault(mailbox, remembered(mailbox.fault, mailbox.state_reason))


def advice_for_fault(mailbox: Mailbox, fault: Fault) -> str:
    """The same about a fault that has just happened with it."""
    security = next(known for known in get_args(Security) if known == mailbox.imap_security)
    account = Account(mailbox.imap_host, mailbox.imap_port, security, mailbox.username, "")
    provider = provider_at(mailbox.imap_host) or provider_for(mailbox.email)
    return advice_for(fault.step, fault, account, provider)


def advice_for(
    step: str,
    fault: Fault,
    account: Account,
    provider: Provider | None = None,
    certificate: Certificate | None = None,
) -> str:
    """What the user can do about it: one or two sentences."""
    where = {"host": account.host, "port": account.port}
    match fault:
        case HostRefused():
            return _refused_host(fault) % where
        case Unreachable(code="resolve"):
            return _("There is no server called %(host)s. Is the name spelled correctly?") % where
        case LoginRefused():
            return _login(step, fault, provider)
        case TlsFault():
            return _tls(fault, account, certificate)
        case ServerBusy():
            return _busy(fault)
        case Unreachable() | ConnectionLost():
            return _silent(account)
        case OverQuota():
            return _("The mailbox is full. Delete some mail, then test again.")
        case FolderGone(code="noperm"):
            return _("The account may not open the folder. Ask whoever runs the mail server.")
        case FolderGone():
            return _("The folder was not found on the server.")
    return _unclear(step) % where


def _unclear(step: str) -> str:
    if step.startswith("smtp"):
        return _("%(host)s does not answer like an SMTP server. Check host and port.")
    return _("%(host)s does not answer like an IMAP server. Check host and port.")


def _refused_host(fault: HostRefused) -> str:
    if fault.code == "never":
        return _("%(host)s leads to an address that is no mail server's. Is the name right?")
    if fault.code == "port":
        return _(
            "Port %(port)s is not one of mail servers. Usual ones are 993 for reading and 465 or "
            "587 for sending."
        )
    return _(
        "%(host)s is an address in a private network. An administrator can allow such "
        "servers with INBOX_ALLOW_PRIVATE_HOSTS."
    )


def _silent(account: Account) -> str:
    where = {"host": account.host, "port": account.port}
    if account.security != "tls" and account.port in IMPLICIT_TLS_PORTS:
        return _("Port %(port)s of %(host)s expects TLS from the start: choose TLS.") % where
    return (
        _(
            "%(host)s does not answer on port %(port)s. Is the port right? A firewall may be in "
            "the way of this server."
        )
        % where
    )


def _busy(fault: ServerBusy) -> str:
    if _MANY.search(fault.server_said):
        return _(
            "The server allows no more connections at once. Close other mail programs, then test "
            "again."
        )
    if fault.code == "inuse":
        return _("Another program holds the mailbox. Close it, then test again.")
    if fault.code == "throttled":
        return _("The provider’s limit for today is used up. It lets us in again by itself.")
    return _("The server is busy. Try again in a few minutes.")


def _tls(fault: TlsFault, account: Account, certificate: Certificate | None) -> str:
    where = {"host": account.host, "port": account.port}
    if fault.code in {"starttls_missing", "starttls_refused", "plain_refused", "privacyrequired"}:
        return (
            _(
                "This connection to %(host)s would not be encrypted. Passwords are not sent in "
                "clear: choose TLS, or ask the provider for an encrypted port."
            )
            % where
        )
    if fault.code == "no_tls":
        return _("%(host)s does not speak TLS on port %(port)s: try STARTTLS, or another port.") % (
            where
        )
    if fault.code == "old_tls":
        return _("%(host)s speaks only old versions of TLS. Its operator has to update it.") % where
    if certificate is None:
        return _unseen_certificate(fault) % where
    return _certificate(fault, account, certificate)


def _unseen_certificate(fault: TlsFault) -> str:
    """Of a look that failed: what was on the certificate is not kept."""
    sentences = {
        "wrong_name": _("The certificate is not for %(host)s. Is that the server’s right name?"),
        "expired": _("The certificate of %(host)s has expired. Its operator has to renew it."),
        "not_yet_valid": _(
            "The certificate of %(host)s is not valid yet. Is the clock of this server right?"
        ),
        "self_signed": _(
            "The certificate of %(host)s was signed by itself. An administrator can trust it with "
            "INBOX_CA_FILE."
        ),
        "unknown_issuer": _(
            "The certificate of %(host)s comes from an authority that is not known here. An "
            "administrator can trust it with INBOX_CA_FILE."
        ),
    }
    otherwise = _("No secure connection to %(host)s could be made. Check host and port.")
    return sentences.get(fault.code, otherwise)


def _certificate(fault: TlsFault, account: Account, certificate: Certificate) -> str:
    said = {
        "host": account.host,
        "names": ", ".join(certificate.names[:5]),
        "issuer": certificate.issuer,
        "starts": date_format(certificate.starts, "DATE_FORMAT"),
        "ends": date_format(certificate.ends, "DATE_FORMAT"),
    }
    sentences = {
        "wrong_name": _(
            "The certificate is for %(names)s and not for %(host)s. Enter a name that stands on "
            "the certificate."
        ),
        "expired": _(
            "The certificate of %(host)s expired on %(ends)s. Its operator has to renew it."
        ),
        "not_yet_valid": _(
            "The certificate of %(host)s is not valid before %(starts)s. Is the clock of this "
            "server right?"
        ),
        "self_signed": _(
            "The certificate of %(host)s was signed by itself (%(issuer)s), so nobody vouches for "
            "it. An administrator can trust it with INBOX_CA_FILE."
        ),
    }
    unknown = _(
        "The certificate of %(host)s was issued by %(issuer)s, which is not known here. An "
        "administrator can trust it with INBOX_CA_FILE."
    )
    return sentences.get(fault.code, unknown) % said


def _login(step: str, fault: LoginRefused, provider: Provider | None) -> str:
    said = fault.server_said
    if provider and provider.auth == "oauth" or _OAUTH.search(said):
        return _(
            "This server needs “Sign in with Microsoft” or another sign-in without a password, "
            "which is not available yet. Passwords no longer work there."
        )
    if fault.code == "webalert" or _WEB_LOGIN.search(said):
        return _("The provider wants to see you: sign in once in a browser, then test again.")
    if _LOCKED.search(said):
        return _(
            "The account is locked for now. Wait an hour before you enter the password: each "
            "attempt would prolong it."
        )
    if _SWITCHED_OFF.search(said):
        return _("Access is switched off in this account. Switch it on in its mail settings.")
    return _by_code(fault) or _by_provider(fault, provider) or _in_general(step)


def _by_code(fault: LoginRefused) -> str:
    sentences = {
        "no_mechanism": _("The server offers no way to sign in with a password on this port."),
        "no_credential": _("No password is stored here any more. Enter it again."),
        "password_expired": _("The password has expired. Set a new one there, then enter it here."),
        "authorizationfailed": _(
            "The password is right, but this user may not open the mailbox. Ask whoever runs the "
            "mail server."
        ),
        "contactadmin": _("The provider has stopped access to this account. Ask its support."),
    }
    return sentences.get(fault.code, "")


def _by_provider(fault: LoginRefused, provider: Provider | None) -> str:
    sentences = {
        "Gmail": _(
            "Google did not accept this password. It needs an app password, which has 16 letters, "
            "not your Google password. A changed Google password ends the old app passwords."
        ),
        "iCloud Mail": _(
            "Apple did not accept this password. It needs an app-specific password from your Apple "
            "account. A changed Apple password ends the old ones."
        ),
        "Yahoo Mail": _(
            "Yahoo did not accept this password. It needs an app password, made under Account "
            "security. A changed Yahoo password ends the old ones."
        ),
    }
    if provider and provider.name in sentences:
        return sentences[provider.name]
    if provider and provider.auth == "app password" or _APP_PASSWORD.search(fault.server_said):
        return _("The password was not accepted. This provider needs an app password.")
    return ""


def _in_general(step: str) -> str:
    if step == "smtp_login":
        return _(
            "Reading works, sending does not: the user name or password for sending differs. Enter "
            "them separately."
        )
    return _(
        "The user name or password was not accepted. The user name is often the whole e-mail "
        "address."
    )
