"""The live page beside somebody who reads it: what comes moves nothing, and waits behind a button."""

import uuid
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e import steps
from tests.journeyserver.ingest.test_reports import event, post
from tests.programs import Program

pytestmark = pytest.mark.browser

FIRST = '[data-live-rows="events"] li >> nth=0'
NEW = '[data-live-new="events"]'
STATE = "[selected.getBoundingClientRect().top, getSelection().toString(), scrollY]"


def comes(server: Program, title: str) -> None:
    assert post(server, event(page={"url": "https://shop.example/read", "title": title})).ok


@pytest.fixture
def reading(page: Page, server: Program) -> Page:
    """The live page with an event in it that is selected, and the pointer elsewhere."""
    steps.sign_in(page, "marketer")
    comes(server, "Read")
    page.goto("/live/")
    page.mouse.move(2, 2)
    expect(page.locator(FIRST)).to_contain_text("Read")
    page.locator(FIRST).evaluate("row => { window.selected = row; getSelection().selectAllChildren(row); }")
    return page


def test_what_comes_leaves_a_selection_where_it_is(reading: Page, server: Program) -> None:
    before: list[Any] = reading.evaluate(STATE)
    comes(server, "Later")
    expect(reading.locator(NEW)).to_have_text("Show 1 new")
    assert reading.evaluate(STATE) == before
    # Once nothing is selected any more, it comes by itself.
    reading.evaluate("getSelection().removeAllRanges()")
    expect(reading.locator(FIRST)).to_contain_text("Later")
    expect(reading.locator(NEW)).not_to_be_visible()


def test_the_button_of_new_rows_shows_them_and_leads_to_their_heading(reading: Page, server: Program) -> None:
    comes(server, "Later")
    button = reading.locator(NEW)
    expect(button).to_be_visible()
    button.focus()
    reading.keyboard.press("Enter")
    expect(reading.locator(FIRST)).to_contain_text("Later")
    expect(reading.get_by_role("heading", name="Events")).to_be_focused()
    assert reading.evaluate("document.querySelector('[data-live-rows=\"events\"]').scrollTop") == 0


def test_a_question_that_is_asked_anew_brings_no_row_twice(reading: Page, server: Program) -> None:
    reading.evaluate("getSelection().removeAllRanges()")
    held: list[Route] = []
    reading.route("**/live/feed*", lambda route: route.continue_() if held else held.append(route))
    title = f"Once {uuid.uuid4().hex[:8]}"
    comes(server, title)
    reading.wait_for_timeout(2500)
    assert held
    button = reading.locator("[data-live-pause]")
    button.click()
    button.click()
    row = reading.locator('[data-live-rows="events"] li', has_text=title)
    expect(row).to_have_count(1)
    held[0].continue_()
    reading.wait_for_timeout(1000)
    expect(row).to_have_count(1)
    expect(reading.locator("[data-live-failed]")).not_to_be_visible()
