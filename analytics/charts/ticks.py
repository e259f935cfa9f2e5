"""Ticks that people say, and numbers on the axis at round steps."""

import math
from datetime import datetime
from typing import Any

from analytics import labels, spans
from analytics.charts.scene import Json, Scene
from journeyadmin import clocks

MOST_TICKS = 24
# Minutes of the day at which people expect ticks, ever fewer.
CLOCK_STEPS = (15, 30, 60, 120, 180, 360, 720, 1440)


def time_ticks(scene: Scene) -> Json:
    """Ticks at moments that people say; the page leaves out those that do not fit."""
    buckets, zone, by = scene.result.buckets, scene.span.zone, scene.by
    local = [bucket.start.astimezone(zone) for bucket in buckets]
    chosen = list(range(len(buckets)))
    if len(chosen) > MOST_TICKS:
        chosen = _round_moments(local)
    one_month = (local[0].year, local[0].month) == (local[-1].year, local[-1].month)
    texts = []
    day: Any = None
    for at in chosen:
        first = local[at].date() != day and _midnight(local[at])
        texts.append(spans.tick(buckets[at], zone, by, first_of_day=first, one_month=one_month))
        day = local[at].date()
    return {"tickvals": chosen, "ticktext": texts}


def tick_levels(scene: Scene, chosen: list[int]) -> list[list[int]]:
    """Which of the ticks stay, from all of them to the fewest: whole hours and halves of days before odd ones."""
    local = [scene.result.buckets[at].start.astimezone(scene.span.zone) for at in chosen]
    clock = [moment.hour * 60 + moment.minute for moment in local]
    if not any(clock):
        clock = []
    levels = [list(range(len(chosen)))]
    levels += [[at for at, minute in enumerate(clock) if minute % step == 0] for step in CLOCK_STEPS]
    days = next((level for level in reversed(levels) if level), [])
    levels += [days[::every] for every in range(2, max(2, len(days)))]
    found: list[list[int]] = []
    for level in levels:
        if level and (not found or len(level) < len(found[-1])):
            found.append(level)
    return found


def _midnight(moment: datetime) -> bool:
    return moment.hour == 0 and moment.minute == 0


def _round_moments(local: list[datetime]) -> list[int]:
    """Of many buckets those at midnight, at every few hours, or on every few days."""
    days = [at for at, moment in enumerate(local) if _midnight(moment)]
    if len(days) == len(local):
        week = clocks.active().week
        firsts = [at for at, moment in enumerate(local) if moment.weekday() == week]
        return firsts if 4 <= len(firsts) <= MOST_TICKS else _every(list(range(len(local))))
    if len(days) > 3:
        return _every(days)
    for step in (1, 2, 3, 6, 12):
        hours = [at for at, moment in enumerate(local) if moment.minute == 0 and moment.hour % step == 0]
        if len(hours) <= MOST_TICKS:
            return hours or _every(list(range(len(local))))
    return _every(list(range(len(local))))


def _every(places: list[int]) -> list[int]:
    return places[:: max(1, math.ceil(len(places) / MOST_TICKS))]


def value_ticks(low: float, high: float, percent: bool, small: bool, *, counts: bool = False) -> Json:
    """`counts` are whole numbers: there is no tick between them."""
    wanted = 3 if small else 4
    scale = 100 if percent else 1
    step = step_of((high - low) * scale / wanted) / scale
    if counts:
        step = max(step if step != 2.5 else 5, 1)
    first = math.ceil(low / step - 1e-9)
    values = [round(number * step, 12) for number in range(first, math.floor(high / step + 1e-9) + 1)]
    return {"tickvals": values, "ticktext": [labels.short(value, percent, step) for value in values]}


def step_of(rough: float) -> float:
    """1, 2, 2.5 or 5 times a power of ten, at least one tick apart."""
    if rough <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(rough))
    return float(next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999))
