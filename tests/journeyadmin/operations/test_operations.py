"""The server's operation on the dashboard: data, a file brought and imported, a customer erased, failures set."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client as Browser

from journeyadmin.service import transport
from tests import cast, programs
from tests.programs import Program

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with programs.journeyserver(tmp_path_factory.mktemp("operations"), JOURNEYSERVER_FAULTS="1") as running:
        yield running


@pytest.fixture
def admin_there(db: None, rehearsal: Program) -> Iterator[Browser]:
    yield cast.signed_in(rehearsal.url, "admin", name="Rehearsal")
    cast.api(rehearsal.url).delete(f"{rehearsal.url}/api/local/v1/faults", timeout=10)


def log(lines: int, torn: bool = True) -> bytes:
    start = datetime.now(UTC) - timedelta(days=40)
    text = [
        f"203.0.113.{number % 9} - - [{(start + timedelta(seconds=number)).strftime('%d/%b/%Y:%H:%M:%S +0000')}] "
        f'"GET /page/{number} HTTP/1.1" 200 512 "-" "{AGENT}"'
        for number in range(lines)
    ]
    return "\n".join([*text, *(["203.0.113.9 this is torn"] if torn else [])]).encode() + b"\n"


def text_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def bring(browser: Browser, content: bytes, **fields: Any) -> Any:
    file = SimpleUploadedFile("access.log", content)
    return browser.post("/operations/import/", {"file": file, **fields})


def finished(browser: Browser, address: str) -> str:
    for _ in range(200):
        text = text_of(browser.get(address))
        if "running" not in text:
            return text
        time.sleep(0.05)
    raise AssertionError(text)


def test_a_file_is_looked_at_then_imported_then_known(admin_there: Browser) -> None:
    content = log(30)
    answer = bring(admin_there, content, site="https://shop.example")
    assert answer.status_code == 303
    here = answer["Location"]
    text = text_of(admin_there.get(here))
    assert "Nothing is taken in yet" in text
    assert "The first 10 rows, as they would be taken in" in text
    assert "https://shop.example/page/0" in text
    assert "1 line refused in the part that was looked at" in text
    assert "203.0.113" not in text
    assert "No events yet" in text_of(admin_there.get("/operations/"))
    assert admin_there.post(here, {"do": "start", "to_now": "on"}).status_code == 303
    done = finished(admin_there, here)
    assert "30 rows taken in" in done
    assert "Refused lines" in done
    data = text_of(admin_there.get("/operations/"))
    assert "30 events" in data
    # Moved: the newest of them is now.
    assert datetime.now(UTC).strftime("%b %Y") in data
    assert "access.log combined done" in data
    again = bring(admin_there, content, site="https://shop.example")["Location"]
    admin_there.post(again, {"do": "start"})
    assert "taken in before" in finished(admin_there, again)
    assert "30 events" in text_of(admin_there.get("/operations/"))


def test_a_file_of_no_known_format_says_so_at_the_field(admin_there: Browser) -> None:
    answer = bring(admin_there, b"%PDF-1.7 nothing", site="https://shop.example")
    assert answer.status_code == 422
    assert 'value="https://shop.example"' in answer.content.decode()
    assert "access.log" in text_of(answer)
    assert admin_there.post("/operations/import/", {}).status_code == 422


def test_a_file_thrown_away_is_gone(admin_there: Browser) -> None:
    here = bring(admin_there, log(3))["Location"]
    assert admin_there.post(here, {"do": "discard"})["Location"] == "/operations/import/"
    answer = admin_there.get(here, follow=True)
    assert "no longer kept" in text_of(answer)
    again = admin_there.post(here, {"do": "discard"}, follow=True)
    assert "The file was thrown away." in text_of(again)


def test_an_import_that_cannot_be_asked_for_stays_as_it_is_shown(
    db: None, own_server: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TRIES", 1)
    admin = cast.signed_in(own_server.url, "admin")
    here = bring(admin, log(3))["Location"]
    own_server.kill()
    by_itself = admin.get(here, headers={"HX-Request": "true", "Unasked": "1"})
    assert (by_itself.status_code, by_itself.content) == (204, b"")
    assert "did not answer" in text_of(admin.get(here))


def test_the_button_that_stops_an_import_keeps_the_focus_while_the_page_asks_by_itself() -> None:
    """HTMX gives it back to what has the same id."""
    upload = {
        "state": "running",
        "name": "x",
        "added": 0,
        "repeated": 0,
        "skipped": 0,
        "refused": 0,
        "share": 0.1,
    }
    page = render_to_string("operations/_import.html", {"upload": upload, "going_on": True, "here": "/"})
    assert 'id="import-stop"' in page


def visit_of(rehearsal: Program, customer: str) -> None:
    """One page seen by a customer, so that there is something to erase."""
    event = {
        "customerCookieId": customer,
        "eventName": "page_viewed",
        "page": {"url": "https://shop.example/", "title": "Start"},
        "createdDate": datetime.now(UTC).isoformat(),
    }
    sent = requests.post(
        f"{rehearsal.url}/api/v2/journey/deployments/00000000-0000-4000-8000-000000000001/webevents",
        json=event,
        timeout=10,
    )
    assert sent.ok, sent.text


def test_a_customer_is_counted_first_and_erased_then(admin_there: Browser, rehearsal: Program) -> None:
    customer = "5e900000-0000-4000-8000-0000000000aa"
    visit_of(rehearsal, customer)
    counted = text_of(admin_there.post("/operations/erase/", {"customer": customer, "do": "count"}))
    assert "This is recorded of the customer" in counted
    assert "Events 1 Visits 1" in counted
    assert "Erase this customer for good" in counted
    # Another id in the same form is not the one that was looked up.
    for counted_as in ({}, {"counted": customer[:-1] + "0"}):
        unseen = admin_there.post("/operations/erase/", {"customer": customer, "do": "erase", **counted_as})
        assert unseen.status_code == 422
        assert "Nothing was erased: this is another id" in text_of(unseen)
        assert "Events 1 Visits 1" in text_of(unseen)
        assert f'name="counted" value="{customer}"' in unseen.content.decode()
    erased = text_of(
        admin_there.post(
            "/operations/erase/", {"customer": f" {customer} ", "do": "erase", "counted": customer}
        )
    )
    assert "A query finds nothing of them any more." in erased
    assert "Events 1 0 Visits 1 0" in erased
    assert "Ada Okafor" in erased
    assert customer not in erased
    # Reloaded, or pressed twice.
    sent = {"customer": customer, "do": "erase", "counted": customer}
    repeated = text_of(admin_there.post("/operations/erase/", sent))
    assert "Nothing is recorded of this customer" in repeated
    assert repeated.count("Ada Okafor") == erased.count("Ada Okafor")
    again = text_of(admin_there.post("/operations/erase/", {"customer": customer, "do": "count"}))
    assert "Nothing is recorded of this customer" in again
    assert "Erase this customer for good" not in again
    assert admin_there.post("/operations/erase/", {"customer": ""}).status_code == 422


def test_production_asks_for_its_name_before_a_customer_is_erased(db: None, rehearsal: Program) -> None:
    customer = "5e900000-0000-4000-8000-0000000000ab"
    visit_of(rehearsal, customer)
    admin = cast.signed_in(rehearsal.url, "admin", name="Live", production=True)
    assert "Type “Live” to confirm" not in text_of(admin.get("/operations/erase/"))
    counted = text_of(admin.post("/operations/erase/", {"customer": customer, "do": "count"}))
    assert "Type “Live” to confirm" in counted
    for typed in ({}, {"connection_name": "live"}):
        sent = {"customer": customer, "counted": customer, "do": "erase", **typed}
        refused = admin.post("/operations/erase/", sent)
        assert refused.status_code == 422
        assert "This is not the name of the connection. Nothing was changed." in text_of(refused)
        page = refused.content.decode()
        assert f'value="{customer}"' in page
        assert f'name="connection_name" value="{typed.get("connection_name", "")}"' in page
        # The focus is where one goes on, and nothing else asks for it.
        assert "autofocus" in page
        assert "data-focus" not in page.partition("<main")[2].partition("</main>")[0]
        assert "Events 1 Visits 1" in text_of(refused)
    erased = admin.post("/operations/erase/", {**sent, "connection_name": "Live"})
    assert "A query finds nothing of them any more." in text_of(erased)


def test_failures_are_set_and_removed(admin_there: Browser, rehearsal: Program) -> None:
    add = {"do": "add", "operation": "getJourneySegments", "fault": "503", "share": "100", "seconds": "0"}
    assert admin_there.post("/operations/faults/", add).status_code == 303
    text = text_of(admin_there.get("/operations/faults/"))
    assert "1 failure is set" in text
    assert "getJourneySegments" in text
    listed = cast.api(rehearsal.url).get(f"{rehearsal.url}/api/v2/journey/segments", timeout=10)
    assert listed.status_code == 503
    admin_there.post("/operations/faults/", {**add, "fault": "delay", "seconds": "0.5", "when": "after"})
    kept = cast.api(rehearsal.url).get(f"{rehearsal.url}/api/local/v1/faults", timeout=10).json()["faults"]
    assert [(row["fault"], row.get("delayMs"), row["when"]) for row in kept] == [
        ("503", None, "before"),
        ("delay", 500, "after"),
    ]
    shown = text_of(admin_there.get("/operations/faults/")).split("Add a failure")[0]
    # A delay spares the work.
    assert "delay 500 ms after the work 100 %" in shown
    for bent in ("²", "9" * 5000, "-1", "9", "", "0"):
        answer = admin_there.post("/operations/faults/", {"do": f"remove-{bent}"}, follow=True)
        assert "2 failures are set" in text_of(answer)
        assert "That failure was not set any more." in text_of(answer)
    remove_of(admin_there, 0)()
    assert "503" not in text_of(admin_there.get("/operations/faults/")).split("Add a failure")[0]
    answer = admin_there.post("/operations/faults/", {**add, "share": "200"})
    assert answer.status_code == 422
    admin_there.post("/operations/faults/", {"do": "clear"})
    assert "No failure is set" in text_of(admin_there.get("/operations/faults/"))


def remove_of(browser: Browser, row: int) -> Callable[[], Any]:
    """Pressing the button of this row, whatever happened since the page was read."""
    page = browser.get("/operations/faults/").content.decode()
    marks = re.findall(r'value="(remove-[^"]+)"', page)
    return lambda: browser.post("/operations/faults/", {"do": marks[row]}, follow=True)


def test_the_failure_that_is_pointed_at_is_removed_however_many_before_it_are_used_up(
    admin_there: Browser, rehearsal: Program
) -> None:
    add = {"do": "add", "operation": "getJourneySegments", "share": "100", "seconds": "0"}
    for more in (
        {"fault": "503", "count": "1"},
        {"fault": "delay"},
        {"fault": "500", "operation": "getLocalLive"},
    ):
        admin_there.post("/operations/faults/", {**add, **more})
    remove = remove_of(admin_there, 1)
    assert (
        cast.api(rehearsal.url).get(f"{rehearsal.url}/api/v2/journey/segments", timeout=10).status_code == 503
    )
    shown = text_of(remove()).split("Add a failure")[0]
    assert "1 failure is set" in shown
    assert "500, server failed" in shown


PAGES = ("/operations/", "/operations/import/", "/operations/erase/", "/operations/faults/")


@pytest.mark.parametrize("page", PAGES)
def test_not_for_everybody(sign_in: Callable[..., Browser], db: None, rehearsal: Program, page: str) -> None:
    marketer = cast.signed_in(rehearsal.url, "marketer", name="Rehearsal")
    answer = marketer.get(page)
    assert answer.status_code == 403
    assert "local:" in text_of(answer)
    assert "/operations/" not in marketer.get("/segments/").content.decode()


def test_only_what_the_service_announces(admin: Browser) -> None:
    answer = admin.get("/operations/faults/")
    assert answer.status_code == 404
    assert "Not offered by this service" in text_of(answer)
    data = admin.get("/operations/")
    assert data.status_code == 200
    assert "/operations/erase/" in data.content.decode()
    assert "/operations/faults/" not in data.content.decode()


def test_the_way_there(admin: Browser) -> None:
    assert 'href="/operations/"' in admin.get("/segments/").content.decode()
    assert "/operations/erase/" in admin.get("/search/?q=erase").content.decode()


def test_a_read_only_connection_shows_and_changes_nothing(
    db: None, rehearsal: Program, tmp_path: Path
) -> None:
    browser = cast.signed_in(rehearsal.url, "admin", name="Looking only", read_only=True)
    assert browser.get("/operations/").status_code == 200
    for page in PAGES[1:]:
        assert browser.get(page).status_code == 403
