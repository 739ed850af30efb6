"""What is changed on a record, and what goes to the Trash, comes back as it was."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm import records, retention, todo
from crm.models import AddressTaken, Attachment, Contact, Deal, User
from crm.timeline import timeline_for
from crm.undo import undo
from tests.factories import make_company, make_deal, make_email, make_note, make_stage


def test_columns_go_back(aoki: Contact, hana: User, ken: User) -> None:
    entry = records.edit(aoki, {"phone": "123", "owner": ken, "company": None}, by=hana)
    aoki.refresh_from_db()
    assert (aoki.phone, aoki.owner, aoki.company) == ("123", ken, None)
    assert undo(entry)
    aoki.refresh_from_db()
    assert (aoki.phone, aoki.owner, str(aoki.company)) == ("", hana, "Aoki Shoten")


def test_addresses_go_back_with_their_labels(aoki: Contact, hana: User) -> None:
    before = [("yuki@aoki.example", "work"), ("home@aoki.example", "private")]
    aoki.set_addresses(before)
    entry = records.edit(aoki, {"addresses": [("new@aoki.example", "")]}, by=hana)
    assert aoki.addresses.get().address == "new@aoki.example"
    assert undo(entry)
    assert [(row.address, row.label) for row in aoki.addresses.all()] == before


def test_an_address_of_somebody_else_changes_nothing(
    aoki: Contact, weber: Contact, hana: User
) -> None:
    with pytest.raises(AddressTaken):
        records.edit(aoki, {"phone": "123", "addresses": [(weber.email, "")]}, by=hana)
    aoki.refresh_from_db()
    assert aoki.phone == ""


def test_the_stage_and_the_people_of_a_deal_go_back(
    aoki: Contact, weber: Contact, hana: User
) -> None:
    deal = make_deal(aoki, stage=make_stage(name="Before"))
    since = deal.stage_since
    values = {"stage": make_stage(name="After"), "contacts": [weber], "amount": 100}
    entry = records.edit(deal, values, by=hana)
    deal = Deal.objects.get()
    assert (deal.stage.name, list(deal.contacts.all())) == ("After", [weber])
    assert deal.stage_since > since
    assert undo(entry)
    deal = Deal.objects.get()
    assert (deal.stage.name, deal.stage_since, deal.amount) == ("Before", since, None)
    assert list(deal.contacts.all()) == [aoki]


@pytest.mark.rule("M32")
def test_for_89_days_a_record_comes_back_with_all_that_was_on_it(aoki: Contact, hana: User) -> None:
    """Acceptance point 5."""
    deal = make_deal(aoki, company=aoki.company)
    make_note(aoki)
    email = make_email(aoki)
    Attachment.objects.store(email.activity, b"%PDF", name="plan.pdf", content_type="a/pdf")
    todo.add("Call them", assignee=hana, records=[aoki], by=hana)
    records.trash(aoki, by=hana)
    since = timezone.now() - timedelta(days=89)
    Contact.objects.filter(pk=aoki.pk).update(deleted_at=since)
    assert retention.purge(retention.TRASH, timezone.now()) == 0
    back = Contact.objects.get(pk=aoki.pk)
    back.restore()
    assert {line.activity.kind for line in timeline_for(back).lines} == {"note", "email", "task"}
    assert Attachment.objects.visible_to(hana).of(back).count() == 1
    assert list(back.deals.all()) == [deal]
    assert (back.company, back.email) == (aoki.company, "yuki@aoki.example")


@pytest.mark.rule("M32")
def test_after_91_days_it_is_gone(aoki: Contact, hana: User) -> None:
    company, deal = make_company(), make_deal(aoki)
    since = timezone.now() - timedelta(days=91)
    for record in (aoki, company, deal):
        records.trash(record, by=hana)
        type(record).objects.filter(pk=record.pk).update(deleted_at=since)
    assert retention.purge(retention.TRASH, timezone.now()) == 3
    assert not Contact.objects.exists() and not Deal.objects.exists()
