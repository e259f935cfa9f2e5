"""An admin sees who changed what, restores a version, and brings a deleted segment back."""

import json
import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests import cast
from tests.actiontargets.conftest import FIRST, KNOWN
from tests.e2e import steps
from tests.e2e.steps import Held
from tests.programs import Program
from tests.segments.definitions import visit

pytestmark = pytest.mark.browser


def test_who_changed_what_and_back_again(page: Page, server: Program) -> None:
    session = cast.api(server.url)
    target = f"{server.url}/api/v2/journey/actiontargets/{FIRST}"
    session.patch(target, json=KNOWN[FIRST], timeout=30)
    steps.sign_in(page, "admin")
    reason = f"r{uuid.uuid4().hex[:8]}"
    page.goto(f"/action-targets/{FIRST}/")
    page.locator(f'[name="{FIRST}-share"]').fill("83")
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Save “Pre-sales advice”").click()
    expect(page.get_by_text("is saved: 83")).to_be_visible()
    # Somebody changes it outside.
    session.patch(target, json={"shortAbandonThreshold": 7}, timeout=30)
    page.goto(f"/action-targets/{FIRST}/history")
    first = page.locator(".timeline-row").first
    expect(first).to_contain_text("changed outside")
    expect(first).to_contain_text("Short abandon: organisation default → 7")
    page.locator(".timeline-row").nth(1).locator("summary").click()
    expect(page.locator(".timeline-row").nth(1).locator("pre").first).to_contain_text('"percentage": 0.8,')
    # The log over everything, by keyboard; what is typed filters it and stands in the address.
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url("**/history/")
    page.keyboard.press("/")
    page.keyboard.type(reason)
    expect(page.get_by_text("1 of")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/history/\?q={reason}$"))
    expect(page.locator(".history-table tbody tr")).to_have_count(1)
    page.locator(".history-table .row-link").click()
    page.get_by_role("link", name="Restore this version").click()
    expect(page.get_by_text("An earlier version is filled in; it is not saved.")).to_be_visible()
    expect(page.get_by_text("Short abandon: 7").first).to_be_visible()
    page.get_by_role("button", name="Save “Pre-sales advice”").click()
    expect(page.get_by_text("is saved")).to_be_visible()
    assert "shortAbandonThreshold" not in session.get(target, timeout=30).json()


def test_a_deleted_segment_comes_back_from_the_bin(page: Page, server: Program) -> None:
    session = cast.api(server.url)
    name = f"Bin {uuid.uuid4().hex[:8]}"
    made = session.post(
        f"{server.url}/api/v2/journey/segments", json={"displayName": name}, timeout=30
    ).json()
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/?q={name.split()[1]}&fresh=1")
    page.get_by_label(name, exact=True).check()
    expect(page.locator("[data-selection-count]")).to_have_text("1 selected")
    page.get_by_role("button", name="Delete…").last.click()
    page.get_by_role("button", name="Apply 1 change").click()
    expect(page.get_by_role("heading", name="1 change done")).to_be_visible()
    page.goto("/history/bin/")
    page.get_by_role("button", name=f"Restore {name}").click()
    expect(page.get_by_text("with the new id")).to_be_visible()
    new_id = page.url.rstrip("/").split("/")[-1]
    assert new_id != made["id"]
    session.delete(f"{server.url}/api/v2/journey/segments/{new_id}", timeout=30)


def test_who_changed_what_by_keyboard_alone(page: Page, held: Held, name: str) -> None:
    """Into the log, to one change, back to that version, and a deleted one out of the bin: nothing is clicked."""
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    steps.sign_in(page, "admin")
    keys = page.keyboard
    for description in ("first", "second"):
        page.goto(f"/segments/{made['id']}/edit")
        steps.until_focus(page, ".describe > summary")
        if not page.locator("#id_description").is_visible():
            keys.press("Enter")
        steps.until_focus(page, "#id_description")
        keys.press("Control+a")
        keys.type(description)
        keys.press("Control+Enter")
        expect(page.get_by_text("is saved, version")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url("**/history/")
    keys.press("/")
    keys.type(name)
    expect(page.locator(".history-table tbody tr")).to_have_count(2)
    # The older of the two.
    steps.enter(page, ".history-table tbody tr:last-child .row-link")
    page.wait_for_url(re.compile(r"/history/\d+/"))
    steps.enter(page, 'a[href*="version="]')
    page.wait_for_url("**/edit?version=*")
    expect(page.locator("#id_description")).to_have_value("first")
    keys.press("Tab")
    keys.press("Control+Enter")
    expect(page.get_by_text("is saved, version 4.")).to_be_visible()
    assert held.get(made["id"])["description"] == "first"
    page.goto(f"/segments/{made['id']}/delete")
    steps.enter(page, ".button-danger")
    expect(page.get_by_text(f"“{name}” is deleted.")).to_be_visible()
    page.goto("/history/bin/")
    # What other tests took away may have been noticed since, and stands before it then.
    row = page.locator(".history-table tbody tr", has_text=name).get_attribute("id")
    steps.enter(page, f"#{row} button")
    expect(page.get_by_text("with the new id")).to_be_visible()
    (back,) = held.named(name)
    assert back["id"] != made["id"]
    assert back["description"] == "first"


def test_a_file_is_planned_and_applied_by_keyboard_alone(page: Page, held: Held, name: str) -> None:
    steps.sign_in(page, "admin")
    keys = page.keyboard
    page.goto("/files/")
    steps.until_focus(page, "#id_text")
    keys.type(json.dumps({"journey": 1, "segments": [{"displayName": name, "isActive": False}]}))
    steps.enter(page, "form[enctype] button")
    expect(page.get_by_role("heading", name="1 change planned")).to_be_visible()
    assert held.named(name) == []
    steps.enter(page, 'button[value="apply"]')
    expect(page.get_by_role("heading", name="1 change done")).to_be_visible()
    assert [one["isActive"] for one in held.named(name)] == [False]
    steps.enter(page, 'button[value="undo"]')
    steps.apply_plan(page, "1 change planned", "1 change done")
    assert held.named(name) == []
