"""Every page at both widths, light and dark, in English and Japanese: axe finds nothing, the
console and the content policy stay silent, nothing sticks out, not at 320 px nor in large letters.

Two ways do, on each of which a page is opened in one look and turned to another one, so that each
width meets each theme and each language, and each page is opened at both widths. In English it is
asked by all rules of axe in both looks; in Japanese, where its parts are the same, by those that a
theme can break, in the look that English has not. WALK=all walks the other two ways as well, each
look by all rules, as `script/test-long` does, and leaves pictures in build/screens.
"""

import os
import re
from collections import abc
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm import notices, todo
from crm.accounts import setup_url
from crm.models import Attachment, Contact, Email, User
from inbox.models import (
    Enrolment,
    Mailbox,
    NeverLog,
    Outgoing,
    Sequence,
    Snippet,
    Template,
    TemplateFolder,
)
from inbox.outreach import building
from inbox.outreach.first_steps import follow_up
from inbox.outreach.writing import both_forms
from tests.browser.conftest import SignIn
from tests.factories import (
    make_company,
    make_contact,
    make_deal,
    make_email,
    make_mailbox,
    make_note,
    make_stage,
    make_user,
)

LONG = "Wirtschaftsprüfungsgesellschaft-Donaudampfschifffahrt"
STICKS_OUT = """() => document.documentElement.scrollWidth > innerWidth
    ? `${document.documentElement.scrollWidth} px wide` : ''"""
DESIGNED = f"""<table width="900" bgcolor="#eef"><tr><td><h1>{LONG}</h1>
    <img src="https://cdn.example/logo.png">Good morning.</td></tr></table>"""
WIDE, PHONE = SIZES = [(1440, 900), (390, 844)]
NARROW, LARGE_LETTERS = (320, 640), (1280, 900)
Look = tuple[str, tuple[int, int]]
WAYS: list[tuple[str, list[Look]]] = [
    ("en", [("light", WIDE), ("dark", PHONE)]),
    ("ja", [("light", PHONE), ("dark", WIDE)]),
]
OTHER_WAYS: list[tuple[str, list[Look]]] = [
    ("en", [("light", PHONE), ("dark", WIDE)]),
    ("ja", [("light", WIDE), ("dark", PHONE)]),
]
ALL = os.environ.get("WALK") == "all"
SCREENS = Path(__file__).resolve().parents[2] / "build" / "screens"
VIOLATIONS = """([rules, frame]) => axe.run({exclude: frame.map(each => [each])}, {
    resultTypes: ['violations'], ...(rules && {runOnly: rules}), iframes: false // run no script
}).then(found => found.violations)"""
FRAME = [".nav", ".tabbar", "#more-places"]  # the same around each page
OF_A_THEME = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]
# Words that lie outside of their own box, where that box does not say so by an ellipsis.
CUT_OFF = """() => [...document.querySelectorAll("h1, h2, h3, .btn, .badge, .tabs a, label, th")]
    .filter((part) => part.checkVisibility() && !part.matches(".visually-hidden")
        && part.scrollHeight > part.clientHeight + 4
        && getComputedStyle(part).overflow === "hidden")
    .map((part) => part.textContent.trim()).join("; ")"""


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    """One that its server refuses: the banner is on every page. It was looked at before, or its
    page would load itself again every three seconds."""
    said = "[AUTHENTICATIONFAILED] Invalid credentials " + "x" * 120
    state = {
        "state": Mailbox.State.DISCONNECTED,
        "fault": "authenticationfailed",
        "state_reason": said,
    }
    now = timezone.now()
    made = make_mailbox(hana, state_since=now, last_synced_at=now - timedelta(days=1), **state)
    made.folders.update(messages=1_234_567)
    past = {"since": now - timedelta(days=4), "until": now - timedelta(days=1)}
    made.absences.create(fault="timeout", headers=2418, found=11, **past)
    made.absences.create(fault="login", since=now)
    return made


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
    apart = {"subject": f"Party {LONG}", "apart": "unrelated", "at": now - timedelta(days=6)}
    make_email(aoki, thread=asked.thread, answers=asked, **apart)
    make_email(aoki, text="New.\n> Old.", reply_length=4, html="<p>New.</p>", auto_reply=True)
    for owner in (hana, make_user("Ken")):
        make_email(aoki, by=owner, private=True, at=now - timedelta(minutes=1))
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


def make_templates(user: User) -> int:
    """A template and a snippet with long words and fields that are missing; returns its id."""
    folder = TemplateFolder.objects.create(name=LONG)
    text = f"Dear {{{{ contact.first_name }}}},\n\n{LONG}: {{{{ deal.name }}}}"
    mine = {"name": f"Offer {LONG}", "owner": user, **both_forms(text=text)}
    Snippet.objects.create(shortcut=LONG.lower()[:30], **mine)
    values = {"folder": folder, "subject": LONG, "language": "ja"}
    return Template.objects.create(**mine, **values).pk


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
    make_contact(owner=user, last_name=f"{LONG} {LONG}"[:100]).trash()
    make_note(contact, LONG, by=user).activity.trash()


def make_sequence(user: User, contact: Contact, mailbox: Mailbox) -> Sequence:
    """With somebody who is under way, and somebody who has stopped it with many words."""
    made = building.make(Sequence(name=f"{LONG} {LONG}", owner=user), follow_up())
    first, now = made.steps.first(), timezone.now()
    said = {"said": f"550 {'x' * 120}"}
    for state, why, values in (("active", "", {}), ("stopped", "bounce", said)):
        row = Enrolment.objects.create(
            sequence=made,
            contact=contact,
            mailbox=mailbox,
            by=user,
            state=state,
            why=why,
            values=values,
            ended_after=first if why else None,
            next_step_at=now,
            claimed_until=now,
        )
        row.runs.create(step=first, mailbox=mailbox, at=now)
    return made


@pytest.fixture
def paths(hana: User, record: Contact) -> list[str]:
    """Every page, with the longest words on it that there may be."""
    make_deal(name=f"{LONG} {LONG}", amount=10**9, stage_since=timezone.now() - timedelta(days=30))
    others = make_company(f"{LONG} {LONG}", owner=hana)
    long = make_contact(f"{LONG.lower()}@example.test", last_name=LONG, company=others, owner=hana)
    make_daily(hana, record)
    NeverLog.objects.create(entry=f"{'x' * 60}@{'y' * 60}.example", by=hana)
    mailbox = Mailbox.objects.get()
    sequence = make_sequence(hana, record, mailbox)
    make_mailbox(make_user("Mio"), email="log@musubi.test", logs_mail=True)
    return [
        *of_records(record, long),
        *of_letters(make_templates(hana)),
        *of_mailboxes(mailbox),
        *of_sequences(sequence, record, long),
        *OF_EACH_DAY,
    ]


def of_records(record: Contact, long: Contact) -> list[str]:
    deal = record.deals.earliest("pk")
    return [
        "/contacts/",
        "/contacts/?q=nobody",
        f"/contacts/?view=quiet&owner={record.owner_id}&company={LONG}",
        "/companies/",
        "/companies/?q=nobody",
        "/deals/",
        "/deals/?attention=1&layout=table",
        f"/deals/{deal.pk}/stage/",
        "/contacts/new/",
        f"/contacts/{record.pk}/",
        f"/contacts/{record.pk}/?pane=about",
        f"/contacts/{record.pk}/?tab=note",
        f"/companies/{record.company_id}/",
        f"/deals/{deal.pk}/",
        f"/deals/{deal.pk}/details/",
        f"/deals/{deal.pk}/contacts/?q={LONG}",
        f"/contacts/{long.pk}/?pane=related",
        f"/contacts/{long.pk}/details/",
        f"/contacts/{long.pk}/emails/",
    ]


def of_letters(template: int) -> list[str]:
    email = Email.objects.earliest("pk")
    return [
        f"/emails/{email.pk}/",
        f"/emails/{email.pk}/thread/",
        "/inbox/",
        f"/inbox/{email.thread_id}/?whose=anyone",
        "/inbox/?folder=snoozed",
        "/templates/",
        "/templates/?view=trash",
        f"/templates/{template}/",
        "/snippets/",
        "/snippets/new/",
        "/template-folders/new/",
    ]


def of_mailboxes(mailbox: Mailbox) -> list[str]:
    return [
        "/mailboxes/",
        f"/mailboxes/{mailbox.pk}/",
        f"/mailboxes/{mailbox.pk}/why/",
        f"/mailboxes/{mailbox.pk}/folders/",
        "/never-log/",
        "/settings/sending/",
        "/logging/",
    ]


def of_sequences(sequence: Sequence, *people: Contact) -> list[str]:
    step = sequence.steps.earliest("position")
    ids = ",".join(str(contact.pk) for contact in people)
    return [
        "/sequences/",
        f"/sequences/{sequence.pk}/",
        f"/sequences/{sequence.pk}/people/",
        f"/sequences/{sequence.pk}/settings/",
        f"/sequences/{sequence.pk}/results/",
        f"/steps/{step.pk}/",
        f"/enrolments/?ids={ids}&contacts_q={LONG[:6]}",
    ]


OF_EACH_DAY = [
    "/",
    "/?whose=everyone",
    "/tasks/",
    "/notifications/?show=all",
    "/trash/",
    "/settings/",
    "/settings/retention/",
    "/settings/sign-in/",
    "/help/?q=pop3",
    f"/palette/?q={LONG[:6]}",
    "/accounts/logout/",
    "/contacts/99999/",
]


@pytest.mark.parametrize(("language", "looks"), WAYS + OTHER_WAYS * ALL)
def test_the_walk(
    sign_in: SignIn, hana: User, paths: list[str], language: str, looks: list[Look]
) -> None:
    hana.change(language=language)
    page = sign_in(hana)
    for number, path in enumerate(paths):
        turn(page, looks[0])
        page.goto(path)
        inspect_in(language, looks, page, f"{number:02}-{name_of(path)}", seen=number > 0)
        if language == "en":
            for_poor_eyes(page)
    refuse_a_server(page, language, looks)


def turn(page: Page, look: Look) -> None:
    scheme, (width, height) = look
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]


def inspect_in(
    language: str, looks: list[Look], page: Page, name: str, *, seen: bool = False
) -> None:
    """`seen`: what is around every page has been inspected on another one."""
    frame = FRAME if seen and not ALL else []
    for look in looks:
        turn(page, look)
        if ALL or language == "en":
            inspect(page, frame=frame)
        elif look == looks[-1]:
            inspect(page, OF_A_THEME, frame)
        else:
            assert not page.evaluate(STICKS_OUT), page.url
        if ALL:
            page.screenshot(path=SCREENS / f"{look[0]}-{look[1][0]}" / f"{name}-{language}.png")


def for_poor_eyes(page: Page) -> None:
    """On the smallest screen nothing scrolls sideways, and text at twice its size is not cut: that
    is set in the browser, everything is in rem, so the narrow layout comes."""
    turn(page, ("light", NARROW))
    assert not page.evaluate(STICKS_OUT), f"{page.url} at 320 px"
    turn(page, ("light", LARGE_LETTERS))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert not page.evaluate(STICKS_OUT), f"{page.url} in large letters"
    assert not page.evaluate(CUT_OFF), f"{page.url} in large letters"
    page.evaluate("document.documentElement.style.fontSize = ''")


def name_of(path: str) -> str:
    return re.sub(r"[^a-z]+", "-", path.lower()).strip("-")[:40] or "home"


@pytest.mark.parametrize("size", SIZES, ids=["wide", "phone"])
def test_the_walk_of_a_stranger(
    page: Page, db: None, live_server: object, size: tuple[int, int]
) -> None:
    for path in ("/accounts/login/", "/accounts/password/reset/", setup_url("")):
        page.goto(path)
        for scheme in ("light", "dark"):
            turn(page, (scheme, size))
            inspect(page)


def refuse_a_server(page: Page, language: str, looks: list[Look]) -> None:
    """The wizard, up to a test that fails: the failed step has the focus."""
    turn(page, looks[0])
    page.goto("/mailboxes/connect/")
    inspect_in(language, looks, page, "connect")
    page.locator("[name=email]").fill("hana@example.test")
    page.keyboard.press("Enter")
    page.locator("[name=imap_host]").fill("127.0.0.1")  # a private address
    page.locator("input[type=password]").fill("secret")
    page.keyboard.press("Enter")
    expect(page.locator("[data-state=fail]")).to_be_focused()
    inspect_in(language, looks, page, "refused")


def inspect(page: Page, rules: list[str] | None = None, frame: abc.Sequence[str] = ()) -> None:
    """By all rules of axe, or by some; without the parts that are its frame."""
    where = page.url
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    violations = page.evaluate(VIOLATIONS, [rules, list(frame)])
    assert not [(v["id"], [n["html"] for n in v["nodes"]]) for v in violations], where
    assert not page.evaluate(STICKS_OUT), where
