"""Wire: where folders stand, asked without opening one (RFC 3501, 6.3.10; RFC 5819). M38."""

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from inbox.wire.client import Argument, Client, quoted
from inbox.wire.faults import Fault, ProtocolFault
from inbox.wire.responses import LARGEST, Response, status_line

FEW = 4  # folders, of which a STATUS each is hardly more than one LIST
_ITEMS = b"(UIDNEXT UIDVALIDITY)"


@dataclass(frozen=True)
class FolderStatus:
    """Where a folder stands; `uidnext` 0 where the server does not tell, `messages` 0 where it was
    not opened."""

    name: str
    uidvalidity: int
    uidnext: int
    messages: int = 0


def ask(client: Client, names: Collection[str]) -> dict[str, FolderStatus]:
    """In one round trip; a folder that the server does not tell of is missing."""
    spelled = {client.spell(name): name for name in names}
    at_once = {"LIST-EXTENDED", "LIST-STATUS"} <= client.capabilities()
    if at_once and all(map(bytes.isascii, spelled)):
        patterns = b"(" + b" ".join(map(quoted, spelled)) + b")"
        with contextlib.suppress(ProtocolFault):
            items = b"RETURN (STATUS " + _ITEMS + b")"
            return _told(client.run(b"LIST", b'""', patterns, items), spelled)
    return _told_by(client.run_all(_questions(spelled)), spelled)


def ask_with(
    client: Client, names: Collection[str], last: Sequence[bytes]
) -> tuple[dict[str, FolderStatus], list[Response] | Fault]:
    """A STATUS for each, and another command behind them, whose answer is given as it is."""
    spelled = {client.spell(name): name for name in names}
    *said, end = client.run_all([*_questions(spelled), last])
    return _told_by(said, spelled), end


def status(name: str, said: dict[str, int]) -> FolderStatus:
    """Figures that no server may tell count as not told (RFC 9051, 2.3.1)."""
    known = {key: value for key, value in said.items() if 0 <= value <= LARGEST}
    exists = known.get("EXISTS", known.get("MESSAGES", 0))
    return FolderStatus(name, known.get("UIDVALIDITY", 0), known.get("UIDNEXT", 0), exists)


def _questions(spelled: Collection[Argument]) -> list[list[bytes]]:
    return [[b"STATUS", name, _ITEMS] for name in spelled]


def _told_by(
    said: Sequence[list[Response] | Fault], spelled: dict[Argument, str]
) -> dict[str, FolderStatus]:
    return _told([one for part in said if isinstance(part, list) for one in part], spelled)


def _told(answers: Sequence[Response], spelled: dict[Argument, str]) -> dict[str, FolderStatus]:
    found: dict[str, FolderStatus] = {}
    for answer in answers:
        with contextlib.suppress(ProtocolFault):
            told = status_line(answer) if b"STATUS" in answer.line[:10].upper() else None
            name = spelled.get(Argument(told[0])) if told else None
            if told and name:
                found[name] = status(name, told[1])
    return found
