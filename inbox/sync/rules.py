"""What allows a body to be read. Pure, and the only place that gives a Reason (M6, M7, M44).

Every rule looks at header fields alone. A message that no rule names is not read, and nothing of
it is kept. Subjects and addresses never make a match by themselves (M7).
"""

from collections.abc import Container, Iterator

from inbox.mime.ids import normal
from inbox.mime.types import ParsedHeaders
from inbox.reason import Reason


def reason_to_read(header: ParsedHeaders, known: Container[str]) -> Reason | None:
    """Why this body may be read, or None: it may not.

    `known` holds the Message-IDs of the CRM, in normal form, at least those of `ids_named_by`.
    """
    return next((Reason("reply", name) for name in ids_named_by(header) if name in known), None)


def reason_to_read_report(marker: str) -> Reason:
    """For a delivery report inside which the server itself found `marker`, the sign of an id that
    this CRM made (M20): the returned header says that it belongs to a message the CRM sent."""
    return Reason("reply", marker)


def ids_named_by(header: ParsedHeaders) -> Iterator[str]:
    """What it answers, nearest first: In-Reply-To, then References from the newest on (RFC 5322,
    3.6.4). The whole chain counts, since any of its ids may be the only one the CRM holds."""
    yield from (normal(value) for value in header.in_reply_to)
    yield from (normal(value) for value in reversed(header.references))
