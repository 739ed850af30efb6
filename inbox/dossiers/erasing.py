"""Erase a person (M36), by way of the Trash or not: nothing of them comes back, a receipt counts.

What stands on them alone is erased. What stands on another contact as well stays there without
them: an address that says nothing takes the place of theirs, what they wrote and what quotes it
goes, their names are struck out. Ids of what was erased, and their addresses, stay as keyed hashes:
so no look brings the mail back (M48), nor makes them a contact again. Every step can be done again.
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from crm import restoring, retention
from crm.lib.striking import NOBODY
from crm.models import Activity, Contact, Hold, User
from crm.trash import Trashed
from inbox.dossiers import exporting, letters, traces
from inbox.dossiers.person import Person
from inbox.models import ErasedAddress, Erasure, ExportRun

BATCH = 50
_logger = logging.getLogger(__name__)


def blocked_by(contact: Contact) -> Hold | None:
    """The legal hold that forbids it: on the contact, on a deal of theirs, or on a record that what
    is on their timeline stands on as well (M57)."""
    theirs = Q(contact=contact) | Q(deal__contacts=contact)
    own: Hold | None = Hold.objects.active().filter(theirs).first()
    if own:
        return own
    mail = Person.of(contact).emails().values("pk")
    timeline = Q(associations__contact=contact) | Q(pk__in=mail)
    activities = Activity.objects.filter(timeline).values("pk")
    places = Hold.objects.active()
    for noun in ("company", "deal", "contact"):
        held = places.filter(**{f"{noun}__associations__activity__in": activities})
        if found := held.first():
            return found
    return None


def outlook(contact: Contact) -> dict[str, int]:
    """How much it would be: of e-mails those that go and those that stay, struck; notes, tasks."""
    person = Person.of(contact)
    elsewhere = person.others().values("activity")
    emails, own = person.emails(), Activity.objects.filter(associations__contact=contact)
    gone = emails.exclude(pk__in=elsewhere).count()
    notes = own.exclude(kind=Activity.Kind.EMAIL).exclude(pk__in=elsewhere).count()
    return {"emails": gone, "shared": emails.count() - gone, "notes": notes}


def ask(contact: Contact, *, by: User) -> Erasure:
    """Have them erased within seconds. Raises retention.OnHold."""
    if blocked_by(contact):
        raise retention.OnHold
    try:
        with transaction.atomic():
            ErasedAddress.objects.note(Person.of(contact).addresses)
            row: Erasure = Erasure.objects.create(contact=contact, by=by)
    except IntegrityError:  # it was pressed twice
        row = Erasure.objects.open().get(contact=contact)
    return row


def is_held(row: Any) -> bool:
    """Whether a legal hold keeps it in the Trash."""
    return bool(blocked_by(row)) if isinstance(row, Contact) else retention.is_held(row)


def from_trash(rows: Collection[Trashed], *, by: User) -> list[Trashed]:
    """Erase what was chosen in the Trash: a contact as a person is erased, within seconds; the rest
    now, with what stands on nothing else. Returns those that a legal hold keeps."""
    held = []
    people = [trashed for trashed in rows if isinstance(trashed.row, Contact)]
    for trashed in people:
        try:
            ask(trashed.row, by=by)
        except retention.OnHold:
            held.append(trashed)
    return held + restoring.erase(trashed for trashed in rows if trashed not in people)


def goes_along(rows: Collection[Trashed]) -> dict[str, int]:
    """How much goes with what was chosen, for who has to confirm it: that of `outlook`."""
    counts = Counter(emails=0, shared=0, notes=0)
    for trashed in rows:
        if isinstance(trashed.row, Contact):
            counts.update(outlook(trashed.row))
        elif not isinstance(trashed.row, Activity):
            alone = retention.standing_alone(trashed.row)
            emails = alone.filter(kind=Activity.Kind.EMAIL).count()
            counts.update(emails=emails, notes=alone.count() - emails)
    return counts


def carry_out(erasure: Erasure) -> None:
    """Do it, or go on with what an attempt that died has left."""
    contact = erasure.contact
    if contact is None:
        _finish(erasure, Counter(erasure.counts))
    elif blocked_by(contact):  # placed meanwhile
        _finish(erasure, Counter(refused_by_hold=1))
    else:
        _erase(erasure, Person.of(contact))


def _erase(erasure: Erasure, person: Person) -> None:
    counts: Counter[str] = Counter(erasure.counts)
    for name, work in _steps(erasure, person):
        counts[name] += work
        erasure.change(counts=dict(counts))
        erasure.hold()
    addresses = person.contact.addresses.count()
    retention.erase(person.contact)
    counts.update(addresses=addresses, contacts=1)
    if person.participants().exists():  # mail that was logged meanwhile
        for name, work in _mail(erasure, person):
            counts[name] += work
    _finish(erasure, counts)


def _steps(erasure: Erasure, person: Person) -> Iterator[tuple[str, int]]:
    yield "archives", exporting.drop(ExportRun.objects.all())  # others may be about them as well
    yield "drafts", traces.drafts(person)
    yield "notifications", traces.notices(person)
    yield "undo_entries", traces.undo_entries(person)
    yield "sequences_struck", traces.enrolments(person)
    yield "unreadable_messages", traces.put_aside(person)
    yield "administration_log", traces.admin_log(person)
    yield from _strike_records(person)
    yield from _mail(erasure, person)
    yield "never_log_entries_kept", traces.never_log_entries(person)
    yield "mentions", traces.mentions(person)


def _mail(erasure: Erasure, person: Person) -> Iterator[tuple[str, int]]:
    yield from letters.strike_shared(person, f"erased-{erasure.pk}{NOBODY}")
    for kind, pks in _batches(person):
        yield f"{kind}s", _erase_activities(pks)


def _batches(person: Person) -> Iterator[tuple[str, list[int]]]:
    """What stands on them alone, by its kind: all that does not stand on another contact."""
    elsewhere = person.others().values("activity")
    theirs = Activity.objects.filter(associations__contact=person.contact)
    for kind in Activity.Kind.values:
        rows = Activity.objects.filter(pk__in=person.emails().values("pk"))
        rows = rows if kind == Activity.Kind.EMAIL else theirs.filter(kind=kind)
        pks = rows.exclude(pk__in=elsewhere).values_list("pk", flat=True).distinct()
        while some := list(pks.order_by("pk")[:BATCH]):
            yield kind, some


def _erase_activities(pks: Collection[int]) -> int:
    for row in Activity.objects.filter(pk__in=pks):
        retention.erase(row)
    return len(pks)


def _strike_records(person: Person) -> Iterator[tuple[str, int]]:
    """Notes and tasks that stand on others too, and the names of their deals."""
    shared = Activity.objects.filter(associations__contact=person.contact).with_details()
    changed = 0
    for activity in shared.filter(pk__in=person.others().values("activity")):
        column = {"note": "text", "task": "title"}.get(activity.kind)
        if column:
            changed += traces.strike_names(activity.detail, person, column)
    yield "notes_and_tasks_struck", changed
    deals: Any = person.contact.deals.all()
    yield "deals_struck", sum(traces.strike_names(deal, person, "name") for deal in deals)


def _finish(erasure: Erasure, counts: Counter[str]) -> None:
    kept = {name: count for name, count in sorted(counts.items()) if count}
    erasure.change(counts=kept, finished_at=timezone.now())
    _logger.info("erasure %s is done", erasure.pk)
