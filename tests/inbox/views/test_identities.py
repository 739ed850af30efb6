"""The addresses that a mailbox sends from, and its limits, on its page (M52, M58)."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from crm.models import Contact, User
from inbox.models import Identity, Mailbox, Outgoing
from tests.factories import make_email, make_mailbox

pytestmark = pytest.mark.django_db
ALIAS = "sales@musubi.test"


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana)


@pytest.fixture
def alias(mailbox: Mailbox) -> Identity:
    made: Identity = mailbox.identities.create(
        address=ALIAS, name="Sales", proven_at=timezone.now()
    )
    return made


def follow(client: Client, path: str, **values: Any) -> str:
    answer = client.post(path, values, follow=True)
    return answer.content.decode()


@pytest.mark.rule("M52")
def test_an_address_is_added_proven_and_removed(signed_in: Client, mailbox: Mailbox) -> None:
    url = f"/mailboxes/{mailbox.pk}/addresses/"
    html = follow(signed_in, url, address=ALIAS, name="Sales")
    assert "a code is being sent" in html and "Sales &lt;sales@musubi.test&gt;" in html
    row = Identity.objects.get()
    row.code_sent("12345678", timezone.now())
    assert "Code that came to" in signed_in.get(f"/mailboxes/{mailbox.pk}/").content.decode()
    wrong = signed_in.post(f"/addresses/{row.pk}/proof/", {"code": "1111 2222"})
    assert wrong.status_code == 422 and b"not the code" in wrong.content
    assert b'value="1111 2222"' in wrong.content
    html = follow(signed_in, f"/addresses/{row.pk}/proof/", code="1234 5678")
    assert "can be sent from sales@musubi.test now" in html
    html = follow(signed_in, f"/addresses/{row.pk}/removal/")
    assert "Nothing is sent from sales@musubi.test" in html and "Undo" in html
    assert not Identity.objects.kept().exists()


@pytest.mark.rule("M52")
@pytest.mark.parametrize("address", ["", "no address", "hana@musubi.test", ALIAS])
def test_what_cannot_be_added_comes_back_as_typed(
    signed_in: Client, mailbox: Mailbox, alias: Identity, address: str
) -> None:
    answer = signed_in.post(f"/mailboxes/{mailbox.pk}/addresses/", {"address": address})
    html = answer.content.decode()
    assert answer.status_code == 422 and f'value="{address}"' in (html or address) or not address
    assert Identity.objects.count() == 1


@pytest.mark.rule("M52")
def test_nobody_else_changes_what_a_mailbox_sends_from(
    client: Client, mailbox: Mailbox, alias: Identity, ken: User, rin: User
) -> None:
    mailbox.change(team=ken.team)
    url = f"/mailboxes/{mailbox.pk}/addresses/"
    for other in (ken, rin):
        client.force_login(other)
        for path in (url, f"/addresses/{alias.pk}/removal/", f"/addresses/{alias.pk}/code/"):
            assert client.post(path, {"address": "x@y.test"}).status_code == 404
    assert Identity.objects.kept().count() == 1


@pytest.mark.rule("M52")
def test_the_composer_offers_them_and_an_answer_goes_out_from_what_was_written_to(
    signed_in: Client, mailbox: Mailbox, alias: Identity, aoki: Contact
) -> None:
    asked = make_email(aoki, subject="Offer?")
    asked.participants.create(role="to", address="Sales@musubi.test")
    html = signed_in.get(f"/emails/{asked.pk}/reply/").content.decode()
    assert f'<option value="{mailbox.pk} {ALIAS}" selected>Sales &lt;{ALIAS}&gt;</option>' in html
    values = {"mailbox": f"{mailbox.pk} {ALIAS}", "key": "k", "to": aoki.email, "text": "Yes."}
    values["subject"] = "Re: Offer?"
    assert signed_in.post(f"/emails/{asked.pk}/reply/", values).status_code == 303
    sender = Outgoing.objects.get().email.participants.get(role="from")
    assert (sender.name, sender.address) == ("Sales", ALIAS)


@pytest.mark.rule("M52")
@pytest.mark.parametrize("chosen", ["{pk} boss@musubi.test", "{pk} ", "0", "x"])
def test_the_composer_takes_no_other(
    signed_in: Client, mailbox: Mailbox, aoki: Contact, chosen: str
) -> None:
    values = {"mailbox": chosen.format(pk=mailbox.pk), "key": "k", "to": aoki.email, "text": "x"}
    answer = signed_in.post(f"/contacts/{aoki.pk}/emails/", values)
    assert answer.status_code == 422 and not Outgoing.objects.exists()


@pytest.mark.rule("M58")
def test_the_limits_are_shown_and_changed(signed_in: Client, mailbox: Mailbox) -> None:
    page = f"/mailboxes/{mailbox.pk}/"
    assert "No limit of this provider is known" in signed_in.get(page).content.decode()
    html = follow(signed_in, f"{page}limits/", most_a_day="40", most_a_minute="")
    assert "40 of 40 e-mails are left for today" in html
    answer = signed_in.post(f"{page}limits/", {"most_a_day": "0", "most_a_minute": "x"})
    assert answer.status_code == 422 and b'value="x"' in answer.content
    mailbox.refresh_from_db()
    assert (mailbox.most_a_day, mailbox.most_a_minute) == (40, None)


@pytest.mark.rule("M52")
def test_codes_are_not_mailed_without_end(
    signed_in: Client, mailbox: Mailbox, settings: Settings
) -> None:
    """They leave from the mailbox, to whatever address somebody types."""
    settings.RATES = settings.RATES | {"code": (2, 3600)}
    url = f"/mailboxes/{mailbox.pk}/addresses/"
    follow(signed_in, url, address=ALIAS, name="Sales")
    row = Identity.objects.get()
    assert "A code is on its way" in follow(signed_in, f"/addresses/{row.pk}/code/")
    row.code_sent("12345678", timezone.now())
    assert "That was too often" in follow(signed_in, f"/addresses/{row.pk}/code/")
    refused = signed_in.post(url, {"address": "other@musubi.test", "name": ""})
    assert refused.status_code == 422 and b"That was too often" in refused.content
    assert Identity.objects.get().awaits_code  # the code that was sent still counts
