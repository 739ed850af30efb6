"""To whom an e-mail goes, and what became of it for each of them."""

from collections.abc import Collection, Iterable, Mapping

from crm import notices
from crm.models import Email, Participant
from inbox.models import Outgoing

Refused = dict[str, tuple[int, str]]  # address: the server's code and words
Role = Participant.Role
READERS = Participant.READERS


def envelope(outgoing: Outgoing) -> tuple[str, list[str]]:
    """From whom and to whom. Bounces come to the mailbox's own address, whatever stands in From
    (decision 0014)."""
    people = outgoing.email.participants.all()
    sender = outgoing.mailbox.email if outgoing.mailbox else ""
    return sender, [row.address for row in people if row.role in READERS]


def named(email: Email, address: str) -> Participant | None:
    """The recipient with this address; its sender may be one of them as well."""
    rows = email.participants.filter(role__in=READERS, address__iexact=address)
    found: Participant | None = rows.first()
    return found


def passing(refused: Refused) -> Refused:
    """Those who may be taken later: a 4xx (RFC 5321, 4.2.1)."""
    return {address: answer for address, answer in refused.items() if answer[0] < 500}


def in_words(refused: Refused) -> dict[str, str]:
    return {address: f"{code} {text}" for address, (code, text) in refused.items()}


def note(
    email: Email, tried: Iterable[str], refused: Mapping[str, str], waiting: Collection[str] = ()
) -> None:
    """Write down what became of those that were tried: taken, or refused with these words; who is
    tried again by itself is `waiting`."""
    words = {address.lower(): said for address, said in refused.items()}
    again, meant = ({address.lower() for address in each} for each in (waiting, tried))
    for row in email.participants.filter(role__in=READERS):
        key = row.address.lower()
        if key in meant:
            row.status = Email.Status.SENT
            if key in words:
                row.status = Participant.DEFERRED if key in again else Participant.REFUSED
            row.server_said = words.get(key, "")
            row.save(update_fields=["status", "server_said"])


def mark(email: Email, addresses: Iterable[str], status: str, said: str) -> None:
    """The same for all of these."""
    meant = {address.lower() for address in addresses}
    for row in email.participants.filter(role__in=READERS):
        if row.address.lower() in meant:
            row.status, row.server_said = status, said
            row.save(update_fields=["status", "server_said"])


def tell(email: Email, kind: str, said_by_address: Mapping[str, str]) -> None:
    """Whoever wrote it is told of those whom it did not reach."""
    for address, said in said_by_address.items():
        values = {"email": email.pk, "subject": email.summary(), "address": address}
        notices.tell(email.activity.by, kind, **values, said=said[:300])
