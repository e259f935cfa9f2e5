"""Ranges as people say them → exact intervals: presets, `last 3 weeks`, `2026-05-01..2026-05-07`. Pure.

A range is kept as text in one normal form, so that equal ranges have equal addresses. Units without a number are whole
calendar units before the present one ("last 7 days" ends yesterday), weeks from Monday unless it says "from sunday"; hours and minutes include the present one.
"""

import calendar
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from journeyadmin.contract.buckets import MAX_INTERVAL, parse_instant

Unit = Literal["minutes", "hours", "days", "weeks", "months", "years"]
Problem = Literal["unreadable", "backwards", "too_long", "no_such_day", "too_far"]

UNITS: tuple[Unit, ...] = ("minutes", "hours", "days", "weeks", "months", "years")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PRESETS = (
    "today",
    "yesterday",
    "last-7-days",
    "last-14-days",
    "last-28-days",
    "last-90-days",
    "this-week",
    "last-week",
    "this-month",
    "last-month",
)
DEFAULT = "last-7-days"
LONGEST_TEXT = 100
# Within these a year before and twice the range have dates as well, in every zone.
YEARS = (1900, 9900)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class RangeError(ValueError):
    """Why a text is no range: `problem` says which, `text` is the part that was meant."""

    def __init__(self, problem: Problem, text: str = "") -> None:
        super().__init__(f"{problem}: {text}")
        self.problem = problem
        self.text = text


@dataclass(frozen=True)
class Moving:
    """`count` whole units before the present one; 0 is the present one so far. Weeks begin on the weekday `week`, Monday is 0."""

    unit: Unit
    count: int
    week: int = 0


@dataclass(frozen=True)
class Fixed:
    """From a day or a civil time or an instant to another. A day as end is included; None as end is today."""

    start: date | datetime
    end: date | datetime | None


@dataclass(frozen=True)
class Range:
    """A range in its normal form: `text` is what addresses carry."""

    text: str
    meaning: Moving | Fixed

    @property
    def rolling(self) -> bool:
        """Whether it means other dates tomorrow."""
        return isinstance(self.meaning, Moving) or self.meaning.end is None


@dataclass(frozen=True)
class Span:
    """An exact interval, `end` exclusive, both aware UTC; `first` and `last` are its days where it is whole civil days."""

    start: datetime
    end: datetime
    zone: ZoneInfo
    first: date | None = None
    last: date | None = None

    @property
    def days(self) -> int:
        """Civil days from the first to the last one; 0 where the span is not whole days."""
        return (self.last - self.first).days + 1 if self.first and self.last else 0


def parse(text: str) -> Range:
    """The range that a text means. Raises RangeError."""
    words = " ".join(text.strip().lower().split())
    if not words or len(words) > LONGEST_TEXT:
        raise RangeError("unreadable", text)
    moving = _moving(words.replace("-", " ").replace("_", " "))
    if moving is not None:
        return Range(_moving_text(moving), moving)
    fixed = _fixed(words)
    return Range(_fixed_text(fixed), fixed)


def _moving(words: str) -> Moving | None:
    if words in ("today", "yesterday"):
        return Moving("days", int(words == "yesterday"))
    match = re.fullmatch(
        r"(?:the )?(last|past|previous|this)(?: (\d{1,5}))?(?: full)? ([a-z]+)(?: from ([a-z]+))?", words
    )
    if match is None:
        return None
    which, number, word, first = match.groups()
    unit = next((unit for unit in UNITS if word in (unit, unit[:-1])), None)
    week = WEEKDAYS.index(first) if first in WEEKDAYS else 0
    if first and (first not in WEEKDAYS or unit != "weeks"):
        raise RangeError("unreadable", words)
    if unit is None or (which == "this" and number):
        raise RangeError("unreadable", words)
    count = 0 if which == "this" else int(number or 1)
    if which != "this" and count == 0:
        raise RangeError("unreadable", words)
    return Moving(unit, count, week)


def _moving_text(moving: Moving) -> str:
    if moving.unit == "days" and moving.count < 2:
        return ("today", "yesterday")[moving.count]
    first = f"-from-{WEEKDAYS[moving.week]}" if moving.week else ""
    if moving.count == 0:
        return f"this-{moving.unit[:-1]}{first}"
    if moving.count == 1:
        return f"last-{moving.unit[:-1]}{first}"
    return f"last-{moving.count}-{moving.unit}{first}"


def presets(week: int) -> list[str]:
    """The presets of somebody whose weeks begin on this weekday."""
    return [with_week(text, week) for text in PRESETS]


def with_week(text: str, week: int) -> str:
    """What a person means whose weeks begin on this weekday; a text that says its own first day, or is no range, stays."""
    try:
        meaning = parse(text).meaning
    except RangeError:
        return text
    if not isinstance(meaning, Moving) or meaning.unit != "weeks" or "from" in text.lower():
        return text
    return _moving_text(replace(meaning, week=week))


def spelled(range_: Range, week: int) -> str:
    """A range as this person would have to write it."""
    meaning = range_.meaning
    if isinstance(meaning, Moving) and meaning.unit == "weeks" and meaning.week != week and not meaning.week:
        return f"{range_.text}-from-{WEEKDAYS[0]}"
    return range_.text


def _fixed(words: str) -> Fixed:
    since = re.fullmatch(r"since (.+)|(.+?)\s*\.\.", words)
    if since:
        start, _ = _side(since[1] or since[2])
        return Fixed(start, None)
    parts = re.split(r"\s*\.\.\s*|\s+(?:to|until|[-–—])\s+", words)
    if len(parts) > 2:
        raise RangeError("unreadable", words)
    start, whole = _side(parts[0])
    if len(parts) == 2:
        _, whole = _side(parts[1])
    elif isinstance(start, datetime):
        raise RangeError("unreadable", words)
    return _normal(start, whole, words)


def _normal(start: date | datetime, end: date | datetime, words: str) -> Fixed:
    """Two days, or two moments; moments that are both civil midnights are days. Raises where they do not follow."""
    if isinstance(start, datetime) != isinstance(end, datetime):
        start = start if isinstance(start, datetime) else datetime.combine(start, time())
        end = end if isinstance(end, datetime) else datetime.combine(end + timedelta(days=1), time())
    if isinstance(start, datetime) and isinstance(end, datetime):
        if (start.tzinfo is None) != (end.tzinfo is None):
            raise RangeError("unreadable", words)
        if start >= end:
            raise RangeError("backwards", words)
        if _midnight(start) and _midnight(end):
            return Fixed(start.date(), end.date() - timedelta(days=1))
    elif start > end:
        raise RangeError("backwards", words)
    return Fixed(start, end)


def _midnight(moment: datetime) -> bool:
    return moment.tzinfo is None and moment.time() == time()


def _side(text: str) -> tuple[date | datetime, date | datetime]:
    """What one side of a range means as its start and as its end: a month is its first and its last day."""
    try:
        return _named(text) or _numbered(text)
    except (ValueError, OverflowError):
        raise RangeError("unreadable", text) from None


def _numbered(text: str) -> tuple[date | datetime, date | datetime]:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return (day := date.fromisoformat(text)), day
    if re.fullmatch(r"\d{4}-\d\d", text):
        return _month(int(text[:4]), int(text[5:]))
    if re.fullmatch(r"\d{4}", text):
        return date(int(text), 1, 1), date(int(text), 12, 31)
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[t ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(z|[+-]\d\d:?\d\d)?", text)
    if match is None:
        raise RangeError("unreadable", text)
    civil = f"{match[1]}T{match[2]}"
    moment = parse_instant(civil + match[3].upper()) if match[3] else datetime.fromisoformat(civil)
    return moment, moment


def _named(text: str) -> tuple[date, date] | None:
    """`1 May 2026`, `May 2026`."""
    match = re.fullmatch(r"(?:(\d{1,2}) )?([a-z]{3,9})\.?,? (\d{4})", text)
    if match is None or match[2][:3] not in _MONTHS:
        return None
    month = _MONTHS.index(match[2][:3]) + 1
    if match[1]:
        return (day := date(int(match[3]), month, int(match[1]))), day
    return _month(int(match[3]), month)


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _fixed_text(fixed: Fixed) -> str:
    if fixed.end is None:
        return f"{moment_text(fixed.start)}.."
    if fixed.start == fixed.end:
        return moment_text(fixed.start)
    return f"{moment_text(fixed.start)}..{moment_text(fixed.end)}"


def moment_text(moment: date | datetime) -> str:
    """A day, a civil time or an instant in the shortest form that parses back."""
    if not isinstance(moment, datetime):
        return moment.isoformat()
    if moment.tzinfo is not None:
        return _shortest(moment.astimezone(UTC).replace(tzinfo=None)) + "Z"
    return _shortest(moment)


def _shortest(moment: datetime) -> str:
    if moment.microsecond:
        return moment.isoformat().rstrip("0")
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")


def resolve(range_: Range, now: datetime, zone: ZoneInfo) -> Span:
    """The exact interval that a range means now, in this zone. Raises RangeError."""
    meaning = range_.meaning
    try:
        span = (
            _moving_span(meaning, now, zone)
            if isinstance(meaning, Moving)
            else _fixed_span(meaning, now, zone)
        )
    except (OverflowError, ValueError) as error:
        if isinstance(error, RangeError):
            raise
        raise RangeError("too_far", range_.text) from None
    if not YEARS[0] <= span.start.year <= span.end.year <= YEARS[1]:
        raise RangeError("too_far", range_.text)
    if span.end - span.start > MAX_INTERVAL:
        raise RangeError("too_long", range_.text)
    return span


# So many hours are shown by five minutes (granularity.proposed).
FEW_HOURS = 3


def _moving_span(moving: Moving, now: datetime, zone: ZoneInfo) -> Span:
    if moving.unit in ("minutes", "hours"):
        # A few hours are looked at by five minutes: to the full hour most of the last one would lie ahead.
        few = moving.unit == "minutes" or moving.count <= FEW_HOURS
        step = timedelta(minutes=5) if few else timedelta(hours=1)
        if moving.unit == "minutes" and moving.count % 5:
            step = timedelta(minutes=1)
        # In local time, for zones that are half an hour off; the unit that has begun counts.
        local = now.astimezone(zone).replace(second=0, microsecond=0)
        begun = timedelta(minutes=local.minute % (step // timedelta(minutes=1)))
        end = local.astimezone(UTC) - begun + step
        return Span(end - timedelta(**{moving.unit: max(moving.count, 1)}), end, zone)
    today = now.astimezone(zone).date()
    start = _unit_start(moving, today)
    if moving.count == 0:
        return days_span(start, today, zone)
    last = start - timedelta(days=1)
    for _ in range(moving.count):
        start = _unit_start(moving, start - timedelta(days=1))
    return days_span(start, last, zone)


def _unit_start(moving: Moving, day: date) -> date:
    """First day of the calendar unit that a day is in."""
    if moving.unit == "weeks":
        return day - timedelta(days=(day.weekday() - moving.week) % 7)
    if moving.unit == "months":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if moving.unit == "years" else day


def _fixed_span(fixed: Fixed, now: datetime, zone: ZoneInfo) -> Span:
    start, end = fixed.start, fixed.end
    if end is None:
        end = now.astimezone(zone).date()
        if isinstance(start, datetime):
            end = day_start(end + timedelta(days=1), zone)
        elif start > end:
            raise RangeError("backwards", f"{start}..{end}")
    if not isinstance(start, datetime) and not isinstance(end, datetime):
        return days_span(start, end, zone)
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    first, last = _instant(start, zone), _instant(end, zone)
    if first >= last:
        raise RangeError("backwards", f"{start}..{end}")
    return Span(first, last, zone)


def days_span(first: date, last: date, zone: ZoneInfo) -> Span:
    """Whole civil days, the last one included. Raises RangeError where the zone skipped all of them."""
    start, end = day_start(first, zone), day_start(last + timedelta(days=1), zone)
    if start >= end:
        raise RangeError("no_such_day", first.isoformat())
    return Span(start, end, zone, first, last)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a civil day as aware UTC. A midnight that does not exist moves forward by the gap."""
    return _instant(datetime.combine(day, time()), zone)


def _instant(moment: datetime, zone: ZoneInfo) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone, fold=0)).astimezone(UTC)


def text_of(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """The fixed range that means exactly this interval: days where they are whole, civil times, else instants."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    # A day may begin at one o'clock where midnight was skipped.
    if day_start(first.date(), zone) == start and day_start(last.date(), zone) == end:
        return _fixed_text(Fixed(first.date(), last.date() - timedelta(days=1)))
    civil = [moment.replace(tzinfo=None, fold=0) for moment in (first, last)]
    if [_instant(moment, zone) for moment in civil] == [start, end] and civil[0] < civil[1]:
        return parse(f"{moment_text(civil[0])}..{moment_text(civil[1])}").text
    return f"{moment_text(start)}..{moment_text(end)}"
