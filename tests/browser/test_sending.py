"""Send, and how else: later by the menu, and stopped once where somebody wrote meanwhile."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm.models import Contact, User
from inbox.models import Outgoing
from tests.browser.conftest import SignIn
from tests.factories import make_email, make_mailbox

ON_TOP = """said => {
    const box = said.getBoundingClientRect();
    return said.contains(document.elementFromPoint(box.x + 9, box.y + 9));
}"""


@pytest.mark.rule("M26")
def test_a_letter_for_tomorrow_stands_with_its_time_and_leaves_when_told_to(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    make_mailbox(hana)
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/emails/")
    page.get_by_label("Subject").fill("Offer")
    page.locator(".ProseMirror").fill("Dear Yuki")
    page.get_by_role("button", name="More ways to send").click()
    when = page.get_by_label("Another time")
    when.fill("one fine day")
    when.press("Enter")
    expect(page.get_by_text("Write a day and a time")).to_be_visible()
    page.get_by_role("button", name="More ways to send").click()
    expect(when).to_have_value("one fine day")
    when.fill("tomorrow 9:00")
    when.press("Enter")
    waiting = page.locator("[data-status=scheduled]")
    expect(waiting).to_contain_text("Will be sent on")
    assert Outgoing.objects.get().due_at > timezone.now()
    waiting.get_by_role("button", name="Send now").click()
    expect(page.locator("[data-status=scheduled]")).to_contain_text("Will be sent on")
    assert Outgoing.objects.due(timezone.now()).exists()


@pytest.mark.rule("M21")
def test_an_answer_in_the_meantime_is_shown_first(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    make_mailbox(hana)
    asked = make_email(aoki, by=hana, subject="Offer?", text="Could you send an offer?")
    page = sign_in(hana)
    page.goto(f"/emails/{asked.pk}/reply/")
    page.locator(".ProseMirror").fill("Gladly, it is attached.")
    make_email(aoki, by=hana, thread=asked.thread, text="Never mind, we chose another.")
    page.keyboard.press("Control+Enter")
    stopped = page.get_by_role("alert")
    expect(stopped).to_contain_text("Yuki Aoki has written since you began to write.")
    expect(stopped).to_contain_text("Never mind, we chose another.")
    expect(stopped).to_contain_text("It speaks of an attachment and has none.")
    assert not Outgoing.objects.exists()
    expect(page.locator(".ProseMirror")).to_contain_text("Gladly")
    page.get_by_role("button", name="Send", exact=True).last.click()
    page.wait_for_url("**/contacts/*/")
    assert Outgoing.objects.count() == 1


@pytest.mark.rule("M21")
@pytest.mark.parametrize("width", [1440, 390])
def test_why_it_was_not_sent_is_in_sight(
    sign_in: SignIn, hana: User, aoki: Contact, width: int
) -> None:
    """Clear of the foot, which sticks to the bottom of a letter that is longer than the screen."""
    make_mailbox(hana)
    asked = make_email(aoki, by=hana, subject="Offer?", text="Could you send an offer?\n" * 9)
    page = sign_in(hana)
    page.set_viewport_size({"width": width, "height": 768})
    for path in (f"/contacts/{aoki.pk}/", f"/inbox/{asked.thread.pk}/"):
        page.goto(path)
        page.get_by_role("link", name="Reply", exact=True).click()
        text = page.locator(".thread__reply .ProseMirror")
        expect(text).to_be_focused()
        page.keyboard.type("It is attached.")
        for _line in range(9):
            page.keyboard.press("Enter")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("alert")).to_contain_text("It speaks of an attachment")
        expect(text).to_be_focused()
        is_clear(page)
        sheet = page.locator("form.composer").bounding_box()
        assert sheet and (width > 390 or sheet["y"] == 0)  # all of a phone's screen


def is_clear(page: Page) -> None:
    """Of the foot, and of what sticks to the top."""
    said, foot = page.get_by_role("alert"), page.locator(".composer__foot")
    expect(said).to_be_in_viewport(ratio=1)
    above, below = said.bounding_box(), foot.bounding_box()
    assert above and below
    assert above["y"] + above["height"] <= below["y"], (above, below)
    assert said.evaluate(ON_TOP)
