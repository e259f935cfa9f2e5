"""The numbers that a measure is made of, and how those of several buckets or groups come to one. Pure.

A rate is never the mean of rates but the rate of the sums; distinct counts are never added up (docs/api/journey-api.md §10.3, §10.8).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.measures import Measure, Part

Number = float | int


@dataclass(frozen=True)
class Parts:
    """The numbers that a measure is made of, a list per bucket; a missing one is None."""

    top: list[Number | None]
    under: list[Number | None] | None = None


def no_parts(measure: Measure, count: int) -> Parts:
    """Nothing in any of so many buckets."""
    return Parts([None] * count, None if measure.under is None else [None] * count)


def value_at(measure: Measure, parts: Parts, at: int) -> Number | None:
    """The measure's number in one bucket that has begun."""
    top = parts.top[at]
    if measure.under is not None and parts.under is not None:
        under = parts.under[at]
        return (top or 0) / under if under else None
    if top is None:
        return None if measure.kind == "extreme" else 0
    return top


def total_of(measure: Measure, parts: Parts, chosen: Sequence[int]) -> Number | None:
    """The measure over several buckets, made from its parts; None where it cannot be, or where there is no data."""
    if not chosen:
        return None
    if len(chosen) == 1:
        return value_at(measure, parts, chosen[0])
    if not measure.additive:
        return None
    tops = fold(measure.top, parts.top, chosen)
    if measure.under is not None and parts.under is not None:
        under = fold(measure.under, parts.under, chosen)
        return (tops or 0) / under if under else None
    if tops is None:
        return None if measure.kind == "extreme" else 0
    return tops


def fold(part: Part, numbers: Sequence[Number | None], chosen: Sequence[int]) -> Number | None:
    """Those of the chosen buckets as one; None where none has any."""
    known = [number for at in chosen if (number := numbers[at]) is not None]
    if not known:
        return None
    if part.statistic == "min":
        return min(known)
    return max(known) if part.statistic == "max" else sum(known)


def added_parts(measure: Measure, parts: Sequence[Parts]) -> Parts:
    """Those of several groups as one's."""
    top = _folded(measure.top, [one.top for one in parts])
    if measure.under is None:
        return Parts(top)
    return Parts(top, _folded(measure.under, [one.under or [] for one in parts]))


def _folded(part: Part, rows: Sequence[Sequence[Number | None]]) -> list[Number | None]:
    """Several lines as one, bucket by bucket."""
    columns = zip(*rows, strict=True)
    if part.statistic in ("min", "max"):
        everyone = range(len(rows))
        return [fold(part, column, everyone) for column in columns]
    return [
        sum(known) if (known := [number for number in column if number is not None]) else None
        for column in columns
    ]
