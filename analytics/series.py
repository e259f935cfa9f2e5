"""The API's answer → series with a number for every bucket, in a shape that charts, tables and files share. Pure.

Numbers that may be added are 0 where the answer has none; rates, averages and extremes are None there ("no data"); nothing
has a number in a bucket that has not begun. Distinct counts are never added up (docs/api/journey-api.md §10.3, §10.8).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal

from analytics.measures import Measure, Part
from analytics.parts import Number, Parts, added_parts, fold, no_parts, total_of, value_at
from journeyadmin.contract.buckets import parse_instant
from journeyadmin.contract.dimensions import DIMENSIONS

Group = tuple[str | None, ...]
Values = tuple[Number | None, ...]
State = Literal["over", "open", "ahead"]
Kind = Literal["group", "other", "all"]


class UnexpectedAnswer(ValueError):
    """The answer is not what the contract says."""


@dataclass(frozen=True)
class Bucket:
    """Aware UTC ends; `cut` is true where the range ends before the bucket would."""

    start: datetime
    end: datetime
    state: State
    cut: bool = False

    @property
    def hours(self) -> float:
        return (self.end - self.start) / timedelta(hours=1)

    @property
    def whole(self) -> bool:
        """Whether it can be compared with its neighbours."""
        return self.state == "over" and not self.cut


@dataclass(frozen=True)
class Line:
    """One series: a measure of one group, of the groups that are not shown by themselves, or of all.

    `total` is over all buckets that have begun, None where there is none; `before` is the compared period, aligned bucket
    by bucket, and `total_before` its whole total. `fair` and `fair_before` are the totals over the buckets that are over
    in both: a day that is not over is not held against a whole one.
    """

    measure: Measure
    group: Group
    kind: Kind
    values: Values
    total: Number | None
    parts: Parts
    past: Parts | None = None
    before: Values | None = None
    total_before: Number | None = None
    fair: Number | None = None
    fair_before: Number | None = None
    # How many groups stand behind "other" and "all".
    of: int = 1

    @property
    def change(self) -> float | None:
        """The change against the compared period as a share; None where it has no meaning."""
        return change(self.fair, self.fair_before)


@dataclass(frozen=True)
class Compared:
    """The edges of the compared period's buckets, and for each bucket of ours the number of its counterpart there.

    `segment` is what is compared with where it is no other time but another segment.
    """

    edges: Sequence[datetime]
    counterpart: Sequence[int | None]
    segment: str = ""

    def bucket(self, at: int) -> tuple[datetime, datetime] | None:
        """The ends of the counterpart of one of our buckets."""
        twin = self.counterpart[at]
        return None if twin is None else (self.edges[twin], self.edges[twin + 1])


@dataclass(frozen=True)
class Result:
    """All series of an answer: for each measure its groups, the largest first, then "other", then "all".

    `groups_add` is false where one fact may be in several groups; `groups` counts all of the answer, shown or not.
    """

    buckets: tuple[Bucket, ...]
    lines: tuple[Line, ...]
    measures: tuple[Measure, ...]
    group_by: tuple[str, ...]
    groups_add: bool
    groups: int
    compared: Compared | None = None

    @property
    def empty(self) -> bool:
        return self.groups == 0

    @property
    def shown(self) -> int:
        """How many groups have lines of their own."""
        return len({line.group for line in self.lines if line.kind == "group"})

    def fair(self, at: int) -> bool:
        """Whether a bucket may be held against its counterpart: an open one against that of another segment alone."""
        return self.buckets[at].state == "over" or (self.compared is not None and bool(self.compared.segment))

    def of(self, measure: Measure, *kinds: Kind) -> tuple[Line, ...]:
        """The lines of a measure, of all kinds or of these."""
        return tuple(
            line
            for line in self.lines
            if line.measure.key == measure.key and (not kinds or line.kind in kinds)
        )

    def all_of(self, measure: Measure) -> Line | None:
        """The line over all groups; without groups the one line there is; None where groups may not be added."""
        lines = self.of(measure)
        if not self.group_by:
            return lines[0] if lines else None
        return next((line for line in lines if line.kind == "all"), None)


def change(now: Number | None, before: Number | None) -> float | None:
    if now is None or before is None or not before:
        return None
    return (now - before) / abs(before)


def make_buckets(
    edges: Sequence[datetime], now: datetime, full_end: datetime | None = None
) -> tuple[Bucket, ...]:
    """Buckets between edges. `full_end` is where the last one would end if the range did not cut it."""
    return _buckets(tuple(edges), bisect_right(edges, now) - 1, full_end is not None and full_end > edges[-1])


# A page, and every tile of a dashboard, has the same ones until the next begins.
@lru_cache(maxsize=32)
def _buckets(edges: tuple[datetime, ...], at_now: int, cut: bool) -> tuple[Bucket, ...]:
    """`at_now` is the number of the bucket that is open, less than 0 before the first."""
    last = len(edges) - 2
    return tuple(
        Bucket(start, end, "over" if at < at_now else "open" if at == at_now else "ahead", cut and at == last)
        for at, (start, end) in enumerate(pairwise(edges))
    )


def from_answer(
    answer: Mapping[str, Any],
    buckets: tuple[Bucket, ...],
    measures: tuple[Measure, ...],
    group_by: tuple[str, ...],
    *,
    flatten: bool = False,
    before: Mapping[str, Any] | None = None,
    compared: Compared | None = None,
) -> Result:
    """Every group of the answer as series. `before` is the compared answer. Raises UnexpectedAnswer."""
    edges = [bucket.start for bucket in buckets] + [buckets[-1].end]
    found = _read(answer, edges, measures, group_by)
    earlier = _read(before or {}, compared.edges, measures, group_by) if compared else {}
    # A group that only the compared period has is shown at 0: it has gone.
    groups = list(dict.fromkeys([*found, *earlier]))
    lines: list[Line] = []
    order: dict[Group, int] = {}
    for measure in measures:
        made = [
            _line(
                measure,
                group,
                "group",
                found[group][measure.key] if group in found else no_parts(measure, len(buckets)),
                buckets,
                _past(earlier, group, measure, compared),
                compared,
            )
            for group in groups
        ]
        if not order:
            order = {line.group: at for at, line in enumerate(sorted(made, key=_rank))}
        lines += sorted(made, key=lambda line: order[line.group])
    many = any(DIMENSIONS[name].multi_valued for name in group_by)
    return Result(buckets, tuple(lines), measures, group_by, flatten or not many, len(groups), compared)


def _past(
    earlier: Mapping[Group, Mapping[str, Parts]], group: Group, measure: Measure, compared: Compared | None
) -> Parts | None:
    if compared is None:
        return None
    return earlier[group][measure.key] if group in earlier else no_parts(measure, len(compared.edges) - 1)


def _rank(line: Line) -> tuple[bool, float, tuple[tuple[bool, str], ...]]:
    """The largest first; rates by what they are shares of, so that three of three does not lead."""
    if line.parts.under is not None:
        size: Number | None = sum(number or 0 for number in line.parts.under)
    else:
        size = line.total if line.total is not None else largest(line.values)
    return size is None, -(size or 0), tuple((part is None, part or "") for part in line.group)


def top(result: Result, most: int) -> Result:
    """The largest groups, the others as "other" and all as "all" where they may be added.

    One group too many is shown rather than called "other".
    """
    if not result.group_by:
        return result
    lines: list[Line] = []
    for measure in result.measures:
        rows = result.of(measure, "group")
        cut = most if len(rows) > most + 1 else len(rows)
        lines += rows[:cut]
        if not measure.additive or not result.groups_add:
            continue
        if rows[cut:]:
            lines.append(added(rows[cut:], "other", result))
        if len(rows) > 1:
            lines.append(added(rows, "all", result))
    return replace(result, lines=tuple(lines))


def largest(values: Iterable[Number | None]) -> Number | None:
    return max((value for value in values if value is not None), default=None)


def _read(
    answer: Mapping[str, Any],
    edges: Sequence[datetime],
    measures: tuple[Measure, ...],
    group_by: tuple[str, ...],
) -> dict[Group, dict[str, Parts]]:
    """The numbers of every group and measure by bucket."""
    results = answer.get("results")
    results = [] if results is None else results
    if not isinstance(results, list):
        raise UnexpectedAnswer("results is not a list")
    found: dict[Group, dict[str, Parts]] = {}
    starts = list(edges[:-1])
    places: dict[str, int] = {}
    for result in results:
        try:
            named = result.get("group") or {}
            group: Group = tuple(named.get(name) for name in group_by)
            rows = found.setdefault(group, {made.key: no_parts(made, len(starts)) for made in measures})
            wanted = _wanted(rows, measures)
            for row in result.get("data") or []:
                interval = row["interval"]
                at = places.get(interval, -1)
                if at < 0:
                    # Every group names the same buckets.
                    at = places[interval] = _bucket(interval, starts, edges[-1])
                for name, view, stats in _entries(row):
                    for part, numbers in wanted.get((name, view), ()):
                        value = stats.get(part.statistic)
                        # Most are the only number of their bucket.
                        if type(value) is int and numbers[at] is None:
                            numbers[at] = value
                        else:
                            _add(numbers, at, part, value)
        except (AttributeError, KeyError, TypeError) as error:
            raise UnexpectedAnswer(f"{type(error).__name__} in a result") from None
    return found


def _wanted(
    rows: Mapping[str, Parts], measures: tuple[Measure, ...]
) -> dict[tuple[str, bool], list[tuple[Part, list[Number | None]]]]:
    """Where each number of a group's answer goes: by name, and whether it is of a view."""
    found: dict[tuple[str, bool], list[tuple[Part, list[Number | None]]]] = {}
    for made in measures:
        parts = rows[made.key]
        found.setdefault((made.top.name, made.top.view), []).append((made.top, parts.top))
        if made.under is not None and parts.under is not None:
            found.setdefault((made.under.name, made.under.view), []).append((made.under, parts.under))
    return found


def _entries(row: Mapping[str, Any]) -> Iterator[tuple[str, bool, Mapping[str, Any]]]:
    for entry in row.get("metrics") or ():
        yield entry["metric"], False, entry["stats"]
    for entry in row.get("views") or ():
        yield entry["name"], True, entry["stats"]


# Answers about one range name the same instants.
_instant = lru_cache(maxsize=8192)(parse_instant)


def _bucket(interval: str, starts: list[datetime], end: datetime) -> int:
    try:
        start = _instant(interval.partition("/")[0])
    except ValueError:
        raise UnexpectedAnswer(f"interval {interval!r}") from None
    at = bisect_right(starts, start) - 1
    if at < 0 or start >= end:
        raise UnexpectedAnswer(f"interval {interval!r} lies outside of what was asked")
    return at


def _add(numbers: list[Number | None], at: int, part: Part, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnexpectedAnswer(f"{part.name} has {value!r}")
    before = numbers[at]
    numbers[at] = value if before is None else fold(part, (before, value), range(2))


def _line(
    measure: Measure,
    group: Group,
    kind: Kind,
    parts: Parts,
    buckets: tuple[Bucket, ...],
    past: Parts | None,
    compared: Compared | None,
    of: int = 1,
) -> Line:
    begun = [at for at, bucket in enumerate(buckets) if bucket.state != "ahead"]
    values = tuple(
        value_at(measure, parts, at) if bucket.state != "ahead" else None for at, bucket in enumerate(buckets)
    )
    line = Line(measure, group, kind, values, total_of(measure, parts, begun), parts, of=of)
    if past is None or compared is None:
        return line
    over = [at for at, bucket in enumerate(buckets) if bucket.state == "over"]
    everything = range(len(compared.edges) - 1)
    # Where our range is over, the whole of both is compared; otherwise the same buckets of both.
    twins: Sequence[int] = everything
    if len(over) < len(buckets):
        twins = [twin for at in over if (twin := compared.counterpart[at]) is not None]
    return replace(
        line,
        past=past,
        before=tuple(None if at is None else value_at(measure, past, at) for at in compared.counterpart),
        total_before=total_of(measure, past, everything),
        fair=total_of(measure, parts, over),
        fair_before=total_of(measure, past, twins),
    )


def added(lines: Sequence[Line], kind: Kind, result: Result) -> Line:
    """Several groups as one line, made from their parts: counts are added, a rate is the rate of the sums."""
    measure = lines[0].measure
    past = [line.past for line in lines if line.past is not None]
    return _line(
        measure,
        (),
        kind,
        added_parts(measure, [line.parts for line in lines]),
        result.buckets,
        added_parts(measure, past) if past else None,
        result.compared,
        of=len(lines),
    )


def shares(line: Line, whole: Line | None) -> Values:
    """Each bucket's share of all groups; None where shares have no meaning."""
    if whole is None or line.measure.kind not in ("count", "sum"):
        return (None,) * len(line.values)
    return tuple(
        value / total if value is not None and total else None
        for value, total in zip(line.values, whole.values, strict=True)
    )
