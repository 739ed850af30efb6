"""REST: companies and what stands on their timelines."""

from typing import Any

import pytest

from crm.models import ApiToken, Audience, Company, Contact, User
from tests.cast import Api
from tests.factories import make_company, make_contact, make_email, make_note

pytestmark = pytest.mark.django_db


def fields_of(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return [row["field"] for row in answer.json()["errors"]]


@pytest.mark.rule("M42")
def test_a_company_is_made_read_changed_and_trashed(api: Api, hana: User) -> None:
    made = api("post", "/companies", {"name": " Aoki Shoten ", "domain": "https://Aoki.example/"})
    assert made.status_code == 201
    company = made.json()
    assert (company["name"], company["domain"]) == ("Aoki Shoten", "aoki.example")
    assert company["owner_id"] == str(hana.pk)
    path = f"/companies/{company['id']}"
    changed = api("patch", path, {"name": "Aoki & Sons", "properties": {"size": 3}}).json()
    assert (changed["name"], changed["domain"]) == ("Aoki & Sons", "aoki.example")
    assert api("patch", path, {}).json()["properties"] == {"size": 3}
    assert api("get", path).json() == api("patch", path, {}).json()
    assert api("patch", path, {"domain": "", "owner_id": None}).json()["domain"] == ""
    assert api("delete", path).status_code == 204
    assert api("get", path).status_code == 404
    assert [row["kind"] for row in api("get", "/trash").json()["items"]] == ["company"]
    assert api("post", f"/trash{path.replace('companies', 'company')}/restore").status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x\0"}, "name"),
        ({"name": "x", "domain": "no domain"}, "domain"),
        ({"name": "x", "domain": f"{'a' * 250}.example"}, "domain"),
        ({"name": "x", "owner_id": "999"}, "owner_id"),
        ({"name": "x", "owner_id": "abc"}, "owner_id"),
    ],
)
def test_bad_input_names_its_field(api: Api, body: dict[str, Any], field: str) -> None:
    assert fields_of(api("post", "/companies", body)) == [field]
    assert not Company.objects.exists()
    if body:
        path = f"/companies/{make_company('Weber').pk}"
        assert fields_of(api("patch", path, body)) == [field]
        assert api("get", path).json()["name"] == "Weber"


@pytest.mark.parametrize("given", ["abc", "0", "9" * 30, "-1"])
def test_what_is_no_id_is_not_found(api: Api, given: str) -> None:
    for path in (f"/companies/{given}", f"/companies/{given}/timeline"):
        answer = api("get", path)
        assert (answer.status_code, answer.json()["status"]) == (404, 404)


def test_a_list_is_paged_to_its_end(api: Api, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        make_company(f"C{number}", domain=f"c{number}.example")
    names, cursor = [], ""
    while cursor is not None:
        found = api("get", f"/companies?limit=2&cursor={cursor}").json()
        names += [row["name"] for row in found["items"]]
        cursor = found["next"]
    assert names == ["C4", "C3", "C2", "C1", "C0"]
    assert [row["name"] for row in api("get", "/companies?search=c3.ex").json()["items"]] == ["C3"]
    assert fields_of(api("get", "/companies?cursor=x")) == ["cursor"]
    with django_assert_max_num_queries(3):
        assert len(api("get", "/companies").json()["items"]) == 5


@pytest.mark.rule("M41")
def test_a_token_sees_what_its_user_sees(api: Api, aoki: Contact, ken: User, rin: User) -> None:
    assert aoki.company is not None
    aoki.company.change(audience=Audience.TEAM)
    path, colleague, stranger = f"/companies/{aoki.company.pk}", *map(ApiToken.issue, (ken, rin))
    for each in (path, f"{path}/timeline"):
        assert api("get", each, token=colleague).status_code == 200
        assert api("get", each, token=stranger).status_code == 404
    for method, body in (("patch", {"name": "Mine"}), ("delete", None)):
        assert api(method, path, body, token=stranger).status_code == 404
    assert api("get", "/companies?search=aoki", token=stranger).json()["items"] == []
    assert Company.objects.get().name == "Aoki Shoten"


@pytest.mark.rule("M41")
def test_a_timeline_holds_only_what_the_caller_may_see(api: Api, aoki: Contact, rin: User) -> None:
    """Two people of one company, one of whom is hidden from rin: so is what was written to them."""
    other = make_contact("ken@aoki.example", company=aoki.company)
    aoki.change(audience=Audience.OWNER)
    make_email(aoki, subject="Hidden")
    make_email(other, subject="Seen")
    make_note(other, "Called.")
    path = f"/companies/{aoki.company_id}/timeline"
    everything = api("get", path).json()["items"]
    assert [row["kind"] for row in everything] == ["note", "email", "email"]
    token = ApiToken.issue(rin)
    emails = api("get", f"{path}?kind=email", token=token).json()["items"]
    assert [row["subject"] for row in emails] == ["Seen"]
    first = api("get", f"{path}?limit=1", token=token).json()
    second = api("get", f"{path}?limit=1&cursor={first['next']}", token=token).json()
    assert [row["kind"] for row in first["items"] + second["items"]] == ["note", "email"]
    assert second["next"] is None
    assert fields_of(api("get", f"{path}?cursor=x")) == ["cursor"]


@pytest.mark.rule("M53")
def test_a_timeline_keeps_what_is_private(api: Api, aoki: Contact, hana: User, ken: User) -> None:
    make_email(aoki, by=hana, subject="Private", text="Secret", private=True)
    path = f"/companies/{aoki.company_id}/timeline"
    mine = api("get", path).json()["items"]
    theirs = api("get", path, token=ApiToken.issue(ken)).json()["items"]
    assert [row["text"] for row in mine + theirs] == ["Secret", None]


def test_a_timeline_takes_the_same_queries_whatever_its_length(
    api: Api, aoki: Contact, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    path = f"/companies/{aoki.company_id}/timeline"
    make_email(aoki)
    make_note(aoki)
    with django_assert_max_num_queries(9) as few:
        api("get", path)
    for _number in range(4):
        make_email(aoki)
        make_note(aoki)
    with django_assert_num_queries(len(few)):
        assert len(api("get", path).json()["items"]) == 10
