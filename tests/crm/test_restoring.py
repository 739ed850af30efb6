"""Out of the Trash: with everything on it, with Undo, and never to a dead end."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm import restoring, retention, undo
from crm.models import (
    Activity,
    Association,
    Attachment,
    Contact,
    Email,
    EmailAddress,
    Hold,
    Note,
    Thread,
    User,
)
from crm.restoring import chosen
from crm.timeline import timeline_for
from crm.trash import MODELS
from tests.factories import make_company, make_contact, make_deal, make_email, make_note


def age(row: Contact | Activity, days: int) -> None:
    type(row).objects.filter(pk=row.pk).update(deleted_at=timezone.now() - timedelta(days=days))


@pytest.mark.rule("M32")
def test_after_89_days_it_comes_back_with_everything_and_after_91_it_is_gone(
    hana: User, aoki: Contact
) -> None:
    deal = make_deal(aoki, owner=hana)
    make_note(aoki, "They called.", by=hana)
    email = make_email(aoki, by=hana)
    Attachment.objects.store(email.activity, b"x", name="a.txt", content_type="text/plain")
    aoki.trash()
    age(aoki, 89)
    retention.purge(retention.TRASH, timezone.now())
    result = restoring.restore(chosen(hana, [f"contact:{aoki.pk}"]), by=hana)
    assert result.rows == [aoki] and not result.refused
    back = Contact.objects.visible_to(hana).get(pk=aoki.pk)
    assert back.email == "yuki@aoki.example" and list(back.deals.all()) == [deal]
    kinds = {line.activity.kind for line in timeline_for(back).lines}
    assert kinds == {"note", "email"} and email.activity.files.count() == 1
    back.trash()
    age(back, 91)
    retention.purge(retention.TRASH, timezone.now())
    assert not Contact.objects.filter(pk=aoki.pk).exists()


def test_restoring_is_taken_back(hana: User, aoki: Contact, weber: Contact) -> None:
    aoki.trash()
    weber.trash()
    marks = [f"contact:{aoki.pk}", f"contact:{weber.pk}", f"contact:{aoki.pk}"]
    result = restoring.restore(chosen(hana, marks), by=hana)
    assert Contact.objects.kept().count() == 2
    assert result.undo is not None
    assert undo.undo(result.undo)
    assert Contact.objects.trashed().count() == 2


@pytest.mark.rule("M32")
def test_an_address_that_is_taken_is_named_and_can_be_left(hana: User, aoki: Contact) -> None:
    aoki.set_addresses([("yuki@aoki.example", ""), ("y@aoki.example", "home")])
    aoki.trash()
    other = make_contact("yuki@aoki.example", owner=hana)
    rows = chosen(hana, [f"contact:{aoki.pk}"])
    (refused,) = restoring.restore(rows, by=hana).refused
    assert (refused.contact, refused.taken.contact) == (aoki, other)
    assert Contact.objects.trashed().get() == aoki
    restoring.restore(chosen(hana, [f"contact:{aoki.pk}"]), by=hana, without_taken=True)
    assert Contact.objects.kept().get(pk=aoki.pk).email == "y@aoki.example"
    assert other.email == "yuki@aoki.example"


def test_only_what_one_may_see_is_chosen(hana: User, rin: User, aoki: Contact) -> None:
    aoki.change(audience="owner")
    aoki.trash()
    marks = [f"contact:{aoki.pk}", "contact:x", "nonsense", "deal:1", "contact:" + "9" * 40]
    assert [each.row for each in chosen(hana, marks)] == [aoki]
    assert chosen(rin, marks) == []


@pytest.mark.rule("M57")
def test_a_hold_that_was_placed_meanwhile_keeps_its_record_and_nothing_else(
    mio: User, aoki: Contact, weber: Contact
) -> None:
    for contact in (aoki, weber):
        contact.trash()
    rows = chosen(mio, [f"contact:{aoki.pk}", f"contact:{weber.pk}"])
    Hold.place(aoki, by=mio, reason="Hayama v. Aoki")
    assert restoring.erase(rows) == rows[:1]
    assert list(Contact.objects.all()) == [aoki]
    assert restoring.erase(rows[1:]) == [], "another was quicker"


def _dump() -> list[tuple[str, dict[str, object]]]:
    """Every row of the nouns that go to the Trash and of what hangs on them, but for when it was
    changed last."""
    stamps = {"updated_at", "news_at"}
    return [
        (model.__name__, {name: value for name, value in row.items() if name not in stamps})
        for model in (*MODELS, Association, Attachment, Email, EmailAddress, Note, Thread)
        for row in model.objects.order_by("pk").values()
    ]


@pytest.mark.rule("M32")
@given(data=st.data())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_comes_back_is_what_went(hana: User, data: st.DataObject) -> None:
    """Any set of records and engagements, deleted in any order and restored in another."""
    with transaction.atomic():
        rows = _made(hana)
        before = _dump()
        gone = data.draw(st.lists(st.sampled_from(range(len(rows))), unique=True, min_size=1))
        for at in gone:
            type(rows[at][1]).objects.get(pk=rows[at][1].pk).trash()
        back = data.draw(st.permutations(gone))
        assert _dump() != before
        cut = data.draw(st.integers(0, len(back)))
        for part in (back[:cut], back[cut:]):
            marks = [f"{rows[at][0]}:{rows[at][1].pk}" for at in part]
            assert len(restoring.restore(chosen(hana, marks), by=hana).rows) == len(part)
        assert _dump() == before
        transaction.set_rollback(True)


def _made(hana: User) -> list[tuple[str, Any]]:
    """Two people in one deal and one conversation, a company, notes and files."""
    company = make_company("Aoki Shoten", owner=hana)
    people = [make_contact(f"p{n}@aoki.example", owner=hana, company=company) for n in range(2)]
    deal = make_deal(*people, owner=hana, company=company)
    first = make_email(people[0], by=hana)
    second = make_email(people[1], by=hana, thread=first.thread, direction="outgoing")
    Attachment.objects.store(first.activity, b"x", name="a.txt", content_type="text/plain")
    note = make_note(people[0], by=hana)
    kinds = [("email", first.activity), ("email", second.activity), ("note", note.activity)]
    return [*(("contact", p) for p in people), ("company", company), ("deal", deal), *kinds]
