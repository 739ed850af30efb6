"""The inbox by the keyboard alone, and on a phone."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm.models import Contact, Email, Thread, User
from tests.browser.conftest import SignIn
from tests.factories import make_email, make_mailbox

NOW = timezone.now
TICK = "document.dispatchEvent(new Event('visibilitychange'))"  # as every few seconds


def fill(hana: User, aoki: Contact) -> list[Thread]:
    """A mailbox, and three conversations that need a reply, the newest first."""
    make_mailbox(hana)
    subjects = ["Osaka dates", "The offer", "Invoice 7"]
    ago = [timedelta(hours=number) for number in range(3)]
    return [
        make_email(aoki, by=hana, subject=subject, text=f"About {subject}.", at=NOW() - each).thread
        for subject, each in zip(subjects, ago, strict=True)
    ]


def shows(page: Page, subject: str) -> None:
    expect(page.locator("#reading").get_by_role("heading", name=subject)).to_be_visible()


def states() -> list[str]:
    return list(Thread.objects.order_by("pk").values_list("state", flat=True))


def test_triage_by_keyboard(sign_in: SignIn, hana: User, ken: User, aoki: Contact) -> None:
    threads = fill(hana, aoki)
    page = sign_in(hana)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/inbox/")  # and until its scripts are there
    page.keyboard.press("j")
    shows(page, "Osaka dates")
    page.keyboard.press("j")
    shows(page, "The offer")
    expect(page).to_have_title("The offer · Musubi")
    expect(page).to_have_url(re.compile(f"/inbox/{threads[1].pk}/$"))
    page.reload()
    shows(page, "The offer")
    page.keyboard.press("e")
    expect(page.get_by_text("1 conversation is done.")).to_be_visible()
    shows(page, "Invoice 7")  # the next one
    assert states() == ["ours", "done", "ours"]
    page.keyboard.press("z")
    expect(page.get_by_text("It is as it was before.")).to_be_visible()
    assert states() == ["ours", "ours", "ours"]

    page.keyboard.press("s")
    expect(page.locator("#open-snooze")).to_be_visible()
    page.keyboard.press("Tab")  # from "Later today" to "Tomorrow 8:00"
    page.keyboard.press("Enter")
    expect(page.get_by_text("or when they reply.")).to_be_visible()
    assert Thread.objects.asleep(NOW()).count() == 1
    page.keyboard.press("w")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is for Ken to answer now.")).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator("#reading form[data-composer]")).to_be_visible()


def test_many_at_once(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    fill(hana, aoki)
    page = sign_in(hana)
    page.goto("/inbox/")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    bar = page.get_by_role("toolbar", name="Actions for selected conversations")
    expect(bar).to_contain_text("2 selected")
    bar.get_by_role("button", name="Done").click()
    expect(page.get_by_text("2 conversations are done.")).to_be_visible()
    assert states() == ["done", "done", "ours"]


def test_keys_mean_the_rows_that_are_chosen(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    """Not the conversation that is open beside them."""
    fill(hana, aoki)
    page = sign_in(hana)
    page.goto("/inbox/")
    page.keyboard.press("j")
    shows(page, "Osaka dates")
    for key in ("x", "j", "x", "j"):
        page.keyboard.press(key)
    shows(page, "Invoice 7")
    page.keyboard.press("s")
    expect(page.locator("#bulk-snooze")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page.get_by_text("2 conversations are done.")).to_be_visible()
    assert states() == ["done", "done", "ours"]
    shows(page, "Invoice 7")
    page.keyboard.press("d")  # nothing is chosen any more
    expect(page.get_by_text("1 conversation is done.")).to_be_visible()


@pytest.mark.parametrize("many", [False, True])
def test_a_time_that_is_not_understood_is_corrected_in_the_menu(
    sign_in: SignIn, hana: User, aoki: Contact, many: bool
) -> None:
    fill(hana, aoki)
    page = sign_in(hana)
    page.goto("/inbox/")
    page.keyboard.press("j")
    shows(page, "Osaka dates")
    here = page.url
    if many:
        page.keyboard.press("x")
    page.keyboard.press("s")
    menu = page.locator("#bulk-snooze" if many else "#open-snooze")
    when = menu.get_by_label("Until when")
    when.fill("blah")
    when.press("Enter")
    expect(menu).to_contain_text("Say when, for example")
    expect(when).to_have_value("blah")
    expect(when).to_have_attribute("aria-invalid", "true")
    expect(when).to_be_focused()
    assert page.url == here
    when.fill("tomorrow 10:00")
    when.press("Enter")
    expect(page.get_by_text("or when they reply.")).to_be_visible()
    assert Thread.objects.asleep(NOW()).count() == 1


def test_after_a_refused_send_one_types_on(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    """The row beside it, which is open, does not take the focus."""
    fill(hana, aoki)
    page = sign_in(hana)
    page.goto("/inbox/")
    page.keyboard.press("j")
    shows(page, "Osaka dates")
    page.keyboard.press("r")
    text = page.locator("#reading .ProseMirror")
    expect(text).to_be_focused()
    page.keyboard.type("See attached.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("It speaks of an attachment")
    expect(text).to_be_focused()
    page.keyboard.type(" Here.")  # an E would have said that it is done
    expect(text).to_have_text("See attached. Here.")
    assert states() == ["ours", "ours", "ours"]


def test_on_a_phone_one_thing_at_a_time(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    fill(hana, aoki)
    page = sign_in(hana)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/inbox/")
    expect(page.locator("#reading")).to_be_hidden()
    page.get_by_role("link", name="The offer").click()
    shows(page, "The offer")
    expect(page.get_by_role("list", name="Conversations")).to_be_hidden()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == 390
    page.locator("#reading").get_by_role("button", name="Done").click()
    shows(page, "Invoice 7")
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Inbox").click()
    expect(page.get_by_role("link", name="The offer")).to_be_hidden()
    expect(page.get_by_role("link", name="Osaka dates")).to_be_visible()


def test_what_arrives_waits_behind_a_pill(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    fill(hana, aoki)
    page = sign_in(hana)
    page.clock.install()
    page.goto("/inbox/")
    make_email(aoki, by=hana, subject="Just now")
    page.clock.fast_forward(11_000)
    pill = page.get_by_role("button", name="1 new conversation")
    expect(pill).to_be_visible()
    expect(page.get_by_text("Just now")).to_be_hidden()
    pill.click()
    expect(page.get_by_text("Just now")).to_be_visible()


def test_the_open_conversation_takes_what_is_new(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    """While somebody writes: the letter, the focus, an opened mail and the place stay."""
    [thread, *_others] = fill(hana, aoki)
    here, ago = {"by": hana, "thread": thread}, NOW() - timedelta(minutes=2)
    letter = make_email(aoki, **here, text="A long letter. " * 200, at=ago)
    sent = make_email(aoki, **here, direction="outgoing", status="queued", text="Our answer.")
    page = sign_in(hana)
    page.set_viewport_size({"width": 1440, "height": 700})
    page.goto(f"/inbox/{thread.pk}/")
    expect(page.locator("#reading").get_by_text("Sending…")).to_be_visible()
    Email.objects.filter(pk=sent.pk).update(status="sent")
    page.evaluate(TICK)
    expect(page.locator("#reading [data-status=sent]")).to_be_visible()

    page.locator("#reading .thread__more").click()
    page.locator(f"[data-email='{letter.pk}'] a").click()
    expect(page.locator("#reading .mailtext").get_by_text("A long letter.")).to_be_visible()
    page.locator(f"[data-email='{sent.pk}'] > summary").click()  # folded by hand
    page.keyboard.press("r")
    writing = page.locator("#reading form[data-composer] [contenteditable]").first
    writing.click()
    page.keyboard.type("Half a sentence")
    above = writing.bounding_box()
    make_email(aoki, **here, subject="Osaka dates", text="One more thing. " * 40)
    page.evaluate(TICK)
    expect(page.locator("#reading").get_by_text("One more thing.").last).to_be_attached()
    expect(page.locator("#reading").get_by_text("Needs a reply")).to_be_attached()
    expect(writing).to_be_focused()
    expect(writing).to_contain_text("Half a sentence")
    below = writing.bounding_box()
    assert above and below and abs(above["y"] - below["y"]) <= 2
    assert not page.locator(f"[data-email='{sent.pk}']").evaluate("mail => mail.open")
