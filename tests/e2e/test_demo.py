"""`make demo` as a visitor meets it: the three users click through a small generated shop, each at their own work."""

import re
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.launched import Running, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

SEGMENT = "/segments/5e900000-0000-4000-8000-{:012d}/"
# Two cores run this beside other tests, on a shop that has only just opened.
PATIENCE = 30_000
CALL_BACK = "7a6e0000-0000-4000-8000-000000000005"


# Loaded by every Python process of the demo before anything else: whoever reaches for another machine is refused and noted.
FENCE = """
import socket
_connect = socket.socket.connect
def connect(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        open({noted!r}, "a").write(f"{{address}}\\n")
        raise OSError("other machines are out of reach in this test")
    return _connect(self, address)
socket.socket.connect = connect
open({raised!r}, "a").close()
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A small shop that cannot reach any other machine, and is asserted not to have tried."""
    fence = tmp_path_factory.mktemp("fence")
    noted, raised = fence / "noted", fence / "raised"
    (fence / "sitecustomize.py").write_text(FENCE.format(noted=str(noted), raised=str(raised)))
    with running(tmp_path_factory.mktemp("shop"), SESSIONS="900", PYTHONPATH=str(fence)) as started:
        started.ready()
        assert raised.exists()
        yield started
        assert started.end(signal.SIGTERM) == 0
    assert not noted.exists(), noted.read_text()


def is_elsewhere(url: str) -> bool:
    return urlsplit(url).scheme.startswith("http") and urlsplit(url).hostname != "127.0.0.1"


@pytest.fixture
def enter(chromium: "Browser", shop: Running) -> Iterator[Callable[[str], Page]]:
    """`enter("marketer")`: a page of a new browser profile in which that person has signed in."""
    context = chromium.new_context(
        base_url=f"http://127.0.0.1:{shop.port}", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(15_000)
    complaints: list[str] = []

    def as_(username: str) -> Page:
        page = context.new_page()
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request", lambda request: complaints.append(request.url) if is_elsewhere(request.url) else None
        )
        page.goto("/")
        page.get_by_role("button", name=re.compile("^Demo shop(?! as a client)")).click()
        page.get_by_label("Name").fill(username)
        page.get_by_label("Password").fill("demo")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"http://127.0.0.1:{shop.port}/**")
        # An administrator who is the first of all is shown what they may do, and goes on.
        if "/accounts/permissions/" in page.url:
            page.goto("/")
        return page

    yield as_
    context.close()
    assert not complaints, complaints


def test_the_marketer_changes_a_segment(enter):
    page = enter("marketer")
    expect(page.get_by_text("Local data · generated")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("15 segments, 14 active")
    page.get_by_role("link", name="Comparing products", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Comparing products")
    expect(page.get_by_text("assignments in 30 days")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Edit").first.click()
    # Whom it would reach, counted while one writes.
    expect(page.get_by_text(re.compile(r"[1-9]\d* ?visits · \d+ ?%"))).to_be_visible(timeout=PATIENCE)
    page.get_by_label("Name", exact=True).fill("Comparing three products")
    page.get_by_role("button", name=re.compile("^Save")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Comparing three products")
    page.goto("/history/")
    expect(page.get_by_text("Comparing three products").first).to_be_visible()


def test_the_supervisor_eases_a_service_level(enter):
    page = enter("supervisor")
    page.get_by_role("link", name="Action targets").first.click()
    expect(page.locator("#week-state")).to_contain_text("ago", timeout=PATIENCE)
    share = page.locator(f'[name="{CALL_BACK}-share"]')
    expect(share).to_have_value("95\u00a0%")
    share.fill("80")
    page.get_by_role("button", name="Save “High-value call-back”").click()
    expect(page.locator(".row-saved")).to_contain_text("Saved.")


def test_the_analyst_asks_and_reads_the_same_numbers_in_the_table(enter):
    page = enter("analyst")
    page.goto("/analytics/?range=last-28-days&zone=UTC&m=nJourneySessions&g=journeyDeviceCategory")
    expect(page.locator("#answer-sentence")).to_contain_text(
        re.compile(r"Sessions: \w+ leads with"), timeout=PATIENCE
    )
    expect(page.locator("#answer .plot .main-svg").first).to_be_visible(timeout=PATIENCE)
    table = page.locator("#numbers table")
    # A row a day, the heading and the total.
    expect(table.get_by_role("row")).to_have_count(30)
    expect(table.get_by_role("columnheader", name=re.compile("Mobile"))).to_be_visible()
    for place, heading in (("Dashboards", "Dashboards"), ("Live", "Live")):
        page.get_by_role("link", name=place, exact=True).first.click()
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible(timeout=PATIENCE)


def test_ids_are_called_by_name(enter):
    page = enter("analyst")
    page.goto(
        "/analytics/?range=last-28-days&zone=UTC&by=all&m=nWebActionsOffered&g=journeyActionMapId&chart=table"
    )
    expect(page.get_by_role("table").get_by_text("Product advice")).to_be_visible(timeout=PATIENCE)


def test_the_administrator_sees_connections_and_data(enter):
    page = enter("admin")
    page.goto("/accounts/connections")
    expect(page.get_by_role("link", name="Demo shop as a client")).to_be_visible()
    page.goto("/operations/")
    expect(page.get_by_text(re.compile("generated")).first).to_be_visible()


def test_every_place_opens_without_another_machine(enter):
    """CON1: every page in the rail, and what hangs off it, with all other machines out of reach."""
    page = enter("admin")
    for place in (
        "/segments/",
        SEGMENT.format(1),
        f"{SEGMENT.format(1)}edit",
        "/segments/new",
        "/action-targets/",
        f"/action-targets/{CALL_BACK}/",
        "/analytics/",
        "/analytics/saved/",
        "/analytics/alerts/",
        *(f"/dashboards/{key}/" for key in ("offers", "blocked", "segments", "service-levels", "sessions")),
        "/live/",
        "/history/",
        "/history/bin/",
        "/files/",
        "/files/compare",
        "/accounts/permissions",
        "/accounts/connections",
        "/service/",
        "/keyboard/",
    ):
        answer = page.goto(place)
        assert answer is not None
        assert answer.status == 200, place
        expect(page.get_by_role("heading", level=1)).to_be_visible()
