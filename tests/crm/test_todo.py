"""Tasks: made on records, finished, reopened and put off, each with its way back."""

from datetime import timedelta

from django.utils import timezone

from crm import todo, undo
from crm.models import Contact, Notice, User
from crm.timeline import timeline_for
from tests.factories import make_deal


def test_a_task_stands_on_its_records(hana: User, aoki: Contact) -> None:
    deal = make_deal(aoki, owner=hana)
    task = todo.add("Call", assignee=hana, records=[aoki], by=hana)
    for record in (aoki, deal):  # a person's open deals get it too
        assert [line.activity.task for line in timeline_for(record).lines] == [task]
    assert not Notice.objects.exists()  # nobody is told of their own


def test_who_is_given_a_task_is_told(hana: User, ken: User) -> None:
    todo.add("Call Aoki", assignee=ken, by=hana)
    notice = Notice.objects.get(user=ken)
    assert (notice.kind, notice.values["title"]) == ("task_assigned", "Call Aoki")


def test_each_change_is_taken_back(hana: User) -> None:
    due = timezone.now().replace(microsecond=0)
    task = todo.add("Call", due_at=due, assignee=hana, by=hana)
    finished = todo.finish(task, by=hana)
    assert task.done_at is not None
    assert undo.undo(finished)
    task.refresh_from_db()
    assert task.done_at is None
    later = todo.reschedule(task, due + timedelta(days=1), by=hana)
    assert undo.undo(later)
    task.refresh_from_db()
    assert task.due_at == due
    todo.finish(task, by=hana)
    assert undo.undo(todo.reopen(task, by=hana))
    task.refresh_from_db()
    assert task.done_at is not None


def test_finishing_twice_keeps_the_first_time(hana: User) -> None:
    task = todo.add("Call them", assignee=hana, by=hana)
    todo.finish(task, by=hana)
    first = task.done_at
    todo.finish(task, by=hana)
    assert task.done_at == first
