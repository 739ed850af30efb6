"""The only writer of e-mail engagements: incoming and outgoing, each message once (M10, M14)."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from crm import notices, timeline
from crm.models import Activity, Attachment, Contact, Email, Participant, Reader, User
from crm.models.attachments import store_content
from inbox import arrivals, newcomers, threads
from inbox.arrivals import Arrival
from inbox.bounces import record_bounce
from inbox.mime import quotes, words
from inbox.mime.ids import normal
from inbox.mime.types import Address, ParsedAttachment, ParsedMessage
from inbox.models import Folder, Mailbox, MailboxCopy, MessageId, Outgoing
from inbox.newcomers import Newcomers, People
from inbox.wire.structure import Outlined

Meet = Callable[[People, Collection[str]], Newcomers]

MOST_TEXT = 1_000_000  # characters of a body that are kept; longer ones are robots'


@dataclass(frozen=True)
class StoredFile:
    """A file whose bytes lie in the storage at `path`; "" where only its name is recorded."""

    name: str
    content_type: str
    size: int
    content_id: str
    inline: bool
    path: str


@dataclass(frozen=True)
class Letter:
    """An e-mail to be logged as outgoing, before anything of it leaves (M23)."""

    mailbox: Mailbox
    by: User
    at: datetime
    message_id: str
    recipients: Sequence[tuple[str, Address]]  # (role, who)
    subject: str
    text: str
    html: str
    answers: Email | None


def store_files(attachments: Iterable[ParsedAttachment]) -> list[StoredFile]:
    """Put the bytes into the storage, before and outside of any transaction."""
    return [
        StoredFile(
            file.name, file.content_type, file.size, file.content_id, file.inline, _keep(file)
        )
        for file in attachments
    ]


def name_files(outlined: Iterable[Outlined]) -> list[StoredFile]:
    """Files recorded by name and size alone, since their message is above the limit (M18)."""
    return [
        StoredFile(
            name=words.decode(file.name) or file.content_type,
            content_type=file.content_type,
            size=file.size,
            content_id="",
            inline=False,
            path="",
        )
        for file in outlined
    ]


def _keep(file: ParsedAttachment) -> str:
    return store_content(file.content) if len(file.content) == file.size else ""


# --- mail that was found --------------------------------------------------------------------------


@transaction.atomic(savepoint=False)
def log_incoming(
    parsed: ParsedMessage, files: Sequence[StoredFile], arrival: Arrival
) -> Email | None:
    """Log a message that a Reason allowed to be read. None: a report about mail that is not ours.

    A message that another mailbox or another look has logged meanwhile is only given its copy.
    """
    about = reported(parsed)
    answers = about or arrival.answers
    if answers is None and arrival.reason.rule == "reply":
        return None
    if MessageId.objects.holds(arrival.identity):
        return _logged_already(arrival)
    try:
        with transaction.atomic():
            email = _log(parsed, files, arrival, answers)
    except IntegrityError:  # somebody logged it between the look-up and now: M10
        return _logged_already(arrival)
    if parsed.bounce and about:
        record_bounce(parsed.bounce, about)
    return email


def _logged_already(arrival: Arrival) -> Email | None:
    row = MessageId.objects.known([], erased=[arrival.identity])[arrival.identity]
    email: Email | None = row.email  # None: it was erased here (M48)
    if email:
        note_copy(email, arrival.mailbox, arrival.folder, arrival.uid)
    return email


def reported(parsed: ParsedMessage) -> Email | None:
    """The e-mail of ours that a delivery report is about: what it returns, else what it answers.

    Not what its References name: those may be older mails of the conversation, which arrived.
    """
    if parsed.bounce is None:
        return None
    ids = [normal(value) for value in (*parsed.bounce.original_ids, *parsed.in_reply_to)]
    rows = MessageId.objects.known(ids)
    named = (rows[value].email for value in ids if value in rows)
    return next((row for row in named if row and row.direction == Email.Direction.OUTGOING), None)


def _log(
    parsed: ParsedMessage, files: Sequence[StoredFile], arrival: Arrival, answers: Email | None
) -> Email:
    email = _write_email(parsed, arrival, answers)
    MessageId.objects.note(arrival.identity, email, dated=arrival.dated)
    note_copy(email, arrival.mailbox, arrival.folder, arrival.uid)
    people = arrivals.people(parsed)
    found = _write_participants(email, people, _newcomers(parsed, email, arrival))
    _write_files(email.activity, files)
    contacts = _contacts(found, email.direction, arrivals.sender(parsed), answers)
    timeline.record(email.activity, contacts=contacts, thread=email.thread)
    _link(email, parsed, arrival)
    _let_in_who_wrote(email, answers)
    if email.direction == Email.Direction.INCOMING and answers and not email.unproven:
        confirm_delivery(answers, arrival.arrived_at)
        _tell(email, people, contacts, arrival.mailbox)
    return email


def _link(email: Email, parsed: ParsedMessage, arrival: Arrival) -> None:
    """What it names and is not here yet is waited for; what waited for it becomes its answer."""
    if parsed.kind == "normal":
        named = (*parsed.in_reply_to, *reversed(parsed.references))
        threads.await_nearer(email, [normal(value) for value in named])
    threads.arrived([arrival.identity], email)


def _let_in_who_wrote(email: Email, answers: Email | None) -> None:
    """An answer to what somebody has made private is for them, whoever's mailbox it came to."""
    writer = answers.activity.by if answers else None
    if email.private and writer and writer.pk != email.activity.by_id:
        Reader.objects.create(email=email, user=writer, let_in=True)


def _newcomers(parsed: ParsedMessage, email: Email, arrival: Arrival) -> Meet:
    """Nobody is met through a robot, or through who is not proven; who joined unasked is offered,
    no more (M7, M55)."""
    if parsed.from_robot or email.unproven:
        return lambda people, known: newcomers.NOBODY
    ask, ours = email.new_participant, arrival.outgoing
    return partial(newcomers.meet, mailbox=arrival.mailbox, by=arrival.user, ask=ask, ours=ours)


def _tell(email: Email, people: People, contacts: Sequence[Contact], mailbox: Mailbox) -> None:
    """Whose contacts they are that a person's answer stands on; each is told once."""
    if email.auto_reply:
        return
    sender = next((person.name[:300] or person.address for _role, person in people), "")
    told: set[int] = set()
    for contact in contacts:
        user = contact.owner or mailbox.owner
        user = user if email.shows_people_to(user) else mailbox.owner  # M53
        if user.pk not in told:
            subject = email.summary() if email.shows_subject_to(user) else ""
            name = sender or str(contact)
            about = {"contact": contact.pk, "email": email.pk}
            notices.tell(user, "reply", **about, name=name, subject=subject)
            told.add(user.pk)


def _write_email(parsed: ParsedMessage, arrival: Arrival, answers: Email | None) -> Email:
    by, place = arrival.user, _place(parsed, answers, outgoing=arrival.outgoing)
    activity = Activity.objects.create(
        kind=Activity.Kind.EMAIL, at=arrivals.moment(arrival, answers), by=by
    )
    return Email.objects.create(
        activity=activity,
        thread=place.thread,
        answers=answers,
        apart=place.apart,
        direction=Email.Direction.OUTGOING if arrival.outgoing else Email.Direction.INCOMING,
        subject=parsed.subject[:998],
        text=parsed.text[:MOST_TEXT],
        html=parsed.html[:MOST_TEXT],
        reply_length=_reply_length(parsed.text, parsed.reply_text, parsed.quoted_text),
        message_id=parsed.message_id[:998],
        invitation=_event(parsed),
        source=Email.Source(arrival.reason.rule),
        reason_rule=arrival.reason.rule,
        reason_message_id=arrivals.known_id(parsed, arrival, answers),
        auto_reply=parsed.kind != "normal",
        new_participant=arrivals.joined(parsed, arrival, answers),
        unproven=arrival.unproven,
        visibility=arrival.mailbox.visibility,
        private=place.thread.private or bool(answers and answers.private),
    )


def _event(parsed: ParsedMessage) -> Any:
    """Its invitation as JSON, moments in ISO 8601."""
    if parsed.invitation is None:
        return None
    return json.loads(json.dumps(asdict(parsed.invitation), default=str))


def _place(parsed: ParsedMessage, answers: Email | None, *, outgoing: bool) -> threads.Place:
    """What machines write is about what it answers, whatever its subject and sender say."""
    if answers and (parsed.kind != "normal" or parsed.from_robot):
        return threads.Place(answers.thread, answers.apart and Email.Apart.FOLLOWS)
    roles = {Participant.Role.TO, Participant.Role.CC, Participant.Role.BCC}
    roles |= set() if outgoing else {Participant.Role.FROM}
    people = {person.address for role, person in arrivals.people(parsed) if role in roles}
    return threads.place(answers, parsed.subject, people)


def _reply_length(text: str, reply: str, quoted: str) -> int:
    """Where the quoted text begins; all is new where the new text does not lead the body."""
    leads = bool(quoted) and text.startswith(reply)
    return min(len(reply) if leads else len(text), MOST_TEXT)


def _contacts(
    found: Mapping[str, Contact], direction: str, sender: str, answers: Email | None
) -> list[Contact]:
    """The contacts among its people. Where whom we wrote to, or who wrote to us, is none, it
    stands with the e-mail that it answers too: a colleague in Cc is not whom it is about."""
    contacts = set(found.values())
    outgoing = direction == Email.Direction.OUTGOING
    if answers and not (found.keys() - {sender} if outgoing else sender in found):
        contacts.update(Contact.objects.kept().filter(associations__activity=answers.activity_id))
    return list(contacts)


def note_copy(email: Email, mailbox: Mailbox, folder: Folder, uid: int) -> None:
    """Remember where a copy of it lies, and let the strictest of its mailboxes decide (M53)."""
    assert folder.uidvalidity is not None  # it was examined before anything was found in it
    _copy, new = MailboxCopy.objects.get_or_create(
        email=email, mailbox=mailbox, folder=folder, uidvalidity=folder.uidvalidity, uid=uid
    )
    strictness = Email.Visibility.values
    if new and strictness.index(mailbox.visibility) > strictness.index(email.visibility):
        email.visibility = mailbox.visibility
        email.save(update_fields=["visibility"])


def these_alone(emails: Collection[Email], folder: Folder, uid: int) -> None:
    """Whatever else was known to lie there lies there no more: a server that was restored gave the
    place to another message. One message is several e-mails where it forwards several (M16)."""
    place = {"folder": folder, "uidvalidity": folder.uidvalidity, "uid": uid}
    others = MailboxCopy.objects.filter(**place).exclude(email__in=emails)
    others.update(folder=None, uidvalidity=None, uid=None)


def confirm_delivery(email: Email, now: datetime) -> None:
    """An answer, or a copy in Sent, proves that an e-mail was delivered, whatever was thought of
    it: of unknown fate, refused, or waiting to be sent again (M23)."""
    states = Outgoing.State
    undecided = Q(state=states.UNKNOWN) | Q(
        state__in=[states.QUEUED, states.FAILED], claimed_until__lte=timezone.now()
    )
    rows = Outgoing.objects.filter(undecided, email=email)
    if rows.update(state=states.SENT, sent_at=now, copy_due_at=now):
        email.status = Email.Status.SENT
        email.error = ""
        email.save(update_fields=["status", "error"])
        timeline.touch(email.activity)


def is_answered(email: Email) -> bool:
    """Whether an answer to it, or a report about it, was logged: then it left (M23)."""
    near = Q(thread=email.thread_id) | Q(answers=email)  # it may have been split off
    found: bool = Email.objects.filter(
        near,
        direction=Email.Direction.INCOMING,
        reason_message_id__in=email.message_ids.values("value"),
    ).exists()
    return found


# --- mail that is to be sent ----------------------------------------------------------------------


@transaction.atomic(savepoint=False)
def log_outgoing(letter: Letter, files: Sequence[StoredFile]) -> Email:
    """Put an e-mail on the timeline before it is sent, with the id that it will carry (M23)."""
    people = {who.address for role, who in letter.recipients if role != Participant.Role.FROM}
    place = threads.place(letter.answers, letter.subject, people)
    activity = Activity.objects.create(kind=Activity.Kind.EMAIL, at=letter.at, by=letter.by)
    email = Email.objects.create(
        activity=activity,
        thread=place.thread,
        answers=letter.answers,
        apart=place.apart,
        direction=Email.Direction.OUTGOING,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        reply_length=_reply_length(letter.text, *quotes.split(letter.text)),
        message_id=letter.message_id,
        source=Email.Source.SENT,
        status=Email.Status.QUEUED,
        visibility=letter.mailbox.visibility,
        private=place.thread.private or bool(letter.answers and letter.answers.private),
    )
    MessageId.objects.note(normal(letter.message_id), email, MessageId.Origin.OWN)
    meet = partial(newcomers.meet, mailbox=letter.mailbox, by=letter.by, ask=False, ours=True)
    found = _write_participants(email, letter.recipients, meet)
    _write_files(activity, files)
    timeline.record(activity, contacts=set(found.values()), thread=place.thread)
    return email


# --- both -----------------------------------------------------------------------------------------


def _write_participants(email: Email, people: People, meet: Meet) -> Mapping[str, Contact]:
    """Write who is named in it; return the contacts among them, by address."""
    known = Contact.objects.with_addresses({person.address for _role, person in people})
    new = meet(people, known)
    found: Mapping[str, Contact] = {**known, **new.made}
    Participant.objects.bulk_create(
        Participant(
            email=email,
            role=role,
            name=person.name[:300],
            address=person.address[:320],
            position=position,
            contact=found.get(person.address.lower()),
            stranger=person.address.lower() in new.offered,
        )
        for position, (role, person) in enumerate(people)
    )
    return found


def _write_files(activity: Activity, files: Sequence[StoredFile]) -> None:
    Attachment.objects.bulk_create(
        Attachment(
            activity=activity,
            name=file.name[:255],
            content_type=file.content_type[:127],
            size=file.size,
            content_id=file.content_id[:255],
            inline=file.inline,
            path=file.path,
            not_stored="" if file.path else Attachment.NotStored.TOO_LARGE,
        )
        for file in files
    )
