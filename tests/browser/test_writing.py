"""Writing from the record as a person does it: in place, with files, and when it goes wrong."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from crm.models import Attachment, Contact, Email, User
from inbox.models import Draft, Mailbox, Outgoing
from inbox.sending import outbox
from tests.browser.conftest import SignIn
from tests.factories import make_email, make_mailbox
from tests.servers.pictures import png
from tests.servers.relay import Relay

DROP = """(text, bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], "p.png", { type: "image/png" }));
    const how = { dataTransfer: transfer, bubbles: true, cancelable: true };
    text.dispatchEvent(new DragEvent("drop", how));
}"""
FILE: Any = {"name": "見積.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}


def send_what_is_due() -> None:
    """What the worker does with it."""
    for outgoing in Outgoing.objects.filter(state=Outgoing.State.QUEUED):
        outbox.attempt(outgoing)


@pytest.mark.live
@pytest.mark.rule("M21")
def test_a_reply_in_place_is_formatted_quotes_and_carries_a_file(
    sign_in: SignIn, hana: User, aoki: Contact, mailbox: Mailbox, relay: Relay
) -> None:
    mailbox.signature = "<p>Hana <strong>Sato</strong></p>"
    mailbox.save(update_fields=["signature"])
    make_email(aoki, subject="Offer?", text="Could you send an offer?\nYuki")
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    page.get_by_role("link", name="Reply", exact=True).click()
    text = page.locator(".thread__reply .ProseMirror")
    expect(text).to_be_focused()
    page.keyboard.type("Gladly, ")
    page.keyboard.press("Control+b")
    expect(page.get_by_role("button", name="Bold")).to_have_attribute("aria-pressed", "true")
    page.keyboard.type("here it is.")
    page.keyboard.press("Enter")
    page.keyboard.type("- ")  # a list begins by itself
    expect(text.locator("li")).to_be_visible()
    page.keyboard.type("one")
    page.locator(".thread__reply input[type=file]").set_input_files([FILE])
    expect(page.get_by_role("checkbox", name="見積.pdf")).to_be_checked()
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
    plain, html = (sent.get_body([kind]).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    written = plain.splitlines()
    assert written[:3] == ["Gladly, here it is.", "", "- one"]
    assert written[4:6] == ["-- ", "Hana Sato"]
    assert written[7].endswith(f"Yuki Aoki <{aoki.email}> wrote:")
    assert written[8:] == ["> Could you send an offer?", "> Yuki"]
    assert "Gladly, <strong>here it is.</strong></p>" in html
    assert "<li><p" in html
    assert '<blockquote type="cite"' in html
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
    page.locator(".ProseMirror").fill("Dear Yuki")
    page.get_by_role("button", name="Send", exact=True).click()
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
    text = page.locator(".thread__reply .ProseMirror")
    expect(text).to_be_focused()
    page.keyboard.type("Glad")
    page.locator(".thread__reply form").dispatch_event("htmx:load")
    page.keyboard.type("ly.")
    expect(text).to_have_text("Gladly.")


def test_escape_puts_the_letter_away_and_keeps_it(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    """At once after the last key, before autosave would have come by itself."""
    make_mailbox(hana)
    make_email(aoki, subject="Offer?", text="Could you send an offer?")
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    reply = page.get_by_role("link", name="Reply", exact=True)
    reply.click()
    text = page.locator(".thread__reply .ProseMirror")
    expect(text).to_be_focused()
    page.keyboard.type("Gladly.")
    page.keyboard.press("Escape")
    expect(reply).to_be_visible()
    assert Draft.objects.get(user=hana).discarded_at is None
    reply.click()
    expect(text).to_have_text("Gladly.")


def test_the_signature_is_that_of_the_mailbox_one_writes_from(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    make_mailbox(hana, signature="<p>Hana, in person</p>")
    info = make_mailbox(hana, email="info@musubi.test", signature="<p>The office</p>")
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/emails/")
    page.locator("[data-signatures] summary").click()
    expect(page.get_by_text("Hana, in person")).to_be_visible()
    page.locator("select[name=mailbox]").select_option(str(info.pk))
    expect(page.get_by_text("The office")).to_be_visible()
    expect(page.get_by_text("Hana, in person")).to_be_hidden()


def test_news_waits_behind_a_pill_while_one_types(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    make_mailbox(hana)
    asked = make_email(aoki, subject="Offer?", text="Could you send an offer?")
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    page.get_by_role("link", name="Reply", exact=True).click()
    text = page.locator(".thread__reply .ProseMirror")
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
    expect(text).to_have_text("Half a sentence")


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
    session = page.context.cookies()
    page.context.clear_cookies()  # signed out meanwhile, and nothing else is left
    page.locator("#composer .ProseMirror").fill("A long letter")
    expect(page.locator("#composer [data-status]")).to_contain_text("You are signed out.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#composer [data-status]")).to_contain_text("still here")
    expect(page.get_by_label("Message")).to_have_text("A long letter")
    assert not Email.objects.exists() and not Draft.objects.exists()
    page.context.add_cookies(session)  # type: ignore[arg-type]
    page.goto(f"/contacts/{aoki.pk}/emails/")
    expect(page.get_by_label("Message")).to_have_text("A long letter")  # from this browser
    expect(page.locator("[data-status]")).to_contain_text("Draft saved")
    assert Draft.objects.get().text == "A long letter"


def test_what_is_typed_on_while_it_is_being_refused_stays(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    make_mailbox(hana)
    page = sign_in(hana)
    sent: list[Route] = []

    def hold(route: Route) -> None:
        """The first that is sent."""
        if route.request.method == "POST" and not sent:
            sent.append(route)
        else:
            route.continue_()

    page.route(f"**/contacts/{aoki.pk}/emails/", hold)
    page.goto(f"/contacts/{aoki.pk}/")
    page.get_by_role("link", name="Write to Yuki Aoki").click()
    text = page.locator("#composer .ProseMirror")
    text.click()
    page.keyboard.type("Dear Yuki")  # and no subject, which is asked for
    with page.expect_request(lambda request: request.method == "POST"):
        page.keyboard.press("Control+Enter")
    page.keyboard.type(", here it is")
    sent[0].continue_()
    expect(page.locator("#composer [role=alert]")).to_be_visible()
    expect(text).to_have_text("Dear Yuki, here it is")
    expect(page.locator("#composer [data-status]")).to_contain_text("Draft saved")
    assert Draft.objects.get().text == "Dear Yuki, here it is"


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
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".composer__error")).to_contain_text("Write something")
    page.get_by_label("Message").fill("Dear Yuki")
    page.get_by_label("Attach files").set_input_files([FILE])
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#timeline")).to_contain_text("Dear Yuki")
    expect(page.get_by_role("link", name="見積.pdf").first).to_be_visible()
    page.get_by_role("link", name="Reply", exact=True).click()
    expect(page.get_by_label("Subject")).to_have_value("Re: Offer")
    expect(page.get_by_label("Quoted text", exact=True)).to_have_value(
        re.compile(r"^On .+ wrote:\n> Dear Yuki$")
    )


@pytest.mark.rule("M21")
def test_a_draft_survives_a_crash_and_files_are_taken_at_once(
    sign_in: SignIn, hana: User, aoki: Contact, tmp_path: Path
) -> None:
    """On a phone: the composer is a sheet, with Send at the top right."""
    make_mailbox(hana)
    page = sign_in(hana)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/contacts/{aoki.pk}/emails/")
    page.get_by_label("Subject").fill("Offer")
    page.locator(".ProseMirror").fill("Dear Yuki")
    large = tmp_path / "plan.bin"
    large.write_bytes(bytes(10 * 1024 * 1024))
    page.get_by_label("Attach files").set_input_files([large])
    expect(page.get_by_role("checkbox", name="plan.bin")).to_be_checked(timeout=20_000)
    expect(page.locator("[data-status]")).to_contain_text("Draft saved")
    page.get_by_label("Message").press_sequentially(", at once")
    page.wait_for_timeout(400)
    page.evaluate("window.stop()")
    page.goto("about:blank")  # a crash, before the second is over
    page.goto(f"/contacts/{aoki.pk}/emails/")
    expect(page.get_by_label("Message")).to_contain_text(", at once")
    expect(page.get_by_role("checkbox", name="plan.bin")).to_be_checked()
    send = page.get_by_role("button", name="Send", exact=True)
    box = send.bounding_box()
    assert box and box["y"] < 60 and box["x"] > 250
    send.click()
    expect(page.locator("#timeline")).to_contain_text(", at once")
    assert [file.size for file in Email.objects.get().attachments()] == [10 * 1024 * 1024]


@pytest.mark.rule("M21")
def test_a_picture_is_dropped_into_the_text_and_a_forward_keeps_its_files(
    sign_in: SignIn, hana: User, aoki: Contact, weber: Contact
) -> None:
    make_mailbox(hana)
    asked = make_email(aoki, subject="Plan", text="See below.")
    Attachment.objects.store(asked.activity, b"%PDF", name="a.pdf", content_type="application/pdf")
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/")
    page.keyboard.press("f")
    expect(page.get_by_role("combobox", name="To", exact=True)).to_be_focused()
    page.keyboard.type(f"{weber.email},")
    expect(page.get_by_label("a.pdf")).to_be_checked()
    text = page.get_by_label("Message")
    text.press_sequentially("FYI ")
    text.evaluate(DROP, list(png(3, 2)))
    expect(text.locator("img[src]")).to_have_count(1)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Sending in 10 seconds.")
    sent = Email.objects.get(direction=Email.Direction.OUTGOING)
    assert sorted(file.name for file in sent.attachments()) == ["a.pdf", "p.png"]
    assert 'src="cid:' in sent.html and "Forwarded message" in sent.html
    assert sent.thread != asked.thread
