"""Where the focus is after a swap; forced colours and less motion."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.segments.definitions import visit

pytestmark = pytest.mark.browser

ANSWER = "/analytics/?range=last-7-days&zone=UTC&m=nJourneySessions"
# Links that swap what is around them: the page, what is pressed there, and what has the focus afterwards.
SWAPS = (
    ("/segments/", ".col-changed > a", '[aria-sort="descending"] > a'),
    ("/segments/", "thead .col-name > a", '[aria-sort="descending"] > a'),
    ("/segments/", '[aria-label^="30 d"]', '[aria-label^="30 d"][aria-current]'),
    ("/segments/", "a.chip >> nth=0", "a.chip-on"),
    ("/segments/?active=yes", "a.chip-on", ":nth-match(a.chip, 1)"),
    ("/segments/", '[aria-label="Read again"]', '[aria-label="Read again"]'),
    (ANSWER, '[aria-label="Ask again"]', '[aria-label="Ask again"]'),
    (ANSWER, '[aria-label="Earlier"]', '[aria-label="Earlier"]'),
    # There is no later than that: the way leads nowhere any more, and keeps its place.
    (ANSWER, '[aria-label="Later"]', '[aria-label="Later"][aria-disabled]'),
    (ANSWER, 'a.chart-kind[title="Bars"]', "a.chart-kind[aria-current]"),
)
# Ids that more than one element has.
TWICE = "[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, at, all) => all.indexOf(id) < at)"


def test_focus_follows_a_swap(page: Page, held: steps.Held, name: str) -> None:
    held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    steps.sign_in(page, "admin")
    page.goto("/segments/new")
    button = page.locator('button[name="row"][value="add:context"]')
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator('[name="context-0-criteria-0-operator"]')).to_be_attached()
    where = page.evaluate(
        "(document.activeElement.closest('[id*=context-0]') || document.activeElement.parentElement).outerHTML"
    )
    assert "context-0" in where
    page.goto("/segments/")
    box = page.get_by_role("searchbox").first
    box.fill("nothing has this name")
    expect(page.locator("#live")).to_contain_text("0 of")
    # What is typed in is never replaced.
    expect(box).to_be_focused()
    for address, pressed, wanted in SWAPS:
        page.goto(address)
        page.locator(pressed).focus()
        # What has the focus afterwards is another element: this one is gone.
        page.evaluate("document.activeElement.dataset.old = ''")
        page.keyboard.press("Enter")
        expect(page.locator(f"{wanted}:not([data-old])"), f"{address} {pressed}").to_be_focused()
        assert page.evaluate(TWICE) == [], address


def test_forced_colours_and_reduced_motion(page: Page) -> None:
    steps.sign_in(page, "marketer")
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    for address in ("/segments/", "/segments/new", "/action-targets/"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        # Nothing moves, and what has the focus shows it by more than a colour that is taken away.
        assert page.evaluate("document.getAnimations().length") == 0, address
        for _ in range(12):
            page.keyboard.press("Tab")
            ring = page.evaluate(
                "(style => style.outlineStyle + ' ' + style.outlineWidth + ' ' + style.borderStyle)"
                "(getComputedStyle(document.activeElement))"
            )
            where = page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
            assert not ring.startswith("none"), f"{address}: {where} {ring}"
