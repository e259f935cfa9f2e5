"""Every page that can be reached by links, checked by axe-core in light and dark, and for sideways scrolling at 320 px."""

import re
from collections import deque
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import programs
from tests.e2e import axe, steps
from tests.segments.definitions import visit

pytestmark = pytest.mark.browser

# One address of each kind of page: ids and queries do not make another kind.
MOST_PAGES = 40
NOT_PAGES = re.compile(r"/(export|download|static)|/file$|\.(csv|json|yaml|tf|svg|png)$")
# Pages that look different for who may do less; the other pages are the same for all.
DIFFERS = (
    "/segments/",
    "/action-targets/",
    "/analytics/",
    "/dashboards/",
    "/files/",
    "/accounts/permissions/",
)
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


def kind_of(address: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "*", urlsplit(address).path)


def foreign(address: str, dashboard: programs.Program) -> bool:
    return not address.startswith((f"{dashboard.url}/", "data:", "blob:"))


def pages_of(page: Page, start: str) -> list[str]:
    """The addresses of all kinds of pages, by following links."""
    waiting, kinds = deque([start]), {kind_of(start): start}
    while waiting and len(kinds) < MOST_PAGES:
        address = waiting.popleft()
        page.goto(address)
        for link in page.eval_on_selector_all(
            "a[href]", "links => links.map(link => link.getAttribute('href'))"
        ):
            target = urlsplit(urljoin(page.url, link))
            found = target.path + (f"?{target.query}" if target.query else "")
            ours = target.netloc == urlsplit(page.url).netloc and not NOT_PAGES.search(target.path)
            if ours and kind_of(found) not in kinds:
                kinds[kind_of(found)] = found
                waiting.append(found)
    return list(kinds.values())


@pytest.mark.parametrize("username", ["admin", "marketer", "supervisor", "analyst"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    chromium: Browser, dashboard: programs.Program, username: str
) -> None:
    failures: list[str] = []
    context = chromium.new_context(base_url=dashboard.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    # CON1: a browser is sent nowhere else either.
    elsewhere: list[str] = []
    page.on("request", lambda sent: elsewhere.append(sent.url) if foreign(sent.url, dashboard) else None)
    steps.sign_in(page, username)
    elsewhere.clear()
    for address in pages_of(page, "/segments/") if username == "admin" else DIFFERS:
        page.goto(address)
        failures += [f"{address} {line}" for line in axe.complaints(page)]
        page.set_viewport_size({"width": 320, "height": 640})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > 320:
            failures.append(f"{address}: {wide} px wide at 320 px")
        page.set_viewport_size({"width": 1280, "height": 900})
    context.close()
    assert not failures, "\n".join(failures)
    assert not elsewhere


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
