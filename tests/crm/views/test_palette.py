"""What the palette finds, as options for htmx and as a page of links."""

from typing import Any

import pytest
from django.test import Client

from crm.models import Contact, User
from tests.factories import make_contact, make_deal, make_email

HTMX = {"HX-Request": "true"}


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def options(client: Client, q: str) -> str:
    return client.get("/palette/", {"q": q}, headers=HTMX).content.decode()


def test_options_are_grouped_and_lead_somewhere(
    signed_in: Client, hana: User, aoki: Contact
) -> None:
    deal = make_deal(aoki, owner=hana, name="Aoki pilot")
    found = options(signed_in, "aok")
    assert "<html" not in found and 'role="option"' in found
    assert f'id="option-contact-{aoki.pk}" data-href="/contacts/{aoki.pk}/"' in found
    assert f'data-href="/deals/{deal.pk}/"' in found and "Companies" in found
    assert "<mark>Aok</mark>i Shoten" in found


def test_a_name_is_text_whatever_it_holds(signed_in: Client, hana: User) -> None:
    make_contact(owner=hana, last_name="<img src=x> & Söhne")
    found = options(signed_in, "<img")
    assert "<mark>&lt;img</mark> src=x&gt; &amp; Söhne" in found and "<img" not in found


def test_nothing_typed_shows_the_newest_and_the_pages(signed_in: Client, aoki: Contact) -> None:
    found = options(signed_in, "")
    assert "Yuki Aoki" in found and 'data-href="/tasks/"' in found
    commands = options(signed_in, ">")
    assert "Yuki Aoki" not in commands and 'data-href="/settings/"' in commands


def test_on_a_record_what_can_be_done_there_comes_first(
    signed_in: Client, aoki: Contact, ken: User
) -> None:
    hidden = make_contact(owner=ken, audience="owner")

    def on(path: str, q: str = "") -> str:
        headers = {**HTMX, "HX-Current-URL": f"http://testserver{path}"}
        return signed_in.get("/palette/", {"q": q}, headers=headers).content.decode()

    here = f"/contacts/{aoki.pk}/"
    first = on(f"{here}?tab=email").split('role="option"')[1]
    assert f'data-href="{here}emails/"' in first and "Write an e-mail" in first
    assert on(here, "note").count('role="option"') == 1  # as one types, those that match
    assert f"{here}emails/" in on(here, ">")
    for path in (
        f"/contacts/{hidden.pk}/",
        "/contacts/",
        "/nowhere/",
        "/contacts/99999999999999999999/",
    ):
        assert 'id="option-do-' not in on(path)


def test_an_unknown_address_can_be_added(signed_in: Client) -> None:
    assert "/contacts/new/?email=aiko%40kita.example" in options(signed_in, "aiko@kita.example")
    nothing = options(signed_in, "zzz")
    assert "Nothing is called “zzz”" in nothing and "data-href" not in nothing


def test_without_scripts_it_is_a_page_of_links(signed_in: Client, aoki: Contact) -> None:
    page = signed_in.get("/palette/?q=yuki").content.decode()
    assert f'href="/contacts/{aoki.pk}/"' in page and "<mark>Yuki</mark> Aoki" in page
    assert 'type="search"' in page and 'value="yuki"' in page


def test_strangers_find_nothing(client: Client, rin: User, aoki: Contact) -> None:
    aoki.change(audience="owner")
    client.force_login(rin)
    assert "Aoki</" not in options(client, "yuki") and "Yuki" not in options(client, "")


def test_few_queries_whatever_is_found(
    signed_in: Client, hana: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(9):
        person = make_contact(owner=hana, last_name="")
        make_email(person, by=hana, subject=f"An example, {number}")
    with django_assert_max_num_queries(7):
        assert options(signed_in, "example").count("/inbox/") == 6


def test_an_e_mail_is_found_by_its_subject(signed_in: Client, hana: User, aoki: Contact) -> None:
    email = make_email(aoki, by=hana, subject="Osaka <dates>")
    found = options(signed_in, "dates")
    assert f'data-href="/inbox/{email.thread_id}/"' in found and "E-mail" in found
    assert "Osaka &lt;<mark>dates</mark>&gt;" in found
    assert "/inbox/" not in options(signed_in, ">dates")
    assert "<html" in signed_in.get("/palette/?q=dates").content.decode()


@pytest.mark.parametrize(
    ("typed", "there"),
    [
        ("inbox", "/inbox/"),
        ("sequences", "/sequences/"),
        ("drafts", "/drafts/"),
        ("templates", "/templates/"),
        ("snippets", "/snippets/"),
        ("retention", "/settings/retention/"),
        ("signature", "/signature/"),
        ("sending settings", "/settings/sending/"),
        ("sign-in security", "/settings/sign-in/"),
        ("trash", "/trash/"),
        ("notifications", "/notifications/"),
        ("mailboxes", "/mailboxes/"),
        ("never-log", "/never-log/"),
        ("help", "/help/"),
    ],
)
def test_every_page_of_ours_is_found(signed_in: Client, typed: str, there: str) -> None:
    assert f'data-href="{there}"' in options(signed_in, f">{typed}")
    assert signed_in.get(there).status_code in (200, 302)
