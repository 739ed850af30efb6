"""The forms of a company, and the names that other forms suggest."""

import pytest
from django.test import Client

from crm.models import Company, User
from tests.factories import make_company
from tests.pages import form_of


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def test_adding_one(signed_in: Client, hana: User) -> None:
    typed = {"name": "Hoshizora", "domain": "https://www.Hoshizora.example/about", "owner": hana.pk}
    answer = signed_in.post("/companies/new/", typed)
    company = Company.objects.get()
    assert answer.status_code == 303 and answer["Location"] == f"/companies/{company.pk}/"
    assert (company.domain, company.owner) == ("hoshizora.example", hana)


@pytest.mark.parametrize("typed", [{}, {"name": "x" * 201}, {"name": "x", "domain": "not one"}])
def test_bad_input_comes_back(signed_in: Client, typed: dict[str, str]) -> None:
    answer = signed_in.post("/companies/new/", typed)
    assert answer.status_code == 422 and b'class="error"' in answer.content
    assert not Company.objects.exists()


def test_changing_one(signed_in: Client, hana: User) -> None:
    company = make_company("Hoshizora", owner=hana)
    url = f"/companies/{company.pk}/details/"
    assert 'value="Hoshizora"' in signed_in.get(url).content.decode()
    typed = {"name": "Hoshizora Foods", "domain": "", "owner": "", "audience": "everyone"}
    assert signed_in.post(url, typed).status_code == 303
    company.refresh_from_db()
    assert (company.name, company.owner) == ("Hoshizora Foods", None)
    assert signed_in.post(url, {"name": ""}).status_code == 422


def test_names_are_suggested(signed_in: Client, hana: User) -> None:
    make_company("Hoshizora", owner=hana)
    make_company("Aoki", owner=hana)
    html = signed_in.get("/companies/names/?company_name=hoshi").content.decode()
    assert '<option value="Hoshizora">' in html and "Aoki" not in html


def test_saving_writes_only_what_was_changed_here(signed_in: Client, hana: User) -> None:
    company = make_company("Hoshizora", owner=hana)
    there = f"/companies/{company.pk}/details/"
    first, second = form_of(signed_in, there), form_of(signed_in, there)
    assert signed_in.post(there, first | {"domain": "new.example"}).status_code == 303
    assert signed_in.post(there, second | {"name": "Another name"}).status_code == 303
    company.refresh_from_db()
    assert (company.name, company.domain) == ("Another name", "new.example")
    answer = signed_in.post(there, second | {"domain": "mine.example"})
    assert answer.status_code == 422 and "new.example</" in answer.content.decode()
