"""Preview over HTTP: every number against plain Python over the same visits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from journeyserver.engine.moments import first_moment
from tests.journeyserver.local import stock
from tests.journeyserver.local.conftest import LOCAL, Stocked
from tests.journeyserver.local.stock import CARTS, MOBILE, READERS, criterion, definition, pattern
from tests.journeyserver.local.visits import Visit, in_order

UNSIGNED = criterion("authenticated", "notEqual", "true")
DEFINITIONS = {
    "two patterns": CARTS,
    "customers": READERS,
    "context alone": definition([MOBILE, criterion("geolocation.country", "equal", "de")]),
    "before signing in": definition([UNSIGNED], pattern(1, criterion("page.pathname", "equal", "/checkout"))),
    "customers in order": definition(
        [criterion("browser.version", "greaterThan", "60")],
        pattern(3, criterion("attributes.price.value", "lessThan", "30")),
        pattern(1, criterion("page.pathname", "equal", "/checkout"), name="checkout_viewed"),
        scope="Customer",
    ),
    "nothing": definition([], pattern(1, criterion("page.pathname", "equal", "/chekout", ignore=False))),
}


def text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def window_of(stocked: Stocked) -> tuple[datetime, datetime]:
    end = stocked.now.replace(microsecond=0) + timedelta(minutes=1)
    return end - timedelta(days=7), end


def matching(rows: list[Visit], asked: dict[str, Any], start: datetime, end: datetime) -> list[Visit]:
    found = []
    for visit in rows:
        if not start <= visit.started < end:
            continue
        theirs = (
            in_order([row for row in rows if row.customer == visit.customer])
            if asked["scope"] == "Customer"
            else in_order([visit])
        )
        happenings = [event.happening for event in theirs]
        if first_moment(asked, str(visit.id), visit.context, happenings).at is not None:
            found.append(visit)
    return found


@pytest.mark.parametrize("name", list(DEFINITIONS))
def test_the_numbers_are_those_of_plain_python(stocked: Stocked, name: str) -> None:
    asked = DEFINITIONS[name]
    start, end = window_of(stocked)
    inside = [visit for visit in stocked.visits if start <= visit.started < end]
    expected = matching(stocked.visits, asked, start, end)
    found = stocked.ask("/preview", {**asked, "interval": f"{text(start)}/{text(end)}"}).json()
    assert found["state"] == "counted"
    assert found["window"] == {"sessions": len(inside), "customers": len({v.customer for v in inside})}
    matched = found["matched"]
    assert (matched["sessions"], matched["customers"]) == (len(expected), len({v.customer for v in expected}))
    unit = "customers" if asked["scope"] == "Customer" else "sessions"
    assert found["unit"] == unit
    assert matched["share"] == pytest.approx(matched[unit] / found["window"][unit])
    assert matched["low"] == matched["high"] == matched[unit]
    assert found["steps"][0]["before"] == found["window"][unit]
    assert found["steps"][-1]["kept"] == matched[unit]
    for earlier, later in zip(found["steps"], found["steps"][1:], strict=False):
        assert later["before"] == earlier["kept"] == earlier["before"] - earlier["dropped"]
    assert sum(day["all"] for day in found["days"]) == len(inside)
    assert sum(day["matched"] for day in found["days"]) == len(expected)
    assert len(found["samples"]) == min(10, len(expected))


def test_days_are_those_of_the_zone(stocked: Stocked) -> None:
    zone = "Asia/Kolkata"
    found = stocked.ask("/preview", {**CARTS, "timeZone": zone}).json()
    days = found["days"]
    assert len(days) == 30
    assert days[0]["interval"].split("/")[0].endswith("T18:30:00.000Z")
    for day in days:
        start, end = (datetime.fromisoformat(part) for part in day["interval"].split("/"))
        assert day["all"] == sum(start <= visit.started < end for visit in stocked.visits)
        assert day["matched"] == len(matching(stocked.visits, CARTS, start, end))


def test_against_the_saved_definition(stocked: Stocked) -> None:
    start, end = window_of(stocked)
    (saved_id, _), *_ = [(key, value) for key, value in stock.SEGMENTS.items() if value[1] is CARTS]
    edited = definition([], *CARTS["journey"]["patterns"][:1])
    found = stocked.ask(
        "/preview", {**edited, "savedId": str(saved_id), "interval": f"{text(start)}/{text(end)}"}
    ).json()
    new = {visit.id for visit in matching(stocked.visits, edited, start, end)}
    old = {visit.id for visit in matching(stocked.visits, CARTS, start, end)}
    assert found["saved"]["sessions"] == len(old)
    assert (found["saved"]["gained"], found["saved"]["lost"]) == (len(new - old), len(old - new))
    assert new > old


def test_samples_are_masked_and_say_why(stocked: Stocked) -> None:
    found = stocked.ask("/preview", CARTS).json()
    sample = found["samples"][0]
    ids = {str(visit.id) for visit in stocked.visits} | {visit.customer for visit in stocked.visits}
    assert "…" in sample["sessionId"]
    assert not [one for one in ids if one in str(found["samples"])]
    assert [row["path"] for row in sample["reasons"]] == [
        "context.patterns[0].criteria[0]",
        "journey.patterns[0].criteria[0]",
        "journey.patterns[1].criteria[0]",
    ]
    assert sample["reasons"][0]["seen"] == "mobile"
    assert sample["reasons"][1]["reached"] >= sample["reasons"][1]["needed"] == 2
    assert sample["matched"] == sample["reasons"][2]["at"]
    whole = stocked.ask("/preview", CARTS, username="admin").json()["samples"][0]
    assert whole["sessionId"] in ids
    assert whole["customerId"] in ids


def test_where_a_step_finds_nothing_the_nearest_values_are_named(stocked: Stocked) -> None:
    found = stocked.ask("/preview", DEFINITIONS["nothing"]).json()
    assert found["matched"]["sessions"] == 0
    assert found["zero"]["path"] == "journey.patterns[0].criteria[0]"
    assert found["zero"]["values"][0]["value"] == "/checkout"
    assert len(found["zero"]["values"]) == 3
    assert found["samples"] == []


def test_no_visits_is_not_nought(stocked: Stocked) -> None:
    found = stocked.ask(
        "/preview", {**CARTS, "interval": "2020-01-01T00:00:00.000Z/2020-01-02T00:00:00.000Z"}
    ).json()
    assert found["state"] == "noEvents"
    assert "matched" not in found


def test_a_definition_without_conditions_says_so(stocked: Stocked) -> None:
    assert stocked.ask("/preview", {"scope": "Customer"}).json()["state"] == "noConditions"


def test_all_problems_at_once_under_the_paths_of_a_segment(stocked: Stocked) -> None:
    wrong = definition([criterion("device.kind", "equal", "x")], pattern(0, criterion("page.url", "equal")))
    answer = stocked.ask("/preview", {**wrong, "interval": "x", "mode": "fast", "timeZone": "Mars"})
    assert answer.status_code == 400
    assert {row["fieldName"] for row in answer.json()["details"]} == {
        "context.patterns[0].criteria[0].key",
        "journey.patterns[0].count",
        "journey.patterns[0].criteria[0].values",
        "interval",
        "mode",
        "timeZone",
    }


@pytest.mark.parametrize("path", ["/preview", "/overlap"])
def test_an_interval_whose_days_the_zone_has_not(stocked: Stocked, path: str) -> None:
    interval, zone = "0001-01-01T00:00:00Z/0001-02-01T00:00:00Z", "America/Los_Angeles"
    answer = stocked.ask(path, {**CARTS, "interval": interval, "timeZone": zone})
    assert answer.status_code == 400
    assert [row["fieldName"] for row in answer.json()["details"]] == ["interval"]


def test_a_time_limit_ends_the_work(stocked: Stocked) -> None:
    found = stocked.ask("/preview", {**CARTS, "timeLimitMs": 1}).json()
    assert (found["state"], found["reason"]) == ("stopped", "timeLimit")


def test_it_needs_the_permission_to_see_segments(stocked: Stocked) -> None:
    assert requests.post(stocked.url + LOCAL + "/preview", json=CARTS, timeout=10).status_code == 401
    unknown = {**CARTS, "savedId": "5e900000-0000-4000-8000-00000000ffff"}
    assert stocked.ask("/preview", unknown).status_code == 404
    assert stocked.ask("/preview", [1]).status_code == 400
