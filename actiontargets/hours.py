"""The hours after a change beside the same hours before it. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

LONGEST = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Hours:
    """Two stretches of equal clock hours; `days` is how far the first lies before the second."""

    before_start: datetime
    before_end: datetime
    after_start: datetime
    after_end: datetime
    days: int

    @property
    def length(self) -> timedelta:
        return self.after_end - self.after_start


def same_hours(moment: datetime, until: datetime, zone: ZoneInfo) -> Hours:
    """From the change to `until` (a week at most), and the same clock hours as few whole days earlier as do not overlap.

    Whole days on the clock of `zone`, so that nine to five is compared with nine to five, also over the odd days of the year.
    """
    end = min(max(until, moment), moment + LONGEST)
    days = max(1, ceil((end - moment) / DAY))
    shift = timedelta(days=days)
    earlier = [(one.astimezone(zone) - shift).astimezone(UTC) for one in (moment, end)]
    # Where the clock is set back in between, the earlier hours end where the change was.
    return Hours(earlier[0], min(earlier[1], moment), moment, end, days)
