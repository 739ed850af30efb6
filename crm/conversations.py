"""Conversations by hand (M27): split at an e-mail, joined, or told to be one after all.

An e-mail moves with the answers to it, and with it the lines on its records; which contacts,
companies and deals it stands on remains as it was, so nobody sees more of it than before. Whatever
was placed by hand is not moved by references any more; answers that come later go with it.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction

from crm.models import Activity, Association, Email, Thread, User
from crm.timeline import touch_all

MOST_OTHERS = 30  # conversations that are offered for joining
MOST_LINES = 500  # of the newest lines in which they are sought


def can_split(email: Email) -> bool:
    """Whether anything of its conversation would stay behind."""
    return email.thread.emails.exclude(pk__in=with_answers(email)).exists()


@transaction.atomic
def split(email: Email) -> dict[str, Any]:
    """Make a conversation of its own of an e-mail and the answers to it; return the step back."""
    pks = with_answers(email)
    values = {"apart": ""} if email.apart else {}
    return _by_hand(pks, email.thread, _like(email.thread, email.subject), **values)


@transaction.atomic
def join(thread: Thread, into: Thread) -> dict[str, Any]:
    """Put all of a conversation into another one; return the step back."""
    return _by_hand(list(thread.emails.values_list("pk", flat=True)), thread, into)


@transaction.atomic
def keep_together(email: Email) -> dict[str, Any]:
    """It is no other matter after all: it and the answers to it are no longer shown apart."""
    return _by_hand(with_answers(email), email.thread, email.thread, apart="")


def with_answers(*emails: Email) -> list[int]:
    """The ids of these e-mails of one conversation and of all in it that answer them."""
    answers: dict[int | None, list[int]] = {}
    for answered, pk in emails[0].thread.emails.values_list("answers", "pk"):
        answers.setdefault(answered, []).append(pk)
    found: dict[int, None] = {}
    waiting = [email.pk for email in emails]
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found[pk] = None
            waiting += answers.get(pk, [])
    return list(found)


def move(pks: Collection[int], to: Thread, **values: Any) -> None:
    """Put e-mails into a thread, with their lines on every record; open pages hear of it."""
    left = set(Email.objects.filter(pk__in=pks).values_list("thread", flat=True)) - {to.pk}
    Email.objects.filter(pk__in=pks).update(thread=to, **values)
    Association.objects.filter(activity__in=pks).update(thread=to)
    touch_all(pks)
    Thread.objects.filter(pk__in=left).recount()


def put_back(step: dict[str, Any]) -> None:
    """Undo: what was moved goes back with the answers that came meanwhile, unless it was moved
    on since."""
    threads = Thread.objects.in_bulk([step["from"], step["to"]])
    if len(threads) < len({step["from"], step["to"]}):
        return  # erased meanwhile
    before = {pk: values for pk, *values in step["rows"]}
    moved = list(threads[step["to"]].emails.filter(pk__in=before))
    if not moved:
        return
    move(with_answers(*moved), threads[step["from"]])
    for email in moved:
        by_hand, apart = before[email.pk]
        Email.objects.filter(pk=email.pk).update(placed_by_hand=by_hand, apart=apart)
    Thread.objects.filter(pk=step["from"]).recount()


def others(email: Email, user: User) -> list[Activity]:
    """The newest e-mail of each other conversation that `user` sees on the records of this one."""
    here = Association.objects.filter(activity__in=email.thread.emails.values("pk"))
    lines = Association.objects.none()
    for name in ("contact", "company", "deal"):
        records = list(here.exclude(**{name: None}).values_list(name, flat=True).distinct())
        lines |= Association.objects.filter(**{f"{name}__in": records})
    seen = Activity.objects.visible_to(user)
    lines = lines.filter(thread__isnull=False, activity__in=seen).exclude(thread=email.thread_id)
    newest: dict[int, int] = {}
    pairs = lines.order_by("-at", "-activity").values_list("thread", "activity")[:MOST_LINES]
    for thread, activity in pairs:
        newest.setdefault(thread, activity)
    rows = Activity.objects.filter(pk__in=list(newest.values())[:MOST_OTHERS]).with_details()
    return list(rows.prefetch_related("email__participants").order_by("-at", "-pk"))


def _like(thread: Thread, subject: str) -> Thread:
    """What was split off a private conversation is one (M53), and who answered it goes on."""
    values = {"private": thread.private, "assignee": thread.assignee}
    found: Thread = Thread.objects.create(subject=subject, **values)
    return found


def _by_hand(pks: Iterable[int], before: Thread, to: Thread, **values: Any) -> dict[str, Any]:
    emails = Email.objects.select_for_update(of=("self",)).filter(pk__in=pks)
    rows = list(emails.values_list("pk", "placed_by_hand", "apart"))
    move([pk for pk, *_values in rows], to, placed_by_hand=True, **values)
    return {"do": "conversation", "from": before.pk, "to": to.pk, "rows": rows}
