"""Add: one press makes somebody unknown a contact; Undo takes it back."""

import pytest
from django.test import Client

from crm.models import Contact, Email, Participant, UndoEntry, User
from tests.factories import make_email


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def letter(aoki: Contact, hana: User) -> Email:
    email = make_email(aoki, by=hana)
    Participant.objects.create(
        email=email, role="cc", address="eve@old.example", name="Eve Old", stranger=True
    )
    return email


@pytest.mark.rule("M14")
def test_add_is_offered_beside_the_conversation_and_can_be_undone(
    signed_in: Client, letter: Email, aoki: Contact
) -> None:
    for path in (f"/contacts/{aoki.pk}/", f"/emails/{letter.pk}/"):
        html = signed_in.get(path).content.decode()
        assert "Also in this conversation" in html and "Add eve@old.example as a contact" in html
    came_from = {"Referer": f"http://testserver/contacts/{aoki.pk}/"}
    values = {"address": "eve@old.example"}
    answer = signed_in.post("/contacts/strangers/", values, headers=came_from, follow=True)
    html = answer.content.decode()
    assert "Eve Old is a contact now." in html and "Also in this conversation" not in html
    eve = Contact.objects.exclude(pk=aoki.pk).get()
    assert letter.subject in signed_in.get(f"/contacts/{eve.pk}/").content.decode()
    signed_in.post(f"/undo/{UndoEntry.objects.get().token}/")
    assert "eve@old.example" in signed_in.get(f"/contacts/{aoki.pk}/").content.decode()


@pytest.mark.rule("M14")
def test_mail_of_nobody_known_is_adopted_from_its_page(
    signed_in: Client, letter: Email, aoki: Contact
) -> None:
    letter.activity.associations.all().delete()
    letter.participants.filter(contact=aoki).delete()
    assert "Add eve@old" in signed_in.get(f"/emails/{letter.pk}/").content.decode()
    signed_in.post("/contacts/strangers/", {"address": "eve@old.example"})
    eve = Contact.objects.exclude(pk=aoki.pk).get()
    assert letter.activity.associations.get().contact == eve


def test_only_who_is_a_stranger_to_this_reader(
    client: Client, letter: Email, rin: User, hana: User
) -> None:
    letter.visibility = Email.Visibility.METADATA
    letter.save()
    client.force_login(rin)
    assert client.post("/contacts/strangers/", {"address": "eve@old.example"}).status_code == 404
    client.force_login(hana)
    for address in ("", "nobody@old.example", "yuki@aoki.example", hana.email):
        assert client.post("/contacts/strangers/", {"address": address}).status_code == 404
    assert not Contact.objects.filter(last_name="Old").exists()
