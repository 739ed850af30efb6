"""E-mails that stay, since others are in them as well: without the person who is erased (M36)."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import notices, retention
from crm.lib.striking import lines, strike, strike_all, without
from crm.models import Attachment, Email, Hold, Participant, Thread
from crm.timeline import touch_all
from inbox.dossiers.person import Person
from inbox.dossiers.traces import strike_names
from inbox.models import (
    AwaitedId,
    HeaderBlock,
    MessageId,
    Outgoing,
    RawCopy,
    Reading,
    Redelivery,
    TransportRecord,
)
from inbox.sending import recipients

BATCH = 50
_OPEN = [Redelivery.State.QUEUED, Redelivery.State.SENDING]


def strike_shared(person: Person, pseudonym: str) -> Iterator[tuple[str, int]]:
    """Batch by batch, with what each count is of. `pseudonym` takes the place of an address."""
    kept = person.threads(pseudonym).exclude(emails__in=Hold.objects.activities())  # M57
    said, threads = _said(person), list(kept.values_list("pk", flat=True))
    for pks in map(list, _in_batches(_chosen(person, pseudonym))):
        for email in Email.objects.filter(pk__in=pks).order_by("pk"):
            _strike(email, person, pseudonym, said)
        touch_all(pks)
        retention.sweep()
        yield "emails_struck", len(pks)
    rows = Thread.objects.filter(pk__in=threads)
    yield "conversations_struck", sum(strike_names(row, person, "subject") for row in rows)


def _chosen(person: Person, pseudonym: str) -> list[int]:
    """What they wrote comes last: until then it tells what of the rest repeats it, also after an
    attempt that died."""
    shared = person.emails().filter(pk__in=person.others().values("activity"))
    written = set(person.participants().filter(role="from").values_list("email", flat=True))
    found = {*shared.values_list("pk", flat=True)}
    found.update(person.near(pseudonym).values_list("pk", flat=True))
    return sorted(found, key=lambda pk: (pk in written, pk))


def _in_batches(pks: Collection[int]) -> Iterator[Collection[int]]:
    pks = list(pks)
    for start in range(0, len(pks), BATCH):
        yield pks[start : start + BATCH]


def _said(person: Person) -> set[str]:
    """The lines that they wrote, to know them again where others repeat them."""
    written = person.participants().filter(role="from").values("email")
    rows = Email.objects.filter(pk__in=written).only("text", "reply_length")
    return {line for email in rows.iterator(chunk_size=200) for line in lines(email.reply_text)}


@transaction.atomic
def _strike(email: Email, person: Person, pseudonym: str, said: set[str]) -> None:
    theirs = person.participants().filter(email=email)
    by_them = theirs.filter(role="from").exists()
    theirs.update(name="", address=pseudonym, contact=None, stranger=False, server_said="")
    email.activity.associations.filter(contact=person.contact).delete()
    again = list(Redelivery.objects.filter(outgoing__email=email, state__in=_OPEN))
    taken_back = _forget_travel(email)
    if by_them:
        _forget_ids(email)
        retention.doom(_paths(email))
        email.activity.files.all().delete()
    _write(email, person, "" if by_them else without(email.reply_text, said))
    for file in email.activity.files.all():
        strike_names(file, person, "name")
    _give_up(again, email)  # its subject says no name any more
    if taken_back:
        values = {"email": email.pk, "subject": email.summary(), "said": email.error}
        notices.tell(email.activity.by, "send_stopped", **values)


def _write(email: Email, person: Person, text: str) -> None:
    """What is new in it, as plain text: the rest quotes, and its HTML says the same again."""
    before, email.subject = email.subject, strike(email.subject, person.nearby)
    if email.subject != before:
        MessageId.objects.filter(email=email).forget_fields()
    email.text = strike(text, person.nearby)
    email.reply_length = len(email.text)
    email.html = ""
    email.error = strike(email.error, person.nearby)
    email.invitation = strike_all(email.invitation, person.nearby) if text else None
    email.save()


def _forget_travel(email: Email) -> bool:
    """Headers, raw copies, envelopes and bytes; what was to leave with their address does not, and
    its writer is to be told: True."""
    for model in (HeaderBlock, RawCopy, TransportRecord):
        model.objects.filter(email=email).delete()
    rows = Outgoing.objects.filter(email=email)
    Redelivery.objects.filter(outgoing__in=rows).delete()
    waiting = Q(state__in=[Outgoing.State.QUEUED, Outgoing.State.HELD])
    waiting &= Q(claimed_until__lte=timezone.now())
    taken_back = bool(rows.filter(waiting).update(state=Outgoing.State.CANCELLED))
    if taken_back:
        email.status = Email.Status.CANCELLED
        with _language_of(email):
            email.error = _("One of its recipients was erased. Write it anew to the others.")
    rows.exclude(state=Outgoing.State.SENDING).update(frozen=None)
    return taken_back


def _give_up(waiting: Collection[Redelivery], email: Email) -> None:
    """Those who were to get it once more, with bytes that name who is erased, do not: its writer is
    told, and can write to them anew (M23)."""
    with _language_of(email):
        said = _("Another recipient was erased before it could be tried again.")
    for row in waiting:
        lost = Participant.UNKNOWN if row.transmitting_at else Participant.REFUSED
        recipients.mark(email, row.addresses, lost, said)
        there = [a for a in row.addresses if recipients.named(email, a)]  # not who is erased
        recipients.tell(email, f"recipient_{lost}", dict.fromkeys(there, said))


def _language_of(email: Email) -> AbstractContextManager[None]:
    by = email.activity.by
    return by.preferences() if by else nullcontext()


def _forget_ids(email: Email) -> None:
    """Of what they wrote: the keyed hashes stay (M48)."""
    ids = list(MessageId.objects.filter(email=email).values_list("value", flat=True))
    MessageId.objects.filter(email=email).delete()
    AwaitedId.objects.filter(Q(value__in=ids) | Q(email=email)).delete()
    Reading.objects.filter(known_id__in=ids).update(known_id="")
    Email.objects.filter(reason_message_id__in=ids).update(reason_message_id="")
    email.message_id = ""


def _paths(email: Email) -> set[str]:
    rows: Any = Attachment.objects.filter(activity=email.activity)
    return set(rows.values_list("path", flat=True)) - {""}
