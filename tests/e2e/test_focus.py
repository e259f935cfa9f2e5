"""Where the focus is after something of Analytics was swapped, and what is said; the keys of charts on dashboards."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.actiontargets.conftest import FIRST
from tests.e2e import steps
from tests.e2e.steps import Held, drawn
from tests.segments.definitions import visit

pytestmark = pytest.mark.browser

WEEK = "range=2026-05-04..2026-05-10&zone=Europe/London"
ASKED = f"/analytics/?{WEEK}&m=nJourneySessions"
NOTHING = f"{ASKED}&where=journeyIpGeolocationCountry:is:none"
LIVE = "#live"
TILES = re.compile("/dashboards/tile[?]")


@pytest.mark.parametrize(
    ("menu", "field", "address"),
    [
        ("#part-range", '[name="range"][value="last-7-days"]', r"range=last-7-days"),
        ("#part-by", '[name="by"][value="PT1H"]', r"by=PT1H"),
        ("#part-compare", '[name="compare"][value="previous"]', r"compare=previous"),
    ],
)
def test_a_choice_in_a_menu_leads_back_to_the_menu(ana: Page, menu: str, field: str, address: str) -> None:
    ana.goto(ASKED)
    drawn(ana)
    ana.locator(menu).focus()
    ana.keyboard.press("Enter")
    ana.locator(field).focus()
    ana.keyboard.press("Space")
    expect(ana).to_have_url(re.compile(address))
    expect(ana.locator(menu)).to_be_focused()
    expect(ana.locator(LIVE)).to_have_text(ana.locator("#answer-sentence").inner_text())


def test_what_is_typed_in_a_menu_leads_back_to_it_too(ana: Page) -> None:
    ana.goto(ASKED)
    drawn(ana)
    ana.locator("#part-zone").click()
    ana.locator("#id_zone").fill("UTC")
    ana.keyboard.press("Enter")
    expect(ana).to_have_url(re.compile("zone=UTC"))
    expect(ana.locator("#part-zone")).to_be_focused()
    # What is not understood is said, and can be typed again where it was.
    ana.locator("#part-range").click()
    ana.get_by_label("Range in words").fill("some day")
    ana.keyboard.press("Enter")
    expect(ana.locator("#range-error")).to_be_visible()
    expect(ana.get_by_label("Range in words")).to_be_focused()
    expect(ana.locator(LIVE)).to_contain_text(ana.locator("#range-error").inner_text())
    steps.forgive(ana, 422)


def test_a_link_that_is_gone_leads_to_the_answer(ana: Page) -> None:
    ana.goto(NOTHING)
    ana.get_by_role("link", name="Without the filter").focus()
    ana.keyboard.press("Enter")
    expect(ana.locator(".numbers-table")).to_be_visible()
    expect(ana.locator("#answer-sentence")).to_be_focused()
    expect(ana.locator(LIVE)).to_have_text(ana.locator("#answer-sentence").inner_text())


def test_a_point_of_the_chart_leads_back_to_the_chart(ana: Page) -> None:
    ana.goto(f"{ASKED}&g=journeyDeviceCategory")
    drawn(ana)
    ana.locator(".plot").first.focus()
    ana.keyboard.press("Home")
    ana.keyboard.press("Enter")
    ana.get_by_role("link", name="Only this").focus()
    ana.keyboard.press("Enter")
    expect(ana.locator(".trail")).to_be_visible()
    expect(ana.locator("#answer .plot").first).to_be_focused()
    # The way back is gone once it was gone.
    ana.locator(".trail a").first.focus()
    ana.keyboard.press("Enter")
    expect(ana.locator(".trail")).to_have_count(0)
    expect(ana.locator("#answer-sentence")).to_be_focused()


def test_conditions_come_and_go_under_the_focus(ana: Page) -> None:
    ana.goto(ASKED)
    steps.enter(ana, "#add-filter")
    expect(ana.locator("#f-0-0-d")).to_be_focused()
    expect(ana.locator(LIVE)).to_have_text("A condition is added.")
    ana.locator('[value="add:0"]').focus()
    ana.keyboard.press("Enter")
    expect(ana.locator("#f-0-1-d")).to_be_focused()
    # Another choice leaves the focus where it was made, whatever else is still empty.
    ana.locator("#f-0-1-d").select_option("journeyDeviceCategory")
    expect(ana.locator("select#f-0-1-v")).to_be_visible()
    expect(ana.locator("#f-0-1-d")).to_be_focused()
    for left in ("#f-0-0-remove", "#add-filter"):
        ana.locator(".filter-row").last.locator("[value^=remove]").focus()
        ana.keyboard.press("Enter")
        expect(ana.locator(left)).to_be_focused()
        expect(ana.locator(LIVE)).to_have_text("A condition is removed.")


def test_cancelling_leads_to_run(ana: Page) -> None:
    ana.goto(ASKED)
    drawn(ana)
    held: list[Any] = []
    ana.route("**/analytics/?form=1*", lambda route: held.append(route))
    ana.locator("#run").click()
    steps.until_focus(ana, "[data-cancel]", key="Shift+Tab")
    ana.keyboard.press("Enter")
    expect(ana.locator("#run")).to_be_focused()
    expect(ana.locator(LIVE)).to_have_text("Cancelled. What is shown is as it was.")
    for route in held:
        route.abort()


def test_a_dashboard_moves_in_time_by_keys_and_shows_tables(ana: Page) -> None:
    ana.goto(f"/dashboards/offers/?{WEEK}")
    expect(ana.locator(".tile .main-svg").first).to_be_visible(timeout=20_000)
    for keys, address in (
        (("t", "ArrowLeft"), r"range=2026-04-27\.\.2026-05-03"),
        (("t", "ArrowRight"), r"range=2026-05-04\.\.2026-05-10"),
        (("t", "z"), r"range=2026-0[45]-\d\d\.\.2026-05-1\d"),
        (("v",), "tables=1"),
    ):
        for key in keys:
            ana.keyboard.press(key)
        expect(ana).to_have_url(re.compile(address))
    expect(ana.locator(".tile .numbers-table").first).to_be_visible()
    expect(ana.locator(".tile .main-svg")).to_have_count(0)
    # They stay tables when the range is another one.
    ana.locator("#part-range").click()
    ana.get_by_label("Last 7 full days").check()
    expect(ana).to_have_url(re.compile("range=last-7-days.*tables=1"))
    ana.keyboard.press("t")
    ana.keyboard.press("a")
    expect(ana).to_have_url(re.compile(r"range=\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d.*tables=1"))
    ana.keyboard.press("?")
    expect(ana.get_by_text("Charts: table or chart")).to_be_visible()
    ana.keyboard.press("Escape")
    ana.keyboard.press("v")
    expect(ana).not_to_have_url(re.compile("tables=1"))


def test_escape_stops_waiting_for_tiles(ana: Page) -> None:
    held: list[Any] = []
    ana.route(TILES, lambda route: held.append(route))
    ana.goto(f"/dashboards/offers/?{WEEK}", wait_until="domcontentloaded")
    expect(ana.locator("[data-tile].htmx-request")).to_have_count(8)
    ana.keyboard.press("Escape")
    expect(ana.get_by_text("No answer came. “Refresh” asks again.")).to_have_count(8)
    ana.unroute(TILES)
    ana.get_by_role("button", name="Refresh").click()
    expect(ana.get_by_text("No answer came.")).to_have_count(0)


def test_escape_stops_a_refresh_and_leaves_the_numbers(ana: Page) -> None:
    ana.goto(f"/dashboards/offers/?{WEEK}")
    expect(ana.locator("[data-tile] [data-part=age]")).to_have_count(8)
    said = ana.locator(".tile-sentence").all_inner_texts()
    held: list[Any] = []
    stopped: list[str] = []
    ana.on("requestfailed", lambda request: stopped.append(request.url))
    ana.route(TILES, lambda route: held.append(route))
    ana.get_by_role("button", name="Refresh").click()
    # A dialog that closes is what the key was pressed for.
    ana.keyboard.press("?")
    expect(ana.locator("#keys")).to_be_visible()
    ana.keyboard.press("Escape")
    expect(ana.locator("#keys")).not_to_be_visible()
    assert not stopped
    with ana.expect_event("requestfailed", lambda request: "/dashboards/tile?" in request.url):
        ana.keyboard.press("Escape")
    ana.wait_for_timeout(200)
    assert len(stopped) == 8
    assert ana.locator(".tile-sentence").all_inner_texts() == said
    expect(ana.locator(".is-stale")).to_have_count(0)
    ana.unroute(TILES)
    with ana.expect_response(TILES):
        ana.get_by_role("button", name="Refresh").click()


def test_a_part_that_is_read_again_keeps_the_focus(page: Page, held: Held, name: str) -> None:
    """The last 30 days of a segment, on its page and in the panel; the last week of a target."""
    segment = held.make(name, context=[[visit("browser.family", "equal", "Chrome")]])["id"]
    steps.sign_in(page, "admin")
    parts = [
        (f"/segments/{segment}/", "#month", "Read the assignments again"),
        (f"/segments/?fresh=1&q={name}&panel={segment}", "#month", "Read the assignments again"),
        (f"/action-targets/{FIRST}/", "#hours", "Read the last 7 days again"),
    ]
    for address, part, label in parts:
        page.goto(address)
        again = page.locator(part).get_by_role("link", name=label)
        again.focus()
        with page.expect_response(re.compile("/(activity|hours)")):
            page.keyboard.press("Enter")
        expect(page.locator(part)).not_to_have_class(re.compile("htmx"))
        expect(again).to_be_focused()
        # The page is still its own, not the part's.
        assert "/activity" not in page.url
