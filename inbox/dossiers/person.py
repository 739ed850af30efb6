"""Who is meant: the addresses and names of a contact, and the mail that they are in (M36)."""

from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any, Self

from django.db.models import Q, QuerySet

from crm.lib.striking import pattern
from crm.models import Association, Contact, Email, Hold, Participant, Thread, User
from inbox.models.identities import own_addresses

SHORTEST, SHORTEST_HAN = 3, 2  # characters of a name that is looked for
DIGITS = 7  # of a telephone number


@dataclass(frozen=True)
class Person:
    """`addresses` in lower case, without those that are ours; `names` as they are written."""

    contact: Contact
    addresses: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, contact: Contact) -> Self:
        """One in the Trash may have a twin: who has an address of theirs by now is a contact of
        ours, whose mail and name are not struck."""
        theirs = _addresses(contact)
        holders = Contact.objects.with_addresses(theirs)
        twins = {address for address, holder in holders.items() if holder != contact}
        addresses = frozenset(theirs - twins - ours())
        return cls(contact, addresses, frozenset() if twins else _names(contact, addresses))

    @cached_property
    def everywhere(self) -> Any:
        """What tells nobody but them, wherever it stands."""
        return pattern(self.addresses)

    @cached_property
    def nearby(self) -> Any:
        """What means them in their own conversations and records."""
        return pattern(self.addresses | self.names)

    def written(self, column: str) -> Q:
        """Rows whose column holds one of the addresses."""
        return _any(f"{column}__icontains", self.addresses)

    def participants(self) -> QuerySet[Participant]:
        named = _any("address__iexact", self.addresses)
        return Participant.objects.filter(named | Q(contact=self.contact))

    def emails(self) -> QuerySet[Email]:
        """Those that they are in, or that stand on their timeline; those in the Trash as well."""
        on_timeline = Association.objects.filter(contact=self.contact).values("activity")
        theirs = Q(pk__in=self.participants().values("email")) | Q(pk__in=on_timeline)
        rows: QuerySet[Email] = Email.objects.filter(theirs)
        return rows

    def others(self) -> QuerySet[Association]:
        """Where something stands on the timeline of another contact."""
        return Association.objects.filter(contact__isnull=False).exclude(contact=self.contact)

    def threads(self, pseudonym: str) -> QuerySet[Thread]:
        """The conversations that they are in, or were in before `pseudonym` took their place."""
        struck = Participant.objects.filter(address=pseudonym).values("email")
        mail = Q(emails__in=self.emails().values("pk")) | Q(emails__in=struck)
        rows: QuerySet[Thread] = Thread.objects.filter(mail).distinct()
        return rows

    def near(self, pseudonym: str) -> QuerySet[Email]:
        """Mail that they are not in, of the same conversations or naming an address of theirs."""
        naming = self.written("text") | self.written("html") | self.written("subject")
        threads = self.threads(pseudonym).values("pk")
        rows: QuerySet[Email] = Email.objects.filter(Q(thread__in=threads) | naming)
        rows = rows.exclude(pk__in=self.emails().values("pk"))
        return rows.exclude(pk__in=Hold.objects.activities())  # it stays as it is (M57)


def ours() -> set[str]:
    """The addresses of people with an account, and of connected mailboxes."""
    people = User.objects.values_list("email", flat=True)
    return {*own_addresses(), *(address.lower() for address in people)}


def _any(lookup: str, values: frozenset[str]) -> Q:
    found = Q(pk__in=[])
    for value in sorted(values):
        found |= Q(**{lookup: value})
    return found


def _addresses(contact: Contact) -> set[str]:
    return {row.address.lower() for row in contact.addresses.all()}


def _names(contact: Contact, addresses: frozenset[str]) -> frozenset[str]:
    parts = [part.strip() for part in (contact.first_name, contact.last_name) if part.strip()]
    names = {*parts, contact.reading.strip()}
    names |= {joint.join(pair) for pair in permutations(parts) for joint in (" ", "", ", ")}
    rows = Participant.objects.filter(_any("address__iexact", addresses))
    names.update(rows.order_by().values_list("name", flat=True).distinct())
    names -= set(User.objects.values_list("name", flat=True))
    found = {name for name in names if _tells(name)}
    digits = sum(char.isdigit() for char in contact.phone)
    return frozenset(found) | ({contact.phone.strip()} if digits >= DIGITS else set())


def _tells(name: str) -> bool:
    return len(name) >= (SHORTEST if name.isascii() else SHORTEST_HAN)
