"""An analyst waits for a number: an alert on a saved query, tried out and kept (DSH9)."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import axe, steps
from tests.programs import Program

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False])
def test_an_alert_is_tried_out_and_kept(chromium, dashboard: Program, scripts: bool) -> None:
    context = chromium.new_context(
        base_url=dashboard.url, viewport={"width": 390, "height": 844}, java_script_enabled=scripts
    )
    page: Page = context.new_page()
    name = f"Visits, scripts {scripts}"
    steps.sign_in(page, "analyst")
    page.goto("/analytics/saved/new?range=this-week&zone=UTC&by=P1D&m=nJourneySessions")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save the query").click()
    page.goto("/analytics/saved/")
    page.get_by_role("link", name=f"New alert on “{name}”").click()
    page.get_by_label("Limit").fill("-1")
    page.get_by_label("Fires when it is").select_option("above")
    page.get_by_role("button", name="What would it do now?").press("Enter")
    expect(page.get_by_text("It would fire now.")).to_be_visible()
    if scripts:
        steps.focused(page, "[role=status][data-focus]")
    expect(page.get_by_label("Limit")).to_have_value("-1")
    page.get_by_role("button", name="Save the alert").press("Enter")
    expect(page.get_by_role("heading", name="Alerts", exact=True)).to_be_visible()
    # This test's connection names nobody who asks, and the page says so.
    expect(page.get_by_text("Alerts of this connection are not looked at.")).to_be_visible()
    if scripts:
        for address in ("/analytics/alerts/", "/analytics/saved/"):
            page.goto(address)
            assert not axe.complaints(page), address
    page.goto("/analytics/alerts/")
    page.get_by_role("link", name=name).click()
    expect(page.get_by_text("Sessions above -1").or_(page.get_by_text("Sessions above −1"))).to_be_visible()
    context.close()
