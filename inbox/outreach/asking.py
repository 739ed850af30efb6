"""Before each step the mailbox itself is asked whether they wrote: header fields only (M56).

Threading may fail: an answer from another program, to another mail, into another folder. What the
server finds is compared and forgotten; nothing of it is stored but that it came, and when.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from inbox.connect import doors
from inbox.mime import robots
from inbox.mime.headers import parse_headers
from inbox.mime.ids import normal
from inbox.mime.types import Address, ParsedHeaders
from inbox.models import HeadersRead, Mailbox, MessageId
from inbox.wire.faults import FolderGone
from inbox.wire.folders import FolderInfo, role_of
from inbox.wire.imap import HeaderBlock, ReadingSession

MOST_FOLDERS = 40  # of a mailbox; those where mail arrives come first
MOST_MESSAGES = 200  # of a folder: the newest tell
_ORDER = ["inbox", "all", "archive", "other", "junk", "trash"]
# Responders that write none of the fields of RFC 3834 say it in the subject.
_AUTOMATIC = re.compile(
    r"\W*(?:auto(?:matic|mated)?[- ]?(?:reply|response)|out of (?:the )?office|ooo\b|abwesenheit"
    r"|automatische antwort|réponse automatique|absence|risposta automatica|respuesta automática"
    r"|自動返信|自動応答|不在)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Heard:
    """`wrote`: a person whose mail the CRM has not logged, and `at` when it arrived. `automatic`:
    subjects of automatic replies, with the day of each."""

    wrote: Address | None = None
    at: datetime | None = None
    automatic: tuple[tuple[str, date], ...] = ()


def ask(
    mailbox: Mailbox, addresses: Collection[str], since: datetime, *, domain: str = ""
) -> Heard:
    """Whether anything came from one of the addresses (or from anybody at `domain`) since then.

    What the CRM has logged is left out: of that it knows more than headers tell. Raises a Fault
    where the mailbox cannot be asked; nothing may be sent then.
    """
    sought = {address.lower() for address in addresses}
    with doors.reading(mailbox) as session:
        blocks = list(_found(session, sought, since, domain))
    HeadersRead.add(mailbox, timezone.now().date(), len(blocks))
    told = [(parse_headers(block.raw), block.arrived_at) for block in blocks]
    theirs = [(said, at) for said, at in told if at >= since and _is_from(said, sought, domain)]
    return _heard(_not_logged(theirs))


def _found(
    session: ReadingSession, sought: Collection[str], since: datetime, domain: str
) -> Iterator[HeaderBlock]:
    first = since.date() - timedelta(days=1)  # servers count days in zones of their own
    for folder in _folders(session.folders()):
        try:
            session.examine(folder.name)
        except FolderGone:
            continue  # between the two commands
        uids = sorted(_uids(session, sought, first, domain))
        for blocks in session.headers_of(uids[-MOST_MESSAGES:]):
            yield from blocks


def _folders(listed: Iterable[FolderInfo]) -> list[FolderInfo]:
    """Wherever their mail may lie: filters move it, and junk is wrong at times."""
    there = [each for each in listed if each.selectable and role_of(each) in _ORDER]
    return sorted(there, key=lambda each: _ORDER.index(role_of(each)))[:MOST_FOLDERS]


def _uids(session: ReadingSession, sought: Collection[str], first: date, domain: str) -> set[int]:
    words = {f"@{domain}"} if domain else set()
    words |= {address for address in sought if not (domain and address.endswith(f"@{domain}"))}
    if not all(map(str.isascii, words)):  # no server is asked for what it may not understand
        return set(session.uids_since(first))
    last = timezone.now().date() + timedelta(days=1)
    return {uid for each in words for uid in session.uids_from(each, first, last)}


def _is_from(said: ParsedHeaders, sought: Collection[str], domain: str) -> bool:
    address = said.sender.address.lower() if said.sender else ""
    return address in sought or bool(domain and address.endswith(f"@{domain}"))


def _not_logged(
    theirs: list[tuple[ParsedHeaders, datetime]],
) -> list[tuple[ParsedHeaders, datetime]]:
    known = MessageId.objects.known([normal(said.message_id) for said, _at in theirs])
    return [(said, at) for said, at in theirs if normal(said.message_id) not in known]


def _heard(theirs: Iterable[tuple[ParsedHeaders, datetime]]) -> Heard:
    automatic: list[tuple[str, date]] = []
    for said, at in sorted(theirs, key=lambda pair: pair[1]):
        if not (robots.sent(said) or said.report or _AUTOMATIC.match(said.subject)):
            return Heard(said.sender, at, tuple(automatic))
        automatic.append((said.subject, at.date()))
    return Heard(automatic=tuple(automatic))
