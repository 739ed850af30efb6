"""The only writer of e-mail engagements: incoming and outgoing, each message once (M10, M14).

E-mails are written as lists, in a number of statements that does not depend on their length; one
alone is a list of one. What each means is decided in memory, in their order, from what was loaded
for all: so the later ones see the earlier ones, and the rows are those that one by one would make.

    intake ─► threads and activities ─► place, meet ─► e-mails and what hangs on them ─► tell, touch
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import prefetch_related_objects

from crm import notices, timeline
from crm.models import (
    Activity,
    Association,
    Attachment,
    Contact,
    Email,
    Participant,
    Reader,
    Thread,
    User,
)
from crm.timeline import Standing
from inbox import deliveries, files, intake, threads
from inbox.arrivals import Arrival
from inbox.bounces import record_bounce
from inbox.entries import Entry, People
from inbox.files import StoredFile
from inbox.mime import quotes
from inbox.mime.ids import normal
from inbox.models import Mailbox, MessageId
from inbox.models.identities import our_addresses
from inbox.newcomers import Newcomers


@dataclass(frozen=True)
class Letter:
    """An e-mail to be logged as outgoing, before anything of it leaves (M23)."""

    mailbox: Mailbox
    by: User
    at: datetime
    message_id: str
    recipients: People
    subject: str
    text: str
    html: str
    answers: Email | None


# --- mail that was found --------------------------------------------------------------------------


def log_found(found: Sequence[Arrival]) -> list[Email | None]:
    """Log messages that a Reason allowed to be read, in their order; to be called in a transaction.

    None: a report about mail that is not ours, or what was erased here (M48). What is logged
    already, by another mailbox or another look, is that e-mail. Raises IntegrityError where
    somebody logs the same at this moment: done again, it is found (crm/races.py).
    """
    emails: list[Email | None] = []
    while len(emails) < len(found):
        emails += _log_some(found[len(emails) :])
    return emails


@transaction.atomic(savepoint=False)
def _log_some(found: Sequence[Arrival]) -> list[Email | None]:
    taken = intake.take_in(found)
    _write(taken.entries)
    timeline.touch_all(_effects(taken.entries))
    if taken.awaited:
        last = taken.entries[-1]
        threads.arrived([last.message_id.value], last.email)
    return taken.emails


def _effects(entries: Sequence[Entry]) -> list[int]:
    """What they say of what they answer, and who is told of them; the activities that changed."""
    _tell(entries)
    touched = [entry.email.pk for entry in entries]
    answered = {entry.email.answers_id or 0 for entry in entries if _is_heard(entry)}
    undecided = deliveries.undecided(answered) if answered else set()
    for entry in entries:
        answers, arrival = entry.email.answers, entry.arrival
        assert arrival is not None  # they were found
        if answers and answers.pk in undecided and _is_heard(entry):
            undecided.discard(answers.pk)
            deliveries.confirm_delivery(answers, arrival.arrived_at)
            touched.append(answers.pk)
        if arrival.parsed.bounce and entry.about:
            record_bounce(arrival.parsed.bounce, entry.about)
            touched.append(entry.about.pk)
    return touched


def _is_heard(entry: Entry) -> bool:
    """Whether it is an answer of theirs, and not in name alone."""
    return bool(entry.email.answers) and not (entry.outgoing or entry.email.unproven)


def _tell(entries: Sequence[Entry]) -> None:
    """Whose contacts they are that a person's answer stands on; each is told once of each."""
    heard = [entry for entry in entries if _is_heard(entry) and not entry.email.auto_reply]
    prefetch_related_objects([c for entry in heard for c in entry.contacts], "owner")
    shy = [e.email for e in heard if e.email.private or e.email.visibility != "everything"]
    prefetch_related_objects(shy, "readers")
    notices.tell_all(one for entry in heard for one in _news(entry))


def _news(entry: Entry) -> Iterator[tuple[User, str, notices.Values]]:
    email, owner = entry.email, entry.mailbox.owner
    sender = next((person.name[:300] or person.address for _role, person in entry.people), "")
    told: set[int] = set()
    for contact in entry.contacts:
        user = contact.owner or owner
        user = user if email.shows_people_to(user) else owner  # M53
        if user.pk not in told:
            subject = email.summary() if email.shows_subject_to(user) else ""
            about = {"contact": contact.pk, "email": email.pk}
            yield user, "reply", {**about, "name": sender or str(contact), "subject": subject}
            told.add(user.pk)


# --- mail that is to be sent ----------------------------------------------------------------------


@transaction.atomic(savepoint=False)
def log_outgoing(letter: Letter, stored: Sequence[StoredFile]) -> Email:
    """Put an e-mail on the timeline before it is sent, with the id that it will carry (M23)."""
    answers = letter.answers
    thread = answers.thread if answers else Thread(subject=letter.subject[:998])
    email = Email(
        activity=Activity(kind=Activity.Kind.EMAIL, at=letter.at, by=letter.by),
        thread=thread,
        answers=answers,
        direction=Email.Direction.OUTGOING,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        reply_length=intake.reply_length(letter.text, *quotes.split(letter.text)),
        message_id=letter.message_id,
        source=Email.Source.SENT,
        status=Email.Status.QUEUED,
        visibility=letter.mailbox.visibility,
        private=thread.private or bool(answers and answers.private),
    )
    own = MessageId(value=normal(letter.message_id), email=email, origin=MessageId.Origin.OWN)
    _write([Entry(email, own, letter.mailbox, letter.recipients, stored)])
    timeline.touch(email.activity)
    return email


# --- both -----------------------------------------------------------------------------------------


def _write(entries: Sequence[Entry]) -> None:
    """Decide what is not decided of them by themselves, and write them down: rows that others may
    wait for in one order of tables, and of keys in each."""
    if not entries:
        return
    emails = [entry.email for entry in entries]
    ours = our_addresses()
    talks = threads.Talks({e.answers.thread_id for e in emails if e.answers} - {None}, ours)
    newcomers = Newcomers({a for entry in entries for a in entry.addresses}, ours)
    begun = [email.thread for email in emails if email.answers is None]
    Thread.objects.bulk_create(begun)
    Activity.objects.bulk_create(email.activity for email in emails)
    for entry in entries:
        talks.place(entry)
        newcomers.meet(entry)
    Email.objects.bulk_create(emails)
    MessageId.objects.note_all([entry.message_id for entry in entries])
    _write_people(entries, newcomers)
    Attachment.objects.bulk_create(
        row for entry in entries for row in files.rows_of(entry.email.activity, entry.files)
    )
    _put_on_records(entries)
    threads.await_nearer(entries)
    Reader.objects.bulk_create(
        Reader(email=email, user_id=writer, let_in=True)
        for email in emails
        if _is_hidden(email) and (writer := _other_writer(email))
    )


def _is_hidden(email: Email) -> bool:
    """An answer that others do not see. Of an incoming letter the owner is no writer: only what is
    private is theirs as the whole conversation is."""
    shy = email.visibility != Email.Visibility.EVERYTHING
    answers = email.answers
    return email.private or bool(shy and answers and answers.direction == Email.Direction.OUTGOING)


def _other_writer(email: Email) -> int | None:
    """An answer to what somebody wrote is for them, whoever's mailbox it came to first."""
    writer = email.answers.activity.by_id if email.answers else None
    return writer if writer != email.activity.by_id else None


def _write_people(entries: Sequence[Entry], newcomers: Newcomers) -> None:
    contacts = newcomers.made()
    Participant.objects.bulk_create(
        Participant(
            email=entry.email,
            role=role,
            name=person.name[:300],
            address=person.address[:320],
            position=position,
            contact=contacts[address]
            if (address := person.address.lower()) in entry.linked
            else None,
            stranger=address in entry.offered,
        )
        for entry in entries
        for position, (role, person) in enumerate(entry.people)
    )
    for entry in entries:
        named = (person.address.lower() for _role, person in entry.people)
        entry.contacts = _unique(contacts[each] for each in named if each in entry.linked)


def _put_on_records(entries: Sequence[Entry]) -> None:
    """On those of the contacts among its people. Where whom we wrote to, or who wrote to us, is
    none, what was found stands with the e-mail that it answers too: a colleague in Cc is not whom
    it is about."""
    following = {entry.email.answers_id or 0 for entry in entries if _follows(entry)}
    standing = _contacts_of(following)
    for entry in entries:
        if _follows(entry):
            entry.contacts = _unique([*entry.contacts, *standing[entry.email.answers_id or 0]])
        standing[entry.email.pk] = entry.contacts
    timeline.associate(
        Standing(entry.email.activity, entry.contacts, entry.email.thread) for entry in entries
    )


def _unique(contacts: Iterable[Contact]) -> list[Contact]:
    """Each once, in their order: who wrote it comes first, and that is whom a notice leads to."""
    return list(dict.fromkeys(contacts))


def _follows(entry: Entry) -> bool:
    if entry.arrival is None or entry.email.answers is None:
        return False
    linked = set(entry.linked)
    return not (linked - {entry.sender} if entry.outgoing else entry.sender in linked)


def _contacts_of(emails: Collection[int]) -> defaultdict[int, Collection[Contact]]:
    found: defaultdict[int, Collection[Contact]] = defaultdict(list)
    if emails:
        rows = Association.objects.filter(activity__in=emails, contact__deleted_at=None)
        for row in rows.select_related("contact").order_by("pk"):
            found[row.activity_id] = [*found[row.activity_id], *filter(None, [row.contact])]
    return found
