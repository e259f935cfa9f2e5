"""A sign-in that ends while a form is open: what was typed comes back to the same person, once, and to nobody else."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.middleware import SessionMiddleware
from django.contrib.sessions.models import Session
from django.db.models import F
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory

from analytics.models import Alert, Dashboard, SavedQuery
from journeyadmin.accounts import kept, middleware
from journeyadmin.accounts.models import Connection, Grant, KeptForm, Person
from journeyadmin.accounts.sealed import unseal
from tests import cast, programs
from tests.programs import Program
from tests.segments import definitions
from tests.segments.forms import shown

pytestmark = pytest.mark.django_db
TYPED = {"displayName": "Cart leavers ✨", "values": ["a", "b"], "csrfmiddlewaretoken": "x"}


def come_back_as(browser: Browser, person: Person, path: str) -> Any:
    """The request with which this person, signed in anew in this browser, opens the page."""
    request = RequestFactory().get(path)
    SessionMiddleware(lambda _: HttpResponse()).process_request(request)
    request.session.update(dict(browser.session.items()))
    request.user = person
    return request


@pytest.mark.parametrize("ended", ["idle", "grant gone"])
def test_what_was_typed_comes_back_once(marketer: Browser, ended: str) -> None:
    person = Person.objects.get(name="Maya Lindqvist")
    if ended == "idle":
        session = marketer.session
        session[middleware.SEEN] = time.time() - 3600
        session.save()
    else:
        Grant.objects.all().delete()
    answer = marketer.post("/segments/new", TYPED)
    assert answer["Location"] == "/accounts/sign-in?next=%2Fsegments%2Fnew"
    assert "Cart leavers" not in KeptForm.objects.get().sealed
    request = come_back_as(marketer, person, "/segments/new")
    found = kept.typed(request)
    assert found is not None
    assert found["displayName"] == "Cart leavers ✨"
    assert found.getlist("values") == ["a", "b"]
    assert "csrfmiddlewaretoken" not in found
    assert kept.typed(request) is None
    assert not KeptForm.objects.exists()


@pytest.mark.parametrize("ended", ["grant gone", "signed out"])
def test_so_does_what_was_typed_in_other_tabs(marketer: Browser, ended: str) -> None:
    person = Person.objects.get(name="Maya Lindqvist")
    paths = ("/segments/new", "/dashboards/new", "/segments/new")
    if ended == "grant gone":
        Grant.objects.all().delete()
    else:
        marketer.post("/accounts/sign-out")
    for number, path in enumerate(paths):
        marketer.post(path, {"displayName": f"Tab {number}"})
    for name, path in (("Tab 2", paths[2]), ("Tab 1", paths[1]), ("Tab 0", paths[0])):
        request = come_back_as(marketer, person, path)
        found = kept.typed(request)
        assert found is not None
        assert found["displayName"] == name
    assert not KeptForm.objects.exists()


def test_a_form_that_was_left_open_for_days_is_kept_too(marketer: Browser) -> None:
    person, days = Person.objects.get(name="Maya Lindqvist"), timedelta(days=3)
    session = marketer.session
    session[middleware.SEEN] = session[middleware.SIGNED_IN] = time.time() - days.total_seconds()
    session.save()
    Session.objects.update(expire_date=F("expire_date") - days)
    assert marketer.post("/segments/new", TYPED)["Location"].startswith("/accounts/sign-in")
    assert kept.typed(come_back_as(marketer, person, "/segments/new")) is not None


def test_it_is_shown_to_nobody_else_and_nowhere_else(marketer: Browser, server: Program) -> None:
    person = Person.objects.get(name="Maya Lindqvist")
    Grant.objects.all().delete()
    marketer.post("/segments/new", TYPED)
    cast.signed_in(server.url, "analyst")
    other = Person.objects.exclude(pk=person.pk).get()
    assert kept.typed(come_back_as(marketer, other, "/segments/new")) is None
    assert kept.typed(come_back_as(marketer, person, "/segments/other")) is None
    assert kept.typed(come_back_as(marketer, person, "/segments/new")) is not None


def test_nothing_is_kept_of_a_stranger(client: Browser) -> None:
    client.post("/segments/new", TYPED)
    assert not KeptForm.objects.exists()


# Every form whose view binds it with `form_data`; objects stand in the addresses by name.
QUERY = "range=last-30-days&zone=UTC&m=nJourneySessions"
CONNECTION = {
    "name": "Retyped",
    "colour": "#123456",
    "region": "",
    "typed_login_url": "https://a.example",
    "typed_api_url": "https://b.example",
    "mode": "client",
    "client_id": "c",
    "client_secret": "hush",
    "admin_list": "someone@shop.example",
}
ALERT = {"measure": "nJourneySessions", "condition": "above", "limit": "4321", "do": "save"}
FORMS: dict[str, dict[str, str]] = {
    "/dashboards/new": {"name": "Retyped", "description": "as typed", "shared": "on"},
    "/dashboards/from-file": {"text": "tiles: [as typed"},
    "/dashboards/{dashboard}/edit": {
        "version": "1",
        "name": "Retyped",
        "description": "as typed",
        "t-0-title": "Retyped tile",
        "t-0-width": "4",
        "t-0-address": QUERY,
    },
    "/accounts/connections/new": {**CONNECTION, "production": "on"},
    "/accounts/connections/{connection}": CONNECTION,
    f"/analytics/saved/new?{QUERY}": {"name": "Retyped", "description": "as typed", "shared": "on"},
    "/analytics/saved/{query}/": {"name": "Retyped", "description": "as typed"},
    "/analytics/alerts/new/{query}": ALERT,
    "/analytics/alerts/{alert}/": ALERT,
    "/operations/import/": {"site": "https://retyped.example", "with_robots": "on"},
    "/operations/erase/": {"customer": "retyped-customer", "do": "erase"},
    "/operations/faults/": {
        "operation": "getJourneySegments",
        "fault": "delay",
        "when": "after",
        "share": "37",
        "count": "5",
        "seconds": "2.5",
        "do": "add",
    },
    "/segments/{segment}/delete?back=/segments/%3Fq%3Dretyped": {
        "reason": "Retyped",
        "connection_name": "Retyp",
    },
}
BOXES = ("shared", "production", "with_robots")
AGAIN = "Your sign-in had ended. What you had typed is here again; it is not saved."


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with programs.journeyserver(tmp_path_factory.mktemp("kept"), JOURNEYSERVER_FAULTS="1") as running:
        yield running


@pytest.fixture(scope="module")
def segment(rehearsal: Program) -> str:
    body = definitions.segment("Kept", context=[[definitions.visit("geolocation.country", "equal", "DE")]])
    made = cast.api(rehearsal.url).post(f"{rehearsal.url}/api/v2/journey/segments", json=body, timeout=30)
    return str(made.json()["id"])


def stored() -> list[list[dict[str, Any]]]:
    return [
        list(model.objects.order_by("pk").values()) for model in (Dashboard, SavedQuery, Alert, Connection)
    ]


@pytest.mark.parametrize("path", FORMS)
def test_every_form_is_there_again_as_typed_unsaved_and_says_so(
    db: None, rehearsal: Program, segment: str, path: str
) -> None:
    admin = cast.signed_in(rehearsal.url, "admin", production=True)
    person = Person.objects.get()
    mine = {"connection": person.connection, "owner": person, "shared": True}
    query = SavedQuery.objects.create(name="Before", address=QUERY, **mine)
    objects: dict[str, Any] = {
        "dashboard": Dashboard.objects.create(name="Before", **mine).pk,
        "connection": Connection.objects.create(name="Before", client_id="b", production=True).pk,
        "query": query.pk,
        "alert": Alert.objects.create(
            query=query, owner=person, measure="nJourneySessions", condition="below", limit=1
        ).pk,
        "segment": segment,
    }
    typed, path = FORMS[path], path.format(**objects)
    before = stored()
    Grant.objects.all().delete()
    answer = admin.post(path, typed)
    assert answer["Location"] == f"/accounts/sign-in?{urlencode({'next': path})}"
    assert "hush" not in unseal(KeptForm.objects.get().sealed)
    cast.signed_in(rehearsal.url, "admin", admin)
    response = admin.get(path)
    page = response.content.decode()
    assert response.status_code == 200
    assert AGAIN in page
    fields = shown(page, None) | shown(page, "delete-form")
    buttons_and_secrets = ("do", "client_secret")
    for name, value in typed.items():
        assert name in buttons_and_secrets or value in fields[name], name
    assert {box for box in BOXES if box in fields} == {box for box in BOXES if box in typed}
    assert ("A client secret is not kept" in page) == ("client_secret" in typed)
    assert "hush" not in page
    assert stored() == before
    assert "is erased" not in page
    assert "No failure is set" in page or "faults" not in path
    again = admin.get(path).content.decode()
    assert AGAIN not in again
    assert "Retyped" not in again


def test_a_row_that_was_moved_is_moved_and_a_button_without_a_form_gives_none(
    db: None, rehearsal: Program
) -> None:
    admin = cast.signed_in(rehearsal.url, "admin")
    board = Dashboard.objects.create(
        name="Before", connection=Connection.objects.get(), owner=Person.objects.get()
    )
    tiles = {
        f"t-{number}-{name}": value
        for number, title in enumerate("AB")
        for name, value in (("title", title), ("width", "6"), ("address", QUERY))
    }
    Grant.objects.all().delete()
    admin.post(f"/dashboards/{board.pk}/edit", {"version": "1", "name": "Retyped", "row": "down:0", **tiles})
    cast.signed_in(rehearsal.url, "admin", admin)
    fields = shown(admin.get(f"/dashboards/{board.pk}/edit").content.decode(), None)
    assert [fields["t-0-title"], fields["t-1-title"], fields["name"]] == [["B"], ["A"], ["Retyped"]]
    Grant.objects.all().delete()
    admin.post("/operations/faults/", {"do": "clear"})
    cast.signed_in(rehearsal.url, "admin", admin)
    page = admin.get("/operations/faults/").content.decode()
    assert AGAIN in page
    assert "needs attention" not in page
