"""What every open page asks for: the counts of its navigation, and its right to post."""

import re
from typing import Any

from django.test import Client
from django.utils import timezone

from crm import notices, todo
from crm.models import Contact, User
from tests.factories import make_email, make_mailbox


def counted(client: Client) -> dict[str, str]:
    html = client.get("/pulse/").content.decode()
    return dict(re.findall(r'data-count="([^"]+)">([^<]*)<', html))


def test_the_counts_of_the_navigation(client: Client, hana: User, aoki: Contact) -> None:
    client.force_login(hana)
    assert counted(client) == {"/inbox/": "", "/tasks/": "", "/notifications/": ""}
    make_mailbox(hana)
    make_email(aoki, by=hana)
    todo.add("Call", due_at=timezone.now(), assignee=hana, by=hana)
    notices.tell(hana, "reply", contact=aoki.pk, name="Aiko", subject="Offer")
    notices.tell(hana, "reply", contact=aoki.pk, name="Aiko", subject="Dates")
    assert counted(client) == {"/inbox/": "1", "/tasks/": "1", "/notifications/": "2"}


def test_a_tick_takes_as_many_queries_whatever_there_is(
    client: Client, hana: User, aoki: Contact, django_assert_num_queries: Any
) -> None:
    client.force_login(hana)
    with django_assert_num_queries(5):  # the session, the user, three counts
        client.get("/pulse/")
    for number in range(9):
        make_email(aoki, by=hana, subject=f"An e-mail, {number}")
        notices.tell(hana, "reply", contact=aoki.pk, name="Aiko", subject=f"{number}")
        if number in (0, 8):
            with django_assert_num_queries(6):  # and which of what waits one may see
                client.get("/pulse/")


def test_the_token_is_one_to_post_with(hana: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(hana)
    answer = client.get("/pulse/")
    assert "no-store" in answer["Cache-Control"]
    [token] = re.findall(r'data-token="(\w+)"', answer.content.decode())
    values = {"csrfmiddlewaretoken": token, "first_name": "Aiko"}
    assert client.post("/contacts/", {**values, "csrfmiddlewaretoken": "x"}).status_code == 403
    assert client.post("/contacts/", values).status_code == 303
