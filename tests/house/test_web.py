"""What holds for every address: nothing is changed without the form's token, and each page says
what a browser may do with it (attack class 36)."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from crm.models import User
from tests.house.test_pages import ADDRESSES, OPENED, address, everything

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # see test_pages
# Pressed by mail providers, without a cookie of ours; all it can do is what its signature says.
WITHOUT_TOKEN = {"unsubscribe/<str:signed>/"}


def test_nothing_is_changed_without_the_token_of_a_form(mio: User, rows: dict[str, int]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(mio)
    before = everything()
    taken = [
        name
        for name, route in OPENED
        if strict.post(address(name, route, rows)).status_code not in (403, 405)
    ]
    assert taken == []
    for name in ("account_login", "account_logout", "account_change_password"):
        assert strict.post(reverse(name)).status_code == 403
    assert everything() == before


def test_every_address_with_a_word_in_it_asks_for_the_token_too(mio: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(mio)
    with_words = [route for _name, route in ADDRESSES if "<str:" in route]
    taken = set()
    for route in with_words:
        path = re.sub(r"<str:\w+>", "x", re.sub(r"<int:pk>", "1", route))
        if strict.post(f"/{path}").status_code not in (403, 405):
            taken.add(route)
    assert len(with_words) > 5
    assert taken == WITHOUT_TOKEN


def test_a_form_from_elsewhere_is_refused_in_our_words(mio: User) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"Origin": "https://evil.test"})
    strict.force_login(mio)
    answer = strict.post("/tasks/", {"line": "x"})
    assert answer.status_code == 403
    assert b"Go back, load the page again" in answer.content
    assert b"<style" not in answer.content


def test_what_is_too_large_is_not_even_read(client: Client, mio: User, settings: Settings) -> None:
    client.force_login(mio)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = client.post("/tasks/", {"line": "x" * 1000})
    assert answer.status_code == 413
    assert b"At most 1000" in answer.content and b"taken at once" in answer.content


@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/nothing/", "/api/v1/contacts", "/help/"]
)
def test_what_a_browser_may_do_with_it(client: Client, mio: User, path: str) -> None:
    client.force_login(mio)
    said = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in said["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert said["X-Frame-Options"] == "DENY"
    assert said["X-Content-Type-Options"] == "nosniff"
    assert said["Referrer-Policy"] == "same-origin"
    assert said["Cross-Origin-Opener-Policy"] == "same-origin"
    assert said["Cross-Origin-Resource-Policy"] == "same-origin"
    assert (
        "camera=()" in said["Permissions-Policy"] and "microphone=()" in said["Permissions-Policy"]
    )


def test_pages_are_kept_by_nobody_on_the_way(client: Client, mio: User) -> None:
    client.force_login(mio)
    assert client.get("/contacts/")["Cache-Control"] == "private, no-cache"
    assert "no-store" in client.get("/accounts/login/")["Cache-Control"]
