"""Each page in the language, the time zone and the theme of whoever looks at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client

from crm.models import ApiToken, Contact, User
from tests.factories import make_note


def test_preferences_of_the_reader(client: Client, hana: User, aoki: Contact) -> None:
    hana.change(language="en", time_zone="Asia/Tokyo", theme="dark")
    make_note(aoki, by=hana, at=datetime(2026, 3, 17, 20, 30, tzinfo=UTC))
    client.force_login(hana)
    html = client.get(f"/contacts/{aoki.pk}/").content.decode()
    assert '<html lang="en" data-theme="dark">' in html
    assert "2026-03-18T05:30:00+09:00" in html


def test_unknown_preferences_are_as_none(client: Client, hana: User) -> None:
    hana.change(language="xx", time_zone="../../etc/passwd")
    client.force_login(hana)
    assert '<html lang="en">' in client.get("/contacts/").content.decode()


def test_a_page_that_is_not_there_says_so_in_our_words(client: Client, hana: User) -> None:
    client.force_login(hana)
    for path in ("/contacts/999999/", "/nowhere/", "/contacts/99999999999999999999/"):
        answer = client.get(path)
        html = answer.content.decode()
        assert answer.status_code == 404 and "There is nothing here" in html
        assert 'class="nav"' in html and 'action="/palette/"' in html
        assert '<a class="btn" href="/contacts/">' in html and "To your contacts" in html
    partly = client.get("/nowhere/", headers={"HX-Request": "true"})
    assert partly.status_code == 404 and b'class="nav"' not in partly.content


def test_a_stranger_is_told_nothing_but_that(client: Client, db: None) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404 and b'class="nav"' not in answer.content
    assert b'href="/contacts/">To your contacts' in answer.content


def test_whose_session_ended_keeps_what_was_typed(client: Client, aoki: Contact) -> None:
    partly = {"HX-Request": "true"}
    for answer in (
        client.get("/contacts/", headers=partly),
        client.post(f"/contacts/{aoki.pk}/emails/", {"text": "A letter"}, headers=partly),
    ):
        assert answer.status_code == 401 and not answer.content
        assert answer["HX-Trigger"] == "login" and "HX-Redirect" not in answer


@pytest.mark.parametrize("path", ["/contacts/?q=a%00b", "/palette/?q=%00", "/undo/%00/"])
def test_a_nul_byte_in_an_address_is_refused(client: Client, hana: User, path: str) -> None:
    client.force_login(hana)
    for answer in (client.post(path), client.get(path)):
        assert answer.status_code == 400 and b"This could not be understood" in answer.content


def test_a_nul_byte_in_a_form_breaks_nothing(client: Client, hana: User) -> None:
    client.force_login(hana)
    asked = {"all": "1", "query": "q=a%00b", "trash": "1"}
    assert client.post("/contacts/bulk/", asked).status_code == 303
    assert client.post("/contacts/strangers/", {"address": "a\0b"}).status_code == 404
    assert client.post("/deals/new/", {"find": "", "contacts_q": "a\0b"}).status_code == 200


def test_what_is_only_pressed_leads_to_the_page_above_it(client: Client, hana: User) -> None:
    client.force_login(hana)
    for path, above in (("/tasks/7/done/", "/tasks/"), ("/undo/gone/", "/")):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (303, above)
    assert client.put("/undo/gone/").status_code == 405


@contextmanager
def database_away(kind: type[Exception] = OperationalError) -> Iterator[None]:
    """As psycopg says it while PostgreSQL restarts, for every query."""

    def gone(*_args: object) -> None:
        raise kind("the database system is shutting down, for yuki@aoki.example")

    with connection.execute_wrapper(gone):
        yield


def test_what_django_lets_through_of_psycopg_says_the_same(client: Client, hana: User) -> None:
    """Asked for its version or its zone, a connection that is lost raises psycopg's own error."""
    client.force_login(hana)
    client.raise_request_exception = False
    for kind in (psycopg.OperationalError, psycopg.InterfaceError):
        with database_away(kind):
            assert client.get("/contacts/").status_code == 503


@pytest.mark.parametrize("path", ["/", "/contacts/", "/contacts/1/", "/inbox/"])
def test_while_the_database_is_away_a_page_says_when_to_come_again(
    client: Client, hana: User, path: str
) -> None:
    client.force_login(hana)
    client.raise_request_exception = False
    with database_away():
        answers = [client.get(path), client.post(path), client.get(path)]
    for answer in answers:
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert b"Try again in a moment" in answer.content
        assert b"yuki" not in answer.content
    assert client.get("/contacts/").status_code == 200


def test_while_the_database_is_away_the_api_says_when_to_come_again(
    client: Client, hana: User
) -> None:
    token = ApiToken.issue(hana)
    client.raise_request_exception = False
    with database_away():
        answer = client.get("/api/v1/contacts", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["Content-Type"] == "application/problem+json"
    assert "yuki" not in answer.content.decode()


def test_a_fault_of_ours_is_no_pause(client: Client, hana: User) -> None:
    client.force_login(hana)
    client.raise_request_exception = False

    def broken(*_args: object) -> None:
        raise ValueError

    with connection.execute_wrapper(broken):
        answer = client.get("/contacts/")
    assert answer.status_code == 500 and b"Something broke" in answer.content
