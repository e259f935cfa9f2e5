"""How many visits a definition matches, saved or not: asking the embedded server, and what the panel says of its answer.

Only where the service announces `preview`; the panel's substitute everywhere else is the saved segment's own activity.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from journeyadmin import wording
from journeyadmin.contract.buckets import parse_instant
from journeyadmin.http import JourneyRequest
from journeyadmin.service import InvalidRequest

Json = Mapping[str, Any]

WINDOWS = (30, 7, 1)
LIMIT_MS = 2000
# As long as this the last count is shown beside a newer one that did not finish.
_LAST_SECONDS = 3600


@dataclass(frozen=True)
class Step:
    """One condition in the order they are tested: how many it met, kept and dropped; `share` is of the whole window."""

    words: str
    target: str
    before: int
    kept: int
    dropped: int
    share: float


@dataclass(frozen=True)
class Sample:
    """A visit that matches: ids are masked by the server; `session` opens it in *Try it*."""

    session: str
    visit: str
    started: datetime
    events: int
    reasons: list[tuple[str, str]]


@dataclass(frozen=True)
class Audience:
    """`state` is counted, noEvents, noConditions, incomplete, stopped or failed. Numbers count `unit`."""

    state: str
    days: int
    number: int = 0
    share: float = 0.0
    sampled: bool = False
    low: int = 0
    high: int = 0
    people: bool = False
    window: str = ""
    all: int = 0
    took_ms: int = 0
    was: int | None = None
    gained: int = 0
    lost: int = 0
    steps: list[Step] = field(default_factory=list)
    zero: Step | None = None
    values: list[tuple[str, int]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    # Each local day with the visits that began on it: how many match, of how many.
    per_day: list[tuple[date, int, int]] = field(default_factory=list)
    last: "Audience | None" = None
    counted: datetime | None = None

    @property
    def percent(self) -> str:
        return percent_words(self.share)


def count(
    request: JourneyRequest, wanted: Json, saved_id: str, editor: str, days: int, *, estimate: bool = False
) -> Audience:
    """The audience of `wanted` in the last days. Raises `JourneyError` for what is no statement about the definition."""
    key = f"audience:{request.user.pk}:{quote(editor[:64], safe='')}"
    zone = timezone.get_current_timezone_name()
    if not wording.patterns(wanted, "context") and not wording.patterns(wanted, "journey"):
        return Audience("noConditions", days)
    try:
        answer = request.journey.local.preview(
            dict(wanted),
            saved_id=saved_id or None,
            interval=interval(days, zone),
            time_zone=zone,
            mode="estimate" if estimate else "exact",
            editor=editor[:64],
            time_limit_ms=LIMIT_MS,
        )
    except InvalidRequest:
        return Audience("incomplete", days, last=cache.get(key))
    found = from_answer(answer, wanted, days, zone)
    if found.state == "counted":
        cache.set(key, found, _LAST_SECONDS)
        return found
    if found.state == "stopped":
        return Audience("stopped", days, last=cache.get(key))
    return found


def days_of(asked: str) -> int:
    """The window that is asked for, else the longest."""
    return int(asked) if asked in {str(days) for days in WINDOWS} else WINDOWS[0]


def interval(days: int, zone: str) -> str:
    """The last `days` local days up to now, today among them."""
    here = ZoneInfo(zone)
    start = datetime.combine(timezone.localdate() - timedelta(days=days - 1), time.min, here)
    end = datetime.combine(timezone.localdate() + timedelta(days=1), time.min, here)
    return f"{start.isoformat()}/{end.isoformat()}"


def from_answer(answer: Json, wanted: Json, days: int, zone: str) -> Audience:
    """What the panel shows of a preview's answer (service/local.py describes it)."""
    state = str(answer.get("state"))
    if state != "counted":
        return Audience(state if state in ("noEvents", "noConditions", "stopped") else "failed", days)
    unit = "customers" if answer.get("unit") == "customers" else "sessions"
    matched, window = answer["matched"], answer["window"]
    whole = int(window[unit])
    steps = [_step(row, wanted, whole) for row in answer.get("steps") or () if _tells(row)]
    saved = answer.get("saved")
    zero = answer.get("zero")
    return Audience(
        "counted",
        days,
        number=int(matched[unit]),
        share=float(matched["share"]),
        sampled=bool(answer.get("sampled")),
        low=int(matched.get("low", 0)),
        high=int(matched.get("high", 0)),
        people=unit == "customers",
        window=window_words(days),
        all=whole,
        took_ms=int(answer.get("tookMs", 0)),
        was=int(saved[unit]) if saved and (saved["gained"] or saved["lost"]) else None,
        gained=int(saved["gained"]) if saved else 0,
        lost=int(saved["lost"]) if saved else 0,
        steps=steps,
        zero=next((step for step in steps if step.kept == 0), None),
        values=[(str(row["value"]), int(row["count"])) for row in (zero or {}).get("values") or ()],
        samples=[_sample(row, wanted, zone) for row in answer.get("samples") or ()],
        per_day=[_day(row, zone) for row in answer.get("days") or ()],
        counted=timezone.now(),
    )


def percent_words(share: float) -> str:
    """`12`, `1.2`, `< 0.1`: a share of something is never rounded to nothing."""
    percent = share * 100
    if 0 < percent < 0.05:
        return "< 0.1"
    return f"{percent:.0f}" if percent >= 10 or not percent else f"{percent:.1f}"


def window_words(days: int) -> str:
    """`26 Oct – 24 Nov`"""
    end = timezone.localdate()
    start = end - timedelta(days=days - 1)
    return f"{date_format(start, 'j M')} – {date_format(end, 'j M')}" if days > 1 else _("today")


def _tells(row: Json) -> bool:
    """A step as a whole that drops nothing more than its criteria did says nothing new."""
    return bool(row.get("key")) or int(row["dropped"]) > 0


def _step(row: Json, wanted: Json, whole: int) -> Step:
    path = str(row["path"])
    return Step(
        wording.path_words(wanted, path),
        path,
        int(row["before"]),
        int(row["kept"]),
        int(row["dropped"]),
        int(row["kept"]) / whole if whole else 0.0,
    )


def _day(row: Json, zone: str) -> tuple[date, int, int]:
    begins = parse_instant(str(row["interval"]).split("/")[0]).astimezone(ZoneInfo(zone))
    return begins.date(), int(row["matched"]), int(row["all"])


def _sample(row: Json, wanted: Json, zone: str) -> Sample:
    reasons = []
    for reason in row.get("reasons") or ():
        words = wording.path_words(wanted, str(reason["path"]))
        if reason.get("needed", 1) != 1:
            words += f" ({reason.get('reached')} / {reason['needed']})"
        reasons.append((words, str(reason.get("seen") or "")))
    started = parse_instant(str(row["started"])).astimezone(ZoneInfo(zone))
    return Sample(
        str(row["session"]), str(row.get("sessionId", "")), started, int(row.get("eventCount", 0)), reasons
    )
