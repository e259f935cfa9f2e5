"""Saving while the service misbehaves: what was typed is still there at the end of each, and the service holds one truth."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from journeyadmin.accounts.models import Connection
from journeyadmin.contract.operations import UPDATE_ACTION_TARGET
from journeyadmin.history import log
from journeyadmin.service import JourneyService
from journeyadmin.service.answers import error_from
from tests import cast, programs
from tests.actiontargets.conftest import FIRST
from tests.actiontargets.pages import fields, plain
from tests.programs import Program

GRID = "/action-targets/"
PAGE = f"{GRID}{FIRST}/"
STALE = "The version given does not match the current version."
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
        (PATCH, "408", {}, "Not saved."),
        (PATCH, "409", {}, "Not saved."),
        (PATCH, "400", {"message": STALE}, "Not saved."),
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
    assert "newer version" not in page, "a target has no version, and nobody changed it"
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


@pytest.mark.parametrize("fault", ["408", "409"])
def test_an_answer_as_if_stale_is_a_conflict_only_where_somebody_changed_the_target(
    browser: Browser,
    fail: Callable[..., None],
    stored: Callable[[], float],
    faulty: Program,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    sent = _typed(browser)
    fail(PATCH, fault, count=1)
    assert browser.post(GRID, sent).status_code == 303, "sent again by itself"
    assert stored() == 0.82
    # Somebody's change comes between our look and our write.
    sent = {**_typed(browser), f"{FIRST}-share": "85"}
    fail(PATCH, fault, count=1)
    real = JourneyService.update_action_target

    def after_theirs(service: JourneyService, target_id: str, patch: Any) -> Any:
        monkeypatch.setattr(JourneyService, "update_action_target", real)
        try:
            return real(service, target_id, patch)
        finally:
            real(service, target_id, {"serviceLevel": {"percentage": 0.7, "durationMs": 20_000}})

    monkeypatch.setattr(JourneyService, "update_action_target", after_theirs)
    met = browser.post(GRID, sent)
    assert met.status_code == 409
    page = plain(met.content.decode())
    assert "70 % in 20 s" in page
    assert "85 % in 20 s" in page
    assert stored() == 0.7


def test_a_request_that_came_in_late_and_was_carried_out_is_saved_and_written_down(
    browser: Browser, fail: Callable[..., None], stored: Callable[[], float]
) -> None:
    sent = _typed(browser)
    fail(PATCH, "408", when="after", count=1)
    answer = browser.post(GRID, sent)
    assert answer.status_code == 303
    assert stored() == 0.82
    change = log.all_changes(Connection.objects.get()).get()
    assert (change.operation, change.reason) == ("update", "Peak")


def _at_its_field(page: str, field: str, words: str, place: str = "") -> None:
    """In the summary as a link to the field; at the field, which says that it is wrong and where that is written."""
    assert "Not saved: 1 field needs attention." in page
    assert re.search(rf'<li><a href="#{FIRST}-{field}">{place}[^<]+</a>: {re.escape(words)}', page)
    control = re.search(rf'<input id="{FIRST}-{field}"[^>]*>', page)
    assert control
    assert 'aria-invalid="true"' in control[0]
    described = re.search(r'aria-describedby="([^"]+)"', control[0])
    assert described
    assert words in page.partition(f'id="{described[1]}"')[2].partition("</div>")[0]
    # No other field is blamed.
    assert page.count('aria-invalid="true"') == 1
    assert "Copy details" in page


@pytest.mark.parametrize("address", [GRID, PAGE])
@pytest.mark.parametrize(
    ("refused", "field"),
    [
        ({"serviceLevel": {"percentage": 7, "durationMs": 20_000}}, "share"),
        ({"serviceLevel": {"percentage": 0.8, "durationMs": -1}}, "duration"),
        ({"shortAbandonThreshold": "soon"}, "abandon"),
        ({"name": 7}, "name"),
    ],
)
def test_what_the_service_refuses_is_said_at_its_field(
    browser: Browser,
    stored: Callable[[], float],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    refused: dict[str, Any],
    field: str,
) -> None:
    """The service is stricter than the form: it gets what the form would not send."""
    real = JourneyService.update_action_target
    monkeypatch.setattr(
        JourneyService,
        "update_action_target",
        lambda service, target_id, _patch: real(service, target_id, refused),
    )
    answer = browser.post(address, {**fields(browser.get(address).content.decode()), f"{FIRST}-share": "82"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert fields(page)[f"{FIRST}-share"] == "82"
    if (address, field) == (GRID, "name"):
        # The grid has no field for it: said at the row.
        assert re.search(rf'<li><a href="#{FIRST}-share">Pre-sales advice</a>: name: ', page)
    else:
        _at_its_field(page, field, "This ", "Pre-sales advice, " if address == GRID else "")
    assert stored() == 0.8


@pytest.mark.parametrize("address", [GRID, PAGE])
def test_what_is_not_enabled_is_said_at_the_field_that_is_named(
    browser: Browser, stored: Callable[[], float], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    body = b'{"code": "not.implemented", "message": "shortAbandonThreshold is not enabled in this organisation."}'

    def refuse(*_asked: Any) -> None:
        raise error_from(501, {"inin-correlation-id": "abc-1"}, body, UPDATE_ACTION_TARGET)

    monkeypatch.setattr(JourneyService, "update_action_target", refuse)
    answer = browser.post(address, {**fields(browser.get(address).content.decode()), f"{FIRST}-abandon": "7"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert fields(page)[f"{FIRST}-abandon"] == "7"
    words = "This is not enabled in your organisation."
    _at_its_field(page, "abandon", words, "Pre-sales advice, " if address == GRID else "")
    assert "abc-1" in page


@pytest.mark.parametrize("address", [GRID, PAGE])
@pytest.mark.parametrize("operation", [PATCH, GET])
def test_a_save_that_must_wait_counts_down(
    browser: Browser, fail: Callable[..., None], stored: Callable[[], float], address: str, operation: str
) -> None:
    opened = fields(browser.get(address).content.decode())
    fail(operation, "429", retryAfter=240)
    answer = browser.post(address, {**opened, f"{FIRST}-share": "82", "do": "save"})
    page = answer.content.decode()
    assert 'data-countdown="240"' in page
    assert "js/save-again" in page
    assert fields(page)[f"{FIRST}-share"] == "82"
    if address == PAGE and operation == GET:
        # What only fills the form in is not saved by itself later.
        reset = browser.post(address, {**opened, "do": "reset"}).content.decode()
        assert "asks us to wait 240 s" in reset
        assert "data-countdown" not in reset
    # In doubt it says so, and is never sent again by itself.
    fail(GET, "429", retryAfter=240)
    looked = browser.post(address, {**fields(page), "do": f"check:{FIRST}"}).content.decode()
    assert "It is not known whether this was saved." in looked
    assert "data-countdown" not in looked
    assert fields(looked)[f"{FIRST}-share"] == "82"
    assert stored() == 0.8


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


def test_a_target_opens_as_it_was_last_read_while_the_service_is_down(
    browser: Browser, fail: Callable[..., None]
) -> None:
    assert browser.get("/action-targets/").status_code == 200
    fail("getJourneyActiontarget", "503", retryAfter=240)
    page = browser.get(f"/action-targets/{FIRST}/")
    assert page.status_code == 200
    text = plain(page.content.decode())
    assert "This is what was read" in text
    assert "Pre-sales advice" in text
    assert 'name="do" value="save' not in page.content.decode()
    # Of one that was never read there is nothing to show.
    assert browser.get("/action-targets/00000000-0000-4000-8000-0000000000ff/").status_code == 502
