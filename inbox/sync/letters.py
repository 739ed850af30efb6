"""What of a message that was read is logged: itself, or what was forwarded in it (M16)."""

import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from crm.models import Participant, User
from inbox.mime import own_ids
from inbox.mime.forwards import originals
from inbox.mime.ids import normal
from inbox.mime.types import Address, ParsedHeaders, ParsedMessage
from inbox.models import Mailbox, MessageId
from inbox.models.identities import own_addresses
from inbox.sync.facts import never_over
from inbox.sync.identity import fingerprint, identity
from inbox.sync.judging import Verdict, bare
from inbox.sync.never_log import covers
from inbox.sync.rules import LoggingAddress, is_logging

MINUTE = timedelta(minutes=1)
FIRST, LAST = 1970, 9999  # years of which there is a minute before and after
_NAMED = ("email", "email__subject", "value")


@dataclass(frozen=True)
class Letter:
    """A message to be logged; `identity` is what it is recognised by (M10)."""

    parsed: ParsedMessage
    identity: str
    outgoing: bool
    at: datetime | None = None  # None: when it arrived


def letters(parsed: ParsedMessage, verdict: Verdict, mailbox: Mailbox) -> list[Letter]:
    """The message itself; of a forward what it passes on, none of it that a never-log list covers.

    The logging address is nobody's correspondent, and what stands behind its plus is a secret: it
    is left out of the people of whatever was sent to it.
    """
    if not mailbox.logs_mail:
        return [Letter(parsed, verdict.identity, verdict.outgoing)]
    if verdict.reason is None or verdict.reason.rule != "forward":
        return [Letter(_without_us(parsed, mailbox), verdict.identity, outgoing=True)]
    return list(_forwarded(parsed, verdict, mailbox))


def _forwarded(parsed: ParsedMessage, verdict: Verdict, mailbox: Mailbox) -> Iterator[Letter]:
    for found in originals(parsed, _zone_of(verdict.sent_by)):
        original = _without_us(found, mailbox)
        header = _header(original)
        people = {person.address.lower() for person in _people(original)}
        if covers(never_over(mailbox, people), people, [mailbox.email]):
            continue
        sender = original.sender.address.lower() if original.sender else ""
        at = min(original.date, timezone.now()) if original.date else None
        name = fingerprint(header) if _is_anothers_id(original) else identity(header)
        name = _known_as(original) or name
        yield Letter(original, name, outgoing=sender in own_addresses(), at=at)


def _known_as(original: ParsedMessage) -> str:
    """By which id the CRM has what a forward retells without one: the only e-mail of that writer
    and subject in that minute, which is as exactly as programs retell a time (M10). "" for none."""
    if not (original.retold and original.sender and original.date) or original.message_id:
        return ""
    address = original.sender.address
    rows = MessageId.objects.exclude(origin=MessageId.Origin.REWRITTEN).filter(
        email__participants__role=Participant.Role.FROM,
        email__participants__address__in={address, address.lower()},
    )
    if not FIRST <= original.date.year < LAST:
        return ""
    around = (original.date - MINUTE, original.date + MINUTE)
    rows = rows.filter(Q(dated__range=around) | Q(email__activity__at__range=around))
    found = {pk: (subject, value) for pk, subject, value in rows.values_list(*_NAMED)}
    same = [value for subject, value in found.values() if bare(subject) == bare(original.subject)]
    return same[0] if len(same) == 1 else ""


def _is_anothers_id(original: ParsedMessage) -> bool:
    """Whether the id that a forward claims for what it retells is not believed: it is known from
    another sender or subject, or has our own form and is none that we have made (M46)."""
    name = normal(original.message_id)
    if not (original.retold and name):
        return False
    row = MessageId.objects.known([name]).get(name)
    if row is None or row.email is None:
        return name.startswith(f"{own_ids.marker(settings.MESSAGE_ID_KEYS)}.")
    writer = row.email.participants.filter(role=Participant.Role.FROM).first()
    same = original.sender and writer and writer.address.lower() == original.sender.address.lower()
    return not same or bare(row.email.subject) != bare(original.subject)


def _header(parsed: ParsedMessage) -> ParsedHeaders:
    return ParsedHeaders(
        subject=parsed.subject,
        sender=parsed.sender,
        to=parsed.to,
        date=parsed.date,
        message_id=parsed.message_id,
    )


def _people(parsed: ParsedMessage) -> tuple[Address, ...]:
    sender = (parsed.sender,) if parsed.sender else ()
    return (*sender, *parsed.to, *parsed.cc, *parsed.bcc, *parsed.reply_to)


def _without_us(parsed: ParsedMessage, mailbox: Mailbox) -> ParsedMessage:
    ours = LoggingAddress(mailbox.email, "", {}, {})

    def others(people: tuple[Address, ...]) -> tuple[Address, ...]:
        return tuple(person for person in people if not is_logging(person.address, ours))

    return replace(
        parsed,
        to=others(parsed.to),
        cc=others(parsed.cc),
        bcc=others(parsed.bcc),
        reply_to=others(parsed.reply_to),
    )


def _zone_of(user_id: int | None) -> tzinfo:
    """Programs write the times of what they forward as their user's clock shows them."""
    name = User.objects.filter(pk=user_id or 0).values_list("time_zone", flat=True).first()
    try:
        return zoneinfo.ZoneInfo(name) if name else timezone.get_default_timezone()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return timezone.get_default_timezone()
