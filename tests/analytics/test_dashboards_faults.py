"""A tile whose question failed: what to do about it and the ids for support, in its place and on the page without scripts."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from tests import cast, programs
from tests.programs import Program

ASK = "postAnalyticsJourneysAggregatesQuery"
TILE = (
    "/dashboards/tile?range=last-28-days&zone=UTC&by=P1D&m=nJourneySessions&g=journeyDeviceCategory&title=x"
)
BOARD = "/dashboards/sessions/?range=last-28-days&zone=UTC&whole=1"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with programs.journeyserver(tmp_path_factory.mktemp("faulty"), JOURNEYSERVER_FAULTS="1") as running:
        yield running


@pytest.fixture
def fail(faulty: Program) -> Iterator[Callable[[str], None]]:
    session = cast.api(faulty.url)
    address = f"{faulty.url}/api/local/v1/faults"

    def set_(fault: str) -> None:
        answer = session.put(address, json={"faults": [{"operation": ASK, "fault": fault}]}, timeout=30)
        assert answer.ok, answer.text

    yield set_
    session.delete(address, timeout=30)


@pytest.fixture
def browser(db: None, faulty: Program) -> Browser:
    cache.clear()
    return cast.signed_in(faulty.url, "analyst")


def shown(browser: Browser, address: str) -> tuple[Any, str]:
    answer = browser.get(address)
    return answer, answer.content.decode()


@pytest.mark.parametrize(
    ("fault", "title"),
    [("500", "The service failed"), ("garbled", "Unexpected answer"), ("413", "Too large")],
)
def test_a_tile_that_failed_has_the_ids_to_hand_on(
    browser: Browser, fail: Callable[[str], None], fault: str, title: str
) -> None:
    fail(fault)
    answer, tile = shown(browser, TILE)
    assert answer.status_code == (413 if fault == "413" else 502)
    assert f"<strong>{title}</strong>" in tile
    assert "Copy details" in tile
    assert f"Operation: {ASK}" in tile
    assert re.search(r"Request id: \S+", tile)
    if fault != "garbled":
        assert re.search(r"Correlation id: \S+", tile)
    # Several tiles stand on one page, each with an id of its own.
    _answer, page = shown(browser, BOARD)
    ids = re.findall(r'<pre id="([^"]+)"', page)
    assert len(ids) == len(set(ids)) > 1
    assert page.count(f"<strong>{title}</strong>") == len(ids)


def test_a_tile_that_asks_for_too_much_has_repairs_that_ask_for_less(
    browser: Browser, fail: Callable[[str], None]
) -> None:
    fail("413")
    _answer, tile = shown(browser, TILE)
    repairs = re.findall(r'<a class="button button-small" href="/analytics/\?([^"]+)">([^<]+)</a>', tile)
    assert [label for _address, label in repairs][1:] == [
        "Without grouping by device category",
        "Only the last 7 days",
    ]
    assert parse_qs(repairs[-1][0].replace("&amp;", "&"))["range"] == ["last-7-days"]
    _answer, page = shown(browser, BOARD)
    assert "Only the last 7 days" in page
