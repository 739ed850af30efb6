"""What a mailbox's SMTP server said it takes: its size (RFC 1870), its alphabet (RFC 6531).

It is asked when the mailbox is connected and heard again at every sending, so that a letter which
it would refuse is refused while it is being written.
"""

import re
from collections.abc import Iterable

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from inbox.mime.domains import in_ascii, needs_smtputf8
from inbox.mime.types import ParsedAttachment
from inbox.models import Mailbox
from inbox.wire.smtp import PostingSession

_BASE64 = 78 / 57  # bytes on the wire, line ends included, for each byte of a file (RFC 2045, 6.8)
_LOCAL = re.compile(r"[\w.+-]{1,64}")


def learn(mailbox: Mailbox, session: PostingSession) -> None:
    limits = {"smtp_max_size": session.max_size, "smtp_utf8": session.smtputf8}
    if limits != {name: getattr(mailbox, name) for name in limits}:
        mailbox.change(**limits)


def too_large(mailbox: Mailbox, files: Iterable[ParsedAttachment], *texts: str) -> str:
    """Why its server would not take so much, in a sentence; "" where it may.

    Counted from below, so that nothing is refused which the server would take.
    """
    size = sum(file.size * _BASE64 for file in files) + sum(len(text.encode()) for text in texts)
    if not mailbox.smtp_max_size or size <= mailbox.smtp_max_size:
        return ""
    return _(
        "The mail server of {mailbox} takes e-mails of {limit} at most, and this one has {size} "
        "on its way. Remove a file, or send a link to it."
    ).format(
        mailbox=mailbox.email,
        limit=filesizeformat(mailbox.smtp_max_size),
        size=filesizeformat(size),
    )


def cannot_reach(mailbox: Mailbox, address: str) -> str:
    """Why no letter from there reaches this address, in a sentence; "" where one may."""
    if mailbox.smtp_utf8 is not False or not needs_smtputf8(address):
        return ""
    return _(
        "The mail server of {mailbox} cannot write to {address}: it does not offer SMTPUTF8. "
        "Use another address of theirs."
    ).format(mailbox=mailbox.email, address=address)


def as_validated(address: str) -> str:
    """The address in ASCII, so that validators of ASCII can judge the rest of it (RFC 6531, 3.3):
    letters of any script before the @ are as good as ASCII ones."""
    local, at, domain = in_ascii(address).rpartition("@")
    international = not local.isascii() and _LOCAL.fullmatch(local)
    return f"{'international' if international else local}{at}{domain}"
