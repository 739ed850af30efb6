"""What a provider lets one account send, and how often it may be connected to (M58).

Only what a provider has published, or what its servers are known to enforce, stands here; the rest
is None, and nothing is held back for it. Days are the 24 hours until now, as Google and Yandex
count them. An owner who knows better (another plan, a raised quota) writes it down on the mailbox.

Apple's and Yandex's figures were read on the pages named here; the others are as those pages are
quoted elsewhere, and wait to be compared (docs/unverified.md).
"""

from dataclasses import dataclass, replace

from inbox.connect.providers import provider_at, provider_for
from inbox.models import Mailbox

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """`posting`: SMTP sessions of one mailbox at once. `reading`: IMAP connections of an account;
    we open one that watches or looks, and one for each copy that is being filed."""

    messages_a_day: int | None = None
    messages_a_minute: int | None = None
    recipients_a_day: int | None = None
    recipients_a_message: int = 500
    attachment_bytes: int = 25 * MEGABYTE
    posting: int = 3
    reading: int = 10  # Dovecot's mail_max_userip_connections, where nothing else is known


USUAL = Limits()

# 500 messages and 500 recipients a day, 25 MB of attachments: support.google.com/mail/answer/22839
# and /6584; 100 recipients by SMTP: support.google.com/a/answer/166852; 15 connections:
# support.google.com/mail/answer/7126229.
_GMAIL = Limits(
    messages_a_day=500, recipients_a_day=500, recipients_a_message=100, posting=5, reading=15
)
# 2,000 messages and 3,000 outside recipients a day: support.google.com/a/answer/166852
_WORKSPACE = replace(_GMAIL, messages_a_day=2_000, recipients_a_day=3_000)
# 10,000 recipients a day, 30 messages a minute, 500 recipients unless an administrator allows
# more, 35 MB a message: learn.microsoft.com, "Exchange Online limits". Three sessions at once, the
# fourth is answered "432 4.3.2 concurrent connection limit exceeded": Exchange team blog, "Changes
# coming to the SMTP Authenticated Submission client protocol". 20 IMAP connections: its throttling
# policies (ImapMaxConcurrency).
_MICROSOFT = Limits(recipients_a_day=10_000, messages_a_minute=30, posting=3, reading=20)
# support.microsoft.com, "Sending limits in Outlook.com": 5,000 recipients a day with a
# subscription; free accounts get less, by their reputation, and no figure.
_OUTLOOK = replace(_MICROSOFT, recipients_a_day=5_000)
# 500 messages a day to 100 recipients each: Yahoo's help for Yahoo Mail; 5 IMAP connections from
# one address: what its servers answer with "[LIMIT]". AOL is the same service.
_YAHOO = Limits(messages_a_day=500, recipients_a_message=100, posting=2, reading=5)
# support.apple.com/102198
_ICLOUD = Limits(
    messages_a_day=1_000,
    recipients_a_day=1_000,
    attachment_bytes=14 * MEGABYTE,  # a message of 20 MB, of which base64 takes a third
)
# yandex.com/support/mail/web/letter/create/send-many-letters.html: each recipient counts as one
_YANDEX = Limits(messages_a_day=500, recipients_a_day=500, recipients_a_message=35)

_BY_NAME = {
    "Gmail": _GMAIL,
    "Outlook.com": _OUTLOOK,
    "Microsoft 365": _MICROSOFT,
    "Yahoo Mail": _YAHOO,
    "AOL": _YAHOO,
    "iCloud Mail": _ICLOUD,
    "Yandex Mail": _YANDEX,
}


def known_limits(email: str, imap_host: str) -> Limits:
    """Those of the provider behind a host; an own domain at Google's is a Workspace, and one at
    Microsoft's is Microsoft 365."""
    at_host, by_address = provider_at(imap_host), provider_for(email)
    provider = by_address if by_address and at_host else at_host
    if provider is None:
        return USUAL
    if by_address is None and provider.name == "Gmail":
        return _WORKSPACE
    if by_address is None and provider.name == "Outlook.com":
        return _MICROSOFT
    return _BY_NAME.get(provider.name, USUAL)


def limits_of(mailbox: Mailbox) -> Limits:
    """The known ones, with what its owner has written down instead."""
    known = known_limits(mailbox.email, mailbox.imap_host)
    return replace(
        known,
        messages_a_day=mailbox.most_a_day or known.messages_a_day,
        messages_a_minute=mailbox.most_a_minute or known.messages_a_minute,
    )
