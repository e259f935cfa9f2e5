"""Series against plain Python: sums, rates, gaps, top N, comparison, odd days (CHT1, CHT3, CHT4, CHT6, CHT7, QRY9, QRY15)."""

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analytics import compare, exports, granularity, ranges, series, spans, tables
from analytics.measures import Measure, View, all_measures, measure, of_view
from analytics.ranges import Span
from analytics.series import Result, UnexpectedAnswer
from journeyadmin.contract.buckets import format_interval
from journeyadmin.digits import THIN
from tests.analytics.zones import ZONES

COUNT, DISTINCT = measure("nWebActionsOffered"), measure("nDistinctJourneySessions")
RATE = measure("nWebActionsAccepted/nWebActionsOffered")
VALUE, AVERAGE, LARGEST = (measure(f"oJourneyOutcomeValue{suffix}") for suffix in ("", ".avg", ".max"))
MEASURES = tuple(made for made in (COUNT, DISTINCT, VALUE, AVERAGE, LARGEST, RATE) if made)
GROUPS = ["mobile", "desktop", "tablet", None]

# What happened: bucket, group, metric, number.
Cell = tuple[int, str | None, str, Any]


def days(first: str, count: int, zone: str = "Europe/London") -> Span:
    start = date.fromisoformat(first)
    return ranges.days_span(start, start + timedelta(days=count - 1), ZoneInfo(zone))


def answer(span: Span, by: str, cells: Iterable[Cell], grouped: bool = True) -> dict[str, Any]:
    """An answer as the service words it: sparse, with intervals in the zone."""
    edges = granularity.edges(by, span)
    table: dict[str | None, dict[int, dict[str, Any]]] = {}
    for at, group, name, number in cells:
        stats = {"count": number} if name.startswith("n") else number
        table.setdefault(group, {}).setdefault(at, {})[name] = stats
    return {
        "results": [
            {
                "group": {"journeyDeviceCategory": group} if group is not None and grouped else {},
                "data": [
                    {
                        "interval": format_interval(edges[at], edges[at + 1], span.zone),
                        "metrics": [{"metric": name, "stats": stats} for name, stats in sorted(rows.items())],
                    }
                    for at, rows in sorted(by_bucket.items())
                ],
            }
            for group, by_bucket in table.items()
        ]
    }


def shaped(
    span: Span,
    by: str,
    body: dict[str, Any],
    now: datetime | None = None,
    measures: Any = MEASURES,
    **extra: Any,
) -> Result:
    edges = granularity.edges(by, span)
    buckets = series.make_buckets(edges, now or span.end)
    return series.from_answer(body, buckets, measures, ("journeyDeviceCategory",), **extra)


@st.composite
def happenings(draw: st.DrawFn, buckets: int) -> list[Cell]:
    """Sparse numbers that hang together: never more accepted than offered, values with their summary."""
    cells: list[Cell] = []
    for at in range(buckets):
        for group in draw(st.lists(st.sampled_from(GROUPS), unique=True, max_size=4)):
            offered = draw(st.integers(0, 50))
            accepted = draw(st.integers(0, offered))
            for name, number in (
                ("nWebActionsOffered", offered),
                ("nWebActionsAccepted", accepted),
                ("nDistinctJourneySessions", draw(st.integers(0, 9))),
            ):
                # The service leaves noughts out, but a client must take them too.
                if number or draw(st.booleans()):
                    cells.append((at, group, name, number))
            values = draw(st.lists(st.integers(-100, 1000), max_size=3))
            if values:
                stats = {
                    "count": len(values),
                    "sum": float(sum(values)),
                    "min": min(values),
                    "max": max(values),
                }
                cells.append((at, group, "oJourneyOutcomeValue", stats))
    return cells


def number(
    cells: list[Cell], name: str, groups: Iterable[str | None], buckets: Iterable[int], stat: str = "count"
) -> Any:
    """A plain count over the cells: the sum, or the largest where `stat` is max; None where there is none."""
    wanted, kept = set(groups), set(buckets)
    found = [
        value[stat] if isinstance(value, dict) else value
        for at, group, metric, value in cells
        if metric == name and group in wanted and at in kept
    ]
    if not found:
        return None
    return max(found) if stat == "max" else sum(found)


def expected(cells: list[Cell], made: Measure, groups: Iterable[str | None], buckets: Iterable[int]) -> Any:
    groups, buckets = list(groups), list(buckets)
    if made is COUNT:
        return number(cells, "nWebActionsOffered", groups, buckets) or 0
    if made is DISTINCT:
        single = len(buckets) == 1 and len(groups) == 1
        return (number(cells, "nDistinctJourneySessions", groups, buckets) or 0) if single else None
    if made is VALUE:
        return number(cells, "oJourneyOutcomeValue", groups, buckets, "sum") or 0
    if made is LARGEST:
        return number(cells, "oJourneyOutcomeValue", groups, buckets, "max")
    over, below = (
        ("nWebActionsAccepted", "nWebActionsOffered") if made is RATE else ("oJourneyOutcomeValue",) * 2
    )
    top = number(cells, over, groups, buckets, "sum" if made is AVERAGE else "count")
    under = number(cells, below, groups, buckets)
    return (top or 0) / under if under else None


def same(one: Any, other: Any) -> bool:
    return one is other if one is None or other is None else math.isclose(one, other, abs_tol=1e-9)


@settings(max_examples=60)
@given(st.data())
def test_every_number_equals_a_plain_count(data: st.DataObject) -> None:
    span = days("2026-03-27", 5)
    cells = data.draw(happenings(5))
    result = shaped(span, "P1D", answer(span, "P1D", cells))
    present = {group for _, group, _, _ in cells}
    assert result.groups == len(present)
    for made in MEASURES:
        lines = result.of(made)
        assert {line.group[0] for line in lines} == present
        for line in lines:
            for at in range(5):
                assert same(line.values[at], expected(cells, made, line.group, [at])), (
                    made.key,
                    line.group,
                    at,
                )
            assert same(line.total, expected(cells, made, line.group, range(5)))


@settings(max_examples=60)
@given(st.data(), st.integers(1, 3))
def test_other_and_total_are_made_of_what_may_be_added(data: st.DataObject, most: int) -> None:
    span = days("2026-05-01", 4)
    cells = data.draw(happenings(4))
    result = series.top(shaped(span, "P1D", answer(span, "P1D", cells)), most)
    present = {group for _, group, _, _ in cells}
    shown = {line.group[0] for line in result.lines if line.kind == "group"}
    assert len(shown) == (most if len(present) > most + 1 else len(present))
    for made in MEASURES:
        others, alls = result.of(made, "other"), result.of(made, "all")
        if made is DISTINCT:
            # CHT7: nothing that could be read as a sum.
            assert not others
            assert not alls
            assert result.all_of(made) is None
            continue
        assert len(alls) == (len(present) > 1)
        for line, groups in [(line, present - shown) for line in others] + [(line, present) for line in alls]:
            assert line.of == len(groups)
            for at in range(4):
                assert same(line.values[at], expected(cells, made, groups, [at]))
            assert same(line.total, expected(cells, made, groups, range(4)))


def test_the_largest_groups_are_shown_and_rates_are_ranked_by_what_they_are_shares_of() -> None:
    span = days("2026-05-01", 1)
    cells: list[Cell] = [
        (0, "tablet", "nWebActionsOffered", 3),
        (0, "tablet", "nWebActionsAccepted", 3),
        (0, "mobile", "nWebActionsOffered", 400),
        (0, "mobile", "nWebActionsAccepted", 40),
        (0, "desktop", "nWebActionsOffered", 900),
        (0, "desktop", "nWebActionsAccepted", 45),
    ]
    assert RATE
    result = shaped(span, "P1D", answer(span, "P1D", cells), measures=(RATE,))
    assert [line.group[0] for line in result.lines] == ["desktop", "mobile", "tablet"]
    (everything,) = series.top(result, 1).of(RATE, "all")
    assert everything.total == pytest.approx(88 / 1303)


def test_one_group_too_many_is_shown_instead_of_called_other() -> None:
    span = days("2026-05-01", 1)
    cells: list[Cell] = [(0, group, "nWebActionsOffered", at + 1) for at, group in enumerate(GROUPS)]
    result = shaped(span, "P1D", answer(span, "P1D", cells), measures=(COUNT,))
    assert series.top(result, 3).shown == 4
    assert series.top(result, 2).shown == 2


def test_groups_that_overlap_are_never_added() -> None:
    span = days("2026-05-01", 1)
    assert COUNT
    body = {
        "results": [
            {
                "group": {"journeySessionSegmentId": name},
                "data": [
                    {
                        "interval": format_interval(span.start, span.end, span.zone),
                        "metrics": [{"metric": "nWebActionsOffered", "stats": {"count": 1}}],
                    }
                ],
            }
            for name in "ABCD"
        ]
    }
    buckets = series.make_buckets([span.start, span.end], span.end)
    apart = series.top(series.from_answer(body, buckets, (COUNT,), ("journeySessionSegmentId",)), 1)
    assert not apart.groups_add
    assert not apart.of(COUNT, "other", "all")
    joined = series.from_answer(body, buckets, (COUNT,), ("journeySessionSegmentId",), flatten=True)
    assert series.top(joined, 1).of(COUNT, "all")[0].total == 4


def test_an_empty_answer_is_empty_and_not_nought() -> None:
    span = days("2026-05-01", 3)
    buckets = series.make_buckets(granularity.edges("P1D", span), span.end)
    for body in ({"results": []}, {}, {"results": None}):
        result = series.from_answer(body, buckets, MEASURES, ())
        assert result.empty
        assert not result.lines


def test_nothing_has_a_number_before_it_begins() -> None:
    span = days("2026-05-04", 4)
    now = span.start + timedelta(days=1, hours=14)
    cells: list[Cell] = [(0, "mobile", "nWebActionsOffered", 10), (1, "mobile", "nWebActionsOffered", 4)]
    result = shaped(span, "P1D", answer(span, "P1D", cells), now=now, measures=(COUNT,))
    assert [bucket.state for bucket in result.buckets] == ["over", "open", "ahead", "ahead"]
    assert result.lines[0].values == (10, 4, None, None)
    assert result.lines[0].total == 14


def test_a_bucket_that_the_range_cuts_is_marked() -> None:
    span = days("2026-05-01", 10)
    edges = granularity.edges("P1W", span)
    buckets = series.make_buckets(edges, span.end, granularity.full_end("P1W", span, edges[-2]))
    assert [bucket.cut for bucket in buckets] == [False, True]
    assert [bucket.whole for bucket in buckets] == [True, False]


@pytest.mark.parametrize(
    "body",
    [
        {"results": {}},
        {"results": [{"group": {}, "data": [{"interval": "soon", "metrics": []}]}]},
        {"results": [{"group": {}, "data": [{"interval": "2020-01-01T00:00:00Z/2020-01-02T00:00:00Z"}]}]},
        {"results": [{"data": [{"metrics": []}]}]},
        {"results": ["x"]},
        {
            "results": [
                {
                    "data": [
                        {
                            "interval": "2026-05-01T00:00:00+01:00/2026-05-02T00:00:00+01:00",
                            "metrics": [{"metric": "nWebActionsOffered", "stats": {"count": "many"}}],
                        }
                    ]
                }
            ]
        },
    ],
)
def test_an_answer_that_is_not_one_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswer):
        shaped(days("2026-05-01", 2), "P1D", body)


def test_a_view_is_a_number_of_its_own() -> None:
    span = days("2026-05-01", 1)
    view = View("bigOrders", "oJourneyOutcomeValue", gte=100, statistic="avg")
    body = {
        "results": [
            {
                "group": {},
                "data": [
                    {
                        "interval": format_interval(span.start, span.end, span.zone),
                        "metrics": [],
                        "views": [
                            {"name": "bigOrders", "stats": {"count": 2, "sum": 500.0, "min": 150, "max": 350}}
                        ],
                    }
                ],
            }
        ]
    }
    buckets = series.make_buckets([span.start, span.end], span.end)
    result = series.from_answer(body, buckets, all_measures((), (view,)), ())
    assert result.of(of_view(view))[0].total == 250


# The compared period


@given(
    st.dates(date(2010, 1, 1), date(2030, 1, 1)),
    st.integers(1, 40),
    st.sampled_from(["previous", "weekdays", "year"]),
    st.sampled_from(["P1D", "PT1H", "P1W", "all"]),
    st.sampled_from(ZONES),
)
def test_compared_buckets_are_counterparts(
    first: date, count: int, comparison: str, by: str, zone: str
) -> None:
    try:
        span = ranges.days_span(first, first + timedelta(days=count - 1), ZoneInfo(zone))
        past = compare.earlier(span, comparison)
    except ranges.RangeError:
        assume(False)
        return
    assert past.end <= span.start
    assert past.days == span.days or comparison == "year"
    if comparison == "previous":
        assert past.end == span.start
    if comparison == "weekdays":
        assert past.first
        assert span.first
        assert past.first.weekday() == span.first.weekday()
    edges = granularity.edges(by, span)
    compared = compare.align(span, edges, past, by)
    assert len(compared.counterpart) == len(edges) - 1
    used = [at for at in compared.counterpart if at is not None]
    assert len(used) == len(set(used))
    assert all(0 <= at < len(compared.edges) - 1 for at in used)
    if by == "PT1H" and zone != "Pacific/Apia":
        for ours, at in enumerate(compared.counterpart):
            if at is not None:
                local, twin = (moment.astimezone(span.zone) for moment in (edges[ours], compared.edges[at]))
                assert (local.hour, local.minute) == (twin.hour, twin.minute)


def test_a_day_of_23_hours_is_compared_hour_by_hour() -> None:
    span = days("2026-03-29", 1)
    past = compare.earlier(span, "previous")
    edges = granularity.edges("PT1H", span)
    compared = compare.align(span, edges, past, "PT1H")
    assert len(edges) - 1 == 23
    # There is no 01:00 that day; 02:00 stands beside 02:00.
    assert compared.counterpart == [0, *range(2, 24)]


@settings(max_examples=60)
@given(st.data())
def test_the_compared_period_is_counted_as_plainly(data: st.DataObject) -> None:
    span = days("2026-05-05", 4)
    past = compare.earlier(span, "previous")
    ours, theirs = data.draw(happenings(4)), data.draw(happenings(4))
    hours = data.draw(st.integers(0, 4 * 24))
    now = span.start + timedelta(hours=hours)
    edges = granularity.edges("P1D", span)
    result = shaped(
        span,
        "P1D",
        answer(span, "P1D", [cell for cell in ours if cell[0] <= (hours - 1) // 24]),
        now=now,
        before=answer(past, "P1D", theirs),
        compared=compare.align(span, edges, past, "P1D"),
    )
    ours = [cell for cell in ours if cell[0] <= (hours - 1) // 24]
    over = list(range(hours // 24))
    for made in MEASURES:
        for line in result.of(made):
            assert line.before is not None
            for at in range(4):
                assert same(line.before[at], expected(theirs, made, line.group, [at]))
            assert same(line.total_before, expected(theirs, made, line.group, range(4)))
            assert same(line.fair, expected(ours, made, line.group, over) if over else None)
            assert same(line.fair_before, expected(theirs, made, line.group, over) if over else None)


def test_a_day_so_far_is_not_held_against_a_whole_one() -> None:
    span = days("2026-05-05", 2)
    past = compare.earlier(span, "previous")
    now = span.start + timedelta(days=1, hours=1)
    edges = granularity.edges("P1D", span)
    result = shaped(
        span,
        "P1D",
        answer(
            span, "P1D", [(0, "mobile", "nWebActionsOffered", 110), (1, "mobile", "nWebActionsOffered", 2)]
        ),
        now=now,
        measures=(COUNT,),
        before=answer(past, "P1D", [(at, "mobile", "nWebActionsOffered", 100) for at in (0, 1)]),
        compared=compare.align(span, edges, past, "P1D"),
    )
    assert result.lines[0].change == pytest.approx(0.10)
    assert [result.fair(at) for at in (0, 1)] == [True, False]
    # Against another segment the same hours of both are counted.
    other = replace(result, compared=compare.Compared(edges, range(2), "3f0c"))
    assert other.fair(1)
    names = SimpleNamespace(compared=lambda segment: "Before")
    place = tables.Place(span, "P1D", now, names, lambda line, at: "", {}, "")  # type: ignore[arg-type]
    table = tables.build(replace(result, group_by=()), place)
    assert [row[-1].text for row in table.rows] == [f"+10{THIN}%", "–"]
    # The change of what is over, with its numbers: those beside it are of everything.
    assert [cell.text for cell in table.foot] == ["Total", "112", "200", f"+10{THIN}%"]
    assert table.foot[-1].sub == "110 against 100"


def test_no_name_of_a_group_is_a_formula_in_a_file() -> None:
    span = days("2026-05-05", 1)
    odd = (" =1+1", "＝1+1", "-2")
    body = answer(span, "P1D", [(0, name, "nWebActionsOffered", 7) for name in odd])
    answered = SimpleNamespace(
        asked=SimpleNamespace(span=span), result=shaped(span, "P1D", body, measures=(COUNT,))
    )
    names = SimpleNamespace(value=lambda dimension, value: value)
    _head, *rows = exports.csv_text(answered, names, 3).splitlines()  # type: ignore[arg-type]
    assert sorted(row.split("Europe/London,")[1] for row in rows) == sorted(
        f"'{name},'{name},7" for name in odd
    )


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/London", "2026-03-29", [24, 23, 24]),
        ("Europe/London", "2026-10-25", [24, 25, 24]),
        ("America/New_York", "2026-03-08", [24, 23, 24]),
        ("America/New_York", "2026-11-01", [24, 25, 24]),
        ("Asia/Kolkata", "2026-03-29", [24, 24, 24]),
        ("Australia/Lord_Howe", "2026-04-05", [24, 24.5, 24]),
        ("Australia/Lord_Howe", "2026-10-04", [24, 23.5, 24]),
    ],
)
def test_buckets_know_their_hours(zone: str, day: str, hours: list[float]) -> None:
    first = date.fromisoformat(day) - timedelta(days=1)
    span = ranges.days_span(first, first + timedelta(days=2), ZoneInfo(zone))
    buckets = series.make_buckets(granularity.edges("P1D", span), datetime(2030, 1, 1, tzinfo=UTC))
    assert [bucket.hours for bucket in buckets] == hours


def test_a_skipped_day_makes_no_bucket() -> None:
    span = ranges.days_span(date(2011, 12, 29), date(2011, 12, 31), ZoneInfo("Pacific/Apia"))
    buckets = series.make_buckets(granularity.edges("P1D", span), datetime(2030, 1, 1, tzinfo=UTC))
    assert [bucket.start.astimezone(span.zone).day for bucket in buckets] == [29, 31]


def test_half_hour_zones_keep_their_hours() -> None:
    span = ranges.days_span(date(2026, 5, 1), date(2026, 5, 1), ZoneInfo("Asia/Kolkata"))
    edges = granularity.edges("PT1H", span)
    assert {edge.astimezone(span.zone).minute for edge in edges} == {0}
    assert {edge.minute for edge in edges} == {30}


@given(
    st.dates(date(2010, 1, 1), date(2030, 1, 1)),
    st.integers(1, 3),
    st.sampled_from(["P1D", "PT1H", "PT6H", "P1W", "all"]),
    st.sampled_from(ZONES),
)
def test_all_buckets_are_said_as_each_is(first: date, count: int, by: str, zone: str) -> None:
    try:
        span = ranges.days_span(first, first + timedelta(days=count - 1), ZoneInfo(zone))
    except ranges.RangeError:
        assume(False)
        return
    buckets = series.make_buckets(granularity.edges(by, span), span.end)
    assert list(spans.buckets(buckets, span.zone)) == [spans.bucket(one, span.zone, by) for one in buckets]


def test_an_hour_that_a_day_has_twice_says_which_it_is() -> None:
    span = days("2026-11-01", 1, "America/New_York")
    buckets = series.make_buckets(granularity.edges("PT1H", span), span.end)
    said = [text.removeprefix("Sun 1 Nov 2026, ") for text in spans.buckets(buckets, span.zone)]
    assert said[:4] == ["00:00–01:00 EDT", "01:00 EDT–01:00 EST", "01:00 EST–02:00", "02:00–03:00"]
    assert spans.named_day(buckets[2], span.zone, "PT1H") == "at 01:00 EST on Sunday 1 Nov"


def test_the_last_hour_of_a_day_ends_at_24() -> None:
    span = days("2026-05-06", 1)
    buckets = series.make_buckets(granularity.edges("PT1H", span), span.end)
    assert spans.bucket(buckets[-1], span.zone, "PT1H") == "Wed 6 May 2026, 23:00–24:00"
    assert spans.bucket(buckets[0], span.zone, "PT1H") == "Wed 6 May 2026, 00:00–01:00"
