"""The home page: what needs somebody today, and the first steps of who begins."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm import todo
from crm.models import Contact, UndoEntry, User
from tests.factories import make_contact, make_deal, make_email, make_mailbox


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def test_what_needs_somebody_is_there(signed_in: Client, hana: User, aoki: Contact) -> None:
    email = make_email(aoki, by=hana, subject="Re: Osaka dates", text="Could we move it?")
    yesterday = timezone.now() - timedelta(days=1)
    todo.add("Call Yuki", assignee=hana, due_at=yesterday, records=[aoki], by=hana)
    make_deal(aoki, owner=hana, name="Osaka rollout", close_date=yesterday.date())
    page = signed_in.get("/").content.decode()
    for said in ("Osaka dates", "Could we move it?", f"/emails/{email.pk}/reply/", "Call Yuki"):
        assert said in page
    assert "1 day late" in page and "Osaka rollout" in page and "Close date was" in page


def test_what_needs_no_reply_goes_from_the_list_and_comes_back(
    signed_in: Client, hana: User, aoki: Contact
) -> None:
    email = make_email(aoki, by=hana, subject="Thank you")
    assert f"/emails/{email.pk}/settled/" in signed_in.get("/").content.decode()
    answer = signed_in.post(f"/emails/{email.pk}/settled/", follow=True).content.decode()
    assert "It needs no reply." in answer and f"/emails/{email.pk}/reply/" not in answer
    token = UndoEntry.objects.get().token
    signed_in.post(f"/undo/{token}/")
    part = {"HX-Request": "true", "HX-Target": "waiting"}
    assert f"/emails/{email.pk}/reply/" in signed_in.get("/").content.decode()
    swapped = signed_in.post(f"/emails/{email.pk}/settled/", headers=part).content.decode()
    assert "<html" not in swapped and "All answered" in swapped and "/undo/" in swapped


def test_the_record_says_it_too(signed_in: Client, hana: User, aoki: Contact) -> None:
    now = timezone.now()
    email = make_email(aoki, by=hana)
    make_email(aoki, by=hana, at=now - timedelta(days=100))  # does not wait any more
    address, badge = f"/contacts/{aoki.pk}/", '<span class="badge" data-hue="shu">'
    assert signed_in.get(address).content.decode().count(badge) == 1
    came_from = {"Referer": f"http://testserver{address}"}
    answer = signed_in.post(f"/emails/{email.pk}/settled/", headers=came_from)
    assert answer["Location"].endswith(address)
    assert badge not in signed_in.get(address).content.decode()


def test_nobody_decides_about_a_letter_that_is_kept_from_them(
    signed_in: Client, ken: User, aoki: Contact
) -> None:
    email = make_email(aoki, by=ken, visibility="subject")
    assert signed_in.post(f"/emails/{email.pk}/settled/").status_code == 404
    assert f"/emails/{email.pk}/settled/" not in signed_in.get("/?whose=everyone").content.decode()


def test_a_private_email_shows_nothing_of_itself(
    signed_in: Client, ken: User, aoki: Contact
) -> None:
    secret = {"subject": "Salary", "text": "Secret words", "visibility": "metadata"}
    make_email(aoki, by=ken, **secret)
    page = signed_in.get("/?whose=everyone").content.decode()
    assert "A private e-mail" in page and "Salary" not in page and "Secret" not in page


def test_who_may_not_see_the_contact_is_led_to_the_email(
    signed_in: Client, hana: User, ken: User
) -> None:
    hidden = make_contact(owner=ken, audience="owner")
    email = make_email(hidden, by=hana)
    page = signed_in.get("/").content.decode()
    assert f'href="/emails/{email.pk}/"' in page and f"/contacts/{hidden.pk}/" not in page


def test_the_first_steps_go_when_they_are_done(signed_in: Client, hana: User) -> None:
    page = signed_in.get("/").content.decode()
    assert "First steps" in page and "/mailboxes/connect/" in page
    assert "All answered. Nobody waits for you." in page  # done states are sentences
    aoki = make_contact(owner=hana)
    make_deal(aoki, owner=hana)
    assert "First steps" in signed_in.get("/").content.decode()
    make_mailbox(hana)
    assert "First steps" not in signed_in.get("/").content.decode()


def test_the_number_of_queries_does_not_grow(
    signed_in: Client, hana: User, django_assert_max_num_queries: Any
) -> None:
    make_mailbox(hana)
    for number in range(9):
        contact = make_contact(owner=hana, last_name="" if number % 2 else "Named")
        make_email(contact, by=hana)
        deal = make_deal(contact, owner=hana)
        now = timezone.now()
        todo.add("Call", assignee=hana, due_at=now, records=[contact, deal], by=hana)
        make_deal(contact, owner=hana)
    with django_assert_max_num_queries(24):
        signed_in.get("/")


def test_done_on_home_changes_that_part_alone(signed_in: Client, hana: User) -> None:
    task = todo.add("Call Yuki", assignee=hana, due_at=timezone.now(), by=hana)
    headers = {"HX-Request": "true", "HX-Target": "due"}
    answer = signed_in.post(f"/tasks/{task.pk}/done/", headers=headers).content.decode()
    assert 'id="due"' in answer and "<html" not in answer and "data-toast" in answer
    assert "Nothing is due" in answer


@pytest.mark.rule("M14")
def test_unknown_people_can_be_added_from_here(signed_in: Client, aoki: Contact) -> None:
    email = make_email(aoki)
    email.participants.create(role="cc", address="eve@old.example", stranger=True)
    assert "Add eve@old.example as a contact" in signed_in.get("/").content.decode()
