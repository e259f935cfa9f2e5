"""Two connections side by side in the browser: what differs, promoted by mouse, and by keyboard alone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests import cast, programs
from tests.e2e import steps
from tests.journeyadmin.shop import Shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A second service, where changes are tried before they are promoted."""
    with programs.journeyserver(tmp_path_factory.mktemp("rehearsal")) as server:
        yield Shop(server.url)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, rehearsal: Shop) -> Iterator[tuple[str, Shop]]:
    """A dashboard with both connections, and the shop of the first."""
    folder, port = tmp_path_factory.mktemp("both"), programs.free_port()
    with (
        programs.journeyserver(folder / "server", dashboard_port=port) as server,
        programs.dashboard(folder / "dashboard", server, port) as dashboard,
    ):
        _connect(folder / "dashboard", rehearsal)
        yield dashboard.url, Shop(server.url)


def _connect(folder: Path, shop: Shop) -> None:
    client, secret = cast.SERVICE
    where = ["--url", shop.url, "--client-id", client, "--client-secret-env", "SECRET", "--mode", "client"]
    done = subprocess.run(
        [sys.executable, "manage.py", "connection", "Rehearsal", *where],
        cwd=programs.ROOT,
        env=programs.environment(folder, JOURNEYADMIN_EMBEDDED_SERVER=shop.url, SECRET=secret),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def both(chromium: "Chromium", address: tuple[str, Shop], rehearsal: Shop) -> Iterator[tuple[Page, Shop]]:
    """The admin at the comparison, one segment differing and one only at the rehearsal."""
    url, shop = address
    rehearsal.word = shop.word
    shop.make("Both", description="here")
    rehearsal.make("Both", description="there")
    rehearsal.make("New")
    context = chromium.new_context(base_url=url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    page = context.new_page()
    steps.sign_in(page, "admin")
    page.goto("/files/compare")
    yield page, shop
    context.close()
    shop.tidy()
    rehearsal.tidy()


def test_what_differs_is_promoted_by_mouse(both: tuple[Page, Shop]) -> None:
    page, shop = both
    page.get_by_label("Compare with").select_option("Rehearsal")
    page.get_by_role("button", name="Compare", exact=True).click()
    row = page.get_by_role("row").filter(has_text=shop.name("Both"))
    expect(row).to_contain_text("“here” → “there”")
    page.get_by_role("row").filter(has_text=shop.name("New")).get_by_role("checkbox").check()
    page.get_by_role("button", name="Plan the promotion").click()
    expect(page.get_by_role("heading", name="1 change planned")).to_be_visible()
    page.get_by_role("button", name="Apply 1 change").click()
    expect(page.get_by_role("heading", name="change done")).to_be_visible()
    assert set(shop.all()) == {"Both", "New"}
    assert shop.all()["Both"]["description"] == "here", "only what was chosen is promoted"


def test_what_differs_is_promoted_by_keyboard_alone(both: tuple[Page, Shop]) -> None:
    page, shop = both
    steps.until_focus(page, "#with")
    page.keyboard.type("Rehearsal")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table")).to_be_visible()
    steps.until_focus(page, f'input[name="key"][value="segment:{shop.name("Both")}"]')
    page.keyboard.press("Space")
    steps.enter(page, ".save-bar .button-primary")
    steps.apply_plan(page, "1 change planned", "change done")
    assert shop.all()["Both"]["description"] == "there"
    assert set(shop.all()) == {"Both"}
