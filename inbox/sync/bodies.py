"""The bodies that a Reason opens, and none that it does not: a server may mix them up (M6, F44)."""

from collections.abc import Iterator, Mapping, Sequence

from inbox.mime.headers import parse_headers
from inbox.reason import Reason
from inbox.sync.judging import Verdict
from inbox.wire.imap import ReadingSession

BEGINNING = 256 * 1024  # where the header of a message has ended


class AnothersBody(Exception):
    """The server hands out the body of another message, which no Reason opens."""


def bodies_of(
    asked: Sequence[tuple[int, Reason]], wanted: Mapping[int, Verdict], session: ReadingSession
) -> Iterator[tuple[int, bytes | None]]:
    """What was asked for, by UID; None: it is gone. A body in whose header the id is not found is
    another message's: it is asked for once more, and b"" where that is no better."""
    for uid, raw in session.bodies(asked):
        if raw and not belongs(raw, wanted[uid]):
            again = dict(session.bodies([(uid, reason) for u, reason in asked if u == uid]))
            raw = again[uid]
            raw = b"" if raw and not belongs(raw, wanted[uid]) else raw
        yield uid, raw


def belongs(raw: bytes, verdict: Verdict) -> bool:
    """Whether these bytes begin with the header by which the message was judged."""
    name, beginning = verdict.header.message_id, raw[:BEGINNING]
    return name == parse_headers(beginning).message_id or name.encode() in beginning
