"""Many segments edited like a sheet: by keyboard and paste, and without scripts."""

import re
from typing import Any, Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import axe, steps
from tests.e2e.steps import Held
from tests.segments.definitions import visit

pytestmark = pytest.mark.browser

# As a spreadsheet puts three rows on the clipboard: a quoted cell holds a line end, and a colour is none.
SHEET = 'Came once\t#0072B2\tno\r\n"Two\nlines, ""quoted"""\tred\tyes\r\nToo far\t#000000\tno\r\n'


@pytest.fixture
def three(held: Held, name: str) -> list[dict[str, Any]]:
    anyone = [[visit("authenticated", "equal", "true")]]
    return [held.make(f"{letter} {name}", context=anyone) for letter in "ABC"]


def paste(page: Page, text: str) -> None:
    """Into whatever has the focus."""
    page.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(event);
        }""",
        text,
    )


def cell(page: Page, column: str, name: str) -> Locator:
    """Called by its column, the number of its row and the name that is saved."""
    role: Literal["checkbox", "textbox"] = "checkbox" if column == "Active" else "textbox"
    return page.get_by_role(role, name=re.compile(rf"^{column} \d+ {name}$"))


def test_by_keyboard_and_paste(page: Page, held: Held, name: str, three: list[dict[str, Any]]) -> None:
    steps.sign_in(page, "marketer")
    keys = page.keyboard
    page.goto(f"/segments/?fresh=1&q={name}")
    page.get_by_label("Select all 3 that match").check()
    page.get_by_role("button", name="Edit in a grid").click()
    expect(page.get_by_role("heading", name="Edit 3 segments")).to_be_visible()
    steps.until_focus(page, 'input[name="name"]')
    keys.press("ArrowDown")
    keys.type(f"Better {name}")
    keys.press("Enter")
    keys.press("ArrowRight")
    expect(cell(page, "Description", f"C {name}")).to_be_focused()
    keys.type("First")
    keys.press("Alt+Enter")
    keys.type("second")
    # In a cell of several lines the arrow moves within it before it leaves it.
    keys.press("ArrowUp")
    expect(cell(page, "Description", f"C {name}")).to_be_focused()
    keys.press("Shift+Enter")
    expect(cell(page, "Description", f"B {name}")).to_be_focused()
    paste(page, SHEET)
    live = page.locator("#live")
    expect(live).to_contain_text("5 cells pasted; Ctrl Z takes it back. 4 could not be taken")
    expect(cell(page, "Description", f"C {name}")).to_have_value('Two\nlines, "quoted"')
    keys.press("Control+z")
    expect(cell(page, "Description", f"C {name}")).to_have_value("First\nsecond")
    paste(page, SHEET)
    expect(cell(page, "Active", f"B {name}")).not_to_be_checked()
    # A name that is taken: said at the cell, and all that was typed is still there.
    cell(page, "Name", f"B {name}").fill(f"a {name}")
    keys.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("1 row needs attention")
    steps.forgive(page, 422)
    page.set_viewport_size({"width": 390, "height": 844})
    assert axe.complaints(page) == []
    page.get_by_role("alert").get_by_role("link", name=f"B {name}").click()
    expect(cell(page, "Name", f"B {name}")).to_be_focused()
    cell(page, "Name", f"B {name}").fill(f"Better {name}")
    keys.press("Control+Enter")
    expect(page.get_by_text("1 unchanged")).to_be_visible()
    steps.apply_plan(page, "2 changes planned", "All 2 changes done")
    found = {one["displayName"].split()[0]: one for one in held.named(name)}
    assert set(found) == {"A", "Better", "C"}
    better = found["Better"]
    assert (better["description"], better["color"].lower(), better["isActive"]) == (
        "Came once",
        "#0072b2",
        False,
    )
    assert (found["C"]["description"], found["C"]["isActive"]) == ('Two\nlines, "quoted"', True)
    assert found["A"]["version"] == 1


def test_without_scripts_on_a_phone(
    plain_page: Page, held: Held, name: str, three: list[dict[str, Any]]
) -> None:
    page = plain_page
    page.set_viewport_size({"width": 390, "height": 844})
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/grid?q={name}")
    cell(page, "Description", f"B {name}").fill("Typed")
    cell(page, "Active", f"C {name}").uncheck()
    page.get_by_role("button", name="Show the plan").click()
    page.get_by_role("link", name="Back to editing").click()
    expect(cell(page, "Description", f"B {name}")).to_have_value("Typed")
    page.get_by_role("button", name="Show the plan").click()
    page.get_by_role("button", name="Apply 2 changes").click()
    expect(page.get_by_role("heading", name="All 2 changes done")).to_be_visible()
    found = {one["displayName"][0]: one for one in held.named(name)}
    assert (found["B"]["description"], found["C"]["isActive"]) == ("Typed", False)
