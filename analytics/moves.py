"""Other questions one step away: earlier, later, wider, narrower; only this group, without it, broken down. Pure of requests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from analytics import compare, filters, granularity, ranges
from analytics.answering import Asked
from analytics.filters import Condition, Filter, Group, single
from analytics.question import Question
from analytics.ranges import RangeError, Span, days_span
from analytics.series import Group as Values
from journeyadmin.contract.buckets import MAX_GROUP_BY, MAX_INTERVAL
from journeyadmin.contract.dimensions import DIMENSIONS

# Finer granularities, in the order in which a zoomed bucket is looked into.
_FINER = ("P1M", "P1W", "P1D", "PT1H", "PT15M", "PT5M")
SHORTEST = timedelta(minutes=5)


def fixed(asked: Asked) -> Question:
    """The same question about exactly these dates."""
    return replace(asked.question, range=ranges.text_of(asked.span.start, asked.span.end, asked.span.zone))


def earlier(asked: Asked) -> Question | None:
    try:
        return _about(asked, compare.earlier(asked.span, "previous"))
    except (RangeError, ValueError, OverflowError):
        return None


def later(asked: Asked) -> Question | None:
    """The range right after this one; None where it would lie ahead."""
    span = asked.span
    if span.end > asked.now:
        return None
    try:
        if span.first and span.last:
            days = timedelta(days=span.days)
            return _about(asked, days_span(span.first + days, span.last + days, span.zone))
        return _about(asked, Span(span.end, span.end + (span.end - span.start), span.zone))
    except (RangeError, ValueError, OverflowError):
        return None


def wider(asked: Asked) -> Question | None:
    """Twice the range around the same middle, not beyond today; None where it is as long as may be."""
    span = asked.span
    if (span.end - span.start) * 2 > MAX_INTERVAL:
        return None
    try:
        if span.first and span.last:
            today = asked.now.astimezone(span.zone).date()
            before = -(-span.days // 2)
            last = max(span.last, min(span.last + timedelta(days=span.days - before), today))
            first = last - timedelta(days=2 * span.days - 1)
            return _about(asked, days_span(first, last, span.zone))
        half = (span.end - span.start) / 2
        end = max(span.end, min(span.end + half, asked.now.replace(second=0, microsecond=0)))
        return _about(asked, Span(end - 4 * half, end, span.zone))
    except (RangeError, ValueError, OverflowError):
        return None


def narrower(asked: Asked, start: datetime, end: datetime) -> Question | None:
    """The buckets between two moments, in finer ones where they are few; None where that is no range."""
    start, end = max(start, asked.span.start), min(end, asked.span.end)
    if end - start < SHORTEST:
        return None
    text = ranges.text_of(start, end, asked.span.zone)
    by = asked.question.by
    if by:
        span = ranges.resolve(ranges.parse(text), asked.now, asked.span.zone)
        if granularity.count(asked.by, span) < 2:
            by = ""
    return replace(asked.question, range=text, by=by)


def _about(asked: Asked, span: Span) -> Question:
    return replace(asked.question, range=ranges.text_of(span.start, span.end, span.zone))


# Groups


def _tests(group_by: Sequence[str], group: Values, flatten: bool) -> list[Condition]:
    found = []
    for name, value in zip(group_by, group, strict=True):
        if value is None:
            found.append(Condition(name, "notExists"))
        elif flatten and DIMENSIONS[name].multi_valued:
            found += [Condition(name, "matches", part) for part in value.split(",")]
        else:
            found.append(Condition(name, "matches", value))
    return found


def only(question: Question, group: Values) -> Question | None:
    """The same question about this group alone, no longer grouped; None where the filter has no room for it."""
    kept: Filter | None = question.filter
    for condition in _tests(question.group_by, group, question.flatten):
        kept = filters.narrowed(kept, single(condition)) if kept is not None else None
    if kept is None:
        return None
    return replace(question, filter=kept, group_by=(), flatten=False, chart="")


def without(question: Question, group: Values, groups: Sequence[Values]) -> Question | None:
    """The same question about the other groups of the answer: the API has no “is not”, so they are named.

    None for several dimensions at once, and where they are too many for a filter.
    """
    if len(question.group_by) != 1 or question.flatten:
        return None
    name = question.group_by[0]
    if DIMENSIONS[name].multi_valued:
        return None
    if group[0] is None:
        tests: tuple[Condition, ...] = (Condition(name, "exists"),)
    else:
        tests = tuple(_tests([name], other, False)[0] for other in groups if other != group)
    if not tests:
        return None
    kept = filters.narrowed(question.filter, Group("or", tests) if len(tests) > 1 else single(tests[0]))
    return replace(question, filter=kept) if kept is not None else None


def broken_down(question: Question, group: Values | None, dimension: str) -> Question | None:
    """This group (or everything) by another dimension."""
    found = only(question, group) if group is not None else question
    if found is None or len(found.group_by) >= MAX_GROUP_BY:
        return None
    return replace(found, group_by=(*found.group_by, dimension), chart="")


def moment(minutes: str) -> datetime | None:
    """A moment of an address, in minutes since 1970; None where it is none."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=float(minutes))
    except (ValueError, OverflowError):
        return None
