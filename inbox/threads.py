"""Which thread a message belongs to: that of the e-mail it answers (M27). Never by subject (M7).

Mail about something else, for which somebody re-used an answer or a forward, stays there by its
references and is marked to be shown apart: a new subject, and nobody of the conversation in it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models.functions import Lower

from crm import conversations
from crm.lib.subjects import is_new
from crm.models import Email, Participant, Thread, User
from inbox.models import AwaitedId
from inbox.models.identities import own_addresses

MOST_AWAITED = 20  # of the ids that one message names, the nearest


@dataclass(frozen=True)
class Place:
    """The thread, and why it is shown apart there ("": it is not)."""

    thread: Thread
    apart: str = ""


def place(answers: Email | None, subject: str, people: Collection[str]) -> Place:
    """The thread of the e-mail that is answered; a new one where none is. `people` are the
    addresses in the message without our own side's sender."""
    if answers is None:
        return Place(Thread.objects.create(subject=subject[:998]))
    if answers.apart:
        return Place(answers.thread, Email.Apart.FOLLOWS)
    unrelated = _is_unrelated(answers.thread, subject, people)
    return Place(answers.thread, Email.Apart.UNRELATED if unrelated else "")


def _is_unrelated(thread: Thread, subject: str, people: Collection[str]) -> bool:
    emails = thread.emails.filter(apart="")
    if not is_new(subject, emails.values_list("subject", flat=True)):
        return False
    theirs = {address.lower() for address in people}
    before = Participant.objects.filter(email__in=emails).annotate(lower=Lower("address"))
    known = set(before.values_list("lower", flat=True))
    ours = _ours(theirs | known)
    return bool(theirs - ours and known - ours) and (theirs - ours).isdisjoint(known)


def _ours(addresses: Collection[str]) -> set[str]:
    """Those of mailboxes, with what they have proven, and of users: in every conversation."""
    users = User.objects.annotate(lower=Lower("email")).filter(lower__in=addresses)
    return own_addresses().intersection(addresses).union(users.values_list("lower", flat=True))


# --- what was missing arrives later ---------------------------------------------------------------


def await_nearer(email: Email, named: Sequence[str]) -> None:
    """Remember the ids that it names nearer than what it answers, in case their e-mails come."""
    held = set(email.answers.message_ids.values_list("value", flat=True)) if email.answers else ()
    nearer: list[str] = []
    for value in dict.fromkeys(filter(None, named[:MOST_AWAITED])):
        if value in held:
            break
        nearer.append(value)
    AwaitedId.objects.bulk_create(
        AwaitedId(email=email, value=value, distance=n) for n, value in enumerate(nearer)
    )


def arrived(values: Iterable[str], email: Email) -> None:
    """An e-mail has come, or one of its ids was learnt: who named it nearest is its answer."""
    rows = AwaitedId.objects.filter(value__in=list(values)).exclude(email=email)
    if not rows.exists():  # nearly always, and much less to ask for
        return
    for row in rows.select_related("email__thread", "email__answers").order_by("pk"):
        AwaitedId.objects.filter(email=row.email, distance__gte=row.distance).delete()
        _hang(row.email, email)


def _hang(answer: Email, below: Email) -> None:
    """References decide, whatever came first; but what a person has decided stays."""
    moving = conversations.with_answers(answer)
    if below.pk in moving:
        return  # they name each other
    is_first = answer.answers is None
    answer.answers = below
    answer.save(update_fields=["answers"])
    if answer.thread_id == below.thread_id or answer.placed_by_hand:
        return
    if is_first:
        moving = list(answer.thread.emails.values_list("pk", flat=True))
    conversations.move(moving, below.thread)
