"""A mailbox has a signature, which its owner writes."""

import pytest
from django.test import Client

from crm.models import User
from tests.factories import make_mailbox

pytestmark = pytest.mark.rule("M21")


def test_written_with_and_without_scripts(client: Client, hana: User) -> None:
    mailbox = make_mailbox(hana)
    client.force_login(hana)
    url = f"/mailboxes/{mailbox.pk}/signature/"
    html = "<p>Hana <strong>Sato</strong></p><script>x()</script>"
    answer = client.post(url, {"html": html, "rich": "yes", "text": ""})
    assert answer.status_code == 303
    mailbox.refresh_from_db()
    assert mailbox.signature == "<p>Hana <strong>Sato</strong></p>"
    form = client.get(url).content.decode()
    assert "Hana Sato</textarea>" in form
    client.post(url, {"html": mailbox.signature, "text": "Hana Sato"})  # nothing was changed
    mailbox.refresh_from_db()
    assert "<strong>" in mailbox.signature
    client.post(url, {"html": mailbox.signature, "text": "Hana\r\nMusubi & Co"})
    mailbox.refresh_from_db()
    assert mailbox.signature == "<p>Hana<br>Musubi &amp; Co</p>"
    assert client.post(url, {"text": "x" * 30_000}).status_code == 422
    client.post(url, {"html": "<p></p>", "rich": "yes"})
    mailbox.refresh_from_db()
    assert mailbox.signature == ""


def test_by_nobody_else(client: Client, hana: User, ken: User) -> None:
    mailbox = make_mailbox(hana, team=hana.team)
    client.force_login(ken)
    assert client.get(f"/mailboxes/{mailbox.pk}/signature/").status_code == 404


def test_ones_own_is_found_without_knowing_the_mailbox(client: Client, hana: User) -> None:
    client.force_login(hana)
    assert client.get("/signature/")["Location"] == "/mailboxes/"
    mailbox = make_mailbox(hana)
    assert client.get("/signature/")["Location"] == f"/mailboxes/{mailbox.pk}/signature/"
    make_mailbox(hana, email="hana@other.test")
    assert client.get("/signature/")["Location"] == "/mailboxes/"
