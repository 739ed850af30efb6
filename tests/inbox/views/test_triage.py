"""The inbox as a page: the list, a conversation, and what a colleague sees of it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm import turns
from crm.models import Attachment, Audience, Contact, Email, LastRead, User
from inbox.models import Draft
from tests.factories import make_contact, make_email, make_mailbox

NOW = timezone.now


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def text(client: Client, url: str, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list(signed_in: Client, hana: User, aoki: Contact) -> None:
    email = make_email(aoki, by=hana, subject="Re: Osaka dates", text="Could we move it?")
    page = text(signed_in, "/inbox/")
    for said in ("Osaka dates", "Could we move it?", f"/inbox/{email.thread_id}/", "Unread:"):
        assert said in page
    assert '<span class="count">1</span>' in page  # beside the navigation's Inbox


def test_first_use_no_match_and_all_answered(signed_in: Client, hana: User, aoki: Contact) -> None:
    assert "Connect your inbox" in text(signed_in, "/inbox/")
    make_mailbox(hana)
    Draft.objects.create(user=hana, key="k")
    assert '<span>Drafts</span><span class="count">1</span>' in text(signed_in, "/inbox/")
    assert "All answered" in text(signed_in, "/inbox/")
    assert "Nothing matches" in text(signed_in, "/inbox/?q=whatever")
    for folder in ("waiting", "snoozed", "done", "scheduled", "failed"):
        assert "Nothing here" in text(signed_in, f"/inbox/?folder={folder}")


def test_a_conversation_is_read_by_being_opened(
    signed_in: Client, hana: User, aoki: Contact
) -> None:
    first = make_email(aoki, by=hana, text="One.", at=NOW() - timedelta(hours=3))
    Attachment.objects.store(first.activity, b"x", name="plan.pdf", content_type="application/pdf")
    thread = first.thread
    for number in range(4):
        at = NOW() - timedelta(hours=2, minutes=-number)
        make_email(aoki, by=hana, thread=thread, text=f"Then {number}.", at=at)
    page = text(signed_in, f"/inbox/{thread.pk}/")
    assert "Show 3 earlier messages" in page and "Then 3." in page
    assert page.count('<details class="msg"') == 1
    assert "plan.pdf" in page and aoki.name in page
    assert LastRead.objects.get(user=hana).thread == thread
    assert "Unread:" not in text(signed_in, "/inbox/")
    new = make_email(aoki, by=hana, thread=thread, text="News.", at=NOW() + timedelta(seconds=9))
    make_email(aoki, by=hana, thread=thread, text="More.", at=NOW() + timedelta(seconds=19))
    page = text(signed_in, f"/inbox/{thread.pk}/")
    assert page.count('<details class="msg"') == 2  # what is new, and the newest
    assert f"/emails/{new.pk}/" in page


def test_the_pane_alone_for_htmx(signed_in: Client, hana: User, aoki: Contact) -> None:
    thread = make_email(aoki, by=hana, subject="Alone").thread
    part = text(signed_in, f"/inbox/{thread.pk}/?folder=done", **{"HX-Request": "true"})
    assert "<html" not in part and 'id="reading"' in part and "Alone" in part
    assert "/inbox/turns/?folder=done" in part


@pytest.mark.rule("M53")
def test_colleagues_see_what_they_may(client: Client, hana: User, ken: User, aoki: Contact) -> None:
    client.force_login(ken)
    private = make_email(aoki, by=hana, subject="Salary", private=True).thread
    hidden = make_contact(owner=hana, audience=Audience.OWNER)
    elsewhere = make_email(hidden, by=hana, subject="Merger").thread
    metadata = make_email(
        aoki, by=hana, subject="Layoffs", text="All of them.", visibility="metadata"
    ).thread
    page = text(client, "/inbox/?whose=anyone")
    for secret in ("Salary", "Merger", "Layoffs", "All of them."):
        assert secret not in page
    assert "A private e-mail" in page
    for thread in (private, elsewhere):
        assert client.get(f"/inbox/{thread.pk}/").status_code == 404
    page = text(client, f"/inbox/{metadata.pk}/")
    assert "Layoffs" not in page and "All of them." not in page
    assert "/inbox/turns/" not in page.partition('id="reading"')[2]


def test_what_arrived(signed_in: Client, hana: User, aoki: Contact) -> None:
    older = make_email(aoki, by=hana, at=NOW() - timedelta(hours=1)).thread
    newer = make_email(aoki, by=hana).thread
    assert text(signed_in, "/inbox/arrivals/") == f"{newer.pk} {older.pk}"
    turns.finish([newer], by=hana)
    assert text(signed_in, "/inbox/arrivals/?folder=done") == str(newer.pk)


@pytest.mark.parametrize("query", ["", "?whose=anyone&q=letter"])
def test_as_many_queries_for_many_as_for_few(
    signed_in: Client,
    hana: User,
    django_assert_max_num_queries: Callable[[int], object],
    query: str,
) -> None:
    make_mailbox(hana)
    for _number in range(12):
        make_email(make_contact(owner=hana), by=hana)
    with django_assert_max_num_queries(29):  # type: ignore[attr-defined]
        text(signed_in, f"/inbox/{query}")


def test_as_many_queries_for_a_long_conversation(
    signed_in: Client,
    hana: User,
    aoki: Contact,
    django_assert_max_num_queries: Any,
) -> None:
    thread = make_email(aoki, by=hana).thread
    for number in range(30):
        make_email(aoki, by=hana, thread=thread, at=NOW() - timedelta(minutes=number))
    with django_assert_max_num_queries(49):
        page = text(signed_in, f"/inbox/{thread.pk}/")
    assert "Show 29 earlier messages" in page


def version_in(page: str) -> str:
    [found] = re.findall(r'data-version="(\w+)"', page)
    return str(found)


def test_an_open_conversation_hears_of_what_is_new(
    signed_in: Client, hana: User, ken: User, aoki: Contact
) -> None:
    """What became of a letter, new mail, who is replying, what was decided: and of nothing else."""
    asked = make_email(aoki, by=hana, text="One.", at=NOW() - timedelta(hours=3))
    thread, there = asked.thread, f"/inbox/{asked.thread_id}/news/"
    sent = make_email(
        aoki, by=hana, thread=thread, direction="outgoing", status="queued", text="Our answer."
    )
    shown = text(signed_in, f"/inbox/{thread.pk}/?folder=done")
    assert f'data-news="{there}?folder=done"' in shown and "Sending…" in shown
    seen = version_in(shown)
    assert signed_in.get(f"{there}?version={seen}").status_code == 204

    def changed() -> str:
        nonlocal seen
        news = text(signed_in, f"{there}?version={seen}")
        assert "<html" not in news and version_in(news) != seen
        seen = version_in(news)
        assert signed_in.get(f"{there}?version={seen}").status_code == 204
        return news

    Email.objects.filter(pk=sent.pk).update(status="sent")
    assert "Sending…" not in changed()
    read_at = LastRead.objects.get().at
    make_email(aoki, by=hana, thread=thread, text="And then?")
    news = changed()
    assert "And then?" in news and "Needs a reply" in news
    assert LastRead.objects.get().at == read_at, "nobody has looked at it"
    Draft.objects.create(user=ken, key="k", answers=asked, touched_at=NOW())
    assert "Ken is replying" in changed()
    thread.refresh_from_db()
    turns.finish([thread], by=hana)
    assert "Not done" in changed()


def test_news_of_a_conversation_are_for_who_may_see_it(
    client: Client, hana: User, rin: User, aoki: Contact
) -> None:
    aoki.change(audience=Audience.OWNER)
    thread = make_email(aoki, by=hana).thread
    client.force_login(rin)
    assert client.get(f"/inbox/{thread.pk}/news/").status_code == 404
