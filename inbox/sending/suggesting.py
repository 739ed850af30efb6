"""Whom one may mean, as one types a recipient: contacts, colleagues, whom one has written to."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db.models import Q

from crm.models import Activity, Participant, User
from crm.search import people, words_of
from inbox.sending.composer import written

MOST = 8
LATELY = 200  # of one's own e-mails: whose recipients are offered though they are no contacts


class Suggestion(NamedTuple):
    """One address of somebody. `value` is how it stands in a recipients' field."""

    name: str
    address: str
    kind: str  # contact, colleague, earlier

    @property
    def value(self) -> str:
        return written(self.name, self.address)


def suggest(user: User, typed: str) -> list[Suggestion]:
    """MOST of them at most, each address once; four queries, whatever is found.

    Full and half width are the same; every word has to be in a name, a reading or an address. Of
    somebody found by an address, that one comes first.
    """
    words = words_of(typed)
    if not words:
        return []
    found: dict[str, Suggestion] = {}
    for each in (*_contacts(user, words), *_colleagues(words), *_earlier(user, words)):
        found.setdefault(each.address.lower(), each)
    return list(found.values())[:MOST]


def _contacts(user: User, words: Sequence[str]) -> Iterator[Suggestion]:
    for contact in people(user, words).prefetch_related("addresses")[:MOST]:
        addresses = [row.address for row in contact.addresses.all()]
        for address in sorted(addresses, key=lambda one: not _holds(one, words)):
            yield Suggestion(contact.name, address, "contact")


def _holds(text: str, words: Sequence[str]) -> bool:
    return any(word.lower() in text.lower() for word in words)


def _colleagues(words: Sequence[str]) -> Iterator[Suggestion]:
    rows = User.objects.filter(_every(words, "name", "email"), is_active=True)
    for name, email in rows.values_list("name", "email")[:MOST]:
        yield Suggestion(name, email, "colleague")


def _earlier(user: User, words: Sequence[str]) -> Iterator[Suggestion]:
    """Bounded by one's latest e-mails, so that it costs the same in a mailbox of many years."""
    sent = Activity.objects.filter(by=user, kind=Activity.Kind.EMAIL, deleted_at=None)
    latest = sent.order_by("-at").values("pk")[:LATELY]
    role = Participant.Role
    rows = Participant.objects.filter(
        _every(words, "name", "address"),
        email__in=latest,
        email__direction="outgoing",
        role__in=[role.TO, role.CC, role.BCC],
    )
    for name, address in rows.order_by("-pk").values_list("name", "address")[: MOST * 3]:
        yield Suggestion(name, address, "earlier")


def _every(words: Sequence[str], *columns: str) -> Q:
    found = Q()
    for word in words:
        any_of = Q()
        for column in columns:
            any_of |= Q(**{f"{column}__icontains": word})
        found &= any_of
    return found
