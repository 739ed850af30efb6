"""Which thread a message belongs to: that of the e-mail it answers (M27). Never by subject (M7).

Mail about something else, for which somebody re-used an answer or a forward, stays there by its
references and is marked to be shown apart: a new subject, and nobody of the conversation in it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from crm import conversations
from crm.lib.subjects import is_new
from crm.models import Email, Participant
from inbox.entries import Entry
from inbox.models import AwaitedId

MOST_AWAITED = 20  # of the ids that one message names, the nearest


class Talks:
    """What was said in some threads, and by whom; it grows with each e-mail that is placed there.

    Two queries. `ours` are the addresses of our own side, which are in every conversation.
    """

    def __init__(self, threads: Collection[int], ours: Collection[str]) -> None:
        self._ours = ours
        self._subjects: defaultdict[int, set[str]] = defaultdict(set)  # of what is not apart
        self._people: defaultdict[int, set[str]] = defaultdict(set)
        self._people_apart: defaultdict[int, set[str]] = defaultdict(set)
        if threads:
            self._load(threads)

    def _load(self, threads: Collection[int]) -> None:
        emails = Email.objects.filter(thread__in=threads, apart="")
        for thread, subject in emails.values_list("thread", "subject").distinct():
            self._subjects[thread].add(subject)
        rows = Participant.objects.filter(email__thread__in=threads).order_by()
        for thread, apart, *addresses in rows.values_list(
            "email__thread", "email__apart", "address", "contact__addresses__address"
        ).distinct():  # a contact who writes from another address of theirs is no stranger
            people = (self._people_apart if apart else self._people)[thread]
            people.update(address.lower() for address in addresses if address)

    def place(self, entry: Entry) -> None:
        """Say why it is shown apart from its conversation, if it is, and whether its sender came
        into it by naming one of its messages, no more (M7)."""
        email, thread = entry.email, entry.email.thread.pk
        email.apart = self._why_apart(entry)
        people = self._people[thread] | self._people_apart[thread]
        email.new_participant = entry.may_have_joined and entry.sender not in people
        if not email.apart:
            self._subjects[thread].add(email.subject)
        (self._people_apart if email.apart else self._people)[thread].update(entry.addresses)

    def _why_apart(self, entry: Entry) -> str:
        answers = entry.email.answers
        if answers is None:
            return ""
        if answers.apart:
            return Email.Apart.FOLLOWS
        # What machines write is about what it answers, whatever its subject and sender say.
        unrelated = not entry.by_machine and self._is_unrelated(entry)
        return Email.Apart.UNRELATED if unrelated else ""

    def _is_unrelated(self, entry: Entry) -> bool:
        thread = entry.email.thread.pk
        if not is_new(entry.email.subject, self._subjects[thread]):
            return False
        theirs = {who.address.lower() for who in entry.others}.difference(self._ours)
        known = self._people[thread].difference(self._ours)
        return bool(theirs and known) and theirs.isdisjoint(known)


# --- what was missing arrives later ---------------------------------------------------------------


def nearest(names: Iterable[str]) -> list[str]:
    """Of ids that a message names, those that are worth waiting for."""
    return list(dict.fromkeys(filter(None, names)))[:MOST_AWAITED]


def awaited(values: Iterable[str]) -> set[str]:
    """Which of these ids an e-mail waits for."""
    rows = AwaitedId.objects.filter(value__in=list(values))
    return set(rows.values_list("value", flat=True))


def await_nearer(entries: Iterable[Entry]) -> None:
    """Remember the ids that they name nearer than what they answer, in case their e-mails come."""
    AwaitedId.objects.bulk_create(
        AwaitedId(email=entry.email, value=value, distance=n)
        for entry in entries
        for n, value in enumerate(entry.awaits)
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
