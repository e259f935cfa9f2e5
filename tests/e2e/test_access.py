"""Every page that can be reached by links, checked by axe-core in light and dark, and for sideways scrolling at 320 px."""

import re
from collections import deque
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests import programs
from tests.e2e import steps

pytestmark = pytest.mark.browser

AXE = programs.ROOT / "node_modules" / "axe-core" / "axe.min.js"
# One address of each kind of page: ids and queries do not make another kind.
MOST_PAGES = 40
NOT_PAGES = re.compile(r"/(export|download|static)|\.(csv|json|yaml|tf|svg|png)$")
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


def kind_of(address: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "*", urlsplit(address).path)


def complaints(page: Page) -> list[str]:
    """What axe-core finds, a line each: rule, how many, and where the first one is."""
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [f"{row['id']} ({len(row['nodes'])}): {row['nodes'][0]['target']}" for row in found["violations"]]


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


@pytest.mark.parametrize("username", ["admin"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    chromium: Browser, dashboard: programs.Program, username: str
) -> None:
    failures: list[str] = []
    context = chromium.new_context(base_url=dashboard.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    steps.sign_in(page, username)
    for address in pages_of(page, "/segments/"):
        page.goto(address)
        # What a page loads after itself: activity columns, charts.
        page.wait_for_load_state("networkidle")
        page.evaluate(AXE.read_text())
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            failures += [f"{address} {theme}: {line}" for line in complaints(page)]
        page.set_viewport_size({"width": 320, "height": 640})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > 320:
            failures.append(f"{address}: {wide} px wide at 320 px")
        page.set_viewport_size({"width": 1280, "height": 900})
    context.close()
    assert not failures, "\n".join(failures)
