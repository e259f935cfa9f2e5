"""The values of a criterion in a real browser: chips, pasted columns, and values that exist."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.steps import Held
from tests.segments.definitions import criterion, step, visit

pytestmark = pytest.mark.browser


def test_values_are_chips_that_take_a_pasted_column(page: Page, held: Held, name: str) -> None:
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    box = page.get_by_label("Value", exact=True)
    box.click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('FR\\nIT\\nFR\\nES, PT')")
    page.keyboard.press("Control+V")
    expect(page.locator(".paste [data-count]")).to_have_text("4 values, 1 repeated")
    page.get_by_role("button", name="Add", exact=True).click()
    # Backspace in the empty box takes the last one back for editing.
    page.keyboard.press("Backspace")
    expect(box).to_have_value("ES, PT")
    box.fill("ES")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    # What is typed beside them comes along, and the chip that is clicked is the one that is meant.
    box.fill("AT")
    page.get_by_role("button", name="Remove IT").click()
    steps.focused(page, ".chip-edit")
    box.fill("NL")
    page.get_by_role("button", name="Edit FR").click()
    expect(box).to_have_value("FR")
    # Pressed at once: that the typed value becomes a chip does not move the button away.
    page.get_by_role("button", name="Save “").click()
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()
    values = held.get(made["id"])["context"]["patterns"][0]["criteria"][0]["values"]
    assert sorted(values) == ["AT", "DE", "ES", "FR", "NL"]


def paste(page: Page, text: str) -> None:
    """Into the box that has the focus, as from the clipboard."""
    page.evaluate(
        """text => { const data = new DataTransfer(); data.setData('text/plain', text);
        document.activeElement.dispatchEvent(
            new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); }""",
        text,
    )


def test_too_many_values_are_stopped_and_one_value_keeps_its_commas(
    page: Page, held: Held, name: str
) -> None:
    made = held.make(name, journey=[step(1, criterion("page.title", "equal", "A"), event="page_viewed")])
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    box = page.get_by_label("Value", exact=True)
    box.click()
    paste(page, "\n".join(f"v{number}" for number in range(100)))
    # Said to those who listen as well.
    expect(page.locator("strong[data-count]")).to_have_text(
        "100 values; at most 99 fit here. Nothing was added."
    )
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_disabled()
    expect(page.locator(".chips-box .chip")).to_have_count(1)
    page.get_by_role("group", name="Pasted values").get_by_role("button", name="Cancel").click()
    box.click()
    paste(page, "Tents, large, green")
    page.get_by_label("cut at").select_option(label="nothing: one value")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Save “").click()
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()
    rows = held.get(made["id"])["journey"]["patterns"][0]["criteria"]
    assert rows[0]["values"] == ["A", "Tents, large, green"]


def test_values_that_exist_are_offered_and_never_in_the_way(page: Page, held: Held, name: str) -> None:
    """EDT5: an answer in time is a list to choose from; one that does not come leaves typing alone."""
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    answers = {"values": [{"value": "NO", "count": 1200}, {"value": "NL", "count": 7}]}
    late: list[Any] = []
    page.route("**/segments/suggest?*", lambda route: late.append(route))
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    box = page.locator(".chips-box input")
    box.press_sequentially("SE")
    box.press("Enter")
    expect(page.locator(".chips-box .chip")).to_have_count(2)
    expect(page.locator("#suggestions")).to_have_count(0)
    assert late
    page.unroute("**/segments/suggest?*")
    page.route("**/segments/suggest?*", lambda route: route.fulfill(json=answers))
    # On a busy machine an answer may take longer than a person would wait: asked again, as by typing on.
    for _ in range(20):
        box.fill("N")
        page.wait_for_timeout(100)
        if page.locator("#suggestions").count():
            break
    expect(page.locator("#suggestions [role=option]").first).to_contain_text("1,200")
    box.press("ArrowDown")
    box.press("Enter")
    expect(page.locator(".chips-box .chip")).to_have_count(3)
    page.get_by_role("button", name="Save “").click()
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()
    assert held.get(made["id"])["context"]["patterns"][0]["criteria"][0]["values"] == ["DE", "SE", "NO"]
