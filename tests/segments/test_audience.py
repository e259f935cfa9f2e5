"""AUD1–AUD7, AUD10, EDT5, EDT12: the audience beside the form, suggestions, Try it. Visits are real events of the running server."""

import re
import time
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client as Browser

from journeyadmin.http import JourneyRequest
from segments import audience, backtest, overlap, tryit
from tests import cast
from tests.programs import Program
from tests.segments.conftest import Api, Make
from tests.segments.definitions import criterion, segment, step, visit
from tests.segments.forms import HTMX, posted, shown

DEPLOYMENT = "00000000-0000-4000-8000-000000000001"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
DESK = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


@pytest.fixture(scope="module")
def path(server: Program) -> str:
    """A page that only these visits saw: five on a phone, three of them twice, and two on a desk."""
    path = f"/only-{uuid.uuid4().hex[:8]}"
    now = datetime.now(UTC)
    for number in range(7):
        agent = PHONE if number < 5 else DESK
        for again in range(2 if number < 3 else 1):
            event = {
                "customerCookieId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{path}{number}")),
                "eventName": "page_viewed",
                "page": {"url": f"https://shop.example{path}/{number}", "title": "Only"},
                "createdDate": (now - timedelta(seconds=60 - again)).isoformat(),
                "userAgentString": agent,
            }
            answer = requests.post(
                f"{server.url}/api/v2/journey/deployments/{DEPLOYMENT}/webevents", json=event, timeout=30
            )
            assert answer.ok, answer.text
    session = cast.api(server.url)
    wanted = segment(context=[], journey=[step(1, criterion("page.pathname", "startsWith", path))])
    deadline = time.monotonic() + 20
    while True:
        body = {name: wanted[name] for name in ("scope", "context", "journey")}
        found = session.post(f"{server.url}/api/local/v1/preview", json=body, timeout=30).json()
        if found.get("matched", {}).get("sessions") == 7:
            break
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return path


def asked(browser: Browser, made: Any, wanted: Any, row: str = "audience", **more: Any) -> str:
    answer = browser.post(
        f"/segments/{made['id']}/edit", posted(wanted, base=made, row=row, **more), headers=HTMX
    )
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_count_shows_number_share_window_and_what_each_condition_keeps(
    marketer: Browser, make: Make, path: str
) -> None:
    seen = step(2, criterion("page.pathname", "startsWith", path), event="page_viewed")
    made = make("Twice", context=[[visit("device.category", "equal", "mobile")]], journey=[seen])
    page = asked(marketer, made, made)
    assert '<span class="stat-number">3</span>' in page
    assert "device category is mobile (case ignored)" in page
    assert "at least 2 × page view" in page
    assert re.search(r" ms · counted <time datetime=\S+ data-age>\d s ago</time>", page)
    assert "data-count-again" in page
    assert "3 visits that match" in page
    assert str(uuid.uuid5(uuid.NAMESPACE_URL, f"{path}0")) not in page


def test_edited_shows_what_is_gained_and_lost(marketer: Browser, make: Make, path: str) -> None:
    seen = step(1, criterion("page.pathname", "startsWith", path))
    made = make("Seen", context=[[visit("device.category", "equal", "mobile")]], journey=[seen])
    wanted = made | {"context": segment(context=[[visit("device.category", "equal", "desktop")]])["context"]}
    page = asked(marketer, made, wanted)
    assert '<span class="audience-was">5 →</span> 2' in page
    assert '<span class="gained">+2</span>' in page
    assert '<span class="lost">−5</span>' in page


def test_it_is_tried_on_each_day_of_the_past(marketer: Browser, make: Make, path: str) -> None:
    """AUD9: by day what matches beside what was assigned, as bars with words and as a table."""
    made = make("Daily", journey=[step(1, criterion("page.pathname", "startsWith", path))])
    page = asked(marketer, made, made, window="7")
    assert page.count('class="month-bar') == 7
    assert re.search(r'aria-label="Visits that match by day, most on \d+ \w+: 7"', page)
    table = page.partition('aria-label="Day by day"')[2].partition("</table>")[0]
    rows = [re.findall(r'<td class="num">([^<]*)</td>', row) for row in table.split("<tr>")[2:]]
    assert len(rows) == 7
    assert sum(int(matched) for matched, _, _ in rows) == 7
    # Assigned from now on only: these visits were there before.
    assert {assigned for _, _, assigned in rows} == {"0"}
    # One day has no days, and what is not saved was never assigned.
    assert 'class="month-bar' not in asked(marketer, made, made, window="1")
    wanted = segment(journey=[step(1, criterion("page.pathname", "startsWith", path))])
    new = marketer.post("/segments/new", posted(wanted, row="audience", window="7"), headers=HTMX)
    assert new.status_code == 200
    assert "Day by day" in new.content.decode()
    assert "Assigned" not in new.content.decode()


def test_without_the_permission_the_days_stand_alone() -> None:
    request = JourneyRequest()
    request.may = lambda permission: False  # type: ignore[method-assign]
    today = date(2026, 5, 4)
    found = audience.Audience("counted", 2, per_day=[(today - timedelta(days=1), 1, 8), (today, 0, 0)])
    tried = backtest.of(request, found, "some-id")
    assert tried is not None
    assert [(day.matched, day.percent, day.assigned) for day in tried.days] == [
        (1, "12", None),
        (0, "0", None),
    ]
    assert not tried.compares
    assert backtest.of(request, audience.Audience("noEvents", 30), "some-id") is None


def test_an_answer_that_nobody_here_knows_is_no_number() -> None:
    found = audience.from_answer({"state": "dreaming"}, segment(), 30, "UTC")
    page = render_to_string(
        "segments/_audience_answer.html", {"audience": found, "windows": audience.WINDOWS}
    )
    assert "something that this page cannot read" in page
    assert "audience-number" not in page


def test_zero_names_the_step_and_offers_what_exists(marketer: Browser, make: Make, path: str) -> None:
    made = make("Typo", journey=[step(1, criterion("page.pathname", "equal", f"{path}/O"))])
    page = asked(marketer, made, made)
    assert "Nothing passes “page path is" in page
    assert f'value="use:journey.patterns[0].criteria[0]:{path}/' in page
    used = marketer.post(
        f"/segments/{made['id']}/edit",
        posted(made, base=made, row=f"use:journey.patterns[0].criteria[0]:{path}/1"),
    ).content.decode()
    assert shown(used)["journey-0-criteria-0-values"] == [f"{path}/1"]


def test_half_typed_is_not_counted_and_keeps_the_last_number(
    marketer: Browser, make: Make, path: str
) -> None:
    made = make("Seen", journey=[step(1, criterion("page.pathname", "startsWith", path))])
    asked(marketer, made, made, mark="m1")
    half = made | {"journey": segment(journey=[step(1, criterion("page.pathname", "startsWith"))])["journey"]}
    page = asked(marketer, made, half, mark="m1")
    assert "Counted once every criterion has what it needs." in page
    assert "Last count: 7" in page


def test_without_conditions_nothing_is_counted(marketer: Browser, make: Make) -> None:
    made = make("Empty", scope="Customer")
    assert "Without conditions it matches nothing by itself." in asked(marketer, made, made)


def test_cancel_stops_the_count_at_the_server(marketer: Browser, make: Make) -> None:
    made = make("Seen", context=[[visit("device.category", "equal", "mobile")]])
    answer = marketer.post(f"/segments/{made['id']}/edit", posted(made, base=made, row="stop"), headers=HTMX)
    assert answer.status_code == 204


WINDOW = {"sessions": 100, "customers": 80}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"state": "noEvents"}, "noEvents"),
        ({"state": "stopped", "reason": "timeLimit"}, "stopped"),
        ({"state": "noConditions"}, "noConditions"),
        ({"state": "something new"}, "failed"),
    ],
)
def test_states_without_numbers_have_none(answer: dict[str, Any], state: str) -> None:
    found = audience.from_answer(answer, segment(), 30, "UTC")
    assert (found.state, found.number, found.steps) == (state, 0, [])


def test_an_estimate_says_so() -> None:
    answer = {
        "state": "counted",
        "sampled": True,
        "unit": "sessions",
        "window": WINDOW,
        "matched": {"sessions": 32, "customers": 30, "share": 0.32, "low": 20, "high": 47},
    }
    found = audience.from_answer(answer, segment(), 7, "UTC")
    assert (found.sampled, found.low, found.high, found.percent) == (True, 20, 47, "32")


@pytest.mark.parametrize(
    ("share", "percent"), [(0, "0"), (0.0001, "< 0.1"), (0.012, "1.2"), (0.5, "50"), (1, "100")]
)
def test_a_share_is_never_rounded_to_nothing(share: float, percent: str) -> None:
    assert audience.Audience("counted", 30, share=share).percent == percent


def test_a_count_that_did_not_finish_says_so(
    marketer: Browser, make: Make, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from journeyadmin.service.local import LocalService

    made = make("Slow", context=[[visit("device.category", "equal", "mobile")]])
    asked(marketer, made, made, mark="m2")
    monkeypatch.setattr(
        LocalService, "preview", lambda *args, **kwargs: {"state": "stopped", "reason": "timeLimit"}
    )
    page = asked(marketer, made, made, mark="m2")
    assert "Not finished in 2 s" in page
    assert "Last count:" in page
    assert "shorter window" in page


def test_a_service_without_preview_gets_the_substitute(marketer: Browser, make: Make) -> None:
    from journeyadmin.accounts.models import Connection

    made = make("Plain", context=[[visit("device.category", "equal", "mobile")]])
    cache.set(f"capabilities:{Connection.objects.get().pk}", {"extensions": []}, 60)
    page = marketer.get(f"/segments/{made['id']}/edit").content.decode()
    assert "This service offers no preview" in page
    assert f'hx-get="/segments/{made["id"]}/activity"' in page
    assert '"row": "audience"' not in page
    assert "data-suggest=" not in page.split('id="editor-words"')[1].split(">")[0]
    assert marketer.get("/segments/suggest", {"key": "page.pathname"}).json() == {"values": []}


def test_suggestions_come_with_counts(marketer: Browser, path: str) -> None:
    found = marketer.get(
        "/segments/suggest", {"key": "page.pathname", "side": "journey", "text": path}
    ).json()
    assert {row["value"] for row in found["values"]} == {f"{path}/{number}" for number in range(7)}
    assert all(row["count"] >= 1 for row in found["values"])


DEFINITION = segment(
    context=[[visit("device.category", "equal", "mobile"), visit("mktCampaign.source", "equal", "letter")]],
    journey=[step(2, criterion("page.pathname", "startsWith", "/cart"), event="page_viewed")],
)
ADDRESSES = "https://shop.example/cart?utm_source=letter\n/cart/pay"


@pytest.mark.parametrize("announced", [True, False])
def test_try_it_says_criterion_by_criterion(marketer: Browser, make: Make, announced: bool) -> None:
    from journeyadmin.accounts.models import Connection

    made = make("Tried", context=[[visit("authenticated", "equal", "true")]])
    if not announced:
        cache.set(f"capabilities:{Connection.objects.get().pk}", {"extensions": []}, 60)
    wanted = made | {name: DEFINITION[name] for name in ("context", "journey")}
    page = asked(marketer, made, wanted, "try:", try_addresses=ADDRESSES, try_agent=PHONE)
    assert "This visit matches." in page
    assert "2 of 2" in page
    page = asked(marketer, made, wanted, "try:", try_addresses="https://shop.example/cart", try_agent=DESK)
    assert "No match: it stops at “device category is mobile" in page
    assert "<code>desktop</code>" in page
    assert "no such value" in page
    assert "1 of 2" in page


def test_try_it_takes_events_as_json_and_explains_what_it_cannot_read(marketer: Browser, make: Make) -> None:
    made = make(
        "Tried",
        journey=[step(1, criterion("attributes.total.value", "greaterThan", "100"), event="order_completed")],
    )
    event = '{"eventName": "order_completed", "page": {"url": "https://s.example/", "title": ""}, "attributes": {"total": {"dataType": "number", "value": "250"}}}'
    assert "This visit matches." in asked(marketer, made, made, "try:", try_events=event)
    assert "The event is no JSON" in asked(marketer, made, made, "try:", try_events="{oops")
    assert "Paste an address" in asked(marketer, made, made, "try:")


def test_what_is_tried_is_no_part_of_the_definition(marketer: Browser, make: Make, api: Api) -> None:
    made = make("Tried", context=[[visit("authenticated", "equal", "true")]])
    marketer.post(f"/segments/{made['id']}/edit", posted(made, base=made, try_addresses="https://x.example/"))
    assert api.get(made["id"]) == made


def test_addresses_and_events_become_one_visit_in_order() -> None:
    events = tryit.web_events("/a\n\nhttps://s.example/b", "Agent", '{"eventName": "x"}\n{"eventName": "y"}')
    assert [event["eventName"] for event in events] == ["page_viewed", "page_viewed", "x", "y"]
    assert {event["userAgentString"] for event in events} == {"Agent"}
    with pytest.raises(tryit.NotRead):
        tryit.web_events("no address", "", "")


def test_which_other_segments_share_people_both_ways(marketer: Browser, make: Make, server: Program) -> None:
    """Ten people see the page; the other segment was assigned to those five of them that came by phone."""
    page = f"/only-{uuid.uuid4().hex[:8]}"
    seen = step(1, criterion("page.pathname", "startsWith", page))
    other = make(
        '<img src=x> "ünlü"', context=[[visit("device.category", "equal", "mobile")]], journey=[seen]
    )
    asked_of = make("All of them", journey=[seen], isActive=False)
    for number in range(10):
        seen_by(server.url, f"{page}/{number}", PHONE if number < 5 else DESK)
    told = until(marketer, asked_of, "5 visits")
    assert "10 people match, in 10 visits. Some of them were assigned 1 other segment too." in told
    row = told.split('<div class="overlap-list"')[1].split("</ul>")[0]
    assert f'href="/segments/{other["id"]}/"' in row
    assert "&lt;img src=x&gt;" in row
    assert "5 people" in row
    assert "5 visits" in row
    assert "50 % of these" in row
    assert "100 % of its own" in row
    # The other way round, and of what is typed instead of what is saved.
    on_desk = other | {
        "context": segment(context=[[visit("device.category", "equal", "desktop")]])["context"]
    }
    assert "None of them was assigned another segment." in asked(marketer, other, on_desk, "overlap")
    both = marketer.post(f"/segments/{asked_of['id']}/edit", posted(asked_of, base=asked_of, row="overlap"))
    assert "overlap-list" in both.content.decode()
    assert shown(both.content.decode())["mark"]
    assert 'id="segment-form"' in both.content.decode()


def test_a_saved_segments_overlap_is_a_page_with_its_window_in_the_address(
    marketer: Browser, make: Make, path: str
) -> None:
    made = make("Seen", journey=[step(1, criterion("page.pathname", "startsWith", path))])
    page = marketer.get(f"/segments/{made['id']}/overlap?window=7").content.decode()
    assert "<h1>" in page
    assert "7 people match, in 7 visits." in page
    assert re.search(r"counted <time datetime=\S+ data-age>\d s ago</time>", page)
    assert "js/age.js" in page
    assert '<option value="7" selected>' in page
    piece = marketer.get(f"/segments/{made['id']}/overlap", headers=HTMX)
    assert piece.content.decode().strip().startswith('<div id="overlap"')
    assert "announce" in piece.headers["HX-Trigger"]
    assert (
        f'href="/segments/{made["id"]}/overlap' in marketer.get(f"/segments/{made['id']}/").content.decode()
    )
    assert marketer.get(f"/segments/{uuid.uuid4()}/overlap").status_code == 404


def test_a_service_that_counts_no_overlap_gets_the_substitute(marketer: Browser, make: Make) -> None:
    from journeyadmin.accounts.models import Connection

    made = make("Plain", context=[[visit("device.category", "equal", "mobile")]])
    marketer.get(f"/segments/{made['id']}/")
    cache.set(f"capabilities:{Connection.objects.get().pk}", {"extensions": ["preview"]}, 60)
    for address in ("", "overlap"):
        page = marketer.get(f"/segments/{made['id']}/{address}").content.decode()
        assert "does not count which segments overlap" in page
        assert f"where=journeySegmentId:is:{made['id']}" in page
    assert 'value="overlap"' not in marketer.get(f"/segments/{made['id']}/edit").content.decode()
    assert "does not count which segments overlap" in asked(marketer, made, made, "overlap")


@pytest.mark.parametrize("state", ["noEvents", "noConditions", "stopped", "something new"])
def test_an_overlap_without_numbers_has_none(state: str) -> None:
    found = overlap.from_answer({"state": state}, segment(), 30, {})
    assert found.state == ("failed" if state == "something new" else state)
    assert found.others == ()


def seen_by(url: str, page: str, agent: str) -> None:
    """Somebody new sees a page now."""
    event = {
        "customerCookieId": str(uuid.uuid4()),
        "eventName": "page_viewed",
        "page": {"url": f"https://shop.example{page}", "title": "Only"},
        "createdDate": datetime.now(UTC).isoformat(),
        "userAgentString": agent,
    }
    answer = requests.post(f"{url}/api/v2/journey/deployments/{DEPLOYMENT}/webevents", json=event, timeout=30)
    assert answer.ok, answer.text


def until(browser: Browser, made: Any, words: str) -> str:
    """The overlap of a segment once it says this; events are taken in a moment after they were sent."""
    deadline = time.monotonic() + 20
    while True:
        page = asked(browser, made, made, "overlap")
        if words in page and "10 people match" in page:
            return page
        assert time.monotonic() < deadline, page
        time.sleep(0.2)
