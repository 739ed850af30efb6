"""Writing from the record as a person does it: in place, with files, and when it goes wrong."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from crm.models import Contact, Email, User
from inbox.models import Mailbox, Outgoing
from inbox.sending import outbox
from tests.browser.conftest import SignIn
from tests.factories import make_email, make_mailbox
from tests.servers.relay import Relay

FILE: Any = {"name": "見積.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}


def send_what_is_due() -> None:
    """What the worker does with it."""
    for outgoing in Outgoing.objects.filter(state=Outgoing.State.QUEUED):
        outbox.attempt(outgoing)


@pytest.mark.live
@pytest.mark.rule("M21")
def test_a_reply_in_place_quotes_and_carries_a_file(
    sign_in: SignIn, hana: User, aoki: Contact, mailbox: Mailbox, relay: Relay
) -> None:
    make_email(aoki, subject="Offer?", text="Could you send an offer?\nYuki")
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    page.get_by_role("link", name="Reply", exact=True).click()
    text = page.locator(".thread__reply textarea")
    expect(text).to_be_focused()
    page.keyboard.type("Gladly, here it is.")
    page.locator(".thread__reply input[type=file]").set_input_files([FILE])
    to = page.locator(".thread__reply [name=to]")
    to.fill("nobody")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".composer__error")).to_contain_text("is not an e-mail address")
    to.fill(aoki.email)
    page.keyboard.press("Control+Enter")  # the file is still there
    expect(page.locator("#timeline [data-status=queued]")).to_contain_text("Sending")
    expect(page.locator("#timeline")).to_contain_text("Gladly, here it is.")
    send_what_is_due()
    expect(page.locator("#timeline [data-status=sent]")).to_be_visible(timeout=15_000)

    sent = received(relay, aoki.email)
    written = str(sent.get_body().get_content()).splitlines()  # type: ignore[union-attr]
    assert written[0] == "Gladly, here it is."
    assert written[2].endswith(f"Yuki Aoki <{aoki.email}> wrote:")
    assert written[3:] == ["> Could you send an offer?", "> Yuki"]
    assert [part.get_filename() for part in sent.iter_attachments()] == ["見積.pdf"]


def received(relay: Relay, address: str) -> EmailMessage:
    (taken,) = relay.accepted_by(address)
    return message_from_bytes(taken.raw, policy=policy.default)


@pytest.mark.live
@pytest.mark.rule("M23")
def test_a_failed_send_says_why_and_is_sent_again(
    sign_in: SignIn, hana: User, aoki: Contact, mailbox: Mailbox, relay: Relay
) -> None:
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    page.get_by_role("link", name="Write to Yuki Aoki").click()
    expect(page.get_by_label("Subject")).to_be_focused()
    page.keyboard.type("Offer")
    page.locator("#composer textarea").fill("Dear Yuki")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[data-status=queued]")).to_contain_text("Sending")
    relay.behave(refuse_rcpt={"*": "550 5.2.2 the mailbox is full"})
    send_what_is_due()
    failed = page.locator("[data-status=failed]")  # it appears by itself
    expect(failed).to_contain_text("the mailbox is full")
    relay.behave()
    failed.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("status").first).to_contain_text("It is being sent again.")
    send_what_is_due()
    expect(page.locator("#timeline [data-status=sent]")).to_be_visible(timeout=15_000)
    assert len(relay.accepted_by(aoki.email)) == 1


def test_the_cursor_stays_where_one_types(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    """The field has the focus before htmx says that it is loaded."""
    make_mailbox(hana)
    make_email(aoki, subject="Offer?", text="Could you send an offer?")
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    page.get_by_role("link", name="Reply", exact=True).click()
    text = page.locator(".thread__reply textarea")
    expect(text).to_be_focused()
    page.keyboard.type("Glad")
    page.locator(".thread__reply form").dispatch_event("htmx:load")
    page.keyboard.type("ly.")
    assert text.input_value().startswith("Gladly.")


def test_news_waits_behind_a_pill_while_one_types(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    make_mailbox(hana)
    asked = make_email(aoki, subject="Offer?", text="Could you send an offer?")
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    page.get_by_role("link", name="Reply", exact=True).click()
    text = page.locator(".thread__reply textarea")
    expect(text).to_be_focused()
    page.keyboard.type("Half a sent")
    make_email(aoki, thread=asked.thread, subject="Re: Offer?", text="It is urgent.")
    pill = page.get_by_role("button", name="1 new message")
    expect(pill).to_be_visible()
    expect(page.locator("#timeline")).not_to_contain_text("It is urgent.")
    expect(text).to_be_focused()
    page.keyboard.type("ence")
    pill.click()
    expect(page.locator("#timeline")).to_contain_text("It is urgent.")
    assert text.input_value().startswith("Half a sentence")


def test_news_comes_by_itself_while_nobody_types(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    make_email(aoki, text="Good evening.")
    expect(page.locator("#timeline")).to_contain_text("Good evening.")
    expect(page.locator("[data-nothing]")).to_have_count(0)


def test_without_an_answer_what_was_typed_stays(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    make_mailbox(hana)
    page = sign_in(hana).context.new_page()  # one whose console may speak of the refusal
    page.goto(f"/contacts/{aoki.pk}/")
    page.get_by_role("link", name="Write to Yuki Aoki").click()
    expect(page.get_by_label("Subject")).to_be_focused()
    page.locator("#composer textarea").fill("A long letter")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)  # signed out meanwhile
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#composer [role=status]")).to_contain_text("still here")
    expect(page.locator("#composer textarea")).to_have_value("A long letter")
    assert not Email.objects.exists()


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_scripts_an_email_is_written_and_answered(
    page: Page, hana: User, aoki: Contact
) -> None:
    make_mailbox(hana)
    page.goto("/contacts/")
    page.get_by_label("E-mail").or_(page.get_by_label("Email")).fill(hana.email)
    page.locator("input[type=password]").fill("correct horse")
    page.locator("form button.btn--primary").click()
    page.get_by_role("link", name=aoki.name, exact=True).click()
    page.get_by_role("link", name="Write to Yuki Aoki").click()
    page.get_by_label("Cc", exact=True).fill("boss@aoki.example")
    page.get_by_label("Subject").fill("Offer")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".composer__error")).to_contain_text("Write something")
    page.get_by_label("Message").fill("Dear Yuki")
    page.get_by_label("Attach files").set_input_files([FILE])
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#timeline")).to_contain_text("Dear Yuki")
    expect(page.get_by_role("link", name="見積.pdf").first).to_be_visible()
    page.get_by_role("link", name="Reply", exact=True).click()
    expect(page.get_by_label("Subject")).to_have_value("Re: Offer")
    expect(page.get_by_label("Message")).to_have_value(
        re.compile(r"^\n\nOn .+ wrote:\n> Dear Yuki$")
    )
