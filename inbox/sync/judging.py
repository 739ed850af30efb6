"""What is decided about each header of a batch: known already, to be read, or left alone (M6)."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from django.conf import settings

from crm.models import Email, Participant
from inbox.mime.headers import parse_headers
from inbox.mime.origin import Origin, origin
from inbox.mime.own_ids import is_ours, marker
from inbox.mime.types import ParsedHeaders
from inbox.models import Folder, MessageId
from inbox.models.identities import own_addresses
from inbox.reason import Reason
from inbox.sync.facts import facts_for
from inbox.sync.identity import fingerprint, identity, marks
from inbox.sync.known import known_ids
from inbox.sync.rules import Facts, decide, ids_named_by, reason_to_read_report, sent_by
from inbox.wire.imap import HeaderBlock, ReadingSession

# What mail programs and mailing lists put before a subject; the message is the same.
_PREFIX = re.compile(r"^(?:\[[^\]]{1,80}\]|\w{1,6}(?:\[\d+\])?[::]|\s)+")


@dataclass(frozen=True)
class Verdict:
    """`email`: the CRM has this message. `reason`: its body may be read. Neither: left alone, as
    is what was erased here (M48); `refusal` names the rule that forbade it, if one did."""

    block: HeaderBlock
    header: ParsedHeaders
    identity: str
    email: Email | None = None
    reason: Reason | None = None
    answers: Email | None = None  # the e-mail it was read for
    refusal: str = ""
    erased: bool = False  # known by its id, of which nothing else is left
    sent_by: int | None = None  # which of our users sent it to the logging address (M16)
    outgoing: bool = False  # from an address of ours, and not in name alone
    unproven: bool = False  # from an address of ours, by its own word

    @property
    def uid(self) -> int:
        return self.block.uid


def judge(blocks: Sequence[HeaderBlock], folder: Folder, session: ReadingSession) -> list[Verdict]:
    """A handful of queries for the whole batch. The server is asked about delivery reports, and
    for the traces of mail that says to be from one of us."""
    headers = [_dated(block) for block in blocks]
    known = known_ids(headers)
    senders = _senders({row.email_id for row in known.values() if row.email_id})
    alive = {name: row.email for name, row in known.items() if row.email}
    facts = facts_for(headers, folder, alive)
    traces = _traces(blocks, session) if facts.logging else {}
    verdicts = []
    for block, header in zip(blocks, headers, strict=True):
        row, name = _recognise(header, folder, known, senders)
        email, erased = (row.email, row.email is None) if row else (None, False)
        verdict = Verdict(block, header, name, email=email, erased=erased)
        if row is None:
            verdict = _to_read(verdict, facts, alive, traces.get(block.uid))
        verdicts.append(verdict)
    return _prove_ours(_with_reports(verdicts, session), folder, session)


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
    by its fields. A mark, or the id that it had before (M9), is believed if we have signed it, and
    in the Sent folder alone, where no stranger writes.
    """
    if folder.role == Folder.Role.SENT:
        for mark in marks(header):
            if mark in known and is_ours(mark, _keys()):
                return known[mark], identity(header)
    for name in (identity(header), fingerprint(header)):
        row = known.get(name)
        if row is None:
            return None, name
        if row.email is None or _is_copy(header, row, senders.get(row.email_id or 0, "")):
            return row, name
    return None, fingerprint(header)


def _is_copy(header: ParsedHeaders, row: MessageId, sender: str) -> bool:
    """Whether a message is the one that has this id, not another one with it: the same sender,
    the same Date, the same subject but for what a mailing list puts before it (M10, F13).

    What we sent ourselves goes by its id alone: providers change its Date (M9).
    """
    assert row.email is not None  # of a tombstone nothing is left to compare
    if _sender(header) != sender.lower():
        return False
    if row.origin != MessageId.Origin.SEEN or row.dated is None:
        return True
    return header.date == row.dated and bare(header.subject) == bare(row.email.subject)


def bare(subject: str) -> str:
    """Without what mail programs and mailing lists put before it."""
    return _PREFIX.sub("", subject[:998]).strip().lower()


def _to_read(
    verdict: Verdict,
    facts: Facts,
    alive: Mapping[str, Email],
    trace: Origin | None,
) -> Verdict:
    header = verdict.header
    decision = decide(header, facts, trace)
    if isinstance(decision, Reason):
        user = sent_by(header, facts.logging) if facts.logging else None
        answers = _answered(header, decision, alive)
        return replace(verdict, reason=decision, answers=answers, sent_by=user)
    return replace(verdict, refusal=decision or "")


def _with_reports(verdicts: list[Verdict], session: ReadingSession) -> list[Verdict]:
    """Delivery reports name no message in their own header; the server is asked once for all in
    which of them stands the sign of an id of ours (M20)."""
    reports = {v.uid for v in verdicts if _may_be_ours(v)}
    mark = marker(_keys())
    ours = session.holding(reports, mark)
    reason = reason_to_read_report(mark)
    return [replace(v, reason=reason) if v.uid in ours else v for v in verdicts]


def _may_be_ours(verdict: Verdict) -> bool:
    settled = verdict.email or verdict.erased or verdict.reason or verdict.refusal
    return verdict.header.report and not settled


def _answered(header: ParsedHeaders, reason: Reason, alive: Mapping[str, Email]) -> Email | None:
    """The e-mail that it answers, where the CRM has it, whatever rule let it be read. What was
    forwarded does not answer what it passes on."""
    if reason.rule == "forward":
        return None
    return next((alive[name] for name in ids_named_by(header) if name in alive), None)


def _prove_ours(verdicts: list[Verdict], folder: Folder, session: ReadingSession) -> list[Verdict]:
    """Tell mail of ours from mail that merely says so: anybody can write our address into From.

    What lies in Sent or was proven to the logging address is ours, under an alias too. Elsewhere
    it is where no server ever took it in (whoever filed it was signed in to the mailbox), where the
    trusted server vouches for it, or where its owner put it into the CRM folder.
    """
    to_log = [v for v in verdicts if v.reason and not v.header.report]
    ours = own_addresses() if to_log else set()
    named = {v.uid for v in to_log if v.header.sender and _sender(v.header) in ours}
    trusting = folder.role in (Folder.Role.SENT, Folder.Role.CRM)
    asked = [v.block for v in to_log if v.uid in named and not (trusting or v.sent_by)]
    traces = _traces(asked, session) if asked else {}
    return [_with_direction(v, folder, traces.get(v.uid), named=v.uid in named) for v in verdicts]


def _with_direction(
    verdict: Verdict, folder: Folder, trace: Origin | None, *, named: bool
) -> Verdict:
    if verdict.reason is None or verdict.header.report:
        return verdict
    if folder.role == Folder.Role.SENT or verdict.reason.rule == "bcc":
        return replace(verdict, outgoing=True)
    if not named or verdict.reason.rule == "forward":
        return verdict
    filed = trace is not None and not trace.travelled
    server = folder.mailbox.authserv_id
    proven = trace is not None and trace.proves(_sender(verdict.header), server)
    ours = folder.role == Folder.Role.CRM or filed or proven
    return replace(verdict, outgoing=ours, unproven=not ours)


def _traces(blocks: Sequence[HeaderBlock], session: ReadingSession) -> dict[int, Origin]:
    return {uid: origin(raw) for uid, raw in session.traces([block.uid for block in blocks])}


def _sender(header: ParsedHeaders) -> str:
    return header.sender.address.lower() if header.sender else ""


def _keys() -> list[str]:
    keys: list[str] = settings.MESSAGE_ID_KEYS
    return keys
