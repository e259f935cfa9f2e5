"""KEY6 where pages are full of numbers (all others: test_pages.py): whatever can be pressed is 24 by 24 px, and no bar covers the focus."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import FilePayload, Page, expect

from analytics import measures
from tests.e2e import sizes, steps

pytestmark = pytest.mark.browser

# What lies over the middle, the beginning or the end of what has the focus: a bar, or what scrolled it out of sight.
COVERS = """() => {
  const held = document.activeElement, box = held.getBoundingClientRect();
  if (held === document.body || !box.width || box.height > innerHeight / 2) return "";
  const over = [3, box.width / 2, box.width - 3].map(x => document.elementFromPoint(box.left + x, box.top + box.height / 2))
    .find(there => !there || !(held.contains(there) || there.contains(held)));
  return over === undefined ? "" : `${held.outerHTML.slice(0, 120)} under ${over?.outerHTML.slice(0, 120)}`;
}"""


@pytest.mark.parametrize(
    "address",
    [
        "/analytics/?{range}&m=nJourneySessions&g=journeyIpGeolocationCountry&where=journeyDeviceCategory:is:mobile",
        "/analytics/?{range}&by=all&m=" + "&m=".join(measures.FUNNEL),
        "/analytics/?{range}&m=nJourneySessions&chart=nothing",
        "/dashboards/segments/?{range}",
        "/dashboards/sessions/?{range}&tables=1",
    ],
)
def test_whatever_can_be_pressed_about_numbers_is_large_enough(ana: Page, address: str) -> None:
    ana.goto(address.format(range="range=2026-05-01..2026-05-14&zone=Europe/London"))
    small = sizes.too_small(ana)
    assert not small, "\n".join(small)
    steps.forgive(ana, 422)


@pytest.mark.parametrize(
    "address",
    [
        "/analytics/?range=2026-05-01..2026-05-14&zone=America/Argentina/Buenos_Aires&m=nJourneySessions&m=nJourneySegmentsAssigned&g=journeyIpGeolocationCountry",
        "/dashboards/sessions/?range=2026-05-01..2026-05-14&zone=America/Argentina/Buenos_Aires",
    ],
)
def test_at_four_hundred_percent_nothing_lies_over_what_has_the_focus(ana: Page, address: str) -> None:
    ana.set_viewport_size({"width": 320, "height": 600})
    ana.goto(address)
    ana.wait_for_load_state("networkidle")
    covered = []
    for key in ("Tab",) * 60 + ("Shift+Tab",) * 60:
        ana.keyboard.press(key)
        if found := ana.evaluate(COVERS):
            covered.append(f"{key}: {found}")
    assert not covered, "\n".join(covered)


def test_on_a_phone_what_may_break_anywhere_is_still_read(page: Page) -> None:
    """Customers, refused lines and names of files stand in columns that are more than a letter wide."""
    steps.sign_in(page, "admin")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/operations/import/")
    day = datetime.now(UTC).strftime("%d/%b/%Y:00:00:00 +0000")
    lines = f'203.0.113.1 - - [{day}] "GET / HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux) Firefox/120.0"\ntorn {"x" * 200}\n'
    name = f"{'ü' * 60}.log"
    page.locator("[name=file]").set_input_files([FilePayload(name=name, mimeType="", buffer=lines.encode())])
    page.get_by_role("button", name="Look at the file").click()
    rows = page.get_by_role("region", name="First rows")
    expect(rows).to_be_visible()
    cells = ".operations-rows td:nth-child(4), .operations-sample"
    widths = page.eval_on_selector_all(cells, "all => all.map(one => one.getBoundingClientRect().width)")
    assert len(widths) == 2
    assert min(widths) >= 140
    page.get_by_role("button", name="Throw the file away").click()
    # As among the imports, which this does not add to.
    page.evaluate(
        """name => document.querySelector("main").insertAdjacentHTML("beforeend",
        `<div class="table-wrap"><table class="table"><tr><th class="operations-name">${name}</th>${"<td>wide and wider</td>".repeat(9)}</tr></table></div>`)""",
        name,
    )
    assert page.locator("th.operations-name").bounding_box()["width"] >= 140  # type: ignore[index]
