"""The main job, whole: every process of script/server, Redis, real mail servers, and a browser.

The customer is a mailbox of her own; she answers with another program, by SMTP.
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import schema
from tests.browser.test_walk import inspect
from tests.config.test_parts import ASKING, until
from tests.config.test_serve import is_well, serving
from tests.inbox.letters import PNG
from tests.servers.dovecot import Dovecot
from tests.servers.ordinary import PASSWORD
from tests.servers.relay import Relay

pytestmark = pytest.mark.live


def test_connect_write_and_be_answered(
    page: Page,
    dovecot: Dovecot,
    relay: Relay,
    mail_user: Callable[..., str],
    redis_url: str,
    tmp_path: Path,
) -> None:
    own, customer = mail_user("mika"), mail_user("aiko")
    variables = {
        "DATABASE_URL": schema.copy(tmp_path, "main_job"),
        "CELERY_BROKER_URL": redis_url,
        "INBOX_CA_FILE": str(dovecot.ca_file),
        "INBOX_POLL_SECONDS": "3600",  # nobody polls: what arrives is found by the watcher's IDLE
    }
    with serving(tmp_path, **variables) as (port, _parent, log):
        until(lambda: "Create the first account: " in log(), 60)
        page.goto(log().partition("Create the first account: ")[2].split()[0])
        make_account(page)
        connect(page, own, dovecot)
        add_contact(page, f"http://127.0.0.1:{port}", customer)
        write(page)
        original = received(dovecot, customer)
        until(lambda: dovecot.counts(own)["Sent"] == 1, 20)
        expect(page.locator("#timeline")).to_contain_text("Rollout plan")

        timeline = page.locator("#timeline")
        for number in range(3):
            answer(original, customer, own, dovecot, f"見積書の件 {number}")
            expect(timeline).to_contain_text(f"見積書の件 {number}", timeout=30_000)

        letter = page.frame_locator("#timeline iframe").first
        expect(letter.locator("body")).to_contain_text("It is attached.")
        expect(letter.locator("img")).to_have_js_property("naturalWidth", 1)
        expect(page.get_by_role("link", name="見積書.pdf").first).to_be_visible()
        assert dovecot.counts(own)["Sent"] == 1
        assert set(map(frozenset, dovecot.flags(own).values())) == {frozenset()}
        assert len(relay.accepted_by(customer)) == 1
        until(lambda: is_well(f"http://127.0.0.1:{port}/api/v1/health"), 60, ASKING)


def make_account(page: Page) -> None:
    page.get_by_label("Your name").fill("Mika Laine")
    page.get_by_label("E-mail").fill("mika@musubi.test")
    page.locator("input[type=password]").fill("a fairly long sentence")
    page.get_by_role("button", name="Create the account").click()


def connect(page: Page, own: str, dovecot: Dovecot) -> None:
    page.get_by_label("Your e-mail address").fill(own)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Incoming server (IMAP)").fill("localhost")
    page.locator("[name=imap_port]").fill(str(dovecot.imaps))
    page.get_by_label("Outgoing server (SMTP)").fill("localhost")
    page.locator("[name=smtp_port]").fill(str(dovecot.submissions))
    page.locator("input[type=password]").fill("not the password")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("main")).to_contain_text("AUTHENTICATIONFAILED")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Test again").click()
    expect(page.locator("main")).to_contain_text("Nothing is stored until you connect.")
    inspect(page)
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page).to_have_url(re.compile(r"/mailboxes/\d+/$"), timeout=20_000)  # it is tested again
    # after the first look, by a worker that has just been started
    expect(page.locator("main")).to_contain_text("Connected", timeout=30_000)


def add_contact(page: Page, url: str, customer: str) -> None:
    page.goto(f"{url}/contacts/new/")
    page.get_by_label("First name").fill("Aiko")
    page.get_by_label("Last name").fill("Tanaka")
    page.get_by_label("E-mail").fill(customer)
    page.get_by_role("button", name="Add contact").click()
    expect(page).to_have_title("Aiko Tanaka · Musubi")


def write(page: Page) -> None:
    page.locator("a[href$='/emails/']:visible").first.click()
    expect(page.get_by_label("Subject")).to_be_focused()
    page.get_by_label("Subject").fill("Rollout plan")
    page.locator(".ProseMirror").fill("Hello Aiko,\n\nhere is the plan.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#timeline")).to_contain_text("here is the plan")


def received(dovecot: Dovecot, customer: str) -> EmailMessage:
    """What stands in the customer's mailbox."""
    until(lambda: dovecot.counts(customer)["INBOX"] == 1, 40)  # after the seconds to undo it
    return message_from_bytes(dovecot.raw_messages(customer)[0], policy=policy.default)  # type: ignore[return-value]


def answer(original: EmailMessage, customer: str, own: str, dovecot: Dovecot, subject: str) -> None:
    """By another program: several parts, a Japanese subject, a file, a picture inside."""
    reply = EmailMessage()
    reply["From"], reply["To"] = f"田中 愛子 <{customer}>", own
    reply["Subject"] = f"Re: {subject}"
    reply["References"] = str(original["Message-ID"])
    reply["In-Reply-To"] = str(original["Message-ID"])
    reply.set_content("It is attached.\n\nOn Monday, Mika wrote:\n> Hello Aiko,\n")
    reply.add_alternative('<p>It is attached. <img src="cid:seal@x"></p>', subtype="html")
    reply.get_payload()[1].add_related(PNG, "image", "png", cid="<seal@x>", filename="seal.png")
    reply.add_attachment(b"%PDF-1.4", "application", "pdf", filename="見積書.pdf")
    trusting = ssl.create_default_context(cafile=str(dovecot.ca_file))
    with smtplib.SMTP_SSL("localhost", dovecot.submissions, context=trusting) as smtp:
        smtp.login(customer, PASSWORD)
        smtp.send_message(reply)
