"""To those alone whom the server did not take while it took the others (M23).

    queued ──claim──► sending ──► (connected, recipients accepted)
      ▲                   │
      ├── 4xx, transient ─┤ refused before the data, or by a complete answer to it
      │   (backoff)       ├── permanent, or tried too often ──► failed: each is shown as refused
      │                   │
      │              transmitting_at is committed, then the first byte leaves
      │                   ├── complete 2xx answer ──► done; who was refused with a 4xx: queued
      │                   └── anything else ──► unknown: each is shown as not known
      └── a person presses "Send again" beside one who was refused, or of whom nobody knows

It is a row of its own with its own claim, since the e-mail itself is sent, and nobody who has it
may get it twice. The Sent folder cannot be asked: the copy there is that of the first delivery.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import timeline
from crm.models import Participant
from inbox.connect import doors
from inbox.models import Mailbox, Outgoing, Redelivery, TransportRecord
from inbox.models.transport import Envelope
from inbox.sending import allowance, freezing, posting, recipients, revoked, server_limits
from inbox.wire.faults import Fault, OutcomeUnknown, SmtpRefused

MOST_ATTEMPTS = 12  # with the backoff below: about seven hours
State = Redelivery.State


def begin(outgoing: Outgoing, waiting: Iterable[str], now: datetime) -> None:
    """Those who were refused for now are tried again by themselves, with the same bytes."""
    addresses = list(waiting)
    if addresses:
        _make(outgoing, addresses, bytes(outgoing.frozen or b""), now + _wait(1), attempts=1)


def send_again(outgoing: Outgoing, recipient: Participant) -> bool:
    """A person has it sent again, to this recipient alone.

    False where that is not in question (any more). Raises OSError where a file is gone.
    """
    if outgoing.state != Outgoing.State.SENT or recipient.email_id != outgoing.email_id:
        return False
    frozen = outgoing.frozen or freezing.built(outgoing, outgoing.sent_at or timezone.now())
    with transaction.atomic():
        lost = [Participant.REFUSED, Participant.UNKNOWN]
        rows = Participant.objects.filter(pk=recipient.pk, status__in=lost)
        if rows.update(status=Participant.DEFERRED, server_said="") != 1:
            return False
        _make(outgoing, [recipient.address], bytes(frozen), timezone.now())
        timeline.touch(outgoing.email.activity)
    return True


def attempt(row: Redelivery) -> None:
    """Try once to deliver what is due, and settle how it went. Nothing where another holds it."""
    if not row.claim(timezone.now()):
        return
    if row.transmitting_at is not None:  # whoever began has died, and only the server knows
        _unknown(row, "")
        return
    wait = allowance.take(row, timezone.now())
    if wait:
        _until(row, wait)
        return
    row.settle(state=State.SENDING, attempts=row.attempts + 1)
    try:
        revoked.refuse(row.outgoing, row.addresses)
        _deliver(row)
    except OutcomeUnknown as fault:
        _unknown(row, fault.server_said)
    except Fault as fault:
        _refused(row, fault)
    except Exception:
        if row.transmitting_at is None:
            _refused(row, Fault("internal", transient=True))
        raise


def _make(
    outgoing: Outgoing, addresses: list[str], frozen: bytes, due_at: datetime, attempts: int = 0
) -> None:
    now = timezone.now()
    values = {"frozen": frozen, "due_at": due_at, "claimed_until": now, "attempts": attempts}
    Redelivery.objects.create(outgoing=outgoing, addresses=addresses, **values)


@transaction.atomic
def _until(row: Redelivery, wait: allowance.Wait) -> None:
    """It stays in the queue until its provider has room for it (M58)."""
    values = {"state": State.QUEUED, "due_at": wait.until, "claimed_until": timezone.now()}
    said = allowance.in_words(wait)
    if row.settle(**values) and said:
        recipients.mark(row.outgoing.email, row.addresses, Participant.DEFERRED, said)
        timeline.touch(row.outgoing.email.activity)


def _wait(attempts: int) -> timedelta:
    return timedelta(seconds=min(3600, 15 * 2**attempts))


def _deliver(row: Redelivery) -> None:
    mailbox: Mailbox | None = row.outgoing.mailbox
    if mailbox is None:
        raise Fault("disconnected", _("The mailbox that it was written in is disconnected."))
    sender, _everybody = recipients.envelope(row.outgoing)
    with doors.posting(mailbox) as session:
        server_limits.learn(mailbox, session)
        taken = posting.hand_over(session, row, sender, row.addresses)
        if taken:
            words, passing = recipients.in_words(taken.refused), recipients.passing(taken.refused)
            _settle(row, words, passing, taken.said)  # before the goodbye, which may take its time


def _refused(row: Redelivery, fault: Fault) -> None:
    """Nobody got it: each is refused with their own words, or all with the same."""
    if isinstance(fault, SmtpRefused) and fault.refused:
        _settle(row, recipients.in_words(fault.refused), recipients.passing(fault.refused))
    else:
        refused = dict.fromkeys(row.addresses, fault.server_said or fault.code)
        _settle(row, refused, refused if fault.transient else ())


@transaction.atomic
def _settle(
    row: Redelivery, refused: Mapping[str, str], passing: Iterable[str], said: str = ""
) -> None:
    """Who was taken is done with; who was refused for now is tried again while that is sensible.

    `said` are the words with which the server took it, "" where it took nothing.
    """
    now, email, tried = timezone.now(), row.outgoing.email, row.addresses
    waiting = list(passing) if row.attempts < MOST_ATTEMPTS else []
    frozen, due_at = bytes(row.frozen or b""), now + _wait(row.attempts)
    values: dict[str, Any] = {"state": State.FAILED if refused else State.DONE, "frozen": None}
    if not said:
        values["counted_at"] = None  # nothing has left
    if waiting and not said:
        values |= {"state": State.QUEUED, "addresses": waiting, "due_at": due_at, "frozen": frozen}
    settled = row.settle(**values, transmitting_at=None, claimed_until=now)
    if settled and waiting and said:  # each that has left is counted by itself (M58)
        _make(row.outgoing, waiting, frozen, due_at, row.attempts)
    if not (settled or said):
        return  # it is another's now; but what a server has taken, it has
    recipients.note(email, tried, refused, waiting)
    final = {address: words for address, words in refused.items() if address not in waiting}
    recipients.tell(email, "recipient_refused", final)
    if said:
        _keep_transport(row, tried, len(frozen), {**refused, "": said})
    timeline.touch(email.activity)


def _keep_transport(
    row: Redelivery, tried: list[str], size: int, answers: Mapping[str, str]
) -> None:
    """How it went out, kept for a while (M28)."""
    envelope = Envelope(recipients.envelope(row.outgoing)[0], tried, dict(answers))
    TransportRecord.objects.create(
        email=row.outgoing.email,
        mailbox=row.outgoing.mailbox,
        at=timezone.now(),
        sealed=envelope.sealed(),
        size=size,
    )


@transaction.atomic
def _unknown(row: Redelivery, said: str) -> None:
    """Never sent again by itself: a person who asks them knows whether they have it."""
    if row.settle(state=State.UNKNOWN, frozen=None, claimed_until=timezone.now()):
        email = row.outgoing.email
        recipients.mark(email, row.addresses, Participant.UNKNOWN, said)
        recipients.tell(email, "recipient_unknown", dict.fromkeys(row.addresses, said))
        timeline.touch(email.activity)
