"""REL5: the service is down, and pages open read-only with the last known data and its age."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from journeyadmin.accounts.models import Connection
from journeyadmin.history.models import ReadWhole
from journeyadmin.service import transport
from segments import catalogue
from tests import cast
from tests.programs import Program, free_port

Down = Callable[[], None]
# Counted on by the page.
READ = re.compile(r"This is what was read <time [^>]*data-age[^>]*>\d+ s ago</time>\.")
CONTROLS = ('class="switch"', 'href="/segments/new"', 'id="bulk"', "/delete", "?copy=")


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch) -> Down:
    """Nothing listens where the service was, and nothing read before is kept in memory, as after a restart."""
    monkeypatch.setattr(transport, "TRIES", 1)
    monkeypatch.setattr(transport, "BACKOFF_SECONDS", (0.01, 0.01, 0.01, 0.01))

    def end() -> None:
        catalogue.forget()
        cache.clear()
        Connection.objects.update(typed_api_url=f"http://127.0.0.1:{free_port()}")

    return end


@pytest.fixture
def made(server: Program) -> Any:
    api = cast.api(server.url)
    place = f"{server.url}/api/v2/journey/segments"
    criterion = {"key": "browser.family", "values": ["Chrome"], "entityType": "visit"}
    body = {"displayName": "Kept in mind", "context": {"patterns": [{"criteria": [criterion]}]}}
    segment = api.post(place, json=body, timeout=30).json()
    yield segment
    api.delete(f"{place}/{segment['id']}", timeout=30)


def test_segments_are_shown_as_they_were_and_cannot_be_changed(
    sign_in: Callable[..., Browser], made: Any, down: Down
) -> None:
    browser = sign_in("admin")
    before = browser.get("/segments/").content.decode()
    assert "Kept in mind" in before
    # Of each row, and of the menu that every row gets.
    controls = (*CONTROLS, f"/{made['id']}/active", "{id}/edit")
    assert all(control in before for control in controls)
    down()
    for address in ("/segments/", "/segments/?q=mind&active=yes", f"/segments/{made['id']}/"):
        answer = browser.get(address)
        page = answer.content.decode()
        assert answer.status_code == 200, address
        assert "Kept in mind" in page, address
        assert "The service did not answer." in page, address
        assert READ.search(page), address
        assert "Request id:" in page, address
        assert [control for control in controls if control in page] == [], address
        assert "needs" not in page.partition('class="page-actions"')[2].partition("</header>")[0], address


def test_writes_are_still_tried_and_refused(sign_in: Callable[..., Browser], made: Any, down: Down) -> None:
    browser = sign_in("admin")
    browser.get("/segments/")
    down()
    for address, sent in (
        (f"/segments/{made['id']}/active", {"to": "off:1"}),
        (f"/segments/{made['id']}/delete", {"reason": "x"}),
    ):
        answer = browser.post(address, sent)
        assert answer.status_code == 502, address


def test_targets_are_shown_without_anything_to_type_in(sign_in: Callable[..., Browser], down: Down) -> None:
    browser = sign_in("supervisor")
    before = browser.get("/action-targets/").content.decode()
    assert "-share" in before
    down()
    answer = browser.get("/action-targets/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert READ.search(page)
    assert "-share" not in page
    assert "you need the permission" not in page


def test_what_was_never_read_whole_is_an_error(
    sign_in: Callable[..., Browser], made: Any, down: Down
) -> None:
    browser = sign_in("marketer")
    # One segment alone says nothing about the list.
    assert browser.get(f"/segments/{made['id']}/").status_code == 200
    ReadWhole.objects.all().delete()
    down()
    assert browser.get("/segments/").status_code == 502
    assert browser.get("/action-targets/").status_code == 502


def test_who_may_not_see_them_does_not_see_what_others_read(
    sign_in: Callable[..., Browser], made: Any, down: Down
) -> None:
    from journeyadmin.accounts.models import Person

    sign_in("admin").get("/segments/")
    browser = sign_in("marketer")
    person = Person.objects.get(pk=browser.session["_auth_user_id"])
    person.permissions = []
    person.save()
    down()
    answer = browser.get("/segments/")
    assert answer.status_code == 403
    assert "Kept in mind" not in answer.content.decode()
    assert "Kept in mind" not in browser.get(f"/segments/{made['id']}/").content.decode()
