"""Watching one segment: its assignments since a cursor, and the visits of now that would match but for one thing."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from journeyserver.engine.moments import Happening, first_moment
from journeyserver.local.near import lacking
from tests.journeyserver.local import stock
from tests.journeyserver.local.conftest import Stocked
from tests.journeyserver.local.stock import CARTS, MOBILE, criterion, definition, pattern

CART_ID, READ_ID = (str(key) for key in stock.SEGMENTS)
PHONE, DESK = {"device.category": "mobile"}, {"device.category": "desktop"}


def went(*pages: str) -> list[dict[str, Any]]:
    return [
        {"eventName": stock.NAMES.get(page, "page_viewed"), "page.pathname": page, "streamType": "Web"}
        for page in pages
    ]


def lack(
    asked: dict[str, Any], context: dict[str, Any], events: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """What one visit with these events lacks."""
    one = str(uuid.uuid4())
    happened = [Happening(one, False, event) for event in events]
    found = first_moment(asked, one, context, happened)
    assert found.at is None
    return lacking(asked, found.match, one, context, happened)


TWICE = "journey.patterns[0]"
THEN = "journey.patterns[1]"


@pytest.mark.parametrize(
    ("context", "pages", "expected"),
    [
        (DESK, ["/product/1", "/product/2", "/cart"], ("context.patterns[0].criteria[0]", "fail", "desktop")),
        ({}, ["/product/1", "/product/2", "/cart"], ("context.patterns[0].criteria[0]", "no value", None)),
        (PHONE, ["/product/1", "/product/2", "/"], (f"{THEN}.criteria[0]", "fail", "/product/1")),
        (PHONE, ["/product/1", "/cart"], (TWICE, 2, 1)),
        (PHONE, ["/product/1"], None),
        # The cart came too early, and so would nothing but another event do.
        (PHONE, ["/cart", "/product/1", "/product/2"], (THEN, 1, 0)),
        (DESK, ["/product/1", "/product/2"], None),
        (PHONE, [], None),
    ],
)
def test_near_is_who_lacks_one_thing(
    context: dict[str, Any], pages: list[str], expected: tuple[Any, ...] | None
) -> None:
    found = lack(CARTS, context, went(*pages))
    if expected is None:
        assert found is None
    elif "criteria" in expected[0]:
        assert found is not None
        assert (found["path"], found["outcome"], found["seen"]) == expected
    else:
        assert found == {"path": expected[0], "key": "", "needed": expected[1], "reached": expected[2]}


def test_a_step_may_lack_one_more_event_but_not_two() -> None:
    thrice = definition([MOBILE], pattern(3, criterion("page.pathname", "equal", "/search")))
    assert lack(thrice, PHONE, went("/search", "/search")) == {
        "path": TWICE,
        "key": "",
        "needed": 3,
        "reached": 2,
    }
    assert lack(thrice, PHONE, went("/search")) is None


def test_a_step_that_has_not_begun_is_one_thing_whatever_it_asks() -> None:
    order = pattern(1, criterion("attributes.total.value", "greaterThan", "100"), name="order_completed")
    found = lack(definition([MOBILE], order), PHONE, went("/cart"))
    assert found == {"path": TWICE, "key": "", "needed": 1, "reached": 0}


def test_of_a_single_condition_nobody_is_near() -> None:
    assert lack(definition([MOBILE]), DESK, went("/")) is None
    blog = pattern(1, criterion("page.pathname", "startsWith", "/blog"))
    assert lack(definition([], blog), PHONE, went("/")) is None
    assert lack(definition([], blog | {"eventName": "page_viewed"}), PHONE, went("/")) is None


def test_matches_are_this_segments_after_the_cursor(stocked: Stocked) -> None:
    given = stock.assignments(stocked.visits)
    for segment_id in (CART_ID, READ_ID):
        mine = sorted(
            (row for row in given if str(row["segment_id"]) == segment_id), key=lambda row: row["event_id"]
        )
        found = stocked.ask(f"/live/{segment_id}", limit=200).json()
        assert found["segment"]["id"] == segment_id
        assert len(found["matches"]) == len(mine)
        assert {row["segmentId"] for row in found["matches"]} == {segment_id}
        middle = mine[len(mine) // 2]["event_id"].int
        later = stocked.ask(f"/live/{segment_id}", since=middle, limit=200).json()
        assert len(later["matches"]) == len([row for row in mine if row["event_id"].int > middle])
    assert found["matches"][0]["path"] == "journey.patterns[0]"


def test_near_misses_are_active_visits_and_no_others(stocked: Stocked) -> None:
    found = stocked.ask(f"/live/{CART_ID}", limit=200).json()
    # The moment of asking is a little later than that of stocking: the eldest may be over by now.
    active = [one for one in stocked.visits if one.last_event >= stocked.now - timedelta(minutes=20)]
    assert 0 < found["lookedAt"] <= min(50, len(active))
    assert found["lookedAt"] == min(50, found["activeSessions"])
    expected = []
    for visit in sorted(active, key=lambda one: one.last_event, reverse=True)[: found["lookedAt"]]:
        events = [event.happening for event in visit.events]
        moment = first_moment(CARTS, str(visit.id), visit.context, events)
        if moment.at is None:
            near = lacking(CARTS, moment.match, str(visit.id), visit.context, events)
            expected += [near["path"]] if near else []
    assert [row["path"] for row in found["nearMisses"]] == expected


def test_ids_are_masked_and_open_the_visit_all_the_same(stocked: Stocked) -> None:
    found = stocked.ask(f"/live/{CART_ID}").json()
    whole = {str(visit.id) for visit in stocked.visits} | {visit.customer for visit in stocked.visits}
    assert not [one for one in whole if one in str(found)]
    row = found["matches"][0]
    told = stocked.ask("/explain", {**CARTS, "session": row["session"]}).json()
    assert told["matched"] is True


def test_an_unknown_segment_and_a_wrong_cursor(stocked: Stocked) -> None:
    assert stocked.ask(f"/live/{uuid.uuid4()}").status_code == 404
    assert stocked.ask(f"/live/{CART_ID}", since="x").status_code == 400
