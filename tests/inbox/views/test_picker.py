"""Templates where an e-mail is written: found, filled, and never sent unfilled (M24)."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from crm.models import Audience, Contact, Email, User
from crm.models.attachments import store_content
from inbox.models import DraftFile, Mailbox, Snippet, Template
from inbox.outreach.writing import both_forms
from tests.factories import make_company, make_contact, make_deal, make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M24")]
PATH = "/templates/picker/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana, name="Hana of Musubi")


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def make(owner: User, name: str, text: str, **values: Any) -> Template:
    made: Template = Template.objects.create(
        name=name, owner=owner, **both_forms(text=text), **values
    )
    return made


def test_what_can_be_inserted_is_found_with_what_is_missing(
    signed_in: Client, hana: User, ken: User, aoki: Contact
) -> None:
    make(hana, "Offer", "Dear {{ contact.first_name }}, {{ deal.name }}, {{ deal.amount }}")
    make(ken, "Secret", "x")
    Snippet.objects.create(name="x", shortcut="thanks", owner=hana, text="Thank you.")
    shown = signed_in.get(PATH, {"to": aoki.email}, headers=HTMX).content.decode()
    assert "Offer" in shown and "2 missing" in shown and ";thanks" in shown
    assert "Secret" not in shown and "<h1" not in shown
    found = signed_in.get(PATH, {"q": ";thank"}, headers=HTMX).content.decode()
    assert ";thanks" in found and "Offer" not in found
    assert "Nothing is called so." in signed_in.get(PATH, {"q": "nobody"}).content.decode()


def test_the_language_of_whom_it_goes_to_comes_first(signed_in: Client, hana: User) -> None:
    make(hana, "A in English", "x", language="en")
    make(hana, "B in Japanese", "x", language="ja")
    tanaka = make_contact(owner=hana, first_name="愛子", last_name="田中")
    for contact, first in ((tanaka, "B in"), (make_contact(owner=hana), "A in")):
        shown = signed_in.get(PATH, {"to": contact.email}).content.decode()
        assert shown.index(first) == min(shown.index("A in"), shown.index("B in"))


def test_a_template_comes_filled(
    signed_in: Client, hana: User, aoki: Contact, mailbox: Mailbox
) -> None:
    row = make(
        hana,
        "Offer",
        "Dear {{ contact.first_name }}, {{ deal.name }} by {{ sender.name }} {{ sender.email }}",
        subject="For {{ company.name }}",
    )
    asked = {"to": f"Yuki <{aoki.email}>", "mailbox": f"{mailbox.pk} sales@musubi.test"}
    filled = signed_in.get(f"/templates/{row.pk}/filled/", asked).json()
    assert filled["subject"] == "For Aoki Shoten"
    assert filled["text"] == "Dear Yuki, {{ deal.name }} by Hana of Musubi sales@musubi.test"
    assert filled["missing"] == [{"token": "{{ deal.name }}", "label": "Deal"}]
    assert filled["said"] == "1 field has no value. Fill it in before you send."
    deal = make_deal(aoki, name="Tea")
    make_deal(aoki, name="Coffee")
    asked["deal"] = str(deal.pk)
    assert "Tea" in signed_in.get(f"/templates/{row.pk}/filled/", asked).json()["text"]


def test_a_snippet_stays_in_its_line(signed_in: Client, hana: User, ken: User) -> None:
    for text, html in (("Thanks & bye", "Thanks &amp; bye"), ("a\n\nb", "<p>a</p><p>b</p>")):
        values = {"name": "x", "shortcut": "x", **both_forms(text=text)}
        row = Snippet.objects.create(owner=hana, **values)
        assert signed_in.get(f"/snippets/{row.pk}/filled/").json()["html"] == html
    secret = Snippet.objects.create(owner=ken, name="x", shortcut="x")
    assert signed_in.get(f"/snippets/{secret.pk}/filled/").status_code == 404


@pytest.mark.rule("M41")
def test_nothing_hidden_is_filled_in(client: Client, hana: User, rin: User) -> None:
    company = make_company("Secret Tea", owner=hana, audience=Audience.OWNER)
    contact = make_contact("x@tea.test", owner=hana, audience=Audience.OWNER, company=company)
    row = make(rin, "Ask", "{{ contact.name }} {{ company.name }}")
    client.force_login(rin)
    for asked in ({"to": contact.email}, {"contact": contact.pk}, {"company": company.pk}):
        filled = client.get(f"/templates/{row.pk}/filled/", asked).json()
        assert filled["text"] == "{{ contact.name }} {{ company.name }}"


def test_odd_questions_are_answered(signed_in: Client, hana: User) -> None:
    row = make(hana, "Ask", "x")
    odd = {"to": "\r\n<", "contact": "x", "deal": "9" * 30, "mailbox": "²", "for": "//evil.test/"}
    assert signed_in.get(f"/templates/{row.pk}/filled/?{urlencode(odd)}").status_code == 200
    assert "evil.test" not in signed_in.get(PATH, odd).content.decode()


def test_without_a_script_the_composer_begins_with_it(
    signed_in: Client, hana: User, aoki: Contact, mailbox: Mailbox
) -> None:
    row = make(hana, "Offer", "Dear {{ contact.first_name }},", subject="Tea")
    composer = f"/contacts/{aoki.pk}/emails/"
    page = signed_in.get(composer).content.decode()
    assert f"{PATH}?for={composer}&amp;contact={aoki.pk}" in page
    picker = signed_in.get(PATH, {"for": composer, "contact": aoki.pk}).content.decode()
    assert f'href="{composer}?new=yes&amp;template={row.pk}"' in picker
    begun = signed_in.get(f"{composer}?new=yes&template={row.pk}").content.decode()
    assert "Dear Yuki," in begun and 'value="Tea"' in begun
    assert f'name="template" value="{row.pk}"' in begun
    assert signed_in.get(f"{composer}?template=999").status_code == 404


def test_sending_counts_the_use_and_takes_the_ticked_files(
    signed_in: Client, hana: User, aoki: Contact, mailbox: Mailbox
) -> None:
    row = make(hana, "Offer", "x")
    for name in ("a.pdf", "b.pdf"):
        path = store_content(name.encode())
        row.files.create(name=name, content_type="x/y", size=5, path=path)
    typed = {"mailbox": mailbox.pk, "key": "k1", "to": aoki.email, "subject": "Tea", "text": "Hi"}
    typed |= {"template": row.pk, "version": 0}
    address = f"/contacts/{aoki.pk}/emails/"
    told = signed_in.post(address, {**typed, "do": "template"}, headers=HTMX).json()
    assert "a.pdf" in told["html"] and "b.pdf" in told["html"]
    again = signed_in.post(address, {**typed, "do": "template"}, headers=HTMX).json()
    assert again["html"] == ""
    ticked = DraftFile.objects.get(name="b.pdf")
    assert signed_in.post(address, {**typed, "kept": ticked.mark}).status_code == 303
    email = Email.objects.get()
    assert [file.name for file in email.attachments()] == ["b.pdf"]
    assert row.uses.get().email == email


def test_without_a_script_its_files_come_with_the_first_save(
    signed_in: Client, hana: User, aoki: Contact, mailbox: Mailbox
) -> None:
    row = make(hana, "Offer", "x")
    row.files.create(name="a.pdf", content_type="x/y", size=5, path=store_content(b"a.pdf"))
    typed = {"mailbox": mailbox.pk, "key": "k1", "to": aoki.email, "subject": "Tea", "text": "Hi"}
    sent = signed_in.post(f"/contacts/{aoki.pk}/emails/", {**typed, "template": row.pk})
    assert sent.status_code == 303
    assert [file.name for file in Email.objects.get().attachments()] == ["a.pdf"]


def test_what_is_not_filled_is_not_sent(
    signed_in: Client, hana: User, aoki: Contact, mailbox: Mailbox
) -> None:
    typed = {"mailbox": mailbox.pk, "key": "k1", "to": aoki.email, "subject": "Tea"}
    text = "About {{ deal.name }}: yes."
    refused = signed_in.post(f"/contacts/{aoki.pk}/emails/", {**typed, "text": text})
    shown = refused.content.decode()
    assert refused.status_code == 422 and text in shown
    assert "Fill in or take out {{ deal.name }} before you send." in shown
    assert not Email.objects.exists()


def test_a_template_that_is_gone_stops_nothing(
    signed_in: Client, ken: User, aoki: Contact, mailbox: Mailbox
) -> None:
    secret = make(ken, "Secret", "x")
    typed = {"mailbox": mailbox.pk, "key": "k1", "to": aoki.email, "subject": "Tea", "text": "Hi"}
    sent = signed_in.post(f"/contacts/{aoki.pk}/emails/", {**typed, "template": secret.pk})
    assert sent.status_code == 303 and not secret.uses.exists()
