"""A row's switch while the service misbehaves, and a row that is being created, in a real browser."""

import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from tests.e2e import axe, steps
from tests.e2e.steps import Pair, fail
from tests.segments.definitions import segment, visit

pytestmark = pytest.mark.browser

GERMANY = segment("Switched", context=[[visit("geolocation.country", "equal", "DE")]])


@pytest.fixture
def place(rehearsal: Pair) -> str:
    return f"{rehearsal[0].url}/api/v2/journey/segments"


@pytest.fixture
def held(api: requests.Session, place: str) -> Iterator[str]:
    made = str(api.post(place, json=GERMANY, timeout=30).json()["id"])
    yield made
    api.delete(f"{place}/{made}", timeout=30)


def test_a_switch_that_must_wait_stays_and_is_sent_again(
    seen: Page, rehearsal: Pair, api: requests.Session, held: str, place: str
) -> None:
    fault = {"operation": "patchJourneySegment", "fault": "429", "retryAfter": 21, "count": 1}
    seen.clock.install()
    seen.goto("/segments/?fresh=1")
    switch, notices, row = seen.locator(f"#sw-{held}"), seen.locator("#notices"), seen.locator(f"#s-{held}")
    high = row.bounding_box()
    fail(rehearsal, api, **fault)
    switch.focus()
    seen.keyboard.press("Space")
    expect(notices.get_by_text("The service asks us to wait 21 s")).to_be_visible()
    expect(switch).to_have_attribute("aria-checked", "true")
    steps.focused(seen, f"#sw-{held}")
    assert high is not None
    now = row.bounding_box()
    assert now is not None
    assert now["height"] == high["height"]
    expect(notices.get_by_text("It is switched by itself in")).to_be_visible()
    seen.clock.run_for(22_000)
    expect(notices.get_by_text("“Switched” is inactive now.")).to_be_visible()
    expect(switch).to_have_attribute("aria-checked", "false")
    # Cancel leaves it to the person.
    fail(rehearsal, api, **fault)
    switch.click()
    notices.get_by_role("button", name="Cancel").click()
    assert axe.complaints(seen) == []
    seen.clock.run_for(60_000)
    assert api.get(f"{place}/{held}", timeout=30).json()["isActive"] is False
    notices.get_by_role("button", name="Try again").click()
    expect(switch).to_have_attribute("aria-checked", "true")


def test_a_switch_that_is_refused_can_be_pressed_again(
    seen: Page, rehearsal: Pair, api: requests.Session, held: str
) -> None:
    seen.goto("/segments/?fresh=1")
    switch, notices = seen.locator(f"#sw-{held}"), seen.locator("#notices")
    # Looking fails too: the switch stays as it is.
    for operation in ("patchJourneySegment", "getJourneySegment"):
        fail(rehearsal, api, operation=operation, fault="403")
        switch.click()
        expect(notices).to_contain_text("journey:segment:")
        expect(switch).to_have_attribute("aria-checked", "true")
        notices.get_by_role("button", name="Dismiss").click()
    fail(rehearsal, api)
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")


def test_a_row_that_is_being_created_comes_by_itself_and_keeps_the_focus(
    seen: Page, api: requests.Session, place: str
) -> None:
    """Deleted behind the dashboard's back it is as with a service that does not list it yet; then the row comes from another."""
    seen.goto("/segments/new?template=cart-leavers")
    seen.get_by_label("Name", exact=True).fill("Just made")
    seen.locator("[data-save]").click()
    expect(seen.get_by_role("heading", name="Just made")).to_be_visible()
    made = seen.url.rstrip("/").rpartition("/")[2]
    listed = [one for one in api.get(place, timeout=30).json()["entities"] if one["id"] == made]
    assert listed
    drawn = seen.request.get(f"/segments/{made}/row?panel=").text()
    api.delete(f"{place}/{made}", timeout=30)
    seen.clock.install()
    seen.goto(f"/segments/?fresh=1&at={made}")
    row = seen.locator(f"#s-{made}")
    expect(row).to_contain_text("being created")
    steps.focused(seen, f"#n-{made}")
    with seen.expect_response(re.compile(f"{made}/row")) as answered:
        seen.clock.run_for(5_500)
    assert answered.value.status == 204
    expect(row).to_contain_text("being created")

    def listed_now(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body=drawn)

    seen.route(re.compile(f"{made}/row"), listed_now)
    seen.clock.run_for(5_500)
    expect(row).not_to_contain_text("being created")
    expect(row.get_by_role("switch")).to_be_visible()
    steps.focused(seen, f"#n-{made}")
