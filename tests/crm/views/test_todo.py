"""The tasks page: adding by a line, done and put off with Undo, in place or as a whole page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm import todo
from crm.lib.dates import ALL_DAY
from crm.models import Contact, Task, UndoEntry, User

HTMX = {"HX-Request": "true", "HX-Target": "tasks"}


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def task(hana: User, aoki: Contact) -> Task:
    return todo.add("Call Yuki", assignee=hana, records=[aoki], by=hana)


def undone(client: Client) -> None:
    client.post(f"/undo/{UndoEntry.objects.latest('pk').token}/")


def test_the_page_shows_groups_and_says_when_nothing_is_left(
    signed_in: Client, hana: User, task: Task
) -> None:
    page = signed_in.get("/tasks/").content.decode()
    assert "No date" in page and "Call Yuki" in page and "Yuki Aoki" in page
    todo.finish(task, by=hana)
    assert "Nothing is left to do" in signed_in.get("/tasks/").content.decode()
    task.activity.trash()
    assert "No tasks yet" in signed_in.get("/tasks/").content.decode()


def test_a_line_becomes_a_task_with_a_date(signed_in: Client, hana: User) -> None:
    hana.change(time_zone="Asia/Tokyo")
    answer = signed_in.post("/tasks/", {"line": "Call Aiko tomorrow 10:00"}, follow=True)
    made = Task.objects.get()
    assert (made.title, made.assignee) == ("Call Aiko", hana)
    assert made.due_at is not None and made.due_at.hour == 1  # ten in Tokyo
    assert "“Call Aiko” was added, due tomorrow 10:00." in answer.content.decode()
    undone(signed_in)
    assert not Task.objects.of(hana).exists()


def test_what_is_no_date_stays_in_the_title(signed_in: Client) -> None:
    signed_in.post("/tasks/", {"line": "Ask about the 30/30 rule 2/30"})
    made = Task.objects.get()
    assert (made.title, made.due_at) == ("Ask about the 30/30 rule 2/30", None)


@pytest.mark.parametrize("line", ["", "   ", "x" * 301])
def test_an_empty_or_endless_line_is_refused(signed_in: Client, line: str) -> None:
    answer = signed_in.post("/tasks/", {"line": line})
    assert answer.status_code == 422 and b'aria-invalid="true"' in answer.content
    assert signed_in.post("/tasks/", {"line": line}, headers=HTMX).status_code == 422
    assert not Task.objects.exists()


def test_done_and_reopened(signed_in: Client, task: Task) -> None:
    answer = signed_in.post(f"/tasks/{task.pk}/done/", follow=True).content.decode()
    task.refresh_from_db()
    assert task.done_at and "“Call Yuki” is done." in answer and "Undo" in answer
    undone(signed_in)
    task.refresh_from_db()
    assert task.done_at is None
    signed_in.post(f"/tasks/{task.pk}/done/")
    signed_in.post(f"/tasks/{task.pk}/done/", {"reopen": "yes"})
    task.refresh_from_db()
    assert task.done_at is None


def test_htmx_gets_the_list_and_the_toast(signed_in: Client, task: Task) -> None:
    answer = signed_in.post(f"/tasks/{task.pk}/done/", headers=HTMX).content.decode()
    assert 'id="tasks"' in answer and "<html" not in answer and "hx-swap-oob" in answer


@pytest.mark.parametrize(
    ("values", "days"),
    [({"when": "today"}, 0), ({"when": "tomorrow"}, 1), ({"date": "2126-03-17"}, None)],
)
def test_put_off_by_the_menu(
    signed_in: Client, task: Task, values: dict[str, str], days: int | None
) -> None:
    signed_in.post(f"/tasks/{task.pk}/due/", values)
    task.refresh_from_db()
    assert task.due_at is not None
    due = timezone.localtime(task.due_at)
    assert due.time() == ALL_DAY
    if days is not None:
        assert due.date() == timezone.localdate() + timedelta(days=days)
    undone(signed_in)
    task.refresh_from_db()
    assert task.due_at is None


def test_next_week_keeps_the_hour_and_no_date_takes_it_away(
    signed_in: Client, hana: User, task: Task
) -> None:
    at = timezone.localtime().replace(hour=9, minute=30, second=0, microsecond=0)
    todo.reschedule(task, at, by=hana)
    signed_in.post(f"/tasks/{task.pk}/due/", {"when": "next_week"})
    task.refresh_from_db()
    assert task.due_at is not None
    due = timezone.localtime(task.due_at)
    assert (due.weekday(), due.hour, due.minute) == (0, 9, 30) and due > at
    signed_in.post(f"/tasks/{task.pk}/due/", {"when": "undated"})
    task.refresh_from_db()
    assert task.due_at is None


@pytest.mark.parametrize("values", [{}, {"date": "nonsense"}, {"date": "9999-12-31"}])
def test_what_is_no_day_is_refused(signed_in: Client, task: Task, values: dict[str, str]) -> None:
    answer = signed_in.post(f"/tasks/{task.pk}/due/", values)
    assert answer.status_code == 422 and b'role="alert"' in answer.content


def test_strangers_find_nothing(client: Client, rin: User, hana: User) -> None:
    task = todo.add("Private", assignee=hana, by=hana)
    client.force_login(rin)
    for verb in ("done", "due"):
        assert client.post(f"/tasks/{task.pk}/{verb}/", {"when": "today"}).status_code == 404
    assert "Private" not in client.get("/tasks/?whose=everyone").content.decode()


def test_everyones_tasks_have_an_address_that_stays(
    signed_in: Client, ken: User, aoki: Contact
) -> None:
    task = todo.add("Ken calls", assignee=ken, records=[aoki], by=ken)
    assert "Ken calls" not in signed_in.get("/tasks/").content.decode()
    page = signed_in.get("/tasks/?whose=everyone").content.decode()
    assert "Ken calls" in page and f"/tasks/{task.pk}/done/?whose=everyone" in page
    url = f"/tasks/{task.pk}/due/?whose=everyone"
    answer = signed_in.post(url, {"when": "today"}, headers=HTMX)
    assert "Ken calls" in answer.content.decode()


def test_the_number_of_queries_does_not_grow(
    signed_in: Client, hana: User, aoki: Contact, django_assert_max_num_queries: Any
) -> None:
    for _number in range(15):
        todo.add("Call", assignee=hana, records=[aoki], by=hana)
    with django_assert_max_num_queries(12):
        signed_in.get("/tasks/")
