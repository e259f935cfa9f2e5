"""The pages of the history against the running server: one log, one object, one change, downloads, the bin, restoring."""

import csv
import io
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone

from journeyadmin.accounts.models import Connection
from journeyadmin.history import log
from journeyadmin.history.asked import Asked
from journeyadmin.history.models import Change
from tests import cast
from tests.programs import Program

Json = dict[str, Any]


@pytest.fixture
def segments(server: Program) -> Iterator[Callable[..., Json]]:
    """`segments("POST", json={…})`, `segments("PATCH", ID, json={…})`: the server without the dashboard; tidied afterwards."""
    cache.clear()
    session, made = cast.api(server.url), []

    def ask(method: str, segment_id: str = "", **how: Any) -> Json:
        url = f"{server.url}/api/v2/journey/segments" + (f"/{segment_id}" if segment_id else "")
        answer = session.request(method, url, timeout=30, **how)
        assert answer.ok, answer.text
        found: Json = answer.json() if answer.content else {}
        if method == "POST":
            made.append(found["id"])
        return found

    yield ask
    for segment_id in made:
        session.delete(f"{server.url}/api/v2/journey/segments/{segment_id}", timeout=30)


@pytest.fixture
def europe(segments: Callable[..., Json]) -> Json:
    name = f"=Europe <b> {uuid.uuid4().hex[:8]}"
    criteria = [
        {
            "key": "geolocation.country",
            "values": ["DE"],
            "operator": "equal",
            "shouldIgnoreCase": True,
            "entityType": "visit",
        }
    ]
    return segments("POST", json={"displayName": name, "context": {"patterns": [{"criteria": criteria}]}})


def _changed(
    browser: Browser, before: Json, after: Json | None, operation: str = "update", **how: Any
) -> Change:
    """As if this browser's person had just done it."""
    connection = Connection.objects.get(name="Test shop")
    person = connection.people.get(key__endswith=cast_id(browser))
    entity = after or before
    return log.write(
        connection, person, operation, "segment", entity["id"], entity["displayName"], before, after, **how
    )


def cast_id(browser: Browser) -> str:
    from journeyadmin.accounts.models import Person

    return Person.objects.get(pk=browser.session["_auth_user_id"]).key


def test_an_object_tells_its_history_and_what_was_changed_outside(
    marketer: Browser, segments: Callable[..., Json], europe: Json
) -> None:
    address = f"/segments/{europe['id']}/history"
    assert "No change yet" in marketer.get(address).content.decode()
    renamed = segments("PATCH", europe["id"], json={"isActive": False, "version": 1})
    _changed(marketer, europe, renamed, reason="Too broad")
    segments("PATCH", europe["id"], json={"description": "by the API", "version": 2})
    segments("PATCH", europe["id"], json={"color": "#0072b2", "version": 3})
    page = marketer.get(address).content.decode()
    for words in ("Maya Lindqvist", "Active: on → off", "“Too broad”", "changed outside", "2 → 4"):
        assert words in page
    assert "Description: empty → “by the API”" in page
    assert "Colour: #5E5782 → #0072b2" in page
    assert "<b>" not in page.replace("<b></b>", "")
    assert page.count("Restore") >= 1


def test_restoring_leads_to_the_form_with_that_version(
    marketer: Browser, segments: Callable[..., Json], europe: Json
) -> None:
    renamed = segments("PATCH", europe["id"], json={"description": "second", "version": 1})
    first = _changed(marketer, europe, europe)
    _changed(marketer, europe, renamed)
    page = marketer.get(f"/segments/{europe['id']}/history").content.decode()
    assert f"/segments/{europe['id']}/edit?version={first.pk}" in page


def test_one_change_in_full(marketer: Browser, europe: Json) -> None:
    change = _changed(
        marketer, europe, {**europe, "version": 2, "description": "x"}, correlation_id="c-1", batch="b-1"
    )
    page = marketer.get(f"/history/{change.pk}/").content.decode()
    for words in ("c-1", "b-1", "Description: empty → “x”", "&quot;description&quot;: &quot;x&quot;"):
        assert words in page
    fragment = marketer.get(f"/history/{change.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<pre" in fragment
    assert "<html" not in fragment


def test_the_log_is_filtered_by_the_address(marketer: Browser, europe: Json) -> None:
    _changed(marketer, europe, {**europe, "version": 2}, batch="b-1")
    _changed(marketer, {**europe, "version": 2}, None, "delete", reason="No longer used (für ЖУК)")
    assert "2 changes" in marketer.get("/history/").content.decode()
    today = timezone.localdate().isoformat()
    for query, count in (
        ("operation=delete", 1),
        ("person=Maya+Lindqvist", 2),
        ("person=outside", 0),
        ("kind=actiontarget", 0),
        ("q=longer", 1),
        ("q=FÜR+жук)", 1),
        ("q=%3Deurope+%3Cb", 2),
        (f"q={europe['id']}", 2),
        (f"since={today}&until={today}", 2),
        ("until=2020-01-01", 0),
        ("since=rubbish", 2),
        ("batch=b-1", 1),
    ):
        page = marketer.get(f"/history/?{query}").content.decode()
        shown = (
            page.count('href="/history/') - page.count('href="/history/"') - page.count('href="/history/bin/')
        )
        assert shown == count, query


def test_a_zero_character_is_not_looked_for() -> None:
    """PostgreSQL would refuse the question."""
    bent = dict.fromkeys(("q", "person", "batch", "since", "kind"), "a\x00b")
    assert Asked.of(bent) == Asked(words="ab", person="ab", batch="ab")


def test_downloads_hold_exactly_what_is_shown(marketer: Browser, europe: Json) -> None:
    _changed(marketer, europe, {**europe, "version": 2, "description": "x"}, reason="@later")
    _changed(marketer, {**europe, "version": 2}, None, "delete")
    answer = marketer.get("/history/?operation=update&export=csv")
    text = b"".join(answer).decode()  # type: ignore[arg-type]
    header, row = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    told = dict(zip(header, row, strict=True))
    assert told["name"] == f"'{europe['displayName']}", "a name that is a formula is only text"
    assert told["reason"] == "'@later"
    assert told["differences"] == "Description: empty → “x”"
    assert answer["Content-Disposition"].startswith('attachment; filename="history_')
    found = json.loads(b"".join(marketer.get("/history/?export=json")))  # type: ignore[arg-type]
    assert [one["operation"] for one in found] == ["delete", "update"]
    assert found[1]["before"] == europe
    assert json.loads(b"".join(marketer.get("/history/?q=nothing-at-all&export=json"))) == []  # type: ignore[arg-type]


def test_the_bin_brings_a_segment_back_with_a_new_id(
    marketer: Browser, segments: Callable[..., Json], europe: Json
) -> None:
    segments("DELETE", europe["id"])
    change = _changed(marketer, europe, None, "delete")
    page = marketer.get("/history/bin/").content.decode()
    assert "1 deleted segment" in page
    assert "country is DE" in page
    answer = marketer.post(f"/history/bin/{change.pk}/restore", {"reason": "Needed"}, follow=True)
    assert "with the new id" in answer.content.decode()
    again = marketer.post(f"/history/bin/{change.pk}/restore", {})
    restored = Change.objects.get(operation="restore")
    assert again["Location"] == f"/segments/{restored.object_id}/", "a second press creates nothing"
    made = segments("GET", restored.object_id)
    assert made["displayName"] == europe["displayName"]
    assert made["context"] == europe["context"]
    assert made["id"] != europe["id"]
    segments("DELETE", made["id"])


def test_a_name_in_use_is_said_and_the_bin_keeps_the_segment(
    marketer: Browser, segments: Callable[..., Json], europe: Json
) -> None:
    change = _changed(marketer, europe, None, "delete")
    answer = marketer.post(f"/history/bin/{change.pk}/restore", {}, follow=True)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "was not restored" in page
    assert "1 deleted segment" in page
    assert f"Request id: {answer['X-Request-Id']}" in page
    assert "Copy details" in page


def test_a_reason_that_is_missing_is_said_at_its_row(
    sign_in: Callable[..., Browser], segments: Callable[..., Json], europe: Json, settings: Any
) -> None:
    settings.REASON_REQUIRED = True
    browser = sign_in("marketer", production=True)
    segments("DELETE", europe["id"])
    change = _changed(browser, europe, None, "delete")
    address = f"/history/bin/{change.pk}/restore"
    answer = browser.post(address, {"reason": ""})
    assert answer.status_code == 422
    assert "this connection asks for a reason" in answer.content.decode()
    long = "x" * 201
    assert f'value="{long}"' in browser.post(address, {"reason": long}).content.decode()
    assert browser.get(address)["Location"] == "/history/bin/", "the way back after signing in again"


def test_what_may_not_be_seen_is_not_shown(analyst: Browser, marketer: Browser, europe: Json) -> None:
    change = _changed(marketer, europe, None, "delete")
    assert analyst.post(f"/history/bin/{change.pk}/restore", {}).status_code == 403
    assert "Restoring needs" in analyst.get("/history/bin/").content.decode()
    from journeyadmin.accounts.models import Person

    Person.objects.filter(name="Aiko Tanaka").update(permissions=["journey:actiontarget:view"])
    assert europe["id"] not in analyst.get("/history/").content.decode()
    assert analyst.get(f"/history/{change.pk}/").status_code == 404
    assert analyst.get(f"/segments/{europe['id']}/history").status_code == 403


def test_the_history_of_another_connection_stays_there(
    marketer: Browser, sign_in: Callable[..., Browser], europe: Json
) -> None:
    change = _changed(marketer, europe, {**europe, "version": 2})
    other = sign_in("marketer", name="Other shop")
    assert europe["id"] not in other.get("/history/").content.decode()
    assert other.get(f"/history/{change.pk}/").status_code == 404
