"""What people do in the browser, in words that the tests share."""

import re
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests import cast
from tests.programs import Program
from tests.segments.definitions import segment

PASSWORD = "demo"
# A server that fails when it is told to, and the dashboard on it.
Pair = tuple[Program, Program]


def fail(rehearsal: Pair, api: requests.Session, **fault: object) -> None:
    """Replaces the failures on purpose; without one, nothing fails any more."""
    rows = [{"operation": "*", **fault}] if fault else []
    answer = api.put(f"{rehearsal[0].url}/api/local/v1/faults", json={"faults": rows}, timeout=30)
    assert answer.ok, answer.text


def sign_in(page: Page, username: str) -> None:
    """From the dashboard's door through the server's login page and back."""
    page.goto("/")
    page.get_by_role("button", name="Test shop").click()
    page.get_by_label("Name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/segments/|/accounts/permissions/"))
    # An administrator who is the first of all to sign in through a connection is shown what they may do.
    if "/permissions/" in page.url:
        page.get_by_role("link", name="Go on").click()
        page.wait_for_url("**/segments/**")


def focused(page: Page, selector: str) -> None:
    """Waits until this has the focus."""
    page.wait_for_function("selector => document.activeElement?.matches(selector)", arg=selector)


def drawn(page: Page) -> None:
    """Until the chart is there."""
    expect(page.locator("#answer .plot .main-svg").first).to_be_visible()


def until_focus(page: Page, selector: str, most: int = 60, key: str = "Tab") -> None:
    """Tab until this has the focus; the test itself focuses nothing."""
    for _ in range(most):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} never reached {selector}")


def enter(page: Page, selector: str, most: int = 60, key: str = "Tab") -> None:
    """Tab to it and press it."""
    until_focus(page, selector, most, key)
    page.keyboard.press("Enter")


def apply_plan(page: Page, planned: str, done: str) -> None:
    """Applies by keyboard the plan that is shown under the heading `planned`; afterwards it is `done`."""
    expect(page.get_by_role("heading", name=planned)).to_be_visible()
    enter(page, 'button[value="apply"]')
    expect(page.get_by_role("heading", name=done)).to_be_visible()


def forgive(page: Page, *statuses: int) -> None:
    """Takes back what the console notes about answers that were meant to come; everything else stays a failure."""
    told = [f"status of {status}" for status in statuses] + [f"Error Code {status}" for status in statuses]
    noted: list[str] = page.complaints  # type: ignore[attr-defined]
    noted[:] = [line for line in noted if not any(words in line for words in told)]


class Held:
    """What the server holds, asked without the dashboard between."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/api/v2/journey/segments"
        self.session: requests.Session = cast.api(url)

    def named(self, name: str) -> list[dict[str, Any]]:
        asked = {"queryFields": "displayName", "queryValue": name, "pageSize": "200"}
        found: list[dict[str, Any]] = self.session.get(self.url, params=asked, timeout=30).json()["entities"]
        return found

    def make(self, name: str, **parts: Any) -> dict[str, Any]:
        answer = self.session.post(self.url, json=segment(name, **parts), timeout=30)
        assert answer.ok, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def get(self, segment_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.session.get(f"{self.url}/{segment_id}", timeout=30).json()
        return found
