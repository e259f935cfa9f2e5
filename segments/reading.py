"""A definition as it is read: patterns with their criteria in words and parts, for the page of a segment and for differences."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    return PatternRead(number, wording.step_words(pattern), tuple(criterion(row, side) for row in rows))


def names_event_only(pattern: Mapping[str, Any]) -> bool:
    """Whether a step's only criterion names its event: it is read as that event, so many times."""
    rows = wording.criteria(pattern)
    if len(rows) != 1 or pattern.get("eventName"):
        return False
    row = rows[0]
    values = row.get("values")
    exactly = (row.get("operator") or "equal") == "equal" and row.get("shouldIgnoreCase") is not True
    return row.get("key") == "eventName" and exactly and isinstance(values, list) and len(values) == 1


def criterion(row: Mapping[str, Any], side: Side) -> CriterionRead:
    key, operator = str(row.get("key") or ""), str(row.get("operator") or "equal")
    known, named = find_key(side, key, "any"), OPERATORS.get(operator)
    values = row.get("values")
    numeric = bool(named and named.numeric)
    return CriterionRead(
        key,
        wording.key_label(known, key) if known else "",
        _(named.label) if named else operator,
        tuple(str(value) for value in values) if isinstance(values, list) else (),
        _(named.joiner) if named else ",",
        row.get("shouldIgnoreCase") is True and not numeric and not (known and known.kind == "boolean"),
        bool(named and named.negative),
        _("may contain some") if operator == "notContainsAll" else "",
    )
