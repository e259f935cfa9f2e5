"""One segment live: matches with what completed them, near misses with the one thing they lack (LIV7)."""

import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from django.core.cache import cache
from django.test import Client as Browser

from tests import cast
from tests.analytics.test_live_page import DEPLOYMENT
from tests.analytics.test_query_page import text
from tests.programs import Program

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
DESK = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
PAGE = f"/only-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def watched(shop: Program) -> Iterator[str]:
    """A segment of phones that see the page and then its end."""
    body = {
        "displayName": "<b>Phones</b> at the end",
        "scope": "Session",
        "context": {
            "patterns": [{"criteria": [_criterion("device.category", "mobile") | {"entityType": "visit"}]}]
        },
        "journey": {"patterns": [_step(PAGE), _step(f"{PAGE}/end")]},
    }
    session = cast.api(shop.url)
    address = f"{shop.url}/api/v2/journey/segments"
    made = session.post(address, json=body, timeout=30).json()
    yield made["id"]
    session.delete(f"{address}/{made['id']}", timeout=30)


def _criterion(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "operator": "equal", "values": [value], "shouldIgnoreCase": True}


def _step(page: str) -> dict[str, Any]:
    criteria = [_criterion("page.pathname", page)]
    return {"criteria": criteria, "count": 1, "streamType": "Web", "sessionType": "web"}


def visit(url: str, agent: str, *pages: str) -> str:
    """Somebody new sees these pages; the answer is their id."""
    who = str(uuid.uuid4())
    for page in pages:
        event = {
            "customerCookieId": who,
            "eventName": "page_viewed",
            "page": {"url": f"https://shop.example{page}", "title": "Only"},
            "createdDate": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "userAgentString": agent,
        }
        address = f"{url}/api/v2/journey/deployments/{DEPLOYMENT}/webevents"
        answer = requests.post(address, json=event, timeout=10)
        assert answer.ok, answer.text
        time.sleep(0.01)
    return who


def rows(page: str, kind: str) -> list[str]:
    """The rows of a list, as one reads them."""
    inside = page.partition(f'data-live-rows="{kind}"')[2].partition("</ol>")[0]
    return [" ".join(text_of(row).split()) for row in inside.split("<li")[1:]]


def text_of(markup: str) -> str:
    return re.sub(r"<[^>]+>", " ", f"<li{markup}")


def test_matches_and_near_misses_come_with_their_reason(ana: Browser, shop: Program, watched: str) -> None:
    page = ana.get(f"/live/segments/{watched}/")
    assert page.status_code == 200
    assert "&lt;b&gt;Phones&lt;/b&gt; at the end" in page.content.decode()
    cursor = page.content.decode().partition('data-cursor="')[2].partition('"')[0]
    people = [
        visit(shop.url, PHONE, PAGE, f"{PAGE}/end"),
        visit(shop.url, DESK, PAGE, f"{PAGE}/end"),
        visit(shop.url, PHONE, PAGE, "/elsewhere"),
        visit(shop.url, PHONE, PAGE),
        visit(shop.url, DESK, "/elsewhere"),
    ]
    feed = ""
    for _ in range(60):
        feed = ana.get(f"/live/segments/{watched}/feed?since={cursor}").content.decode()
        if len(rows(feed, "matches")) == 1 and len(rows(feed, "misses")) == 3:
            break
        time.sleep(0.2)
    (match,) = rows(feed, "matches")
    assert f"completed by step 2, page path “{PAGE}/end”" in match
    only_begun, no_end, no_phone = rows(feed, "misses")
    assert "device category is mobile" in no_phone
    assert "was “desktop” · 2 events so far" in no_phone
    assert f"page path is {PAGE}/end" in no_end
    assert f"page path was “{PAGE}” · 2 events so far" in no_end
    assert f"1 × event with page path equal to {PAGE}/end" in only_begun
    assert "0 of 1 times · 1 event so far" in only_begun
    assert "data-live-state" in feed
    assert not [one for one in people if one in feed]
    later = feed.partition('data-cursor="')[2].partition('"')[0]
    assert rows(ana.get(f"/live/segments/{watched}/feed?since={later}").content.decode(), "matches") == []


def test_it_is_reached_from_the_live_page_and_the_segments_page(ana: Browser, watched: str) -> None:
    assert f'<option value="{watched}">' in ana.get("/live/").content.decode()
    chosen = ana.get("/live/segments/", {"segment": watched})
    assert (chosen.status_code, chosen["Location"]) == (302, f"/live/segments/{watched}/")
    assert ana.get("/live/segments/", {"segment": "../x"})["Location"] == "/live/"
    assert f'href="/live/segments/{watched}/"' in ana.get(f"/segments/{watched}/").content.decode()


def test_a_segment_that_is_gone_and_one_that_is_inactive(ana: Browser, shop: Program, watched: str) -> None:
    assert ana.get(f"/live/segments/{uuid.uuid4()}/").status_code == 404
    assert ana.get(f"/live/segments/{uuid.uuid4()}/feed").status_code == 404
    made = f"{shop.url}/api/v2/journey/segments/{watched}"
    assert cast.api(shop.url).patch(made, json={"version": 1, "isActive": False}, timeout=30).ok
    assert "This segment is inactive" in text(ana.get(f"/live/segments/{watched}/"))


def test_where_it_is_not_announced_its_last_hour_stands_in(ana: Browser, watched: str) -> None:
    from journeyadmin.accounts.models import Connection

    ana.get("/live/")
    key = f"capabilities:{Connection.objects.get().pk}"
    cache.set(key, {**cache.get(key), "extensions": ["live"]}, 60)
    page = ana.get(f"/live/segments/{watched}/")
    assert "The last hour in steps of 5 minutes" in text(page)
    assert f"where=journeySegmentId:is:{watched}" in page.content.decode()
    assert ana.get(f"/live/segments/{watched}/feed").status_code == 404
    assert 'action="/live/segments/"' not in ana.get("/live/").content.decode()
