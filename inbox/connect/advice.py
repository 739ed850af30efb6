"""Connect: a fault at a step, in words that tell a person what to do (M3; ux.md, page 15)."""

import re

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from inbox.connect.certificates import Certificate
from inbox.connect.providers import Provider
from inbox.wire.account import Account
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
)

IMPLICIT_TLS_PORTS = {465, 993}
_MANY = re.compile(r"too many|simultaneous|connections|limit", re.IGNORECASE)
_SWITCHED_OFF = re.compile(
    r"(imap|smtp|pop).{0,40}(disabled|not enabled|switched off|inactive)|not enabled for imap",
    re.IGNORECASE,
)
_APP_PASSWORD = re.compile(r"app(lication)?[- ]?(specific)?[- ]?password", re.IGNORECASE)
_OAUTH = re.compile(r"basic auth|oauth|web login required|xoauth2", re.IGNORECASE)


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
        case FolderGone():
            return _("The folder was not found on the server.")
    if step.startswith("smtp"):
        return _("%(host)s does not answer like an SMTP server. Check host and port.") % where
    return _("%(host)s does not answer like an IMAP server. Check host and port.") % where


def _refused_host(fault: HostRefused) -> str:
    if fault.code == "never":
        return _("%(host)s leads to an address that is no mail server's. Is the name right?")
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
    return _("The server is busy. Try again in a few minutes.")


def _tls(fault: TlsFault, account: Account, certificate: Certificate | None) -> str:
    where = {"host": account.host, "port": account.port}
    if fault.code in {"starttls_missing", "starttls_refused", "plain_refused"}:
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
    if certificate is None:
        return _("No secure connection to %(host)s could be made. Check host and port.") % where
    return _certificate(fault, account, certificate)


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
    if _SWITCHED_OFF.search(said):
        return _("Access is switched off in this account. Switch it on in its mail settings.")
    if fault.code == "no_mechanism":
        return _("The server offers no way to sign in with a password on this port.")
    if provider and provider.name == "Gmail":
        return _(
            "Google did not accept this password. It needs an app password, which has 16 letters, "
            "not your Google password."
        )
    if provider and provider.auth == "app password" or _APP_PASSWORD.search(said):
        return _("The password was not accepted. This provider needs an app password.")
    if step == "smtp_login":
        return _(
            "Reading works, sending does not: the user name or password for sending differs. Enter "
            "them separately."
        )
    return _(
        "The user name or password was not accepted. The user name is often the whole e-mail "
        "address."
    )
