"""A second factor, from the settings to the next sign-in; at the width of a phone, in the dark."""

import re
import time
from pathlib import Path

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect
from pytest_django import Settings

from crm.models import User
from tests.browser.test_walk import PHONE, inspect

PASSWORD = "correct horse"
HOUR = 3600


def test_it_is_switched_on_and_asked_for(
    page: Page, hana: User, settings: Settings, tmp_path: Path
) -> None:
    settings.MFA_TOTP_PERIOD = HOUR  # a slow machine is in time with its code
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.emulate_media(color_scheme="dark")
    page.goto("/settings/sign-in/")
    sign_in(page, hana)
    inspect(page)
    page.get_by_role("link", name="Switch on").click()
    page.locator("input[type=password]").fill(PASSWORD)
    inspect(page)
    page.keyboard.press("Enter")
    secret = page.locator("#secret").inner_text()
    assert page.locator(".qr").evaluate("image => image.complete && image.naturalWidth > 0")
    inspect(page)
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Switch on").click()
    codes = page.locator("#codes code").all_inner_texts()
    assert len(codes) == 10
    inspect(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "codes.txt")
    assert (tmp_path / "codes.txt").read_text().split() == codes
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 of 10")).to_be_visible()
    inspect(page)
    for code in (code_of(secret), codes[0]):
        sign_out(page)
        sign_in(page, hana)
        expect(page).to_have_url(re.compile("/accounts/2fa/authenticate/"))
        inspect(page)
        page.get_by_label("Code").fill(code)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("^[^/]+//[^/]+/$"))


def sign_in(page: Page, who: User) -> None:
    page.locator("input[type=email]").fill(who.email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("form button.btn--primary").click()


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.locator("form button.btn--primary").click()
    expect(page.locator("input[type=password]")).to_be_visible()


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // HOUR))
