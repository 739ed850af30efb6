"""Contacts and their addresses."""

import pytest

from crm.models import AddressTaken, Contact, User
from tests.factories import make_contact

pytestmark = pytest.mark.django_db


def test_addresses_are_kept_in_lower_case_the_first_one_primary(aoki: Contact) -> None:
    aoki.set_addresses([("New@Aoki.example", "work"), ("yuki@aoki.example", "")])
    fresh = Contact.objects.get(pk=aoki.pk)
    assert fresh.email == "new@aoki.example"
    assert [row.primary for row in fresh.addresses.all()] == [True, False]


def test_an_address_of_somebody_else_is_refused_and_nothing_changes(aoki: Contact) -> None:
    other = make_contact("other@x.test")
    with pytest.raises(AddressTaken) as refused:
        other.set_addresses([("third@x.test", ""), (aoki.email, "")])
    assert refused.value.contact == aoki
    assert other.email == "other@x.test"


def test_in_the_trash_its_addresses_are_free(aoki: Contact) -> None:
    address = aoki.email
    aoki.trash()
    assert Contact.objects.with_addresses([address]) == {}
    successor = make_contact(address)
    with pytest.raises(AddressTaken):
        aoki.restore()
    successor.trash()
    aoki.restore()
    assert Contact.objects.with_addresses([address.upper()]) == {address: aoki}


@pytest.mark.parametrize("words", ["yuki", "AOKI", "aoki yuki", "aoki.example", "yuki@", "shoten"])
def test_it_is_found_by_any_word(aoki: Contact, weber: Contact, hana: User, words: str) -> None:
    assert list(Contact.objects.search(words, hana)) == [aoki]


def test_its_name_is_never_empty() -> None:
    assert make_contact("", last_name="").name == "No name"
    assert make_contact("a@b.test", last_name="").name == "a@b.test"
