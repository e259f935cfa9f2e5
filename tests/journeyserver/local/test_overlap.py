"""Overlap counts shared visits and customers as sets in plain Python do."""

from datetime import timedelta
from typing import Any

import pytest

from tests.journeyserver.local import stock
from tests.journeyserver.local.conftest import Stocked
from tests.journeyserver.local.stock import CARTS, MOBILE, definition, pattern
from tests.journeyserver.local.test_preview import matching, text

CHECKOUTS = definition([MOBILE], pattern(1, stock.criterion("page.pathname", "equal", "/checkout")))


@pytest.mark.parametrize("asked", [CHECKOUTS, CARTS], ids=["other", "its own"])
def test_shared_visits_and_customers(stocked: Stocked, asked: dict[str, Any]) -> None:
    end = stocked.now.replace(microsecond=0) + timedelta(minutes=1)
    start = end - timedelta(days=5)
    found = stocked.ask("/overlap", {**asked, "interval": f"{text(start)}/{text(end)}"}).json()
    mine = matching(stocked.visits, asked, start, end)
    visits, customers = {visit.id for visit in mine}, {visit.customer for visit in mine}
    assert found["matched"] == {"sessions": len(visits), "customers": len(customers)}
    expected = []
    for segment_id, (name, _) in stock.SEGMENTS.items():
        given = [
            row
            for row in stock.assignments(stocked.visits)
            if row["segment_id"] == segment_id
            and start.replace(tzinfo=None) <= row["ts"] < end.replace(tzinfo=None)
        ]
        theirs = {row["customer_id"] for row in given}
        expected.append(
            {
                "segmentId": str(segment_id),
                "displayName": name,
                "sessions": len(visits & {row["session_id"] for row in given}),
                "customers": len(customers & theirs),
                "share": pytest.approx(len(customers & theirs) / len(customers)),
                "ofTheirs": pytest.approx(len(customers & theirs) / len(theirs)),
            }
        )
    expected.sort(key=lambda row: -row["customers"])
    assert found["segments"] == expected


def test_the_segment_itself_is_left_out(stocked: Stocked) -> None:
    own = next(str(key) for key, (_, asked) in stock.SEGMENTS.items() if asked is CARTS)
    found = stocked.ask("/overlap", {**CARTS, "savedId": own}).json()
    assert own not in [row["segmentId"] for row in found["segments"]]
    assert found["segments"]


def test_no_visits_and_no_conditions(stocked: Stocked) -> None:
    old = "2020-01-01T00:00:00.000Z/2020-01-02T00:00:00.000Z"
    assert stocked.ask("/overlap", {**CARTS, "interval": old}).json()["state"] == "noEvents"
    assert stocked.ask("/overlap", {"scope": "Customer"}).json()["state"] == "noConditions"
