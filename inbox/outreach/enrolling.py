"""Who is put into a sequence: each is looked at first, and what is amiss is named (M25)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from crm.models import Activity, Association, Contact, Participant, User
from inbox.models import Enrolment, Mailbox, OptOut, SendingHours, Step
from inbox.models import Sequence as Steps
from inbox.outreach import letters
from inbox.outreach.hours import add_days
from inbox.outreach.sequences import hours_of

MOST = 200  # contacts at once
LATELY = timedelta(days=7)  # who has exchanged mail since then is in conversation
REMEMBERED = timedelta(days=180)  # how long a bounce counts
Flags = tuple[str, ...]
# What nobody can overrule; `talking` alone is a question of tact.
FORBIDS = ("no_address", "opted_out", "enrolled", "bounced", "missing")


@dataclass(frozen=True)
class Candidate:
    """Somebody as they would be enrolled: their first e-mail, and what speaks against it."""

    contact: Contact
    letter: letters.Written | None  # None where no step is an e-mail
    flags: Flags = ()

    @property
    def possible(self) -> bool:
        return not set(self.flags) & set(FORBIDS)

    @property
    def by_default(self) -> bool:
        return not self.flags


def candidates(
    sequence: Steps,
    contacts: Collection[Contact],
    *,
    by: User,
    mailbox: Mailbox | None,
    now: datetime,
) -> list[Candidate]:
    """Each with the first e-mail that they would get. Eight queries, whatever their number.

    `contacts` are those that `by` may see, with `addresses` prefetched.
    """
    flagged = _flags(contacts, now)
    emails = Step.objects.kept().filter(sequence=sequence, kind=Step.Kind.EMAIL)
    steps = list(emails.order_by("position", "pk"))
    abouts = letters.abouts(contacts, by)
    found = []
    for contact in contacts:
        written = [
            letters.written(step, abouts[contact.pk], by=by, mailbox=mailbox) for step in steps
        ]
        missing = any(letter.missing for letter in written)
        flags = (*flagged.get(contact.pk, ()), *(("missing",) if missing else ()))
        found.append(Candidate(contact, _shown(written), flags))
    return found


def _shown(written: Sequence[letters.Written]) -> letters.Written | None:
    """The first one, with what is missing in any of them."""
    if not written:
        return None
    first = written[0]
    missing = dict.fromkeys(name for letter in written for name in letter.missing)
    return letters.Written(first.subject, first.html, first.text, tuple(missing))


def _flags(contacts: Collection[Contact], now: datetime) -> dict[int, Flags]:
    addresses = {each.pk: [row.address for row in each.addresses.all()] for each in contacts}
    every = {address for rows in addresses.values() for address in rows}
    opted_out = OptOut.objects.among(every)
    bounced = _bounced(contacts, every, now)
    running = Enrolment.objects.running().filter(contact__in=contacts)
    enrolled = set(running.values_list("contact", flat=True))
    talking = _talking(contacts, now)
    found = {}
    for pk, theirs in addresses.items():
        flags = {
            "no_address": not theirs,
            "opted_out": bool(opted_out.intersection(theirs)),
            "enrolled": pk in enrolled,
            "bounced": bool(theirs and theirs[0] in bounced),
            "talking": pk in talking,
        }
        found[pk] = tuple(name for name, is_so in flags.items() if is_so)
    return found


def _bounced(contacts: Collection[Contact], addresses: set[str], now: datetime) -> set[str]:
    """Which addresses lately did, in lower case; of an e-mail they are kept as they were typed."""
    meant = Q(address__in=addresses) | Q(contact__in=[each.pk for each in contacts])
    since = now - REMEMBERED
    lost = Participant.objects.filter(meant, status="bounced", email__activity__at__gte=since)
    return {address.lower() for address in lost.values_list("address", flat=True)}


def _talking(contacts: Iterable[Contact], now: datetime) -> set[int]:
    rows = Association.objects.filter(
        contact__in=[each.pk for each in contacts],
        at__gte=now - LATELY,
        activity__kind=Activity.Kind.EMAIL,
        activity__deleted_at=None,
    )
    return set(rows.values_list("contact", flat=True))


def enrol(
    sequence: Steps, chosen: Iterable[Candidate], *, mailbox: Mailbox, by: User, now: datetime
) -> list[Enrolment]:
    """Put in those who may be; the first step is due when its wait is over, in working hours.

    Whom somebody else has enrolled a moment ago is passed over. Raises NeverOpen.
    """
    first = Step.objects.kept().filter(sequence=sequence).order_by("position", "pk").first()
    hours = hours_of(SendingHours.of(by), now)
    due = add_days(hours, now, first.wait_days if first else 0)
    made = []
    for candidate in chosen:
        if not candidate.possible:
            continue
        row = Enrolment(sequence=sequence, contact=candidate.contact, mailbox=mailbox, by=by)
        row.next_step_at, row.claimed_until = due, now
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            continue
        made.append(row)
    return made
