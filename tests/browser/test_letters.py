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


GROUNDS = {
    "coloured words": '<p style="color:#000">Black <font color="#00c">blue</font> <b>bold</b></p>',
    "a white table": '<table bgcolor="#ffffff"><tr><td style="color:#222"><h1>Dark</h1></table>',
    "a dark body": '<body bgcolor="#101010" text="#eee"><table><tr><td>light</table>',
    "a dark body by style": '<body style="background:#101010"><table><td style="color:#fff">light',
    "a button": '<table><td><a href="https://a.example" style="background:#15c;color:#fff">Go</a>',
    "a picture behind": '<table><td style="background:#222 url(https://x.test/a);color:#fff">light',
    "": "",
}
FRAME_READY = """() => [...document.querySelectorAll(".msg__body > iframe")].every(
    (frame) => frame.contentDocument.body?.innerText.trim())"""
# The least contrast of words to what lies behind them (WCAG 2, 1.4.3), on the page and in frames.
LEAST_CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const pixel = (colour, below) => {
    canvas.fillStyle = below; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const light = (rgb) => rgb.map((v) => v / 255).map((v) =>
    v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const style = (node) => node.ownerDocument.defaultView.getComputedStyle(node);
  const behind = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const colour = style(each).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
    return "white";
  };
  const places = [...document.querySelectorAll(".mailtext")];
  const frame = document.querySelector(".msg__body > iframe");
  if (frame) places.push(frame.contentDocument.body);
  const contrasts = places.flatMap((place) => [place, ...place.querySelectorAll("*")])
    .filter((node) => [...node.childNodes].some((each) => each.nodeType === 3 && each.data.trim()))
    .map((node) => {
      const ground = pixel(behind(node), "white");
      const both = [light(ground), light(pixel(style(node).color, `rgb(${ground})`))];
      return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    });
  return contrasts.length ? Math.min(...contrasts) : 0;
}"""


def test_words_are_readable_in_both_themes(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    letters = {name: make_email(aoki, html=html) for name, html in GROUNDS.items()}
    page = sign_in(hana)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for name, letter in letters.items():
            page.goto(f"/emails/{letter.pk}/")
            page.wait_for_function(FRAME_READY)
            assert page.evaluate(LEAST_CONTRAST) >= 4.5, (name, theme)


def test_a_link_that_misleads_says_so(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    email = make_email(aoki, html='<table><td><a href="https://evil.test/">bank.test</a></table>')
    page = sign_in(hana)
    page.goto(f"/emails/{email.pk}/")
    frame = page.frame_locator("[data-mailframe]")
    expect(frame.locator("a + .elsewhere")).to_have_text("⚠ leads to evil.test")
    expect(frame.locator("a")).to_have_attribute("title", "evil.test")
