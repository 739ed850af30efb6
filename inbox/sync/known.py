"""Which of the ids that a batch of headers names does the CRM hold? One query a batch (M7, M10)."""

from collections.abc import Iterable, Mapping

from inbox.mime.ids import normal
from inbox.mime.types import ParsedHeaders
from inbox.models import MessageId
from inbox.sync.identity import fingerprint, identity
from inbox.sync.rules import ids_named_by


def known_ids(headers: Iterable[ParsedHeaders]) -> Mapping[str, MessageId]:
    """The rows of every id that these headers carry or name, by the id in normal form."""
    wanted: set[str] = set()
    for header in headers:
        wanted.update(ids_named_by(header))
        wanted.update((identity(header), fingerprint(header), normal(header.musubi_message)))
    found: Mapping[str, MessageId] = MessageId.objects.known(wanted - {""})
    return found
