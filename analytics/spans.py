"""How ranges, buckets and moments are said, in the reader's language, clock and week. Nothing here asks anything of anybody."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dates import MONTHS, MONTHS_3, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _

from analytics.labels import decimal
from analytics.question import WHOLE
from analytics.ranges import Moving, Range, Span
from analytics.series import Bucket
from journeyadmin import clocks
from journeyadmin.digits import THIN

_MIDNIGHT = time()
_ONE_DAY = timedelta(days=1)


# Dates: patterns are Django's, translated, and taken apart once for each language; a chart has thousands of them.

# j day, M or F month, Y year, D or l weekday; a letter that is meant as it stands has a backslash before it.
_J, _M, _F = gettext_noop("j"), gettext_noop("M"), gettext_noop("F")
_J_M, _M_Y, _D_J = gettext_noop("j M"), gettext_noop("M Y"), gettext_noop("D j")
_J_M_Y, _D_J_M = gettext_noop("j M Y"), gettext_noop("D j M")
_L_J_M, _D_J_M_Y = gettext_noop("l j M"), gettext_noop("D j M Y")


@lru_cache(maxsize=64)
def _weekdays(language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Short and long names, Monday first."""
    return tuple(str(WEEKDAYS_ABBR[day]) for day in range(7)), tuple(str(WEEKDAYS[day]) for day in range(7))


@lru_cache(maxsize=64)
def _months(language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Short and long names; the first is number 1."""
    short = tuple(str(MONTHS_3[month]).capitalize() for month in range(1, 13))
    return ("", *short), ("", *(str(MONTHS[month]) for month in range(1, 13)))


_PARTS: dict[str, Callable[[Any], str]] = {
    "j": lambda moment: str(moment.day),
    "Y": lambda moment: str(moment.year),
    "D": lambda moment: _weekdays(get_language() or "")[0][moment.weekday()],
    "l": lambda moment: _weekdays(get_language() or "")[1][moment.weekday()],
    "M": lambda moment: _months(get_language() or "")[0][moment.month],
    "F": lambda moment: _months(get_language() or "")[1][moment.month],
}


@lru_cache(maxsize=256)
def _taken_apart(pattern: str, language: str) -> tuple[str | Callable[[Any], str], ...]:
    signs = re.findall(r"\\.|.", _(pattern))
    return tuple(sign[1] if len(sign) == 2 else _PARTS.get(sign, sign) for sign in signs)


def _said(moment: date | datetime, pattern: str) -> str:
    """A day by a translated pattern of `j Y D l M F`."""
    parts = _taken_apart(pattern, get_language() or "")
    return "".join(part if isinstance(part, str) else part(moment) for part in parts)


# Ranges


def preset(range_: Range) -> str:
    """What people call a range that moves: `Last 7 full days`; "" for fixed dates."""
    meaning = range_.meaning
    if isinstance(meaning, Moving) and meaning.unit == "weeks" and meaning.week != clocks.active().week:
        # Somebody else's weeks.
        return _("%(range)s, from %(day)s") % {
            "range": _preset(range_),
            "day": _weekdays(get_language() or "")[1][meaning.week],
        }
    return _preset(range_)


def _preset(range_: Range) -> str:
    meaning = range_.meaning
    if not isinstance(meaning, Moving):
        return _("Since %s") % day(_first_day(meaning.start)) if meaning.end is None else ""
    count, unit = meaning.count, meaning.unit
    if unit == "days" and count < 2:
        return _("Yesterday") if count else _("Today")
    if count == 0:
        return {
            "minutes": _("This minute"),
            "hours": _("This hour"),
            "weeks": _("This week"),
            "months": _("This month"),
            "years": _("This year"),
        }[unit]
    if count == 1:
        return {
            "minutes": _("Last minute"),
            "hours": _("Last hour"),
            "weeks": _("Last week"),
            "months": _("Last month"),
            "years": _("Last year"),
        }[unit]
    return {
        "minutes": _("Last %d minutes"),
        "hours": _("Last %d hours"),
        "days": _("Last %d full days"),
        "weeks": _("Last %d full weeks"),
        "months": _("Last %d full months"),
        "years": _("Last %d full years"),
    }[unit] % count


def _first_day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def day(of: date, weekday: bool = False) -> str:
    """`6 May 2026`, with `weekday` `Wed 6 May 2026`."""
    return _said(of, _D_J_M_Y if weekday else _J_M_Y)


def days(first: date, last: date) -> str:
    """`1–7 May 2026`, `28 Apr – 4 May 2026`, `30 Dec 2025 – 2 Jan 2026`."""
    if first == last:
        return day(first, weekday=True)
    if first.year != last.year:
        return f"{day(first)} – {day(last)}"
    if first.month != last.month:
        return f"{_said(first, _J_M)} – {day(last)}"
    return f"{_said(first, _J)}–{day(last)}"


def dates(span: Span) -> str:
    """When a span is, without zone: its days, or its civil times."""
    if span.first and span.last:
        return days(span.first, span.last)
    first, last = span.start.astimezone(span.zone), span.end.astimezone(span.zone)
    if first.date() == last.date():
        return f"{day(first.date(), weekday=True)}, {_clock(first)}–{_clock(last)}"
    if last.time() == _MIDNIGHT and last.date() - first.date() == _ONE_DAY:
        return f"{day(first.date(), weekday=True)}, {_clock(first)}–{clocks.end_of_day()}"
    return f"{day(first.date())} {_clock(first)} – {day(last.date())} {_clock(last)}"


def _clock(local: datetime) -> str:
    """`14:00`; where the clock says it twice that day, which of the two: `01:00 EDT`."""
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return f"{clocks.said(local)} {local.tzname()}" if twice else clocks.said(local)


def length(span: Span) -> str:
    """`7 days`, `23 hours`: whole civil days, else elapsed time."""
    if span.days:
        return ngettext("%d day", "%d days", span.days) % span.days
    minutes = round((span.end - span.start) / timedelta(minutes=1))
    if minutes % 60 == 0:
        return ngettext("%d hour", "%d hours", minutes // 60) % (minutes // 60)
    return ngettext("%d minute", "%d minutes", minutes) % minutes


def span(of: Span) -> str:
    """`1–7 May 2026, 7 days, Europe/London`."""
    return f"{dates(of)}, {length(of)}, {of.zone.key}"


# Buckets


def bucket(of: Bucket, zone: ZoneInfo, by: str) -> str:
    """From when to when, whole: `Wed 6 May 2026`, `Wed 6 May 2026, 14:00–15:00`."""
    return dates(_span_of(of.start, of.end, zone))


def _span_of(start: datetime, end: datetime, zone: ZoneInfo) -> Span:
    first, last = start.astimezone(zone), (end - timedelta(microseconds=1)).astimezone(zone)
    opens = (start - timedelta(microseconds=1)).astimezone(zone).date() < first.date()
    closes = end.astimezone(zone).date() > last.date()
    if opens and closes:
        return Span(start, end, zone, first.date(), last.date())
    return Span(start, end, zone)


def buckets(of: Sequence[Bucket], zone: ZoneInfo) -> Sequence[str]:
    """All buckets as `bucket` says each."""
    return _buckets((*(one.start for one in of), of[-1].end), zone, get_language() or "", clocks.active())


# Table and chart of an answer, and all tiles of a dashboard, say the same buckets.
@lru_cache(maxsize=32)
def _buckets(of: tuple[datetime, ...], zone: ZoneInfo, language: str, clock: clocks.Clock) -> tuple[str, ...]:
    edges = [moment.astimezone(zone) for moment in of]
    found = []
    day_of: date | None = None
    said = ""
    for at, (first, last) in enumerate(pairwise(edges)):
        opens, closes = first.date(), last.date()
        if opens == closes and first.hour and first < last:
            if day_of != opens:
                day_of, said = opens, _said(first, _D_J_M_Y)
            found.append(f"{said}, {_clock(first)}–{_clock(last)}")
        elif first.time() == last.time() == _MIDNIGHT:
            found.append(days(opens, closes - _ONE_DAY))
        else:
            found.append(moments(of[at], of[at + 1], zone))
    return tuple(found)


def moments(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Any two instants as `bucket` says them."""
    return dates(_span_of(start, end, zone))


def named_day(of: Bucket, zone: ZoneInfo, by: str) -> str:
    """A bucket within a sentence: `on Tuesday 6 May`, `at 14:00 on Tuesday 6 May`, `in May`, `in the week of 4 May`."""
    local = of.start.astimezone(zone)
    when = _said(local, _L_J_M)
    if by == "P1D":
        return _("on %s") % when
    if by == "P1W":
        return _("in the week of %s") % _said(local, _J_M)
    if by == "P1M":
        return _("in %s") % _said(local, _F)
    if "T" in by:
        return _("at %(time)s on %(day)s") % {"time": _clock(local), "day": when}
    return _("in %s") % bucket(of, zone, by)


def tick(of: Bucket, zone: ZoneInfo, by: str, *, first_of_day: bool, one_month: bool) -> str:
    """The label on the axis: `Mon 6` where all are of one month, else `Mon 6 May`; `14:00`, `May`."""
    local = of.start.astimezone(zone)
    day_ = _D_J if one_month else _D_J_M
    if "T" in by and by != WHOLE:
        return _said(local, day_) if first_of_day else clocks.said(local)
    if by == "P1M":
        return _said(local, _M_Y if local.month == 1 else _M)
    if by == "P1D":
        return _said(local, day_)
    return _said(local, _J_M)


def hours(of: Bucket, by: str) -> str:
    """How long a bucket is, where that is not what it usually is: `23 h`; "" otherwise."""
    if by == WHOLE or "T" in by:
        return ""
    usual = {"P1D": 24.0, "P1W": 168.0}.get(by)
    if usual is None or of.hours == usual or of.cut:
        return ""
    return f"{decimal(of.hours, 1)}{THIN}h"


def state(of: Bucket, zone: ZoneInfo, now: datetime) -> str:
    """Why a bucket is not to be compared: `until 14:20`, `cut by the range`; "" where it may be."""
    if of.state == "open":
        local = now.astimezone(zone)
        same_day = local.date() == of.start.astimezone(zone).date()
        return _("until %s") % (clocks.said(local.replace(second=0)) if same_day else _moment(local))
    if of.state == "ahead":
        return _("not yet")
    if of.cut:
        return _("part of it")
    return ""


def note(of: Bucket, by: str, zone: ZoneInfo, now: datetime) -> str:
    """What is odd about a bucket: `23 h`, `until 14:20`; "" for most."""
    if of.whole and "T" in by:
        return ""
    found = (hours(of, by), state(of, zone, now))
    return ", ".join(one for one in found if one)


def _moment(local: datetime) -> str:
    return f"{_said(local, 'D j M')} {clocks.said(local.replace(second=0))}"
