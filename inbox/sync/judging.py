"""What is decided about each header of a batch: known already, to be read, or left alone (M6)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from django.conf import settings

from crm.models import Email, Participant
from inbox.mime.headers import parse_headers
from inbox.mime.ids import normal
from inbox.mime.own_ids import is_ours, marker
from inbox.mime.types import ParsedHeaders
from inbox.models import Folder, MessageId
from inbox.reason import Reason
from inbox.sync.identity import fingerprint, identity
from inbox.sync.known import known_ids
from inbox.sync.rules import reason_to_read, reason_to_read_report
from inbox.wire.imap import HeaderBlock, ReadingSession


@dataclass(frozen=True)
class Verdict:
    """`email`: the CRM has this message. `reason`: its body may be read. Neither: left alone,
    as is what was erased here (M48)."""

    block: HeaderBlock
    header: ParsedHeaders
    identity: str
    email: Email | None = None
    reason: Reason | None = None
    answers: Email | None = None  # the e-mail it was read for

    @property
    def uid(self) -> int:
        return self.block.uid


def judge(blocks: Sequence[HeaderBlock], folder: Folder, session: ReadingSession) -> list[Verdict]:
    """Two queries for the whole batch; the server is asked only about delivery reports."""
    headers = [_dated(block) for block in blocks]
    known = known_ids(headers)
    senders = _senders({row.email_id for row in known.values() if row.email_id})
    verdicts = []
    for block, header in zip(blocks, headers, strict=True):
        row, name = _recognise(header, folder, known, senders)
        verdict = Verdict(block, header, name, email=row.email if row else None)
        verdicts.append(verdict if row else _to_read(verdict, known, session))
    return verdicts


def _dated(block: HeaderBlock) -> ParsedHeaders:
    """A message without a Date goes by its arrival, or two of them would pass for one (F14)."""
    header = parse_headers(block.raw)
    return header if header.date else replace(header, date=block.arrived_at)


def _senders(emails: Collection[int]) -> Mapping[int, str]:
    if not emails:
        return {}
    rows = Participant.objects.filter(email__in=emails, role=Participant.Role.FROM)
    return dict(rows.values_list("email", "address"))


def _recognise(
    header: ParsedHeaders,
    folder: Folder,
    known: Mapping[str, MessageId],
    senders: Mapping[int, str],
) -> tuple[MessageId | None, str]:
    """The id by which the CRM has (or had) this message, and the name it goes by.

    An id that is known from another sender is somebody's re-use of it (F13): such a message goes
    by its fields. Our own mark is believed in the Sent folder alone, where no stranger writes.
    """
    mark = normal(header.musubi_message)
    if folder.role == Folder.Role.SENT and mark in known and is_ours(mark, _keys()):
        return known[mark], identity(header)
    sender = header.sender.address.lower() if header.sender else ""
    for name in (identity(header), fingerprint(header)):
        row = known.get(name)
        if row is None:
            return None, name
        if row.email_id is None or senders.get(row.email_id, "").lower() == sender:
            return row, name
    return None, fingerprint(header)


def _to_read(verdict: Verdict, known: Mapping[str, MessageId], session: ReadingSession) -> Verdict:
    block, header = verdict.block, verdict.header
    alive = {name: row.email for name, row in known.items() if row.email}
    reason = reason_to_read(header, alive)
    if reason:
        answers = alive[reason.known_id]
        return Verdict(block, header, verdict.identity, reason=reason, answers=answers)
    mark = marker(_keys())
    if header.report and session.holds(block.uid, mark):
        return Verdict(block, header, verdict.identity, reason=reason_to_read_report(mark))
    return verdict


def _keys() -> list[str]:
    keys: list[str] = settings.MESSAGE_ID_KEYS
    return keys
