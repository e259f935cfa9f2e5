"""Charts over time: lines, stacked areas, columns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from analytics import labels, spans
from analytics.charts.scene import (
    BEFORE,
    CROWD,
    Drawn,
    Json,
    Panel,
    Scene,
    adds,
    all_rounded,
    drawn_lines,
    entry,
    line_metas,
    minutes,
    numbers,
    rounded,
    trace_of,
    words,
)
from analytics.charts.ticks import tick_levels, time_ticks, value_ticks
from analytics.measures import Measure
from analytics.parts import Number

PATTERNS = ("", "/", "\\", "x", "-", "|", "+", ".")


def over_time(scene: Scene, draw: Any) -> list[Panel]:
    """Ungrouped measures of one unit share a panel; grouped ones have a panel each."""
    result = scene.result
    if result.group_by:
        parts = [[made] for made in result.measures]
    else:
        units: dict[str, list[Measure]] = {}
        for made in result.measures:
            unit = (
                "%"
                if labels.is_percent(made)
                else "value"
                if made.kind in ("sum", "ratio", "extreme")
                else "n"
            )
            units.setdefault(unit, []).append(made)
        parts = list(units.values())
    height = (360 if len(parts) == 1 else 260) if not scene.small else 220
    return [_time_panel(scene, part, draw, height) for part in parts]


def _time_panel(scene: Scene, part: list[Measure], draw: Any, height: int) -> Panel:
    drawn = drawn_lines(scene, part)
    traces = draw(scene, drawn)
    count = len(scene.result.buckets)
    percent = labels.is_percent(part[0])
    stacked = draw is not lines and adds(scene, part[0])
    goal = _goal(scene, percent)
    low, high = _extent(drawn, stacked, goal)
    ticks = time_ticks(scene)
    counts = part[0].kind in ("count", "distinct")
    layout: Json = {
        "xaxis": {
            "range": [-0.5, count - 0.5] if draw is columns else [-0.02 * count, count - 1 + 0.02 * count],
            **ticks,
        },
        "yaxis": {"range": [low, high], **value_ticks(low, high, percent, scene.small, counts=counts)},
        "shapes": [*_goal_shapes(goal), *_restated_band(scene)],
        "annotations": _goal_labels(goal, percent),
    }
    if draw is columns:
        layout["barmode"] = "stack" if stacked else "group"
        layout["bargap"] = 0.25 if count < 60 else 0.1
    if scene.marks:
        traces.append(_mark_trace(scene, low))
    meta = _time_meta(scene, drawn, part, draw) | {"levels": tick_levels(scene, ticks["tickvals"])}
    figure = {"data": traces, "layout": layout, "meta": meta}
    title = labels.measure(part[0]) if len(part) == 1 else ""
    before = ""
    if any(trace.get("meta", {}).get("before") for trace in traces):
        before = "pale" if len(drawn) > 1 else "grey"
    return Panel(title, figure, height, tuple(entry(scene, one) for one in drawn), before)


def lines(scene: Scene, drawn: list[Drawn]) -> list[Json]:
    buckets = scene.result.buckets
    odd = [at for at, bucket in enumerate(buckets) if not bucket.whole]
    crowded = len(drawn) > CROWD
    main, extra = [], []
    for one in drawn:
        values = one.line.values
        solid = list(values)
        for at in odd:
            solid[at] = None
        trace = trace_of(scene, one, solid)
        line: Json = {"color": _faint(one.colour, crowded), "width": 2}
        if one.dash != "solid":
            line["dash"] = one.dash
        trace |= {"type": "scatter", "mode": "lines", "line": line, "connectgaps": False}
        marker = _markers(one, solid, many=len(drawn) > 1, crowded=crowded)
        if marker is not None:
            trace |= {"mode": "lines+markers", "marker": marker}
        main.append(trace)
        extra += _unfinished(one, values, odd, crowded)
        extra += _before(scene, one, many=len(drawn) > 1)
    # Traces are numbered as the lines are; what is drawn with them comes after.
    return main + extra


def _faint(colour: str, crowded: bool) -> str:
    return f"{colour}/0.45" if crowded else colour


def _markers(one: Drawn, values: Sequence[Number | None], *, many: bool, crowded: bool) -> Json | None:
    """A point alone between gaps would not be seen without a marker; several lines differ by their markers."""
    alone = [
        value is not None
        and (at == 0 or values[at - 1] is None)
        and (at == len(values) - 1 or values[at + 1] is None)
        for at, value in enumerate(values)
    ]
    marker: Json = {"symbol": one.symbol, "color": _faint(one.colour, crowded)}
    if any(alone):
        marker["size"] = [6 if lonely or (many and not crowded) else 0 for lonely in alone]
    elif many and not crowded:
        marker |= {"size": 6, "maxdisplayed": 8}
    else:
        return None
    return marker


def _unfinished(one: Drawn, values: Sequence[Number | None], odd: Sequence[int], crowded: bool) -> list[Json]:
    """The buckets that are not over, or cut by the range: dashed and lighter, from the last whole one."""
    found = []
    for at in odd:
        value = values[at]
        if value is None:
            continue
        back = at - 1 if at and values[at - 1] is not None else at
        found.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": [back, at],
                "y": [rounded(values[back]), rounded(value)],
                "line": {"color": f"{one.colour}/{0.3 if crowded else 0.6}", "width": 2, "dash": "dot"},
                "marker": {"symbol": f"{one.symbol}-open", "size": [0, 7], "color": one.colour},
                "hoverinfo": "skip",
                "showlegend": False,
                "meta": {"with": one.number, "open": True},
            }
        )
    return found


def _before(scene: Scene, one: Drawn, many: bool) -> list[Json]:
    """The compared period: thin and grey, or with several lines a paler shade of the line's own colour."""
    if one.line.before is None:
        return []
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": list(range(len(one.line.before))),
            "y": [rounded(value) for value in one.line.before],
            "line": {"color": f"{one.colour}/0.35" if many else f"{BEFORE}/0.8", "width": 1.25},
            "hoverinfo": "skip",
            "showlegend": False,
            "connectgaps": False,
            "meta": {"with": one.number, "before": True},
        }
    ]


def stack(scene: Scene, drawn: list[Drawn]) -> list[Json]:
    """Areas on one another; where they may not be added they are lines."""
    if not drawn or not (adds(scene, drawn[0].line.measure) or len(drawn) == 1):
        return lines(scene, drawn)
    whole = [bucket.whole for bucket in scene.result.buckets]
    last = max((at for at, one in enumerate(whole) if one), default=-1)
    main, extra = [], []
    for one in drawn:
        # Only what is over: plotly takes a missing value in a stack for nought.
        trace = trace_of(scene, one, one.line.values[: last + 1])
        trace |= {
            "type": "scatter",
            "mode": "lines+markers" if len(drawn) > 1 else "lines",
            "stackgroup": "whole",
            "line": {"color": one.colour, "width": 1},
            "fillcolor": f"{one.colour}/0.5",
            "marker": {"symbol": one.symbol, "size": 6, "color": one.colour, "maxdisplayed": 6},
        }
        main.append(trace)
        tail = [(at, value) for at, value in enumerate(one.line.values) if at > last and value is not None]
        if tail:
            start = [(last, one.line.values[last])] if last >= 0 else []
            extra.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "stackgroup": "open",
                    "x": [at for at, _value in [*start, *tail]],
                    "y": [rounded(value) for _at, value in [*start, *tail]],
                    "line": {"color": f"{one.colour}/0.5", "width": 1, "dash": "dot"},
                    "fillcolor": f"{one.colour}/0.2",
                    "hoverinfo": "skip",
                    "showlegend": False,
                    "meta": {"with": one.number, "open": True},
                }
            )
        if len(drawn) == 1:
            extra += _before(scene, one, many=False)
    return main + extra


def columns(scene: Scene, drawn: list[Drawn]) -> list[Json]:
    traces = []
    faded = [1.0 if bucket.whole else 0.45 for bucket in scene.result.buckets]
    for one in drawn:
        trace = trace_of(scene, one, one.line.values)
        trace |= {"type": "bar", "marker": _fill(one, faded if min(faded) < 1 else None)}
        traces.append(trace)
    if len(drawn) == 1:
        traces += _before(scene, drawn[0], many=False)
    return traces


def _fill(one: Drawn, opacity: list[float] | None) -> Json:
    marker: Json = {"color": one.colour, "line": {"width": 0}}
    pattern = PATTERNS[one.number % len(PATTERNS)]
    if pattern:
        marker["pattern"] = {
            "shape": pattern,
            "size": 5,
            "solidity": 0.2,
            "fgcolor": "@canvas/0.5",
            "fillmode": "overlay",
        }
        marker["pattern"] |= {"bgcolor": one.colour}
    if opacity is not None:
        marker["opacity"] = opacity
    return marker


def _mark_trace(scene: Scene, low: float) -> Json:
    """Changes as small triangles on the time axis."""
    places = [_place(scene, mark.at) for mark in scene.marks]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": places,
        "y": [low] * len(places),
        "marker": {"symbol": "triangle-up", "size": 10, "color": "@accent", "line": {"width": 0}},
        "hoverinfo": "none",
        "showlegend": False,
        "cliponaxis": False,
        "meta": {"marks": [{"text": mark.text, "link": mark.link} for mark in scene.marks]},
    }


def _place(scene: Scene, moment: datetime) -> float:
    """Where a moment lies between the buckets: a bucket's point stands for all of it, so its middle is its number."""
    for at, bucket in enumerate(scene.result.buckets):
        if bucket.start <= moment < bucket.end:
            return round(at - 0.5 + (moment - bucket.start) / (bucket.end - bucket.start), 3)
    return -0.5


def _goal(scene: Scene, percent: bool) -> float | None:
    """Where the goal lies. Among percentages 40 is meant as 40 % and 0.4 as the same share."""
    if scene.goal is None or not percent or scene.goal <= 1:
        return scene.goal
    return scene.goal / 100


def _extent(drawn: list[Drawn], stacked: bool, goal: float | None) -> tuple[float, float]:
    """From nought, always, to a little above the highest."""
    rows = [one.line.values for one in drawn]
    if stacked:
        columns = [[value or 0 for value in column] for column in zip(*rows, strict=True)]
        high = max((sum(value for value in column if value > 0) for column in columns), default=0)
        low = min((sum(value for value in column if value < 0) for column in columns), default=0)
    else:
        known = [value for row in rows for value in row if value is not None]
        high, low = max(known, default=0), min(known, default=0)
    past = [
        value
        for one in drawn
        for value in one.line.before or ()
        if value is not None and (not stacked or len(drawn) == 1)
    ]
    past += [] if goal is None else [goal]
    high, low = max([high, 0, *past]), min([low, 0, *past])
    room = (high - low) * 0.06 or 1
    return (low - room if low < 0 else 0.0), high + room


def _goal_shapes(goal: float | None) -> list[Json]:
    if goal is None:
        return []
    line = {"color": "@good", "width": 1.5, "dash": "dash"}
    return [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": goal, "y1": goal, "line": line}]


def _restated_band(scene: Scene) -> list[Json]:
    """Where the service may still correct its numbers (CHT2)."""
    buckets = scene.result.buckets
    if scene.restated is None or scene.restated >= buckets[-1].end:
        return []
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": _place(scene, max(scene.restated, buckets[0].start)),
            "x1": len(buckets) - 0.5,
            "y0": 0,
            "y1": 1,
            "fillcolor": "@warning/0.08",
            "line": {"width": 0},
            "layer": "below",
        }
    ]


def _goal_labels(goal: float | None, percent: bool) -> list[Json]:
    if goal is None:
        return []
    return [
        {
            "xref": "paper",
            "x": 0,
            "xanchor": "left",
            "y": goal,
            "yanchor": "bottom",
            "text": _("Goal %s") % labels.short(goal, percent),
            "showarrow": False,
            "font": {"color": "@good"},
        }
    ]


def _time_meta(scene: Scene, drawn: list[Drawn], part: list[Measure], draw: Any) -> Json:
    buckets, zone = scene.result.buckets, scene.span.zone
    whole = scene.result.all_of(part[0]) if len(part) == 1 else None
    return {
        "kind": "time",
        "zone": zone.key,
        "buckets": spans.buckets(buckets, zone),
        "notes": {
            str(at): note
            for at, bucket in enumerate(buckets)
            if (note := spans.note(bucket, scene.by, zone, scene.now))
        },
        "starts": [minutes(bucket.start) for bucket in buckets] + [minutes(buckets[-1].end)],
        "lines": line_metas(scene, drawn),
        "total": all_rounded(whole.values) if whole and scene.result.group_by else None,
        "shares": adds(scene, part[0]),
        "stacked": draw is not lines and adds(scene, part[0]),
        "ends": draw is lines,
        "compared": scene.compared if draw is lines and len(drawn) == 1 and drawn[0].line.before else "",
        "numbers": numbers(part[0]),
        "point": scene.point,
        "words": words(),
    }
