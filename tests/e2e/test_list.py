"""A marketer's list in a real browser: which of these still do anything? By mouse, by keyboard alone, and without scripts."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.steps import Held
from tests.segments.definitions import criterion, segment, step, visit

pytestmark = pytest.mark.browser

ROWS = ".list-table tbody tr"
CART = segment(journey=[step(3, criterion("page.url", "containsAny", "/checkout"), event="page_viewed")])
SENTENCE = "Visits with at least 3 × page view with address containing /checkout (case ignored)."


@pytest.fixture
def three(held: Held, name: str) -> list[dict[str, Any]]:
    """Two that say the same, one of them off; and one about something else."""
    germany = segment(context=[[visit("geolocation.country", "equal", "DE")]])
    return [
        held.make(f"A {name}", journey=CART["journey"]["patterns"]),
        held.make(f"B {name}", journey=CART["journey"]["patterns"], isActive=False),
        held.make(f"C {name}", context=[row["criteria"] for row in germany["context"]["patterns"]]),
    ]


def active(held: Held, name: str) -> dict[str, bool]:
    return {row["displayName"][0]: row["isActive"] for row in held.named(name)}


def test_by_mouse(page: Page, held: Held, name: str, three: list[dict[str, Any]]) -> None:
    steps.sign_in(page, "marketer")
    page.goto("/segments/?fresh=1")
    page.get_by_role("searchbox").fill(f"{name} key:page.url value:checkout")
    rows = page.locator(ROWS)
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(SENTENCE)
    expect(rows.first).to_contain_text("same as B")
    expect(rows.first.locator(".col-activity")).to_contain_text("none in 30 days")
    page.get_by_role("link", name=re.compile("^Inactive")).click()
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"key%3Apage\.url"))
    page.get_by_role("link", name=re.compile("^Inactive.*remove filter")).click()
    expect(rows).to_have_count(2)
    # Many at once: a plan before, a result for each row after.
    page.get_by_label("Select all 2 that match").check()
    page.get_by_role("button", name="Activate…", exact=True).click()
    expect(page.get_by_role("heading", name="1 change planned")).to_be_visible()
    expect(page.get_by_text("1 unchanged")).to_be_visible()
    page.get_by_role("button", name="Apply 1 change").click()
    expect(page.get_by_role("heading", name="1 change done")).to_be_visible()
    assert active(held, name) == {"A": True, "B": True, "C": True}


def test_by_keyboard_alone(page: Page, held: Held, name: str, three: list[dict[str, Any]]) -> None:
    """Every key goes to whatever has the focus; nothing is clicked or focused by the test."""
    steps.sign_in(page, "marketer")
    keys = page.keyboard
    page.goto("/segments/?fresh=1")
    keys.press("/")
    steps.focused(page, "#segment-search")
    keys.type(f"{name} -is:inactive")
    rows = page.locator(ROWS)
    expect(rows).to_have_count(2)
    steps.focused(page, "#segment-search")
    # On to the first row, and its switch off and on again.
    first = three[0]["id"]
    steps.until_focus(page, f"#s-{first} .row-link")
    steps.until_focus(page, f"#sw-{first}")
    keys.press("Space")
    expect(page.locator(f"#sw-{first}")).to_have_attribute("aria-checked", "false")
    assert active(held, name)["A"] is False
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    steps.focused(page, f"#sw-{first}")
    keys.press("Space")
    expect(page.locator(f"#sw-{first}")).to_have_attribute("aria-checked", "true")
    # Two of them selected, and off together.
    keys.press("k")
    steps.focused(page, f"#s-{first} .row-link")
    keys.press("x")
    keys.press("j")
    keys.press("x")
    expect(page.locator("[data-selection-count]")).to_have_text("2 selected")
    steps.enter(page, '#bulk button[value="off"]')
    steps.apply_plan(page, "2 changes planned", "All 2 changes done")
    assert active(held, name) == {"A": False, "B": False, "C": False}
    steps.enter(page, 'button[value="undo"]')
    steps.apply_plan(page, "2 changes planned", "All 2 changes done")
    assert active(held, name) == {"A": True, "B": False, "C": True}


def test_the_side_panel_by_keyboard(page: Page, name: str, three: list[dict[str, Any]]) -> None:
    """Opened on a row, moved on to the next, closed: the address and the focus follow."""
    steps.sign_in(page, "marketer")
    keys = page.keyboard
    page.goto(f"/segments/?fresh=1&q={name}")
    keys.press("j")
    steps.focused(page, f"#s-{three[0]['id']} .row-link")
    keys.press("p")
    panel = page.locator("#panel")
    steps.focused(page, "#panel-title")
    expect(panel.get_by_role("heading", name=f"A {name}")).to_be_visible()
    expect(panel).to_contain_text(SENTENCE)
    expect(panel).to_contain_text("assignments in 30 days")
    expect(page).to_have_url(re.compile(f"panel={three[0]['id']}"))
    keys.press("j")
    expect(panel.get_by_role("heading", name=f"B {name}")).to_be_focused()
    expect(page).to_have_url(re.compile(f"panel={three[1]['id']}"))
    page.reload()
    expect(panel.get_by_role("heading", name=f"B {name}")).to_be_focused()
    # A menu that is open takes Escape first.
    page.locator(f"#s-{three[2]['id']} .dots").click()
    ways = page.locator(f"#s-{three[2]['id']} .menu-row")
    expect(ways).to_have_text(["Edit", "Duplicate", "Side panel", "Delete…"])
    for way in ways.all():
        assert three[2]["id"] in (way.get_attribute("href") or "")
    keys.press("Escape")
    expect(panel).to_be_visible()
    keys.press("Escape")
    expect(panel).to_be_hidden()
    steps.focused(page, f"#s-{three[1]['id']} .row-link")
    expect(page).not_to_have_url(re.compile("panel="))
    # On a phone it stands in place of the page, and what it covers takes no focus.
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(f"#s-{three[0]['id']} .dots").click()
    page.get_by_role("link", name="Side panel").click()
    steps.focused(page, "#panel-title")
    assert panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    expect(page.get_by_role("searchbox")).to_be_hidden()
    for _ in range(4):
        keys.press("Tab")
        assert page.evaluate("document.activeElement.closest('#panel') !== null")
    panel.get_by_role("link", name="Close the panel").click()
    steps.focused(page, f"#s-{three[0]['id']} .row-link")
    # Back in the browser leads through the same states.
    page.go_back()
    expect(panel.get_by_role("heading", name=f"A {name}")).to_be_visible()


def test_the_age_of_the_list_counts_on(page: Page, three: list[dict[str, Any]]) -> None:
    steps.sign_in(page, "marketer")
    page.clock.install()
    page.goto("/segments/?fresh=1")
    age = page.locator(".list-age")
    expect(age).to_contain_text(re.compile(r"read \d+ s ago"))
    page.clock.run_for(25_000)
    expect(age).to_contain_text(re.compile(r"read (2[5-9]|[3-8]\d) s ago"))
    read = str(age.locator("time").first.get_attribute("datetime"))
    age.get_by_role("link", name="Read again").press("Enter")
    expect(age.locator("time").first).not_to_have_attribute("datetime", read)


def test_without_scripts(plain_page: Page, held: Held, name: str, three: list[dict[str, Any]]) -> None:
    page = plain_page
    steps.sign_in(page, "marketer")
    page.goto("/segments/?fresh=1")
    page.get_by_role("searchbox").fill(f"{name} event:page_viewed")
    page.get_by_role("button", name="Search", exact=True).click()
    rows = page.locator(ROWS)
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(SENTENCE)
    page.get_by_role("link", name="show", exact=True).click()
    expect(rows.first.locator(".col-activity")).to_contain_text("none in 30 days")
    page.locator(f"#s-{three[0]['id']} .dots").click()
    expect(page.locator("#panel")).to_contain_text(SENTENCE)
    expect(page.locator("#panel").get_by_role("link", name="Edit")).to_be_visible()
    page.get_by_role("link", name="Close the panel").click()
    expect(page.locator("#panel")).to_be_hidden()
    page.get_by_role("switch", name=f"A {name}: active").click()
    expect(page.get_by_text(f"“A {name}” is inactive now.")).to_be_visible()
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="Select all that match").click()
    page.get_by_role("button", name="Activate…", exact=True).click()
    page.get_by_role("button", name="Apply 2 changes").click()
    expect(page.get_by_role("heading", name="All 2 changes done")).to_be_visible()
    assert active(held, name) == {"A": True, "B": True, "C": True}
