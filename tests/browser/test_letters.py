"""Letters in a real browser: their pictures and links. What attackers write: test_payloads.py."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from crm.models import Contact, User
from tests.browser.conftest import SignIn
from tests.factories import make_email
from tests.servers.pictures import Pictures, showing


@pytest.fixture
def attacker() -> Iterator[Pictures]:
    with showing() as server:
        yield server


def test_images_come_on_request_and_by_our_server(
    sign_in: SignIn, hana: User, aoki: Contact, attacker: Pictures
) -> None:
    pictures = f'<img src="{attacker.url}/logo.png"><img src="{attacker.url}/p" width=1 height=1>'
    make_email(aoki, html=f"<table><tr><td>Hello {pictures}</td></tr></table>")
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    expect(page.frame_locator("[data-mailframe]").locator("body")).to_contain_text("Hello")
    notice = page.locator("[data-blocked]")
    expect(notice).to_contain_text("1 remote image blocked")
    assert attacker.asked == []
    notice.get_by_role("link", name="Show images").click()
    picture = page.frame_locator("[data-mailframe]").locator("img")
    expect(picture).to_have_js_property("naturalWidth", 40)
    assert attacker.asked == ["/logo.png"]
    assert "Musubi" in attacker.headers[0]["user-agent"]
    page.get_by_role("button", name="Always show from this sender").click()
    expect(page.locator("#toasts")).to_contain_text("are shown from now on")
    expect(page.frame_locator("[data-mailframe]").locator("img")).to_be_visible()


def test_a_link_that_misleads_says_so(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    email = make_email(aoki, html='<table><td><a href="https://evil.test/">bank.test</a></table>')
    page = sign_in(hana)
    page.goto(f"/emails/{email.pk}/")
    frame = page.frame_locator("[data-mailframe]")
    expect(frame.locator("a + .elsewhere")).to_have_text("⚠ leads to evil.test")
    expect(frame.locator("a")).to_have_attribute("title", "evil.test")
