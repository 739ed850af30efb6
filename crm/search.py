"""Finding a record by its name, a conversation by its subject: what the palette shows as one types.
Names, addresses and subjects alone."""

import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import Q

from crm.models import Company, Contact, Deal, Email, EmailAddress, Thread, User
from crm.models.emails import readable_by

MOST = 6  # of a kind
MOST_WORDS = 6


class Found(NamedTuple):
    """Records of a kind; the one that something happened on last comes first."""

    contacts: Sequence[Contact]
    companies: Sequence[Company]
    deals: Sequence[Deal]
    threads: Sequence[Thread]


def words_of(typed: str) -> list[str]:
    """In the form in which most is found: full and half width are the same (NFKC)."""
    return unicodedata.normalize("NFKC", typed).split()[:MOST_WORDS]


def find(user: User, words: Sequence[str]) -> Found:
    """What `user` may see whose name holds every word; the newest where there are none, of records
    alone. Five queries, whatever is found."""
    return Found(
        list(people(user, words).prefetch_related("addresses")[:MOST]),
        list(_newest(Company, user).filter(_holds("name", words))[:MOST]),
        list(_newest(Deal, user).filter(_holds("name", words)).select_related("stage")[:MOST]),
        list(_about(user, words)[:MOST]) if words else [],
    )


def people(user: User, words: Sequence[str]) -> Any:
    """Contacts that `user` may see whose name, reading or one of whose addresses holds every word;
    whom something happened with last comes first."""
    found = Q()
    for word in words:
        addresses = EmailAddress.objects.filter(address__icontains=word).values("contact")
        named = Q(first_name__icontains=word) | Q(last_name__icontains=word)
        found &= named | Q(reading__icontains=word) | Q(pk__in=addresses)
    return _newest(Contact, user).filter(found)


def _about(user: User, words: Sequence[str]) -> Any:
    """Conversations whose newest e-mail has every word in its subject, where `user` may read that;
    the newest first."""
    told = Q(newest__visibility=Email.Visibility.SUBJECT) | readable_by(user, "newest__")
    rows = Thread.objects.visible_to(user).filter(told, _holds("newest__subject", words))
    return rows.select_related("newest__activity").order_by("-stands_at", "-pk")


def _newest(model: Any, user: User) -> Any:
    return model.objects.visible_to(user).order_by("-news_at", "-pk")


def _holds(column: str, words: Sequence[str]) -> Q:
    found = Q()
    for word in words:
        found &= Q(**{f"{column}__icontains": word})
    return found
