"""Wire, pure: which folder is which: special-use flags first, then the name (M22, RFC 6154)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["inbox", "sent", "drafts", "trash", "junk", "archive", "all", "other"]

_ROLES = frozenset(get_args(Role)) - {"inbox", "other"}


@dataclass(frozen=True)
class FolderInfo:
    """One line of LIST; `flags` in lower case without the backslash."""

    name: str
    flags: frozenset[str]
    selectable: bool


def sent_folder(folders: Iterable[FolderInfo]) -> str | None:
    """The folder flagged \\Sent, else the first whose name contains "sent" in any case (M22)."""
    known = [folder for folder in folders if folder.selectable]
    flagged = [folder.name for folder in known if "sent" in folder.flags]
    named = [folder.name for folder in known if "sent" in folder.name.lower()]
    return next(iter(flagged + named), None)


def inbox_folder(folders: Iterable[FolderInfo]) -> str:
    """INBOX as the server spells it; it is there even where LIST hides it (RFC 3501 5.1)."""
    return next((folder.name for folder in folders if folder.name.upper() == "INBOX"), "INBOX")


def role_of(folder: FolderInfo) -> Role:
    """What the server says that a folder is for; a name alone tells only the INBOX."""
    if folder.name.upper() == "INBOX":
        return "inbox"
    for role in get_args(Role):
        if role in _ROLES and role in folder.flags:
            return _as_role(role)
    return "other"


def _as_role(name: str) -> Role:
    return next(role for role in get_args(Role) if role == name)
