"""A conversation as one reads and answers it: one card, keys, second thoughts."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from crm.models import Contact, Email, User
from inbox.models import Mailbox, Outgoing
from tests.browser.conftest import SignIn
from tests.browser.test_walk import inspect
from tests.factories import make_email, make_mailbox

COMPOSING = """(field, how) => field.dispatchEvent(new KeyboardEvent("keydown", {
    key: "Enter", code: "Enter", bubbles: true, cancelable: true, ...how }))"""


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana)


def make_thread(contact: Contact, count: int) -> Email:
    now = timezone.now()
    first = make_email(contact, subject="Plan", at=now - timedelta(hours=count))
    for hours in range(count - 1, 0, -1):
        at = now - timedelta(hours=hours)
        newest = make_email(contact, thread=first.thread, text=f"Letter {hours}.", at=at)
    return newest


def opened(page: Page) -> Locator:
    return page.locator("#timeline details.msg[open]:visible")


def test_thirty_messages_are_one_card(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    make_thread(aoki, 30)
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    expect(page.locator("#timeline .thread")).to_have_count(1)
    expect(opened(page)).to_have_count(1)
    expect(opened(page)).to_contain_text("Letter 1.")
    expect(opened(page)).to_be_in_viewport()
    page.keyboard.press("o")
    expect(opened(page)).to_have_count(30)
    page.keyboard.press("o")
    expect(opened(page)).to_have_count(1)
    expect(opened(page)).to_contain_text("Letter 1.")


def test_keys_answer_the_newest_or_the_one_in_focus(
    sign_in: SignIn, hana: User, aoki: Contact, mailbox: Mailbox
) -> None:
    older = make_email(aoki, subject="Older", at=timezone.now() - timedelta(days=1))
    newer = make_email(aoki, subject="Newer")
    newer.participants.create(role="cc", address="boss@aoki.example")
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    page.keyboard.press("a")
    expect(page.locator(".thread__reply .ProseMirror")).to_be_focused()
    expect(page.get_by_label("Subject")).to_have_value("Re: Newer")
    expect(page.locator("[name=cc]")).to_have_value("boss@aoki.example")
    page.goto(f"/contacts/{aoki.pk}/")
    page.locator(f"[data-item=thread-{older.thread_id}] summary").first.focus()
    page.keyboard.press("r")
    expect(page.locator(".thread__reply .ProseMirror")).to_be_focused()
    expect(page.get_by_label("Subject")).to_have_value("Re: Older")
    page.keyboard.type("r a o z")  # typing stays typing
    assert page.locator(".thread__reply .ProseMirror").inner_text().startswith("r a o z")


def test_enter_while_a_word_is_composed_sends_nothing(
    sign_in: SignIn, hana: User, aoki: Contact, mailbox: Mailbox
) -> None:
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/emails/")
    page.get_by_label("Subject").fill("見積書")
    page.locator(".ProseMirror").fill("おはようございます")
    for field in page.locator("[data-composer] :is(input, [contenteditable]):visible").all():
        for how in ({"isComposing": True}, {"keyCode": 229}):
            field.evaluate(COMPOSING, {**how, "ctrlKey": True})
            field.evaluate(COMPOSING, how)
    assert page.url.endswith("/emails/")
    assert page.locator("[data-composer]").get_attribute("data-sent") is None
    assert not Email.objects.exists()
    page.locator(".ProseMirror").press("Control+Enter")
    expect(page.locator("#timeline")).to_contain_text("おはようございます")
    assert Email.objects.count() == 1


@pytest.mark.rule("M26")
def test_second_thoughts_bring_the_letter_back(
    sign_in: SignIn, hana: User, aoki: Contact, mailbox: Mailbox
) -> None:
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/emails/")
    page.get_by_label("Subject").fill("Offer")
    page.locator(".ProseMirror").fill("Dear Yuki,\n\nwe offer.")
    file = {"name": "offer.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    page.get_by_label("Attach files").set_input_files([file])  # type: ignore[list-item]
    page.locator(".ProseMirror").press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Sending in 10 seconds.")
    other = page.context.new_page()
    other.goto(f"/contacts/{aoki.pk}/")
    expect(other.locator("#timeline .thread")).to_have_count(1)

    page.keyboard.press("z")
    expect(page.get_by_label("Message")).to_have_text("Dear Yuki,we offer.")
    expect(page.get_by_label("Subject")).to_have_value("Offer")
    expect(page.get_by_label("offer.pdf")).to_be_checked()
    inspect(page)
    assert Outgoing.objects.get().state == Outgoing.State.CANCELLED

    page.get_by_label("Subject").fill("Our offer")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#timeline")).to_contain_text("Our offer")
    expect(page.locator("#timeline .thread")).to_have_count(1)
    expect(other.locator("#timeline .thread")).to_have_count(1)
    expect(other.locator("#timeline")).to_contain_text("Our offer")  # and the other card is gone
    assert [file.name for file in Email.objects.latest("pk").attachments()] == ["offer.pdf"]


@pytest.mark.rule("M27")
def test_a_conversation_is_split_by_keys_and_joined_again(
    sign_in: SignIn, hana: User, aoki: Contact, mailbox: Mailbox
) -> None:
    now = timezone.now()
    first = make_email(aoki, subject="Offer", at=now - timedelta(hours=2))
    side = {"thread": first.thread, "answers": first, "apart": "unrelated"}
    make_email(aoki, subject="Party", at=now - timedelta(hours=1), **side)
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    apart = page.get_by_role("region", name="About something else")
    expect(apart).to_contain_text("“Party” is a new subject")
    expect(apart).to_contain_text("Good morning.")
    inspect(page)
    apart.get_by_role("button", name="Split off").click()
    expect(page.locator("#timeline .thread")).to_have_count(2)
    page.keyboard.press("m")
    menu = page.get_by_role("link", name="Split or join conversations")
    expect(menu).to_be_in_viewport()
    menu.press("Enter")
    page.get_by_label("Offer").check()
    page.get_by_role("button", name="Join").click()
    expect(page.locator("#timeline .thread")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#timeline .thread")).to_have_count(2)


@pytest.mark.rule("M26")
@pytest.mark.parametrize("seconds", [5, 30])
def test_the_way_back_stays_as_long_as_the_send_waits(
    sign_in: SignIn, hana: User, aoki: Contact, mailbox: Mailbox, seconds: int
) -> None:
    hana.change(undo_seconds=seconds)
    page = sign_in(hana)
    page.clock.install()
    page.goto(f"/contacts/{aoki.pk}/emails/")
    page.get_by_label("Subject").fill("Offer")
    page.locator(".ProseMirror").fill("Dear Yuki")
    page.locator(".ProseMirror").press("Control+Enter")
    toast = page.locator(".toast", has_text=f"Sending in {seconds} seconds.")
    expect(toast).to_be_visible()
    page.clock.fast_forward((seconds - 3) * 1000)
    expect(toast).to_be_visible()
    page.clock.fast_forward(3000)
    expect(toast).to_be_hidden()
