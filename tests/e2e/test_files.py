"""Many segments at once with a selection that survives filtering, and a file imported through a plan."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.journeyadmin.shop import Shop
from tests.programs import Program

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(server: Program) -> Iterator[Shop]:
    made = Shop(server.url)
    yield made
    made.tidy()


def _open_list(page: Page, shop: Shop) -> None:
    """Read anew, and with the activity column in place."""
    page.goto(f"/segments/?q={shop.word}&fresh=1")
    expect(page.locator(".list-table .skeleton")).to_have_count(0)


def test_a_selection_stays_while_the_list_is_filtered(page: Page, shop: Shop) -> None:
    for name in ("Alpha", "Beta", "Gamma"):
        shop.make(name)
    steps.sign_in(page, "marketer")
    _open_list(page, shop)
    page.get_by_label(shop.name("Alpha"), exact=True).check()
    search = page.get_by_label("Search segments")
    search.fill(f"Gamma {shop.word}")
    expect(page.locator(".list-table tbody tr")).to_have_count(1)
    count = page.locator("[data-selection-count]")
    expect(count).to_have_text("1 selected (1 not shown)")
    # By keyboard: x selects the row that has the focus.
    page.locator(".list-table .row-link").focus()
    page.keyboard.press("x")
    expect(count).to_have_text("2 selected (1 not shown)")
    page.get_by_role("button", name="Deactivate…").click()
    expect(page.get_by_role("heading", name="2 changes planned")).to_be_visible()
    page.get_by_role("button", name="Apply 2 changes").click()
    expect(page.get_by_role("heading", name="All 2 changes done")).to_be_visible()
    active = {name: one["isActive"] for name, one in shop.all().items()}
    assert active == {"Alpha": False, "Beta": True, "Gamma": False}
    # Back to the list as it was filtered.
    page.get_by_role("link", name="Back").click()
    expect(page.locator(".list-table tbody tr")).to_have_count(1)


def test_all_that_match_and_a_range(page: Page, shop: Shop) -> None:
    for name in "ABCD":
        shop.make(name)
    steps.sign_in(page, "marketer")
    _open_list(page, shop)
    boxes = page.locator('input[name="id"][form="bulk"]')
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.locator("[data-selection-count]")).to_have_text("3 selected")
    page.get_by_label("Select all 4 that match").check()
    expect(page.locator("[data-selection-count]")).to_have_text("4 selected")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#bulk")).to_be_hidden()


def test_a_long_run_shows_progress_can_be_paused_and_goes_on(page: Page, shop: Shop) -> None:
    shop.make("Old", description="x")
    entries = [{"displayName": shop.name(f"New {number}")} for number in range(120)]
    steps.sign_in(page, "admin")
    page.goto("/files/")
    page.get_by_label("Or paste the text").fill(json.dumps({"journey": 1, "segments": entries}))
    page.get_by_role("button", name="Show the plan").click()
    expect(page.get_by_role("heading", name="120 changes planned")).to_be_visible()
    page.get_by_role("button", name="Apply 120 changes").click()
    pause = page.get_by_role("button", name="Pause")
    done = page.get_by_role("heading", name="All 120 changes done")
    expect(pause.or_(done)).to_be_visible()
    if pause.is_visible():
        pause.click()
        expect(page.get_by_role("heading", name="Paused at").or_(done)).to_be_visible()
        # As after a restart: the page is opened again and goes on where it stood.
        page.reload()
        if page.get_by_role("button", name="Go on").is_visible():
            page.get_by_role("button", name="Go on").click()
    expect(done).to_be_visible(timeout=30_000)
    assert (
        len(
            shop.ask("GET", params={"queryFields": "displayName", "queryValue": shop.word, "pageSize": 200})[
                "entities"
            ]
        )
        == 121
    )


def test_a_file_that_cannot_be_read_keeps_what_was_pasted(page: Page) -> None:
    steps.sign_in(page, "admin")
    page.goto("/files/")
    page.get_by_label("Or paste the text").fill("journey: 1\nsegments:\n- displayName: [")
    page.get_by_role("button", name="Show the plan").click()
    expect(page.locator("#error-summary")).to_be_focused()
    expect(page.locator("#error-summary")).to_contain_text("Not readable as YAML at line 4")
    expect(page.get_by_label("Or paste the text")).to_have_value("journey: 1\nsegments:\n- displayName: [")
    page.complaints.clear()  # type: ignore[attr-defined]  # the 422 itself is what the console notes
