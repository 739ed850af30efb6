"""The record's timeline as a page, its notes, and the news of an open page."""

from datetime import timedelta
from html import unescape
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import timeline
from crm.models import Attachment, Contact, Email, Note, User
from tests.factories import make_deal, make_email, make_note


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def shown(signed_in: Client, contact: Contact, query: str = "") -> str:
    return signed_in.get(f"/contacts/{contact.pk}/{query}").content.decode()


def test_a_conversation_is_one_card_with_its_newest_message_open(
    signed_in: Client, aoki: Contact
) -> None:
    now = timezone.now()
    first = make_email(aoki, subject="Plan", text="The oldest.", at=now - timedelta(days=3))
    for days in (2, 1):
        make_email(aoki, thread=first.thread, text=f"Middle {days}.", at=now - timedelta(days=days))
    make_email(aoki, thread=first.thread, subject="Re: Plan", text="The newest.", at=now)
    html = shown(signed_in, aoki)
    assert html.count('<article class="thread card"') == 1
    assert "Show 2 earlier messages" in html and "4 messages" in html
    assert ">Plan</h3>" in html
    assert html.index("The oldest.") < html.index("Middle 1.") < html.index("The newest.")


def test_quoted_text_is_folded(signed_in: Client, aoki: Contact) -> None:
    make_email(aoki, text="New words.\n> Old words.", reply_length=10)
    before, folded = shown(signed_in, aoki).split('<details class="quoted">')
    assert "New words." in before and "<p>New words.</p>" not in folded
    assert "Old words." in folded


@pytest.mark.rule("M13")
@pytest.mark.rule("M15")
def test_each_email_says_where_it_came_from_and_why(signed_in: Client, aoki: Contact) -> None:
    make_email(aoki, reason_rule="reply", reason_message_id="offer@musubi.test")
    html = shown(signed_in, aoki)
    assert "Found as a reply" in html
    assert "It replies to &lt;offer@musubi.test&gt;, which the CRM knows." in html


@pytest.mark.rule("M7")
def test_a_new_participant_and_a_machine_are_marked(signed_in: Client, aoki: Contact) -> None:
    make_email(aoki, new_participant=True)
    make_email(aoki, auto_reply=True)
    html = shown(signed_in, aoki)
    assert "New participant" in html and "Written by a machine" in html
    assert html.count("Needs a reply") == 1


@pytest.mark.rule("M53")
def test_private_content_is_not_shown_to_others(
    client: Client, aoki: Contact, hana: User, ken: User
) -> None:
    for visibility in ("metadata", "subject"):
        email = make_email(
            aoki,
            by=hana,
            visibility=visibility,
            subject=f"Subject {visibility}",
            text="Secret text",
        )
        Attachment.objects.store(email.activity, b"x", name="secret.pdf", content_type="a/pdf")
    client.force_login(ken)
    html = shown(client, aoki)
    assert "Secret text" not in html and "secret.pdf" not in html
    assert "Subject subject" in html and "Subject metadata" not in html
    client.force_login(hana)
    assert "Secret text" in shown(client, aoki) and "secret.pdf" in shown(client, aoki)


@pytest.mark.rule("M23")
@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("queued", "Sending…"),
        ("sending", "Sending…"),
        ("sent", "Sent"),
        ("failed", "550 no such user"),
        ("unknown", "Did it arrive?"),
    ],
)
def test_what_became_of_a_sent_email(
    signed_in: Client, aoki: Contact, status: str, words: str
) -> None:
    error = "550 no such user" if status == "failed" else ""
    make_email(aoki, direction=Email.Direction.OUTGOING, source="sent", status=status, error=error)
    html = shown(signed_in, aoki)
    assert f'data-status="{status}"' in html and words in html
    assert ("Retry" in html) == (status == "failed")


@pytest.mark.rule("M18")
def test_attachments_have_a_section_with_the_reason_for_what_is_missing(
    signed_in: Client, aoki: Contact
) -> None:
    email = make_email(aoki)
    Attachment.objects.store(email.activity, b"%PDF", name="plan.pdf", content_type="a/pdf")
    Attachment.objects.create(
        activity=email.activity,
        name="film.mov",
        content_type="v/q",
        size=9**9,
        not_stored="too_large",
    )
    section = shown(signed_in, aoki).split('id="attachments"')[1]
    assert "plan.pdf" in section and "film.mov" in section
    assert "the message was larger than the configured limit" in section


def test_hostile_text_is_text(signed_in: Client, aoki: Contact) -> None:
    aoki.change(first_name="<script>alert(1)</script>")
    make_email(aoki, subject="<script>alert(2)</script>", text="<script>alert(3)</script>")
    make_note(aoki, "<script>alert(4)</script> javascript:alert(5)")
    html = shown(signed_in, aoki)
    assert "<script>alert" not in html and 'href="javascript' not in html


def test_nothing_on_the_page_needs_more_than_the_policy_allows(
    signed_in: Client, aoki: Contact
) -> None:
    make_email(aoki, html="<table></table>")
    answer = signed_in.get(f"/contacts/{aoki.pk}/")
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    for forbidden in (b"style=", b"onclick", b"hx-on", b"<script>", b"javascript:"):
        assert forbidden not in answer.content


def test_a_long_timeline_has_pages_and_costs_the_same(signed_in: Client, aoki: Contact) -> None:
    make_deal(aoki)
    counts = []
    for number in range(1, 26):
        make_email(aoki, subject=f"Subject {number}.", at=timezone.now() - timedelta(days=number))
        if number in (5, 25):
            with CaptureQueriesContext(connection) as queries:
                html = shown(signed_in, aoki)
            counts.append(len(queries))
    assert counts[0] == counts[1] <= 33  # as a record's page: tests/crm/views/test_records.py
    assert "Subject 20." in html and "Subject 21." not in html
    older = unescape(html.split('rel="next" href="')[1].split('"')[0])
    html = shown(signed_in, aoki, older)
    assert "Subject 21." in html and "Subject 20." not in html
    assert signed_in.get(f"/contacts/{aoki.pk}/?cursor=nonsense").status_code == 404


def test_a_note_stands_on_the_timeline(signed_in: Client, aoki: Contact) -> None:
    assert signed_in.post(f"/contacts/{aoki.pk}/notes/", {"text": "She called."}).status_code == 303
    assert Note.objects.get().activity.by == aoki.owner
    assert "She called." in shown(signed_in, aoki)
    assert signed_in.post(f"/contacts/{aoki.pk}/notes/", {"text": " "}).status_code == 422


@pytest.mark.rule("M60")
def test_news_bring_the_numbers_of_the_tabs(signed_in: Client, aoki: Contact) -> None:
    before = aoki.news_at.isoformat()
    make_email(aoki)
    address = f"/contacts/{aoki.pk}/news/?tab=email&since={quote(before)}"
    news = signed_in.get(address).content.decode()
    assert 'id="tabs" data-refresh' in news and 'E-mail <span class="count">1<' in news
    assert 'id="tab-email" href="?tab=email" aria-current="page"' in news


def test_news_are_told_once_and_cost_little(signed_in: Client, aoki: Contact) -> None:
    since = signed_in.get(f"/contacts/{aoki.pk}/").context["news_since"]
    url = f"/contacts/{aoki.pk}/news/?since="
    with CaptureQueriesContext(connection) as queries:
        assert signed_in.get(url + quote(since)).status_code == 304
    assert len(queries) <= 4 and not [q for q in queries if q["sql"].startswith("UPDATE")]
    email = make_email(aoki, subject="Just in")
    answer = signed_in.get(url + quote(since))
    assert answer.status_code == 200 and b"<html" not in answer.content
    assert f'data-item="thread-{email.thread_id}"'.encode() in answer.content
    assert signed_in.get(url + quote(answer["X-News-Since"])).status_code == 304
    timeline.touch(email.activity)
    assert signed_in.get(url + quote(answer["X-News-Since"])).status_code == 200


@pytest.mark.parametrize("since", ["", "yesterday", "2026-13-40T00:00:00Z", "2026-01-01T00:00:00"])
def test_news_since_no_time_at_all(signed_in: Client, aoki: Contact, since: str) -> None:
    assert signed_in.get(f"/contacts/{aoki.pk}/news/?since={since}").status_code == 404
