"""The Trash's page: kinds, days left, restoring, and erasing behind a question."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Contact, UndoEntry, User
from inbox.dossiers import erasing
from inbox.models import Erasure
from tests.factories import make_company, make_contact, make_deal, make_email, make_note


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def test_it_says_what_and_for_how_long(signed_in: Client, hana: User, aoki: Contact) -> None:
    assert "The Trash is empty" in signed_in.get("/trash/").content.decode()
    aoki.trash()
    Contact.objects.update(deleted_at=timezone.now() - timedelta(days=12))
    make_company("Osaka Steel", owner=hana).trash()
    page = signed_in.get("/trash/").content.decode()
    assert "Yuki Aoki" in page and "goes in 78 days" in page and "Osaka Steel" in page
    page = signed_in.get("/trash/?kind=company").content.decode()
    assert "Osaka Steel" in page and "Yuki Aoki" not in page
    assert "None of this kind" in signed_in.get("/trash/?kind=task").content.decode()
    assert signed_in.get("/trash/?cursor=nonsense").status_code == 404


def test_a_private_email_shows_nothing_of_itself(
    signed_in: Client, ken: User, aoki: Contact
) -> None:
    email = make_email(aoki, by=ken, subject="Salary", visibility="metadata")
    email.activity.trash()
    page = signed_in.get("/trash/?kind=email").content.decode()
    assert "A private e-mail" in page and "Salary" not in page


def test_one_and_several_come_back_with_undo(
    signed_in: Client, hana: User, aoki: Contact, weber: Contact
) -> None:
    note = make_note(aoki, by=hana)
    for row in (aoki, weber, note.activity):
        row.trash()
    marks = [f"contact:{aoki.pk}", f"contact:{weber.pk}"]
    only = {"row": marks, "only": f"note:{note.pk}"}
    page = signed_in.post("/trash/restored/", only, follow=True).content.decode()
    assert "is back" in page and Contact.objects.trashed().count() == 2
    page = signed_in.post("/trash/restored/", {"row": marks}, follow=True).content.decode()
    assert "2 are back." in page and Contact.objects.kept().count() == 2
    signed_in.post(f"/undo/{UndoEntry.objects.latest('pk').token}/")
    assert Contact.objects.trashed().count() == 2
    page = signed_in.post("/trash/restored/", follow=True).content.decode()
    assert "Nothing was restored." in page


def test_a_taken_address_is_no_dead_end(signed_in: Client, hana: User, aoki: Contact) -> None:
    aoki.trash()
    other = make_contact("yuki@aoki.example", owner=hana, last_name="Newer")
    mark = {"row": f"contact:{aoki.pk}"}
    answer = signed_in.post("/trash/restored/", mark)
    page = answer.content.decode()
    assert answer.status_code == 422 and "Restore without this address" in page
    assert f"/contacts/{other.pk}/" in page and "Newer has this address now." in page
    answer = signed_in.post("/trash/restored/", {**mark, "without": "yes"}, follow=True)
    assert "“Yuki Aoki” is back." in answer.content.decode()


def test_who_has_the_address_is_not_told_to_whom_may_not_know(
    signed_in: Client, rin: User, aoki: Contact
) -> None:
    aoki.trash()
    make_contact("yuki@aoki.example", owner=rin, last_name="Hidden", audience="owner")
    page = signed_in.post("/trash/restored/", {"row": f"contact:{aoki.pk}"}).content.decode()
    assert "Another contact has this address now." in page and "Hidden" not in page


def test_only_admins_erase_and_they_are_asked(
    client: Client, hana: User, mio: User, aoki: Contact, weber: Contact
) -> None:
    aoki.trash()
    weber.trash()
    marks = {"row": [f"contact:{aoki.pk}", f"contact:{weber.pk}"]}
    client.force_login(hana)
    assert client.post("/trash/erased/", {**marks, "confirm": "yes"}).status_code == 404
    assert "Erase selected" not in client.get("/trash/").content.decode()
    client.force_login(mio)
    asked = client.post("/trash/erased/", marks)
    assert asked.status_code == 200 and b"Type 2 to confirm" in asked.content
    assert client.post("/trash/erased/", {**marks, "confirm": "yes"}).status_code == 422
    assert Contact.objects.count() == 2
    done = client.post("/trash/erased/", {**marks, "confirm": "yes", "count": "2"}, follow=True)
    assert "They are being erased. The receipt will stand here." in done.content.decode()
    for erasure in Erasure.objects.due(timezone.now()):
        erasing.carry_out(erasure)
    assert not Contact.objects.exists()
    assert "Nothing was chosen" in client.post("/trash/erased/", marks).content.decode()


def test_strangers_restore_nothing(client: Client, rin: User, aoki: Contact) -> None:
    aoki.change(audience="owner")
    aoki.trash()
    client.force_login(rin)
    client.post("/trash/restored/", {"row": f"contact:{aoki.pk}"})
    assert Contact.objects.trashed().count() == 1
    assert "Yuki" not in client.get("/trash/").content.decode()


def test_the_number_of_queries_does_not_grow(
    signed_in: Client, hana: User, django_assert_max_num_queries: Any
) -> None:
    for _number in range(12):
        contact = make_contact(owner=hana, last_name="")
        make_note(contact, by=hana).activity.trash()
        make_email(contact, by=hana).activity.trash()
        make_deal(owner=hana).trash()
        contact.trash()
    with django_assert_max_num_queries(12):
        signed_in.get("/trash/")


def test_pages_follow_one_another_within_a_kind(signed_in: Client, hana: User) -> None:
    for number in range(52):
        make_company(f"Company {number:02}", owner=hana).trash()
    first = signed_in.get("/trash/?kind=company")
    assert len(first.context["rows"]) == 50 and b'rel="next"' in first.content
    second = signed_in.get(f"/trash/?kind=company&cursor={first.context['next']}")
    assert [each.name for each in second.context["rows"]] == ["Company 01", "Company 00"]


@pytest.mark.parametrize(
    ("noun", "nouns"), [("contact", "contacts"), ("company", "companies"), ("deal", "deals")]
)
def test_the_page_of_what_lies_here_says_so_and_brings_it_back(
    signed_in: Client, hana: User, aoki: Contact, rin: User, noun: str, nouns: str
) -> None:
    record = {
        "contact": aoki,
        "company": make_company("Osaka Steel", owner=hana),
        "deal": make_deal(aoki, owner=hana),
    }[noun]
    there = f"/{nouns}/{record.pk}/"
    record.change(audience="owner")
    record.trash()
    for path in (there, f"{there}details/"):
        answer = signed_in.get(path)
        page = answer.content.decode()
        assert answer.status_code == 404 and f"“{record}” is in the Trash" in page
        assert f'name="only" value="{noun}:{record.pk}"' in page and f'href="/{nouns}/"' in page
    answer = signed_in.post(
        "/trash/restored/",
        {"only": f"{noun}:{record.pk}"},
        headers={"Referer": f"http://testserver{there}"},
    )
    assert answer["Location"].endswith(there) and signed_in.get(there).status_code == 200
    record.trash()
    signed_in.force_login(rin)
    answer = signed_in.get(there)
    assert answer.status_code == 404 and str(record) not in answer.content.decode()
    assert b"There is nothing here" in answer.content
