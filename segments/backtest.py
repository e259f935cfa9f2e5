"""What is typed, tried on the past: how many visits of each day match, beside what the saved segment was assigned that day (AUD9)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from journeyadmin.http import JourneyRequest
from journeyadmin.service import JourneyError, SignInExpired
from journeyadmin.tags import grouped
from segments import activity
from segments.audience import Audience, percent_words


@dataclass(frozen=True)
class Day:
    """A local day: the visits that began on it, those of them that match, and the assignments of the saved segment; None where
    these are not known."""

    day: date
    matched: int
    all: int
    assigned: int | None

    @property
    def percent(self) -> str:
        return percent_words(self.matched / self.all if self.all else 0.0)


@dataclass(frozen=True)
class Backtest:
    """The days of the window, the oldest first; the last one is not over yet."""

    days: tuple[Day, ...]

    @property
    def bars(self) -> list[dict[str, Any]]:
        return activity.bars([day.matched for day in self.days], self.days[0].day)

    @property
    def compares(self) -> bool:
        return any(day.assigned is not None for day in self.days)

    @property
    def words(self) -> str:
        """The bars in words."""
        best = max(self.days, key=lambda day: day.matched)
        if not best.matched:
            return _("No visit of these days matches")
        return _("Visits that match by day, most on %(day)s: %(most)s") % {
            "day": date_format(best.day, "j M"),
            "most": grouped(best.matched),
        }


def of(request: JourneyRequest, found: Audience, saved_id: str) -> Backtest | None:
    """None where nothing was counted, or a single day only."""
    if found.state != "counted" or len(found.per_day) < 2:
        return None
    assigned = _assigned(request, saved_id)
    return Backtest(tuple(Day(day, matched, all_, assigned.get(day)) for day, matched, all_ in found.per_day))


def _assigned(request: JourneyRequest, saved_id: str) -> dict[date, int]:
    """What the saved segment was assigned by day; nothing where it is not saved, or that cannot be read."""
    if not saved_id or not request.may(activity.PERMISSION):
        return {}
    try:
        its = activity.read(request).of(saved_id)
    except SignInExpired:
        raise
    except JourneyError:
        # The count is what was asked for; it stands without this.
        return {}
    return {bar["day"]: bar["count"] for bar in its.bars}
