"""Opting out: of an address, not of a contact (M25, M36)."""

import pytest
from pytest_django import Settings

from crm.models import Contact, User
from inbox.models import OptOut
from inbox.models.opt_outs import mark_of

pytestmark = pytest.mark.django_db


@pytest.mark.rule("M25")
def test_it_holds_for_the_address_however_it_is_written(aoki: Contact) -> None:
    assert OptOut.note(mark_of("Yuki@Aoki.example"), OptOut.Why.LINK)
    assert not OptOut.note(mark_of("yuki@aoki.example"), OptOut.Why.LINK)
    assert OptOut.objects.among([aoki.email, "x@y.test"]) == {aoki.email}


def test_it_outlives_the_contact_and_names_nobody(aoki: Contact) -> None:
    address = aoki.email
    OptOut.note(mark_of(address), OptOut.Why.LINK)
    Contact.objects.all().delete()
    assert OptOut.objects.among([address])
    [row] = OptOut.objects.values()
    assert "aoki" not in str(row)


def test_it_is_known_after_the_key_was_changed(settings: Settings) -> None:
    settings.MESSAGE_ID_KEYS = ["old"]
    OptOut.note(mark_of("a@b.test"), OptOut.Why.LINK)
    settings.MESSAGE_ID_KEYS = ["new", "old"]
    assert OptOut.objects.among(["a@b.test"])


def test_it_can_be_taken_back(hana: User) -> None:
    OptOut.note(mark_of("a@b.test"), OptOut.Why.PERSON, hana)
    assert OptOut.forget("A@b.test") == 1
    assert not OptOut.objects.among(["a@b.test"])
