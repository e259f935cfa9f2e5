"""A definition as it is read: patterns with their criteria in words and parts, for the page of a segment and for differences."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.utils.translation import gettext as _

from journeyadmin import wording
from journeyadmin.contract.criteria import OPERATORS, Side, find_key


@dataclass(frozen=True)
class CriterionRead:
    """`label` is empty for a key nobody here knows; `joiner` stands between several values."""

    key: str
    label: str
    operator: str
    values: tuple[str, ...]
    joiner: str
    ignore_case: bool
    negative: bool
    note: str


@dataclass(frozen=True)
class PatternRead:
    number: int
    head: str
    criteria: tuple[CriterionRead, ...]


def read(segment: Mapping[str, Any], side: Side) -> list[PatternRead]:
    """The patterns of one side."""
    return [
        pattern_read(row, side, number) for number, row in enumerate(wording.patterns(segment, side), start=1)
    ]


def pattern_read(pattern: Mapping[str, Any], side: Side, number: int = 1) -> PatternRead:
    rows = wording.criteria(pattern)
    if side == "context":
        return PatternRead(number, "", tuple(criterion(row, side) for row in rows))
    if names_event_only(pattern):
        return PatternRead(number, str(wording.pattern_words(pattern)), ())
    return PatternRead(number, head(pattern), tuple(criterion(row, side) for row in rows))


def names_event_only(pattern: Mapping[str, Any]) -> bool:
    """Whether a step's only criterion names its event: it is read as that event, so many times."""
    rows = wording.criteria(pattern)
    if len(rows) != 1 or pattern.get("eventName"):
        return False
    row = rows[0]
    values = row.get("values")
    exactly = (row.get("operator") or "equal") == "equal" and row.get("shouldIgnoreCase") is not True
    return row.get("key") == "eventName" and exactly and isinstance(values, list) and len(values) == 1


_PATH = re.compile(r"(context|journey)\.patterns\[(\d+)\](?:\.criteria\[(\d+)\]|\.(\w+))?")


def path_words(segment: Mapping[str, Any], path: str) -> str:
    """What a JSON path of this definition is about: a criterion, the event a step names, or a whole step."""
    found = _PATH.fullmatch(path)
    side = cast("Side", found[1]) if found else "context"
    patterns = wording.patterns(segment, side)
    if found is None or int(found[2]) >= len(patterns):
        return path
    pattern = patterns[int(found[2])]
    if found[3] is not None:
        rows = wording.criteria(pattern)
        return wording.criterion_words(rows[int(found[3])], side) if int(found[3]) < len(rows) else path
    if found[4] == "eventName":
        return _("event `%s`") % str(pattern.get("eventName", ""))
    if side == "context":
        return wording.context_words(pattern)
    rows = wording.criteria(pattern)
    # A step whose only criterion names its event is that event, so many times.
    return (
        wording.pattern_words(pattern)
        if len(rows) == 1 and rows[0].get("key") == "eventName"
        else head(pattern)
    )


def head(pattern: Mapping[str, Any]) -> str:
    """`at least 3 × page view` of a journey pattern, without its criteria."""
    return wording.pattern_words({**pattern, "criteria": []})


def criterion(row: Mapping[str, Any], side: Side) -> CriterionRead:
    key, operator = str(row.get("key") or ""), str(row.get("operator") or "equal")
    known, named = find_key(side, key, "any"), OPERATORS.get(operator)
    values = row.get("values")
    numeric = bool(named and named.numeric)
    return CriterionRead(
        key,
        _(known.label) if known else "",
        _(named.label) if named else operator,
        tuple(str(value) for value in values) if isinstance(values, list) else (),
        _(named.joiner) if named else ",",
        row.get("shouldIgnoreCase") is True and not numeric and not (known and known.kind == "boolean"),
        bool(named and named.negative),
        _("may contain some") if operator == "notContainsAll" else "",
    )
