"""Debian's Chromium by Playwright. A page that complains in its console fails its test."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import Client
from playwright.sync_api import ConsoleMessage, Page

from crm.models import User

# Playwright keeps an event loop in this thread; Django would take our ORM calls for async ones.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = "/usr/lib/chromium/chromium-headless-shell"  # without windows: half the work
ARGUMENTS = [
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--metrics-recording-only",
    "--js-flags=--no-opt --no-maglev",  # a page is open for a second: nothing pays off
    # Nothing but this machine is reachable: a page that asks the world for something shows it.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
# Chromium writes a line for each refused form, for a page that is not found, and for a session that
# has ended; those are what a test may be after. And one where the frame of a letter refuses the
# script of REPORT_CSP.
REFUSED = re.compile("(?:responded with a status of|Response Status Error Code) (?:401|422)")
REFUSED_HERE = re.compile(r"Blocked script execution in '(?:about:blank|\S+/emails/\d+/body/)")
REPORT_CSP = """addEventListener("securitypolicyviolation", event => console.error(
    `CSP: ${event.violatedDirective} blocked ${event.blockedURI}`))"""

SignIn = Callable[[User], Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium. The main job runs on both databases; of the other
    pages the queries have tests that do, and a browser sees no difference."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            if item.path.name != "test_main_job.py":
                item.add_marker(pytest.mark.once)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ARGUMENTS}


@pytest.fixture(scope="session", autouse=True)
def _static_files_come_as_in_use() -> Iterator[None]:
    """By WhiteNoise, which lets the browser keep them for a minute; not by the test server's own
    handler, which has it ask for each of them again with each page."""
    with patch.object(StaticFilesHandler, "_should_handle", lambda *_: False):
        yield


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], live_server: Any) -> dict[str, Any]:
    """Pages are opened by path alone: page.goto("/contacts/"). Nothing moves: a transition that
    the next step of a test cuts short is an error in the console."""
    still = {"locale": "en-GB", "reduced_motion": "reduce"}
    return {**browser_context_args, "base_url": live_server.url, **still}


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page whose console must stay silent."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        refused = bool(REFUSED.search(message.text)) or message.location["url"] == page.url
        refused = refused or bool(REFUSED_HERE.match(message.text))
        if message.type == "error" and not refused:
            complaints.append(f"{message.text} ({page.url})")

    page.set_default_timeout(10_000)
    page.add_init_script(REPORT_CSP)
    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(f"{error} ({page.url})"))
    yield page
    assert not complaints


@pytest.fixture
def sign_in(page: Page, live_server: Any) -> SignIn:
    """Signs a person in without the form: sign_in(hana).goto("/contacts/")."""

    def signed_in(user: User) -> Page:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        return page

    return signed_in
