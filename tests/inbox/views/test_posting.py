"""Send, and how else: later, done as well, and stopped once where something speaks against it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Contact, Email, User
from inbox.models import Draft, Mailbox, OptOut, Outgoing
from inbox.models.opt_outs import mark_of
from tests.factories import make_email, make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M26")]


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana, team=hana.team)


@pytest.fixture
def asked(aoki: Contact, hana: User, mailbox: Mailbox) -> Email:
    return make_email(aoki, by=hana, subject="Offer?")


def answer(client: Client, asked: Email, **values: Any) -> Any:
    mailbox = Mailbox.objects.get()
    typed = {"mailbox": mailbox.pk, "key": "k", "subject": "Re: Offer?", "text": "Gladly."}
    typed |= {"to": "yuki@aoki.example", "version": 0, **values}
    return client.post(f"/emails/{asked.pk}/reply/", typed)


def seen(client: Client, asked: Email) -> int:
    form = client.get(f"/emails/{asked.pk}/reply/").context["sending"]
    return int(form["seen"].value())


def test_news_stops_it_once_and_a_second_press_sends(
    signed_in: Client, asked: Email, aoki: Contact, hana: User
) -> None:
    before = seen(signed_in, asked)
    come = make_email(aoki, by=hana, thread=asked.thread, text="Never mind.")
    stopped = answer(signed_in, asked, seen=before, holds="on")
    html = stopped.content.decode()
    assert stopped.status_code == 422 and not Outgoing.objects.exists()
    assert "Yuki Aoki has written since" in html and "Never mind." in html and "Gladly." in html
    assert f'name="confirmed" value="news-{come.pk}"' in html
    version = Draft.objects.get().version
    again = answer(signed_in, asked, seen=before, confirmed=f"news-{come.pk}", version=version)
    assert again.status_code == 303 and Outgoing.objects.count() == 1


def test_without_news_one_press_is_enough(signed_in: Client, asked: Email) -> None:
    assert answer(signed_in, asked, seen=seen(signed_in, asked)).status_code == 303


def test_a_colleague_who_writes_is_shown_when_it_opens(
    signed_in: Client, asked: Email, ken: User
) -> None:
    Draft.objects.create(user=ken, key="k", answers=asked)
    html = signed_in.get(f"/emails/{asked.pk}/reply/").content.decode()
    assert "Ken is writing an answer now." in html


def test_an_offered_time_is_kept(signed_in: Client, asked: Email) -> None:
    offered = signed_in.get(f"/emails/{asked.pk}/reply/").context["offers"][0]
    page = answer(signed_in, asked, send=offered.key, holds="on")
    assert page.status_code == 303
    outgoing = Outgoing.objects.get()
    assert outgoing.due_at == offered.at and outgoing.holds
    assert Email.objects.get(pk=outgoing.email_id).status == "scheduled"


@pytest.mark.parametrize("button", ["", "done"])
def test_a_typed_time_counts_whatever_is_pressed(
    signed_in: Client, asked: Email, button: str
) -> None:
    """Enter in the field presses the first button of the form: it must not leave at once."""
    then = timezone.localtime() + timedelta(days=3)
    answer(signed_in, asked, send=button, when=f"{then:%Y-%m-%d} 8:15")
    outgoing = Outgoing.objects.get()
    assert timezone.localtime(outgoing.due_at).strftime("%H:%M") == "08:15"
    assert not outgoing.holds  # the box was unticked


def test_a_time_that_is_none_comes_back_as_typed(signed_in: Client, asked: Email) -> None:
    page = answer(signed_in, asked, when="one fine day")
    html = page.content.decode()
    assert page.status_code == 422 and 'value="one fine day"' in html
    assert "Write a day and a time" in html and not Outgoing.objects.exists()


def test_what_is_changed_keeps_its_time_unless_it_is_sent_now(
    signed_in: Client, asked: Email
) -> None:
    then = timezone.localtime() + timedelta(days=3)
    answer(signed_in, asked, when=f"{then:%Y-%m-%d} 8:15")
    email = Outgoing.objects.get().email
    page = signed_in.post(f"/emails/{email.pk}/cancellation/", follow=True)
    html = page.content.decode()
    assert f'value="{then:%Y-%m-%d} 08:15"' in html and "Send now" in html
    draft = Draft.objects.get()
    answer(signed_in, asked, send="now", when=f"{then:%Y-%m-%d} 08:15", version=draft.version)
    assert Outgoing.objects.exclude(email=email).get().due_at < timezone.now() + timedelta(hours=1)


def test_done_as_well(signed_in: Client, asked: Email) -> None:
    answer(signed_in, asked, send="done")
    assert not asked.thread.emails.filter(settled=False).exists()


def test_on_to_a_task(signed_in: Client, asked: Email, aoki: Contact) -> None:
    page = answer(signed_in, asked, send="task")
    assert page["Location"] == f"/contacts/{aoki.pk}/tasks/"


@pytest.mark.rule("M58")
def test_what_is_left_today_is_shown(signed_in: Client, asked: Email, mailbox: Mailbox) -> None:
    mailbox.change(most_a_day=40)
    assert "40 left today" in signed_in.get(f"/emails/{asked.pk}/reply/").content.decode()


def test_an_empty_subject_and_a_missing_file_are_asked_about_together(
    signed_in: Client, asked: Email
) -> None:
    page = answer(signed_in, asked, subject="", text="The offer is attached.")
    html = page.content.decode()
    assert page.status_code == 422 and "no subject" in html and "speaks of an attachment" in html
    kept = Draft.objects.get()
    page = answer(
        signed_in, asked, subject="", text="The offer is attached.",
        confirmed=["subject", "file"], version=kept.version,
    )  # fmt: skip
    assert page.status_code == 303


@pytest.mark.rule("M25")
def test_to_whoever_has_unsubscribed_it_is_sent_only_when_that_is_ticked(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    OptOut.note(mark_of(aoki.email), OptOut.Why.LINK)
    new = {"mailbox": mailbox.pk, "key": "k", "version": 0, "subject": "s", "text": "t"}
    first = signed_in.post(f"/contacts/{aoki.pk}/emails/", new | {"to": aoki.email})
    box = f'type="checkbox" name="confirmed" value="opted-out-{aoki.email}"'
    assert first.status_code == 422 and box in first.content.decode()
    assert list(first.context["confirmed"]) == []  # the second press alone does nothing
    new |= {"version": Draft.objects.get().version, "to": aoki.email}
    assert signed_in.post(f"/contacts/{aoki.pk}/emails/", new).status_code == 422
    assert not Outgoing.objects.exists()
    new |= {"version": Draft.objects.get().version, "confirmed": f"opted-out-{aoki.email}"}
    assert signed_in.post(f"/contacts/{aoki.pk}/emails/", new).status_code == 303
    assert Outgoing.objects.count() == 1
