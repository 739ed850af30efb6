"""What would be found in a mailbox, before it is connected: headers only, nothing stored (M51).

The newest first, for a bounded time, whatever the server does; what is not looked at by then is
said. The rules that decide on a body are not asked, since no body is.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Timer

from django.utils import timezone

from crm.models import Contact, User
from inbox.connect import doors
from inbox.mime.headers import parse_headers
from inbox.mime.types import ParsedHeaders
from inbox.models import Folder
from inbox.sync.identity import identity
from inbox.sync.known import known_ids
from inbox.sync.rules import ids_named_by
from inbox.wire.account import Settings
from inbox.wire.faults import Fault
from inbox.wire.folders import inbox_folder, sent_folder
from inbox.wire.imap import HeaderBlock, ReadingSession

PATIENCE = 10.0  # seconds: a person is waiting
MOST_HEADERS = 3_000  # of one folder
AT_ONCE = 250
MOST_PEOPLE = 8


@dataclass
class Watched:
    """A folder that will be watched: its size, and how many messages came in those days."""

    name: str
    role: str
    messages: int = 0
    recent: int = 0

    @property
    def role_words(self) -> str:
        return str(Folder.Role(self.role).label)


@dataclass
class Preview:
    """What was counted in the last `days`; `cut_short`: not all of it could be looked at."""

    days: int
    folders: list[Watched] = field(default_factory=list)
    headers: int = 0
    in_threads: int = 0  # answers to e-mails that the CRM has, or copies of those
    with_contacts: int = 0
    cut_short: bool = False
    _by_contact: Counter[int] = field(default_factory=Counter)
    _contacts: dict[int, Contact] = field(default_factory=dict)

    @property
    def recent(self) -> int:
        return sum(folder.recent for folder in self.folders)

    @property
    def people(self) -> list[tuple[Contact, int]]:
        """With whom, the most mail first."""
        most = self._by_contact.most_common(MOST_PEOPLE)
        return [(self._contacts[pk], number) for pk, number in most]


def preview(wanted: Settings, user: User, *, days: int, patience: float = PATIENCE) -> Preview:
    """Count what lies in the folders that would be watched. It always ends, and never raises."""
    found = Preview(days)
    until = time.monotonic() + patience
    with suppress(Fault), _session(wanted, patience) as session:
        _find_folders(session, found)
        for folder in found.folders:
            _count(session, folder, found, user, lambda: time.monotonic() > until)
        return found
    found.cut_short = True
    return found


@contextmanager
def _session(wanted: Settings, patience: float) -> Iterator[ReadingSession]:
    """A session that is cut when the time is over: a server may answer one byte a second."""
    with doors.trying(wanted, patience) as session:
        clock = Timer(patience, session.cut)
        clock.daemon = True
        clock.start()
        try:
            yield session
        finally:
            clock.cancel()


def _find_folders(session: ReadingSession, found: Preview) -> None:
    listed = session.folders()
    roles = {Folder.Role.INBOX: inbox_folder(listed), Folder.Role.SENT: sent_folder(listed)}
    found.folders += [Watched(name, role) for role, name in roles.items() if name]


def _count(
    session: ReadingSession, folder: Watched, found: Preview, user: User, over: Callable[[], bool]
) -> None:
    """The newest messages of a folder first."""
    folder.messages = session.examine(folder.name).messages
    uids = sorted(session.uids_since((timezone.now() - timedelta(days=found.days)).date()))
    folder.recent = len(uids)
    newest = uids[-MOST_HEADERS:]
    found.cut_short = found.cut_short or len(newest) < len(uids)
    for end in range(len(newest), 0, -AT_ONCE):
        if over():
            found.cut_short = True
            return
        part = newest[max(0, end - AT_ONCE) : end]
        _weigh(list(session.headers(part[0], part[-1])), found, user)


def _weigh(blocks: Sequence[HeaderBlock], found: Preview, user: User) -> None:
    headers = [parse_headers(block.raw) for block in blocks]
    held = {value for value, row in known_ids(headers).items() if row.email_id}
    people = {address for header in headers for address in _addresses(header)}
    contacts = _visible(people, user)
    found._contacts |= {contact.pk: contact for contact in contacts.values()}
    found.headers += len(headers)
    for header in headers:
        known = not held.isdisjoint((identity(header), *ids_named_by(header)))
        among = {contacts[a].pk for a in _addresses(header) if a in contacts}
        found.in_threads += known
        found.with_contacts += bool(among)
        found._by_contact.update(among)


def _addresses(header: ParsedHeaders) -> Iterator[str]:
    sender = [header.sender] if header.sender else []
    return (person.address.lower() for person in (*sender, *header.to, *header.cc))


def _visible(addresses: set[str], user: User) -> dict[str, Contact]:
    """The contacts with these addresses that `user` may see, by address."""
    known: dict[str, Contact] = Contact.objects.with_addresses(addresses)
    ids = {contact.pk for contact in known.values()}
    seen = set(Contact.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    return {address: contact for address, contact in known.items() if contact.pk in seen}
