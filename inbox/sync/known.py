"""Which of the ids that a batch of headers names does the CRM hold? One query a batch (M7, M10)."""

from collections.abc import Collection, Iterable, Mapping
from itertools import islice

from inbox.mime.types import ParsedHeaders
from inbox.models import MessageId
from inbox.sync.identity import fingerprint, identity, marks
from inbox.sync.rules import ids_named_by

IN_MEMORY = 200_000  # ids: some 15 MB
OVERLAP = 1_000  # rows: a lower number may be committed after a higher one


def known_ids(headers: Iterable[ParsedHeaders]) -> Mapping[str, MessageId]:
    """The rows of every id that these headers carry or name, by the id in normal form; of those
    they carry also when the message was erased (M48)."""
    named: set[str] = set()
    carried: set[str] = set()
    for header in headers:
        named.update(ids_named_by(header))
        carried.update((identity(header), fingerprint(header), *marks(header)))
    found: Mapping[str, MessageId] = MessageId.objects.known(named - {""}, erased=carried - {""})
    return found


class Sieve:
    """Picks the ids that the CRM may hold out of very many, for a long scan.

    As long as there are not too many they are kept here as hashes, and those that were added are
    learnt when it is told to; else it is one query a batch.
    """

    def __init__(self) -> None:
        self._few = MessageId.objects.order_by("pk")[: IN_MEMORY + 1].count() <= IN_MEMORY
        self._hashes: set[int] = set()
        self._last = 0

    def refresh(self) -> None:
        if not self._few:
            return
        added = MessageId.objects.filter(pk__gt=self._last - OVERLAP).order_by("pk")
        rows = added.values_list("pk", "value").iterator(chunk_size=10_000)
        while some := list(islice(rows, 10_000)):
            self._last = some[-1][0]
            self._hashes.update([hash(value.encode()) for _pk, value in some])

    def held(self, ids: Collection[bytes]) -> set[bytes]:
        if not self._few:
            named = {value.decode("ascii", "replace") for value in ids}
            known = MessageId.objects.among(named).values_list("value", flat=True)
            return {value.encode() for value in known}
        found = self._hashes.intersection(map(hash, ids))
        by_hash = dict(zip(map(hash, ids), ids, strict=True)) if found else {}
        return {by_hash[each] for each in found}
