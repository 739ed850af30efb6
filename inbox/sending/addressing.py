"""From what was typed into To, Cc and Bcc to whom an e-mail goes: each once, nobody left out."""

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from crm.models import Participant
from inbox.mime.addresses import in_one_line
from inbox.mime.headers import addresses
from inbox.mime.ids import normal
from inbox.mime.types import Address
from inbox.sending import server_limits

_PIECE = re.compile(r'(?:"[^"]*"|<[^<>]*>|[^,;"<])+')


class NoAddress(Exception):
    """`typed` in the field `field` names nobody whom one could write to."""

    def __init__(self, field: str, typed: str) -> None:
        super().__init__(typed)
        self.field = field
        self.typed = typed


def people(
    to: Iterable[str], cc: Iterable[str] = (), bcc: Iterable[str] = ()
) -> list[tuple[str, Address]]:
    """(role, address), each address once; the first mention counts. Raises NoAddress."""
    role = Participant.Role
    found: list[tuple[str, Address]] = []
    seen: set[str] = set()
    for name, field, typed in ((role.TO, "to", to), (role.CC, "cc", cc), (role.BCC, "bcc", bcc)):
        for person in _read_all(field, typed):
            if normal(person.address).lower() not in seen:
                seen.add(normal(person.address).lower())
                found.append((name, person))
    return found


def _read_all(field: str, typed: Iterable[str]) -> list[Address]:
    """One person for each piece that was typed: nobody is left out in silence."""
    pieces = [piece.strip() for text in typed for piece in _PIECE.findall(text)]
    return [_read(field, piece) for piece in pieces if piece]


def _read(field: str, piece: str) -> Address:
    line = piece.replace("\t", " ")
    found = addresses([line]) if line == in_one_line(line) else ()
    try:
        if len(found) != 1 or not found[0].address.isprintable():
            raise ValidationError("not one address")
        validate_email(server_limits.as_validated(found[0].address))
    except ValidationError:
        raise NoAddress(field, piece) from None
    return found[0]
