"""How an interval is cut into buckets: the same rule for the server that fills them and the page that shows them.

Source: docs/api/journey-api.md §10.2. Date parts of a granularity step in local civil time, time parts in elapsed time.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MAX_INTERVAL = timedelta(days=366)
MAX_BUCKETS = 8928
MAX_GROUP_BY = 8
MAX_VIEWS = 10
MAX_VIEW_NAME_LENGTH = 64
MAX_CLAUSES = 50
MAX_PREDICATES = 200
MAX_CELLS = 200_000

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_PERIOD = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII
)


class BucketError(ValueError):
    """A value of the query that cannot be cut into buckets; `field` is the query's field, the text says why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True)
class Period:
    """A granularity: calendar parts (months, days) and elapsed parts (seconds)."""

    months: int
    days: int
    seconds: int

    @property
    def at_least(self) -> timedelta:
        """A lower bound of one step's length; used to refuse too many buckets before building them."""
        # No interval is longer, and a number of years may be larger than any time can be.
        days = min(self.months * 28 + self.days, MAX_INTERVAL.days)
        # A civil day is never shorter than 22 hours in any zone of the database.
        return timedelta(hours=22 * days, seconds=self.seconds)


def parse_instant(text: str) -> datetime:
    """One end of an interval as an aware UTC time; without an offset it is UTC. Raises ValueError."""
    match = _INSTANT.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        year, month, day, hour, minute, second, fraction, offset = match.groups()
        stamp = f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}.{(fraction or '0')[:6]:0<6}"
        return datetime.fromisoformat(stamp + (offset or "Z")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"“{text}” is not a time such as 2024-05-01T00:00:00Z") from None


def parse_interval(text: str) -> tuple[datetime, datetime]:
    """`start/end` as aware UTC times, the end exclusive. Raises BucketError."""
    start_text, slash, end_text = text.partition("/")
    if not slash or "/" in end_text:
        raise BucketError("interval", "An interval is two times with a slash between them: start/end.")
    try:
        start, end = parse_instant(start_text), parse_instant(end_text)
    except ValueError as error:
        raise BucketError("interval", f"An interval is two times: {error}.") from None
    if start >= end:
        raise BucketError("interval", "The interval must end after it starts.")
    if end - start > MAX_INTERVAL:
        raise BucketError("interval", f"The interval is longer than {MAX_INTERVAL.days} days.")
    return start, end


def parse_granularity(text: str) -> Period:
    """An ISO-8601 period such as P1D or PT30M: whole minutes, at least one. Raises BucketError."""
    match = _PERIOD.fullmatch(text)
    parts = [part for part in match.groups() if part is not None] if match else []
    # A trailing T without a time part, and numbers beyond any interval, are refused too.
    if match is None or not parts or text.endswith("T") or any(len(part) > 8 for part in parts):
        raise BucketError("granularity", "A granularity is a period such as P1D, PT1H or P1M.")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    period = Period(years * 12 + months, weeks * 7 + days, hours * 3600 + minutes * 60 + seconds)
    if period == Period(0, 0, 0):
        raise BucketError("granularity", "A granularity must be longer than nothing.")
    if period.seconds % 60:
        raise BucketError("granularity", "A granularity is a whole number of minutes, at least one.")
    return period


def parse_zone(name: str | None) -> ZoneInfo:
    """An IANA time zone, UTC when absent. Raises BucketError."""
    try:
        # Files beside the zones, but not names of IANA's: leap seconds counted in, or whatever this computer is set to.
        if name and name.startswith(("right/", "posix/", "posixrules", "localtime")):
            raise ValueError(name)
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BucketError("timeZone", f"“{name}” is not the name of a time zone.") from None


def _step(start: datetime, local: datetime, period: Period, number: int, zone: ZoneInfo) -> datetime:
    """The edge `number` steps after `start`, counted from the start so that month ends do not drift; `local` is the start
    by the zone's clocks."""
    moment = start
    if period.months or period.days:
        civil = local
        if period.months:
            month_index = local.year * 12 + (local.month - 1) + period.months * number
            year, month = divmod(month_index, 12)
            day = min(local.day, calendar.monthrange(year, month + 1)[1])
            civil = local.replace(year=year, month=month + 1, day=day)
        civil += timedelta(days=period.days * number)
        # fold=0: an ambiguous time takes the earlier offset; a time that does not exist is read with the offset
        # before the gap, which moves it forward by the gap.
        moment = civil.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return moment + timedelta(seconds=period.seconds * number)


def bucket_edges(start: datetime, end: datetime, period: Period | None, zone: ZoneInfo) -> list[datetime]:
    """Edges of the buckets as aware UTC times: one more than there are buckets, the last one the interval's end.

    Raises BucketError when there would be more than MAX_BUCKETS, and where the zone's clocks would show no year of ours.
    """
    try:
        local, _ = (moment.astimezone(zone).replace(tzinfo=None) for moment in (start, end))
    except OverflowError:
        raise BucketError(
            "interval", f"The interval leaves the years 1 to 9999 by the clocks of {zone.key}."
        ) from None
    if period is None:
        return [start, end]
    too_many = BucketError(
        "granularity",
        f"This granularity makes more than the {MAX_BUCKETS:,} buckets allowed; choose a longer one.",
    )
    if (end - start) // MAX_BUCKETS > period.at_least * 2:
        raise too_many
    if not (period.months or period.days):
        # Clocks that change do not change how long an hour is.
        width = timedelta(seconds=period.seconds)
        count = -((start - end) // width)
        if count > MAX_BUCKETS:
            raise too_many
        return [*(start + width * number for number in range(count)), end]
    edges = [start]
    number = 1
    while True:
        try:
            edge = _step(start, local, period, number, zone)
        except (OverflowError, ValueError):
            edge = end
        if edge >= end:
            break
        # Where a zone skips a whole day two civil midnights are one instant: no empty bucket.
        if edge > edges[-1]:
            if len(edges) == MAX_BUCKETS:
                raise too_many
            edges.append(edge)
        number += 1
    edges.append(end)
    return edges


def format_instant(moment: datetime, zone: ZoneInfo) -> str:
    """With milliseconds, and the local offset, which is `Z` where it is nought."""
    text = moment.astimezone(zone).isoformat("T", "milliseconds")
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def format_interval(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """The `interval` string of an answer's bucket."""
    return f"{format_instant(start, zone)}/{format_instant(end, zone)}"
