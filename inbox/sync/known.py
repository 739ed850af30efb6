"""Which of the ids that a batch of headers names does the CRM hold? One query a batch (M7, M10)."""

from collections.abc import Iterable, Mapping

from inbox.mime.types import ParsedHeaders
from inbox.models import MessageId
from inbox.sync.identity import fingerprint, identity, marks
from inbox.sync.rules import ids_named_by


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
