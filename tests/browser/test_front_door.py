"""The first minutes of a newcomer, in a browser: the sign-in page, and the list behind it."""

import re

from playwright.sync_api import Page, expect

from crm.models import Contact, User
from tests.browser.conftest import SignIn


def test_a_person_signs_in_by_the_form(page: Page, hana: User) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.locator("input[type=email]").fill(hana.email)
    page.locator("input[type=password]").fill("correct horse")
    page.locator("form button.btn--primary").click()
    expect(page).to_have_url(re.compile("^[^/]+//[^/]+/$"))
    expect(page.locator("h1")).to_have_count(1)


def test_the_page_brings_its_letters(page: Page, live_server: object) -> None:
    """Inter comes from us, so a page looks the same on a machine that has few fonts."""
    page.goto("/accounts/login/")
    page.wait_for_function("document.fonts.status === 'loaded'")
    loaded = "[...document.fonts].filter(each => each.status === 'loaded').map(each => each.family)"
    assert page.evaluate(loaded) == ["Inter"]


def test_who_is_signed_in_sees_the_contacts(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    page = sign_in(hana)
    page.goto("/contacts/")
    expect(page.get_by_role("link", name=aoki.name).first).to_be_visible()
