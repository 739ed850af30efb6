"""Who sees what: searching confirms nothing that is hidden."""

from typing import Any

import pytest
from django.test import Client

from crm.models import Audience, Contact, Deal, User
from tests.factories import make_company, make_contact, make_deal


@pytest.mark.rule("M41")
@pytest.mark.parametrize("audience", [Audience.TEAM, Audience.OWNER])
def test_a_hidden_company_is_not_found_by_its_people_or_deals(
    hana: User, ken: User, rin: User, mio: User, audience: str
) -> None:
    company = make_company("Project Nightingale", owner=hana, audience=audience)
    contact = make_contact(last_name="Open", company=company)
    deal = make_deal(name="Open", company=company)
    everybody = {"hana": hana, "ken": ken, "rin": rin, "mio": mio}
    seeing = {"hana", "mio", *(["ken"] if audience == Audience.TEAM else [])}
    for model, row in ((Contact, contact), (Deal, deal)):
        rows: Any = model.objects
        found = {
            name
            for name, user in everybody.items()
            if row in rows.visible_to(user).search("nightingale", user)
        }
        assert found == seeing
        assert rows.search("open", rin).get() == row


@pytest.mark.rule("M41")
def test_nor_by_a_page(client: Client, hana: User, rin: User) -> None:
    company = make_company("Nightingale", owner=hana, audience=Audience.OWNER)
    make_contact(last_name="Openly", company=company)
    make_deal(name="Openly", company=company)
    paths = ("/contacts/?q=", "/deals/?layout=table&q=", "/contacts/choices/?contacts_q=")
    client.force_login(rin)
    for path in paths:
        assert "Openly" not in client.get(f"{path}nightin").content.decode()
        assert "Openly" in client.get(f"{path}openl").content.decode()
