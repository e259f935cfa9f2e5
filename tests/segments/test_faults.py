"""A segment that the service does not know yet, and a row's switch while the service misbehaves: neither is called deleted or lost."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from journeyadmin.service import Unreachable, circuit, transport
from journeyadmin.service.journey import JourneyService
from segments import catalogue
from tests import cast, programs
from tests.programs import Program
from tests.segments.conftest import Api, Make
from tests.segments.definitions import Json, segment, visit
from tests.segments.forms import HTMX, posted

GET, PATCH, CREATE = "getJourneySegment", "patchJourneySegment", "postJourneySegments"
GERMANY = visit("geolocation.country", "equal", "DE")
Fail = Callable[..., None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A server that fails on purpose, for all tests of this file."""
    with programs.journeyserver(tmp_path_factory.mktemp("faulty"), JOURNEYSERVER_FAULTS="1") as running:
        yield running


@pytest.fixture
def fail(server: Program) -> Iterator[Fail]:
    """`fail(PATCH, "500")` makes every such call fail from now on; without anything, nothing fails any more."""
    session = cast.api(server.url)
    address = f"{server.url}/api/local/v1/faults"

    def set_(operation: str = "", fault: str = "", **how: Any) -> None:
        rows = [{"operation": one, "fault": fault, **how} for one in operation.split()]
        assert session.put(address, json={"faults": rows}, timeout=30).ok

    yield set_
    set_()
    circuit.circuit_of(server.url).answered()


@pytest.fixture
def browser(db: None, server: Program, monkeypatch: pytest.MonkeyPatch) -> Browser:
    monkeypatch.setattr(transport, "BACKOFF_SECONDS", (0.01, 0.01, 0.01, 0.01))
    cache.clear()
    catalogue.forget()
    return cast.signed_in(server.url, "admin", name="Faulty")


@pytest.fixture
def created(browser: Browser, api: Api) -> Json:
    """One that was created in the dashboard a moment ago."""
    answer = browser.post("/segments/new", posted(segment(f"New {api.word}", context=[[GERMANY]])))
    assert answer.status_code == 303, answer.content.decode()
    return api.mine()[0]


def switch(browser: Browser, one: Json, to: str = "off", **more: str) -> Any:
    fields = {"to": f"{to}:{one['version']}", **more}
    return browser.post(f"/segments/{one['id']}/active", fields, headers=HTMX)


def _row(answer: Any, one: Json) -> str:
    found = re.search(rf'<tr id="s-{one["id"]}".*?</tr>', answer.content.decode(), re.DOTALL)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("page", ["edit", "delete", "overlap"])
def test_what_is_being_created_is_not_called_deleted(
    browser: Browser, created: Json, fail: Fail, page: str
) -> None:
    fail(GET, "404")
    answer = browser.get(f"/segments/{created['id']}/{page}")
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "is being created" in shown
    assert "data-retry" in shown
    assert "Someone deleted" not in shown
    fail()
    assert "is being created" not in browser.get(f"/segments/{created['id']}/{page}").content.decode()


def test_what_is_being_created_is_neither_changed_nor_taken_for_deleted(
    browser: Browser, created: Json, fail: Fail, api: Api
) -> None:
    address = f"/segments/{created['id']}"
    fail(f"{GET} {PATCH}", "404")
    assert browser.post(f"{address}/delete", {"reason": "x"}).status_code == 409
    saved = browser.post(f"{address}/edit", posted(created | {"description": "typed"}, base=created))
    page = saved.content.decode()
    assert (saved.status_code, "still creating this segment" in page) == (503, True)
    assert "data-repeats" in page
    assert ">typed</textarea>" in page.replace("\n", "")
    assert "still creating this segment" in switch(browser, created).content.decode()
    # Neither where only the write was answered so.
    fail(PATCH, "404")
    assert "still creating this segment" in switch(browser, created).content.decode()
    fail()
    assert created["displayName"] in browser.get("/segments/?fresh=1").content.decode()
    assert api.get(created["id"]) == created


def test_the_row_of_what_is_being_created_offers_nothing_and_asks_again(
    browser: Browser, created: Json, api: Api
) -> None:
    """Deleted behind the dashboard's back it is as with a service that does not list it yet."""
    browser.get("/segments/")
    api.delete(created["id"])
    row = _row(browser.get("/segments/?fresh=1&agents=yes&active=yes"), created)
    assert "being created" in row
    assert "/edit" not in row
    assert "/delete" not in row
    assert 'role="switch"' not in row
    asked = re.search(r'hx-get="(/segments/[^"]+/row\?[^"]*)"', row)
    assert asked is not None
    answer = browser.get(asked[1].replace("&amp;", "&"), headers=HTMX)
    assert (answer.status_code, answer.content) == (204, b"")
    panel = browser.get(f"/segments/?panel={created['id']}").content.decode()
    assert "/edit" not in panel.partition('id="panel"')[2].partition("</aside>")[0]


def test_the_row_comes_once_the_service_lists_it(browser: Browser, created: Json, fail: Fail) -> None:
    address = f"/segments/{created['id']}/row?panel="
    fail("getJourneySegments", "500")
    assert browser.get(address, headers=HTMX).status_code == 204
    fail()
    answer = browser.get(address, headers=HTMX)
    row = answer.content.decode()
    assert row.startswith(f'<tr id="s-{created["id"]}"')
    # The link has the id it had, so that the focus stays on it.
    assert f'id="n-{created["id"]}"' in row
    assert 'role="switch"' in row
    assert "being created" not in row
    assert "skeleton" not in row
    assert "is created." in answer.headers["HX-Trigger"]


@pytest.mark.parametrize(
    ("operation", "fault", "how", "words", "offered"),
    [
        (PATCH, "429", {"retryAfter": 21}, "asks us to wait 21 s", ('data-countdown="21"', "data-again")),
        (PATCH, "403", {}, "journey:segment:edit", ()),
        (PATCH, "400", {}, "refused on purpose", ("Try again",)),
        (PATCH, "503", {}, "failed to answer", ("Try again",)),
        (PATCH, "500", {}, "failed to answer", ("Try again",)),
        (PATCH, "408", {}, "failed to answer", ("Try again",)),
        (PATCH, "409", {}, "failed to answer", ("Try again",)),
        (PATCH, "400", {"message": "1 does not match the current version 1"}, "failed to answer", ()),
        (GET, "429", {"retryAfter": 21}, "asks us to wait 21 s", ('data-countdown="21"',)),
        (GET, "500", {}, "failed to answer", ("Try again",)),
    ],
)
def test_the_switch_stays_and_the_notice_says_what_failed(
    browser: Browser,
    make: Make,
    api: Api,
    fail: Fail,
    operation: str,
    fault: str,
    how: Json,
    words: str,
    offered: tuple[str, ...],
) -> None:
    made = make("One", context=[[GERMANY]])
    fail(operation, fault, **how)
    answer = switch(browser, made)
    cell, _, notice = answer.content.decode().partition('<div id="notices"')
    assert answer.status_code >= 400
    if operation == PATCH:
        assert re.search(rf'^<button class="switch" id="sw-{made["id"]}".*aria-checked="true"', cell.strip())
    else:
        # Nothing newer is known: the switch that is there stays.
        assert (answer.headers["HX-Reswap"], cell.strip()) == ("none", "")
    assert "banner" not in cell
    assert words in notice
    assert "someone else" not in notice
    assert "Correlation id" in notice
    for offer in offered:
        assert offer in notice
    assert ("Try again" in notice) is (fault != "403")
    fail()
    assert api.get(made["id"]) == made


def test_a_408_once_is_repeated_on_the_same_version(
    browser: Browser, make: Make, api: Api, fail: Fail
) -> None:
    made = make("One", context=[[GERMANY]])
    fail(PATCH, "408", count=1)
    assert "is inactive now." in switch(browser, made).content.decode()
    now = api.get(made["id"])
    assert now is not None
    assert (now["isActive"], now["version"]) == (False, made["version"] + 1)


@pytest.mark.parametrize("arrived", [True, False])
def test_an_unsure_switch_can_be_checked(
    browser: Browser, make: Make, api: Api, fail: Fail, arrived: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the write nor looking after it was answered."""
    made = make("One", context=[[GERMANY]])

    def lost(service: JourneyService, segment_id: str, patch: Json) -> Json:
        if arrived:
            api.patch(segment_id, **patch)
        fail(GET, "500")
        raise Unreachable(unsure=True)

    with monkeypatch.context() as patched:
        patched.setattr(JourneyService, "update_segment", lost)
        page = switch(browser, made).content.decode()
    assert "It is not known whether this was saved." in page
    assert "Check now" in page
    assert f'id="sw-{made["id"]}"' in page.partition('<div id="notices"')[0]
    asked = re.search(r'hx-vals=\'{"to": "off:(\d+)", "check": "1"}\'', page)
    assert asked is not None
    # Still no answer: still nobody knows.
    assert "Check now" in switch(browser, made, check="1").content.decode()
    fail()
    told = switch(browser, made, check="1").content.decode()
    now = api.get(made["id"])
    assert now is not None
    if arrived:
        assert "is inactive now." in told
        assert "Undo" in told
        assert 'aria-checked="false"' in told
    else:
        assert "This was not saved: “One" in told
        assert 'aria-checked="true"' in told
        # Looking writes nothing.
        assert now == made


def test_one_that_was_deleted_can_be_created_again(browser: Browser, make: Make, api: Api) -> None:
    made = make("One", context=[[GERMANY]])
    assert switch(browser, made).status_code == 200
    api.delete(made["id"])
    answer = switch(browser, made | {"version": made["version"] + 1}, to="on")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert page.strip().startswith('<span class="badge">deleted</span>')
    assert f"Someone deleted “{made['displayName']}” in the meantime." in page
    assert f'href="/segments/new?from_history={made["id"]}"' in page
    # Without scripts the segment's page offers it.
    plain = browser.post(f"/segments/{made['id']}/active", {"to": "on:2"})
    assert plain.status_code == 303
    gone = browser.get(plain["Location"]).content.decode()
    assert "Create it again from what it was" in gone


def test_a_failure_without_scripts_leads_back(browser: Browser, make: Make, fail: Fail) -> None:
    made = make("One", context=[[GERMANY]])
    fail(PATCH, "403")
    address = f"/segments/{made['id']}/active"
    answer = browser.post(address, {"to": f"off:{made['version']}"})
    assert answer.status_code == 403
    assert "journey:segment:edit" in answer.content.decode()
    again = browser.get(address)
    assert (again.status_code, again["Location"]) == (303, f"/segments/{made['id']}/")


@pytest.mark.parametrize(
    ("message", "changed", "target"),
    [
        ("assignmentExpirationDays is not available.", {"assignmentExpirationDays": 3}, "id_expiry"),
        ("", {"assignmentExpirationDays": 3}, "id_expiry"),
        ("The color is not available.", {"color": "#112233"}, "id_color"),
        ("", {"displayName": "Other"}, ""),
        ("assignmentExpirationDays is not available.", {"displayName": "Other"}, ""),
    ],
)
def test_what_is_not_enabled_is_said_where_it_is_concerned(
    browser: Browser, make: Make, fail: Fail, message: str, changed: Json, target: str
) -> None:
    made = make("One", context=[[GERMANY]])
    fail(PATCH, "501", **({"message": message} if message else {}))
    page = browser.post(
        f"/segments/{made['id']}/edit", posted(made | changed, base=made), headers=HTMX
    ).content.decode()
    assert "This is not enabled in your organisation." in page
    assert re.findall(r'href="#(id_\w+)" data-to-field', page) == ([target] if target else [])
    assert ("Leave it empty." in page) is (target == "id_expiry")


def test_an_external_segment_that_is_linked_already_is_said_at_it(
    browser: Browser, make: Make, api: Api
) -> None:
    linked = {"id": f"x-{api.word}", "name": "Shoppers", "source": "AdobeExperiencePlatform"}
    made = make("One", context=[[GERMANY]], externalSegment=linked)
    other = {**made, "displayName": f"Two {api.word}"}
    answer = browser.post("/segments/new", posted(other), headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(r'<a href="#external-segment" data-to-field>External segment</a>: This external', page)
    place = page.partition('id="external-segment"')[2].partition("</div>")[0]
    assert "AdobeExperiencePlatform · Shoppers" in place
    assert "is linked to another segment already." in place
