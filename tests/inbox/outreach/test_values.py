"""What the merge fields stand for, as far as the writer may see it (M24, M41)."""

import datetime

import pytest

from crm.models import Audience, Contact, User
from inbox.merge_fields import FIELDS
from inbox.outreach.values import about, values
from tests.factories import make_company, make_contact, make_deal, make_mailbox

pytestmark = pytest.mark.django_db


@pytest.mark.rule("M24")
def test_every_field_has_its_value(hana: User, aoki: Contact) -> None:
    aoki.change(phone="+81 3 0000", job_title="Buyer")
    deal = make_deal(
        aoki, name="Tea", amount=48000, currency="EUR", close_date=datetime.date(2026, 12, 1)
    )
    mailbox = make_mailbox(hana, name="Hana of Musubi", email="hana@tea.test")
    found = values(about(hana, contact=aoki), sender=hana, mailbox=mailbox, language="en")
    assert set(found) == set(FIELDS)
    assert all(found.values())
    assert found["contact.name"] == "Yuki Aoki"
    assert found["company.name"] == "Aoki Shoten"
    assert found["deal.amount"] == "€ 48,000"
    assert found["deal.stage"] == deal.stage.name
    assert (found["sender.name"], found["sender.email"]) == ("Hana of Musubi", "hana@tea.test")


def test_dates_are_written_in_the_language_of_the_template(hana: User, aoki: Contact) -> None:
    make_deal(aoki, close_date=datetime.date(2026, 12, 1))
    found = values(about(hana, contact=aoki), sender=hana, language="ja")
    assert found["deal.close_date"] == "2026年12月1日(火)"


def test_a_name_stands_in_the_order_of_its_script(hana: User) -> None:
    aiko = make_contact(first_name="愛子", last_name="田中")
    found = values(about(hana, contact=aiko), sender=hana)
    assert found["contact.name"] == "田中 愛子"


def test_an_address_is_no_name(hana: User) -> None:
    contact = Contact.add(email="info@tea.test")
    assert values(about(hana, contact=contact), sender=hana)["contact.name"] == ""


@pytest.mark.rule("M24")
def test_of_two_open_deals_none_is_guessed(hana: User, aoki: Contact) -> None:
    deal = make_deal(aoki)
    make_deal(aoki)
    assert about(hana, contact=aoki).deal is None
    assert about(hana, contact=aoki, deal=deal).deal == deal


@pytest.mark.rule("M41")
def test_what_is_hidden_from_the_writer_fills_nothing(hana: User, rin: User) -> None:
    company = make_company("Secret Tea", owner=hana, audience=Audience.OWNER)
    contact = make_contact(company=company)
    deal = make_deal(contact, owner=hana, audience=Audience.OWNER)
    assert about(hana, contact=contact).deal == deal
    assert about(hana, contact=contact).company == company
    assert about(rin, contact=contact).deal is None
    assert about(rin, contact=contact).company is None
