"""A supervisor from where weeks begin on Sunday and clocks have twelve hours (LOC7)."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import axe, steps
from tests.programs import Program

pytestmark = pytest.mark.browser
TWELVE = re.compile(r"\d:\d\d\s[AP]M")


@pytest.mark.parametrize(
    "place", ["/segments/", "/analytics/?range=last-24-hours&zone=UTC&m=nJourneySessions"]
)
def test_zones_are_offered_to_whoever_types_one(page: Page, place: str) -> None:
    steps.sign_in(page, "analyst")
    page.goto(place)
    page.locator("#part-zone, .top summary:has(.zone-name)").last.click()
    box = page.locator("input[list=zones]:visible")
    before = box.input_value()
    box.focus()
    expect(page.locator('#zones option:text-is("Europe/London")')).to_be_attached()
    # What is typed stays, and so does the address.
    expect(box).to_be_focused()
    expect(box).to_have_value(before)
    expect(page).to_have_url(re.compile(re.escape(place)))


@pytest.mark.parametrize("scripts", [True, False])
def test_times_and_weeks_are_as_one_is_used_to(chromium: Browser, dashboard: Program, scripts: bool) -> None:
    context = chromium.new_context(
        base_url=dashboard.url, viewport={"width": 390, "height": 844}, java_script_enabled=scripts
    )
    page = context.new_page()
    steps.sign_in(page, "analyst")
    page.goto("/accounts/account/")
    page.get_by_label("Weeks begin on").select_option("Sunday")
    page.get_by_label("Clock").select_option("12")
    page.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(page.get_by_text("Times are shown to you so from now on.")).to_be_visible()
    expect(page.locator("time").filter(has_text=TWELVE).first).to_be_visible()
    if scripts:
        assert not axe.complaints(page)
    page.goto("/analytics/?range=last-24-hours&zone=UTC&by=PT1H&m=nJourneySessions&chart=table")
    expect(page.get_by_text(TWELVE).first).to_be_visible()
    # A colleague's address means what it meant to them, and says so.
    page.goto("/analytics/?range=this-week&zone=UTC&m=nJourneySessions")
    expect(page.locator("#part-range")).to_contain_text("This week, from Monday")
    page.locator("#part-range").click()
    page.get_by_role("radio", name="This week", exact=True).check()
    if not scripts:
        page.get_by_role("button", name="Run").click()
    expect(page).to_have_url(re.compile("range=this-week-from-sunday"))
    expect(page.locator("#part-range")).not_to_contain_text("from Monday")
    page.goto("/accounts/account/")
    page.get_by_label("Weeks begin on").select_option("Monday")
    page.get_by_label("Clock").select_option("24")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("time").filter(has_text=TWELVE)).to_have_count(0)
    context.close()
