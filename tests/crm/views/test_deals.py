"""The forms of a deal, its stages, and the people who belong to it."""

import pytest
from django.test import Client

from crm.models import Audience, Contact, Deal, Stage, UndoEntry, User
from crm.undo import undo
from tests.factories import make_company, make_deal, make_stage
from tests.pages import form_of


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def stage(db: None) -> Stage:
    return make_stage(name="Qualified")


def typed(at: Stage, **values: object) -> dict[str, object]:
    return {"name": "Osaka rollout", "currency": "EUR", "stage": at.pk, **values}


def test_a_new_deal_of_a_contact(signed_in: Client, aoki: Contact, stage: Stage) -> None:
    form = signed_in.get(f"/deals/new/?contact={aoki.pk}").content.decode()
    assert 'value="Aoki Shoten"' in form
    assert f'name="contacts" value="{aoki.pk}" checked' in form
    values = typed(stage, contacts=[aoki.pk], company_name="Aoki Shoten", amount="48000")
    answer = signed_in.post("/deals/new/", values)
    deal = Deal.objects.get()
    assert answer.status_code == 303 and answer["Location"] == f"/deals/{deal.pk}/"
    assert list(deal.contacts.all()) == [aoki] and deal.company == aoki.company


def test_people_are_found_without_scripts(
    signed_in: Client, aoki: Contact, weber: Contact, stage: Stage
) -> None:
    values = typed(stage, contacts=[aoki.pk], contacts_q="weber", find="yes")
    answer = signed_in.post("/deals/new/", values)
    html = answer.content.decode()
    assert answer.status_code == 200 and not Deal.objects.exists()
    assert f'value="{aoki.pk}" checked' in html and f'value="{weber.pk}">' in html
    assert 'value="Osaka rollout"' in html
    assert (
        "Nobody has"
        in signed_in.post(
            "/deals/new/", typed(stage, contacts_q="nobody", find="yes")
        ).content.decode()
    )


def test_people_are_offered_while_one_types(
    signed_in: Client, aoki: Contact, weber: Contact
) -> None:
    html = signed_in.get("/contacts/choices/?contacts_q=weber").content.decode()
    assert "Anna Weber" in html and "Aoki" not in html and "<html" not in html
    chosen = f"/contacts/choices/?contacts_q=weber&contacts={weber.pk}"
    assert "Anna" not in signed_in.get(chosen).content.decode()


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"amount": "much"}, {"stage": 0}, {"contacts": [0]}, {"currency": "E"}]
)
def test_bad_input_comes_back(signed_in: Client, stage: Stage, wrong: dict[str, object]) -> None:
    answer = signed_in.post("/deals/new/", typed(stage, **wrong))
    assert answer.status_code == 422 and b'class="error"' in answer.content
    assert not Deal.objects.exists()


def test_changing_one_keeps_the_people_one_does_not_see(
    client: Client, aoki: Contact, weber: Contact, stage: Stage, rin: User
) -> None:
    deal = make_deal(aoki, weber, stage=stage)
    weber.change(audience=Audience.OWNER)
    client.force_login(rin)
    html = client.get(f"/deals/{deal.pk}/details/").content.decode()
    assert "Yuki Aoki" in html and "Weber" not in html
    answer = client.post(f"/deals/{deal.pk}/details/", typed(stage, contacts=[]))
    assert answer.status_code == 303 and list(deal.contacts.all()) == [weber]
    assert undo(UndoEntry.objects.get())
    assert set(deal.contacts.all()) == {aoki, weber}


@pytest.mark.rule("M41")
def test_nobody_is_offered_whom_one_may_not_see(
    client: Client, aoki: Contact, stage: Stage, rin: User
) -> None:
    aoki.change(audience=Audience.OWNER)
    client.force_login(rin)
    assert "Yuki" not in client.get("/contacts/choices/?contacts_q=yuki").content.decode()
    assert client.get(f"/deals/new/?contact={aoki.pk}").status_code == 404
    assert client.post("/deals/new/", typed(stage, contacts=[aoki.pk])).status_code == 422
    deal = make_deal(stage=stage)
    assert "Yuki" not in client.get(f"/deals/{deal.pk}/contacts/?q=yuki").content.decode()
    added = client.post(f"/deals/{deal.pk}/contacts/", {"add": aoki.pk})
    assert added.status_code == 404 and not deal.contacts.exists()


def test_a_press_on_the_path_moves_it(signed_in: Client, stage: Stage, hana: User) -> None:
    deal = make_deal(stage=stage, owner=hana)
    lost = make_stage(pipeline=stage.pipeline, name="Lost", outcome=Stage.Outcome.LOST)
    page = signed_in.get(f"/deals/{deal.pk}/").content.decode()
    assert f'value="{lost.pk}"' in page and 'aria-current="step"' in page and "since today" in page
    answer = signed_in.post(
        f"/deals/{deal.pk}/stage/",
        {"stage": lost.pk, "lost_reason": "Price"},
        follow=True,
        headers={"Referer": f"http://testserver/deals/{deal.pk}/"},
    )
    html = answer.content.decode()
    assert "Price" in html and "/undo/" in html
    assert undo(UndoEntry.objects.get())
    deal.refresh_from_db()
    assert (deal.stage, deal.lost_reason) == (stage, "")
    for wrong in ("", "x", "0"):
        assert signed_in.post(f"/deals/{deal.pk}/stage/", {"stage": wrong}).status_code >= 400


def test_people_come_and_go_with_a_way_back(
    signed_in: Client, aoki: Contact, weber: Contact, stage: Stage
) -> None:
    deal = make_deal(aoki, stage=stage)
    found = signed_in.get(f"/deals/{deal.pk}/contacts/?q=weber").content.decode()
    assert f'name="add" value="{weber.pk}"' in found
    signed_in.post(f"/deals/{deal.pk}/contacts/", {"add": weber.pk})
    assert set(deal.contacts.all()) == {aoki, weber}
    signed_in.post(f"/deals/{deal.pk}/contacts/", {"remove": aoki.pk})
    assert set(deal.contacts.all()) == {weber}
    for entry in UndoEntry.objects.order_by("-pk"):
        assert undo(entry)
    assert set(deal.contacts.all()) == {aoki}


def test_a_hidden_company_stays_when_the_form_is_saved(
    client: Client, hana: User, rin: User
) -> None:
    client.force_login(hana)
    hidden = make_company("Hush Holding", owner=rin, audience="owner")
    deal = make_deal(company=hidden)
    data = {"name": "Renamed", "currency": "EUR", "stage": deal.stage_id, "company_name": ""}
    assert client.post(f"/deals/{deal.pk}/details/", data).status_code == 303
    deal.refresh_from_db()
    assert (deal.name, deal.company) == ("Renamed", hidden)


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000], ids=["wide", "wider"])
def test_numbers_that_no_database_has(client: Client, hana: User, number: str) -> None:
    client.force_login(hana)
    deal = make_deal()
    for name in ("contact", "company", "stage"):
        assert client.get("/deals/new/", {name: number}).status_code == 200
    data = {"name": "New", "currency": "EUR", "stage": number, "contacts": [number]}
    assert client.post("/deals/new/", data).status_code == 422
    assert client.post("/deals/new/", {**data, "find": "", "contacts_q": "a"}).status_code == 200
    assert client.post(f"/deals/{deal.pk}/contacts/", {"add": number}).status_code == 404
    asked = {"name": "contacts", "contacts_q": "a", "contacts": number}
    assert client.get("/contacts/choices/", asked).status_code == 200
    for path in ("/tasks/{}/done/", "/emails/{}/cancellation/"):
        assert client.post(path.format(number)).status_code == 404


def test_saving_writes_only_what_was_changed_here(
    signed_in: Client, aoki: Contact, weber: Contact, hana: User
) -> None:
    deal = make_deal(aoki, amount=48_000, owner=hana)
    next_stage = make_stage(pipeline=deal.stage.pipeline, name="Proposal")
    there = f"/deals/{deal.pk}/details/"
    begun = form_of(signed_in, there)
    theirs = {"stage": next_stage.pk, "contacts": [aoki.pk, weber.pk], "close_date": "2027-03-31"}
    assert signed_in.post(there, begun | theirs).status_code == 303
    assert signed_in.post(there, begun | {"amount": "52000"}).status_code == 303
    deal.refresh_from_db()
    assert (deal.stage, deal.contacts.count(), str(deal.close_date)) == (
        next_stage,
        2,
        "2027-03-31",
    )
    assert str(deal.amount) == "52000.00"


def test_what_two_changed_of_a_deal_is_shown(
    signed_in: Client, aoki: Contact, weber: Contact, hana: User
) -> None:
    deal = make_deal(aoki, amount=48_000, owner=hana)
    there = f"/deals/{deal.pk}/details/"
    begun = form_of(signed_in, there)
    deal.change(amount=50_000, close_date="2027-03-31")
    deal.contacts.set([aoki, weber])
    mine = {"amount": "52000", "contacts": [], "close_date": "2027-04-01"}
    answer = signed_in.post(there, begun | mine)
    html = answer.content.decode()
    assert answer.status_code == 422 and html.count("<legend>") == 3
    assert "Anna Weber" in html and "31 Mar 2027" in html and "(empty)" in html
    chosen = {"edited_contacts": "theirs", "edited_amount": "mine", "edited_close_date": "theirs"}
    again = signed_in.post(there, form_of(signed_in, there, html) | chosen)
    assert again.status_code == 303
    deal.refresh_from_db()
    assert (str(deal.amount), deal.contacts.count()) == ("52000.00", 2)
    assert str(deal.close_date) == "2027-03-31"
