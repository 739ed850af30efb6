"""Which keyed hashes hang on which of MESSAGE_ID_KEYS, so that nobody drops a key too early.

Opt-outs, erased addresses and the ids of erased mail are kept as hashes alone (M36, M48). Nobody
can make them anew by another key; but each row says the name of the key that made it.
"""

from collections import Counter
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count

from inbox.mime.tombstones import name_of
from inbox.models import ErasedAddress, MessageId, OptOut


class Hanging(NamedTuple):
    """How many of each kind, by its name in plain English."""

    on_old: dict[str, int]  # of the keys given but the first: they are to be kept
    on_none: dict[str, int]  # their key is not given: they hold nothing back
    unknown: dict[str, int]  # written before keys had names, or by an old link


def hanging() -> Hanging:
    """Three queries, over as many rows as there are hashes."""
    found = Hanging({}, {}, {})
    names = [name_of(key) for key in settings.MESSAGE_ID_KEYS]
    for kind, counts in _by_key().items():
        for key, number in counts.items():
            if key == names[0]:
                continue
            place = found.on_old if key in names else found.on_none if key else found.unknown
            place[kind] = place.get(kind, 0) + number
    return found


def in_words(numbers: dict[str, int]) -> str:
    """ "3 opt-outs, 1 erased addresses"."""
    return ", ".join(f"{number} {kind}" for kind, number in numbers.items())


def _by_key() -> dict[str, Counter[str]]:
    kinds: dict[str, Any] = {
        "opt-outs": OptOut.objects.all(),
        "erased addresses": ErasedAddress.objects.all(),
        "ids of mail": MessageId.objects.filter(origin=MessageId.Origin.TOMBSTONE),
    }
    return {
        kind: Counter(dict(rows.order_by().values_list("key").annotate(n=Count("pk"))))
        for kind, rows in kinds.items()
    }
