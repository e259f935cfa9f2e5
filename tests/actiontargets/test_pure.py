"""Hours around a change, the drawn curve, and the numbers of a week: values in, values out."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from actiontargets import curve, payloads
from actiontargets.hours import same_hours
from journeyadmin.servicelevel import SPACE

LONDON = ZoneInfo("Europe/London")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("moment", "until", "before", "days"),
    [
        # Six hours are compared with the same six hours of the day before.
        ("2026-05-05T10:00", "2026-05-05T16:00", ("2026-05-04T10:00", "2026-05-04T16:00"), 1),
        # Thirty hours with those two days before.
        ("2026-05-05T10:00", "2026-05-06T16:00", ("2026-05-03T10:00", "2026-05-04T16:00"), 2),
        # At most a week, with the same days of the week before.
        ("2026-05-05T10:00", "2026-06-01T00:00", ("2026-04-28T10:00", "2026-05-05T10:00"), 7),
        # Over the day of 23 hours it is still ten to four.
        ("2026-03-29T10:00", "2026-03-29T16:00", ("2026-03-28T10:00", "2026-03-28T16:00"), 1),
        # And over the one of 25.
        ("2026-10-25T10:00", "2026-10-25T16:00", ("2026-10-24T10:00", "2026-10-24T16:00"), 1),
    ],
)
def test_the_same_hours_before(moment: str, until: str, before: tuple[str, str], days: int) -> None:
    found = same_hours(_at(moment).astimezone(UTC), _at(until).astimezone(UTC), LONDON)
    assert (found.before_start, found.before_end) == (_at(before[0]), _at(before[1]))
    assert found.days == days
    assert found.before_end <= found.after_start


def test_a_moment_ago_there_is_nothing_to_compare() -> None:
    now = datetime(2026, 5, 5, tzinfo=UTC)
    found = same_hours(now, now - timedelta(seconds=1), LONDON)
    assert found.length == timedelta(0)


def _answer(*rows: tuple[str, str, int]) -> dict[str, Any]:
    return {
        "results": [
            {
                "group": {payloads.TARGET: target},
                "data": [{"metrics": [{"metric": metric, "stats": {"count": count}}]}],
            }
            for target, metric, count in rows
        ]
    }


def test_the_numbers_of_a_week() -> None:
    offers = _answer(("A", payloads.OFFERED, 90), ("A", payloads.ACCEPTED, 30), ("A", payloads.ENGAGED, 1))
    held = _answer(("a", payloads.BLOCKED, 10))
    found = payloads.numbers([offers, held, {}, {"results": [{"group": {}, "data": []}]}])
    (only,) = found.values()
    assert only == payloads.Numbers(90, 30, 1, 0, 10)
    assert only.held_words == f"10{SPACE}%"
    assert only.accepted_words == f"33{SPACE}%"
    assert payloads.NONE.accepted_words == "", "nothing to divide by is no data, not 0 %"


def test_a_share_that_is_not_nothing_is_not_shown_as_nothing() -> None:
    assert payloads.Numbers(offered=999, held_back=1).held_words == f"<1{SPACE}%"


def test_the_questions_ask_for_throttled_offers_alone() -> None:
    start, end = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 8, tzinfo=UTC)
    offers, held = payloads.questions(start, end)
    assert offers["interval"] == "2026-05-01T00:00:00.000+00:00/2026-05-08T00:00:00.000+00:00"
    assert "filter" not in offers
    assert held["filter"]["predicates"] == [
        {"dimension": "journeyBlockingReason", "value": "ServiceLevelThrottling"}
    ]
    assert payloads.questions(start, end, "t")[0]["filter"]["predicates"][0]["value"] == "t"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": 3}', "{", "[" * 100_000, '{"name": "x\\ud800"}'])
def test_a_hidden_part_that_was_tampered_with_is_none(text: str) -> None:
    assert payloads.from_hidden(text) is None


@pytest.mark.parametrize("number", ["NaN", "1e999", "-Infinity", "1e300", "9" * 400, "true", '"1"', "[]"])
def test_what_is_no_number_to_count_with_is_not_set(number: str) -> None:
    level = f'{{"percentage": {number}, "durationMs": {number}}}'
    seen = payloads.from_hidden(
        f'{{"name": "x", "serviceLevel": {level}, "shortAbandonThreshold": {number}}}'
    )
    assert seen == {"name": "x"}


def test_conflicts_choose_what_only_one_side_changed() -> None:
    level = {"percentage": 0.8, "durationMs": 20_000}
    seen = {"name": "A", "serviceLevel": level}
    theirs = {"name": "A", "serviceLevel": {**level, "percentage": 0.9}, "shortAbandonThreshold": 5}
    mine = {"name": "B", "serviceLevel": {**level, "percentage": 0.7}}
    rows = payloads.conflicts(seen, theirs, mine)
    assert {row["field"]: row["chosen"] for row in rows} == {
        "name": "yours",
        "serviceLevel": "",
        "shortAbandonThreshold": "theirs",
    }
    patch = payloads.merged(
        theirs, mine, {"name": "yours", "serviceLevel": "theirs", "shortAbandonThreshold": "yours"}
    )
    assert patch == {"name": "B", "shortAbandonThreshold": None}


POINTS = [(0, 0.0), (10_000, 0.5), (20_000, 0.8), (60_000, 1.0)]
FOUND = {
    "percentage": 0.8,
    "durationMs": 20_000,
    "answered": 50,
    "toAnswer": [{"ms": ms, "share": share} for ms, share in POINTS],
}


@pytest.mark.parametrize(
    ("ms", "share"), [(0, 0.0), (5_000, 0.25), (20_000, 0.8), (40_000, 0.9), (99_000, 1.0)]
)
def test_the_share_at_a_time(ms: int, share: float) -> None:
    assert curve.share_at(POINTS, ms) == pytest.approx(share)


def test_the_drawing_has_both_settings_and_the_same_numbers_as_its_table() -> None:
    drawing = curve.drawn(FOUND, (0.9, 45_000))
    assert drawing
    assert drawing.new
    assert drawing.old
    assert drawing.reached_words == f"80{SPACE}%"
    assert dict(drawing.rows)[f"20{SPACE}s"] == f"80{SPACE}%"
    assert float(drawing.old.x) > float(drawing.new.x)
    assert float(drawing.old.y) < float(drawing.new.y)
    assert curve.drawn(FOUND, (0.8, 20_000)).old is None, "no change, nothing to compare"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("percentage", "ms", "anchor", "below"),
    [(0.8, 20_000, "start", True), (0.9, 20_000, "start", False), (0.9, 50_000, "end", True)],
)
def test_the_words_of_a_setting_stand_beside_the_curve_and_inside_the_box(
    percentage: float, ms: int, anchor: str, below: bool
) -> None:
    drawing = curve.drawn({**FOUND, "percentage": percentage, "durationMs": ms}, (None, None))
    assert drawing
    assert drawing.new
    assert (drawing.new.anchor, drawing.new.below) == (anchor, below)


def test_the_words_of_two_settings_do_not_stand_on_each_other() -> None:
    drawing = curve.drawn({**FOUND, "percentage": 0.8, "durationMs": 20_000}, (0.78, 25_000))
    assert drawing
    assert drawing.new
    assert drawing.old
    assert drawing.new.below is not drawing.old.below


def test_without_answers_there_is_no_curve() -> None:
    assert curve.drawn({"toAnswer": []}, (None, None)) is None
