"""KEY6: whatever can be pressed is at least 24 by 24 px, measured on every kind of page; no bar covers what has the focus."""

import uuid
from datetime import UTC, datetime

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests import programs
from tests.e2e import sizes, steps
from tests.e2e.steps import Held
from tests.e2e.test_access import pages_of
from tests.segments.definitions import criterion, step, visit

pytestmark = pytest.mark.browser

# What lies over the middle, the beginning or the end of what has the focus: a bar, or what scrolled it out of sight.
COVERS = """() => {
  const held = document.activeElement, box = held.getBoundingClientRect();
  if (held === document.body || !box.width || box.height > innerHeight / 2) return "";
  const over = [3, box.width / 2, box.width - 3].map(x => document.elementFromPoint(box.left + x, box.top + box.height / 2))
    .find(there => !there || !(held.contains(there) || there.contains(held)));
  return over === undefined ? "" : `${held.outerHTML.slice(0, 120)} under ${over?.outerHTML.slice(0, 120)}`;
}"""
DEPLOYMENT = "00000000-0000-4000-8000-000000000001"


def seen_by_somebody(server: programs.Program) -> None:
    """A visit that is going on, for the live page."""
    event = {
        "customerCookieId": str(uuid.uuid4()),
        "eventName": "page_viewed",
        "page": {"url": "https://shop.example/sizes", "title": "Sizes"},
        "createdDate": datetime.now(UTC).isoformat(),
    }
    place = f"{server.url}/api/v2/journey/deployments/{DEPLOYMENT}/webevents"
    assert requests.post(place, json=event, timeout=30).ok


def test_whatever_can_be_pressed_is_large_enough(
    chromium: Browser, dashboard: programs.Program, server: programs.Program, held: Held, name: str
) -> None:
    page_seen = step(2, criterion("page.url", "containsAny", "/sizes", "/s"), event="page_viewed")
    shown = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]], journey=[page_seen])[
        "id"
    ]
    gone = held.make(f"{name} gone", journey=[step(1, criterion("page.url", "containsAny", "/sizes"))])["id"]
    context = chromium.new_context(base_url=dashboard.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    page = context.new_page()
    steps.sign_in(page, "admin")
    seen_by_somebody(server)
    page.goto("/live/")
    expect(page.locator(".live-link").first).to_be_visible()
    # Something in History and in the bin, and a plan.
    page.goto(f"/segments/{gone}/delete")
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#notices li")).to_be_visible()
    page.goto("/segments/grid")
    page.locator('[name="name"]').first.fill(f"{name} renamed")
    page.locator("[data-save]").click()
    expect(page.get_by_role("heading", name="planned")).to_be_visible()
    plan = page.url
    small: list[str] = []
    known = f"/segments/{shown}/"
    more = (plan, "/segments/grid", f"{known}edit", f"/segments/?panel={shown}", f"{known}history")
    for address in [*pages_of(page, "/segments/"), *more]:
        page.goto(address)
        small += sizes.too_small(page)
    # What opens over a page.
    for keys in ("?", "Control+k"):
        page.goto("/segments/")
        page.keyboard.press(keys)
        expect(page.locator("dialog[open] :is(.keys, .palette-row)").first).to_be_visible()
        small += sizes.too_small(page)
    context.close()
    assert not small, "\n".join(small)


@pytest.mark.parametrize(
    "address",
    [
        "/analytics/?{range}&m=nJourneySessions&g=journeyIpGeolocationCountry&where=journeyDeviceCategory:is:mobile",
        "/analytics/?{range}&by=all&m=nWebActionsOffered&m=nWebActionsAccepted&chart=funnel",
        "/analytics/?{range}&m=nJourneySessions&chart=nothing",
        "/dashboards/segments/?{range}",
        "/dashboards/sessions/?{range}&tables=1",
    ],
)
def test_whatever_can_be_pressed_about_numbers_is_large_enough(ana: Page, address: str) -> None:
    ana.goto(address.format(range="range=2026-05-01..2026-05-14&zone=Europe/London"))
    small = sizes.too_small(ana)
    assert not small, "\n".join(small)
    steps.forgive(ana, 422)


@pytest.mark.parametrize(
    "address",
    [
        "/analytics/?range=2026-05-01..2026-05-14&zone=America/Argentina/Buenos_Aires&m=nJourneySessions&m=nJourneySegmentsAssigned&g=journeyIpGeolocationCountry",
        "/dashboards/sessions/?range=2026-05-01..2026-05-14&zone=America/Argentina/Buenos_Aires",
    ],
)
def test_at_four_hundred_percent_nothing_lies_over_what_has_the_focus(ana: Page, address: str) -> None:
    ana.set_viewport_size({"width": 320, "height": 600})
    ana.goto(address)
    ana.wait_for_load_state("networkidle")
    covered = []
    for key in ("Tab",) * 60 + ("Shift+Tab",) * 60:
        ana.keyboard.press(key)
        if found := ana.evaluate(COVERS):
            covered.append(f"{key}: {found}")
    assert not covered, "\n".join(covered)
