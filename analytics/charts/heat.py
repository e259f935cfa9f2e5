"""A heat map: weekday by hour, in the zone of the question."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.translation import gettext as _

from analytics import labels, series
from analytics.charts.scene import Json, Panel, Scene, numbers, rounded, words
from analytics.charts.ticks import step_of
from analytics.measures import Measure
from analytics.parts import Number, total_of
from analytics.series import Line
from journeyadmin import clocks


@dataclass(frozen=True)
class HeatCell:
    """A weekday's hour: the number of such hours that are over, their total, and the mean of an hour."""

    hours: int
    total: Number | None
    mean: float | None


def heat_cells(
    line: Line, buckets: Sequence[series.Bucket], zone: ZoneInfo
) -> dict[tuple[int, int], HeatCell]:
    """Totals and means by weekday (Monday is 0) and hour in the zone; hours that are not over are left out."""
    places: dict[tuple[int, int], list[int]] = {}
    for at, bucket in enumerate(buckets):
        if bucket.whole:
            local = bucket.start.astimezone(zone)
            places.setdefault((local.weekday(), local.hour), []).append(at)
    found = {}
    for place, chosen in places.items():
        total = total_of(line.measure, line.parts, chosen)
        summed = line.measure.kind in ("count", "sum") and total is not None
        found[place] = HeatCell(
            len(chosen), total, total / len(chosen) if summed and total is not None else total
        )
    return found


def heat(scene: Scene, made: Measure) -> Panel:
    # One group is all of them.
    line = scene.result.all_of(made) or next(iter(scene.result.of(made)), None)
    cells = heat_cells(line, scene.result.buckets, scene.span.zone) if line else {}
    # From the reader's first day of the week on.
    order = [(clocks.active().week + at) % 7 for at in range(7)]
    rows = [[cells.get((day, hour)) for hour in range(24)] for day in order]
    values = [[rounded(cell.mean) if cell else None for cell in row] for row in rows]
    high = max((value for row in values for value in row if value is not None), default=0)
    percent = labels.is_percent(made)
    step = step_of((high or 1) * (100 if percent else 1) / 3) / (100 if percent else 1)
    ticks = [round(number * step, 12) for number in range(math.floor((high or 1) / step + 1e-9) + 1)]
    trace: Json = {
        "type": "heatmap",
        "z": values,
        "x": list(range(24)),
        "y": list(range(7)),
        "xgap": 2,
        "ygap": 2,
        "zmin": 0,
        "zmax": high or 1,
        "colorscale": [[0, "@heat-0"], [0.5, "@heat-1"], [1, "@heat-2"]],
        "hoverinfo": "none",
        "colorbar": {
            "thickness": 8,
            "outlinewidth": 0,
            "len": 1,
            "ticks": "",
            "tickvals": ticks,
            "ticktext": [labels.short(value, percent, step) for value in ticks],
        },
        "meta": {"line": 0},
    }
    days = [weekday(day) for day in order]
    layout: Json = {
        "xaxis": {
            "tickvals": list(range(0, 24, 3)),
            "ticktext": [clocks.said(time(hour)) for hour in range(0, 24, 3)],
            "showgrid": False,
            "range": [-0.5, 23.5],
        },
        "yaxis": {
            "tickvals": list(range(7)),
            "ticktext": days,
            "showgrid": False,
            "range": [6.5, -0.5],
            "zeroline": False,
        },
    }
    meta: Json = {
        "kind": "heat",
        "zone": scene.span.zone.key,
        "rows": [weekday(day, long=True) for day in order],
        "columns": [f"{clocks.said(time(hour))}–{clocks.said(time((hour + 1) % 24))}" for hour in range(24)],
        "texts": [[_heat_text(cell, made) for cell in row] for row in rows],
        "name": labels.measure(made),
        "numbers": numbers(made),
        "words": words(),
    }
    return Panel(
        labels.measure(made), {"data": [trace], "layout": layout, "meta": meta}, 240 if scene.small else 320
    )


def weekday(day: int, long: bool = False) -> str:
    # 5 January 1970 was a Monday.
    return dateformat.format(datetime(1970, 1, 5 + day, tzinfo=UTC), "l" if long else "D")


def _heat_text(cell: HeatCell | None, made: Measure) -> str:
    if cell is None or cell.mean is None:
        return _("no data")
    if made.kind in ("count", "sum"):
        return _("%(mean)s an hour (%(total)s in %(hours)d)") % {
            "mean": labels.decimal(cell.mean, 1),
            "total": labels.number(cell.total, made),
            "hours": cell.hours,
        }
    return labels.number(cell.total, made)
