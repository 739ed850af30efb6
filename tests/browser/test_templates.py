"""A template from its making to an e-mail that was written with it (M24)."""

import pytest
from playwright.sync_api import Locator, expect

from crm.models import Contact, Email, User
from crm.models.attachments import store_content
from inbox.models import Outgoing, Snippet, Template, TemplateUse
from inbox.outreach.writing import both_forms
from tests.browser.conftest import SignIn
from tests.factories import make_mailbox

pytestmark = pytest.mark.rule("M24")


def rewrite(letter: Locator, words: str) -> None:
    """As somebody does it, by the key that the editor knows: what is marked past the editor, as
    `fill` does, it takes back where it has only just got the focus."""
    letter.press("Control+a")
    letter.page.keyboard.insert_text(words)


def test_it_is_written_beside_its_preview(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    page = sign_in(hana)
    message = page.get_by_role("textbox", name="Message")
    page.goto("/templates/")
    page.keyboard.press("c")
    expect(page.locator("[data-formats]")).to_be_visible()
    page.get_by_label("Name").fill("Offer")
    page.get_by_label("Subject").fill("Tea for ")
    page.get_by_role("button", name="Company").click()
    expect(page.get_by_label("Subject")).to_have_value("Tea for {{ company.name }}")
    expect(page.locator(".templating__subject")).to_have_text("Tea for Aoki Shoten")
    rewrite(message, "See {{ deal.name }}.")
    expect(page.locator("#previewed mark")).to_have_text("Deal")
    expect(page.locator("#previewed .callout")).to_contain_text("1 field has no value")
    rewrite(message, "See {{ deal.nam }}.")
    page.keyboard.press("Control+s")
    expect(page.locator("form .error")).to_contain_text("Did you mean {{ deal.name }}?")
    rewrite(message, "See {{ deal.name }}.")
    page.keyboard.press("Control+s")
    expect(page.locator(".toast")).to_contain_text("The template was saved.")
    assert Template.objects.get().text == "See {{ deal.name }}."


def test_an_email_is_written_with_one(sign_in: SignIn, hana: User, aoki: Contact) -> None:
    """What is missing is named until it is filled in, and does not leave before."""
    make_mailbox(hana)
    hana.change(undo_seconds=0)
    form = both_forms(text="Dear {{ contact.first_name }}, here is {{ deal.name }}.")
    template = Template.objects.create(name="Offer", subject="Our offer", owner=hana, **form)
    price = {"name": "price.pdf", "content_type": "application/pdf", "size": 1}
    template.files.create(path=store_content(b"%"), **price)
    values = {"shortcut": "bye", "name": "Bye", **both_forms(text="All the best")}
    Snippet.objects.create(owner=hana, **values)
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/emails/")
    text = page.get_by_role("textbox", name="Message")
    expect(page.locator("[data-formats]")).to_be_visible()
    page.get_by_role("button", name="Template").click()
    page.keyboard.type("off")
    page.keyboard.press("Enter")
    expect(text).to_have_text("Dear Yuki, here is {{ deal.name }}.")
    expect(page.get_by_label("Subject")).to_have_value("Our offer")
    expect(page.locator("[data-files]")).to_contain_text("price.pdf")
    expect(page.locator("[data-unfilled]")).to_contain_text("Deal")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".composer__error")).to_contain_text("{{ deal.name }}")
    assert not Outgoing.objects.exists()
    expect(page.locator("[data-formats]")).to_be_visible()
    rewrite(text, "Dear Yuki, here is the offer.")
    expect(page.locator("[data-unfilled]")).to_be_hidden()
    page.keyboard.press("End")
    page.keyboard.type(" ;")
    expect(page.locator("[data-finds]")).to_be_focused()
    page.keyboard.type("bye")
    page.keyboard.press("Enter")
    expect(text).to_have_text("Dear Yuki, here is the offer. All the best")
    page.keyboard.type(" ;")
    expect(page.locator("[data-finds]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(text).to_have_text("Dear Yuki, here is the offer. All the best ;")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/contacts/{aoki.pk}/")
    assert TemplateUse.objects.get().template == template
    sent = Email.objects.get()
    assert sent.subject == "Our offer"
    assert [file.name for file in sent.attachments()] == ["price.pdf"]


def test_the_next_key_after_it_opens_is_already_for_finding(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    """The browser tells of an opened menu later; keys do not wait for that."""
    make_mailbox(hana)
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/emails/")
    opener = page.get_by_role("button", name="Template")
    finds = "opener => (opener.click(), document.activeElement.matches('[data-finds]'))"
    assert opener.evaluate(finds)


def test_who_leaves_at_once_finds_the_letter_on_another_device(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    """Before the second is over after which a draft is saved."""
    make_mailbox(hana)
    form = both_forms(text="Dear {{ contact.first_name }}.")
    Template.objects.create(name="Offer", subject="Our offer", owner=hana, **form)
    page = sign_in(hana)
    page.goto(f"/contacts/{aoki.pk}/emails/")
    page.get_by_role("button", name="Template").click()
    page.keyboard.type("off")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Enter")
    page.goto("/settings/")
    page.evaluate("localStorage.clear()")  # it has not what the browser before had kept
    page.goto("/drafts/")
    page.get_by_role("link", name="Our offer").click()
    expect(page.locator(".token")).to_contain_text("Yuki")
    expect(page.get_by_role("textbox", name="Message")).to_have_text("Dear Yuki.")


def test_what_is_found_lies_within_the_screen_of_a_phone(
    sign_in: SignIn, hana: User, aoki: Contact
) -> None:
    """The menu opens before what it holds has come, above a button at the bottom."""
    make_mailbox(hana)
    for number in range(9):
        Template.objects.create(name=f"Offer {number}", owner=hana, **both_forms(text="Hello."))
    page = sign_in(hana)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/contacts/{aoki.pk}/emails/")
    page.get_by_role("button", name="Template").click()
    expect(page.locator(".pick")).to_have_count(9)
    expect(page.locator(".pick").first).to_be_in_viewport(ratio=1)
    box = page.locator(".picker").bounding_box()
    assert box and box["y"] >= 0 and box["y"] + box["height"] <= 844
