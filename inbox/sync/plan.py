"""What a look at a folder must cover, from its cursor and what the server says. Pure. M6, M38.

    cursor           server                       look
    ---------------  ---------------------------  ---------------------------------------
    none, never      any                          baseline: nothing old (or since_days back)
    none, looked at  any                          since a day before that: a folder found later
    same validity    UIDNEXT not above the cursor nothing
    same validity    UIDNEXT above the cursor     the range from the cursor on
    other validity   any                          since a day before the last look

A UIDVALIDITY that changed makes every UID worthless (RFC 9051, 2.3.1.1). The mail since the last
look is looked at again; what is known by its Message-ID is known already, so nothing doubles.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

OVERLAP = timedelta(days=1)  # SINCE compares days without a zone (RFC 9051, 6.4.4)


@dataclass(frozen=True)
class Cursor:
    """Everything below `next_uid` has been looked at; `uidvalidity` None: not in this folder."""

    uidvalidity: int | None
    next_uid: int
    looked_at: datetime | None


@dataclass(frozen=True)
class Look:
    """`first_uid` on for a range; mail since the day `since` for a resync."""

    kind: Literal["nothing", "baseline", "range", "since"]
    first_uid: int = 1
    since: date | None = None


def plan(cursor: Cursor, *, uidvalidity: int, uidnext: int, since_days: int, now: datetime) -> Look:
    """Decide what to look at.

    >>> plan(Cursor(7, 41, None), uidvalidity=7, uidnext=43, since_days=0, now=datetime.now())
    Look(kind='range', first_uid=41, since=None)
    """
    if cursor.uidvalidity is None and cursor.looked_at is None:
        if since_days:
            return Look("since", since=(now - timedelta(days=since_days)).date())
        return Look("baseline", first_uid=uidnext)
    if cursor.uidvalidity != uidvalidity:
        last = cursor.looked_at or now
        return Look("since", since=(last - OVERLAP).date())
    if uidnext and uidnext <= cursor.next_uid:
        return Look("nothing", first_uid=cursor.next_uid)
    return Look("range", first_uid=cursor.next_uid)
