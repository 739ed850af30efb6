"""How lively the mail with a contact is: twelve weeks as bars, and how soon they reply."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.models import Association, Contact

WEEKS = 12
MOST = 1000  # e-mails, the newest
TALLEST = 24  # of a bar


class Bars(NamedTuple):
    """A week: where its pair of bars stands, and how tall each is."""

    x: int
    received: int
    sent: int


class Rhythm(NamedTuple):
    weeks: Sequence[Bars]
    received: int
    sent: int
    replies: str  # "replies in about 3 hours"; "" where they never did


class Mail(NamedTuple):
    at: datetime
    thread: int
    incoming: bool


def rhythm_of(contact: Contact, now: datetime) -> Rhythm | None:
    """None where nothing was written in these weeks. What a machine wrote
    does not count, nor what is private."""
    here = Association.objects.filter(
        contact=contact,
        thread__isnull=False,
        at__gt=now - timedelta(weeks=WEEKS),
        at__lte=now,
        activity__deleted_at=None,
        activity__email__auto_reply=False,
        activity__email__private=False,
    )
    rows = here.order_by("-at").values_list("at", "thread", "activity__email__direction")[:MOST]
    mails = [Mail(at, thread, direction == "incoming") for at, thread, direction in reversed(rows)]
    if not mails:
        return None
    received = sum(mail.incoming for mail in mails)
    return Rhythm(_bars(mails, now), received, len(mails) - received, _replies(mails))


def _bars(mails: Iterable[Mail], now: datetime) -> list[Bars]:
    counts = [[0, 0] for _week in range(WEEKS)]
    for mail in mails:
        counts[WEEKS - 1 - (now - mail.at) // timedelta(weeks=1)][mail.incoming] += 1
    most = max(max(count) for count in counts)
    tall = [[max(1, round(n * TALLEST / most)) for n in count] for count in counts]
    return [Bars(10 * place, theirs, ours) for place, (ours, theirs) in enumerate(tall)]


def _replies(mails: Iterable[Mail]) -> str:
    """From our last word in a conversation to their next one, in the middle case."""
    asked: dict[int, datetime] = {}
    hours_waited = []
    for mail in mails:
        if not mail.incoming:
            asked[mail.thread] = mail.at
        elif mail.thread in asked:
            hours_waited.append((mail.at - asked.pop(mail.thread)) / timedelta(hours=1))
    if not hours_waited:
        return ""
    hours = round(median(hours_waited))
    if hours < 1:
        return _("replies within an hour")
    if hours < 48:
        said = ngettext("replies in about {n} hour", "replies in about {n} hours", hours)
        return said.format(n=hours)
    days = round(hours / 24)
    return ngettext("replies in about {n} day", "replies in about {n} days", days).format(n=days)
