"""The period that a range is compared with, and which of its buckets stands beside which of ours. Pure."""

import calendar
from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from analytics import granularity
from analytics.question import WHOLE
from analytics.ranges import Span, days_span
from analytics.series import Compared

DAY = timedelta(days=1)


def earlier(span: Span, comparison: str) -> Span:
    """The compared span: right before (`previous`), before with the same weekdays (`weekdays`), or a `year` before.

    Raises RangeError where a zone skipped all of it, ValueError or OverflowError before the year 1.
    """
    if span.first and span.last:
        if comparison == "year":
            return days_span(_year_before(span.first), _year_before(span.last), span.zone)
        back = DAY * _days_back(span.days, comparison)
        return days_span(span.first - back, span.last - back, span.zone)
    if comparison == "previous":
        return Span(span.start - (span.end - span.start), span.start, span.zone)
    # The same civil times on other days.
    back = DAY * _days_back(max(1, -(-(span.end - span.start) // DAY)), comparison)
    ends = []
    for moment in (span.start, span.end):
        civil = moment.astimezone(span.zone).replace(tzinfo=None)
        day = _year_before(civil.date()) if comparison == "year" else (civil - back).date()
        ends.append(datetime.combine(day, civil.time()).replace(tzinfo=span.zone, fold=0).astimezone(UTC))
    return Span(ends[0], ends[1], span.zone)


def _days_back(days: int, comparison: str) -> int:
    return -(-days // 7) * 7 if comparison == "weekdays" else days


def _year_before(day: date) -> date:
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))


def align(span: Span, edges: Sequence[datetime], before: Span, by: str) -> Compared:
    """The buckets of the compared span beside ours: the same hour of the day where clocks were changed in between."""
    past = granularity.edges(by, before)
    count = len(past) - 1
    if not span.first or not before.first or granularity.steps_in_days(by) or by == WHOLE:
        return Compared(past, [at if at < count else None for at in range(len(edges) - 1)])
    # An hour that a day had twice has one counterpart only; the other stands alone.
    places: dict[tuple[int, time], deque[int]] = defaultdict(deque)
    for at in range(count):
        places[_place(past[at], before)].append(at)
    return Compared(past, [_next(places, _place(edge, span)) for edge in edges[:-1]])


def _place(moment: datetime, span: Span) -> tuple[int, time]:
    civil = moment.astimezone(span.zone)
    assert span.first is not None
    return (civil.date() - span.first).days, civil.time()


def _next(places: dict[tuple[int, time], deque[int]], place: tuple[int, time]) -> int | None:
    return places[place].popleft() if places.get(place) else None
