"""Unknown people of an e-mail that is logged: made contacts, offered as such, or left alone (M14).

Never anybody of a newsletter or a robot (M55), nor a colleague, a mailbox of ours or
what it has proven (M52), nor somebody who was erased (M36).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from crm import strangers
from crm.models import Contact, Participant, User
from inbox.mime import robots
from inbox.mime.types import Address
from inbox.models import ErasedAddress, Mailbox
from inbox.models.identities import own_addresses

LONGEST = 254  # of an address that a contact can have
_WRITTEN_TO = {Participant.Role.TO, Participant.Role.CC, Participant.Role.BCC}
People = Sequence[tuple[str, Address]]


class Newcomers(NamedTuple):
    """Contacts that were made, and addresses that are offered; both by address in lower case."""

    made: Mapping[str, Contact]
    offered: Collection[str]


NOBODY = Newcomers({}, ())


def meet(
    people: People, known: Collection[str], mailbox: Mailbox, *, by: User, ask: bool, ours: bool
) -> Newcomers:
    """What becomes of those among `people` whose address is not `known`; `ask` makes nobody a
    contact unasked (M7). `ours`: one of us wrote it, under whatever address."""
    wish = Mailbox.ContactCreation
    if mailbox.contact_creation == wish.NEVER:
        return NOBODY
    roles = _WRITTEN_TO if ours else _WRITTEN_TO | {Participant.Role.FROM}
    unknown = _unknown([person for role, person in people if role in roles], known)
    if ask or mailbox.contact_creation == wish.ASK:
        return Newcomers({}, unknown.keys())
    made = {address: strangers.meet(address, name, by=by) for address, name in unknown.items()}
    return Newcomers(made, ())


def _unknown(people: Sequence[Address], known: Collection[str]) -> dict[str, str]:
    """Names by address, of people alone."""
    found: dict[str, str] = {}
    for person in people:
        address = person.address.lower()
        fit = len(address) <= LONGEST and not robots.is_one(address)
        if fit and address not in known:
            found[address] = found.get(address) or person.name
    if not found:
        return found
    ours = own_addresses() | set(
        User.objects.filter(email__in=found).values_list("email", flat=True)
    )
    ours |= ErasedAddress.objects.among(found)
    return {a: name for a, name in found.items() if a not in ours and _plain(a) not in ours}


def _plain(address: str) -> str:
    """`log@example.org` of `log+k3f9@example.org`: a mailbox of ours by another name (M16)."""
    local, _at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
