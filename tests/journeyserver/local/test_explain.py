"""Explanations: recorded visits through a masked handle, pasted visits, and pasted web events."""

from typing import Any

import pytest

from journeyserver.engine.moments import first_moment
from tests.journeyserver.local.conftest import Stocked
from tests.journeyserver.local.stock import CARTS, MOBILE, READERS, criterion, definition, pattern
from tests.journeyserver.local.visits import in_order

CHECKOUT = pattern(1, criterion("page.pathname", "equal", "/checkout"))


@pytest.mark.parametrize("asked", [CARTS, READERS], ids=["session", "customer"])
def test_recorded_visits_are_explained_as_the_matcher_does(stocked: Stocked, asked: dict[str, Any]) -> None:
    outcomes = set()
    for visit in stocked.visits[::23]:
        mine = [row for row in stocked.visits if row.customer == visit.customer]
        events = in_order(mine if asked["scope"] == "Customer" else [visit])
        expected = first_moment(asked, str(visit.id), visit.context, [event.happening for event in events])
        found = stocked.ask("/explain", {**asked, "session": str(visit.id)}).json()
        outcomes.add(found["matched"])
        assert found["matched"] is (expected.at is not None)
        assert (found["failed"] is None) is found["matched"], found
        assert [row["matched"] for row in found["context"]] == [row.matched for row in expected.match.context]
        for shown, row in zip(found["journey"], expected.match.journey, strict=True):
            assert (shown["needed"], shown["events"], shown["completedBy"]) == (
                row.needed,
                list(row.events),
                row.completed_by,
            )
            assert shown["reached"] == len(row.events)
        assert len(found["events"]) == len(events)
        assert found["values"]["device.category"] == visit.context["device.category"]
    assert outcomes == {True, False}


def test_a_handle_opens_the_visit_it_was_given_for(stocked: Stocked) -> None:
    sample = stocked.ask("/preview", CARTS).json()["samples"][0]
    found = stocked.ask("/explain", {**CARTS, "session": sample["session"]}).json()
    assert found["matched"] is True
    assert found["session"]["sessionId"] == sample["sessionId"]
    assert found["session"]["started"] == sample["started"]


@pytest.mark.parametrize("session", ["nothing", "5e900000-0000-4000-8000-00000000ffff", "gAAAAABk"])
def test_an_unknown_visit(stocked: Stocked, session: str) -> None:
    assert stocked.ask("/explain", {**CARTS, "session": session}).status_code == 404


def test_a_pasted_visit_says_what_failed_first(stocked: Stocked) -> None:
    events = [
        {"eventName": "page_viewed", "page.pathname": "/product/1"},
        {"eventName": "page_viewed", "page.pathname": "/cart"},
    ]
    found = stocked.ask(
        "/explain", {**CARTS, "visit": {"context": {"device.category": "Mobile"}, "events": events}}
    ).json()
    assert found["matched"] is False
    assert found["failed"] == "journey.patterns[0]"
    (row,) = found["context"][0]["criteria"]
    assert (row["outcome"], row["seen"], row["holds"], row["values"]) == ("pass", "Mobile", True, ["mobile"])
    first, second = found["journey"]
    assert (first["needed"], first["reached"], first["matched"]) == (2, 1, False)
    assert (second["reached"], second["criteria"][0]["outcome"]) == (0, "pass")
    missing = stocked.ask("/explain", {**CARTS, "visit": {"events": events}}).json()
    assert missing["failed"] == "context.patterns[0].criteria[0]"
    assert missing["context"][0]["criteria"][0]["outcome"] == "no value"


def test_a_pasted_event_is_derived_as_if_it_had_arrived(stocked: Stocked) -> None:
    asked = definition(
        [
            MOBILE,
            criterion("mktCampaign.source", "equal", "letter"),
            criterion("referrer.medium", "equal", "search"),
        ],
        CHECKOUT,
    )
    event = {
        "page": {"url": "https://shop.example/checkout?utm_source=letter"},
        "userAgentString": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
        "referrerUrl": "https://www.google.com/search?q=shoes",
    }
    found = stocked.ask("/explain", {**asked, "webEvents": [event]}).json()
    assert found["matched"] is True, found
    assert found["values"]["browser.family"] == "Safari"
    assert found["events"][0]["page.pathname"] == "/checkout"
    only_agent = stocked.ask(
        "/explain", {**asked, "webEvents": [{"userAgentString": event["userAgentString"]}]}
    ).json()
    assert only_agent["context"][0]["criteria"][0]["holds"] is True
    assert only_agent["failed"] == "context.patterns[0].criteria[1]"
    assert "page.url" not in only_agent["events"][0]


def test_what_cannot_be_read_is_said_with_its_path(stocked: Stocked) -> None:
    answer = stocked.ask("/explain", {**CARTS, "webEvents": [{"page": {"url": 7}}, 3]})
    assert answer.status_code == 400
    assert [row["fieldName"] for row in answer.json()["details"]] == ["webEvents[0].page.url", "webEvents[1]"]
    answer = stocked.ask(
        "/explain", {**CARTS, "visit": {"context": {"device.kind": "x"}, "events": [{"page": {}}]}}
    )
    assert {row["fieldName"] for row in answer.json()["details"]} == {
        "visit.context.device.kind",
        "visit.events[0].page",
    }
    assert stocked.ask("/explain", CARTS).status_code == 400
    assert stocked.ask("/explain", {**CARTS, "session": "x", "visit": {}}).status_code == 400


def test_an_attribute_may_be_called_like_a_part_of_its_event(stocked: Stocked) -> None:
    asked = definition([], pattern(1, criterion("attributes.streamType.value", "equal", "live")))
    visit = {"events": [{"streamType": "Web", "attributes": {"streamType": "live", "attributes": "many"}}]}
    found = stocked.ask("/explain", {**asked, "visit": visit}).json()
    assert found["matched"] is True
    assert found["events"] == visit["events"]
    wrong = stocked.ask("/explain", {**asked, "visit": {"context": {"streamType": "Web"}}})
    assert wrong.json()["details"] == [{"errorCode": "invalid.enum", "fieldName": "visit.context.streamType"}]
