"""One hand-over to the mail server: what it cannot take is refused before anything leaves (M23)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.mime.domains import needs_smtputf8
from inbox.models import Outgoing, Redelivery
from inbox.models.transport import headers_of
from inbox.sending.recipients import Refused
from inbox.wire.faults import Fault, SmtpRefused
from inbox.wire.smtp import PostingSession


@dataclass(frozen=True)
class Taken:
    """The server has it for all but the `refused`; `said` with these words."""

    refused: Refused
    said: str


def hand_over(
    session: PostingSession,
    row: Outgoing | Redelivery,
    sender: str,
    recipients: Sequence[str],
) -> Taken | None:
    """Give the frozen bytes to the server. Raises a Fault; OutcomeUnknown once they have left.

    None: the row is another's now, or in the Trash, and nothing of it has left here.
    """
    raw = bytes(row.frozen or b"")
    international = not headers_of(raw).isascii()
    _refuse_too_large(session, raw)
    if international and not session.smtputf8:
        _refuse_international(sender, recipients)
    row.hold(timezone.now(), recipients=len(recipients))
    refused = session.envelope(sender, recipients, international=international)
    session.begin_data()
    if not row.begin_transmitting(timezone.now(), len(raw)):
        return None
    return Taken(refused, session.finish_data(raw))


def _refuse_too_large(session: PostingSession, raw: bytes) -> None:
    """RFC 1870: the server told its limit, so a message above it need not be sent to be refused."""
    if session.max_size and len(raw) > session.max_size:
        raise SmtpRefused(552, f"552 SIZE {session.max_size}: the message has {len(raw)} bytes")


def _refuse_international(sender: str, recipients: Sequence[str]) -> None:
    """RFC 6531, 3.2: header fields in UTF-8 may go to a server with SMTPUTF8 alone."""
    named = [address for address in (sender, *recipients) if needs_smtputf8(address)]
    said = _("The mail server takes no address like {address}: it does not offer SMTPUTF8.")
    raise Fault("no_smtputf8", said.format(address=named[0] if named else sender))
