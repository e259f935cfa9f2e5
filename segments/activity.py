"""How often each segment was assigned: one aggregate query over all of them, and what the list and the page show of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from journeyadmin.contract.buckets import parse_instant
from journeyadmin.http import JourneyRequest
from journeyadmin.service import JourneyError
from journeyadmin.tags import grouped

PERMISSION = "analytics:journeyAggregate:view"
METRIC = "nJourneySegmentsAssigned"
DAYS = 30
WEEK = 7
KEPT_SECONDS = 60
_WIDTH, _HEIGHT = 72, 18


@dataclass(frozen=True)
class Activity:
    """Assignments per local day, oldest first, today (not over yet) last. They count assignments, never people."""

    days: tuple[int, ...]
    first: date

    @property
    def month(self) -> int:
        return sum(self.days)

    @property
    def week(self) -> int:
        return sum(self.days[-WEEK:])

    @property
    def words(self) -> str:
        """The spark line's text equivalent."""
        if not self.month:
            return _("No assignments in 30 days")
        best = max(range(len(self.days)), key=self.days.__getitem__)
        day = self.first + timedelta(days=best)
        return _("%(month)s assignments in 30 days, %(week)s in the last 7; most on %(day)s: %(most)s") % {
            "month": grouped(self.month),
            "week": grouped(self.week),
            "day": date_format(day, "j M"),
            "most": grouped(self.days[best]),
        }

    @property
    def line(self) -> str:
        """The spark line as an SVG path in a box of 72 × 18."""
        most = max(self.days) or 1
        step = _WIDTH / max(1, len(self.days) - 1)
        points = (
            f"{index * step:.1f} {_HEIGHT - 1 - count / most * (_HEIGHT - 2):.1f}"
            for index, count in enumerate(self.days)
        )
        return "M" + "L".join(points)

    @property
    def bars(self) -> list[dict[str, Any]]:
        return bars(self.days, self.first)

    @property
    def area(self) -> str:
        return f"{self.line}V{_HEIGHT}H0Z"


def bars(counts: Sequence[int], first: date) -> list[dict[str, Any]]:
    """One bar a day in a box 64 high and ten wide for each: its place, its day and its count."""
    most = max(counts) or 1
    found = []
    for index, count in enumerate(counts):
        height = max(1.0 if count else 0.5, count / most * 62)
        found.append(
            {
                "x": index * 10 + 1,
                "y": f"{64 - height:.1f}",
                "height": f"{height:.1f}",
                "day": first + timedelta(days=index),
                "count": count,
            }
        )
    return found


@dataclass(frozen=True)
class Activities:
    """Every segment's activity; `read` is when the numbers were asked for, `kept` that it was for an earlier page."""

    by_segment: Mapping[str, Activity]
    read: datetime
    none: Activity
    kept: bool = False

    def of(self, segment_id: str) -> Activity:
        return self.by_segment.get(segment_id.lower(), self.none)


def read(request: JourneyRequest, *, fresh: bool = False) -> Activities:
    """The last 30 days of all segments, from one aggregate query. Raises `JourneyError`."""
    zone = timezone.get_current_timezone_name()
    today = timezone.localdate()
    key = f"activity:{request.user.pk}:{zone}:{today}"
    kept: Activities | None = None if fresh else cache.get(key)
    if kept is not None:
        return replace(kept, kept=True)
    found = from_answer(request.journey.query_journey_aggregates(question(today, zone)), today, zone)
    cache.set(key, found, KEPT_SECONDS)
    return found


def read_if_possible(request: JourneyRequest) -> Activities | None:
    """The same where a list is only narrowed or sorted by it: None where it cannot be read, as the list then shows all."""
    if not request.may(PERMISSION):
        return None
    try:
        return read(request)
    except JourneyError:
        return None


def question(today: date, zone: str) -> dict[str, Any]:
    """Assignments by segment and local day, the last 30 days with today."""
    here = ZoneInfo(zone)
    start, end = (
        datetime.combine(day, time.min, here).isoformat()
        for day in (_first(today), today + timedelta(days=1))
    )
    return {
        "interval": f"{start}/{end}",
        "granularity": "P1D",
        "timeZone": zone,
        "metrics": [METRIC],
        "groupBy": ["journeySegmentId"],
    }


def from_answer(answer: Mapping[str, Any], today: date, zone: str) -> Activities:
    first, here = _first(today), ZoneInfo(zone)
    found: dict[str, Activity] = {}
    for result in answer.get("results") or ():
        segment_id = (result.get("group") or {}).get("journeySegmentId")
        if segment_id:
            found[str(segment_id).lower()] = Activity(_days(result.get("data") or (), first, here), first)
    return Activities(found, timezone.now(), Activity((0,) * DAYS, first))


def _days(buckets: Iterable[Mapping[str, Any]], first: date, here: ZoneInfo) -> tuple[int, ...]:
    days = [0] * DAYS
    for bucket in buckets:
        day = parse_instant(str(bucket["interval"]).split("/")[0]).astimezone(here).date()
        index = (day - first).days
        if 0 <= index < DAYS:
            days[index] += sum(
                int((metric.get("stats") or {}).get("count") or 0)
                for metric in bucket.get("metrics") or ()
                if metric.get("metric") == METRIC
            )
    return tuple(days)


def _first(today: date) -> date:
    return today - timedelta(days=DAYS - 1)
