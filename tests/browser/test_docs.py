"""The description of the REST API, under our CSP: nothing of it comes from elsewhere."""

from playwright.sync_api import Page, expect


def test_the_docs_are_drawn_from_our_own_files(page: Page) -> None:
    page.goto("/api/v1/docs")
    expect(page.locator(".opblock").first).to_be_visible()
