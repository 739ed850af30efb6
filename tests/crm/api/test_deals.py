"""REST: deals, the stages that they go through, and who sees what of them."""

from typing import Any

import pytest

from crm.models import ApiToken, Audience, Contact, Deal, Pipeline, Stage, User
from tests.cast import Api
from tests.crm.api.test_companies import fields_of
from tests.factories import make_company, make_contact, make_deal, make_email, make_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stages(db: None) -> list[Stage]:
    """Of the first pipeline: open, won, lost."""
    return [make_stage(outcome, position=n) for n, outcome in enumerate(Stage.Outcome.values)]


@pytest.mark.rule("M42")
def test_a_deal_is_made_read_changed_and_trashed(
    api: Api, stages: list[Stage], aoki: Contact, hana: User
) -> None:
    body: dict[str, Any] = {"name": "Tea", "amount": "48000.5", "currency": "jpy"}
    body |= {"close_date": "2027-01-31", "company_id": str(aoki.company_id)}
    body |= {"contact_ids": [str(aoki.pk)]}
    made = api("post", "/deals", body)
    assert made.status_code == 201
    deal = made.json()
    expected = body | {"amount": "48000.50", "currency": "JPY", "owner_id": str(hana.pk)}
    expected |= {"stage_id": str(stages[0].pk), "pipeline_id": str(stages[0].pipeline_id)}
    assert {name: deal[name] for name in expected} == expected
    path = f"/deals/{deal['id']}"
    assert api("get", path).json() == deal
    assert api("patch", path, {"amount": 12}).json()["amount"] == "12.00"
    nothing = {"amount": None, "close_date": None, "company_id": None, "contact_ids": []}
    changed = api("patch", path, nothing).json()
    assert {name: changed[name] for name in nothing} == nothing
    assert (changed["name"], changed["stage_id"]) == ("Tea", deal["stage_id"])
    assert api("delete", path).status_code == 204
    assert api("get", path).status_code == 404
    assert [row["kind"] for row in api("get", "/trash").json()["items"]] == ["deal"]


def test_a_name_is_enough_even_before_there_is_a_pipeline(api: Api) -> None:
    deal = api("post", "/deals", {"name": "Tea"}).json()
    assert (deal["amount"], deal["currency"], deal["contact_ids"]) == (None, "EUR", [])
    first = Pipeline.objects.get().stages.first()
    assert first is not None
    assert (deal["stage_id"], deal["outcome"]) == (str(first.pk), "open")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        *(
            ({"name": "x", "amount": amount}, "amount")
            for amount in ("much", "", "1,5", "1_000", "１", "NaN", "1e3", "1.234", 1.234, True, [])
        ),
        ({"name": "x", "amount": "9" * 13}, "amount"),
        ({"name": "x", "amount": 1e30}, "amount"),
        *(({"name": "x", "currency": code}, "currency") for code in ("", "EU", "E1R", "ÄÖÜ", None)),
        *(
            ({"name": "x", "close_date": day}, "close_date")
            for day in ("tomorrow", "", "2027-02-30", "20270131", 0, "2027-01-31T00:00:00Z")
        ),
        *(
            ({"name": "x", name: given}, name)
            for name in ("stage_id", "pipeline_id", "company_id", "owner_id")
            for given in ("999", "abc", "")
        ),
        ({"name": "x", "contact_ids": ["999"]}, "contact_ids.0"),
        ({"name": "x", "contact_ids": ["abc"]}, "contact_ids.0"),
        ({"name": "x", "contact_ids": None}, "contact_ids"),
    ],
)
def test_bad_input_names_its_field(
    api: Api, stages: list[Stage], body: dict[str, Any], field: str
) -> None:
    assert fields_of(api("post", "/deals", body)) == [field]
    assert not Deal.objects.exists()
    if body:
        deal = make_deal(name="Tea", stage=stages[0], amount=5)
        assert fields_of(api("patch", f"/deals/{deal.pk}", body)) == [field]
        assert Deal.objects.get(name="Tea").amount == 5


def test_a_stage_is_changed_as_on_its_page(api: Api, stages: list[Stage]) -> None:
    deal = make_deal(stage=stages[2])
    deal.change(lost_reason="Price")
    before, path = deal.stage_since, f"/deals/{deal.pk}"
    assert api("patch", path, {"stage_id": str(stages[2].pk)}).json()["outcome"] == "lost"
    assert Deal.objects.get().stage_since == before
    won = api("patch", path, {"stage_id": str(stages[1].pk), "amount": 7}).json()
    assert (won["outcome"], won["amount"], won["lost_reason"]) == ("won", "7.00", "")
    deal.refresh_from_db()
    assert deal.stage_since > before and deal.news_at == deal.stage_since
    assert won["stage_since"] == deal.stage_since.isoformat()


def test_a_pipeline_means_its_first_stage(api: Api, stages: list[Stage]) -> None:
    other = Pipeline.objects.create(name="Renewals", position=1)
    first = make_stage(pipeline=other)
    make_stage(pipeline=other, position=1)
    pipeline = {"pipeline_id": str(other.pk)}
    made = api("post", "/deals", {"name": "Tea", **pipeline}).json()
    assert made["stage_id"] == str(first.pk)
    both = {"name": "x", "stage_id": str(stages[1].pk), **pipeline}
    assert fields_of(api("post", "/deals", both)) == ["stage_id"]
    deal = make_deal(stage=stages[1])
    path, own = f"/deals/{deal.pk}", {"pipeline_id": str(stages[1].pipeline_id)}
    assert api("patch", path, own).json()["stage_id"] == str(stages[1].pk)
    assert api("patch", path, pipeline).json()["stage_id"] == str(first.pk)
    assert fields_of(api("patch", path, {"stage_id": None})) == ["stage_id"]
    empty = Pipeline.objects.create(name="Empty", position=2)
    refused = api("post", "/deals", {"name": "x", "pipeline_id": str(empty.pk)})
    assert fields_of(refused) == ["pipeline_id"]


def test_a_list_is_paged_to_its_end_and_narrowed(
    api: Api, stages: list[Stage], hana: User, rin: User, django_assert_max_num_queries: Any
) -> None:
    company = make_company("Aoki")
    for number in range(5):
        person = make_contact()
        make_deal(person, name=f"D{number}", stage=stages[0], owner=hana, company=company)
    make_deal(name="Other", stage=stages[1], owner=rin)
    names, cursor = [], ""
    while cursor is not None:
        found = api("get", f"/deals?limit=2&cursor={cursor}").json()
        names += [row["name"] for row in found["items"]]
        cursor = found["next"]
    assert names == ["Other", "D4", "D3", "D2", "D1", "D0"]
    for query, count in (
        (f"company_id={company.pk}", 5),
        (f"stage_id={stages[1].pk}", 1),
        (f"owner_id={rin.pk}", 1),
        (f"owner_id={hana.pk}&search=d3", 1),
        ("search=aoki", 5),
        ("stage_id=999999", 0),
    ):
        assert len(api("get", f"/deals?{query}").json()["items"]) == count, query
    for name in ("company_id", "stage_id", "owner_id", "cursor"):
        assert fields_of(api("get", f"/deals?{name}=abc")) == [name]
    with django_assert_max_num_queries(5):
        assert len(api("get", "/deals").json()["items"]) == 6


@pytest.mark.parametrize("given", ["abc", "0", "9" * 30])
def test_what_is_no_id_is_not_found(api: Api, given: str) -> None:
    for path in (f"/deals/{given}", f"/deals/{given}/timeline"):
        answer = api("get", path)
        assert (answer.status_code, answer.json()["status"]) == (404, 404)


@pytest.mark.rule("M41")
def test_a_hidden_deal_is_not_there(api: Api, rin: User, hana: User) -> None:
    deal = make_deal(name="Secret", owner=hana, audience=Audience.OWNER)
    path, token = f"/deals/{deal.pk}", ApiToken.issue(rin)
    for method, each in (("get", path), ("get", f"{path}/timeline"), ("delete", path)):
        assert api(method, each, token=token).status_code == 404
    assert api("patch", path, {"name": ""}, token=token).status_code in (404, 422)
    assert api("patch", path, {"name": "Mine"}, token=token).status_code == 404
    assert api("get", "/deals?search=secret", token=token).json()["items"] == []
    assert Deal.objects.get().name == "Secret"


@pytest.mark.rule("M41")
def test_hidden_people_and_companies_of_a_deal_are_not_named_and_stay(
    api: Api, aoki: Contact, rin: User
) -> None:
    company = aoki.company
    assert company is not None
    other = make_contact()
    deal = make_deal(aoki, other, company=company)
    aoki.change(audience=Audience.OWNER)
    company.change(audience=Audience.OWNER)
    path, token = f"/deals/{deal.pk}", ApiToken.issue(rin)
    shown = api("get", path, token=token).json()
    assert (shown["company_id"], shown["contact_ids"]) == (None, [str(other.pk)])
    for query in (f"company_id={company.pk}", "search=aoki"):
        assert api("get", f"/deals?{query}", token=token).json()["items"] == []
    body = {"company_id": None, "contact_ids": []}
    assert api("patch", path, body, token=token).json()["contact_ids"] == []
    deal.refresh_from_db()
    assert deal.company == company and list(deal.contacts.all()) == [aoki]
    for body, field in (
        ({"contact_ids": [str(other.pk), str(aoki.pk)]}, "contact_ids.1"),
        ({"company_id": str(company.pk)}, "company_id"),
    ):
        assert fields_of(api("patch", path, body, token=token)) == [field]


@pytest.mark.rule("M41")
def test_a_timeline_holds_only_what_the_caller_may_see(api: Api, aoki: Contact, rin: User) -> None:
    other = make_contact()
    deal = make_deal(aoki, other)
    aoki.change(audience=Audience.OWNER)
    make_email(aoki, subject="Hidden")
    make_email(other, subject="Seen")
    path = f"/deals/{deal.pk}/timeline"
    subjects = [row["subject"] for row in api("get", path).json()["items"]]
    assert subjects == ["Seen", "Hidden"]
    seen = api("get", path, token=ApiToken.issue(rin)).json()
    assert ([row["subject"] for row in seen["items"]], seen["next"]) == (["Seen"], None)
