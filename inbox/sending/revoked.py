"""What was so when a letter was written, and is not any more: asked before each attempt (M23, M52).

A letter may wait for months (M26), for its turn (M58) or for a server. If meanwhile its recipient
went to the Trash, or whoever wrote it lost the mailbox or the account, it fails with these words
and leaves when a person has put that right and presses Retry: never by itself, never in silence.
"""

from collections.abc import Collection, Iterator

from django.utils.translation import gettext as _

from crm.models import Contact, Email, Participant, Role, User
from inbox.models import Mailbox, Outgoing
from inbox.models.identities import proven_sender
from inbox.sending.recipients import READERS
from inbox.wire.faults import Fault


class Revoked(Fault):
    """`server_said` is what we say: nobody else was asked."""


def refuse(outgoing: Outgoing, only: Collection[str] = ()) -> None:
    """Raises Revoked. `only` of its recipients are meant, all for none."""
    by, mailbox = outgoing.email.activity.by, outgoing.mailbox
    if mailbox is None:
        return  # it is refused for that
    if by is None or not by.is_active:
        name = by.name if by else mailbox.email
        said = _("{name} wrote it and has no account any more. Somebody else has to write it anew.")
        raise Revoked("writer_gone", said.format(name=name))
    with by.preferences():
        _refuse_mailbox(outgoing, mailbox, by)
        _refuse_trashed(outgoing.email, by, {address.lower() for address in only})


def _refuse_mailbox(outgoing: Outgoing, mailbox: Mailbox, by: User) -> None:
    if not Mailbox.objects.usable_by(by).filter(pk=mailbox.pk).exists():
        said = _("{name} may not send from {mailbox} any more.")
        raise Revoked("mailbox_lost", said.format(name=by.name, mailbox=mailbox.email))
    sender = outgoing.email.participants.filter(role=Participant.Role.FROM).first()
    if sender and proven_sender(mailbox, sender.address) is None:
        said = _("{mailbox} may not send from {address} any more.")
        raise Revoked("unproven", said.format(mailbox=mailbox.email, address=sender.address))


def _refuse_trashed(email: Email, by: User, only: Collection[str]) -> None:
    """One whose address is another contact's by now is reached all the same."""
    rows = email.participants.filter(role__in=READERS, contact__deleted_at__isnull=False)
    trashed = [row for row in rows if not only or row.address.lower() in only]
    kept = Contact.objects.with_addresses(row.address for row in trashed) if trashed else {}
    for row in trashed:
        if row.address.lower() not in kept:
            said = _("{name} is in the Trash. Restore the contact, then send it again.")
            raise Revoked("in_trash", said.format(name=name_for(by, row)))


def name_for(user: User | None, recipient: Participant) -> str:
    """What the contact is called in the Trash, where `user` finds it there."""
    rows = Contact.objects.trash_of(user) if user else Contact.objects.none()
    return str(rows.filter(pk=recipient.contact_id).first() or recipient)


def whom_to_tell(outgoing: Outgoing) -> Iterator[User]:
    """Whoever wrote it; where they are gone the owner of the mailbox, else the administrators."""
    by, mailbox = outgoing.email.activity.by, outgoing.mailbox
    for user in (by, mailbox.owner if mailbox else None):
        if user and user.is_active:
            yield user
            return
    yield from User.objects.filter(role=Role.ADMIN, is_active=True)
