"""The dashboard dies in the middle of a batch: after its restart the batch goes on, and nothing is created twice."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import programs
from tests.e2e import steps
from tests.journeyadmin.shop import Shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MANY = 120


def test_a_batch_survives_a_kill(chromium: "Chromium", tmp_path: Path) -> None:
    port = programs.free_port()
    with programs.journeyserver(tmp_path / "server", dashboard_port=port) as server:
        shop = Shop(server.url)
        entries = [{"displayName": shop.name(f"New {number}")} for number in range(MANY)]
        # A short budget for each call makes a claim of a dead process short too.
        budget = {"JOURNEYADMIN_SERVICE_BUDGET_SECONDS": "1"}
        context = chromium.new_context(base_url=f"http://127.0.0.1:{port}")
        context.set_default_timeout(15_000)
        page = context.new_page()
        with programs.dashboard(tmp_path / "dashboard", server, port, **budget) as first:
            steps.sign_in(page, "admin")
            page.goto("/files/")
            page.get_by_label("Or paste the text").fill(json.dumps({"journey": 1, "segments": entries}))
            page.get_by_role("button", name="Show the plan").click()
            page.get_by_role("button", name=f"Apply {MANY} changes").click(no_wait_after=True)
            _wait_until_some_are_there(shop)
            first.kill()
        address = page.url
        before = _count(shop)
        assert 0 < before < MANY, "it was killed in the middle"
        with programs.dashboard(tmp_path / "dashboard", server, port, **budget):
            page.goto(address)
            whole = page.get_by_role("heading", name=f"All {MANY} changes done")
            # A create that was about to be sent is never sent by itself again, so the person is asked.
            again = page.get_by_role("button", name="Retry 1 failed")
            expect(whole.or_(again)).to_be_visible(timeout=60_000)
            if again.is_visible():
                expect(page.get_by_text("It was not created; the answer was lost.")).to_be_visible()
                again.click()
                page.get_by_role("button", name="Apply 1 change").click()
            expect(whole).to_be_visible()
        context.close()
        assert _count(shop) == MANY


def _count(shop: Shop) -> int:
    asked = {"queryFields": "displayName", "queryValue": shop.word, "pageSize": 1}
    return int(shop.ask("GET", params=asked)["total"])


def _wait_until_some_are_there(shop: Shop) -> None:
    for _try in range(2000):
        if _count(shop) >= 5:
            return
    pytest.fail("nothing was created")
