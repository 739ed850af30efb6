"""The board under a finger: a long press lifts a card, a swipe scrolls. The touches are those of
Chromium's own input, so that it may take them for scrolling, as on a phone."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from crm.models import Deal, Stage, User
from tests.browser.conftest import SignIn
from tests.factories import make_deal, make_stage

PHONE = {"width": 390, "height": 844}
TABLET = {"width": 820, "height": 1180}
Point = tuple[float, float]


class Finger:
    """press(), move(), lift(): a touch at a point of the page, in small steps."""

    def __init__(self, cdp: CDPSession) -> None:
        self.cdp = cdp
        self.at: Point = (0, 0)

    def press(self, at: Point) -> None:
        self.at = at
        self._send("touchStart", [at])

    def move(self, to: Point, steps: int = 12) -> None:
        (x, y), (x2, y2) = self.at, to
        for n in range(1, steps + 1):
            self._send("touchMove", [(x + (x2 - x) * n / steps, y + (y2 - y) * n / steps)])
            time.sleep(0.016)  # as fast as a hand: what comes at once is one move
        self.at = to

    def lift(self) -> None:
        self._send("touchEnd", [])

    def _send(self, kind: str, points: list[Point]) -> None:
        places = [{"x": x, "y": y} for x, y in points]
        self.cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})


@pytest.fixture
def board(sign_in: SignIn, hana: User) -> Page:
    stages = [make_stage(name=name) for name in ("Qualified", "Proposal", "Contract")]
    for position, stage in enumerate(stages):
        Stage.objects.filter(pk=stage.pk).update(position=position)
    for n in range(14):  # more than a lane shows at once
        make_deal(name=f"Archive {n}", stage=stages[0], owner=hana)
    make_deal(name="Osaka rollout", stage=stages[0], owner=hana, amount=48_000)
    page = sign_in(hana)
    page.goto("/deals/")
    return page


@pytest.fixture
def finger(board: Page) -> Iterator[Finger]:
    cdp = board.context.new_cdp_session(board)
    yield Finger(cdp)
    cdp.detach()


def middle(of: Locator) -> Point:
    box = of.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def card(page: Page) -> Locator:
    return page.locator(".lane .deal", has_text="Osaka rollout")


def lane(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=re.compile(f"^{name}"))


def is_in(page: Page, stage: str) -> None:
    expect(lane(page, stage).locator(".deal", has_text="Osaka rollout")).to_be_visible()
    assert Deal.objects.get(name="Osaka rollout").stage.name == stage


def test_a_long_press_lifts_a_card(board: Page, finger: Finger) -> None:
    board.set_viewport_size(TABLET)  # two lanes and more beside each other
    finger.press(middle(card(board)))
    expect(board.locator("#dropbar")).to_be_visible()
    finger.move(middle(lane(board, "Proposal").locator(".lane__head")))
    expect(board.locator(".deal__ghost")).to_be_visible()
    finger.lift()
    expect(board.locator("#said")).to_have_text("Osaka rollout, Proposal, position 1 of 1")
    expect(board).to_have_url(re.compile("/deals/$"))  # the link was not followed
    board.reload()
    is_in(board, "Proposal")


def test_the_board_comes_along_to_the_lane_that_is_meant(board: Page, finger: Finger) -> None:
    x, y = middle(card(board))
    finger.press((x, y))
    expect(board.locator("#dropbar")).to_be_visible()
    finger.move((PHONE["width"] - 10, y))
    expect(lane(board, "Contract")).to_be_in_viewport(ratio=0.3)  # two lanes further
    finger.move((x + 60, y))
    expect(lane(board, "Contract").locator(".deal__ghost")).to_be_visible()
    finger.lift()
    expect(board.locator("#said")).to_have_text("Osaka rollout, Contract, position 1 of 1")
    board.reload()
    is_in(board, "Contract")


def test_a_swipe_scrolls(board: Page, finger: Finger) -> None:
    x, y = middle(card(board))
    finger.press((x, y))
    finger.move((x - 250, y))
    finger.lift()
    expect(lane(board, "Proposal")).to_be_in_viewport(ratio=0.3)
    finger.press((x, y + 200))
    finger.move((x, y))
    finger.lift()
    board.wait_for_function("scrollY > 50")
    expect(board.locator("#dropbar")).to_be_hidden()
    expect(board.locator("#said")).to_be_empty()
    is_in(board, "Qualified")


def test_a_tap_opens_the_deal(board: Page, finger: Finger) -> None:
    finger.press(middle(card(board).get_by_role("link", name="Osaka rollout", exact=True)))
    finger.lift()
    expect(board).to_have_url(re.compile(r"/deals/\d+/$"))


pytestmark = pytest.mark.browser_context_args(has_touch=True, is_mobile=True, viewport=PHONE)
