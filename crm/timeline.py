"""The timeline of a record: what is put on it (M14), and a page of it, by keyset."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from crm.lib import keyset
from crm.models import Activity, Association, Company, Contact, Deal, Email, Thread, User
from crm.models.emails import snippet

MOST_DEALS = 5  # M14: the five newest open deals
PAGE = 20
MOST_EARLIER = 100  # earlier messages of one conversation
MOST_WHOLE = 12  # of them shown open


@dataclass(frozen=True)
class Line:
    """One card on a timeline: an activity and, for an e-mail, the earlier ones of its thread."""

    activity: Activity
    earlier: Sequence[Activity] = field(default_factory=list)
    whole: Collection[int] = ()  # of the earlier ones, those that are loaded to be shown open

    @property
    def folded(self) -> Sequence[Activity]:
        """What comes before the first that is open, but for the last of them."""
        first = next((n for n, a in enumerate(self.before) if a.pk in self.whole), None)
        return self.before[: max(0, (len(self.before) if first is None else first) - 1)]

    @property
    def unfolded(self) -> Sequence[Activity]:
        return self.before[len(self.folded) :]

    @property
    def count(self) -> int:
        return len(self.earlier) + 1

    @cached_property
    def main(self) -> Sequence[Activity]:
        """The conversation itself, oldest first, without the mail in it that is about something
        else; all of it where there is nothing to be apart from."""
        found = [*self.earlier, self.activity]
        return [a for a in found if not a.email.apart] or found

    @property
    def head(self) -> Activity:
        """The newest of the conversation itself."""
        return self.main[-1]

    @property
    def before(self) -> Sequence[Activity]:
        return self.main[:-1]

    @cached_property
    def apart(self) -> Sequence[Sequence[Activity]]:
        """What is shown apart: each e-mail about something else, with the answers to it (M27)."""
        groups: dict[int, list[Activity]] = {}
        group_of: dict[int, int] = {}
        for activity in [*self.earlier, self.activity] if not self.main[-1].email.apart else ():
            if activity.email.apart:
                begins = group_of.get(activity.email.answers_id or 0, activity.pk)
                group_of[activity.pk] = begins
                groups.setdefault(begins, []).append(activity)
        return list(groups.values())


@dataclass(frozen=True)
class Page:
    """Lines newest first, and the cursor of the next page ("" at the end)."""

    lines: Sequence[Line]
    next: str


@dataclass(frozen=True)
class Standing:
    """An activity, and whose records it is put on: with the contacts come their companies and
    their newest open deals."""

    activity: Activity
    contacts: Collection[Contact]
    thread: Thread | None = None
    companies: Collection[Company] = ()
    deals: Collection[Deal] = ()


# --- putting something on it ----------------------------------------------------------------------


def record(
    activity: Activity,
    *,
    contacts: Collection[Contact] = (),
    companies: Collection[Company] = (),
    deals: Collection[Deal] = (),
    thread: Thread | None = None,
) -> None:
    """Associate an activity with contacts, their companies and their five newest open deals.

    Repeating it changes nothing, so it may run again after a crash (M10).
    """
    associate([Standing(activity, contacts, thread, companies, deals)])
    touch(activity)


def associate(standings: Iterable[Standing]) -> None:
    """The same for many, in two statements; whoever calls it touches them."""
    rows = list(standings)
    newest = _newest_open_deals({contact.pk for row in rows for contact in row.contacts})
    found = [association for row in rows for association in _associated(row, newest)]
    Association.objects.bulk_create(found, ignore_conflicts=True)


def _associated(row: Standing, newest: Sequence[tuple[int, int]]) -> list[Association]:
    """Each kind in the order in which it was given: it is named in that order."""
    contacts = dict.fromkeys(contact.pk for contact in row.contacts)
    employers = [contact.company_id for contact in row.contacts if contact.company_id]
    companies = dict.fromkeys([*employers, *(company.pk for company in row.companies)])
    open_deals = dict.fromkeys(deal for contact, deal in newest if contact in contacts)
    deals = dict.fromkeys([*(deal.pk for deal in row.deals), *list(open_deals)[:MOST_DEALS]])
    places: list[dict[str, int]] = [{"contact_id": pk} for pk in contacts]
    places += [{"company_id": pk} for pk in companies] + [{"deal_id": pk} for pk in deals]
    copies = {"activity": row.activity, "at": row.activity.at, "thread": row.thread}
    return [Association(**copies, **place) for place in places]


def put(
    activity: Activity, *records: Contact | Company | Deal, thread: Thread | None = None
) -> None:
    """`record` for whatever nouns the records are."""
    record(
        activity,
        contacts=[row for row in records if isinstance(row, Contact)],
        companies=[row for row in records if isinstance(row, Company)],
        deals=[row for row in records if isinstance(row, Deal)],
        thread=thread,
    )


def _newest_open_deals(contacts: Collection[int]) -> list[tuple[int, int]]:
    """Contacts and the open deals that each is in, the newest deals first."""
    if not contacts:
        return []
    deals = Deal.objects.open().filter(contacts__in=contacts).order_by("-pk")
    return list(deals.values_list("contacts", "pk"))


def take_off(activity: Activity) -> None:
    """Off every timeline, for good; their open pages hear of it."""
    touch(activity)
    activity.associations.all().delete()


def touch(activity: Activity) -> None:
    """Tell the open pages of its records that there is news, and its conversation to count."""
    touch_all([activity.pk])


@transaction.atomic(savepoint=False)
def touch_all(activities: Collection[int]) -> None:
    """The same for many, by their ids. The rows are locked in one order, whoever touches them:
    else two looks with the same people could stop one another."""
    now = timezone.now()
    seen_on = Association.objects.filter(activity__in=activities)
    places = list(seen_on.values_list("contact", "company", "deal"))
    for model, column in zip((Contact, Company, Deal), zip(*places, strict=True), strict=False):
        if ids := sorted(set(column) - {None}):
            rows = model.objects.filter(pk__in=ids).order_by("pk")
            locked = rows.select_for_update(no_key=True).values("pk")
            model.objects.filter(pk__in=locked).update(news_at=now)
    Thread.objects.filter(emails__in=activities).recount()


# --- reading it -----------------------------------------------------------------------------------


def activities_of(
    subject: Contact | Company | Deal,
    user: User | None = None,
    *,
    cursor: str = "",
    kind: str = "",
    limit: int = PAGE,
) -> tuple[list[Activity], str]:
    """A page of single activities, newest first, with the next cursor ("" at the end).

    On a company or a deal it holds what `user` may see, as `timeline_for` does. Raises ValueError
    for a cursor that is not one.
    """
    rows = _associations(subject, cursor, user)
    if kind:
        rows = rows.filter(activity__kind=kind)
    return _page(rows, limit)


def timeline_for(
    subject: Contact | Company | Deal,
    user: User | None = None,
    *,
    cursor: str = "",
    kind: str = "",
    limit: int = PAGE,
) -> Page:
    """A page where one conversation is one card, at the place of its newest message.

    Only of one kind, where one is named. On a company or a deal it holds what `user` may see; who
    may see a contact may see all that stands on it. Eleven queries, whatever the length. Raises
    ValueError for a cursor that is not one.
    """
    newer = _kept(subject, user).filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), activity__gt=OuterRef("activity")),
        thread=OuterRef("thread"),
    )
    rows = _associations(subject, cursor, user)
    if kind:
        rows = rows.filter(activity__kind=kind)
    newest = rows.exclude(Q(thread__isnull=False) & Exists(newer))
    activities, following = _page(newest, limit)
    earlier = _earlier(subject, activities, user)
    return Page([Line(a, earlier.get(a.pk, [])) for a in activities], following)


def conversation(thread: Thread, user: User, since: datetime | None = None) -> Line | None:
    """All that `user` sees of a conversation, as one card; None for nothing. What came after
    `since` is open, as the newest is. Seven queries, whatever the length."""
    seen = Activity.objects.visible_to(user).filter(email__thread=thread)
    places = seen.order_by("-at", "-pk").values_list("pk", "at")[: MOST_EARLIER + 1]
    newest, *older = list(places) or [None]
    if newest is None:
        return None
    whole = [pk for pk, at in older if since and at > since][:MOST_WHOLE]
    loaded = _load([newest[0], *whole])
    light = _light([pk for pk, _at in older if pk not in whole])
    by_id = {row.pk: row for row in [*loaded, *(email.activity for email in light)]}
    return Line(loaded[0], [by_id[pk] for pk, _at in reversed(older) if pk in by_id], whole)


def counts(subject: Contact | Company | Deal, user: User) -> dict[str, int]:
    """How many activities of each kind stand on it; one query."""
    kinds = _kept(subject, user).values_list("activity__kind").annotate(n=Count("pk"))
    return dict(kinds.order_by())


def news_since(subject: Contact | Company | Deal, since: datetime) -> bool:
    """Whether the timeline has changed since; one look-up by primary key."""
    model: Any = type(subject)
    return bool(model.objects.filter(pk=subject.pk, news_at__gt=since).exists())


def _kept(subject: Contact | Company | Deal, user: User | None = None) -> QuerySet[Association]:
    rows = Association.objects.filter(**{subject.noun: subject}, activity__deleted_at=None)
    if user is None or user.is_admin or isinstance(subject, Contact):
        return rows
    return rows.filter(activity__in=Activity.objects.visible_to(user))


def _associations(
    subject: Contact | Company | Deal, cursor: str, user: User | None = None
) -> QuerySet[Association]:
    rows = _kept(subject, user).order_by("-at", "-activity_id")
    if not cursor:
        return rows
    at, activity_id = keyset.decode(cursor)
    return rows.filter(Q(at__lt=at) | Q(at=at, activity__lt=activity_id))


def _page(rows: QuerySet[Association], limit: int) -> tuple[list[Activity], str]:
    found = list(rows.values_list("at", "activity_id")[: limit + 1])
    following = keyset.encode(*found[limit - 1]) if len(found) > limit else ""
    return _load([activity_id for _at, activity_id in found[:limit]]), following


def _load(ids: Sequence[int]) -> list[Activity]:
    """The activities in this order, with details, people and files: three queries."""
    rows = Activity.objects.filter(pk__in=ids).with_details()
    rows = rows.prefetch_related("email__participants__contact", "email__readers", "files")
    by_id = {row.pk: row for row in rows}
    return [by_id[pk] for pk in ids if pk in by_id]


def _earlier(
    subject: Contact | Company | Deal, newest: Iterable[Activity], user: User | None = None
) -> dict[int, list[Activity]]:
    """The earlier e-mails of those conversations, oldest first, by the newest one's id."""
    threads = {a.email.thread_id: a.pk for a in newest if a.kind == Activity.Kind.EMAIL}
    on_record = (
        _kept(subject, user).filter(thread__in=threads).exclude(activity__in=threads.values())
    )
    newest_first = Window(RowNumber(), partition_by="thread", order_by=["-at", "-activity_id"])
    ids = on_record.annotate(place=newest_first).filter(place__lte=MOST_EARLIER)
    found: dict[int, list[Activity]] = {}
    for email in _light(list(ids.values_list("activity", flat=True))):
        found.setdefault(threads[email.thread_id], []).append(email.activity)
    return found


def _light(ids: Sequence[int]) -> QuerySet[Email]:
    """E-mails to be shown folded, oldest first: their first words, not all of them."""
    emails = Email.objects.filter(pk__in=ids).select_related("activity__by")
    emails = emails.prefetch_related("participants__contact", "readers")
    emails = emails.defer("text", "html").annotate(snippet=snippet(160))
    return emails.order_by("activity__at", "activity_id")
