"""When people come: how many visits begin in each hour of the month.

Hours are numbered from 1970 in UTC and every hour's visits follow from its number and the seed alone. So the same hour
always brings the same people, and a shop that is opened again later goes on where it stopped.
"""

import math
import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from journeyserver.demo.shop import ZONE

_ZONE = ZoneInfo(ZONE)

# Share of a day's visits by local hour: quiet nights, a lunch break, long evenings on the sofa.
_DAY = (
    0.9, 0.5, 0.3, 0.2, 0.2, 0.4, 1.1, 2.2, 3.3, 4.2, 4.9, 5.3,
    6.0, 5.6, 4.8, 4.7, 5.0, 5.6, 6.3, 7.6, 8.9, 8.6, 6.1, 3.0,
)  # fmt: skip
_WEEKEND = (
    1.2, 0.8, 0.5, 0.3, 0.2, 0.3, 0.6, 1.2, 2.6, 4.4, 5.9, 6.6,
    6.2, 5.7, 5.8, 6.1, 6.4, 6.3, 6.4, 7.2, 8.0, 7.4, 5.5, 3.2,
)  # fmt: skip
# Monday to Sunday.
_WEEK = (1.06, 0.98, 0.95, 1.04, 0.86, 0.92, 1.19)
_PER_DAY = 24 / 100
# The average weight of an hour over many weeks; a test holds it.
MEAN = 1.06


def moment(hour: int) -> datetime:
    """The beginning of this hour, in UTC."""
    return datetime.fromtimestamp(hour * 3600, UTC)


def local(hour: int) -> datetime:
    return moment(hour).astimezone(_ZONE)


def is_newsletter_hour(hour: int) -> bool:
    """The letter goes out on Thursdays at nine and is read until the evening."""
    at = local(hour)
    return at.weekday() == 3 and 9 <= at.hour < 20


def is_trail_week(hour: int) -> bool:
    """Four days of offers, from Thursday to Sunday of every third week."""
    at = local(hour)
    return at.isocalendar().week % 3 == 0 and at.weekday() >= 3


def weight(hour: int) -> float:
    """How busy this hour is; `MEAN` is the average."""
    at = local(hour)
    day = (_WEEKEND if at.weekday() >= 5 else _DAY)[at.hour] * _PER_DAY
    # A slow swell over the weeks, so that no two weeks look the same.
    swell = 1 + 0.07 * math.sin(hour / (24 * 8.3))
    mail = 1.6 if is_newsletter_hour(hour) and at.hour < 12 else 1.0
    return day * _WEEK[at.weekday()] * swell * mail * (1.35 if is_trail_week(hour) else 1.0)


def visits(hour: int, per_hour: float, seed: int) -> int:
    """How many visits begin in this hour at `per_hour` for a weight of 1."""
    chance = random.Random(f"{seed}:rhythm:{hour}")  # noqa: S311 — a shop, not a secret
    expected = per_hour * weight(hour) * chance.uniform(0.85, 1.15)
    return int(expected + chance.random())
