"""The rows below a recipients' field."""

import pytest
from django.test import Client

from crm.models import Contact, User

pytestmark = pytest.mark.django_db


@pytest.mark.rule("M21")
def test_rows_hold_what_stands_in_the_field(client: Client, hana: User, aoki: Contact) -> None:
    client.force_login(hana)
    html = client.get("/recipients/?q=yuk").content.decode()
    assert 'role="option"' in html
    assert 'data-value="Yuki Aoki &lt;yuki@aoki.example&gt;"' in html
    assert client.get("/recipients/?q=nobody").content.decode().strip() == ""
