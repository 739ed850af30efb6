"""The page of a contact, a company and a deal: one layout, one timeline; and its Trash."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import todo
from crm.models import Attachment, Audience, Company, Contact, Deal, UndoEntry, User
from crm.templatetags.ui import mail
from crm.undo import undo
from tests.factories import make_contact, make_deal, make_email, make_note, make_user


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def deal(aoki: Contact, hana: User) -> Deal:
    return make_deal(aoki, name="Osaka rollout", company=aoki.company, amount=48_000, owner=hana)


@pytest.fixture
def pages(aoki: Contact, deal: Deal) -> list[str]:
    assert aoki.company
    return [record.get_absolute_url() for record in (aoki, aoki.company, deal)]


@pytest.mark.rule("M14")
def test_what_happened_stands_on_all_three(
    signed_in: Client, aoki: Contact, pages: list[str], hana: User
) -> None:
    make_email(aoki, subject="The plan", text="Good morning.")
    make_note(aoki, "She called.")
    todo.add(
        "Send the quote",
        due_at=timezone.now() - timedelta(days=9),
        assignee=hana,
        records=[aoki],
        by=hana,
    )
    for page in pages:
        html = signed_in.get(page).content.decode()
        for words in ("The plan", "She called.", "Send the quote", "9 days late", "Next up"):
            assert words in html, page


def test_a_tab_is_an_address_and_shows_one_kind(
    signed_in: Client, aoki: Contact, pages: list[str], hana: User
) -> None:
    email = make_email(aoki, subject="The plan")
    Attachment.objects.store(email.activity, b"%PDF", name="plan.pdf", content_type="a/pdf")
    make_note(aoki, "She called.")
    todo.add("Send the quote", assignee=hana, records=[aoki], by=hana)
    items = {"email": "thread-", "notes": "note-", "tasks": "task-"}
    for page in pages:
        for tab, item in items.items():
            html = signed_in.get(f"{page}?tab={tab}").content.decode()
            assert html.count("data-item=") == 1 and f'data-item="{item}' in html
            assert f'href="?tab={tab}" aria-current="page"' in html
        files = signed_in.get(f"{page}?tab=files").content.decode()
        assert "data-item=" not in files and "plan.pdf" in files.split('id="all-files"')[1]
        assert signed_in.get(f"{page}?tab=nonsense").status_code == 200


def test_htmx_gets_the_activity_alone(signed_in: Client, pages: list[str]) -> None:
    answer = signed_in.get(f"{pages[0]}?tab=notes", headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert "<html" not in html and 'id="timeline"' in html and "HX-Request" in answer["Vary"]


def test_associations_lead_to_one_another(
    signed_in: Client, aoki: Contact, deal: Deal, pages: list[str]
) -> None:
    contact, company, of_deal = (signed_in.get(page).content.decode() for page in pages)
    assert f'href="{pages[1]}"' in contact and f'href="{pages[2]}"' in contact
    assert f'href="{pages[0]}"' in company and f'href="{pages[2]}"' in company
    assert f'href="{pages[0]}"' in of_deal and f'href="{pages[1]}"' in of_deal
    assert "€ 48,000" in contact and "Stage 1 of 1" in contact


@pytest.mark.rule("M41")
def test_under_a_name_stands_the_company_else_the_address(
    signed_in: Client, aoki: Contact, ken: User
) -> None:
    def said() -> str:
        page = signed_in.get(aoki.get_absolute_url()).content.decode()
        return page.split('class="identity__sub"')[1].split("</p>")[0]

    assert aoki.company and f'<a href="/companies/{aoki.company_id}/">{aoki.company}</a>' in said()
    aoki.company.change(audience=Audience.OWNER, owner=ken)
    assert str(aoki.company) not in said() and mail(aoki.email) in said()


def test_beside_a_contact_stand_three_facts_of_the_company(
    signed_in: Client, aoki: Contact, deal: Deal, hana: User
) -> None:
    make_contact(company=aoki.company, owner=hana)
    make_contact(company=aoki.company, owner=make_user(), audience=Audience.OWNER)
    facts = signed_in.get(aoki.get_absolute_url()).content.decode().split('class="facts"')[1]
    facts = facts.split("</dl>")[0]
    assert "2 contacts" in facts and "€ 48,000" in facts and "Last e-mail" not in facts
    aoki.change(company=None)
    assert 'class="facts"' not in signed_in.get(aoki.get_absolute_url()).content.decode()


def test_a_company_does_not_tell_what_a_hidden_contact_wrote(
    client: Client, aoki: Contact, deal: Deal, rin: User
) -> None:
    make_email(aoki, subject="Secret plan")
    make_note(aoki, "Secret note")
    assert aoki.company
    aoki.change(audience=Audience.OWNER)
    client.force_login(rin)
    for record in (aoki.company, deal):
        html = client.get(record.get_absolute_url()).content.decode()
        assert "Secret" not in html and "Yuki" not in html
        assert "Secret" not in client.get(f"{record.get_absolute_url()}emails/").content.decode()


@pytest.mark.rule("M41")
def test_what_one_may_not_see_is_not_there(
    client: Client, aoki: Contact, deal: Deal, rin: User
) -> None:
    assert aoki.company
    client.force_login(rin)
    for record in (aoki.company, deal):
        record.change(audience=Audience.OWNER)
        base = record.get_absolute_url()
        for path in ("", "details/", "news/", "emails/", "notes/", "tasks/", "fields/name/"):
            assert client.get(base + path).status_code == 404, path
        for path in ("details/", "notes/", "tasks/", "trash/", "emails/", "fields/name/"):
            assert client.post(base + path).status_code == 404, path
    assert client.post(f"/deals/{deal.pk}/stage/").status_code == 404
    assert client.post(f"/deals/{deal.pk}/contacts/").status_code == 404
    assert not Company.objects.trashed().exists() and not Deal.objects.trashed().exists()


def test_a_page_costs_the_same_however_much_is_on_it(
    signed_in: Client, aoki: Contact, deal: Deal, pages: list[str], hana: User
) -> None:
    counts: dict[str, list[int]] = {page: [] for page in pages}
    for number in range(1, 16):
        make_email(aoki, subject=f"Letter {number}")
        make_note(aoki)
        todo.add("Call", due_at=timezone.now(), assignee=hana, records=[aoki], by=hana)
        person = make_contact(company=aoki.company, owner=hana)
        deal.contacts.add(person)
        make_deal(aoki, company=aoki.company, stage=deal.stage)
        if number in (5, 15):
            for page in pages:
                with CaptureQueriesContext(connection) as queries:
                    signed_in.get(page)
                counts[page].append(len(queries))
    for few, many in counts.values():
        assert few == many <= 33  # one for its drafts, two for sequences and opt-outs


def test_thirty_messages_are_one_card(signed_in: Client, aoki: Contact, pages: list[str]) -> None:
    """Acceptance point 29: all but the newest are folded."""
    first = make_email(aoki, subject="Plan")
    for number in range(29):
        later = timezone.now() + timedelta(minutes=number)
        make_email(aoki, thread=first.thread, subject="Re: Plan", text=f"No {number}.", at=later)
    for page in pages:
        html = signed_in.get(page).content.decode()
        assert html.count('<article class="thread card"') == 1
        assert "30 messages" in html and "Show 28 earlier messages" in html
        assert html.count('<details class="msg"') == 1


def test_moving_to_the_trash_is_taken_back_by_its_toast(
    signed_in: Client, aoki: Contact, deal: Deal, pages: list[str]
) -> None:
    """Acceptance points 1 and 2: at once, without a question, with Undo."""
    make_note(aoki, "She called.")
    for page in pages:
        before = signed_in.get(page).content.decode()
        assert "confirm" not in before.lower()
        answer = signed_in.post(f"{page}trash/", follow=True)
        token = UndoEntry.objects.latest("pk").token
        assert f'action="/undo/{token}/"' in answer.content.decode()
        assert signed_in.get(page).status_code == 404
        signed_in.post(f"/undo/{token}/")
        assert "She called." in signed_in.get(page).content.decode()
    assert list(deal.contacts.all()) == [aoki] and aoki.company


def test_what_others_did_is_not_theirs_to_take_back(
    client: Client, aoki: Contact, hana: User, ken: User
) -> None:
    client.force_login(hana)
    client.post(f"/contacts/{aoki.pk}/trash/")
    entry = UndoEntry.objects.get()
    client.force_login(ken)
    client.post(f"/undo/{entry.token}/")
    assert Contact.objects.trashed().exists()
    assert undo(entry)
