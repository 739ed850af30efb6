"""Unknown people of e-mails that are logged: made contacts, offered as such, or left alone (M14).

Never anybody of a newsletter or a robot (M55), nor a colleague, a mailbox of ours or
what it has proven (M52), nor somebody who was erased (M36).
"""

from collections.abc import Collection, Mapping

from crm import strangers
from crm.models import Contact
from crm.strangers import Newcomer
from inbox.entries import Entry
from inbox.mime import robots
from inbox.models import ErasedAddress, Mailbox

LONGEST = 254  # of an address that a contact can have


class Newcomers:
    """Who of the people of some e-mails has a contact: decided e-mail by e-mail, so that who was
    met in one is known in the next, and then made at once. Two queries, and two for those made."""

    def __init__(self, addresses: Collection[str], ours: Collection[str]) -> None:
        """`addresses`, in lower case, are of all who may be named; `ours` of our own side."""
        self._contacts = Contact.objects.with_addresses(addresses)
        unknown = [a for a in addresses if a not in self._contacts and _is_persons(a)]
        strange = [a for a in unknown if a not in ours and _plain(a) not in ours]
        self._strange = set(strange) - ErasedAddress.objects.among(strange)
        self._met: dict[str, Newcomer] = {}

    def meet(self, entry: Entry) -> None:
        """Say whose address has a contact by now, and who is offered as one. Who joined unasked is
        offered, no more (M7)."""
        wish, entry.offered = entry.mailbox.contact_creation, ()
        if wish != Mailbox.ContactCreation.NEVER and entry.meets_people:
            unknown = self._unknown(entry)
            if entry.email.new_participant or wish == Mailbox.ContactCreation.ASK:
                entry.offered = set(unknown)
            else:
                by = entry.email.activity.by
                self._met |= {address: Newcomer(name, by) for address, name in unknown.items()}
        entry.linked = {a for a in entry.addresses if a in self._contacts or a in self._met}

    def _unknown(self, entry: Entry) -> dict[str, str]:
        """Names by address, of people alone."""
        found: dict[str, str] = {}
        for person in entry.others:
            address = person.address.lower()
            if address in self._strange and address not in self._met:
                found[address] = found.get(address) or person.name
        return found

    def made(self) -> Mapping[str, Contact]:
        """All contacts by address, those made now among them."""
        if self._met:
            self._contacts |= strangers.meet(self._met)
            self._met = {}
        return self._contacts


def _is_persons(address: str) -> bool:
    return len(address) <= LONGEST and not robots.is_one(address)


def _plain(address: str) -> str:
    """`log@example.org` of `log+k3f9@example.org`: a mailbox of ours by another name (M16)."""
    local, _at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
