"""Every page at both widths, light and dark: axe finds nothing, nothing sticks out."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm import notices, todo
from crm.accounts import setup_url
from crm.models import Attachment, Contact, Email, User
from inbox.models import Mailbox, Outgoing
from tests.browser.conftest import SignIn
from tests.factories import (
    make_company,
    make_contact,
    make_deal,
    make_email,
    make_mailbox,
    make_note,
    make_stage,
)

LONG = "Wirtschaftsprüfungsgesellschaft-Donaudampfschifffahrt"
STICKS_OUT = """() => document.documentElement.scrollWidth > innerWidth
    ? `${document.documentElement.scrollWidth} px wide` : ''"""
DESIGNED = f"""<table width="900" bgcolor="#eef"><tr><td><h1>{LONG}</h1>
    <img src="https://cdn.example/logo.png">Good morning.</td></tr></table>"""
SIZES = [(1440, 900), (390, 844)]


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    """One that its server refuses: the banner is on every page."""
    said = "[AUTHENTICATIONFAILED] Invalid credentials " + "x" * 120
    state = {"state": Mailbox.State.DISCONNECTED, "fault": "auth", "state_reason": said}
    return make_mailbox(hana, state_since=timezone.now(), **state)


@pytest.fixture
def record(aoki: Contact, mailbox: Mailbox, hana: User) -> Contact:
    """A record with everything on it: a conversation, a note, files, what failed, what is open."""
    now = timezone.now()
    asked = make_email(aoki, subject=f"Plan {LONG}", text="First.", at=now - timedelta(days=400))
    for days in (9, 8, 7):
        make_email(aoki, thread=asked.thread, text="Next. " * 40, at=now - timedelta(days=days))
    newest = make_email(aoki, thread=asked.thread, text="x", html=DESIGNED, new_participant=True)
    newest.participants.create(role="cc", address=f"{LONG}@a.test", name=LONG, stranger=True)
    Attachment.objects.store(newest.activity, b"%PDF", name=f"{LONG}.pdf", content_type="text/x")
    make_email(aoki, text="New.\n> Old.", reply_length=4, html="<p>New.</p>", auto_reply=True)
    make_note(aoki, f"https://{LONG.lower()}.example/{'x' * 90}")
    deal = make_deal(aoki, name=f"Osaka rollout {LONG}", amount=48_000, company=aoki.company)
    for number in range(5):
        make_stage(name=f"Stage {number}", pipeline=deal.stage.pipeline, position=number)
    make_stage(name="Lost", pipeline=deal.stage.pipeline, position=9, outcome="lost")
    late = now - timedelta(days=9)
    todo.add(f"Ask {LONG}", due_at=late, assignee=hana, records=[aoki, deal], by=hana)
    for state in ("failed", "unknown", "sent"):
        make_sent(aoki, mailbox, state)
    return aoki


def make_sent(contact: Contact, mailbox: Mailbox, state: str) -> None:
    email = make_email(contact, direction="outgoing", source="sent", status=state, error="550 no")
    now = timezone.now()
    Outgoing.objects.create(
        email=email, mailbox=mailbox, token=state, due_at=now, claimed_until=now, state=state
    )


def make_daily(user: User, contact: Contact) -> None:
    """What home, tasks, notifications and the Trash show: of each kind one, and long names."""
    now = timezone.now()
    make_email(contact, by=user, subject=f"Re: {LONG}", text=f"{LONG} " * 9)
    make_deal(contact, owner=user, name=LONG, close_date=now.date() - timedelta(days=9))
    for days in (-9, 0, 1, 3, 30):
        due = now + timedelta(days=days, minutes=5)
        todo.add(f"Call {LONG}", due_at=due, assignee=user, records=[contact], by=user)
    todo.finish(todo.add("Done", assignee=user, by=user), by=user)
    values = {"subject": LONG, "name": LONG, "address": LONG, "said": f"550 {'x' * 120}"}
    for kind in notices.KINDS:
        notices.tell(user, kind, **values)
    make_contact(owner=user, last_name=f"{LONG} {LONG}").trash()
    make_note(contact, LONG, by=user).activity.trash()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=["wide", "phone"])
def test_the_walk(
    sign_in: SignIn, hana: User, record: Contact, size: tuple[int, int], scheme: str
) -> None:
    make_deal(name=f"{LONG} {LONG}", amount=10**9, stage_since=timezone.now() - timedelta(days=30))
    others = make_company(f"{LONG} {LONG}", owner=hana)
    long = make_contact(f"{LONG.lower()}@example.test", last_name=LONG, company=others, owner=hana)
    make_daily(hana, record)
    email, mailbox, deal = Email.objects.first(), Mailbox.objects.get(), record.deals.earliest("pk")
    page = sign_in(hana)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in (
        "/contacts/",
        "/contacts/?q=nobody",
        f"/contacts/?view=quiet&owner={hana.pk}&company={LONG}",
        "/companies/",
        "/companies/?q=nobody",
        "/deals/",
        "/deals/?attention=1&layout=table",
        f"/deals/{record.deals.get().pk}/stage/",
        "/contacts/new/",
        f"/contacts/{record.pk}/",
        f"/contacts/{record.pk}/?pane=about",
        f"/contacts/{record.pk}/notes/",
        f"/companies/{record.company_id}/",
        f"/deals/{deal.pk}/",
        f"/deals/{deal.pk}/details/",
        f"/deals/{deal.pk}/contacts/?q={LONG}",
        f"/contacts/{long.pk}/?pane=related",
        f"/contacts/{long.pk}/details/",
        f"/contacts/{long.pk}/emails/",
        f"/emails/{email.pk}/" if email else "",
        "/",
        "/?whose=everyone",
        "/tasks/",
        "/notifications/?show=all",
        "/trash/",
        "/settings/",
        "/help/?q=pop3",
        f"/palette/?q={LONG[:6]}",
        "/mailboxes/",
        f"/mailboxes/{mailbox.pk}/",
        "/accounts/logout/",
        "/contacts/99999/",
    ):
        page.goto(path)
        inspect(page)
    refuse_a_server(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=["wide", "phone"])
def test_the_walk_of_a_stranger(
    page: Page, db: None, live_server: object, size: tuple[int, int], scheme: str
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in ("/accounts/login/", "/accounts/password/reset/", setup_url("")):
        page.goto(path)
        inspect(page)


def refuse_a_server(page: Page) -> None:
    """The wizard, up to a test that fails: the failed step has the focus."""
    page.goto("/mailboxes/connect/")
    inspect(page)
    page.get_by_label("Your e-mail address").fill("hana@example.test")
    page.keyboard.press("Enter")
    page.get_by_label("Incoming server (IMAP)").fill("127.0.0.1")  # a private address
    page.locator("input[type=password]").fill("secret")
    page.keyboard.press("Enter")
    expect(page.locator("[data-state=fail]")).to_be_focused()
    inspect(page)


def inspect(page: Page) -> None:
    where = page.url
    violations = Axe().run(page).response["violations"]
    assert not [(v["id"], [n["html"] for n in v["nodes"]]) for v in violations], where
    assert not page.evaluate(STICKS_OUT), where
