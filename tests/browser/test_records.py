"""A record under the hands of a person: editing in place, keys, tasks, tabs; no scripts."""

import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, Request, Route, expect

from crm import notes, todo
from crm.models import Contact, User
from tests.browser.conftest import SignIn
from tests.factories import make_company, make_deal, make_email, make_mailbox, make_note, make_stage

PLACES = """() => Object.fromEntries(
    ['#identity', '.quick', '.record__activity', '.record__related', '.bar', '.nav'].map((name) => {
        const box = document.querySelector(name).getBoundingClientRect();
        return [name, [box.x, box.y, box.width, box.height].map(Math.round)];
    }))"""
COMPOSING = """() => {
    for (const field of document.querySelectorAll('input:not([type=hidden]), textarea, select')) {
        for (const how of [{isComposing: true}, {keyCode: 229}]) {
            const event = {key: 'Enter', ctrlKey: false, bubbles: true, cancelable: true, ...how};
            field.dispatchEvent(new KeyboardEvent('keydown', event));
            field.dispatchEvent(new KeyboardEvent('keydown', {...event, ctrlKey: true}));
        }
    }
    return document.querySelectorAll('input:not([type=hidden]), textarea, select').length;
}"""


@pytest.fixture
def record(sign_in: SignIn, hana: User, aoki: Contact) -> Page:
    aoki.change(phone="111")
    page = sign_in(hana)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"/contacts/{aoki.pk}/")
    return page


def test_a_value_is_edited_by_keyboard_and_taken_back(record: Page, aoki: Contact) -> None:
    """Acceptance points 1, 8, 12 and 24: focus comes back, and nothing else moves."""
    value = record.locator("#value-phone")
    before = record.evaluate(PLACES)
    value.focus()
    record.keyboard.press("Enter")
    field = record.get_by_role("textbox", name="Phone")
    expect(field).to_be_focused()
    assert record.evaluate(PLACES) == before
    record.keyboard.type("222")  # what was there is chosen, so this takes its place
    record.keyboard.press("Enter")
    expect(value).to_have_text("222")
    expect(value).to_be_focused()
    expect(record.get_by_text("Saved", exact=True)).to_be_visible()
    assert record.evaluate(PLACES) == before
    expect(record.get_by_text("Saved", exact=True)).to_have_count(0)
    record.keyboard.press("z")
    expect(value).to_have_text("111")
    aoki.refresh_from_db()
    assert aoki.phone == "111"


def test_escape_gives_up(record: Page, aoki: Contact) -> None:
    record.locator("#value-job_title").click()
    field = record.get_by_role("textbox", name="Job title")
    expect(field).to_be_focused()
    record.keyboard.type("Buyer")
    record.keyboard.press("Escape")
    expect(record.locator("#value-job_title")).to_be_focused()
    expect(record.locator("#value-job_title")).to_have_text("Add a job title")
    aoki.refresh_from_db()
    assert aoki.job_title == ""


def test_what_could_not_be_saved_is_kept_and_says_why(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    """Acceptance point 27, by the server's no and by no server at all."""
    deal = make_deal(aoki, amount=48_000, owner=hana)
    page = sign_in(hana).context.new_page()  # one whose console may speak of the failure
    statuses: list[int] = []
    page.route("**/fields/currency/", partial(answer, statuses))
    page.goto(f"/deals/{deal.pk}/")
    page.locator("#value-currency").click()
    field = page.locator("#field-currency input[name=currency]")
    expect(field).to_be_focused()
    field.fill("1€")
    page.keyboard.press("Enter")
    said = page.locator("#field-currency [role=alert]")
    expect(said).to_contain_text("It is still “EUR”")
    expect(field).to_have_value("1€")
    expect(field).to_be_focused()
    field.fill("JPY")
    statuses.append(0)
    page.keyboard.press("Enter")
    expect(said).to_contain_text("the server did not answer")
    expect(field).to_have_value("JPY")
    page.keyboard.press("Enter")
    expect(page.locator("#value-currency")).to_have_text("JPY")
    expect(page.locator("#identity")).to_contain_text("¥ 48,000")


def test_a_word_that_is_being_composed_is_not_sent(record: Page, aoki: Contact) -> None:
    """Acceptance point 9, in every field of the page, editors included."""
    make_mailbox(aoki.owner)
    record.reload()
    record.get_by_role("link", name="Write to Yuki Aoki").click()
    expect(record.get_by_label("Subject")).to_be_focused()
    record.evaluate("document.querySelectorAll('.writebox').forEach((box) => (box.open = true))")
    record.locator("#value-phone").click()
    expect(record.get_by_role("textbox", name="Phone")).to_be_focused()
    posted: list[Request] = []
    record.on("request", lambda r: posted.append(r) if r.method == "POST" else None)
    assert record.evaluate(COMPOSING) > 8
    expect(record.get_by_role("textbox", name="Phone")).to_be_visible()
    assert not posted


def test_the_keys_of_a_record(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    """Acceptance points 8 and 12: writing begins by E, N and T; J and K walk the timeline."""
    make_mailbox(hana)
    make_note(aoki, "The older one.", at=timezone.now() - timedelta(days=1))
    make_note(aoki, "The newer one.")
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    page.keyboard.press("j")
    expect(page.locator(".tl__item:focus")).to_contain_text("The newer one.")
    page.keyboard.press("j")
    expect(page.locator(".tl__item:focus")).to_contain_text("The older one.")
    page.keyboard.press("k")
    expect(page.locator(".tl__item:focus")).to_contain_text("The newer one.")
    page.keyboard.press("n")
    expect(page.locator("#note textarea")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".quick [data-unfolds=note]")).to_be_focused()
    page.keyboard.press("t")
    expect(page.get_by_label("Task", exact=True)).to_be_focused()
    page.keyboard.type("Send the quote")
    page.keyboard.press("Enter")
    expect(page.locator("#timeline")).to_contain_text("Send the quote")
    page.keyboard.press("e")
    expect(page.get_by_label("Subject")).to_be_focused()


def test_a_task_is_done_by_its_box(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    task = todo.add("Send the quote", due_at=timezone.now(), assignee=hana, records=[aoki], by=hana)
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    box = page.locator("#timeline").get_by_role("checkbox", name="Send the quote")
    box.focus()
    page.keyboard.press("Space")
    expect(page.locator("#timeline s")).to_have_text("Send the quote")
    expect(box).to_be_focused()
    expect(page.locator("#next-panel")).not_to_contain_text("Send the quote")
    page.keyboard.press("z")
    expect(page.locator("#next-panel")).to_contain_text("Send the quote")
    task.refresh_from_db()
    assert task.done_at is None


def test_a_note_that_a_colleague_changed_meanwhile_is_shown_first(
    sign_in: SignIn, hana: User, ken: User, aoki: Contact
) -> None:
    note = make_note(aoki, "She called.")
    page = sign_in(hana)
    page.goto(f"/notes/{note.pk}/")
    text = page.get_by_label("Note", exact=True)
    text.fill("She called twice.")
    notes.edit(note, "She called on Monday.", by=ken)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".error")).to_contain_text("It says now: “She called on Monday.”")
    expect(text).to_be_focused()
    expect(text).to_have_value("She called twice.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#timeline")).to_contain_text("She called twice.")


def test_a_press_that_nobody_answers_says_so(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    """Where no form says it: a box goes back, and one toast tells it however often."""
    task = todo.add("Send the quote", due_at=timezone.now(), assignee=hana, records=[aoki], by=hana)
    page = sign_in(hana).context.new_page()  # one whose console may speak of the failure
    statuses: list[int] = []
    page.route("**/tasks/**", partial(answer, statuses))
    page.goto(f"/contacts/{aoki.pk}/")
    box = page.locator("#timeline").get_by_role("checkbox", name="Send the quote")
    toasts = page.locator("#toasts [data-toast]")
    for status, words in (
        (0, "did not answer"),
        (500, "did not answer"),
        (404, "changed meanwhile"),
    ):
        statuses.append(status)
        box.click()
        expect(toasts).to_contain_text(words)
        expect(toasts).to_have_count(1)
        expect(box).not_to_be_checked()
    toasts.get_by_role("button", name="Dismiss").click()
    statuses.append(401)  # a dialog says that
    box.click()
    expect(box).not_to_be_checked()
    expect(toasts).to_have_count(0)
    box.click()
    expect(toasts).to_contain_text("is done")
    task.refresh_from_db()
    assert task.done_at


def answer(statuses: list[int], route: Route) -> None:
    """With the next of these, where there is one; 0 is none at all. It stands in the way before the
    page is loaded: a page that is open may send a request past one that is new."""
    if not statuses:
        route.continue_()
    elif status := statuses.pop(0):
        route.fulfill(status=status)
    else:
        route.abort()


def test_a_tab_changes_the_activity_alone(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    """Acceptance points 24 and 26: nothing else moves, what is typed stays, Back goes back."""
    make_note(aoki, "She called.")
    make_email(aoki, subject="The plan")
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    page.keyboard.press("n")
    expect(page.locator("#note textarea")).to_be_focused()
    page.keyboard.type("Half a note")
    before = page.evaluate(PLACES)
    page.get_by_role("link", name="Notes 1").click()
    expect(page.locator("#timeline")).not_to_contain_text("The plan")
    assert page.evaluate(PLACES) == before
    expect(page.locator("#note textarea")).to_have_value("Half a note")
    assert page.url.endswith("?tab=notes")
    make_note(aoki, "She called again.")
    page.locator("#note textarea").fill("")
    page.locator("#tab-notes").focus()
    expect(page.locator("#timeline")).to_contain_text("She called again.")
    page.go_back()
    expect(page.locator("#timeline")).to_contain_text("The plan")


def test_a_deal_moves_by_its_path(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    stage = make_stage(name="Qualified", position=0)
    make_stage(name="Proposal", position=1, pipeline=stage.pipeline)
    deal = make_deal(aoki, stage=stage, owner=hana)
    page = sign_in(hana)
    page.goto(f"/deals/{deal.pk}/")
    page.keyboard.press("2")
    expect(page.locator(".stagepath [aria-current=step]")).to_contain_text("Proposal")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".stagepath [aria-current=step]")).to_contain_text("Qualified")
    page.locator("#value-stage").click()
    page.get_by_role("combobox", name="Stage").select_option("Proposal")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#value-stage")).to_contain_text("Proposal")
    expect(page.locator(".stagepath [aria-current=step]")).to_contain_text("Proposal")


def test_a_company_is_found_while_one_types(record: Page, aoki: Contact) -> None:
    make_company("Hoshizora Foods", owner=aoki.owner)
    record.locator("#value-company_name").click()
    field = record.get_by_role("combobox", name="Company")
    expect(field).to_be_focused()
    field.fill("")
    record.keyboard.type("hoshi")
    expect(record.locator("datalist option")).to_have_attribute("value", "Hoshizora Foods")
    record.keyboard.type("zora foods")
    record.keyboard.press("Enter")
    expect(record.locator("#value-company_name")).to_have_text("Hoshizora Foods")
    expect(record.locator("#company-panel")).to_contain_text("Hoshizora Foods")


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_scripts_a_record_is_read_and_edited(
    page: Page, hana: User, aoki: Contact, weber: Contact
) -> None:
    """Acceptance point 21."""
    deal: Any = make_deal(aoki, owner=hana)
    page.goto("/contacts/")
    page.locator("input[type=email]").fill(hana.email)
    page.locator("input[type=password]").fill("correct horse")
    page.locator("form button.btn--primary").click()
    page.get_by_role("link", name=aoki.name, exact=True).click()
    page.get_by_role("link", name="Add a number").click()
    page.get_by_label("Phone").fill("+81 6 5550")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#value-phone")).to_have_text("+81 6 5550")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#value-phone")).to_have_text("Add a number")
    page.get_by_role("link", name="Task", exact=True).last.click()
    page.get_by_label("Task").fill("Send the quote")
    page.get_by_role("button", name="Add task").click()
    expect(page.locator("#timeline")).to_contain_text("Send the quote")
    page.goto(f"/deals/{deal.pk}/")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Add a person").fill("weber")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name="Add Anna Weber").click()
    assert weber in deal.contacts.all()


@pytest.mark.parametrize(
    ("there", "name"),
    [
        ("/contacts/", "First name"),
        ("/companies/", "Name"),
        ("/deals/", "Name"),
        ("/templates/", "Name"),
        ("/sequences/", "Name"),
    ],
)
def test_a_new_one_begins_in_its_first_field(
    sign_in: SignIn, hana: User, there: str, name: str
) -> None:
    make_stage()
    page = sign_in(hana)
    page.goto(there)
    page.keyboard.press("c")
    page.wait_for_url(f"**{there}new/")
    expect(page.locator("main").get_by_label(name, exact=True)).to_be_focused()


def test_what_is_wrong_with_a_form_has_the_focus(sign_in: SignIn, hana: User) -> None:
    """A field, the editor in the place of one, or the words about the whole."""
    make_stage()
    page = sign_in(hana)
    page.goto("/contacts/new/")
    page.get_by_role("button", name="Add contact").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.goto("/deals/new/")
    page.get_by_label("Name", exact=True).fill("Osaka")
    page.get_by_label("Currency").fill("1")
    page.get_by_role("button", name="Add deal").click()
    expect(page.get_by_label("Currency")).to_be_focused()
    page.goto("/templates/new/")
    page.locator("#template-form").get_by_label("Name", exact=True).fill("Greeting")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#template-form .error")).to_contain_text("Write something.")
    expect(page.locator(".ProseMirror")).to_be_focused()


@pytest.mark.parametrize(
    ("key", "field", "what", "lost"),
    [("n", "Note", "note", settings.SESSION_COOKIE_NAME), ("t", "Task", "task", re.compile(""))],
)
def test_what_is_typed_outlives_the_session(
    record: Page, hana: User, key: str, field: str, what: str, lost: Any
) -> None:
    """Where that cookie alone has gone, and where nothing is left to the browser."""
    page = record.context.new_page()  # one whose console may speak of the refusal
    page.goto(record.url)
    page.keyboard.press(key)
    typed = page.locator(f"#{what} form").get_by_label(field, exact=True)
    typed.fill("Call about the samples")
    page.context.clear_cookies(name=lost)
    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog", name="You are signed out")
    expect(dialog).to_be_visible()
    expect(page.locator(f"#{what} [role=status]")).to_contain_text("still here")
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in").click()
    tab = opened.value
    tab.locator("[name=login]").fill(hana.email)
    tab.locator("[name=password]").fill("correct horse")
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.locator(".nav")).to_be_visible()
    tab.close()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(dialog).to_be_hidden()
    expect(typed).to_have_value("Call about the samples")
    typed.press("Control+Enter")
    expect(page.locator("#toasts").get_by_text(f"The {what} was added.")).to_be_visible()
    expect(page.locator(".tl").get_by_text("Call about the samples")).to_be_visible()


def test_the_tab_of_the_browser_follows_the_name(record: Page, aoki: Contact) -> None:
    expect(record).to_have_title("Yuki Aoki · Musubi")
    record.locator("#value-last_name").click()
    record.get_by_role("textbox", name="Last name").fill("Aoki & Söhne")
    record.keyboard.press("Enter")
    expect(record).to_have_title("Yuki Aoki & Söhne · Musubi")
    expect(record.locator("#crumb")).to_have_text("Yuki Aoki & Söhne")
