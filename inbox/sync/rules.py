"""What allows a body to be read, and what forbids it. Pure, and the only place that gives a Reason
(M6, M7, M11, M12, M16, M17, M44).

Every rule looks at header fields alone. A message that no rule names is not read, and nothing of
it is kept. Subjects never make a match, addresses only where the mailbox's owner asked for it.

    never-log list       any     ─► never read, whatever the others say          M11
    logging address      any     ─► bcc, forward: from people of ours, proven    M16
    reply                any     ─► it names a Message-ID that the CRM knows     M7
    folder               CRM     ─► its owner put it there                       M17
    contact              any     ─► opt-in: a known contact is among its people  M12
"""

from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from inbox.mime.ids import normal
from inbox.mime.origin import Origin
from inbox.mime.types import ParsedHeaders
from inbox.reason import Reason, Rule
from inbox.sync import never_log

Refusal = Literal["never_log", "not_ours", "unproven"]


@dataclass(frozen=True)
class LoggingAddress:
    """The mailbox that logs by Bcc and forwarding: who may write to it, and what proves them.

    `server` is the name that its mail server signs Authentication-Results with; "" where that is
    not known. `people` are the addresses of our users, `secrets` what stands behind their plus.
    """

    address: str
    server: str
    people: Mapping[str, int]
    secrets: Mapping[str, int]


@dataclass(frozen=True)
class Facts:
    """What the CRM knows of a batch of headers, and of the mailbox and the folder they lie in."""

    own: str  # the mailbox's address
    aliases: Collection[str] = ()  # proven; at least where an entry of the lists holds
    known: Container[str] = ()  # Message-IDs, in normal form, at least those of `ids_named_by`
    never: Collection[str] = ()  # entries of the never-log lists that hold here
    contacts: Collection[str] = ()  # known contacts' addresses; empty unless opted in
    folder: str = ""
    logging: LoggingAddress | None = None


def decide(
    header: ParsedHeaders, facts: Facts, origin: Origin | None = None
) -> Reason | Refusal | None:
    """Why this body may be read, or what forbids it; None: no rule speaks of it, so it is not.

    `origin` is what servers wrote above it; a logging address alone needs it.
    """
    if is_covered(header, facts):
        return "never_log"
    if facts.logging:
        return _logged_by(header, facts.logging, origin or Origin())
    return _reply(header, facts) or _folder(facts) or _contact(header, facts)


def is_covered(header: ParsedHeaders, facts: Facts) -> bool:
    """An entry that covers the firm itself speaks of mail inside it, whoever pressed the button.
    What one of us forwards to the logging address is none: there the original decides
    (`inbox.sync.letters`)."""
    never, own = set(facts.never), (facts.own, *facts.aliases)
    if facts.logging and not _readers_beside(header, facts.logging):
        never -= never_log.covering(never, own)
    between = (people_of(header), everybody_in(header))
    return any(never_log.covers(never, people, own) for people in between)


def _reply(header: ParsedHeaders, facts: Facts) -> Reason | None:
    named = (name for name in ids_named_by(header) if name in facts.known)
    return next((Reason("reply", name) for name in named), None)


def _folder(facts: Facts) -> Reason | None:
    return Reason("folder") if facts.folder == "crm" else None


def _contact(header: ParsedHeaders, facts: Facts) -> Reason | None:
    others = people_of(header) - {facts.own.lower()}
    return None if others.isdisjoint(facts.contacts) else Reason("contact")


def _logged_by(header: ParsedHeaders, ours: LoggingAddress, origin: Origin) -> Reason | Refusal:
    """Who is in its From is one of us, and that is proven. Addressed to the logging address alone
    it was forwarded; where others were written to, it is a copy."""
    user = sent_by(header, ours)
    if user is None:
        return "not_ours"
    if not _is_proven(header, ours, origin, user):
        return "unproven"
    return Reason("bcc") if _readers_beside(header, ours) else Reason("forward")


def _readers_beside(header: ParsedHeaders, ours: LoggingAddress) -> set[str]:
    """To whom it went beside the logging address."""
    written_to = {person.address.lower() for person in (*header.to, *header.cc, *header.bcc)}
    return {address for address in written_to if not is_logging(address, ours)}


def _is_proven(header: ParsedHeaders, ours: LoggingAddress, origin: Origin, user: int) -> bool:
    """By the trusted server's own word. Where none is known, by the secret behind the plus of the
    address, which that person alone was shown, unless a server says that the sender is forged."""
    sender = header.sender.address if header.sender else ""
    if ours.server:
        return origin.proves(sender, ours.server)
    written_to = [person.address for person in (*header.to, *header.cc, *header.bcc)]
    secrets = {_behind_plus(address, ours) for address in (*written_to, *origin.reached)}
    return not origin.failed() and any(ours.secrets.get(secret) == user for secret in secrets)


def sent_by(header: ParsedHeaders, ours: LoggingAddress) -> int | None:
    """Which of our users it says to be from."""
    return ours.people.get(header.sender.address.lower()) if header.sender else None


def is_logging(address: str, ours: LoggingAddress) -> bool:
    return address.lower() == ours.address.lower() or bool(_behind_plus(address, ours))


def _behind_plus(address: str, ours: LoggingAddress) -> str:
    """`k3f9` of `log+k3f9@example.org`, where that is the logging address."""
    local, _at, domain = ours.address.lower().rpartition("@")
    written = address.lower()
    if not (written.startswith(f"{local}+") and written.endswith(f"@{domain}")):
        return ""
    return written[len(local) + 1 : -len(domain) - 1]


def people_of(header: ParsedHeaders) -> set[str]:
    """Between whom it goes, in lower case."""
    named = (*header.to, *header.cc, *header.bcc, *header.reply_to)
    sender = (header.sender,) if header.sender else ()
    return {person.address.lower() for person in (*sender, *named)}


def everybody_in(header: ParsedHeaders) -> set[str]:
    """Whom a never-log list may cover: who wrote it too, or sent it for somebody, as well (M11)."""
    return people_of(header) | {person.address.lower() for person in header.also_from}


def reason_given(rule: Rule, known_id: str) -> Reason:
    """For a body that this reason opened before, and that was put aside (M47)."""
    return Reason(rule, known_id)


def reason_to_read_report(marker: str) -> Reason:
    """For a delivery report inside which the server itself found `marker`, the sign of an id that
    this CRM made (M20): the returned header says that it belongs to a message the CRM sent."""
    return Reason("reply", marker)


def ids_named_by(header: ParsedHeaders) -> Iterator[str]:
    """What it answers, nearest first: In-Reply-To, then References from the newest on (RFC 5322,
    3.6.4). The whole chain counts, since any of its ids may be the only one the CRM holds."""
    yield from (normal(value) for value in header.in_reply_to)
    yield from (normal(value) for value in reversed(header.references))
