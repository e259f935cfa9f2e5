"""KEY6 where pages are full of numbers (all others: test_pages.py): whatever can be pressed is 24 by 24 px, and no bar covers the focus."""

import pytest
from playwright.sync_api import Page

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
