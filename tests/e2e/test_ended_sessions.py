"""A session that ends while a page is open: whatever asks for a part of it leads to the sign-in page, and from there back."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route

from tests.e2e import steps
from tests.e2e.steps import Held
from tests.segments.definitions import criterion, segment, step

pytestmark = pytest.mark.browser


def leads_to_sign_in(page: Page, back: str) -> None:
    page.wait_for_url("**/accounts/sign-in?**")
    assert parse_qs(urlsplit(page.url).query)["next"] == [back]


def test_a_dashboard_that_renews_itself(page: Page) -> None:
    steps.sign_in(page, "analyst")
    page.goto("/dashboards/sessions/?range=last-7-days")
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    page.get_by_role("button", name="Refresh", exact=True).click()
    leads_to_sign_in(page, "/dashboards/sessions/?range=last-7-days")


def test_the_live_page(page: Page) -> None:
    steps.sign_in(page, "analyst")
    page.goto("/live/")
    page.context.clear_cookies()
    leads_to_sign_in(page, "/live/")


def test_what_an_open_page_asks_by_itself_is_marked_so(page: Page) -> None:
    """Whatever is not marked would put off the end of an idle session (journeyadmin/accounts/middleware.py)."""
    steps.sign_in(page, "analyst")
    page.clock.install()
    asked: list[tuple[str, str]] = []
    page.on("request", lambda one: asked.append((urlsplit(one.url).path, one.headers.get("unasked", ""))))
    for address, part, tick in (
        ("/live/", "/live/feed", 2_500),
        ("/dashboards/offers/?range=last-7-days&refresh=30", "/dashboards/tile", 31_000),
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        asked.clear()
        with page.expect_response(lambda answer, part=part: part in answer.url):
            page.clock.run_for(tick)
        page.wait_for_load_state("networkidle")
        assert asked
        assert all(mark not in ("", "0") for _path, mark in asked), asked
    # A click is somebody.
    asked.clear()
    with page.expect_response("**/dashboards/tile*"):
        page.get_by_role("button", name="Refresh", exact=True).click()
    assert {mark for _path, mark in asked} == {"0"}, asked


def test_the_activity_of_the_list(page: Page, held: Held) -> None:
    def ended(route: Route) -> None:
        page.context.clear_cookies()
        headers = {name: value for name, value in route.request.headers.items() if name != "cookie"}
        route.continue_(headers=headers)

    patterns = segment(journey=[step(1, criterion("page.url", "containsAny", "/a"), event="page_viewed")])
    held.make("Ended", journey=patterns["journey"]["patterns"])
    steps.sign_in(page, "marketer")
    page.route(re.compile("/segments/activity"), ended)
    page.goto("/segments/?fresh=1&q=Ended")
    leads_to_sign_in(page, "/segments/?fresh=1&q=Ended")
