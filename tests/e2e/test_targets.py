"""A supervisor tunes service levels: by mouse, by keyboard alone, several at once, and without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import cast
from tests.actiontargets.conftest import FIRST, KNOWN, SECOND
from tests.e2e import steps
from tests.programs import Program

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def known_targets(server: Program) -> None:
    session = cast.api(server.url)
    for target_id, state in KNOWN.items():
        session.patch(f"{server.url}/api/v2/journey/actiontargets/{target_id}", json=state, timeout=30)


def _level(server: Program, target_id: str) -> tuple[float, int]:
    answer = cast.api(server.url).get(f"{server.url}/api/v2/journey/actiontargets/{target_id}", timeout=30)
    level = answer.json()["serviceLevel"]
    return level["percentage"], level["durationMs"]


def _field(page: Page, target_id: str, name: str):  # type: ignore[no-untyped-def]
    return page.locator(f'[name="{target_id}-{name}"]')


def test_by_mouse(page: Page, server: Program) -> None:
    steps.sign_in(page, "supervisor")
    page.get_by_role("link", name="Action targets").click()
    expect(page.locator("#week-state")).to_contain_text("ago")
    # Read again, the numbers change in place: what was typed stays, and so does the focus.
    _field(page, SECOND, "share").fill("55")
    expect(page.locator("#save-note")).to_have_text("1 target differs")
    again = page.get_by_role("link", name="Read the last 7 days again")
    with page.expect_response("**/action-targets/numbers"):
        again.click()
    expect(again).to_be_focused()
    expect(page.locator(f"#n-{SECOND}-offered")).to_have_text(re.compile(r"\d"))
    expect(_field(page, SECOND, "share")).to_have_value("55")
    _field(page, SECOND, "share").fill("90 %")
    expect(page.locator("#save-note")).to_have_text("No changes")
    _field(page, FIRST, "share").fill("1")
    note = page.locator(f"#note-{FIRST}")
    expect(note).to_contain_text("1 % or 100 %?")
    _field(page, FIRST, "share").fill("82")
    expect(note).to_contain_text("0.82")
    expect(note).to_contain_text("was 80")
    expect(page.locator("#save-note")).to_have_text("1 target differs")
    page.get_by_role("button", name="Save “Pre-sales advice”").click()
    saved = page.locator(".row-saved")
    expect(saved).to_contain_text("Saved.")
    expect(saved).to_be_focused()
    assert _level(server, FIRST) == (0.82, 20_000)
    # The way back is typed in for her, and saved like anything else.
    page.get_by_role("button", name="Put back").click()
    expect(_field(page, FIRST, "share")).to_have_value("80\u00a0%")
    page.get_by_role("button", name="Save “Pre-sales advice”").click()
    expect(page.locator(".row-saved")).to_be_visible()
    assert _level(server, FIRST) == (0.8, 20_000)
    # A long name without a space breaks wherever it is told.
    page.goto(f"/action-targets/{FIRST}/")
    _field(page, FIRST, "name").fill("W" * 200)
    page.get_by_role("button", name=re.compile("^Save")).click()
    expect(page.locator("#notices")).to_contain_text("is saved")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # The hours before and after stand side by side on a phone too.
    page.set_viewport_size({"width": 390, "height": 844})
    hours = page.locator("#hours .table-wrap")
    expect(hours).to_be_visible()
    assert hours.evaluate("box => box.scrollWidth <= box.clientWidth")


def test_by_keyboard_alone(page: Page, server: Program) -> None:
    steps.sign_in(page, "supervisor")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/action-targets/")
    steps_to = f"{SECOND}-duration"
    for _step in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == steps_to:
            break
    else:
        pytest.fail("the field cannot be reached by Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("1m30")
    expect(page.locator(f"#note-{SECOND}")).to_contain_text("90000")
    # A step this large was warned about beside the field, so saving asks nothing more.
    expect(page.locator(f"#note-{SECOND}")).to_contain_text("changes by more than half")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".row-saved")).to_be_focused()
    assert _level(server, SECOND) == (0.9, 90_000)


def test_several_at_once_and_back(page: Page, server: Program) -> None:
    steps.sign_in(page, "supervisor")
    page.goto("/action-targets/")
    page.get_by_label("Select “Pre-sales advice”").check()
    page.get_by_label("Select “Checkout help”").check()
    page.locator("#fill_duration").fill("18s")
    page.get_by_role("button", name="Fill in").click()
    expect(_field(page, SECOND, "duration")).to_have_value("18s")
    page.get_by_role("button", name="Review 2 changes").click()
    expect(page.get_by_role("heading", name="2 changes planned")).to_be_visible()
    page.get_by_role("button", name="Apply 2 changes").click()
    expect(page.get_by_role("heading", name="All 2 changes done")).to_be_visible()
    assert (_level(server, FIRST), _level(server, SECOND)) == ((0.8, 18_000), (0.9, 18_000))
    page.get_by_role("button", name="Undo this batch").click()
    page.get_by_role("button", name="Apply 2 changes").click()
    expect(page.get_by_role("heading", name="All 2 changes done")).to_be_visible()
    assert (_level(server, FIRST), _level(server, SECOND)) == ((0.8, 20_000), (0.9, 15_000))


def test_without_scripts(plain_page: Page, server: Program) -> None:
    page = plain_page
    steps.sign_in(page, "supervisor")
    page.get_by_role("link", name="Action targets").click()
    page.get_by_role("link", name="show").click()
    expect(page.locator("#week-state")).to_contain_text("ago")
    _field(page, FIRST, "share").fill("100")
    # Nobody could warn while it was typed: it is asked once.
    page.locator("[data-save]").click()
    expect(page.get_by_text("Look once more, then save again.")).to_be_visible()
    expect(page.get_by_text("one late answer is enough")).to_be_visible()
    page.locator("[data-save]").click()
    expect(page.locator(".row-saved")).to_contain_text("Saved.")
    assert _level(server, FIRST) == (1.0, 20_000)
    page.locator(f'[id="{FIRST}"] summary').click()
    page.get_by_role("button", name="Reset to default").first.click()
    expect(_field(page, FIRST, "share")).to_have_value("80\u00a0%")
    _field(page, FIRST, "share").press("Enter")
    expect(page.locator(".row-saved")).to_be_visible()
    assert _level(server, FIRST) == (0.8, 20_000)


def test_a_conflict_is_saved_by_the_keys_that_save(page: Page, server: Program) -> None:
    """Ctrl and Enter save what was chosen; nothing that was typed is lost on the way."""
    steps.sign_in(page, "supervisor")
    page.goto(f"/action-targets/{SECOND}/")
    _field(page, SECOND, "share").fill("55 %")
    place = f"{server.url}/api/v2/journey/actiontargets/{SECOND}"
    theirs = {"serviceLevel": {"percentage": 0.7, "durationMs": 30_000}}
    assert cast.api(server.url).patch(place, json=theirs, timeout=30).ok
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="was changed while you were editing")).to_be_visible()
    page.locator('[name="choice-serviceLevel"][value="yours"]').check()
    page.get_by_label("Reason").fill("Agreed on the phone")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="was changed while you were editing")).to_have_count(0)
    assert _level(server, SECOND)[0] == 0.55
    steps.forgive(page, 409)
