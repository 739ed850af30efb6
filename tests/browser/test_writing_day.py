"""A day of writing: by a template, with a file, taken back and sent again, passed on with the file;
three people in a sequence; and on a phone the answer."""

import os
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from crm.models import Contact, Email, User
from inbox.models import Draft, Enrolment, Mailbox, Outgoing, Template
from inbox.outreach.writing import both_forms
from tests.browser.conftest import SignIn
from tests.factories import make_contact, make_email, make_mailbox

TEN_MB: Any = {
    "name": "plan.pdf",
    "mimeType": "application/pdf",
    "buffer": b"%PDF-1.7\n" + os.urandom(10 * 1024 * 1024),
}


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana, signature="<p>Hana <b>Sato</b></p>")


@pytest.mark.rule("M21")
@pytest.mark.rule("M24")
@pytest.mark.rule("M26")
def test_written_taken_back_sent_answered_and_passed_on(
    sign_in: SignIn, hana: User, aoki: Contact, mailbox: Mailbox
) -> None:
    text = "Dear {{ contact.first_name }}, our offer."
    Template.objects.create(name="Offer", subject="Our offer", owner=hana, **both_forms(text=text))
    page = sign_in(hana)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"/contacts/{aoki.pk}/")
    page.get_by_role("link", name="Write to Yuki Aoki").click()
    expect(page.locator("[data-formats]")).to_be_visible()
    page.get_by_role("button", name="Template").click()
    page.keyboard.type("off")
    page.keyboard.press("Enter")
    expect(page.locator(".ProseMirror")).to_contain_text("Dear Yuki, our offer.")
    page.locator("[data-composer] input[type=file]").set_input_files([TEN_MB])
    expect(page.get_by_role("checkbox", name="plan.pdf")).to_be_checked()
    page.keyboard.press("Control+Enter")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("checkbox", name="plan.pdf")).to_be_checked()
    page.locator(".ProseMirror").press("Control+Enter")
    page.wait_for_url("**/contacts/*/")
    expect(page.locator("#timeline .mailtext b")).to_have_text("Sato")
    assert Outgoing.objects.filter(state="queued").count() == 1 and not Draft.objects.open_for(hana)

    page.keyboard.press("f")
    expect(page.get_by_role("checkbox", name="plan.pdf")).to_be_checked()
    page.get_by_role("combobox", name="To").fill("jonas@kumo.test")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("Sending in 10 seconds.")
    expect(page.locator(".composer--mail")).to_have_count(0)
    passed_on = Email.objects.get(subject="Fwd: Our offer")
    assert [file.name for file in passed_on.attachments()] == ["plan.pdf"]


@pytest.mark.rule("M25")
def test_three_people_are_added_to_a_sequence(
    sign_in: SignIn, hana: User, aoki: Contact, mailbox: Mailbox
) -> None:
    for name in ("Ann", "Ben"):
        make_contact(f"{name.lower()}@b.test", first_name=name, last_name="Bo", owner=hana)
    page = sign_in(hana)
    page.goto("/sequences/new/")
    page.get_by_label("Name").fill("After the fair")
    page.get_by_role("button", name="Start from a three-step follow-up").click()
    expect(page.get_by_role("heading", name="1. Our conversation")).to_be_visible()
    ids = ",".join(map(str, Contact.objects.values_list("pk", flat=True)))
    page.goto(f"/enrolments/?ids={ids}")
    page.get_by_role("button", name="Add to “After the fair”").click()
    expect(page.get_by_text("active", exact=True).first).to_be_visible()
    assert Enrolment.objects.running().count() == 3


@pytest.mark.rule("M21")
def test_on_a_phone_an_answer_is_written_put_away_and_sent(
    sign_in: SignIn, hana: User, aoki: Contact, mailbox: Mailbox
) -> None:
    asked = make_email(aoki, by=hana, subject="Offer?", text="Could you send an offer?")
    page: Page = sign_in(hana)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/inbox/{asked.thread_id}/")
    page.get_by_role("link", name="Reply", exact=True).click()
    text = page.locator(".ProseMirror")
    expect(text).to_be_focused()
    page.keyboard.type("Gladly.")
    page.get_by_role("link", name="Close").first.click()
    page.get_by_role("link", name="Reply", exact=True).click()
    expect(text).to_have_text("Gladly.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("[data-status=queued]")).to_contain_text("Sending")
    assert Outgoing.objects.get().in_reply_to == asked.message_id
