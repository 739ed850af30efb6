"""The pages of what may be read: folders, known contacts, the logging address."""

from collections.abc import Callable

import pytest
from django.test import Client

from crm.models import User
from inbox.models import HeadersRead, LogSecret, Mailbox
from tests.factories import connect_mailbox, make_mailbox
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.mark.rule("M12")
def test_its_owner_alone_widens_what_is_read(client: Client, hana: User, mio: User) -> None:
    mailbox = make_mailbox(hana, team=hana.team)
    path = f"/mailboxes/{mailbox.pk}/scope/"
    client.force_login(mio)  # an admin sees the mailbox, and may not
    assert client.post(path, {"scope": "contacts"}).status_code == 404
    assert "private ones too" not in client.get(f"/mailboxes/{mailbox.pk}/").content.decode()
    client.force_login(hana)
    assert "private ones too" in client.get(f"/mailboxes/{mailbox.pk}/").content.decode()
    assert client.post(path, {"scope": "all of it"}).status_code == 422
    assert client.post(path, {"scope": "contacts"}).status_code == 303
    mailbox.refresh_from_db()
    assert mailbox.scope == "contacts"


@pytest.mark.live
@pytest.mark.rule("M17")
def test_folders_are_chosen_from_those_of_the_server(
    signed_in: Client, hana: User, trusted: Dovecot, mail_user: Callable[..., str]
) -> None:
    mailbox = connect_mailbox(hana, trusted, mail_user("hana"))
    trusted.create(mailbox.email, "Archive & more")
    path = f"/mailboxes/{mailbox.pk}/folders/"
    offered = signed_in.get(path).content.decode().partition("<main")[2].partition("</main>")[0]
    assert "Archive &amp; more" in offered and "Drafts" not in offered
    wanted = {"crm": " new", "name": "Kunden", "others": ["Archive & more"]}
    assert signed_in.post(path, wanted).status_code == 303
    rows = mailbox.folders.filter(watched=True, role__in=("crm", "other"))
    assert dict(rows.values_list("role", "name")) == {"crm": "Kunden", "other": "Archive & more"}
    for bad in ({"crm": "Nowhere"}, {"crm": " new", "name": "a/b"}, {"others": ["Nowhere"]}):
        assert signed_in.post(path, bad).status_code == 422
    assert signed_in.post(path, {"crm": "", "name": "CRM"}).status_code == 303
    assert not mailbox.folders.filter(watched=True, role__in=("crm", "other")).exists()
    assert "Kunden" not in signed_in.get(f"/mailboxes/{mailbox.pk}/").content.decode()


def test_a_server_that_does_not_answer_is_said_on_the_page(signed_in: Client, hana: User) -> None:
    path = f"/mailboxes/{make_mailbox(hana).pk}/folders/"
    assert "Nothing was changed" in signed_in.get(path).content.decode()
    assert signed_in.post(path, {"crm": ""}).status_code == 422


def test_ones_folders_are_not_for_others(client: Client, hana: User, mio: User) -> None:
    client.force_login(mio)
    assert client.get(f"/mailboxes/{make_mailbox(hana).pk}/folders/").status_code == 404


@pytest.mark.rule("M16")
def test_an_admin_says_which_mailbox_is_the_logging_address(
    client: Client, hana: User, mio: User
) -> None:
    mailbox, other = make_mailbox(mio, email="log@musubi.test"), make_mailbox(mio, email="b@x.test")
    client.force_login(hana)
    path = "/mailboxes/{}/logging/"
    assert client.post(path.format(mailbox.pk), {"logs_mail": "on"}).status_code == 404
    client.force_login(mio)
    named = {"logs_mail": "on", "authserv_id": " MX.musubi.test "}
    assert client.post(path.format(mailbox.pk), named).status_code == 303
    mailbox.refresh_from_db()
    assert (mailbox.logs_mail, mailbox.authserv_id) == (True, "mx.musubi.test")
    answer = client.post(path.format(other.pk), {"logs_mail": "on"})
    assert answer.status_code == 422 and "only one" in answer.content.decode()
    bad = {"logs_mail": "on", "authserv_id": "mx; dkim=pass"}
    assert client.post(path.format(mailbox.pk), bad).status_code == 422
    assert Mailbox.objects.get(logs_mail=True).authserv_id == "mx.musubi.test"


@pytest.mark.rule("M16")
def test_everybody_has_an_address_of_their_own_and_may_change_it(
    signed_in: Client, hana: User, mio: User, ken: User
) -> None:
    assert "no logging address yet" in signed_in.get("/logging/").content.decode()
    mailbox = make_mailbox(mio, email="log@musubi.test", logs_mail=True)
    HeadersRead.add(mailbox, mailbox.created_at.date(), 9, not_ours=4, unproven=3)
    html = signed_in.get("/logging/").content.decode()
    mine = LogSecret.of(hana).secret
    assert f"log+{mine}@musubi.test" in html
    assert "<dd>4</dd>" in html and "<dd>3</dd>" in html
    assert signed_in.post("/logging/secret/").status_code == 303
    assert LogSecret.of(hana).secret != mine
    assert LogSecret.of(ken).secret not in signed_in.get("/logging/").content.decode()
