"""The page of the never-log lists (M11)."""

import pytest
from django.test import Client

from crm.models import User
from inbox.models import NeverLog
from tests.factories import make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M11")]
PATH = "/never-log/"


def test_one_keeps_the_lists_of_ones_own_mailboxes(client: Client, hana: User, ken: User) -> None:
    mailbox = make_mailbox(hana)
    client.force_login(hana)
    wanted = {"entry": " @Bank.Example ", "mailbox": mailbox.pk}
    assert client.post(PATH, wanted).status_code == 303
    row = NeverLog.objects.get()
    assert (row.entry, row.mailbox, row.by) == ("bank.example", mailbox, hana)
    assert "bank.example" in client.get(PATH).content.decode()
    again = client.post(PATH, wanted)
    assert again.status_code == 422 and "already" in again.content.decode()
    client.force_login(ken)
    assert '<th scope="row"' not in client.get(PATH).content.decode()
    assert client.post(f"{PATH}{row.pk}/removal/").status_code == 404
    assert client.post(PATH, wanted).status_code == 422
    client.force_login(hana)
    assert client.post(f"{PATH}{row.pk}/removal/").status_code == 303
    assert not NeverLog.objects.exists()


def test_admins_keep_the_organisations(client: Client, hana: User, mio: User) -> None:
    make_mailbox(hana)
    client.force_login(hana)
    assert client.post(PATH, {"entry": "bank.example"}).status_code == 422
    client.force_login(mio)
    assert client.post(PATH, {"entry": "lea@bank.example"}).status_code == 303
    row = NeverLog.objects.get()
    assert (row.entry, row.mailbox) == ("lea@bank.example", None)
    client.force_login(hana)
    html = client.get(PATH).content.decode()
    assert "lea@bank.example" in html and "Everybody" in html
    assert client.post(f"{PATH}{row.pk}/removal/").status_code == 404


@pytest.mark.parametrize("entry", ["", "bank", "lea smith@bank.example", "@", "x" * 300])
def test_what_is_neither_address_nor_domain_is_refused(
    client: Client, mio: User, entry: str
) -> None:
    client.force_login(mio)
    answer = client.post(PATH, {"entry": entry})
    assert answer.status_code == 422 and 'class="error"' in answer.content.decode()


def test_who_has_no_mailbox_adds_nothing(client: Client, ken: User) -> None:
    client.force_login(ken)
    assert '<button class="btn btn--primary">' not in client.get(PATH).content.decode()
