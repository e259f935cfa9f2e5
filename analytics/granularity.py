"""Which granularities fit a span, how many buckets each makes, and which is proposed. Pure (contract §10.2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from analytics.question import WHOLE
from analytics.ranges import Span
from journeyadmin.contract.buckets import MAX_BUCKETS, BucketError, bucket_edges, parse_granularity

CHOICES = ("PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "P1D", "P1W", "P1M", WHOLE)


@dataclass(frozen=True)
class Choice:
    """A granularity with the buckets it makes; `fits` is false where they are more than allowed."""

    by: str
    count: int

    @property
    def fits(self) -> bool:
        return self.count <= MAX_BUCKETS


def proposed(span: Span) -> str:
    """What a person would choose: some ten to a hundred buckets."""
    length = span.end - span.start
    if length <= timedelta(hours=3):
        return "PT5M"
    if length <= timedelta(hours=12):
        return "PT15M"
    if length <= timedelta(days=3, hours=2):
        return "PT1H"
    return "P1D" if length <= timedelta(days=100) else "P1W"


def chosen(by: str, span: Span) -> str:
    return by or proposed(span)


def choices(span: Span, by: str) -> list[Choice]:
    """All of them with their counts, and `by` itself where it is none of them."""
    names = CHOICES if by in CHOICES or not by else (*CHOICES[:-1], by, WHOLE)
    return [Choice(name, count(name, span)) for name in names]


def count(by: str, span: Span) -> int:
    """The number of buckets; where they are too many to be built it is worked out from their length."""
    try:
        return len(edges(by, span)) - 1
    except BucketError:
        period = parse_granularity(by)
        length = timedelta(days=30 * period.months + period.days, seconds=period.seconds)
        return max(-(-(span.end - span.start) // length), MAX_BUCKETS + 1)


def edges(by: str, span: Span) -> list[datetime]:
    """Edges of the buckets, aware UTC, one more than there are buckets. Raises BucketError when they are too many."""
    return list(_edges(by, span))


# One page asks for the same edges several times.
@lru_cache(maxsize=32)
def _edges(by: str, span: Span) -> tuple[datetime, ...]:
    period = None if by == WHOLE else parse_granularity(by)
    return tuple(bucket_edges(span.start, span.end, period, span.zone))


def full_end(by: str, span: Span, start: datetime) -> datetime:
    """Where the bucket that starts here would end if the span did not cut it."""
    if by == WHOLE:
        return span.end
    # Long enough for one whole bucket of any length that a range can hold.
    period = parse_granularity(by)
    enough = timedelta(days=31 * period.months + period.days + 2, seconds=period.seconds)
    return bucket_edges(start, start + min(enough * 2, timedelta(days=366)), period, span.zone)[1]


def within_hours(by: str) -> bool:
    """Whether no bucket lies in two hours."""
    if by == WHOLE or steps_in_days(by):
        return False
    period = parse_granularity(by)
    return not (period.months or period.days) and 3600 % period.seconds == 0


def steps_in_days(by: str) -> bool:
    """Whether buckets step in civil time (days, weeks, months) and not in elapsed time."""
    return by != WHOLE and "T" not in by
