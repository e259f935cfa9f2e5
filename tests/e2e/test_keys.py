"""The palette and the keyboard map in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.steps import Held
from tests.segments.definitions import criterion, segment, step

pytestmark = pytest.mark.browser


@pytest.fixture
def two(held: Held, name: str) -> list[str]:
    """Two segments, one of them off, that a list filtered by their name has alone."""
    patterns = segment(journey=[step(1, criterion("page.url", "containsAny", "/help"), event="page_viewed")])[
        "journey"
    ]["patterns"]
    return [held.make(f"{one} {name}", journey=patterns, isActive=one == "A")["id"] for one in "AB"]


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
    # The switch is the person's, whatever the browser: the next test wants them on.
    page.goto("/keyboard/")
    page.get_by_role("button", name="Switch single letters on").click()
    expect(page.get_by_role("button", name="Switch single letters off").first).to_be_visible()


def test_a_checkbox_takes_no_letters(page: Page, name: str, two: list[str]) -> None:
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/?fresh=1&q={name}")
    rows = page.locator(".list-table tbody tr")
    box = rows.first.get_by_role("checkbox")
    box.click()
    expect(box).to_be_checked()
    page.keyboard.press("x")
    expect(box).not_to_be_checked()
    page.keyboard.press("j")
    expect(rows.nth(1).locator(".row-link")).to_be_focused()
    box.click()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    box.focus()
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/action-targets/")


def test_targets_are_chosen_and_opened_by_letters(page: Page) -> None:
    steps.sign_in(page, "supervisor")
    page.goto("/action-targets/")
    boxes = page.locator(".targets-table tbody .col-choose input")
    keys = page.keyboard
    keys.press("j")
    keys.press("x")
    expect(boxes.first).to_be_checked()
    keys.press("j")
    keys.press("j")
    keys.press("Shift+X")
    for at in range(3):
        expect(boxes.nth(at)).to_be_checked()
    keys.press("x")
    expect(boxes.nth(2)).not_to_be_checked()
    link = page.locator(".targets-table .name-link").nth(2)
    expect(link).to_be_focused()
    # What is chosen is not typed yet: leaving the page asks nothing.
    there = str(link.get_attribute("href"))
    keys.press("?")
    expect(page.locator("#keys dt:visible", has_text="x")).to_have_count(1)
    keys.press("Escape")
    keys.press("e")
    page.wait_for_url(f"**{there}")


@pytest.mark.parametrize("address", ["/action-targets/", "/history/"])
def test_every_list_is_walked_through_and_opened(page: Page, name: str, two: list[str], address: str) -> None:
    steps.sign_in(page, "admin")
    # Something changed, so that there is a history.
    page.goto(f"/segments/?fresh=1&q={name}")
    page.locator(f"#sw-{two[0]}").click()
    expect(page.locator(f"#sw-{two[0]}")).to_have_attribute("aria-checked", "false")
    page.goto(address)
    links = page.locator("main tbody :is(.row-link, .name-link)")
    page.keyboard.press("j")
    expect(links.first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(links.first).to_be_focused()
    target = links.first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{target}")


def test_escape_leaves_what_was_typed_into_a_search_box(page: Page) -> None:
    steps.sign_in(page, "marketer")
    page.keyboard.press("/")
    page.keyboard.type("checkout")
    page.keyboard.press("Escape")
    expect(page.locator("#segment-search")).to_have_value("checkout")


def test_the_list_of_keys_is_of_those_that_work_here(page: Page) -> None:
    steps.sign_in(page, "analyst")
    told = page.locator("#keys dd:visible")
    page.route("**/keyboard/", lambda route: route.fulfill(status=503))
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("could not be read")
    page.keyboard.press("Escape")
    page.unroute("**/keyboard/")
    steps.forgive(page, 503)
    page.keyboard.press("?")
    expect(told.filter(has_text="To the search box of a list")).to_be_visible()
    expect(told.filter(has_text="Charts")).to_have_count(0)
    page.keyboard.press("Escape")
    page.goto("/analytics/?range=last-28-days&zone=UTC&m=nJourneySessions")
    page.keyboard.press("?")
    expect(told.filter(has_text="Charts")).to_have_count(4)
    expect(told.filter(has_text="To the search box of a list")).to_have_count(0)
    page.keyboard.press("Escape")
    # Its page has them all.
    page.goto("/keyboard/")
    expect(page.locator("main dd").filter(has_text="Charts")).to_have_count(4)


@pytest.mark.parametrize(("username", "edits"), [("marketer", 1), ("analyst", 0)])
def test_the_keys_of_a_row_are_told_before_any_menu_was_open(
    page: Page, two: list[str], username: str, edits: int
) -> None:
    steps.sign_in(page, username)
    page.goto("/segments/?fresh=1")
    page.keyboard.press("?")
    told = page.locator("#keys dd:visible")
    expect(told.filter(has_text="The row in the side panel")).to_have_count(1)
    expect(told.filter(has_text=re.compile("^Edit$"))).to_have_count(edits)


def test_the_palette_is_there_after_a_step_back(page: Page, two: list[str]) -> None:
    steps.sign_in(page, "supervisor")
    page.goto("/segments/?fresh=1")
    # A step back puts another page in this one's place, the palette with it.
    page.get_by_role("link", name=re.compile("^Inactive")).click()
    expect(page.locator(f"#s-{two[0]}")).to_have_count(0)
    page.go_back()
    expect(page.locator(f"#s-{two[0]}")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("checkout help")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/action-targets/**")


def test_enter_in_the_reason_of_a_plan_applies_it(page: Page, held: Held, name: str, two: list[str]) -> None:
    """And does not throw the plan away, whose button stands first."""
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/?q={name.replace(' ', '+')}&fresh=1")
    page.get_by_label("Select all 2 that match").check()
    page.get_by_role("button", name="Activate…", exact=True).click()
    page.get_by_label("Reason").fill("Both are wanted")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1 change done")).to_be_visible()
    assert all(row["isActive"] for row in held.named(name))


@pytest.mark.parametrize("keys", ["Enter", "Control+Enter"])
def test_before_a_segment_is_deleted_no_key_does_more_than_switch_it_off(
    page: Page, held: Held, name: str, two: list[str], keys: str
) -> None:
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{two[0]}/delete")
    page.get_by_label("Reason").fill("Nobody uses it")
    page.keyboard.press(keys)
    expect(page.get_by_text("is inactive now")).to_be_visible()
    assert {row["displayName"][0]: row["isActive"] for row in held.named(name)} == {"A": False, "B": False}
