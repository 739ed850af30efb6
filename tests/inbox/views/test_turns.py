"""Done, later, somebody else's: pressed on the page, and taken back."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Contact, Thread, UndoEntry, User
from tests.factories import make_email

NOW = timezone.now


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def threads(hana: User, aoki: Contact) -> list[Thread]:
    """Three that need a reply, the newest first."""
    ago = [timedelta(hours=number) for number in range(3)]
    return [make_email(aoki, by=hana, at=NOW() - each).thread for each in ago]


def state(thread: Thread) -> str:
    found: str = Thread.objects.get(pk=thread.pk).state
    return found


def test_done_goes_to_the_next_and_back(signed_in: Client, threads: list[Thread]) -> None:
    first, second, third = threads
    post = {"ids": [second.pk], "do": "finish", "from": "reading"}
    answer = signed_in.post("/inbox/turns/?folder=needs-reply", post)
    assert answer.status_code == 303
    assert answer["Location"] == f"/inbox/{third.pk}/?folder=needs-reply"
    assert state(second) == "done"
    signed_in.post(f"/undo/{UndoEntry.objects.get().token}/")
    assert state(second) == "ours"
    for thread in (third, second, first):
        post["ids"] = [thread.pk]
        answer = signed_in.post("/inbox/turns/", post)
    assert answer["Location"] == "/inbox/"


def test_many_at_once(signed_in: Client, threads: list[Thread], ken: User) -> None:
    pks = [thread.pk for thread in threads]
    for do, after in (("finish", "done"), ("reopen", "ours"), ("snooze week", "ours")):
        signed_in.post("/inbox/turns/", {"ids": pks, "do": do})
        assert {state(thread) for thread in threads} == {after}
    assert not Thread.objects.needing_reply(NOW())
    signed_in.post("/inbox/turns/", {"ids": pks, "do": "wake"})
    assert Thread.objects.needing_reply(NOW()).count() == 3
    signed_in.post("/inbox/turns/", {"ids": pks, "do": f"assign {ken.pk}"})
    assert Thread.objects.of(ken).count() == 3
    signed_in.post("/inbox/turns/", {"ids": pks, "do": "assign"})
    assert Thread.objects.of(ken).count() == 0
    answer = signed_in.post("/inbox/turns/", {"ids": pks, "do": "trash"}, follow=True)
    assert "3 are in the Trash." in answer.content.decode()
    assert not Thread.objects.exclude(newest=None)


def test_unread_again(signed_in: Client, threads: list[Thread]) -> None:
    signed_in.get(f"/inbox/{threads[0].pk}/")
    post = {"ids": [threads[0].pk], "do": "unread", "from": "reading"}
    answer = signed_in.post("/inbox/turns/", post)
    assert answer["Location"] == "/inbox/"
    assert signed_in.get("/inbox/").content.decode().count("Unread:") == 3


def test_what_is_refused_keeps_what_was_typed(signed_in: Client, threads: list[Thread]) -> None:
    post = {"ids": [threads[0].pk], "do": "snooze", "when": "somewhen", "from": "reading"}
    answer = signed_in.post("/inbox/turns/", post)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Say when" in page and 'value="somewhen"' in page and 'id="reading"' in page
    assert signed_in.post("/inbox/turns/", {"do": "finish"}).status_code == 422
    assert signed_in.get("/inbox/turns/")["Location"] == "/inbox/"


@pytest.mark.rule("M53")
def test_nobody_decides_about_what_they_may_not_read(
    client: Client, hana: User, ken: User, aoki: Contact
) -> None:
    client.force_login(ken)
    for values in ({"private": True}, {"visibility": "metadata"}):
        thread = make_email(aoki, by=hana, **values).thread
        answer = client.post("/inbox/turns/", {"ids": [thread.pk], "do": "finish"})
        assert answer.status_code == 404 and state(thread) == "ours"


@pytest.mark.rule("M53")
def test_nobody_is_given_what_they_may_not_see(
    signed_in: Client, hana: User, ken: User, aoki: Contact
) -> None:
    thread = make_email(aoki, by=hana, private=True).thread
    post = {"ids": [thread.pk], "do": f"assign {ken.pk}", "from": "reading"}
    answer = signed_in.post("/inbox/turns/", post)
    assert answer.status_code == 422 and "Ken may not see all of it." in answer.content.decode()
