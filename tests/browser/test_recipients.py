"""Recipients as chips: typed, found, pasted, corrected; by keyboard, and nothing is ever lost."""

import pytest
from playwright.sync_api import FloatRect, Page, expect

from crm.models import Contact, Email, User
from tests.browser.conftest import SignIn
from tests.factories import make_contact, make_mailbox


@pytest.fixture
def composer(sign_in: SignIn, hana: User, aoki: Contact, weber: Contact) -> Page:
    make_mailbox(hana)
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/emails/")
    return page


@pytest.mark.rule("M21")
def test_people_are_found_and_become_chips(composer: Page, weber: Contact) -> None:
    page = composer
    to = page.get_by_role("combobox", name="To", exact=True)
    field, chips = page.locator("[name=to]"), page.locator(".composer .token")
    expect(chips).to_have_text(["Yuki Aoki×"])
    to.press_sequentially("web")
    option = page.get_by_role("option", name="Anna Weber")
    expect(option).to_have_attribute("aria-selected", "true")
    to.press("Enter")
    expect(chips).to_have_text(["Yuki Aoki×", "Anna Weber×"])
    expect(field).to_have_value(f"Yuki Aoki <yuki@aoki.example>, Anna Weber <{weber.email}>")
    expect(to).to_be_focused()
    to.press("Backspace")  # the last chip, then away with it
    expect(page.get_by_role("button", name="Remove Anna Weber")).to_be_focused()
    page.keyboard.press("Delete")
    page.keyboard.press("ArrowRight")
    expect(to).to_be_focused()
    to.press_sequentially("bob@x.example,nobody;")
    expect(chips).to_have_text(["Yuki Aoki×", "bob@x.example×", "nobody×"])
    expect(page.locator(".token--wrong")).to_have_text("nobody×")
    to.press("Backspace")  # a wrong one is taken up again
    expect(to).to_have_value("nobody")
    to.press_sequentially("@x.example")
    expect(field).to_have_value("Yuki Aoki <yuki@aoki.example>, bob@x.example, nobody@x.example")


@pytest.mark.rule("M21")
def test_many_are_pasted_and_a_half_typed_one_is_sent_along(composer: Page) -> None:
    page = composer
    page.get_by_role("button", name="Cc", exact=True).click()
    cc = page.get_by_role("combobox", name="Cc", exact=True)
    expect(cc).to_be_focused()
    page.evaluate(
        """() => { const data = new DataTransfer();
        data.setData("text", '"Mori, Kenji" <mori@x.example>; eva@x.example\\nken@x.example');
        document.activeElement.dispatchEvent(
            new ClipboardEvent("paste",
                { clipboardData: data, bubbles: true, cancelable: true })) }"""
    )
    expect(page.locator(".composer .token")).to_have_count(4)
    cc.press_sequentially("late@x.example")
    page.get_by_label("Subject").fill("Plan")
    page.locator(".ProseMirror").fill("Good morning.")
    page.locator(".composer__send").click()
    page.wait_for_url("**/contacts/*/")
    people = Email.objects.get().participants.filter(role="cc")
    assert [person.address for person in people] == [
        "mori@x.example",
        "eva@x.example",
        "ken@x.example",
        "late@x.example",
    ]


@pytest.mark.rule("M21")
def test_a_wrong_one_is_corrected_where_it_stands(composer: Page) -> None:
    """Not in the field behind the chips, which nobody sees."""
    page = composer
    page.get_by_label("Subject").fill("Plan")
    page.locator(".ProseMirror").fill("Good morning.")
    to = page.get_by_role("combobox", name="To", exact=True)
    to.press_sequentially("bad@@bad")
    to.press("Control+Enter")
    expect(page.locator(".composer__error")).to_contain_text("is not an e-mail address")
    expect(to).to_be_focused()
    field = page.locator("[name=to]")
    field.focus()
    assert field.evaluate("field => getComputedStyle(field).clipPath") == "inset(50%)"
    to.focus()
    page.keyboard.press("Backspace")
    expect(to).to_have_value("bad@@bad")
    page.keyboard.type(".example")
    expect(field).to_have_value("Yuki Aoki <yuki@aoki.example>, bad@@bad.example")
    row = page.locator(".composer__row").filter(has=to)
    height = row.bounding_box()
    page.locator(".ProseMirror").click()
    expect(to).not_to_be_focused()
    assert row.bounding_box() == height


def test_it_fits_a_phone(composer: Page, hana: User) -> None:
    long = "Friedrich-Wilhelm von Hohenstein-Langenberg"
    make_contact("friedrich@langenberg.example", owner=hana, last_name=long)
    page = composer
    page.set_viewport_size({"width": 390, "height": 800})
    to = page.get_by_role("combobox", name="To", exact=True)
    to.press_sequentially("friedr")
    page.locator(".recipients__list [role=option]").first.click()
    expect(page.locator(".composer .token")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    label = page.locator(".composer__row .label").first
    chips, beside = page.locator(".composer .token"), label.bounding_box()
    long_one = chips.last.bounding_box()
    first = chips.first.bounding_box()
    assert beside and first and long_one
    assert abs(middle(beside) - middle(first)) <= 2  # not between two lines of chips
    assert long_one["y"] >= first["y"] + first["height"]


def middle(box: FloatRect) -> float:
    return box["y"] + box["height"] / 2
