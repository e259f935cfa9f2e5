"""Service levels and short abandons as people say them: reading what is typed, saying what is stored, warning, comparing.

A service level is a share (0 to 1) answered within a duration (whole milliseconds); a short abandon is whole seconds.
Targets are JSON in the API's spelling (docs/api/journey-api.md §4).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeGuard

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from journeyadmin.contract.actiontargets import (
    DEFAULT_DURATION_MS,
    DEFAULT_PERCENTAGE,
    MAX_DURATION_MS,
    MAX_SHORT_ABANDON_SECONDS,
    MIN_DURATION_MS,
)

Json = Mapping[str, Any]
SPACE = "\u00a0"
# Finer shares than a ten-thousandth of a percent are typing errors.
FINEST_SHARE = Decimal("0.000001")
SHORTEST_SENSIBLE_MS = 5_000
LARGEST_NUMBER = 10**15
_UNIT_MS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000}
_UNIT_NAMES = {
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sek", "sekunden"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "minuten"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std", "stunden"), "h"),
}
# In "1m30" the last number has no unit: it is of the next smaller one.
_SMALLER = {"h": "min", "min": "s", "s": "ms"}
_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)")


class NotRead(ValueError):
    """What was typed cannot be read; the text says what can be typed. `choices` are the two things it may mean."""

    def __init__(self, message: str, choices: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.choices = choices


def read_share(text: str) -> float:
    """`80`, `80 %`, `0.8` → 0.8. A number up to 1 with a decimal point is a share; `1` alone may mean two things."""
    typed = _plain(text)
    percent = typed.endswith("%")
    digits = typed.removesuffix("%").strip()
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", digits):
        raise NotRead(_("Type a share such as 80, 80 % or 0.8."))
    number = Decimal(digits)
    if not percent and digits == "1":
        raise NotRead(_("1 % or 100 %?"), ("1 %", "100 %"))
    share = number if not percent and "." in digits and number <= 1 else number / 100
    if share > 1:
        raise NotRead(_("A share is at most 100 %."))
    if share % FINEST_SHARE:
        raise NotRead(_("That is finer than a share is stored; round it."))
    return float(share)


def read_duration(text: str) -> int:
    """`20`, `20s`, `1m30`, `1:30`, `1 min 30 s` → milliseconds."""
    typed = _plain(text)
    clock = re.fullmatch(r"(?:(\d{1,2}):)?(\d{1,4}):([0-5]\d)", typed)
    if clock:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        if clock[1] and minutes > 59:
            raise _no_duration()
        found = Decimal((hours * 60 + minutes) * 60 + seconds) * 1000
    else:
        found = _sum_of_parts(typed)
    if found % 1:
        raise NotRead(_("A time is stored in whole milliseconds."))
    if not MIN_DURATION_MS <= found <= MAX_DURATION_MS:
        raise NotRead(_("A time is between 1 ms and 24 h."))
    return int(found)


def read_short_abandon(text: str) -> int | None:
    """As a duration, in whole seconds from 0 to 3600; `default` means that the organisation's applies (None)."""
    typed = _plain(text)
    if typed in {"default", "organisation default", "org default", _plain(default_words())}:
        return None
    if re.fullmatch(r"0+ ?(s|sec|seconds?)?", typed):
        return 0
    milliseconds = read_duration(typed)
    seconds, rest = divmod(milliseconds, 1000)
    if rest:
        raise NotRead(_("A short abandon is stored in whole seconds."))
    if seconds > MAX_SHORT_ABANDON_SECONDS:
        raise NotRead(_("A short abandon is at most one hour."))
    return seconds


def read_level(text: str) -> tuple[str, str] | None:
    """`80 % in 20 s`, `80/20` as its two parts, each still to be read; None if the text is not such a pair."""
    found = re.fullmatch(r"([\d.,\s%]+?)\s*(?:in|within|/)\s*([\d.,:\sa-z]+)", _plain(text))
    return (found[1].strip(), found[2].strip()) if found else None


def share_words(share: float) -> str:
    """0.8 → `80 %`"""
    percent = (Decimal(str(share)) * 100).normalize()
    return f"{number_format(percent if percent % 1 else int(percent))}{SPACE}%"


def duration_words(milliseconds: int) -> str:
    """20000 → `20 s`, 90000 → `1 min 30 s`, 1500 → `1.5 s`"""
    if milliseconds < 1000:
        return f"{milliseconds}{SPACE}ms"
    parts = []
    rest = milliseconds
    for unit in ("h", "min"):
        whole, rest = divmod(rest, _UNIT_MS[unit])
        if whole:
            parts.append(f"{whole}{SPACE}{unit}")
    if rest:
        seconds = (Decimal(rest) / 1000).normalize()
        parts.append(f"{number_format(seconds if seconds % 1 else int(seconds))}{SPACE}s")
    return " ".join(parts)


def level_of(target: Json) -> tuple[float | None, int | None]:
    """The share and the duration of a target, each None where the service gave none that can be read."""
    level = target.get("serviceLevel")
    share = level.get("percentage") if isinstance(level, Mapping) else None
    duration = level.get("durationMs") if isinstance(level, Mapping) else None
    return (float(share) if _is_number(share) else None, int(duration) if _is_number(duration) else None)


def _is_number(value: Any) -> TypeGuard[int | float]:
    """Whether it is one that can be counted with: JSON as Python reads it also has NaN, and numbers without end."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER


def level_words(target: Json) -> str:
    """`80 % in 20 s`, or `not set`"""
    share, duration = level_of(target)
    if share is None and duration is None:
        return _("not set")
    return _("%(share)s in %(duration)s") % {
        "share": "?" if share is None else share_words(share),
        "duration": "?" if duration is None else duration_words(duration),
    }


def short_abandon_of(target: Json) -> int | None:
    seconds = target.get("shortAbandonThreshold")
    return int(seconds) if _is_number(seconds) else None


def short_abandon_words(seconds: int | None) -> str:
    if seconds is None:
        return default_words()
    return duration_words(seconds * 1000) if seconds else f"0{SPACE}s"


def default_words() -> str:
    return _("organisation default")


@dataclass(frozen=True)
class Caution:
    """Something to look at twice before saving; it never blocks."""

    code: str
    text: str


def cautions(before: Json, after: Json) -> list[Caution]:
    """What is unusual about `after`, and about the step from `before` to it; empty when the levels are the same."""
    share, duration = level_of(after)
    old_share, old_duration = level_of(before)
    abandon, old_abandon = short_abandon_of(after), short_abandon_of(before)
    if (share, duration, abandon) == (old_share, old_duration, old_abandon):
        return []
    found = []
    if share == 1:
        found.append(Caution("all", _("100 %: one late answer is enough to hold offers back.")))
    if duration is not None and duration < SHORTEST_SENSIBLE_MS:
        found.append(Caution("short", _("Under 5 s hardly anyone can answer in time.")))
    if abandon is not None and duration is not None and abandon * 1000 >= duration:
        found.append(Caution("abandon", _("The short abandon is not below the time of the service level.")))
    for old, new, words in (
        (old_share, share, _("The share changes by more than half.")),
        (old_duration, duration, _("The time changes by more than half.")),
        (old_abandon, abandon, _("The short abandon changes by more than half.")),
    ):
        if old and new is not None and abs(new - old) > old / 2:
            found.append(Caution("jump", words))
    return found


_PLAIN_FIELDS = {
    "state": gettext_noop("State"),
    "description": gettext_noop("Description"),
    "supportedMediaTypes": gettext_noop("Media"),
    "userData": gettext_noop("Extra data"),
}


def differences(before: Json, after: Json) -> list[str]:
    """What `after` changes about a target, a sentence each."""
    found = []
    if before.get("name") != after.get("name"):
        found.append(f"{_('Name')}: “{before.get('name') or ''}” → “{after.get('name') or ''}”")
    if level_of(before) != level_of(after):
        found.append(f"{_('Service level')}: {level_words(before)} → {level_words(after)}")
    old, new = short_abandon_of(before), short_abandon_of(after)
    if old != new:
        found.append(f"{_('Short abandon')}: {short_abandon_words(old)} → {short_abandon_words(new)}")
    for field, label in _PLAIN_FIELDS.items():
        if (before.get(field) or None) != (after.get(field) or None):
            found.append(f"{_(label)}: {_flat(before.get(field))} → {_flat(after.get(field))}")
    return found


def default_level() -> dict[str, Any]:
    return {"percentage": DEFAULT_PERCENTAGE, "durationMs": DEFAULT_DURATION_MS}


def settings_of(target: Json) -> dict[str, Any]:
    """The part of a target that may be changed; absent and null settings are the same."""
    share, duration = level_of(target)
    found: dict[str, Any] = {"name": target.get("name")}
    if share is not None or duration is not None:
        found["serviceLevel"] = {"percentage": share, "durationMs": duration}
    if short_abandon_of(target) is not None:
        found["shortAbandonThreshold"] = short_abandon_of(target)
    return found


def with_patch(target: Json, patch: Json) -> dict[str, Any]:
    """The target as it will be after the patch: `serviceLevel` merges by part, null resets or clears (§4)."""
    found = {**target}
    for name, value in patch.items():
        if name == "serviceLevel":
            level = target.get("serviceLevel")
            found[name] = (
                {**(level if isinstance(level, Mapping) else {}), **value} if value else default_level()
            )
        elif value is None:
            found.pop(name, None)
        else:
            found[name] = value
    return found


def _flat(value: Any) -> str:
    if not value:
        return _("empty")
    if not isinstance(value, list):
        return str(value)
    rows = [f"{row.get('key')}={row.get('value')}" if isinstance(row, Mapping) else str(row) for row in value]
    return ", ".join(rows)


def _plain(text: str) -> str:
    """Full-width digits, no-break spaces and a decimal comma as what they stand for."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return re.sub(r"(?<=\d),(?=\d)", ".", folded)


def _sum_of_parts(typed: str) -> Decimal:
    found, last, end = Decimal(0), "", 0
    while end < len(typed):
        part = _PART.match(typed, end)
        if not part or len(part[1]) > 12:
            raise _no_duration()
        unit = _UNIT_NAMES.get(part[2]) if part[2] else _SMALLER.get(last) if last else "s"
        # Units go from large to small, each once.
        if unit is None or (last and _UNIT_MS[unit] >= _UNIT_MS[last]):
            raise _no_duration()
        found += Decimal(part[1]) * _UNIT_MS[unit]
        last, end = unit, part.end()
    if not last:
        raise _no_duration()
    return found


def _no_duration() -> NotRead:
    return NotRead(_("Type a time such as 20, 20s, 1m30 or 1:30."))
