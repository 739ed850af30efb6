"""The day by keyboard: tasks, the palette, the keys of a page; typing Japanese triggers nothing."""

import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm import notices, todo
from crm.models import Contact, Notice, Task, User
from tests.browser.conftest import SignIn
from tests.factories import make_contact

# As an input method sends the Enter that confirms a word: old engines tell it by the code alone.
COMPOSING = """(element, old) => element.dispatchEvent(new KeyboardEvent("keydown", {
    key: "Enter", bubbles: true, cancelable: true,
    ...(old ? {keyCode: 229} : {isComposing: true})}))"""


@pytest.fixture
def tasks(hana: User) -> list[Task]:
    names = ("Call Yuki", "Send the offer", "Book the train")
    return [todo.add(name, due_at=timezone.now(), assignee=hana, by=hana) for name in names]


def test_tasks_by_keyboard_alone(sign_in: SignIn, hana: User, tasks: list[Task]) -> None:
    page = sign_in(hana)
    page.goto("/tasks/")
    page.keyboard.press("j")
    expect(page.locator(f"#check-{tasks[0].pk}")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Space")
    expect(page.locator("#toasts")).to_contain_text("“Call Yuki” is done.")
    expect(page.locator(f"#check-{tasks[1].pk}")).to_be_focused()  # the row that took its place
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("It is as it was before.")
    expect(page.locator(f"#check-{tasks[0].pk}")).to_have_attribute("aria-checked", "false")
    page.keyboard.press("c")
    line = page.get_by_label("New task")
    expect(line).to_be_focused()
    page.keyboard.type("c j z? Friday")  # letters, not keys
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("“c j z?” was added")
    expect(line).to_be_focused()
    expect(line).to_have_value("")


def test_a_pile_of_toasts_hides_nothing(sign_in: SignIn, hana: User) -> None:
    page = sign_in(hana)
    page.goto("/tasks/")
    for name in ("One", "Two", "Three", "Four", "W" * 255):
        page.get_by_label("New task").fill(name)
        page.get_by_label("New task").press("Enter")
        expect(page.locator(".toast").last).to_contain_text(name[:50])
    shown = page.locator(".toast:visible")
    expect(shown).to_have_count(3)  # the last ones, each of its own width
    widths = [shown.nth(place).bounding_box() for place in range(3)]
    assert max(box["width"] for box in widths if box) <= 520, widths


def test_a_task_is_put_off_by_its_menu(sign_in: SignIn, hana: User, tasks: list[Task]) -> None:
    page = sign_in(hana)
    page.goto("/tasks/")
    when = page.locator(f"#when-{tasks[0].pk}")
    when.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Next week")).to_be_visible()
    page.keyboard.press("Escape")
    expect(when).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Tomorrow").press("Enter")
    expect(page.locator("#toasts")).to_contain_text("“Call Yuki” is due tomorrow")
    expect(page.locator("#group-tomorrow")).to_be_visible()


def test_without_scripts_a_task_is_added_done_and_taken_back(
    browser: Any, live_server: Any, sign_in: SignIn, hana: User, tasks: list[Task]
) -> None:
    cookies = sign_in(hana).context.cookies()
    with browser.new_context(java_script_enabled=False, base_url=live_server.url) as context:
        context.add_cookies(cookies)
        page = context.new_page()
        page.goto("/tasks/")
        page.get_by_label("New task").fill("Ask Anna 3/17")
        page.get_by_label("New task").press("Enter")
        expect(page.locator("#toasts")).to_contain_text("“Ask Anna” was added")
        page.locator(f"#check-{tasks[0].pk}").click()
        expect(page.locator("#toasts")).to_contain_text("is done")
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("#toasts")).to_contain_text("as it was before")
        page.goto("/palette/?q=Trash")
        page.get_by_role("link", name="Trash").last.click()
        expect(page.locator("h1")).to_have_text("Trash")


def opened_palette(page: Page) -> Any:
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search or jump to")
    expect(field).to_be_focused()
    expect(page.locator("#palette [role=option]").first).to_be_visible()
    return field


def test_the_palette_by_keyboard_and_back(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    make_contact(owner=hana, last_name="Aoki", first_name="Ren")
    page = sign_in(hana)
    page.goto("/tasks/")
    page.get_by_label("New task").focus()
    field = opened_palette(page)
    page.keyboard.press("Escape")
    expect(page.get_by_label("New task")).to_be_focused()  # where it was
    field = opened_palette(page)
    page.keyboard.type("aoki")
    options = page.locator("#palette [role=option]")
    expect(options.locator("mark").first).to_have_text("Aoki")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    chosen = options.nth(1).get_attribute("id")
    expect(field).to_have_attribute("aria-activedescendant", str(chosen))
    where = str(options.nth(1).get_attribute("data-href"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(re.escape(where) + "$"))


def test_on_a_phone_the_palette_takes_the_screen(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    page = sign_in(hana)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/")
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_role("link", name="Drafts")).to_be_visible()
    page.get_by_role("link", name="Search", exact=True).click()
    palette = page.locator("#palette")
    assert palette.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 800}
    palette.get_by_role("button", name="Close").click()
    expect(palette).to_be_hidden()
    opened_palette(page)  # a tablet may have keys
    page.keyboard.type("yuki")
    palette.get_by_role("option", name="Yuki Aoki").click()
    expect(page).to_have_url(re.compile(f"/contacts/{aoki.pk}/$"))


def test_the_enter_that_confirms_a_word_does_nothing(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    page = sign_in(hana)
    page.goto("/tasks/")
    line = page.get_by_label("New task")
    line.fill("田中さんに電話")
    for old in (False, True):
        line.evaluate(COMPOSING, old)
    field = opened_palette(page)
    page.keyboard.type("Yuki")
    expect(page.locator("#palette mark").first).to_have_text("Yuki")
    for old in (False, True):
        field.evaluate(COMPOSING, old)
    expect(page).to_have_url(re.compile("/tasks/$"))
    expect(page.locator("#palette")).to_be_visible()
    assert not Task.objects.exists()


def test_single_keys_are_switched_off_in_the_settings(
    sign_in: SignIn, hana: User, tasks: list[Task]
) -> None:
    page = sign_in(hana)
    page.goto("/settings/")
    page.get_by_label("Single-key shortcuts").uncheck()
    page.get_by_role("button", name="Save appearance").click()
    expect(page.locator("#toasts")).to_contain_text("Saved.")
    page.goto("/tasks/")
    for key in ("j", "c", "?", "z", "g", "h"):
        page.keyboard.press(key)
    expect(page.locator("body")).to_be_focused()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page).to_have_url(re.compile("/tasks/$"))
    opened_palette(page)  # what holds a modifier stays


def test_the_sheet_lists_the_keys_of_the_page_and_gives_the_focus_back(
    sign_in: SignIn, hana: User, tasks: list[Task]
) -> None:
    page = sign_in(hana)
    page.goto("/tasks/")
    page.keyboard.press("j")
    row = page.locator(f"#check-{tasks[0].pk}")
    expect(row).to_be_focused()
    page.keyboard.press("?")
    sheet = page.locator("#keys-sheet")
    expect(sheet).to_be_visible()
    names = sheet.locator("dt").all_text_contents()
    assert {"New task", "Next row", "Previous row", "Tasks"} <= set(names)
    assert "Mark all as read" not in names
    page.keyboard.press("Escape")
    expect(row).to_be_focused()


def test_the_trash_by_keyboard(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    aoki.trash()
    page = sign_in(hana)
    page.goto("/trash/")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="Yuki Aoki")).to_be_checked()
    page.keyboard.press("Enter")  # what a form does with it: its first button
    expect(page.locator("#toasts")).to_contain_text("“Yuki Aoki” is back.")
    page.keyboard.press("z")  # and no dialog asked
    expect(page.locator("#toasts")).to_contain_text("It is as it was before.")
    assert Contact.objects.trashed().get() == aoki


def test_the_counts_of_the_navigation_follow(sign_in: SignIn, hana: User) -> None:
    page = sign_in(hana)
    page.goto("/contacts/")
    page.wait_for_load_state("networkidle")
    bell = page.locator(".nav a[href='/notifications/']")
    expect(bell.locator(".count")).to_have_count(0)
    for number in ("1", "2"):
        notices.tell(hana, "reply", contact=1, name="Aiko", subject=number)
        page.evaluate("dispatchEvent(new Event('focus'))")
        expect(bell.locator(".count")).to_have_text(number)
    Notice.objects.all().delete()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(bell.locator(".count")).to_have_count(0)
