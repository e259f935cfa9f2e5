"""What an alert's query says now: the last finished bucket of its measure, and the finished one before it.

Buckets that are not over, or that the range cuts short, are not looked at. Where the range holds too few finished ones (early in
"today" or "this week"), the same period before it is asked as well.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from analytics import compare, granularity, labels, payloads, ranges, series
from analytics.alerts.conditions import CONDITIONS, holds
from analytics.measures import Measure
from analytics.models import Alert
from analytics.parts import Number
from analytics.question import WHOLE, Question
from analytics.ranges import Fixed, Moving, Range, RangeError, Span
from analytics.series import Bucket, Group, UnexpectedAnswer
from analytics.trail import question_of
from journeyadmin import service
from journeyadmin.contract.buckets import BucketError
from journeyadmin.contract.operations import QUERY_JOURNEY_AGGREGATES

Json = dict[str, Any]
Ask = Callable[[Json], Json]
# So many periods are asked for at most until two finished buckets are found.
MOST_PERIODS = 3
# So many groups are kept of those that meet a condition; how many there are is kept too.
MOST_GROUPS = 5


class NothingFinished(Exception):
    """The query has no finished bucket, or none that could be compared."""


@dataclass(frozen=True)
class Outcome:
    """`holds` is None where there is no number to compare. `facts` is what is kept of it, as JSON."""

    holds: bool | None
    facts: Json


@dataclass(frozen=True)
class _Finished:
    """A finished bucket, and the measure's number of each group in it."""

    bucket: Bucket
    numbers: dict[Group, Number | None]


def measure_of(alert: Alert, key: str = "") -> Measure | None:
    """The measure that is looked at, or one of this key; None where the query no longer has it."""
    wanted = key or alert.measure
    return next((made for made in question_of(alert.query.address).made if made.key == wanted), None)


def may_change(question: Question) -> bool:
    """Whether the numbers of a question move with time, so that there is something to wait for."""
    range_ = ranges.parse(question.range)
    return range_.rolling and not (isinstance(range_.meaning, Fixed) and question.by == WHOLE)


def evaluate(alert: Alert, ask: Ask, now: datetime) -> Outcome:
    """Looks without changing anything. Raises JourneyError, RangeError, NothingFinished."""
    question, measure = question_of(alert.query.address), measure_of(alert)
    if measure is None:
        raise NothingFinished
    condition = CONDITIONS[alert.condition]
    wanted = 2 if condition.relative else 1
    found: list[_Finished] = []
    for span in islice(_periods(question, now), MOST_PERIODS):
        found += _finished(question, measure, span, _step(question, now), ask, now)
        if len(found) >= wanted:
            break
    if len(found) < wanted:
        raise NothingFinished
    newest, before = found[0], found[1] if condition.relative else None
    percent = labels.is_percent(measure)
    rows = []
    judged = False
    # A group that the finished time before has alone is at nought: it has gone.
    groups = dict.fromkeys([*newest.numbers, *(before.numbers if before else ())])
    for group in groups:
        value = newest.numbers.get(group, _nothing(measure))
        past = before.numbers.get(group, _nothing(measure)) if before else None
        met = holds(condition, alert.limit, value, past, in_percent=percent)
        judged = judged or met is not None
        if met or not question.group_by:
            rows.append((met, [list(group), value, past]))
    met_rows = [row for met, row in rows if met]
    facts = {
        "measure": measure.key,
        "start": newest.bucket.start.isoformat(),
        "end": newest.bucket.end.isoformat(),
        "groups": len(groups) if question.group_by else 0,
        "met": len(met_rows),
        "rows": (met_rows or [row for _, row in rows])[:MOST_GROUPS],
    }
    return Outcome(bool(met_rows) if judged else None, facts)


def _step(question: Question, now: datetime) -> str:
    """The granularity, the same early and late in a range that grows."""
    zone = ZoneInfo(question.zone)
    range_ = ranges.parse(question.range)
    span = ranges.resolve(range_, now, zone)
    meaning = range_.meaning
    if isinstance(meaning, Moving) and meaning.count == 0:
        span = ranges.resolve(Range("", replace(meaning, count=1)), now, zone)
    return granularity.chosen(question.by, span)


def _periods(question: Question, now: datetime) -> Iterator[Span]:
    """The range as it is now, then the ones before it, for as long as there are any."""
    zone = ZoneInfo(question.zone)
    range_ = ranges.parse(question.range)
    span = ranges.resolve(range_, now, zone)
    meaning = range_.meaning
    by_the_clock = isinstance(meaning, Moving) and meaning.unit in ("minutes", "hours")
    if by_the_clock and span.end > now:
        # The hour that has begun is left out, not the last 24 of them.
        for minutes in (1, 5, 60):
            earlier = ranges.resolve(range_, now - timedelta(minutes=minutes), zone)
            if earlier.end <= now:
                span = earlier
                break
    yield span
    while True:
        try:
            if isinstance(meaning, Moving) and meaning.count == 0 and not by_the_clock:
                span = ranges.resolve(Range("", replace(meaning, count=1)), span.start, zone)
            else:
                span = compare.earlier(span, "previous")
        except (RangeError, ValueError, OverflowError):
            return
        yield span


def _finished(
    question: Question, measure: Measure, span: Span, by: str, ask: Ask, now: datetime
) -> list[_Finished]:
    """The finished buckets of a period that has begun, the newest first."""
    try:
        edges = granularity.edges(by, span)
    except BucketError:
        raise NothingFinished from None
    buckets = series.make_buckets(edges, now, granularity.full_end(by, span, edges[-2]))
    if not any(bucket.whole for bucket in buckets):
        return []
    answer = ask(payloads.to_query(question, span, by))
    try:
        result = series.from_answer(
            answer, buckets, question.made, question.group_by, flatten=question.flatten
        )
    except UnexpectedAnswer as error:
        raise service.Unreadable(str(error), operation=QUERY_JOURNEY_AGGREGATES.name) from None
    lines = result.of(measure, "group")
    return [
        _Finished(
            bucket,
            {line.group: line.values[at] for line in lines}
            or ({} if question.group_by else {(): _nothing(measure)}),
        )
        for at, bucket in reversed(list(enumerate(buckets)))
        if bucket.whole
    ]


def _nothing(measure: Measure) -> Number | None:
    """What a measure is where nothing happened."""
    return None if measure.kind in ("ratio", "extreme") else 0
