"""How much may still leave a mailbox: what its provider allows, less what has left (M58).

Each attempt that may leave is counted on its own row, under a lock of its mailbox, so that several
workers together do not exceed what one of them may send. What has no room waits: the row stays
queued, due when the provider's 24 hours (or its minute) have room again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from inbox.connect.limits import Limits, limits_of
from inbox.models import Mailbox, Outgoing, Redelivery

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SOON = timedelta(seconds=5)  # until a session may be free
NEWEST = 2**62  # one that would be written now stands behind all others
Sent = Sequence[tuple[datetime, int]]  # when, to how many; the oldest first


@dataclass(frozen=True)
class Allowance:
    """What may leave from now on. `today`: e-mails to one recipient each, in the 24 hours until
    now; None where no limit is known. `next_at`: when one may leave again, where none may now."""

    today: int | None = None
    minute: int | None = None
    a_day: int | None = None  # the limit that `today` is counted from
    next_at: datetime | None = None

    @property
    def low(self) -> bool:
        """Whether a tenth is left: worth a warning."""
        return self.today is not None and self.today * 10 <= (self.a_day or 0)


class Wait(NamedTuple):
    why: str  # of Outgoing.Waits; "" for a session
    until: datetime


def remaining(mailbox: Mailbox, now: datetime) -> Allowance:
    """What `mailbox` may still send, beside what stands in its queue already. A query or two, over
    as many rows at most as a day allows."""
    limits = limits_of(mailbox)
    if not _limited(limits):
        return Allowance()
    used = Outgoing.objects.used(mailbox, now, day=now - DAY, minute=now - MINUTE)
    again = _counted_again(mailbox, now)
    left = [
        (max(0, limit - number), limit)
        for number, limit in (
            (used["messages"] + len(again), limits.messages_a_day),
            (used["recipients"] + sum(number for _at, number in again), limits.recipients_a_day),
        )
        if limit is not None
    ]
    today, a_day = min(left, default=(None, None))
    minute = None
    if limits.messages_a_minute is not None:
        lately = used["lately"] + len(_since(again, now - MINUTE))
        minute = max(0, limits.messages_a_minute - lately)
    wait = _wait(mailbox, limits, now, again) if 0 in (today, minute) else None
    return Allowance(today, minute, a_day, wait.until if wait else None)


@transaction.atomic
def take(row: Outgoing | Redelivery, now: datetime) -> Wait | None:
    """Count what is about to leave, or say for what it has to wait, and until when."""
    mailbox = (row if isinstance(row, Outgoing) else row.outgoing).mailbox
    if mailbox is None:
        return None
    Mailbox.objects.select_for_update().filter(pk=mailbox.pk).first()  # one after the other
    limits = limits_of(mailbox)
    if _sessions(mailbox, now, but=row) >= limits.posting:
        return Wait("", now + SOON)
    wait = None
    if _limited(limits):
        wait = _wait(mailbox, limits, now, _counted_again(mailbox, now, but=row), row)
    if wait is None:
        values = {"waits": ""} if isinstance(row, Outgoing) else {}
        row.settle(counted_at=now, state=type(row).State.SENDING, **values)
    return wait


def has_session(outgoing: Outgoing, now: datetime) -> bool:
    """Whether its mailbox's servers may be connected to once more, for a copy."""
    mailbox = outgoing.mailbox
    return mailbox is None or _sessions(mailbox, now, but=outgoing) < limits_of(mailbox).posting


def in_words(wait: Wait) -> str:
    """What the timeline says of it, where it is not for seconds."""
    if wait.why != Outgoing.Waits.DAY:
        return ""
    until = date_format(timezone.localtime(wait.until), "DATETIME_FORMAT")
    return _("It waits for the provider’s daily limit until {when}.").format(when=until)


def _sessions(mailbox: Mailbox, now: datetime, *, but: Outgoing | Redelivery) -> int:
    """How many others are connected, or will be."""
    kinds = (Outgoing, Redelivery)
    rows = {kind: kind.objects.connected(mailbox, now) for kind in kinds}
    rows[type(but)] = rows[type(but)].exclude(pk=but.pk)
    return sum(each.count() for each in rows.values())


def _limited(limits: Limits) -> bool:
    return any((limits.messages_a_day, limits.messages_a_minute, limits.recipients_a_day))


def _wait(
    mailbox: Mailbox,
    limits: Limits,
    now: datetime,
    again: Sent,
    row: Outgoing | Redelivery | None = None,
) -> Wait | None:
    """For the longer of its two reasons, where one more has no room now: `row`, or an e-mail that
    would be written now. What is delivered `again` stands behind all that is written."""
    recipients = row.recipients if row else 1
    pk = row.pk if isinstance(row, Outgoing) else NEWEST
    rows = Outgoing.objects.counted(mailbox, now - DAY).exclude(pk=pk)
    first = list(rows.values_list("counted_at", "recipients"))
    sent = sorted([*first, *again])
    day, minute = Outgoing.Waits.DAY, Outgoing.Waits.MINUTE
    rooms = (
        (day, DAY, sent, Room(limits.messages_a_day, limits.recipients_a_day)),
        (minute, MINUTE, _since(sent, now - MINUTE), Room(limits.messages_a_minute)),
    )
    waits = []
    for why, window, counted, room in rooms:
        ahead = Outgoing.objects.ahead(mailbox, why, pk).count()
        forgotten = room.last_to_forget(counted, ahead, recipients)
        if forgotten:
            waits.append(Wait(why, forgotten + window))
    return max(waits, key=lambda wait: wait.until, default=None)


def _counted_again(
    mailbox: Mailbox, now: datetime, *, but: Outgoing | Redelivery | None = None
) -> Sent:
    """What was delivered once more in a day, to those who were refused the first time."""
    rows = Redelivery.objects.counted(mailbox, now - DAY)
    if isinstance(but, Redelivery):
        rows = rows.exclude(pk=but.pk)
    return [(row.counted_at, row.recipients) for row in rows.only("counted_at", "addresses")]


def _since(sent: Sent, since: datetime) -> Sent:
    return [row for row in sent if row[0] > since]


class Room(NamedTuple):
    """What one window holds at most; None: no limit is known."""

    messages: int | None = None
    recipients: int | None = None

    def last_to_forget(self, sent: Sent, ahead: int, recipients: int) -> datetime | None:
        """The moment of the last one of `sent` that has to be forgotten before there is room for
        one more e-mail, after those that are `ahead`; None where there is room now.

        What is larger than a whole window has room once all is forgotten: the provider may say no
        to it, nobody else.
        """
        messages, total = len(sent), sum(number for _at, number in sent)
        forgotten: datetime | None = None
        for at, number in sent:
            if self._holds(messages + ahead + 1, total + ahead + recipients):
                break
            forgotten, messages, total = at, messages - 1, total - number
        return forgotten

    def _holds(self, messages: int, recipients: int) -> bool:
        return (self.messages is None or messages <= self.messages) and (
            self.recipients is None or recipients <= self.recipients
        )
