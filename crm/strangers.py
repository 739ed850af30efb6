"""Unknown people in logged mail: who they are, and how one becomes a contact with all that was
exchanged on the timeline (M14)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from crm import timeline
from crm.lib.names import parted
from crm.models import Activity, Association, Audience, Contact, Email, Participant, User
from crm.models.emails import readable_by

BATCH = 200  # e-mails in one transaction
MOST_ROWS = 400  # that are looked through for a handful of people
LONGEST_NAME = 100
_WIDTHS = [Audience.EVERYONE, Audience.TEAM, Audience.OWNER]
_AS_WIDE = {audience: _WIDTHS[: place + 1] for place, audience in enumerate(_WIDTHS)}


class Stranger(NamedTuple):
    """Somebody unknown, with the latest e-mail that names them."""

    address: str
    name: str
    email_id: int
    at: datetime


class Newcomer(NamedTuple):
    """What a contact is made with: its name as it was written, and who owns it."""

    name: str
    by: User | None


def unknown_people(user: User, limit: int = 5) -> list[Stranger]:
    """Who wrote or was written to lately and is no contact, the latest first; one query."""
    return _people(Participant.objects.strangers(user))[:limit]


def others_on(contact: Contact, user: User, limit: int = 5) -> list[Stranger]:
    """Unknown people in the conversations of a contact; one query."""
    rows = Participant.objects.strangers(user)
    return _people(rows.filter(email__activity__associations__contact=contact))[:limit]


def others_in(email: Email, user: User) -> list[Stranger]:
    """Unknown people of one e-mail."""
    return _people(Participant.objects.strangers(user).filter(email=email))


def _people(rows: Any) -> list[Stranger]:
    values = ("address", "name", "email_id", "email__activity__at")
    found: dict[str, Stranger] = {}
    for address, name, email_id, at in rows.order_by("-pk").values_list(*values)[:MOST_ROWS]:
        known = found.setdefault(address.lower(), Stranger(address.lower(), name, email_id, at))
        found[address.lower()] = known._replace(name=known.name or name)
    return list(found.values())


def meet(people: Mapping[str, Newcomer]) -> dict[str, Contact]:
    """The contacts with these addresses (lower case), made where there are none: two statements,
    and three for those that somebody else made meanwhile."""
    try:
        with transaction.atomic():
            return Contact.objects.add_all({a: _contact(who) for a, who in people.items()})
    except IntegrityError:  # somebody was quicker
        known = Contact.objects.with_addresses(people)
        if not known:
            raise
        return known | meet({a: who for a, who in people.items() if a not in known})


def _contact(who: Newcomer) -> Contact:
    given, family = (part[:LONGEST_NAME] for part in parted(who.name))
    return Contact(owner=who.by, first_name=given, last_name=family)


def adopt(address: str, name: str, *, by: User) -> Contact:
    """Make somebody unknown a contact, and put all kept e-mails that name them on its timeline.

    Batch by batch: what was interrupted goes on where it stopped when it is done again.
    """
    address = address.strip().lower()
    contact = meet({address: Newcomer(name, by)})[address]
    rows = Participant.objects.filter(address__iexact=address, email__activity__deleted_at=None)
    _take_all(contact, rows)
    return contact


def take_up(contact: Contact, *, by: User) -> None:
    """Put on its timeline the e-mails that came while it was unknown: before it was typed, while it
    had another address or lay in the Trash. Those alone that `by` may read, and that the contact
    shows to nobody new (M41, M53)."""
    named = Q(pk__in=[])
    for row in contact.addresses.filter(released=False):
        named |= Q(address__iexact=row.address)
    shown = Activity.objects.visible_to(by).filter(pk=OuterRef("email"))
    rows = Participant.objects.filter(named, readable_by(by, "email__"), stranger=True)
    rows = rows.filter(Q(contact=None) | Q(contact__deleted_at__isnull=False), Exists(shown))
    places = Association.objects.filter(activity=OuterRef("email"), contact__isnull=False)
    as_wide = places.filter(contact__audience__in=_AS_WIDE[Audience(contact.audience)])
    _take_all(contact, rows.filter(Exists(as_wide) | ~Exists(places)))


def take_up_what_came(contacts: Collection[int], *, since: datetime, by: User) -> None:
    """`take_up` for those of these contacts whom mail names that was logged since then."""
    if not contacts:
        return
    came = Participant.objects.filter(stranger=True, email__activity__created_at__gte=since)
    named = {address.lower() for address in came.order_by().values_list("address", flat=True)}
    rows = Contact.objects.kept().filter(addresses__address__in=named, pk__in=contacts)
    for contact in rows.distinct() if named else ():
        take_up(contact, by=by)


def _take_all(contact: Contact, rows: Any) -> None:
    left = rows.exclude(contact=contact).order_by("pk")
    while batch := list(left.values_list("pk", flat=True)[:BATCH]):
        _take(contact, batch)


@transaction.atomic
def _take(contact: Contact, participants: Iterable[int]) -> None:
    rows = Participant.objects.filter(pk__in=participants)
    emails = Email.objects.filter(participants__in=rows).distinct().defer("text", "html")
    for email in emails.select_related("activity", "thread"):
        timeline.record(email.activity, contacts=[contact], thread=email.thread)
    rows.update(contact=contact)
