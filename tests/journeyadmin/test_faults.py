"""The error table on every page that reads from the service: whole pages and fragments, through the server's fault switch."""

import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from journeyadmin.service import circuit, transport
from segments import catalogue
from tests import cast, programs
from tests.programs import Program

# One that waits longer than a person would: the page tells the time instead.
LONG = {"429": {"retryAfter": 240}, "503": {"retryAfter": 240}}
WORDS = {
    "403": "permission",
    "404": "not",
    "413": "too",
    "429": "wait",
    "500": "failed",
    "501": "not enabled",
    "503": "failed",
    "504": "answer",
    "cut": "answer",
    "garbled": "Unexpected answer",
}
QUERY = "/analytics/"
FILE = """journey: 1
segments:
- displayName: From a file
"""


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with programs.journeyserver(tmp_path_factory.mktemp("faulty"), JOURNEYSERVER_FAULTS="1") as running:
        yield running


@pytest.fixture
def browser(db: None, faulty: Program, monkeypatch: pytest.MonkeyPatch) -> Browser:
    # The waits between tries are tested where they are made.
    monkeypatch.setattr(transport, "BACKOFF_SECONDS", (0.01, 0.01, 0.01, 0.01))
    cache.clear()
    catalogue.forget()
    browser = cast.signed_in(faulty.url, "admin")
    # What the service offers is asked once; here all of it is known.
    assert browser.get("/segments/").status_code == 200
    catalogue.forget()
    return browser


@pytest.fixture
def fail(faulty: Program) -> Iterator[Callable[[str], None]]:
    session = cast.api(faulty.url)
    address = f"{faulty.url}/api/local/v1/faults"

    def set_(fault: str) -> None:
        row: dict[str, Any] = {"operation": "*", "fault": fault, **LONG.get(fault, {})}
        assert session.put(address, json={"faults": [row]}, timeout=30).ok

    yield set_
    session.delete(address, timeout=30)
    circuit.circuit_of(faulty.url).answered()


@pytest.fixture(scope="module")
def segment(faulty: Program) -> str:
    api = cast.api(faulty.url)
    place = f"{faulty.url}/api/v2/journey/segments"
    criterion = {"key": "browser.family", "values": ["Chrome"], "entityType": "visit"}
    made = api.post(
        place,
        json={"displayName": "Faulty", "context": {"patterns": [{"criteria": [criterion]}]}},
        timeout=30,
    ).json()
    return str(made["id"])


def words_of(text: str) -> str:
    """The text of a page without its frame and markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", text.partition('id="notices"')[2] or text).split())[:300]


def pages(segment_id: str) -> list[str]:
    return [
        "/segments/?fresh=1",
        f"/segments/?fresh=1&panel={segment_id}",
        "/segments/grid",
        f"/segments/{segment_id}/",
        f"/segments/{segment_id}/edit",
        f"/segments/{segment_id}/delete",
        f"/segments/{segment_id}/overlap",
        "/action-targets/",
        "/dashboards/offers/",
        "/live/",
        f"/live/segments/{segment_id}/",
        QUERY,
        f"/segments/{segment_id}/history",
        "/files/",
        "/search/?q=a",
        "/accounts/permissions/",
        "/service/",
    ]


CASES = [(fault, False) for fault in WORDS] + [(fault, True) for fault in ("403", "429", "500", "cut")]


@pytest.mark.parametrize(("fault", "htmx"), CASES)
def test_every_page_says_what_happened_and_none_breaks(
    segment: str, browser: Browser, fail: Callable[[str], None], fault: str, htmx: bool
) -> None:
    fail(fault)
    headers = {"hx-request": "true"} if htmx else {}
    silent = []
    for address in pages(segment):
        answer = browser.get(address, headers=headers, follow=True)
        text = answer.content.decode()
        assert answer.status_code != 500, address
        assert "/accounts/sign-in" not in str(answer.redirect_chain), address
        assert "Traceback" not in text, address
        assert "Something went wrong here" not in text, address
        if answer.status_code >= 400 and WORDS[fault].casefold() not in text.casefold():
            silent.append((address, answer.status_code, words_of(text)))
    assert not silent


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("/segments/?fresh=1", None),
        ("/segments/{id}/history", None),
        ("/segments/{id}/activity?fresh=1", None),
        ("/segments/new", {"row": "try", "try_addresses": "https://shop.example/"}),
        ("/action-targets/", None),
        ("/action-targets/numbers", None),
        ("/live/", None),
        ("/live/feed", None),
        ("/live/segments/{id}/feed", None),
        ("/search/?q=a", None),
        ("/files/import", {"text": FILE}),
        ("/segments/bulk", {"id": "{id}", "do": "plan", "description_choice": "set", "description": "Typed"}),
        ("/segments/grid", {"row": "{id}:1:x", "name": "Typed", "description": "Words", "colour": "#0072b2"}),
    ],
)
def test_what_failed_can_be_handed_on(
    segment: str,
    browser: Browser,
    fail: Callable[[str], None],
    address: str,
    sent: dict[str, str] | None,
) -> None:
    """OBS4: where a call failed stand both ids, to be copied; what was typed is still there."""
    fail("500")
    path = address.replace("{id}", segment)
    form = {name: value.replace("{id}", segment) for name, value in (sent or {}).items()}
    answer = browser.post(path, form) if form else browser.get(path)
    page = html.unescape(answer.content.decode())
    details = re.findall(r'<pre id="([\w-]+)"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert details, words_of(page)
    for number, text in details:
        assert re.search(r"^Correlation id: \S+$", text, re.MULTILINE), text
        assert f"Request id: {answer['X-Request-Id']}" in text
        assert "Bearer" not in text
        assert f'data-copy="#{number}"' in page
        assert page.count(f'id="{number}"') == 1
    for typed in form.values():
        assert typed in page


def test_a_failed_delete_can_be_handed_on_and_keeps_the_reason(
    segment: str, browser: Browser, faulty: Program, fail: Callable[[str], None]
) -> None:
    fail("500")
    refused = {"operation": "deleteJourneySegment", "fault": "500"}
    faults = f"{faulty.url}/api/local/v1/faults"
    assert cast.api(faulty.url).put(faults, json={"faults": [refused]}, timeout=30).ok
    answer = browser.post(f"/segments/{segment}/delete", {"reason": "No longer used"})
    page = answer.content.decode()
    assert f"Request id: {answer['X-Request-Id']}" in page
    assert 'value="No longer used"' in page
    assert cast.api(faulty.url).get(f"{faulty.url}/api/v2/journey/segments/{segment}", timeout=30).ok


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
def test_a_refused_token_leads_to_signing_in_never_into_a_fragment(
    browser: Browser, fail: Callable[[str], None], htmx: bool
) -> None:
    fail("401")
    answer = browser.get("/segments/?fresh=1", headers={"hx-request": "true"} if htmx else {})
    if htmx:
        assert answer.headers["HX-Redirect"].startswith("/accounts/sign-in?next=")
        assert b"<form" not in answer.content
    else:
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/sign-in?next=")


def test_a_switch_whose_answer_was_lost_is_not_blamed_on_someone_else(
    segment: str, browser: Browser, faulty: Program, fail: Callable[[str], None]
) -> None:
    api = cast.api(faulty.url)
    address = f"{faulty.url}/api/v2/journey/segments/{segment}"
    before = api.get(address, timeout=30).json()
    lost = {"operation": "patchJourneySegment", "fault": "cut", "when": "after", "count": 1}
    assert api.put(f"{faulty.url}/api/local/v1/faults", json={"faults": [lost]}, timeout=30).ok
    wanted = "off" if before["isActive"] else "on"
    answer = browser.post(
        f"/segments/{segment}/active",
        {"to": f"{wanted}:{before['version']}"},
        headers={"hx-request": "true"},
    ).content.decode()
    after = api.get(address, timeout=30).json()
    assert after["isActive"] is not before["isActive"]
    assert after["version"] == before["version"] + 1
    assert "someone else" not in answer
    assert f"is {'active' if after['isActive'] else 'inactive'} now." in answer
