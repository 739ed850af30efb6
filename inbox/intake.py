"""What the messages of a list are: known already, about mail that is not ours, or new; and what
each answers (M7, M10). By their ids alone: one query, and one more for who waits for them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import takewhile
from typing import Any

from crm.models import Activity, Email, Thread
from inbox import arrivals, threads
from inbox.arrivals import Arrival
from inbox.entries import Entry
from inbox.mime.types import ParsedMessage
from inbox.models import MessageId

MOST_TEXT = 1_000_000  # characters of a body that are kept; longer ones are robots'
Known = dict[str, Email | None]  # by id; None: it was erased (M48)


@dataclass
class Intake:
    """`emails`: what each message is, in their order; None for a report about mail that is not
    ours, and for what was erased. `entries` are those to be written. `awaited`: the last of them
    is what an e-mail waited for, and the messages after it were not looked at."""

    emails: list[Email | None] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    awaited: bool = False


def take_in(found: Sequence[Arrival]) -> Intake:
    """Of messages in their order, of which the later ones may answer the earlier ones.

    It ends behind one that an e-mail waits for: that is hung below it first, since what comes
    later may be placed by where it stands then (M27).
    """
    known = _known(found)
    awaited = threads.awaited(arrival.identity for arrival in found)
    intake = Intake()
    for arrival in found:
        about = _about(arrival, known)
        answers = about or _answered(arrival, known)
        if answers is None and arrival.reason.rule == "reply":
            intake.emails.append(None)
            continue
        if new := arrival.identity not in known:
            entry = _entry(arrival, answers, about, known)
            intake.entries.append(entry)
            known[arrival.identity] = entry.email
        intake.emails.append(known[arrival.identity])
        if new and arrival.identity in awaited:
            intake.awaited = True
            break
        awaited.update(entry.awaits if new else ())
    return intake


def reported(parsed: ParsedMessage) -> Email | None:
    """The e-mail of ours that a delivery report is about."""
    if parsed.bounce is None:
        return None
    ids = list(arrivals.returned_by(parsed))
    return _ours(ids, _emails(MessageId.objects.known(ids)))


def _known(found: Iterable[Arrival]) -> Known:
    named = {name for each in found for name in (*each.names(), *arrivals.returned_by(each.parsed))}
    return _emails(MessageId.objects.known(named - {""}, erased={each.identity for each in found}))


def _emails(rows: Mapping[str, MessageId]) -> Known:
    """Each e-mail as one object, by however many ids it is known."""
    emails = {row.email_id: row.email for row in rows.values()}
    return {value: emails[row.email_id] for value, row in rows.items()}


def _about(arrival: Arrival, known: Known) -> Email | None:
    return _ours(arrivals.returned_by(arrival.parsed), known)


def _ours(ids: Iterable[str], known: Known) -> Email | None:
    named = (known.get(value) for value in ids)
    return next((row for row in named if row and row.direction == Email.Direction.OUTGOING), None)


def _answered(arrival: Arrival, known: Known) -> Email | None:
    """What was forwarded does not answer what it passes on."""
    if arrival.reason.rule == "forward":
        return None
    return next(filter(None, map(known.get, arrival.names())), None)


def _entry(arrival: Arrival, answers: Email | None, about: Email | None, known: Known) -> Entry:
    email = _email(arrival, answers)
    row = MessageId(value=arrival.identity, email=email, dated=arrival.dated)
    people, parsed = arrivals.people(arrival.parsed), arrival.parsed
    entry = Entry(email, row, arrival.mailbox, people, arrival.files, arrival, about)
    if parsed.kind == "normal":
        beyond = takewhile(lambda name: answers is None or not known.get(name), arrival.names())
        entry.awaits = threads.nearest(beyond)
    return entry


def _email(arrival: Arrival, answers: Email | None) -> Email:
    parsed = arrival.parsed
    activity = Activity(
        kind=Activity.Kind.EMAIL, at=arrivals.moment(arrival, answers), by=arrival.user
    )
    thread = answers.thread if answers else Thread(subject=parsed.subject[:998])
    return Email(
        activity=activity,
        thread=thread,
        answers=answers,
        direction=Email.Direction.OUTGOING if arrival.outgoing else Email.Direction.INCOMING,
        subject=parsed.subject[:998],
        text=parsed.text[:MOST_TEXT],
        html=parsed.html[:MOST_TEXT],
        reply_length=reply_length(parsed.text, parsed.reply_text, parsed.quoted_text),
        message_id=parsed.message_id[:998],
        invitation=_event(parsed),
        source=Email.Source(arrival.reason.rule),
        reason_rule=arrival.reason.rule,
        reason_message_id=arrivals.known_id(arrival, answers),
        auto_reply=parsed.kind != "normal",
        unproven=arrival.unproven,
        visibility=arrival.mailbox.visibility,
        private=thread.private or bool(answers and answers.private),
    )


def reply_length(text: str, reply: str, quoted: str) -> int:
    """Where the quoted text begins; all is new where the new text does not lead the body."""
    leads = bool(quoted) and text.startswith(reply)
    return min(len(reply) if leads else len(text), MOST_TEXT)


def _event(parsed: ParsedMessage) -> Any:
    """Its invitation as JSON, moments in ISO 8601."""
    if parsed.invitation is None:
        return None
    return json.loads(json.dumps(asdict(parsed.invitation), default=str))
