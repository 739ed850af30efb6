"""The only openers of connections to mail servers: reading, appending, posting (M39).

Each resolves the host anew, refuses private addresses unless the operator allows them, refuses to
go without TLS to any other, and connects to the very addresses that were checked, so that a name
that changes its answer between the check and the connection (DNS rebinding) gains nothing.
"""

from typing import get_args

from django.conf import settings

from inbox.connect import hosts
from inbox.connect.certificates import Certificate, shown_by
from inbox.models import Credential, Mailbox
from inbox.wire.account import Account, Security, Settings
from inbox.wire.appending import AppendingSession, open_appending
from inbox.wire.client import Client
from inbox.wire.faults import LoginRefused
from inbox.wire.imap import ReadingSession, open_reading
from inbox.wire.smtp import PostingSession, open_posting
from inbox.wire.tls import context

SLACK = 1024 * 1024  # servers round RFC822.SIZE; a literal above this is a fault


def reading(mailbox: Mailbox) -> ReadingSession:
    """A session that cannot write (M8). Raises a Fault."""
    largest = settings.INBOX_MAX_MESSAGE_BYTES + SLACK
    return open_reading(_imap(mailbox), context(settings.INBOX_CA_FILE), largest=largest)


def trying(wanted: Settings, patience: float) -> ReadingSession:
    """A session that cannot write, for a mailbox that is not connected yet. Raises a Fault."""
    addresses = _pinned(wanted.imap_host, wanted.imap_port)
    account = _safe(wanted.reading(addresses, patience))
    return open_reading(account, context(settings.INBOX_CA_FILE))


def appending(mailbox: Mailbox) -> AppendingSession:
    """A session for the copy in the Sent folder (M22). Raises a Fault."""
    return open_appending(_imap(mailbox), context(settings.INBOX_CA_FILE))


def posting(mailbox: Mailbox) -> PostingSession:
    """A session that sends (M21). Raises a Fault."""
    return open_posting(_smtp(mailbox), context(settings.INBOX_CA_FILE))


def certificate(mailbox: Mailbox) -> Certificate | None:
    """What its IMAP server shows, verified; None over a connection without TLS. Raises a Fault."""
    client = Client(_imap(mailbox))
    try:
        client.secure(context(settings.INBOX_CA_FILE))
        return shown_by(client.stream)
    finally:
        client.stream.close()


def _imap(mailbox: Mailbox) -> Account:
    return _safe(settings_of(mailbox).reading(_pinned(mailbox.imap_host, mailbox.imap_port)))


def _smtp(mailbox: Mailbox) -> Account:
    return _safe(settings_of(mailbox).posting(_pinned(mailbox.smtp_host, mailbox.smtp_port)))


def _safe(account: Account) -> Account:
    hosts.refuse_plain(account, allow_private=settings.INBOX_ALLOW_PRIVATE_HOSTS)
    return account


def _pinned(host: str, port: int) -> list[str]:
    return hosts.mail_places(host, port, allow_private=settings.INBOX_ALLOW_PRIVATE_HOSTS)


def settings_of(mailbox: Mailbox, password: str = "") -> Settings:
    """The account of a mailbox, with its own password or the one given."""
    return Settings(
        email=mailbox.email,
        username=mailbox.username,
        password=password or _password(mailbox),
        imap_host=mailbox.imap_host,
        imap_port=mailbox.imap_port,
        imap_security=_security(mailbox.imap_security),
        smtp_host=mailbox.smtp_host,
        smtp_port=mailbox.smtp_port,
        smtp_security=_security(mailbox.smtp_security),
    )


def _password(mailbox: Mailbox) -> str:
    try:
        password: str = mailbox.credential.password
    except Credential.DoesNotExist:
        raise LoginRefused("no_credential") from None
    return password


def _security(value: str) -> Security:
    return next(known for known in get_args(Security) if known == value)
