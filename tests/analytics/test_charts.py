"""Figures: shapes that plotly accepts, the unfinished bucket, colours that can be seen, names as text (CHT1, CHT2, CHT8, CHT11, CHT13)."""

import json
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from plotly import graph_objects

from analytics import (
    charts,
    colours,
    compare,
    granularity,
    labels,
    measures,
    page,
    ranges,
    sentences,
    series,
    spans,
)
from analytics.charts import Mark, Scene
from analytics.charts.ticks import tick_levels, time_ticks, value_ticks
from analytics.ranges import Span
from tests.analytics.test_series import answer

CHARTS = ("line", "area", "bar")
TOKEN = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


class Words:
    """Names as they are; the lists they come from are tested elsewhere."""

    def group(self, group_by: Any, group: Any) -> str:
        return " · ".join(part or "none" for part in group)

    def colours(self, group_by: Any, groups: Any) -> dict[Any, str]:
        return {}


def span_of(days: int = 7) -> Span:
    return ranges.days_span(
        date(2026, 5, 4), date(2026, 5, 4) + timedelta(days=days - 1), ZoneInfo("Europe/London")
    )


def scene(
    keys: tuple[str, ...],
    by: str = "P1D",
    *,
    groups: tuple[str | None, ...] = (),
    over: float = 1.0,
    against: bool = False,
    **extra: Any,
) -> Scene:
    span = span_of()
    edges = granularity.edges(by, span)
    now = span.start + (span.end - span.start) * over
    cells: list[Any] = [
        (at, group, name, 10 + at + 5 * place)
        for at in range(len(edges) - 1)
        for place, group in enumerate(groups or (None,))
        for name in {part for key in keys for part in measures.measure(key).metrics}  # type: ignore[union-attr]
        if edges[at] <= now
    ]
    made = measures.all_measures(keys, ())
    group_by = ("journeyDeviceCategory",) if groups else ()
    compared = earlier = None
    if against:
        past = compare.earlier(span, "previous")
        compared = compare.align(span, edges, past, by)
        earlier = answer(past, by, cells, grouped=bool(groups))
    result = series.from_answer(
        answer(span, by, cells, grouped=bool(groups)),
        series.make_buckets(edges, now, granularity.full_end(by, span, edges[-2])),
        made,
        group_by,
        before=earlier,
        compared=compared,
    )
    shown = series.top(result, 10)
    colours_ = {line.group: colours.slot(at) for at, line in enumerate(shown.lines)}
    return Scene(shown, span, by, now, Words(), colours_, **extra)  # type: ignore[arg-type]


def plain(value: Any) -> Any:
    """The figure with a colour in place of each token, as the page would fill it in."""
    if isinstance(value, str) and value.startswith("@"):
        return "rgba(1, 2, 3, 0.5)"
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if name != "meta"}
    return value


def accepted(panel: charts.Panel) -> None:
    """plotly.py knows every property of plotly.js and refuses what is none."""
    figure = json.loads(json.dumps(panel.figure))
    graph_objects.Figure(plain({"data": figure["data"], "layout": figure["layout"]}))


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize(
    "groups", [(), ("mobile", "desktop", None), tuple(f"g{number}" for number in range(12))]
)
@pytest.mark.parametrize("over", [1.0, 0.5, 0.01])
@pytest.mark.parametrize("against", [False, True])
def test_plotly_accepts_every_figure(chart: str, groups: Any, over: float, against: bool) -> None:
    for panel in charts.panels(
        chart, scene(("nJourneySessions",), groups=groups, over=over, against=against, goal=12.0)
    ):
        accepted(panel)


@pytest.mark.parametrize("chart", ["bar", "funnel", "heat"])
def test_plotly_accepts_figures_without_time(chart: str) -> None:
    by = "PT1H" if chart == "heat" else "all"
    keys = measures.FUNNEL if chart == "funnel" else ("nJourneySessions",)
    for panel in charts.panels(chart, scene(keys, by)):
        accepted(panel)
    if chart == "bar":
        for panel in charts.panels(chart, scene(keys, by, groups=("a", "b"), against=True)):
            accepted(panel)


def test_a_bucket_that_is_not_over_is_drawn_apart_and_says_until_when() -> None:
    (panel,) = charts.panels("line", scene(("nJourneySessions",), over=0.5))
    main, *others = panel.figure["data"]
    # Noon on the fourth day: three are over, the fourth is open, three lie ahead.
    assert [value is not None for value in main["y"]] == [True] * 3 + [False] * 4
    (open_,) = [trace for trace in others if trace["meta"].get("open")]
    assert open_["x"] == [2, 3]
    assert open_["line"]["dash"] == "dot"
    assert panel.figure["meta"]["notes"] == {
        "3": "until 12:00",
        "4": "not yet",
        "5": "not yet",
        "6": "not yet",
    }
    assert panel.figure["meta"]["lines"][0]["apart"] == {"3": 13}


def test_the_compared_period_is_never_dashed() -> None:
    (panel,) = charts.panels("line", scene(("nJourneySessions",), over=0.5, against=True))
    (before,) = [trace for trace in panel.figure["data"] if trace["meta"].get("before")]
    assert "dash" not in before["line"]
    assert len([value for value in before["y"] if value is not None]) == 7
    # What is not over has no change.
    assert panel.figure["meta"]["lines"][0]["changes"] == ["±0\u202f%"] * 3 + [""] * 4


def test_the_compared_period_is_named_where_it_is_drawn() -> None:
    past = "27 Apr – 3 May 2026"
    (line,) = charts.panels("line", scene(("nJourneySessions",), against=True, compared=past))
    assert (line.figure["meta"]["compared"], line.before) == (past, "grey")
    groups = scene(("nJourneySessions",), groups=("a", "b"), against=True, compared=past)
    (lines,) = charts.panels("line", groups)
    assert (lines.figure["meta"]["compared"], lines.before) == ("", "pale")
    whole = scene(("nJourneySessions",), by="all", groups=("a", "b"), against=True, compared=past)
    assert [panel.before for panel in charts.panels("bar", whole)] == ["grey"]
    assert [panel.before for panel in charts.panels("line", scene(("nJourneySessions",)))] == [""]


def test_measures_of_one_unit_share_a_panel_and_others_have_their_own() -> None:
    keys = ("nWebActionsOffered", "nWebActionsAccepted", "nWebActionsAccepted/nWebActionsOffered")
    assert len(charts.panels("line", scene(keys))) == 2
    assert len(charts.panels("line", scene(keys[:2], groups=("a", "b")))) == 2


def test_what_does_not_add_up_is_not_stacked() -> None:
    (panel,) = charts.panels("area", scene(("nDistinctJourneySessions",), groups=("a", "b")))
    assert not any("stackgroup" in trace for trace in panel.figure["data"])
    assert panel.figure["meta"]["total"] is None


def test_every_series_differs_by_more_than_its_colour() -> None:
    (lines,) = charts.panels("line", scene(("nJourneySessions",), groups=("a", "b", "c")))
    assert len({trace["marker"]["symbol"] for trace in lines.figure["data"]}) == 3
    (bars,) = charts.panels("bar", scene(("nJourneySessions",), groups=("a", "b", "c")))
    assert len({trace["marker"].get("pattern", {}).get("shape", "") for trace in bars.figure["data"]}) == 3


def test_many_series_of_one_colour_differ_by_marker_and_dash() -> None:
    many = scene(("nJourneySessions",), groups=tuple(f"group {number}" for number in range(50)))
    whole = replace(many, result=series.top(many.result, 50))
    (panel,) = charts.panels("line", whole)
    looks = [(entry.colour, entry.symbol) for entry in panel.legend]
    assert len(set(looks)) == len(looks)
    dashes = [(trace["line"]["color"], trace["line"].get("dash")) for trace in panel.figure["data"]]
    assert len(set(dashes)) >= min(len(dashes), 40)


def test_changes_are_marks_at_their_moment() -> None:
    span = span_of()
    mark = Mark(span.start + timedelta(days=2, hours=6), "Cart leavers: Name … (Ana)")
    (panel,) = charts.panels("line", scene(("nJourneySessions",), marks=(mark,)))
    trace = panel.figure["data"][-1]
    assert trace["x"] == [1.75]
    assert trace["meta"]["marks"] == [{"text": mark.text, "link": ""}]


def test_what_may_still_be_restated_is_a_band() -> None:
    since = span_of().start + timedelta(days=4)
    (panel,) = charts.panels("line", scene(("nJourneySessions",), restated=since))
    (band,) = panel.figure["layout"]["shapes"]
    assert (band["x0"], band["x1"]) == (3.5, 6.5)
    accepted(panel)
    (without,) = charts.panels("line", scene(("nJourneySessions",), restated=span_of().end))
    assert not without.figure["layout"]["shapes"]


def test_a_goal_is_a_line_with_a_label() -> None:
    (panel,) = charts.panels("line", scene(("nJourneySessions",), goal=200.0))
    (line,) = panel.figure["layout"]["shapes"]
    assert (line["y0"], line["y1"]) == (200.0, 200.0)
    assert panel.figure["layout"]["annotations"][0]["text"] == "Goal 200"
    assert panel.figure["layout"]["yaxis"]["range"][1] > 200


@pytest.mark.parametrize(("goal", "place"), [(40.0, 0.4), (0.4, 0.4), (1.0, 1.0), (150.0, 1.5), (0.0, 0.0)])
def test_the_goal_of_a_rate_is_a_percentage(goal: float, place: float) -> None:
    (panel,) = charts.panels("line", scene(("nWebActionsAccepted/nWebActionsOffered",), goal=goal))
    assert panel.figure["layout"]["shapes"][0]["y0"] == place
    assert panel.figure["layout"]["annotations"][0]["text"] == f"Goal {labels.percent(place)}"
    assert panel.figure["layout"]["yaxis"]["range"][1] < 2


@given(st.integers(0, 10**9), st.booleans())
def test_the_axis_has_round_steps_from_nought(high: int, percent: bool) -> None:
    top = high / 10**9 if percent else float(high) or 1.0
    if top <= 0:
        return
    ticks = value_ticks(0.0, top, percent, False)["tickvals"]
    assert 1 <= len(ticks) <= 11
    assert ticks[0] == 0
    assert ticks[-1] <= top * 1.0001


@given(st.integers(0, 10**12))
def test_ticks_of_counts_are_whole_and_all_say_something_else(high: int) -> None:
    ticks = value_ticks(0.0, high * 1.06 or 1, False, False, counts=True)
    assert all(value == int(value) for value in ticks["tickvals"])
    assert len(set(ticks["ticktext"])) == len(ticks["ticktext"])


@given(st.floats(1e-9, 1e12), st.booleans())
def test_however_small_the_step_each_tick_says_its_own(high: float, percent: bool) -> None:
    texts = value_ticks(0.0, high, percent, False)["ticktext"]
    assert len(set(texts)) == len(texts)


def test_large_numbers_on_an_axis_are_said_in_short() -> None:
    assert [labels.short(value) for value in (9_999, 12_000, 1_500_000, 1_300_000_000)] == [
        "9\u202f999",
        "12\u202fk",
        "1.5\u202fM",
        "1.3\u202fbn",
    ]
    with translation.override("de"):
        assert labels.short(1_300_000_000) == "1,3\u202fMrd."


def test_dates_in_german_have_their_full_stops() -> None:
    with translation.override("de"):
        assert spans.days(date(2026, 11, 10), date(2026, 11, 23)) == "10.–23. Nov 2026"
        assert spans.day(date(2026, 11, 10), weekday=True) == "Di 10. Nov 2026"


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 5, 4)])
def test_ticks_become_fewer_at_hours_that_people_say(day: date) -> None:
    span = ranges.days_span(day - timedelta(days=1), day + timedelta(days=1), ZoneInfo("Europe/London"))
    buckets = series.make_buckets(granularity.edges("PT1H", span), span.end)
    scene_: Any = SimpleNamespace(result=SimpleNamespace(buckets=buckets), span=span, by="PT1H")
    ticks = time_ticks(scene_)
    levels = [[ticks["ticktext"][at] for at in level] for level in tick_levels(scene_, ticks["tickvals"])]
    assert len(levels[0]) == len(ticks["ticktext"])
    # Half days, then days; never 15:00, 06:00, 21:00.
    assert [text for text in next(level for level in levels if len(level) == 6) if ":" in text] == [
        "12:00"
    ] * 3
    assert all(":" not in text for text in next(level for level in levels if len(level) <= 3))


@pytest.mark.parametrize(
    ("first", "by", "ticks"),
    [
        (date(2026, 5, 4), "P1D", ["Mon 4", "Tue 5", "Wed 6"]),
        (date(2026, 5, 30), "P1D", ["Sat 30 May", "Sun 31 May", "Mon 1 Jun"]),
        (date(2026, 5, 31), "PT12H", ["Sun 31 May", "12:00", "Mon 1 Jun"]),
        (date(2026, 5, 4), "PT12H", ["Mon 4", "12:00", "Tue 5"]),
    ],
)
def test_ticks_name_the_month_where_there_are_two(first: date, by: str, ticks: list[str]) -> None:
    span = ranges.days_span(first, first + timedelta(days=6), ZoneInfo("Europe/London"))
    buckets = series.make_buckets(granularity.edges(by, span), span.end)
    shown = time_ticks(SimpleNamespace(result=SimpleNamespace(buckets=buckets), span=span, by=by))  # type: ignore[arg-type]
    assert shown["ticktext"][:3] == ticks


def test_a_manifold_change_is_said_by_its_numbers() -> None:
    made = scene(("nWebActionsOffered",), against=True)
    line = made.result.lines[0]
    few = replace(line, fair=40, total=40, fair_before=10)
    assert sentences._total(few, made.result.buckets) == "Offered rose 300\u202f% to 40"
    many = replace(line, fair=4470, total=4470, fair_before=248)
    assert sentences._total(many, made.result.buckets) == "Offered rose from 248 to 4\u202f470"


def test_the_change_of_what_is_over_is_told_with_its_own_numbers() -> None:
    made = scene(("nJourneySessions",), over=0.5, against=True)
    # Of 46 so far 13 are of the day that is not over.
    assert (
        sentences._total(made.result.lines[0], made.result.buckets)
        == "Sessions: 46 so far, and as many as before in what is over"
    )
    answered: Any = SimpleNamespace(shown=made.result)
    (number,) = page._big_numbers(answered)
    assert (number.value, number.now, number.before, number.rose) == ("46", "33", "33", None)
    # Nor does the small trend fall because a day has only begun.
    assert len(number.points.split()) == 3
    said = render_to_string("analytics/_chart.html", {"numbers": [number]})
    assert "of what is over: 33 against 33" in said
    whole: Any = SimpleNamespace(shown=scene(("nJourneySessions",), against=True).result)
    assert page._big_numbers(whole)[0].now == ""


def test_names_are_taken_literally() -> None:
    assert (
        charts.shown("<img src=x onerror=alert(1)> & {{7*7}}")
        == "&lt;img src=x onerror=alert(1)&gt; &amp; {{7*7}}"
    )
    turned = charts.shown("abc\u202edef")
    assert turned.startswith("\u2068")
    assert turned.endswith("\u2069")


@given(TOKEN)
def test_every_colour_can_be_seen_on_both_canvases(colour: str) -> None:
    for canvas in colours.CANVAS:
        found = colours.visible(colour, canvas)
        assert colours.contrast(found, canvas) >= colours.LEAST_CONTRAST
        if colours.contrast(colour, canvas) >= colours.LEAST_CONTRAST:
            assert found == colour


def test_the_palette_can_be_seen_and_told_apart_from_the_canvas() -> None:
    from tests import programs

    text = (programs.ROOT / "static/css/tokens.css").read_text()
    for number in range(1, 9):
        pair = text.split(f"--chart-{number}: light-dark(")[1].split(")")[0].split(", ")
        for colour, canvas in zip(pair, colours.CANVAS, strict=True):
            assert colours.contrast(colour, canvas) >= 3, (number, colour)


def test_an_hour_that_a_day_had_twice_is_two_hours_of_its_cell() -> None:
    span = ranges.days_span(date(2026, 10, 25), date(2026, 10, 25), ZoneInfo("Europe/London"))
    edges = granularity.edges("PT1H", span)
    made = measures.all_measures(("nJourneySessions",), ())
    cells = [(at, None, "nJourneySessions", 1) for at in range(25)]
    result = series.from_answer(
        answer(span, "PT1H", cells, grouped=False), series.make_buckets(edges, span.end), made, ()
    )
    found = charts.heat_cells(result.lines[0], result.buckets, span.zone)
    assert found[6, 1] == charts.HeatCell(2, 2, 1.0)
    assert found[6, 2] == charts.HeatCell(1, 1, 1.0)


def test_the_funnel_has_both_percentages_and_no_share_of_nothing() -> None:
    shown = scene(measures.FUNNEL, "all")
    steps = charts.funnel_steps(shown.result)
    assert steps[0].of_before is None
    assert steps[1].of_before == pytest.approx(1.0)
    empty = charts.funnel_steps(
        series.from_answer(
            {"results": [{"group": {}, "data": []}]},
            series.make_buckets([span_of().start, span_of().end], span_of().end),
            measures.all_measures(measures.FUNNEL, ()),
            (),
        )
    )
    assert [step.of_first for step in empty] == [None] * 5
