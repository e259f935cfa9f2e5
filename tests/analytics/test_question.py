"""One address for every question and back (QRY17), and the query that is sent (QRY11)."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import answering, filters, forms, granularity, measures, payloads, ranges
from analytics.checks import problem_words
from analytics.filters import Condition, Filter, Group, single
from analytics.payloads import NotAQuery
from analytics.question import Question, address, pairs, read
from journeyserver.engine.query import parse
from tests.analytics.questions import FILTERS, questions

NOW = datetime(2026, 5, 6, 13, 20, tzinfo=UTC)
BASE = Question(zone="Europe/London")


def again(text: str) -> Question:
    reading = read(parse_qs(text, keep_blank_values=True), BASE)
    assert not reading.problems
    return reading.question


@given(questions())
def test_an_address_gives_the_question_back(question: Question) -> None:
    assert again(address(question)) == question


@pytest.mark.parametrize(
    ("asked", "chart"),
    [
        ({}, "funnel"),
        ({"by": "all"}, "funnel"),
        # Of what was not asked for it would say that there was none.
        ({"measures": ("nWebActionsOffered",)}, "line"),
        ({"measures": measures.FUNNEL[1:]}, "line"),
        ({"measures": ("nJourneySessions", *measures.FUNNEL)}, "line"),
        ({"group_by": ("journeyActionMapId",)}, "line"),
    ],
)
def test_a_funnel_is_of_the_whole_life_cycle(asked: dict[str, Any], chart: str) -> None:
    question = replace(BASE, **{"measures": measures.FUNNEL, "chart": "funnel", **asked})
    assert answering.shown_chart(answering.meant(question, NOW)) == chart
    kept = answering.plain(question, NOW)
    assert answering.shown_chart(answering.meant(kept, NOW)) == chart


@pytest.mark.parametrize(("text", "goal"), [("40 %", 0.4), ("40", 40.0), ("0,4", 0.4), ("7%", 0.07)])
def test_a_goal_may_be_a_percentage(text: str, goal: float) -> None:
    reading = read({"goal": [text]}, BASE)
    assert (reading.question.goal, reading.problems) == (goal, [])


@pytest.mark.parametrize("limit", [2.0, 1_234_567.0, 0.1234567, 1e22])
def test_a_bound_is_sent_again_to_all_its_digits(limit: float) -> None:
    asked = Filter("and", (single(filters.ranged("journeyActionMapVersion", {"gte": limit, "lt": 1e23})),))
    assert forms.draft_of(asked).filter == asked


@pytest.mark.parametrize("text", ["≥ 1,000", "< 1e5", "≥ 5 or so", "≥ 1,5", "5", ""])
def test_a_bound_that_is_not_understood_is_no_other_number(text: str) -> None:
    assert forms.Row("journeyActionMapVersion", "range", text).condition is None
    assert forms.Row("journeyActionMapVersion", "range", "≥2, < 5").condition


def test_a_view_may_be_called_anything() -> None:
    view = measures.View("a~b %7E ~", "oJourneyOutcomeValue", gte=1.5)
    question = Question(zone="Europe/London", views=(view,))
    assert again(address(question)) == question


@settings(max_examples=60)
@given(questions(), st.randoms())
def test_equal_questions_have_equal_addresses(question: Question, chance: random.Random) -> None:
    shuffled = pairs(question)
    # The order of dimensions is the order of columns; everything else may come in any order and twice.
    groups = [pair for pair in shuffled if pair[0] == "g"]
    others = [pair for pair in shuffled if pair[0] != "g"]
    chance.shuffle(others)
    params: dict[str, list[str]] = {}
    for name, value in [*others, *groups]:
        params.setdefault(name, []).append(value)
    for name in ("m", "where"):
        params[name] = params.get(name, []) * 2
    assert address(read(params, BASE).question) == address(question)


def test_an_address_is_short_where_nothing_is_special() -> None:
    assert address(BASE) == "range=last-7-days&zone=Europe/London&m=nJourneySessions"


def test_an_address_may_leave_out_what_a_first_visit_leaves_out() -> None:
    assert read({}, BASE).question == BASE


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"range": ["soon"]}, "range"),
        ({"zone": ["Mars/Olympus"]}, "zone"),
        ({"by": ["PT90S"]}, "by"),
        ({"m": ["nNothing"]}, "m"),
        ({"m": ["nJourneySessions.avg"]}, "m"),
        ({"m": ["nJourneySessions/nJourneySessions"]}, "m"),
        ({"g": ["journeyColour"]}, "g"),
        ({"where": ["journeyColour:is:red"]}, "where"),
        ({"where": ["journeyDeviceCategory:like:x"]}, "where"),
        ({"where": ["journeyDeviceCategory:range:gte=1"]}, "where"),
        ({"view": ["big~nJourneySessions~1~~sum"]}, "view"),
        ({"view": ["big~oJourneyOutcomeValue~~~sum"]}, "view"),
        ({"compare": ["last-life"]}, "compare"),
        ({"chart": ["pie"]}, "chart"),
        ({"top": ["51"]}, "top"),
        ({"goal": ["inf"]}, "goal"),
        ({"goal": ["much %"]}, "goal"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_stands(
    params: Mapping[str, list[str]], field: str
) -> None:
    reading = read({"g": ["journeyDeviceCategory"], **params}, BASE)
    assert [problem.field for problem in reading.problems] == [field]
    assert reading.question.measures == measures.DEFAULT


def test_views_that_find_no_room_are_told() -> None:
    reading = read(
        {"view": [f"v{number:02}~oJourneyOutcomeValue~{number}~~sum" for number in range(11)]}, BASE
    )
    assert [(problem.field, problem.code) for problem in reading.problems] == [("view", "too_many_views")]
    assert len(reading.question.views) == 10
    assert problem_words(reading.problems[0]) == "There is room for 10 views."


# The filter


def holds(filter_: Filter, fact: Mapping[str, str]) -> bool:
    def test(condition: Condition) -> bool:
        value = fact.get(condition.dimension)
        if condition.operator == "exists":
            return value is not None
        if condition.operator == "notExists":
            return value is None
        if condition.operator == "range":
            checks: dict[str, Any] = {
                "gt": float.__gt__,
                "gte": float.__ge__,
                "lt": float.__lt__,
                "lte": float.__le__,
            }
            return value is not None and all(
                checks[name](float(value), limit) for name, limit in condition.bounds
            )
        return value == condition.value

    join = {"and": all, "or": any}
    if not filter_.groups:
        return True
    return join[filter_.type](
        join[group.type](test(condition) for condition in group.conditions) for group in filter_.groups
    )


@st.composite
def facts_for(draw: st.DrawFn, filter_: Filter) -> dict[str, str]:
    """Facts that have some of the values a filter speaks of."""
    fact = {}
    for condition in filter_.conditions:
        if condition.operator == "range":
            fact[condition.dimension] = str(draw(st.integers(-6, 5001)))
        elif draw(st.booleans()):
            fact.setdefault(condition.dimension, condition.value if condition.operator == "matches" else "1")
    if "journeyActionMapVersion" in fact:
        fact["journeyActionMapVersion"] = str(draw(st.integers(-6, 5001)))
    return fact


@given(FILTERS, st.data())
def test_the_normal_form_means_the_same(filter_: Filter, data: st.DataObject) -> None:
    found = filters.normal(filter_)
    fact = data.draw(facts_for(filter_))
    assert holds(found, fact) == holds(filter_, fact)
    assert filters.normal(found) == found


@settings(max_examples=60)
@given(FILTERS, st.sampled_from(["and", "or"]), st.data())
def test_narrowing_means_and(filter_: Filter, type_: Any, data: st.DataObject) -> None:
    group = Group(
        type_,
        (Condition("journeyDeviceCategory", "matches", "mobile"), Condition("journeyOutcomeId", "exists")),
    )
    found = filters.narrowed(filters.normal(filter_), group)
    fact = data.draw(facts_for(Filter("and", (*filter_.groups, group))))
    if found is not None:
        assert holds(found, fact) == (holds(filter_, fact) and holds(Filter("and", (group,)), fact))


@given(FILTERS)
def test_the_filter_goes_to_the_api_and_back(filter_: Filter) -> None:
    found = filters.normal(filter_)
    assert filters.from_api(filters.to_api(found)) == found


def test_two_equals_under_all_are_never_true_and_repaired_by_any() -> None:
    mobile, tablet = (Condition("journeyDeviceCategory", "matches", value) for value in ("mobile", "tablet"))
    country = single(Condition("journeyIpGeolocationCountry", "matches", "DE"))
    (never,) = filters.nevers(filters.normal(Filter("and", (single(mobile), country, single(tablet)))))
    assert never.dimension == "journeyDeviceCategory"
    assert set(never.values) == {"mobile", "tablet"}
    assert never.repaired == filters.normal(Filter("and", (country, Group("or", (mobile, tablet)))))
    assert not filters.nevers(never.repaired)
    nested = Filter("or", (country, Group("and", (mobile, tablet))))
    assert [row.dimension for row in filters.nevers(filters.normal(nested))] == ["journeyDeviceCategory"]


def test_two_segments_held_by_one_session_can_be_true() -> None:
    rows = tuple(single(Condition("journeySessionSegmentId", "matches", value)) for value in ("a", "b"))
    assert not filters.nevers(Filter("and", rows))


# The query


@settings(max_examples=60)
@given(questions())
def test_the_server_understands_what_is_sent(question: Question) -> None:
    try:
        span = ranges.resolve(ranges.parse(question.range), NOW, ZoneInfo(question.zone))
    except ranges.RangeError:
        return
    by = granularity.chosen(question.by, span)
    if granularity.count(by, span) > 8928:
        return
    understood = parse(payloads.to_query(question, span, by))
    assert list(understood.edges) == granularity.edges(by, span)
    assert (understood.start, understood.end, understood.zone.key) == (span.start, span.end, question.zone)
    assert understood.group_by == question.group_by
    assert list(understood.metrics) == measures.asked_metrics(question.made)
    assert {view.name for view in understood.views} == {view.name for view in question.views}


@settings(max_examples=60)
@given(questions())
def test_a_pasted_query_asks_the_same(question: Question) -> None:
    try:
        span = ranges.resolve(ranges.parse(question.range), NOW, ZoneInfo(question.zone))
    except ranges.RangeError:
        return
    by = granularity.chosen(question.by, span)
    if granularity.count(by, span) > 8928:
        return
    body = payloads.to_query(question, span, by)
    pasted = payloads.from_query(body, BASE)
    back = ranges.resolve(ranges.parse(pasted.range), NOW, ZoneInfo(pasted.zone))
    assert payloads.to_query(pasted, back, granularity.chosen(pasted.by, back)) == body


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"interval": "yesterday"}, "interval"),
        ({"interval": None}, "interval"),
        ({"granularity": "P1"}, "granularity"),
        ({"granularity": 5}, "granularity"),
        ({"timeZone": "Nowhere"}, "timeZone"),
        ({"metrics": []}, "metrics"),
        ({"metrics": ["nNothing"]}, "metrics[0]"),
        ({"groupBy": "journeyDeviceCategory"}, "groupBy"),
        ({"filter": {"predicates": []}}, "filter.type"),
        (
            {"filter": {"type": "and", "predicates": [{"dimension": "x", "value": "1"}]}},
            "filter.predicates[0].dimension",
        ),
        (
            {"filter": {"type": "and", "clauses": [{"type": "or", "predicates": []}]}},
            "filter.clauses[0].predicates",
        ),
        (
            {
                "views": [
                    {"target": "nJourneySessions", "name": "x", "function": "rangeBound", "range": {"gte": 1}}
                ]
            },
            "views[0]",
        ),
    ],
)
def test_what_is_wrong_in_a_pasted_query_is_named(change: dict[str, Any], path: str) -> None:
    body = {
        "interval": "2026-05-01T00:00:00Z/2026-05-02T00:00:00Z",
        "metrics": ["nJourneySessions"],
        **change,
    }
    with pytest.raises(NotAQuery) as caught:
        payloads.from_query(body, BASE)
    assert caught.value.path == path


def test_granularities_carry_their_bucket_counts() -> None:
    span = ranges.resolve(ranges.parse("2026-05-01..2026-05-31"), NOW, ZoneInfo("Europe/London"))
    counts = {choice.by: (choice.count, choice.fits) for choice in granularity.choices(span, "")}
    assert counts["PT5M"] == (8928, True)
    assert counts["P1D"] == (31, True)
    assert counts["all"] == (1, True)
    longer = ranges.resolve(ranges.parse("2026-10-01..2026-10-31"), NOW, ZoneInfo("Europe/London"))
    # October has one hour more in London.
    assert {choice.by: (choice.count, choice.fits) for choice in granularity.choices(longer, "")}["PT5M"] == (
        8940,
        False,
    )
