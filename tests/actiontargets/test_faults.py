"""Saving while the service misbehaves: what was typed is still there at the end of each, and the service holds one truth."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from journeyadmin.accounts.models import Connection
from journeyadmin.history import log
from tests import cast, programs
from tests.actiontargets.conftest import FIRST
from tests.actiontargets.pages import fields, plain
from tests.programs import Program

GRID = "/action-targets/"
PATCH, GET, LIST = "patchJourneyActiontarget", "getJourneyActiontarget", "getJourneyActiontargets"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A server that fails on purpose, for all tests of this file."""
    folder = tmp_path_factory.mktemp("faulty")
    with programs.journeyserver(folder, JOURNEYSERVER_FAULTS="1") as running:
        yield running


@pytest.fixture
def fail(faulty: Program) -> Iterator[Callable[..., None]]:
    """`fail(PATCH, "500")` makes every such call fail from now on."""
    session = cast.api(faulty.url)
    address = f"{faulty.url}/api/local/v1/faults"

    def set_(operation: str, fault: str, **how: Any) -> None:
        answer = session.put(
            address, json={"faults": [{"operation": operation, "fault": fault, **how}]}, timeout=30
        )
        assert answer.ok, answer.text

    yield set_
    session.delete(address, timeout=30)


@pytest.fixture
def stored(faulty: Program) -> Callable[[], float]:
    session = cast.api(faulty.url)
    address = f"{faulty.url}/api/v2/journey/actiontargets/{FIRST}"
    session.patch(address, json={"serviceLevel": {"percentage": 0.8, "durationMs": 20_000}}, timeout=30)

    def share() -> float:
        session.delete(f"{faulty.url}/api/local/v1/faults", timeout=30)
        return float(session.get(address, timeout=30).json()["serviceLevel"]["percentage"])

    return share


@pytest.fixture
def browser(db: None, faulty: Program) -> Browser:
    cache.clear()
    return cast.signed_in(faulty.url, "supervisor", name="Faulty")


def _typed(browser: Browser) -> dict[str, str]:
    return {**fields(browser.get(GRID).content.decode()), f"{FIRST}-share": "82", "reason": "Peak"}


@pytest.mark.parametrize(
    ("operation", "fault", "how", "words"),
    [
        (PATCH, "500", {}, "not known whether this was saved"),
        (PATCH, "503", {}, "Not saved."),
        (PATCH, "504", {}, "not known whether this was saved"),
        (PATCH, "cut", {"when": "before"}, "not known whether this was saved"),
        (PATCH, "garbled", {"when": "after"}, "not known whether this was saved"),
        (PATCH, "400", {}, "refused on purpose"),
        (PATCH, "403", {}, "journey:actiontarget:edit"),
        (PATCH, "404", {}, "no longer offered by this organisation"),
        (PATCH, "429", {"retryAfter": 60}, "asks us to wait 60 s"),
        (PATCH, "501", {}, "not enabled in your organisation"),
        (GET, "500", {}, "Not saved."),
        (LIST, "500", {}, "Not saved."),
    ],
)
def test_what_was_typed_is_still_there(
    browser: Browser,
    fail: Callable[..., None],
    stored: Callable[[], float],
    operation: str,
    fault: str,
    how: dict[str, Any],
    words: str,
) -> None:
    sent = _typed(browser)
    fail(operation, fault, **how)
    answer = browser.post(GRID, sent)
    assert answer.status_code == 502
    page = plain(answer.content.decode())
    assert words in page
    assert "What you typed is still here." in page
    kept = fields(answer.content.decode())
    assert (kept[f"{FIRST}-share"], kept["reason"]) == ("82", "Peak")
    share = stored()
    assert share == (0.82 if how.get("when") == "after" else 0.8)
    # Sent again as it stands, it is saved once.
    assert browser.post(GRID, {**kept, "do": "save"}).status_code == 303
    assert stored() == 0.82


def test_a_lost_answer_is_looked_up_on_request(
    browser: Browser, fail: Callable[..., None], stored: Callable[[], float]
) -> None:
    sent = _typed(browser)
    fail(PATCH, "cut", when="after")
    answer = browser.post(GRID, sent)
    assert "It is not known whether this was saved." in answer.content.decode()
    assert f'value="check:{FIRST}"' in answer.content.decode()
    assert stored() == 0.82
    checked = browser.post(GRID, {**fields(answer.content.decode()), "do": f"check:{FIRST}"})
    assert checked.status_code == 303
    assert f"saved={FIRST}" in checked["Location"]
    change = log.all_changes(Connection.objects.get()).get()
    assert (change.operation, change.reason) == ("update", "Peak")


def test_a_lost_request_is_looked_up_on_request(
    browser: Browser, fail: Callable[..., None], stored: Callable[[], float]
) -> None:
    sent = _typed(browser)
    fail(PATCH, "cut", when="before")
    answer = browser.post(GRID, sent)
    assert stored() == 0.8
    checked = browser.post(GRID, {**fields(answer.content.decode()), "do": f"check:{FIRST}"})
    assert "It was not saved. What you typed is still here" in checked.content.decode()
    assert fields(checked.content.decode())[f"{FIRST}-share"] == "82"


def test_the_sign_in_ends_while_the_form_is_open(
    browser: Browser, fail: Callable[..., None], stored: Callable[[], float], faulty: Program
) -> None:
    sent = _typed(browser)
    fail(PATCH, "401")
    answer = browser.post(GRID, sent)
    assert answer.status_code == 302
    assert "/accounts/sign-in" in answer["Location"]
    assert stored() == 0.8
    again = cast.signed_in(faulty.url, "supervisor", browser, name="Faulty")
    page = again.get(GRID).content.decode()
    assert "Your sign-in had ended." in page
    assert fields(page)[f"{FIRST}-share"] == "82"


def test_a_list_that_lacks_something_is_an_error_and_not_a_shorter_grid(
    browser: Browser, fail: Callable[..., None]
) -> None:
    fail(LIST, "garbled")
    answer = browser.get(GRID)
    assert answer.status_code == 502
    assert "could not be read" in answer.content.decode()
    fail(LIST, "404")
    assert "no longer offered by this organisation" in browser.get(GRID).content.decode()
