"""A sequence from its first step to the first person in it, by keyboard and mouse (M25)."""

from playwright.sync_api import expect

from crm.models import Contact, User
from inbox.models import Enrolment, SendingHours
from tests.browser.conftest import SignIn
from tests.factories import make_mailbox


def test_it_is_built_somebody_is_added_and_taken_out_again(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    make_mailbox(hana)
    page = sign_in(hana)
    page.goto("/sequences/")
    page.get_by_role("link", name="Start from a three-step follow-up").click()
    page.get_by_label("Name").fill("After the fair")
    page.get_by_role("button", name="Start from a three-step follow-up").click()
    expect(page.get_by_role("heading", name="1. Our conversation")).to_be_visible()
    page.get_by_role("link", name="Add between").first.click()
    page.get_by_label("Text").fill("One more word, {{ contact.first_name }}.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("One more word")).to_be_visible()
    page.goto(f"/contacts/{aoki.pk}/")
    page.get_by_role("link", name="Add to sequence").click()
    expect(page.get_by_role("checkbox", name="Yuki Aoki")).to_be_checked()
    page.get_by_role("button", name="Add to “After the fair”").click()
    expect(page.get_by_role("row", name="Yuki Aoki")).to_contain_text("active")
    page.get_by_role("button", name="Stop Yuki Aoki").click()
    expect(page.get_by_role("row", name="Yuki Aoki")).to_contain_text("Hana stopped it.")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("row", name="Yuki Aoki")).to_contain_text("active")
    assert Enrolment.objects.get().state == "active"


def test_countries_are_named_in_the_language_of_the_page(sign_in: SignIn, hana: User) -> None:
    hana.change(language="ja")
    SendingHours.objects.create(user=hana, country="JP")
    page = sign_in(hana)
    page.goto("/settings/sending/")
    country = page.locator("[name=country]")
    expect(country.locator("[value=DE]")).to_have_text("ドイツ")
    expect(country.locator("[value=XK]")).to_have_text("コソボ")
    expect(country).to_have_value("JP")
    names = country.locator("option").all_text_contents()
    assert not [name for name in names if name.isascii()]
    assert names.index("アイスランド") < names.index("ドイツ") < names.index("ロシア")
