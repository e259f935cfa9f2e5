"""The live page where the service announces live data, and the last hour where it does not (LIV4)."""

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from django.core.cache import cache
from django.test import Client as Browser

from journeyadmin import service
from journeyadmin.service.local import LocalService
from tests.analytics.test_query_page import text
from tests.programs import Program

# The demo's deployment (journeyserver/seeds.py).
DEPLOYMENT = "00000000-0000-4000-8000-000000000001"


def event(url: str, name: str) -> None:
    body = {
        "customerCookieId": str(uuid.uuid4()),
        "eventName": name,
        "page": {"url": f"https://shop.example/{name}", "title": "A <b>page</b>"},
        "createdDate": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    answer = requests.post(f"{url}/api/v2/journey/deployments/{DEPLOYMENT}/webevents", json=body, timeout=10)
    assert answer.ok, answer.text


def test_what_happened_is_there_and_what_follows_comes_after_the_cursor(ana: Browser, shop: Program) -> None:
    page = ana.get("/live/")
    assert page.status_code == 200
    assert "active sessions" in text(page)
    cursor = page.content.decode().partition('data-cursor="')[2].partition('"')[0]
    name = f"seen_{uuid.uuid4().hex[:8]}"
    event(shop.url, name)
    feed: Any = None
    for _ in range(40):
        feed = ana.get(f"/live/feed?since={cursor}")
        if name in feed.content.decode():
            break
    assert name in feed.content.decode()
    assert "A &lt;b&gt;page&lt;/b&gt;" in feed.content.decode()
    # Who it was, a long id, stands under the text and takes no width from it.
    assert re.search(
        rf"{name}</bdi>(?:(?!</li>|<time).)*<span class=\"live-detail mono\">", feed.content.decode()
    )
    # The session that this one event began.
    assert ">1 event<" in feed.content.decode()


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (service.ServerFault(status=500), "The service failed to answer this. What you see"),
        (
            service.RateLimited(retry_after=20),
            "asks us to wait 20 s. Nothing was changed; try again then. What",
        ),
        (service.Forbidden(permissions=["x:y:view"]), "You need the permission “x:y:view” for this. Ask"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(
    ana: Browser, monkeypatch: pytest.MonkeyPatch, failure: service.JourneyError, said: str
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise failure

    ana.get("/live/")
    for name in ("live", "watch"):
        monkeypatch.setattr(LocalService, name, fails)
    for address in ("/live/", "/live/segments/some/"):
        page = ana.get(address).content.decode()
        assert re.search(rf'href="{address}"><svg.*?</svg>Try again</a>', page, re.DOTALL)
        # What is open asks again by itself, and says so in place of asking for it.
        feed = text(ana.get(f"{address}feed"))
        assert said in feed
        assert "it is asked again by itself." in feed
        assert "Try again;" not in feed


def test_where_nothing_live_is_announced_the_last_hour_stands_in(ana: Browser) -> None:
    from journeyadmin.accounts.models import Connection

    ana.get("/live/")
    place = Connection.objects.get()
    key = f"capabilities:{place.pk}"
    announced = cache.get(key)
    cache.set(key, {**announced, "extensions": []}, 60)
    page = ana.get("/live/")
    assert "The last hour in steps of 5 minutes" in text(page)
    # What stands in a tile whose answer does not come.
    assert page.content.decode().count('<template id="unanswered">') == 1
    assert 'data-refresh="30"' in page.content.decode()
    assert ana.get("/live/feed").status_code == 404


@pytest.mark.parametrize(
    ("path", "key", "seen", "said"),
    [
        (
            "context.patterns[0].criteria[1]",
            "device.category",
            "mobile",
            "completed by device category “mobile”",
        ),
        ("journey.patterns[2]", "page.pathname", "/cart", "completed by step 3, page path “/cart”"),
        ("journey.patterns[0].eventName", "eventName", "", "completed by step 1, event name"),
        ("", "", None, "its conditions have changed since"),
    ],
)
def test_what_completed_a_segment_is_named(path: str, key: str, seen: Any, said: str) -> None:
    from analytics.live.views import completed

    assert completed(path, key, seen).lower() == said.lower(), json.dumps([path, key])
