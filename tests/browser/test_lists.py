"""A list by the keyboard alone: a cursor, a selection, the bar, and what is done is taken back."""

import re

from playwright.sync_api import Page, expect

from crm.models import Contact, User
from tests.browser.conftest import SignIn
from tests.factories import make_contact, make_deal, make_email, make_stage

UNDER = """element => {
    const box = element.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return element.contains(top) || top.contains(element);
}"""
SMALL = """() => [...document.querySelectorAll(
        "#main :is(a, button, input:not([type=hidden]), label.tick, summary)")]
    .filter(each => each.checkVisibility({visibilityProperty: true}))
    .filter(each => !each.closest(".tick") || each.matches(".tick"))
    .filter(each => !each.closest("tbody :is(th, td:not(:first-child))"))  // text of a row
    .filter(each => !each.matches(".deal__link"))  // the whole card is the link
    .map(each => [each.outerHTML.slice(0, 90), each.getBoundingClientRect()])
    .filter(([_html, box]) => box.width && Math.min(box.width, box.height) < 23.5 && box.width > 1)
    .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""


def many(owner: User, count: int = 30) -> None:
    for n in range(count):
        make_contact(f"n{n:02}@example.test", last_name=f"N{n:02}", owner=owner)


def focused(page: Page, name: str) -> None:
    expect(page.get_by_role("link", name=name, exact=True)).to_be_focused()


def test_rows_by_keyboard(sign_in: SignIn, hana: User, ken: User) -> None:
    many(hana)
    page = sign_in(hana)
    page.goto("/contacts/")
    page.keyboard.press("j")
    focused(page, "N00")
    page.keyboard.press("x")
    bar = page.get_by_role("toolbar")
    expect(bar).to_contain_text("1 selected")
    for _each in range(3):
        page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(bar).to_contain_text("4 selected")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(bar).to_contain_text("3 selected")

    page.keyboard.press("Control+k")  # a layer comes and goes: the selection stays
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    expect(bar).to_contain_text("3 selected")
    focused(page, "N02")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()

    page.keyboard.press("x")
    page.keyboard.press("#")
    expect(page.get_by_text("1 contact moved to the Trash.")).to_be_visible()
    assert Contact.objects.kept().count() == 29
    page.keyboard.press("z")
    expect(page.get_by_role("link", name="N02", exact=True)).to_be_visible()
    assert Contact.objects.kept().count() == 30

    page.keyboard.press("j")
    focused(page, "N00")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/contacts/{Contact.objects.earliest('pk').pk}/$"))


def test_the_bar_assigns_and_hides_no_focus(sign_in: SignIn, hana: User, ken: User) -> None:
    many(hana)
    page = sign_in(hana)
    page.goto("/contacts/")
    page.get_by_label("Select all on this page").check()
    expect(page.get_by_role("toolbar")).to_contain_text("30 selected")
    last = page.get_by_role("link", name="N29", exact=True)
    last.focus()
    assert last.evaluate(UNDER)
    assign = page.get_by_role("button", name="Assign")
    assign.click()
    colleague = page.get_by_role("button", name="Ken", exact=True)
    expect(colleague).to_be_visible()
    page.wait_for_function("document.querySelector('#assign').style.insetBlockStart")
    menu, button = page.locator("#assign").bounding_box(), assign.bounding_box()
    assert menu and button and menu["y"] + menu["height"] <= button["y"]  # not on top of the bar
    colleague.click()
    expect(page.get_by_text("30 contacts now belong to Ken.")).to_be_visible()
    assert Contact.objects.filter(owner=ken).count() == 30


def test_finding_as_one_types_keeps_the_filters(sign_in: SignIn, hana: User, ken: User) -> None:
    many(hana, 3)
    make_contact(last_name="N01", owner=ken)
    page = sign_in(hana)
    page.goto(f"/contacts/?owner={hana.pk}&sort=-name")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("n01")
    expect(page.get_by_role("link", name="N02", exact=True)).to_be_hidden()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(f"q=n01&sort=-name&owner={hana.pk}$"))
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(3)


def test_targets_are_large_enough(sign_in: SignIn, hana: User) -> None:
    many(hana, 2)
    make_deal(stage=make_stage(), owner=hana)
    page = sign_in(hana)
    for path in ("/contacts/?company=x", "/contacts/", "/companies/", "/deals/"):
        for width in (1440, 320):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(path)
            assert page.evaluate(SMALL) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_bar_has_room_on_a_phone(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    """All of it is in sight, be it on two lines."""
    make_email(aoki, by=hana)
    page = sign_in(hana)
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        for path in ("/contacts/", "/inbox/"):
            page.goto(path)
            page.locator(":is(tbody, li) input[name=ids]").first.check()
            bar = page.get_by_role("toolbar")
            for button in bar.get_by_role("button").all():
                expect(button).to_be_in_viewport(ratio=1)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            bar.get_by_role("button", name="Clear selection").click()
            expect(bar).to_be_hidden()
