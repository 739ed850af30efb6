"""Which group a task stands in, and what of it a reader sees."""

import zoneinfo
from datetime import datetime

import pytest
from django.utils import timezone

from crm import todo
from crm.agenda import MOST_DONE, agenda, due_today, group_of
from crm.models import Audience, Contact, User
from crm.templatetags.due import about
from tests.factories import make_contact, make_deal

TOKYO = zoneinfo.ZoneInfo("Asia/Tokyo")
WEDNESDAY = datetime(2026, 3, 11, 15, 0, tzinfo=TOKYO)
SUNDAY = datetime(2026, 3, 15, 15, 0, tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("now", "due", "name"),
    [
        (WEDNESDAY, "2026-03-10 18:00", "late"),
        (WEDNESDAY, "2026-03-11 14:59", "late"),
        (WEDNESDAY, "2026-03-11 15:01", "today"),
        (WEDNESDAY, "2026-03-11 23:59", "today"),
        (WEDNESDAY, "2026-03-12 00:00", "tomorrow"),
        (WEDNESDAY, "2026-03-13 00:00", "week"),
        (WEDNESDAY, "2026-03-15 23:59", "week"),
        (WEDNESDAY, "2026-03-16 00:00", "later"),
        (SUNDAY, "2026-03-16 12:00", "tomorrow"),
        (SUNDAY, "2026-03-17 12:00", "later"),
    ],
)
def test_the_day_tells_the_group(now: datetime, due: str, name: str) -> None:
    assert group_of(datetime.fromisoformat(due).replace(tzinfo=TOKYO), now) == name


def test_one_sees_ones_own_and_on_request_everyones(
    hana: User, ken: User, rin: User, aoki: Contact
) -> None:
    todo.add("Mine", assignee=hana, by=hana)
    todo.add("On a contact that all see", assignee=ken, records=[aoki], by=ken)
    todo.add("Of somebody else alone", assignee=rin, by=rin)
    now = timezone.localtime()
    assert [task.title for group in agenda(hana, now) for task in group.tasks] == ["Mine"]
    everyone = [task.title for group in agenda(hana, now, everyone=True) for task in group.tasks]
    assert everyone == ["Mine", "On a contact that all see"]


def test_done_is_short_and_trashed_is_gone(hana: User) -> None:
    for number in range(MOST_DONE + 3):
        todo.finish(todo.add(f"Task {number}", assignee=hana, by=hana), by=hana)
    gone = todo.add("Gone", assignee=hana, by=hana)
    gone.activity.trash()
    (group,) = agenda(hana, timezone.localtime())
    assert (group.name, len(group.tasks)) == ("done", MOST_DONE)
    assert group.tasks[0].title == f"Task {MOST_DONE + 2}"


def test_a_record_that_one_may_not_see_is_not_named(hana: User, rin: User, aoki: Contact) -> None:
    aoki.change(audience=Audience.OWNER)
    aoki.company.change(audience=Audience.OWNER)
    task = todo.add("Call", assignee=rin, records=[aoki], due_at=timezone.now(), by=hana)
    (found,) = due_today(rin, timezone.localtime(), 5)
    assert found == task and about(found) == []
    (group,) = agenda(rin, timezone.localtime())
    assert about(group.tasks[0]) == []


def test_records_are_named_in_the_order_in_which_they_were_added(
    hana: User, aoki: Contact, weber: Contact
) -> None:
    """PostgreSQL puts the row that was written last behind the others."""
    task = todo.add("Ask both", assignee=hana, records=[weber, aoki], by=hana)
    weber.associations.update(at=timezone.now())
    ((shown,),) = [group.tasks for group in agenda(hana, timezone.localtime())]
    assert (shown, about(shown)) == (task, [weber, aoki])


def test_deals_are_named_in_the_order_in_which_they_were_given(hana: User, weber: Contact) -> None:
    first, second = make_deal(owner=hana), make_deal(owner=hana)
    todo.add("Ask", assignee=hana, records=[weber, second, first], by=hana)
    ((shown,),) = [group.tasks for group in agenda(hana, timezone.localtime())]
    assert about(shown) == [weber, second, first]


def test_the_number_of_queries_does_not_grow(
    hana: User, django_assert_max_num_queries: object
) -> None:
    for number in range(12):
        contact = make_contact(owner=hana, last_name="" if number % 2 else "Named")
        todo.add("Call", assignee=hana, records=[contact], by=hana)
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        groups = agenda(hana, timezone.localtime())
        assert [str(row) for group in groups for task in group.tasks for row in about(task)]
