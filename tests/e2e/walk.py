"""Following links: one address of each kind of page, as ids and queries do not make another kind."""

import re
from collections import deque
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Page

MOST_PAGES = 60
NOT_PAGES = re.compile(r"/(export|download|static)|/file$|\.(csv|json|yaml|tf|svg|png)$")


def every_page(page: Page, *starts: str) -> Iterator[str]:
    """The address of each page, which stands there: these, and then whatever they lead to."""
    waiting, kinds = deque(starts), {_kind_of(start) for start in starts}
    while waiting:
        address = waiting.popleft()
        page.goto(address)
        links = page.eval_on_selector_all("a[href]", "all => all.map(link => link.getAttribute('href'))")
        here = page.url
        yield address
        for link in links:
            target = urlsplit(urljoin(here, link))
            found = target.path + (f"?{target.query}" if target.query else "")
            ours = target.netloc == urlsplit(here).netloc and not NOT_PAGES.search(target.path)
            if ours and _kind_of(found) not in kinds:
                kinds.add(_kind_of(found))
                waiting.append(found)
    # Whoever walks in circles names pages of one kind differently: that is a defect here.
    assert len(kinds) < MOST_PAGES, sorted(kinds)


def _kind_of(address: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "*", urlsplit(address).path)
