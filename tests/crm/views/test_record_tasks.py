"""Tasks on a record: added with a date, done and not done, moved to the Trash."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm import todo
from crm.models import Audience, Contact, Task, UndoEntry, User
from crm.undo import undo
from tests.factories import make_deal

HTMX = {"HX-Request": "true"}


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def test_a_task_on_each_noun(signed_in: Client, aoki: Contact, hana: User, ken: User) -> None:
    deal = make_deal(owner=hana)
    assert aoki.company
    for record in (aoki, aoki.company, deal):
        url = record.get_absolute_url()
        assert signed_in.get(f"{url}tasks/").status_code == 200
        typed = {"title": f"Call {record}", "due_on": "2030-03-31", "due_time": "18:00"}
        answer = signed_in.post(f"{url}tasks/", {**typed, "assignee": ken.pk})
        assert answer.status_code == 303 and answer["Location"] == url
        html = signed_in.get(url).content.decode()
        assert f"Call {record}" in html and "18:00" in html and "for Ken" in html
    task = Task.objects.latest("pk")
    assert timezone.localtime(task.due_at).hour == 18 and task.assignee == ken
    assert undo(UndoEntry.objects.latest("pk"))
    assert not deal.associations.filter(activity__deleted_at=None).exists()


def test_a_date_at_the_end_is_read_where_none_is_chosen(
    signed_in: Client, aoki: Contact, hana: User
) -> None:
    typed = {"title": "Call back tomorrow 10:00", "assignee": hana.pk}
    signed_in.post(f"/contacts/{aoki.pk}/tasks/", typed)
    task = Task.objects.get()
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert task.title == "Call back" and task.due_at
    assert f"{timezone.localtime(task.due_at):%Y-%m-%d %H:%M}" == f"{tomorrow} 10:00"
    signed_in.post(f"/contacts/{aoki.pk}/tasks/", {**typed, "due_on": "2030-03-31"})
    chosen = Task.objects.latest("pk")
    assert chosen.title == "Call back tomorrow 10:00" and chosen.due_at
    assert timezone.localdate(chosen.due_at).year == 2030


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"due_on": "soon"}, {"due_time": "late"}, {"assignee": 0}]
)
def test_bad_input_comes_back(
    signed_in: Client, aoki: Contact, hana: User, wrong: dict[str, object]
) -> None:
    typed = {"title": "Call", "assignee": hana.pk, **wrong}
    answer = signed_in.post(f"/contacts/{aoki.pk}/tasks/", typed)
    assert answer.status_code == 422 and b'class="error"' in answer.content
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(days=-9), "9 days late"),
        (timedelta(days=-1), "1 day late"),
        (timedelta(days=1), "Due tomorrow 18:00"),
        (None, "No date"),
    ],
)
def test_when_it_is_due_in_words(
    signed_in: Client, aoki: Contact, hana: User, ahead: timedelta | None, words: str
) -> None:
    at = timezone.localtime().replace(hour=18, minute=0) + ahead if ahead else None
    todo.add("Call them", due_at=at, assignee=hana, records=[aoki], by=hana)
    assert words in signed_in.get(f"/contacts/{aoki.pk}/").content.decode()


def test_a_day_without_a_time_is_due_until_its_end(
    signed_in: Client, aoki: Contact, hana: User
) -> None:
    typed = {"title": "Call", "due_on": str(timezone.localdate()), "assignee": hana.pk}
    signed_in.post(f"/contacts/{aoki.pk}/tasks/", typed)
    html = signed_in.get(f"/contacts/{aoki.pk}/").content.decode()
    assert "Due today<" in html and "when--late" not in html


def test_done_and_not_done(signed_in: Client, aoki: Contact, hana: User) -> None:
    task = todo.add("Call them", due_at=timezone.now(), assignee=hana, records=[aoki], by=hana)
    answer = signed_in.post(f"/tasks/{task.pk}/state/", {"done": "yes"}, headers=HTMX)
    html = answer.content.decode()
    assert "<s>Call them</s>" in html and "“Call them” is done." in html and "/undo/" in html
    task.refresh_from_db()
    assert task.done_at
    came = {"Referer": f"http://testserver/contacts/{aoki.pk}/?tab=tasks"}
    answer = signed_in.post(f"/tasks/{task.pk}/state/", headers=came)
    assert answer.status_code == 303 and answer["Location"].endswith("?tab=tasks")
    task.refresh_from_db()
    assert task.done_at is None
    assert undo(UndoEntry.objects.latest("pk"))
    task.refresh_from_db()
    assert task.done_at


def test_to_the_trash_and_back(signed_in: Client, aoki: Contact, hana: User) -> None:
    task = todo.add("Call them", assignee=hana, records=[aoki], by=hana)
    signed_in.post(f"/tasks/{task.pk}/trash/")
    assert "Call them" not in signed_in.get(f"/contacts/{aoki.pk}/?tab=tasks").content.decode()
    assert undo(UndoEntry.objects.get())
    assert "Call them" in signed_in.get(f"/contacts/{aoki.pk}/?tab=tasks").content.decode()


@pytest.mark.rule("M41")
def test_a_stranger_finds_nothing(client: Client, aoki: Contact, hana: User, rin: User) -> None:
    task = todo.add("Call them", assignee=hana, records=[aoki], by=hana)
    aoki.change(audience=Audience.OWNER)
    client.force_login(rin)
    for path in ("state", "trash"):
        assert client.post(f"/tasks/{task.pk}/{path}/", {"done": "yes"}).status_code == 404
    task.refresh_from_db()
    assert task.done_at is None


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_beyond_all_time_is_refused(
    client: Client, hana: User, aoki: Contact, day: str
) -> None:
    hana.change(time_zone="Asia/Tokyo" if day < "1" else "America/New_York")
    client.force_login(hana)
    data = {"title": "Call", "assignee": hana.pk, "due_on": day, "due_time": "23:30"}
    assert client.post(f"/contacts/{aoki.pk}/tasks/", data).status_code == 422
    assert client.get("/").status_code == 200  # it would break each page that counts it
