"""Segments of one test alone on the shared server, and the server as the test sees it."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django.core.cache import cache
from django.test import Client as Browser

from segments import catalogue
from tests import cast
from tests.programs import Program
from tests.segments.definitions import Json, segment

Make = Callable[..., Json]


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """What one test read is not kept for the next: their databases are not the same."""
    catalogue.forget()
    cache.clear()


@pytest.fixture
def api(server: Program) -> Iterator["Api"]:
    """The server's segments, without the dashboard between; what the test leaves behind is deleted."""
    seen = Api(server.url)
    yield seen
    seen.tidy()


@pytest.fixture
def make(api: "Api") -> Make:
    """`make("Europe", context=…)` creates a segment; a word that only this test uses stands in its name."""
    return api.make


@pytest.fixture
def word(api: "Api") -> str:
    return api.word


class Api:
    """What the server holds, asked directly."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/api/v2/journey/segments"
        self.session: requests.Session = cast.api(url)
        self.word = f"w{uuid.uuid4().hex[:10]}"

    def make(self, name: str = "Europe", **parts: Any) -> Json:
        body = segment(f"{name} {self.word}", **parts)
        answer = self.session.post(self.url, json=body, timeout=30)
        assert answer.ok, answer.text
        made: Json = answer.json()
        return made

    def get(self, segment_id: str) -> Json | None:
        answer = self.session.get(f"{self.url}/{segment_id}", timeout=30)
        found: Json | None = answer.json() if answer.ok else None
        return found

    def patch(self, segment_id: str, **fields: Any) -> Json:
        answer = self.session.patch(f"{self.url}/{segment_id}", json=fields, timeout=30)
        assert answer.ok, answer.text
        changed: Json = answer.json()
        return changed

    def delete(self, segment_id: str) -> None:
        assert self.session.delete(f"{self.url}/{segment_id}", timeout=30).ok

    def mine(self) -> list[Json]:
        """The segments with this test's word in their name."""
        asked = {"queryFields": "displayName", "queryValue": self.word, "pageSize": "200"}
        found: list[Json] = self.session.get(self.url, params=asked, timeout=30).json()["entities"]
        return found

    def tidy(self) -> None:
        for one in self.mine():
            self.session.delete(f"{self.url}/{one['id']}", timeout=30)


def get(browser: Browser, path: str, **params: str) -> Any:
    """A page as a browser without scripts gets it."""
    return browser.get(path, params)


def fragment(browser: Browser, path: str, **params: str) -> Any:
    """The piece of the page that HTMX asks for."""
    return browser.get(path, params, headers={"hx-request": "true"})
