"""The palette and the keyboard map in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps

pytestmark = pytest.mark.browser


def test_the_palette_goes_to_a_place_by_name(page: Page) -> None:
    steps.sign_in(page, "supervisor")
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Name of a place")
    expect(box).to_be_focused()
    box.fill("checkout help")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/action-targets/**")
    page.keyboard.press("Control+k")
    page.keyboard.type("zzzz")
    expect(page.get_by_text("Nothing has this name.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()


def test_letters_go_to_places_unless_they_are_switched_off(page: Page) -> None:
    steps.sign_in(page, "analyst")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/action-targets/**")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard")).to_be_visible()
    page.get_by_role("button", name="Switch single letters off").click()
    expect(page.locator("#keys")).not_to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_timeout(300)
    assert "/action-targets/" in page.url
