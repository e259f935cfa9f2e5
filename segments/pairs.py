"""Warnings that two criteria raise together: W01, W09 and W10."""

import re
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from segments.sameness import normal_criterion
from segments.warned import Placed, Warned

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LOWER, _UPPER = ("greaterThan", "greaterThanOrEqual"), ("lessThan", "lessThanOrEqual")


def among(rows: Sequence[Placed]) -> list[Warned]:
    """What two criteria that must hold at once say to one another."""
    found: list[Warned] = []
    seen: dict[Any, Placed] = {}
    equals: dict[Any, Placed] = {}
    bounds: dict[Any, Placed] = {}
    for row in rows:
        same = (row.group, row.side, normal_criterion(row.row))
        if row.key and same in seen:
            found.append(_twice(row))
            continue
        seen[same] = row
        place = (row.group, row.side, row.key)
        if row.operator == "equal" and row.key and row.values:
            first = equals.setdefault(place, row)
            if first is not row and not _share(first, row):
                found.append(_never_both(first, row))
        for signs, others in ((_LOWER, _UPPER), (_UPPER, _LOWER)):
            if row.operator in signs:
                other = bounds.get((*place, others))
                if other is not None and _empty_range(row, other):
                    found.append(_swap(other, row))
                bounds.setdefault((*place, signs), row)
    return found


def _twice(row: Placed) -> Warned:
    return Warned("W09", row.path, _("The same criterion is there twice."), _("Remove this one"), row.remove)


def _share(one: Placed, other: Placed) -> bool:
    ignore = one.row.get("shouldIgnoreCase") is True or other.row.get("shouldIgnoreCase") is True
    mine, theirs = ({value.casefold() if ignore else value for value in row.values} for row in (one, other))
    return bool(mine & theirs)


def _never_both(first: Placed, second: Placed) -> Warned:
    def fix(definition: dict[str, Any]) -> None:
        first.of(definition)["values"] = list(dict.fromkeys([*first.values, *second.values]))
        second.remove(definition)

    text = _("Both %(one)s and %(other)s: that never holds.") % {"one": first.words, "other": second.words}
    return Warned("W01", second.path, text, _("Make it one or the other"), fix)


def _empty_range(one: Placed, other: Placed) -> bool:
    lower, upper = (one, other) if one.operator in _LOWER else (other, one)
    low, high = _measure(lower), _measure(upper)
    if low is None or high is None:
        return False
    strict = lower.operator == "greaterThan" or upper.operator == "lessThan"
    return low > high or (strict and low == high)


def _measure(row: Placed) -> tuple[float, ...] | None:
    """A number, or a version as its parts, to be put in order."""
    if len(row.values) != 1:
        return None
    text = row.values[0].strip()
    if row.key == "browser.version":
        return (
            tuple(float(part) for part in text.split("."))
            if re.fullmatch(r"\d+(\.\d+)*", text, re.ASCII)
            else None
        )
    return (float(text),) if _NUMBER.fullmatch(text) else None


def _swap(first: Placed, second: Placed) -> Warned:
    def fix(definition: dict[str, Any]) -> None:
        if first.values == second.values:
            for row in (first, second):
                here = row.of(definition)
                here["operator"] = "greaterThanOrEqual" if row.operator in _LOWER else "lessThanOrEqual"
            return
        first.of(definition)["values"], second.of(definition)["values"] = second.values, first.values

    text = _("No number is both: %(one)s and %(other)s.") % {"one": first.words, "other": second.words}
    label = _("Let the bounds count too") if first.values == second.values else _("Swap the two numbers")
    return Warned("W10", second.path, text, label, fix)
