"""Which folders of a mailbox are looked at beside Inbox and Sent: the CRM folder, and what its
owner ticks (M17). A folder is made on the server only where its owner asks for one."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from inbox.connect import doors
from inbox.models import Folder, Mailbox
from inbox.wire.folders import FolderInfo, role_of
from inbox.wire.standing import FolderStatus

USUAL_NAME = "CRM"
_ROLE = Folder.Role
_OURS = (_ROLE.CRM, _ROLE.OTHER)
_NEVER = {"drafts", "trash", "junk"}  # nobody's correspondence, or not yet


@dataclass(frozen=True)
class Wanted:
    """`crm`: the CRM folder, "" for none; `made` where it is to be created. `others`: more to look
    at by the rules of an Inbox."""

    crm: str = ""
    others: Collection[str] = ()
    made: bool = False


def choices(mailbox: Mailbox) -> list[FolderInfo]:
    """The server's folders that may be chosen, by name. Raises a Fault."""
    with doors.reading(mailbox) as session:
        listed = session.folders()
    watched = mailbox.folders.filter(role__in=(_ROLE.INBOX, _ROLE.SENT))
    taken = {*watched.values_list("name", flat=True), "INBOX"}
    fit = (f for f in listed if f.selectable and role_of(f) not in _NEVER and f.name not in taken)
    return sorted(fit, key=lambda folder: folder.name.lower())


def in_style_of(name: str, listed: Iterable[FolderInfo]) -> str:
    """`INBOX.CRM` where the server keeps every folder below INBOX, as some do."""
    names = [folder.name for folder in listed]
    below = next((n[: len("INBOX") + 1] for n in names if n[:6] in ("INBOX.", "INBOX/")), "")
    if below and all(n.startswith(below) or n.upper() == "INBOX" for n in names):
        return f"{below}{name.removeprefix(below)}"
    return name


def watch(mailbox: Mailbox, wanted: Wanted) -> None:
    """Make the folder that is asked for, find where reading begins, and keep the choice.

    Of the CRM folder everything is logged, what lies in it already included; of another folder
    what comes from now on. Raises a Fault, and nothing is changed then.
    """
    crm = _create(mailbox, wanted.crm) if wanted.made else wanted.crm
    names = [name for name in (crm, *wanted.others) if name]
    known = set(_rows(mailbox).filter(watched=True).values_list("name", flat=True))
    statuses = _examine(mailbox, [name for name in names if name not in known])
    with transaction.atomic():
        _rows(mailbox).exclude(name__in=names).update(watched=False)
        for name in names:
            _keep(mailbox, name, _ROLE.CRM if name == crm else _ROLE.OTHER, statuses.get(name))
    mailbox.look_now()


def _rows(mailbox: Mailbox) -> QuerySet[Folder]:
    return mailbox.folders.filter(role__in=_OURS)


def _create(mailbox: Mailbox, name: str) -> str:
    with doors.appending(mailbox) as session:
        styled = in_style_of(name, session.folders())
        session.create(styled)
    return styled


def _examine(mailbox: Mailbox, names: Sequence[str]) -> dict[str, FolderStatus]:
    if not names:
        return {}
    with doors.reading(mailbox) as session:
        return {name: session.examine(name) for name in names}


def _keep(mailbox: Mailbox, name: str, role: str, status: FolderStatus | None) -> None:
    row, new = Folder.objects.get_or_create(mailbox=mailbox, name=name, defaults={"role": role})
    if row.role not in _OURS:
        return  # Inbox and Sent stay what they are
    became_crm = role == _ROLE.CRM and (new or not row.watched or row.role != role)
    row.role, row.watched = role, True
    if became_crm:
        row.uidvalidity, row.next_uid, row.looked_at = None, 1, None
    elif status and status.uidnext:  # untold, the first look finds out
        row.uidvalidity, row.next_uid = status.uidvalidity, status.uidnext
        row.messages, row.looked_at = status.messages, timezone.now()
    row.save()
