"""REST: how often may be asked, with a right token and with wrong ones."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from crm.models import ApiToken, Contact, User
from tests.crm.rest.test_problems import assert_problem

pytestmark = pytest.mark.django_db
A_DAY = 86_400  # seconds: as long a window as no test meets the end of


def ask(token: str, path: str = "/contacts", **more: str) -> Any:
    return Client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}, **more)


def assert_too_often(answer: Any) -> None:
    assert_problem(answer, 429)
    assert 1 <= int(answer["Retry-After"]) <= A_DAY
    assert "Try again in" in answer.json()["detail"]


def test_each_token_has_its_rate(settings: Settings, hana: User, aoki: Contact) -> None:
    settings.RATES = settings.RATES | {"call": (3, A_DAY)}
    one, other = ApiToken.issue(hana), ApiToken.issue(hana)
    paths = ("/contacts", "/emails/0", "/contacts?limit=x")  # whatever comes of it
    assert [ask(one, path).status_code for path in paths] == [200, 404, 422]
    assert_too_often(ask(one))
    made = Client().post(
        "/api/v1/contacts", {}, "application/json", headers={"Authorization": f"Bearer {one}"}
    )
    assert_too_often(made)
    assert Contact.objects.count() == 1
    assert ask(other).status_code == 200


def test_wrong_tokens_are_counted_by_address_and_lock_no_right_one_out(
    settings: Settings, hana: User
) -> None:
    settings.RATES = settings.RATES | {"wrong_token": (2, A_DAY)}
    right = ApiToken.issue(hana)
    here, there = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}
    for guess in ("musubi_guess", "é"):
        assert_problem(ask(guess, **here), 401)
    assert_too_often(ask("musubi_other", **here))
    assert ask(right, **here).status_code == 200
    assert_problem(ask("musubi_guess", **there), 401)
