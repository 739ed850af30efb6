"""Whose turn it is in a conversation: the one place that decides what needs an answer.

The newest e-mail that a person wrote decides; what a machine wrote changes nothing, nor does what
has not been said: a letter for next week, or one that failed. Mail about something else (M27) is a
matter of its own and waits by itself.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

OURS, THEIRS, DONE, NOBODYS = "ours", "theirs", "done", ""


class Line(NamedTuple):
    """What the decision needs of an e-mail; `whose` is the user in whose mailbox it lies."""

    pk: int
    at: datetime
    logged_at: datetime
    incoming: bool
    unsaid: bool  # by a machine, or a letter of ours that has not left
    settled: bool  # somebody said that nothing is left to do about it
    apart: bool
    whose: int | None


class Turn(NamedTuple):
    """`waits` are the e-mails that an answer is awaited for: none, or one of each matter."""

    state: str
    waits: Sequence[int]
    newest: Line | None
    said: Line | None  # the newest that a person wrote


def decide(lines: Iterable[Line]) -> Turn:
    """The turn of a conversation, from its kept e-mails, the newest first."""
    found = list(lines)
    by_people = [line for line in found if not line.unsaid]
    newest = found[0] if found else None
    said = by_people[0] if by_people else None
    leads = [_first(by_people, apart=False), _first(by_people, apart=True)]
    waits = [line.pk for line in leads if line and line.incoming and not line.settled]
    state = OURS if waits else _state(leads[0] or leads[1])
    return Turn(state, waits, newest, said)


def _first(lines: Iterable[Line], *, apart: bool) -> Line | None:
    return next((line for line in lines if line.apart == apart), None)


def _state(line: Line | None) -> str:
    if line is None:
        return NOBODYS
    return DONE if line.settled else THEIRS
