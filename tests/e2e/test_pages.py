"""Every page that can be reached by links, each opened once and held to what holds for all: axe-core in light and dark, no sideways
scrolling at 320 px (KEY7), whatever can be pressed at least 24 by 24 px (KEY6), and nobody else is asked for anything (CON1)."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests import programs
from tests.e2e import axe, sizes, steps, walk
from tests.e2e.steps import Held
from tests.segments.definitions import criterion, step, visit

pytestmark = pytest.mark.browser

# Pages that look different for who may do less; the other pages are the same for all.
DIFFERS = (
    "/segments/",
    "/action-targets/",
    "/analytics/",
    "/dashboards/",
    "/files/",
    "/accounts/permissions/",
)
DEPLOYMENT = "00000000-0000-4000-8000-000000000001"


@contextmanager
def browsing(chromium: Browser, dashboard: programs.Program, username: str) -> Iterator[Page]:
    """This person, signed in, who is sent nowhere but to the dashboard."""
    context = chromium.new_context(base_url=dashboard.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    page = context.new_page()
    steps.sign_in(page, username)
    elsewhere: list[str] = []
    page.on("request", lambda sent: elsewhere.append(sent.url) if _foreign(sent.url, dashboard) else None)
    yield page
    context.close()
    assert not elsewhere


def _foreign(address: str, dashboard: programs.Program) -> bool:
    return not address.startswith((f"{dashboard.url}/", "data:", "blob:"))


def _wide(page: Page) -> list[str]:
    page.set_viewport_size({"width": 320, "height": 640})
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    return [f"{wide} px wide at 320 px"] if wide > 320 else []


def _seen_by_somebody(server: programs.Program) -> None:
    """A visit that is going on, for the live page."""
    event = {
        "customerCookieId": str(uuid.uuid4()),
        "eventName": "page_viewed",
        "page": {"url": "https://shop.example/sizes", "title": "Sizes"},
        "createdDate": datetime.now(UTC).isoformat(),
    }
    place = f"{server.url}/api/v2/journey/deployments/{DEPLOYMENT}/webevents"
    assert requests.post(place, json=event, timeout=30).ok


def test_every_page_is_open_to_everyone(
    chromium: Browser, dashboard: programs.Program, server: programs.Program, held: Held, name: str
) -> None:
    page_seen = step(2, criterion("page.url", "containsAny", "/sizes", "/s"), event="page_viewed")
    shown = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]], journey=[page_seen])[
        "id"
    ]
    gone = held.make(f"{name} gone", journey=[step(1, criterion("page.url", "containsAny", "/sizes"))])["id"]
    failures: list[str] = []
    with browsing(chromium, dashboard, "admin") as page:
        _seen_by_somebody(server)
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
        known = f"/segments/{shown}/"
        more = (f"/segments/?panel={shown}", f"{known}edit", f"{known}history", "/segments/grid", plan)
        for address in walk.every_page(page, "/segments/", *more):
            found = axe.complaints(page) + _wide(page) + sizes.too_small(page)
            failures += [f"{address} {line}" for line in found]
        # What opens over a page.
        for keys in ("?", "Control+k"):
            page.goto("/segments/")
            page.keyboard.press(keys)
            expect(page.locator("dialog[open] :is(.keys, .palette-row)").first).to_be_visible()
            failures += sizes.too_small(page)
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("username", ["marketer", "supervisor", "analyst"])
def test_what_a_person_sees_differently_is_open_to_everyone(
    chromium: Browser, dashboard: programs.Program, username: str
) -> None:
    failures: list[str] = []
    with browsing(chromium, dashboard, username) as page:
        for address in DIFFERS:
            page.goto(address)
            failures += [f"{address} {line}" for line in axe.complaints(page) + _wide(page)]
    assert not failures, "\n".join(failures)
