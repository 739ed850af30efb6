"""Which of the ids that a batch of headers names does the CRM hold? One query a batch (M7, M10)."""

from collections.abc import Collection, Iterable, Mapping

from inbox.mime.types import ParsedHeaders
from inbox.models import MessageId
from inbox.sync.identity import fingerprint, identity, marks
from inbox.sync.rules import ids_named_by

WORTH = 10  # ids for each message of a scan: to learn more costs more than to ask for all
LEAST, MOST = 2**16, 2**23  # bytes
SPARSE = 32  # bytes for each id
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
    """Picks the ids that the CRM holds out of very many, for a long scan: one query a batch.

    Where it is worth it, all are learnt before, those that were added when it is told to: one byte
    for each of many hashes says that an id has it, so that the query is about few.
    """

    def __init__(self, messages: int) -> None:
        newest = MessageId.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        size = 2 ** (min(max(SPARSE * newest, LEAST), MOST) - 1).bit_length()
        self._seen = bytearray(size if newest <= WORTH * messages else 0)
        self._last = 0

    def refresh(self) -> None:
        if not self._seen:
            return
        alive = MessageId.objects.exclude(origin=MessageId.Origin.TOMBSTONE).order_by("pk")
        added = alive.filter(pk__gt=self._last - OVERLAP).values_list("pk", "value")
        seen, mask = self._seen, len(self._seen) - 1
        for self._last, value in added.iterator(chunk_size=2_000):
            seen[hash(value.encode()) & mask] = 1

    def held(self, ids: Collection[bytes]) -> set[bytes]:
        if seen := self._seen:
            mask = len(seen) - 1
            ids = [value for value in ids if seen[hash(value) & mask]]
        named = {value.decode("ascii", "replace") for value in ids}
        known = MessageId.objects.among(named).values_list("value", flat=True) if named else ()
        return {value.encode() for value in known}
