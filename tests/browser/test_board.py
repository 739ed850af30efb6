"""The board: a deal moved by keys, by its menu, by dragging; refused; and without a script."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from crm.models import Deal, Stage, User
from tests.browser.conftest import SignIn
from tests.factories import make_deal, make_stage


@pytest.fixture
def stages(db: None) -> list[Stage]:
    return [
        make_stage(name="Qualified", position=0, probability=20),
        make_stage(name="Proposal", position=1, probability=60),
        make_stage("won", name="Won", position=2),
        make_stage("lost", name="Lost", position=3),
    ]


@pytest.fixture
def board(sign_in: SignIn, hana: User, stages: list[Stage]) -> Page:
    make_deal(name="Osaka rollout", stage=stages[0], owner=hana, amount=48_000)
    make_deal(name="Branch archive", stage=stages[1], owner=hana, amount=100)
    page = sign_in(hana)
    page.goto("/deals/")
    return page


def lane(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=re.compile(f"^{name}"))


def link(within: Page | Locator) -> Locator:
    return within.get_by_role("link", name="Osaka rollout", exact=True)


def stage_of(name: str) -> str:
    return Deal.objects.get(name=name).stage.name


def test_by_keys(board: Page) -> None:
    board.keyboard.press("ArrowRight")
    osaka = board.get_by_role("link", name="Osaka rollout", exact=True)
    expect(osaka).to_be_focused()
    board.keyboard.press("ArrowRight")
    expect(board.get_by_role("link", name="Branch archive", exact=True)).to_be_focused()
    board.keyboard.press("ArrowLeft")
    board.keyboard.press("Shift+ArrowRight")
    said = board.locator("#said")
    expect(said).to_have_text("Osaka rollout, Proposal, position 1 of 2")
    expect(link(lane(board, "Proposal"))).to_be_focused()
    assert stage_of("Osaka rollout") == "Proposal"
    expect(lane(board, "Proposal").locator(".lane__sum")).to_contain_text("€ 48,100")
    board.keyboard.press("1")
    expect(said).to_have_text("Osaka rollout, Qualified, position 1 of 1")
    board.keyboard.press("w")
    expect(said).to_have_text("Osaka rollout is won")
    expect(board.get_by_text("Osaka rollout is won: € 48,000 this month.")).to_be_visible()
    board.keyboard.press("z")
    expect(link(lane(board, "Qualified"))).to_be_visible()
    assert stage_of("Osaka rollout") == "Qualified"


def test_by_the_menu_and_lost_with_a_reason(board: Page) -> None:
    opener = board.get_by_role("link", name="Move Osaka rollout")
    expect(opener).to_have_css("opacity", "1")  # it needs no pointer to be found
    opener.focus()
    board.keyboard.press("Enter")
    expect(board.get_by_role("button", name="Proposal")).to_be_focused()
    board.keyboard.press("Escape")
    expect(opener).to_be_focused()
    board.keyboard.press("l")
    expect(board.get_by_label("Why was it lost?").last).to_be_focused()
    board.keyboard.type("too dear")
    board.keyboard.press("Enter")
    expect(board.locator("#said")).to_have_text("Osaka rollout is lost")
    assert Deal.objects.get(name="Osaka rollout").lost_reason == "too dear"


def drag(page: Page, to: tuple[float, float]) -> None:
    box = page.locator(".deal", has_text="Osaka rollout").bounding_box()
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 40, steps=3)
    expect(page.locator("#dropbar")).to_be_visible()
    page.mouse.move(*to, steps=5)


def test_by_dragging(board: Page) -> None:
    target = lane(board, "Proposal").bounding_box()
    assert target
    drag(board, (target["x"] + 80, target["y"] + 300))
    expect(board.locator(".deal__ghost")).to_be_visible()
    board.keyboard.press("Escape")  # nothing has happened
    board.mouse.up()
    expect(board.locator(".deal__ghost")).to_be_hidden()
    drag(board, (target["x"] + 80, target["y"] + 300))
    board.mouse.up()
    expect(board.locator("#said")).to_have_text("Osaka rollout, Proposal, position 1 of 2")
    expect(board).to_have_url(re.compile("/deals/$"))  # the link of the card was not followed
    assert stage_of("Osaka rollout") == "Proposal"

    bar = board.locator("[data-drops=trash]")
    drag(board, (700, 400))
    box = bar.bounding_box()
    assert box
    board.mouse.move(box["x"] + 20, box["y"] + 20)
    board.mouse.up()
    expect(board.get_by_text("1 deal moved to the Trash.")).to_be_visible()
    assert not Deal.objects.kept().filter(name="Osaka rollout").exists()


def test_what_fails_goes_back_and_says_why(board: Page) -> None:
    board.route("**/stage/", lambda route: route.fulfill(status=422))
    board.reload()  # a page that is open may send a request past what is new in its way
    board.get_by_role("link", name="Osaka rollout", exact=True).focus()
    board.keyboard.press("2")
    toast = board.locator(".toast")
    expect(toast).to_contain_text("Osaka rollout could not be moved and is back where it was.")
    expect(toast).to_contain_text("The server answered 422.")
    expect(link(lane(board, "Qualified"))).to_be_focused()
    board.unroute("**/stage/")
    board.get_by_role("button", name="Try again").click()
    expect(board.locator("#said")).to_have_text("Osaka rollout, Proposal, position 1 of 2")


def test_single_keys_that_are_off_move_nothing(
    sign_in: SignIn, hana: User, stages: list[Stage]
) -> None:
    make_deal(name="Osaka rollout", stage=stages[0])
    hana.single_keys = False
    hana.save()
    page = sign_in(hana)
    page.goto("/deals/")
    page.get_by_role("link", name="Osaka rollout", exact=True).focus()
    for key in ("2", "w", "l", "x", "#"):
        page.keyboard.press(key)
    expect(page.locator("#said")).to_be_empty()
    assert stage_of("Osaka rollout") == "Qualified"


@pytest.fixture
def plain(browser: Browser, board: Page, live_server: object) -> Iterator[Page]:
    """The same person without JavaScript."""
    context = browser.new_context(
        java_script_enabled=False,
        base_url=str(live_server),
        viewport={"width": 1440, "height": 900},
    )
    context.add_cookies(board.context.cookies())  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def test_without_a_script_one_filters_and_moves(plain: Page, hana: User) -> None:
    plain.goto("/deals/")
    plain.get_by_role("button", name="Filter").click()
    plain.get_by_label("Owner").select_option("Hana")
    plain.get_by_role("button", name="Show", exact=True).click()
    expect(plain).to_have_url(re.compile(f"owner={hana.pk}"))
    plain.get_by_role("link", name="Move Osaka rollout").click()
    plain.get_by_role("button", name="Proposal").click()
    expect(plain.get_by_text("Osaka rollout moved to Proposal.")).to_be_visible()
    assert stage_of("Osaka rollout") == "Proposal"
    plain.goto("/deals/?layout=table")
    plain.get_by_label("Select Osaka rollout").check()
    plain.get_by_role("button", name="Move to Trash").click()
    expect(plain.get_by_text("1 deal moved to the Trash.")).to_be_visible()
    plain.get_by_role("button", name="Undo").click()
    expect(plain.get_by_role("link", name="Osaka rollout", exact=True)).to_be_visible()
