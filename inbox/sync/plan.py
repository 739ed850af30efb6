"""What a look at a folder must cover, from its cursor and what the server says. Pure. M6, M38.

    cursor           server                       look
    ---------------  ---------------------------  ---------------------------------------
    none, never      any                          baseline: nothing old (or since_days back)
    none, looked at  any                          since a day before that: a folder found later
    same validity    UIDNEXT not above the cursor nothing
    same validity    UIDNEXT above the cursor     the range from the cursor on
    same validity    UIDNEXT below the cursor     since a day before the last look
    other validity   any                          since a day before the last look
    of a whole folder: no or other validity       all of it

A UIDVALIDITY that changed makes every UID worthless (RFC 9051, 2.3.1.1), and so does a UIDNEXT
that fell, which no server may let happen. The mail since the last look is looked at again; what is
known by its Message-ID is known already, so nothing doubles. `begin_again` says where that begins.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

AFFORDABLE = 10_000  # that may be looked at once more, to be on the safe side: a round of a sift
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


def plan(
    cursor: Cursor,
    *,
    uidvalidity: int,
    uidnext: int,
    since_days: int,
    now: datetime,
    whole: bool = False,
) -> Look:
    """Decide what to look at. `whole`: each message of the folder counts, however old (M17).

    >>> plan(Cursor(7, 41, None), uidvalidity=7, uidnext=43, since_days=0, now=datetime.now())
    Look(kind='range', first_uid=41, since=None)
    """
    if whole and cursor.uidvalidity != uidvalidity:
        return Look("range", first_uid=1)
    if cursor.uidvalidity is None and cursor.looked_at is None:
        if since_days:
            return Look("since", since=(now - timedelta(days=since_days)).date())
        return Look("baseline", first_uid=uidnext)
    if cursor.uidvalidity != uidvalidity:
        last = cursor.looked_at or now
        return Look("since", since=(last - OVERLAP).date())
    if uidnext == cursor.next_uid:
        return Look("nothing", first_uid=cursor.next_uid)
    if 0 < uidnext < cursor.next_uid:
        return Look("since", since=((cursor.looked_at or now) - OVERLAP).date())
    return Look("range", first_uid=cursor.next_uid)


def begin_again(by_date: int | None, by_id: int | None, uidnext: int) -> int:
    """The first UID to look at once the numbers have changed.

    `by_date`: the first message since the last look; None: there is none. `by_id`: the one after
    the last message that the CRM is known to have had there; None: not found. Mail that was moved
    here is older than it looks, and a restored server may date everything anew: so the lower one
    counts, as long as it costs little. Where only one is known, all from there on is looked at,
    however much that is: a long scan sifts it, and goes on where it was interrupted.

    >>> begin_again(None, 90, uidnext=100), begin_again(50_000, 90, uidnext=50_001)
    (90, 50000)
    """
    by_date = by_date or max(uidnext, 1)
    low, high = min(by_date, by_id or by_date), max(by_date, by_id or by_date)
    return low if uidnext - low <= AFFORDABLE else high
