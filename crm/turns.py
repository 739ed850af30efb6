"""What people decide about whose turn it is in conversations: done, later, somebody else's; and how
far each has read. Each returns one way back for all of them. Who may see a conversation is asked
before (`Thread.objects.handled_by`).

Done and assignee are everybody's, and so is a snooze: it belongs to whose turn it is, so that a
colleague does not answer what somebody has put off for a reason. Giving it to somebody ends it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from crm import notices
from crm.models import Activity, Email, LastRead, Thread, UndoEntry, User
from crm.timeline import touch_all
from crm.undo import Step, changed_all, remember, trashed


class NotVisible(Exception):
    """`user` may not see all of these conversations."""

    def __init__(self, user: User) -> None:
        super().__init__(user.pk)
        self.user = user


@transaction.atomic
def finish(threads: Sequence[Thread], *, by: User) -> UndoEntry:
    """Nothing is left to do in them, until somebody writes again."""
    return remember(by, *_wake(threads), *_settle(threads, settled=True))


@transaction.atomic
def settle(email: Email, *, by: User) -> UndoEntry:
    """Nothing is left to do in its matter; what is about something else still waits (M27)."""
    rows = email.thread.emails.filter(settled=False)
    rows = rows.exclude(apart="") if email.apart else rows.filter(apart="")
    return remember(by, *_change(list(rows.values_list("pk", flat=True)), settled=True))


@transaction.atomic
def reopen(threads: Sequence[Thread], *, by: User) -> UndoEntry:
    """They are not done after all."""
    return remember(by, *_settle(threads, settled=False))


@transaction.atomic
def snooze(threads: Sequence[Thread], until: datetime, *, by: User) -> UndoEntry:
    """Out of sight until then, or until somebody writes; then they need a reply, whoever's the last
    word is. What was done is not done any more."""
    times = {"snoozed_until": until, "snoozed_at": timezone.now()}
    steps = changed_all(Thread, _pks(threads), **times)
    return remember(by, *steps, *_settle(_done(threads), settled=False))


@transaction.atomic
def wake(threads: Sequence[Thread], *, by: User) -> UndoEntry:
    return remember(by, *_wake(threads))


@transaction.atomic
def assign(threads: Sequence[Thread], user: User | None, *, by: User) -> UndoEntry:
    """From now on they are `user`'s to answer, who is told; with None, whose mailbox they came to.
    Raises NotVisible."""
    pks = _pks(threads)
    if user and Thread.objects.visible_to(user).filter(pk__in=pks).count() != len(pks):
        raise NotVisible(user)
    steps = [*_wake(threads), *changed_all(Thread, pks, assignee=user)]
    if user and user != by:
        _tell(threads, user, by)
    return remember(by, *steps)


@transaction.atomic
def trash(threads: Sequence[Thread], *, by: User) -> UndoEntry:
    """What `by` sees of them goes to the Trash, as each e-mail alone would."""
    seen = Activity.objects.visible_to(by).filter(email__thread__in=_pks(threads))
    rows = list(seen.with_details().prefetch_related("email__readers"))
    steps = [trashed(row) for row in rows if row.email.seen_by(by)]
    touch_all([row.pk for row in rows])
    return remember(by, *steps)


def read(thread: Thread, user: User) -> None:
    """`user` has it before them, up to its newest e-mail."""
    newest = thread.newest.activity.at if thread.newest else timezone.now()
    at = max(timezone.now(), newest)
    LastRead.objects.update_or_create(user=user, thread=thread, defaults={"at": at})


def unread(threads: Sequence[Thread], user: User) -> None:
    LastRead.objects.filter(user=user, thread__in=_pks(threads)).delete()


def _pks(threads: Iterable[Thread]) -> list[int]:
    return [thread.pk for thread in threads]


def _wake(threads: Sequence[Thread]) -> list[Step]:
    pks = [thread.pk for thread in threads if thread.snoozed_until]
    return changed_all(Thread, pks, snoozed_until=None, snoozed_at=None)


def _done(threads: Sequence[Thread]) -> list[Thread]:
    return [thread for thread in threads if thread.state == Thread.State.DONE]


def _settle(threads: Sequence[Thread], *, settled: bool) -> list[Step]:
    """All of their e-mails: so each part stays done where one is split, joined or restored."""
    rows = Email.objects.filter(thread__in=_pks(threads), settled=not settled)
    return _change(list(rows.values_list("pk", flat=True)), settled=settled)


def _change(pks: Sequence[int], *, settled: bool) -> list[Step]:
    steps = changed_all(Email, pks, settled=settled)
    touch_all(pks)
    return steps


def _tell(threads: Sequence[Thread], user: User, by: User) -> None:
    if len(threads) > 1:
        notices.tell(user, "conversations_assigned", n=len(threads), by=by.name)
        return
    for thread in threads:
        email = thread.newest
        said = email.summary() if email and email.shows_subject_to(user) else ""
        told = "conversation_assigned"
        notices.tell(user, told, thread=thread.pk, subject=said, by=by.name)
