"""A browser as the judge of hostile mail: what it makes of the pages that show it, as they are.

Whatever a letter does is seen by who is not the sanitiser: what ran, what was asked for, what lies
over the page, which elements of it could act, and whether Chromium's own parser finds in it what
the sanitiser did not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from playwright.sync_api import Dialog, Page, Request

from crm.lib.html import sanitise
from tests.crm.lib.test_last_step import tree

STEPS = Path(__file__).with_name("judge.js").read_text()
# What our pages ask for themselves, with what they come back for again and again.
PAGES = r"inbox/(?:\d+/)?|emails/\d+/(?:body/)?|judge/"
OURS = re.compile(
    rf"/(?:static/.*|pulse/|inbox/arrivals/|inbox/\d+/news/\?version=[0-9a-f]+|{PAGES})"
)
LEADS = re.compile(r"https?://|mailto:|tel:|about:blank|chrome-error:", re.IGNORECASE)
ALL = "[data-open-all]"
MOST = 60_000  # milliseconds until all letters of a page stand there


def _list() -> Any:
    return field(default_factory=list)


@dataclass
class Verdict:
    """What was seen; all of it empty where nothing acts. `letters` is how many were looked at."""

    letters: int = 0
    ran: list[str] = _list()  # dialogs, and whatever a console said
    asked: list[str] = _list()  # addresses that are none of the page's own
    led: list[str] = _list()  # where a press led, but to a web page in a tab of its own
    over: list[str] = _list()  # what lies over the page, or beyond its place
    active: list[str] = _list()  # elements that could act
    changed: list[str] = _list()  # what Chromium's parser read otherwise

    def faults(self) -> list[str]:
        named = (each.name for each in fields(self) if each.name != "letters")
        return [f"{name}: {value}" for name in named for value in getattr(self, name)]


class Judge:
    """Watches a page that is its own; `url` is where ours are served."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.seen = Verdict()
        self.opened: list[Page] = []
        page.on("dialog", self._dialog)
        page.on("console", lambda said: self.seen.ran.append(f"{said.type}: {said.text[:300]}"))
        page.on("pageerror", lambda error: self.seen.ran.append(str(error)))
        page.on("request", self._asked)
        page.on("popup", lambda popup: self.opened.append(popup))

    def look(self, path: str) -> Verdict:
        """What the letters of a page do as they are shown, and when everything is pressed."""
        self.seen, page = Verdict(), self.page
        page.goto(path)
        if page.locator(ALL).is_visible():
            page.locator(ALL).click()
        page.wait_for_function(STEPS, arg="fetched", timeout=MOST)
        page.evaluate(STEPS, "open")
        page.wait_for_function(STEPS, arg="ready", timeout=MOST)
        page.evaluate(STEPS, "settled")
        self._read(page.evaluate(STEPS, "letters"))
        page.evaluate(STEPS, "press")
        page.evaluate(STEPS, "settled")
        self._close_what_opened()
        if not page.url.endswith(path):
            self.seen.led.append(f"the page itself: {page.url}")
        return self.seen

    def look_in_the_open(self, emails: Sequence[int]) -> Verdict:
        """The same of the frames alone, on a page that holds them back by nothing."""
        frames = "".join(f'<iframe src="/emails/{pk}/body/"></iframe>' for pk in emails)
        page = {"body": frames, "content_type": "text/html"}
        self.page.route("**/judge/", lambda route: route.fulfill(**page))
        return self.look("/judge/")

    def _dialog(self, dialog: Dialog) -> None:
        self.seen.ran.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, request: Request) -> None:
        path = request.url.removeprefix(self.url)
        if path == request.url or not OURS.fullmatch(path):
            self.seen.asked.append(request.url)

    def _read(self, letters: Sequence[dict[str, Any]]) -> None:
        self.seen.letters = len(letters)
        for letter in letters:
            self.seen.active += letter["active"]
            self.seen.over += letter["over"]
            if tree(sanitise(letter["html"])) != tree(letter["html"]):
                self.seen.changed.append(letter["html"][:300])

    def _close_what_opened(self) -> None:
        for page in self.opened:
            if not LEADS.match(page.url):
                self.seen.led.append(page.url)
            if page.evaluate("opener !== null"):
                self.seen.led.append(f"{page.url} may reach back")
            page.close()
        self.opened.clear()
