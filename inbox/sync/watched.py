"""Which folders of a mailbox are looked at, which have news, and where one is found again (M38).

A look that finds nothing costs one round trip or two, however many folders are watched. A folder
that cannot be looked at is passed over and says why; the others go on (F8, F9, F45).
"""

from collections.abc import Mapping, Sequence

from django.utils import timezone

from inbox.models import Folder, Mailbox, MailboxCopy
from inbox.sync.plan import Cursor, Look, plan
from inbox.wire.faults import Fault
from inbox.wire.folders import FolderInfo, inbox_folder, sent_folder
from inbox.wire.imap import ReadingSession
from inbox.wire.standing import FEW, FolderStatus

_ROLE = Folder.Role
# Sent first: what it teaches (M9) may be what a reply names. INBOX last: news is waited for there.
ORDER = [_ROLE.SENT, _ROLE.CRM, _ROLE.OTHER, _ROLE.INBOX]
COPIES_ASKED = 3  # how many known messages are sought after the numbers have changed


def watched(mailbox: Mailbox, session: ReadingSession) -> list[Folder]:
    """Those that have a row, and INBOX and Sent as soon as they are there; in their ORDER."""
    folders = sorted(mailbox.folders.filter(watched=True), key=_place)
    if {folder.role for folder in folders} >= {_ROLE.SENT, _ROLE.INBOX}:
        return folders
    listed = session.folders()
    found = {_ROLE.SENT: sent_folder(listed), _ROLE.INBOX: inbox_folder(listed)}
    for role, name in found.items():
        if name and role not in {folder.role for folder in folders}:
            since = {"role": role, "looked_at": mailbox.created_at}  # it may have been filled since
            folders.append(mailbox.folders.get_or_create(name=name, defaults=since)[0])
    return sorted(folders, key=_place)


def with_news(folders: Sequence[Folder], session: ReadingSession) -> list[Folder]:
    """Those that are worth opening. One folder is opened rather than asked about."""
    if len(folders) < 2:
        return list(folders)
    told = session.statuses([folder.name for folder in folders])
    return _due(folders, told)


def around(
    inbox: Folder, folders: Sequence[Folder], session: ReadingSession
) -> tuple[list[Folder], FolderStatus | None]:
    """The others that are worth opening, and where the INBOX stands that is open by now; None: it
    is still to be opened. Of many folders it is asked first."""
    others = [folder for folder in folders if folder != inbox]
    if len(others) > FEW:
        return with_news(others, session), None
    told, status = session.around(inbox.name, [folder.name for folder in others])
    return _due(others, told), status


def _due(folders: Sequence[Folder], told: Mapping[str, FolderStatus]) -> list[Folder]:
    return [folder for folder in folders if not told or _is_due(folder, told.get(folder.name))]


def plan_for(folder: Folder, status: FolderStatus) -> Look:
    return plan(
        Cursor(folder.uidvalidity, folder.next_uid, folder.looked_at),
        uidvalidity=status.uidvalidity,
        uidnext=status.uidnext,
        since_days=folder.mailbox.since_days,
        now=timezone.now(),
        whole=folder.role == _ROLE.CRM,
    )


def note_fault(folder: Folder, fault: Fault) -> None:
    """It cannot be looked at, and since when; said once."""
    if folder.fault != fault.code:
        since = folder.fault_since or timezone.now()
        folder.change(fault=fault.code, fault_since=since)


def note_found(folder: Folder) -> None:
    if folder.fault:
        folder.change(fault="", fault_since=None)


def follow(folder: Folder, session: ReadingSession) -> bool:
    """A folder that is gone has got another name, where a new one has its numbers (F8). Another
    Sent folder takes the place of one that is gone, looked at from the last look on."""
    listed = session.folders()
    name = _renamed(folder, listed, session)
    if name:
        folder.change(name=name)
        return True
    successor = sent_folder(listed) if folder.role == _ROLE.SENT else None
    if not successor or successor in _taken(folder):
        return False
    folder.change(name=successor, uidvalidity=None, next_uid=1)
    return True


def after_what_is_known(folder: Folder, uidvalidity: int | None, session: ReadingSession) -> int:
    """The UID after the last message that the CRM had from this folder; 0 where it is not found,
    or where the messages stand in another order than before."""
    copies = MailboxCopy.objects.filter(folder=folder, uidvalidity=uidvalidity or 0)
    latest = copies.order_by("-uid").select_related("email")[:COPIES_ASKED]
    found = []
    for copy in latest:
        names = copy.email.message_ids.exclude(value__startswith="fields:")[:2]
        places = (session.place(row.value) for row in names)
        found.append(next((uid for uid in places if uid), 0))
    there = [uid for uid in found if uid]
    return there[0] + 1 if there and there == sorted(there, reverse=True) else 0


def _is_due(folder: Folder, status: FolderStatus | None) -> bool:
    if status is None:  # one that is known to be gone is asked about again, not opened
        return not folder.fault or folder.role in (_ROLE.INBOX, _ROLE.SENT)
    return bool(folder.fault) or plan_for(folder, status).kind != "nothing"


def _renamed(folder: Folder, listed: Sequence[FolderInfo], session: ReadingSession) -> str:
    """The only folder that nobody watches and that has this one's numbers: a server may give
    folders of the same second the same UIDVALIDITY."""
    taken = _taken(folder)
    names = [info.name for info in listed if info.selectable and info.name not in taken]
    told = session.statuses(names) if folder.uidvalidity and names else {}
    alike = [
        name
        for name, status in told.items()
        if status.uidvalidity == folder.uidvalidity and status.uidnext >= folder.next_uid
    ]
    return alike[0] if len(alike) == 1 else ""


def _taken(folder: Folder) -> set[str]:
    return set(folder.mailbox.folders.values_list("name", flat=True))


def _place(folder: Folder) -> int:
    return ORDER.index(_ROLE(folder.role))
