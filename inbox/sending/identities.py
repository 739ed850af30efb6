"""Proving that a mailbox may send from another address: by a code that is mailed to it (M52).

    added ──► a code is due ──► mailed, from the address to itself, by the mailbox's own server
                 │                  └─ typed on the mailbox's page ──► proven
                 └─ refused: the server's words; a person asks again

Mail in the Sent folder with such a From proves nothing: whoever has the password can file any
message there, and no server was asked whether it takes one.
"""

import secrets
from email.utils import make_msgid

from django.utils import timezone
from django.utils.translation import gettext as _

from crm import rates
from crm.models import Participant
from inbox.connect import doors
from inbox.mime.build import Draft as Message
from inbox.mime.build import build
from inbox.mime.types import Address
from inbox.models import Identity, Mailbox
from inbox.wire.faults import Fault

DIGITS = 8
MOST = 50  # addresses of a mailbox


class NotAdded(Exception):
    """The address cannot be added; the words say why."""


def add(mailbox: Mailbox, address: str, name: str) -> Identity:
    """An address that the mailbox shall send from; a code to it is due. NotAdded, TooOften."""
    address = address.strip().lower()
    if address == mailbox.email.lower():
        raise NotAdded(_("This is the mailbox’s own address: it needs no proof."))
    if mailbox.identities.kept().count() >= MOST:
        raise NotAdded(_("A mailbox can have {n} addresses at most.").format(n=MOST))
    if mailbox.identities.kept().filter(address=address).exists():
        raise NotAdded(_("{address} has been added already.").format(address=address))
    _spend(mailbox.pk, address)
    identity, _new = mailbox.identities.get_or_create(address=address)
    identity.name = name
    identity.save(update_fields=["name"])
    identity.ask(timezone.now())
    return identity


def ask_again(identity: Identity) -> None:
    """Another code, where the first one did not come. Raises TooOften."""
    _spend(identity.mailbox_id, identity.address)
    identity.ask(timezone.now())


def _spend(mailbox_id: int, address: str) -> None:
    """By mailbox, and by address whichever mailboxes would send from it: it may be somebody
    else's, who is not to be flooded. Raises TooOften."""
    rates.spend("code", mailbox_id)
    rates.spend("code_to", address)


def prove(identity: Identity, typed: str) -> bool:
    """Whether what somebody typed is the code: then mail may leave from the address, and it is no
    stranger's any more."""
    digits = "".join(char for char in typed if char.isdecimal())
    if not identity.prove(digits, timezone.now()):
        return False
    theirs = Participant.objects.filter(stranger=True, address__iexact=identity.address)
    theirs.update(stranger=False)
    return True


def send_code(identity: Identity) -> None:
    """Mail a new code, where nobody else does already. A server that refuses says why; it is a
    person who asks again, after changing something there."""
    if not identity.claim(timezone.now()):
        return
    code = "".join(secrets.choice("0123456789") for _digit in range(DIGITS))
    mailbox = identity.mailbox
    try:
        with doors.posting(mailbox) as session:
            session.envelope(mailbox.email, [identity.address])
            session.begin_data()
            session.finish_data(_letter(identity, code))
    except Fault as fault:
        identity.code_failed(fault.server_said or fault.code)
    else:
        identity.code_sent(code, timezone.now())


def _letter(identity: Identity, code: str) -> bytes:
    """In the language of the mailbox's owner, as ordinary a message as they would write."""
    mailbox = identity.mailbox
    with mailbox.owner.preferences():
        values = {
            "address": identity.address,
            "mailbox": mailbox.email,
            "code": f"{code[:4]} {code[4:]}",
        }
        subject = _("Code for sending as {address}").format(**values)
        paragraphs = [
            _("The code is {code}.").format(**values),
            _("Enter it in Musubi, on the page of the mailbox {mailbox}.").format(**values),
            _(
                "If this e-mail does not say that it is from {address}, your provider has put "
                "another sender in its place. Then do not enter the code: first allow {address} "
                "as a sender in the settings of your provider, and ask for another code."
            ).format(**values),
        ]
    address = Address(identity.name or mailbox.name, identity.address)
    return build(
        Message(
            sender=address,
            to=(address,),
            subject=subject,
            text="\n\n".join(paragraphs) + "\n",
            message_id=make_msgid(domain=mailbox.email.rpartition("@")[2]).strip("<>"),
            date=timezone.now(),
        )
    )
