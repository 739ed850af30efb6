"""The demo's conversations: what stands on the timelines, many rows at a time."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Any

from crm.models import (
    Activity,
    Association,
    Attachment,
    Email,
    Participant,
    Stage,
    Thread,
    User,
)
from crm.models.attachments import store_content
from inbox.demo import files, letters_en, letters_ja
from inbox.demo.cast import DOMAIN, GONE
from inbox.demo.letters import Script, Turn
from inbox.demo.records import AT_ONCE, Person
from inbox.mime.ids import normal
from inbox.models import MessageId

THREADS_AT_ONCE = 1_000
US_JA = {"Hana Sato": "佐藤", "Ken Mori": "森"}
NO_SUCH_USER = "550 5.1.1 <{address}>: Recipient address rejected: User unknown"


@dataclass(frozen=True)
class Talk:
    """A conversation with one person, whose last message came at some time."""

    script: Script
    person: Person
    us: User
    ended: datetime
    number: int


@dataclass(frozen=True)
class Line:
    """One message of a conversation, at its place on the timeline."""

    talk: Talk
    turn: Turn
    place: int
    thread: Thread
    activity: Activity


@dataclass
class Rows:
    """What hangs on activities that have been written; every list goes out in a few INSERTs."""

    emails: list[Email] = field(default_factory=list)
    ids: list[MessageId] = field(default_factory=list)
    participants: list[Participant] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    places: list[Association] = field(default_factory=list)

    def write(self) -> None:
        Email.objects.bulk_create(self.emails, AT_ONCE)
        MessageId.objects.bulk_create(self.ids, AT_ONCE)
        Participant.objects.bulk_create(self.participants, AT_ONCE)
        Attachment.objects.bulk_create(self.attachments, AT_ONCE)
        Association.objects.bulk_create(self.places, AT_ONCE)


def write(emails: int, persons: Sequence[Person], rng: random.Random, now: datetime) -> None:
    """So many e-mails, the last of them a few minutes ago, in conversations of up to four."""
    stored = _stored_files()
    talks = _talks(emails, persons, rng, now)
    while batch := list(islice(talks, THREADS_AT_ONCE)):
        lines = [list(_lines(talk, rng)) for talk in batch]
        Thread.objects.bulk_create([talk[0].thread for talk in lines], AT_ONCE)
        Activity.objects.bulk_create([line.activity for talk in lines for line in talk], AT_ONCE)
        rows = Rows()
        for talk in lines:
            _tell(talk, rows, stored)
        rows.write()
        Thread.objects.filter(pk__in=[talk[0].thread.pk for talk in lines]).recount()


def _stored_files() -> dict[str, dict[str, Any]]:
    """Each file once in the storage, however many e-mails carry it."""
    files_made = {name: files.made(name) for name in files.NAMES}
    return {
        key: {
            "name": name,
            "content_type": content_type,
            "size": len(content),
            "path": store_content(content),
        }
        for key, (name, content_type, content) in files_made.items()
    }


def _talks(
    emails: int, persons: Sequence[Person], rng: random.Random, now: datetime
) -> Iterator[Talk]:
    told = 0
    for number, (person, script) in enumerate(_who_and_what(persons, rng)):
        if told >= emails:
            return
        script = Script(script.subject, script.turns[: emails - told])
        told += len(script.turns)
        days = rng.uniform(0.02, 5) if number < 24 else rng.uniform(2, 200)
        ended = now - timedelta(days=days)
        yield Talk(script, person, person.owner, ended, number)


def _who_and_what(persons: Sequence[Person], rng: random.Random) -> Iterator[tuple[Person, Script]]:
    """First each case of note, then whatever, with everybody in turn; nobody gets a file twice."""
    had: dict[str, set[str]] = defaultdict(set)
    english = [person for person in persons if not person.japanese]
    japanese = [person for person in persons if person.japanese]
    special = [letters_en.IMAGES, letters_en.NEWCOMER, letters_en.AUTO_REPLY]
    gone = next((p for p in english if p.address in GONE), None)
    if gone:
        yield gone, letters_en.BOUNCED
    yield from zip((p for p in english if p is not gone), special, strict=False)
    yield from ((person, letters_ja.AUTO_REPLY) for person in japanese[-1:])
    for person in persons[:6]:  # an offer, with files
        if person is not gone:
            offer = (letters_ja if person.japanese else letters_en).SCRIPTS[0]
            had[person.address] |= offer.files
            yield person, offer
    for number in count():  # some have many, most have one or two
        person = rng.choice(persons[:6]) if number % 3 == 0 else persons[number % len(persons)]
        if person is not gone:
            scripts = (letters_ja if person.japanese else letters_en).SCRIPTS
            files = had[person.address]
            script = rng.choice([each for each in scripts if not each.files & files])
            files |= script.files
            yield person, script


def _lines(talk: Talk, rng: random.Random) -> Iterator[Line]:
    subject = talk.script.subject.format_map(_words(talk))
    thread, turns = Thread(subject=subject), talk.script.turns
    times = [_at_work(talk.ended)]
    for _turn in turns[1:]:
        times.append(_at_work(times[-1] - timedelta(minutes=rng.randrange(20, 1300))))
    for place, (turn, at) in enumerate(zip(turns, reversed(times), strict=True)):
        activity = Activity(kind=Activity.Kind.EMAIL, at=at, by=talk.us)
        yield Line(talk, turn, place, thread, activity)


def _at_work(at: datetime) -> datetime:
    """Nobody writes at night: the evening before."""
    if at.hour >= 18:
        return at.replace(hour=17)
    return at if at.hour >= 8 else at.replace(hour=17) - timedelta(days=1)


def _tell(lines: Sequence[Line], rows: Rows, stored: dict[str, dict[str, Any]]) -> None:
    """The rows of one conversation."""
    before = None
    for line in lines:
        email = _email(line, before)
        rows.emails.append(email)
        rows.ids.append(MessageId(value=normal(email.message_id), email_id=email.pk))
        rows.participants += _participants(line)
        rows.places += places(line.activity, line.talk.person, line.thread.pk)
        if line.turn.file:
            rows.attachments.append(Attachment(activity_id=email.pk, **stored[line.turn.file]))
        before = email


def _words(talk: Talk) -> dict[str, Any]:
    """What stands in the braces of a script."""
    contact, n = talk.person.contact, (3, 5, 8, 12, 20)[talk.number % 5]
    if talk.person.japanese:
        return {"them": contact.last_name, "us": US_JA.get(talk.us.name, talk.us.name), "n": n}
    return {"them": contact.first_name, "us": talk.us.name.split()[0], "n": n}


def _email(line: Line, before: Email | None) -> Email:
    talk, turn, values = line.talk, line.turn, _words(line.talk)
    ours = turn.who == "us"
    text = turn.text.format_map(values)
    quote = _quoted(talk, before) if before else ""
    again = "Re: " if before else ""
    domain = DOMAIN if ours else talk.person.address.partition("@")[2]
    bounced = turn.kind == "bounced"
    status = Email.Status.SENT if ours else Email.Status.LOGGED
    return Email(
        activity_id=line.activity.pk,
        thread_id=line.thread.pk,
        answers_id=before.pk if before else None,
        direction=Email.Direction.OUTGOING if ours else Email.Direction.INCOMING,
        subject=again + talk.script.subject.format_map(values),
        text=text + quote,
        html=turn.html.format_map(values),
        reply_length=len(text),
        message_id=f"demo.{talk.number}.{line.place}@{domain}",
        source=Email.Source.SENT if ours else Email.Source.REPLY,
        reason_rule="" if ours else "reply",
        reason_message_id=before.message_id if before and not ours else "",
        status=Email.Status.BOUNCED if bounced else status,
        error=NO_SUCH_USER.format(address=talk.person.address) if bounced else "",
        auto_reply=turn.kind == "auto_reply",
        new_participant=turn.who == "other",
    )


def _quoted(talk: Talk, before: Email) -> str:
    who = talk.us.name if before.direction == "outgoing" else talk.person.contact.name
    heading = f"{who}のメール:" if talk.person.japanese else f"{who} wrote:"
    lines = before.text[: before.reply_length].splitlines()
    return "\n".join(["\n", heading, *(f"> {line}".rstrip() for line in lines)]) + "\n"


def _participants(line: Line) -> Iterator[Participant]:
    talk, turn, email_id = line.talk, line.turn, line.activity.pk
    contact, address = talk.person.contact, talk.person.address
    us = {"name": talk.us.name, "address": talk.us.email}
    them: dict[str, Any] = {"name": contact.name, "address": address, "contact_id": contact.pk}
    if turn.kind == "bounced":
        them |= {"status": "bounced", "server_said": NO_SUCH_USER.format(address=address)}
    robin = f"robin.falk@{address.partition('@')[2]}"
    other = {"name": "Robin Falk", "address": robin, "stranger": True}  # offered as a contact
    sender = {"us": us, "them": them, "other": other}[turn.who]
    yield Participant(email_id=email_id, role="from", **sender)
    yield Participant(
        email_id=email_id, role="to", position=1, **(them if turn.who == "us" else us)
    )
    if turn.who == "other":
        yield Participant(email_id=email_id, role="cc", position=2, **them)


def places(activity: Activity, person: Person, thread_id: int | None) -> Iterator[Association]:
    """The contact, its company and its open deals, as `crm.timeline.record` does for one."""
    copies: dict[str, Any] = {"activity_id": activity.pk, "at": activity.at, "thread_id": thread_id}
    yield Association(contact_id=person.contact.pk, **copies)
    yield Association(company_id=person.contact.company_id, **copies)
    for deal in person.deals:
        if deal.stage.outcome == Stage.Outcome.OPEN:
            yield Association(deal_id=deal.pk, **copies)
