"""LIV1: whatever was fetched says how old it is and can be read again, on every page alike, in words that the script counts on."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client as Browser
from django.utils import translation

from journeyadmin import ages
from journeyadmin.accounts.models import Person
from tests import cast, programs
from tests.programs import Program

AGE = re.compile(
    r'read <time datetime="[^"]+" data-age title="[^"]+ Europe/Lisbon">\d+ s ago</time></span> '
    r'<(?:a class="[^"]+" href="[^"]+"|button class="[^"]+" form="[^"]+")'
)
# What static/js/age.js replaces.
COUNTED = re.compile(r"\d+ (s|min|h)\b")


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with programs.journeyserver(tmp_path_factory.mktemp("ages"), JOURNEYSERVER_FAULTS="1") as running:
        yield running


@pytest.fixture
def browser(db: None, rehearsal: Program) -> Browser:
    found = cast.signed_in(rehearsal.url, "admin")
    Person.objects.update(zone="Europe/Lisbon")
    return found


@pytest.fixture(scope="module")
def segment(rehearsal: Program) -> str:
    place = f"{rehearsal.url}/api/v2/journey/segments"
    criterion = {"key": "browser.family", "values": ["Chrome"], "entityType": "visit"}
    body = {"displayName": "Aged", "context": {"patterns": [{"criteria": [criterion]}]}}
    return str(cast.api(rehearsal.url).post(place, json=body, timeout=30).json()["id"])


@pytest.fixture(scope="module")
def target(rehearsal: Program) -> str:
    place = f"{rehearsal.url}/api/v2/journey/actiontargets"
    return str(cast.api(rehearsal.url).get(place, timeout=30).json()["entities"][0]["id"])


def test_every_page_says_how_old_it_is_and_reads_again(
    browser: Browser, rehearsal: Program, segment: str, target: str
) -> None:
    for address in (
        f"/segments/{segment}/",
        f"/segments/{segment}/edit",
        "/segments/grid",
        "/action-targets/",
        f"/action-targets/{target}/",
        "/service/",
        "/operations/",
        "/operations/faults/",
        "/live/",
        f"/live/segments/{segment}/",
    ):
        page = browser.get(address).content.decode()
        assert AGE.search(page), address
        assert re.search(r"js/(age|live)\.js", page), address
    admin = cast.api(rehearsal.url, "admin")
    assert admin.post(f"{rehearsal.url}/api/local/v1/erase", json={"customerId": "nobody"}, timeout=30).ok
    counted = browser.post("/operations/erase/", {"customer": "nobody", "do": "count"}).content.decode()
    assert "Receipts" in counted
    names = re.findall(r'aria-label="(Read [^"]*again)"', counted)
    assert len(set(names)) == len(names) == 2
    assert AGE.search(counted)
    assert 'id="erase-form"' in counted


def test_parts_that_come_later_say_it_alike(browser: Browser, segment: str, target: str) -> None:
    for address in (
        f"/segments/{segment}/activity",
        "/action-targets/numbers",
        f"/action-targets/{target}/hours",
    ):
        part = browser.get(address, headers={"HX-Request": "true"}).content.decode()
        assert AGE.search(part), address
        # The page around it has a button of that name.
        assert 'aria-label="Read again"' not in part, address
        assert "hx-get=" in part, address


def test_a_form_keeps_when_it_was_read(browser: Browser, segment: str) -> None:
    page = browser.get(f"/segments/{segment}/edit").content.decode()
    read = re.search(r'name="read" value="([^"]+)"', page)
    assert read
    earlier = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    sent = {"row": "tab:json", "read": earlier, "tab": "form"}
    again = browser.post(f"/segments/{segment}/edit", sent).content.decode()
    assert "5 min ago" in again
    # What somebody made up is no moment.
    sent["read"] = "2026-13-45T99:00"
    assert "data-age" not in browser.post(f"/segments/{segment}/edit", sent).content.decode()


def test_the_grid_reads_again_and_keeps_what_was_typed(
    browser: Browser, segment: str, rehearsal: Program
) -> None:
    row = re.search(rf'name="row" value="({segment}:[^"]+)"', browser.get("/segments/grid").content.decode())
    assert row
    sent = {"row": row[1], "name": "Typed", "description": "", "colour": "#aabbcc", "again": "1"}
    place = f"{rehearsal.url}/api/v2/journey/segments/{segment}"
    assert cast.api(rehearsal.url).patch(place, json={"description": "Elsewhere"}, timeout=30).ok
    answer = browser.post("/segments/grid", sent)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="Typed"' in page
    assert "Somebody saved version" in page
    assert AGE.search(page)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    ("passed", "unit"),
    [
        (timedelta(seconds=-3), "s"),
        (timedelta(seconds=89), "s"),
        (timedelta(seconds=91), "min"),
        (timedelta(hours=2), "h"),
        (timedelta(days=2), None),
    ],
)
def test_the_script_finds_number_and_unit_in_every_language(
    language: str, passed: timedelta, unit: str | None
) -> None:
    now = datetime.now(UTC)
    with translation.override(language):
        found = COUNTED.search(ages.ago(now - passed, now))
    assert (found and found[1]) == unit


def test_the_script_counts_as_the_server_does() -> None:
    script = (programs.ROOT / "static/js/age.js").read_text()
    assert COUNTED.pattern in script
    assert "seconds < 90 " in script
    assert "seconds < 5400 " in script
