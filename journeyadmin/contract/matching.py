"""Does this visit with these events meet this definition? Pure; for "try it", the server's "explain" and its test oracle.

    match_segment(definition, session, events) -> Match

`definition` is a segment in the API's spelling. `session` maps context keys (`browser.family`, `authenticated`) to values.
`events` are in order; each maps journey keys (`page.url`, `eventName`) to values, with `attributes` (name → value) and
`streamType` (absent means Web). A value may be text, number, boolean or None (the same as absent).
Written from docs/api/journey-api.md §3.3 and §3.4 alone.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from journeyadmin.contract.criteria import OPERATORS, attribute_name

Json = Mapping[str, Any]
Outcome = Literal["pass", "fail", "no value"]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_VERSION = re.compile(r"\d+(\.\d+)*", re.ASCII)


@dataclass(frozen=True)
class CriterionMatch:
    """`outcome` is "no value" where the key is missing; `holds` says whether the criterion is met all the same."""

    key: str
    outcome: Outcome
    seen: str | None
    holds: bool


@dataclass(frozen=True)
class ContextMatch:
    criteria: tuple[CriterionMatch, ...]
    matched: bool


@dataclass(frozen=True)
class JourneyMatch:
    """`events` are the indexes of matching events from where this pattern starts counting; `completed_by` completes it.
    `criteria` are those of the best event: a matching one, else the one with most criteria met."""

    needed: int
    events: tuple[int, ...]
    completed_by: int | None
    criteria: tuple[CriterionMatch, ...]


@dataclass(frozen=True)
class Match:
    """`completed_by` is the index of the event that completed the last journey pattern, None without such patterns."""

    matched: bool
    context: tuple[ContextMatch, ...]
    journey: tuple[JourneyMatch, ...]
    completed_by: int | None


def match_segment(definition: Json, session: Json, events: Sequence[Json]) -> Match:
    """The whole answer with its reasons. A definition without any condition matches nothing by itself."""
    context = tuple(_context(pattern, session) for pattern in _rows(definition, "context"))
    journey: list[JourneyMatch] = []
    previous: int | None = -1
    for pattern in _rows(definition, "journey"):
        found = _journey(pattern, events, previous)
        journey.append(found)
        previous = found.completed_by
    complete = all(pattern.completed_by is not None for pattern in journey)
    return Match(
        matched=bool(context or journey) and complete and all(pattern.matched for pattern in context),
        context=context,
        journey=tuple(journey),
        completed_by=previous if journey and complete else None,
    )


def match_criterion(criterion: Json, value: Any) -> CriterionMatch:
    """One criterion against one value, None for a missing one."""
    key = str(criterion.get("key", ""))
    operator = str(criterion.get("operator") or "equal")
    row = OPERATORS.get(operator)
    if value is None or row is None:
        return CriterionMatch(key, "no value" if value is None else "fail", None, bool(row and row.negative))
    seen = _text(value)
    values = [_text(wanted) for wanted in criterion.get("values") or ()]
    if row.numeric:
        holds = _numeric(operator, key, seen, values)
    else:
        fold = bool(criterion.get("shouldIgnoreCase"))
        holds = _textual(
            operator, seen.casefold() if fold else seen, [v.casefold() if fold else v for v in values]
        )
    return CriterionMatch(key, "pass" if holds else "fail", seen, holds)


def event_matches(pattern: Json, event: Json) -> bool:
    """Whether this one event counts for the pattern: stream, name and every criterion."""
    return _addressed(pattern, event) and all(row.holds for row in _event_criteria(pattern, event))


def _rows(definition: Json, side: str) -> Sequence[Json]:
    return (definition.get(side) or {}).get("patterns") or ()


def _context(pattern: Json, session: Json) -> ContextMatch:
    rows = tuple(
        match_criterion(row, session.get(row.get("key", ""))) for row in pattern.get("criteria") or ()
    )
    return ContextMatch(rows, all(row.holds for row in rows))


def _journey(pattern: Json, events: Sequence[Json], previous: int | None) -> JourneyMatch:
    """Counts from the event that completed the pattern before, that one included, and completes strictly after it."""
    needed = int(pattern.get("count") or 1)
    matching: list[int] = []
    completed: int | None = None
    if previous is not None:
        for index in range(max(previous, 0), len(events)):
            if event_matches(pattern, events[index]):
                matching.append(index)
                if completed is None and len(matching) >= needed and index > previous:
                    completed = index
    shown: tuple[CriterionMatch, ...] = ()
    candidates = (
        [events[matching[0]]] if matching else [event for event in events if _addressed(pattern, event)]
    )
    for event in candidates:
        rows = _event_criteria(pattern, event)
        if not shown or sum(row.holds for row in rows) > sum(row.holds for row in shown):
            shown = rows
    return JourneyMatch(needed, tuple(matching), completed, shown)


def _addressed(pattern: Json, event: Json) -> bool:
    if (event.get("streamType") or "Web") != (pattern.get("streamType") or "Web"):
        return False
    return not pattern.get("eventName") or event.get("eventName") == pattern["eventName"]


def _event_criteria(pattern: Json, event: Json) -> tuple[CriterionMatch, ...]:
    return tuple(match_criterion(row, _event_value(event, row)) for row in pattern.get("criteria") or ())


def _event_value(event: Json, criterion: Json) -> Any:
    key = str(criterion.get("key", ""))
    attribute = attribute_name(key)
    return event.get(key) if attribute is None else (event.get("attributes") or {}).get(attribute)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


_TEXTUAL: dict[str, Callable[[str, list[str]], bool]] = {
    "equal": lambda a, values: a in values,
    "notEqual": lambda a, values: a not in values,
    "containsAny": lambda a, values: any(v in a for v in values),
    "containsAll": lambda a, values: all(v in a for v in values),
    "notContainsAny": lambda a, values: not any(v in a for v in values),
    "notContainsAll": lambda a, values: not all(v in a for v in values),
    "startsWith": lambda a, values: any(a.startswith(v) for v in values),
    "endsWith": lambda a, values: any(a.endswith(v) for v in values),
}


def _textual(operator: str, seen: str, values: list[str]) -> bool:
    return _TEXTUAL[operator](seen, values)


def _numeric(operator: str, key: str, seen: str, values: list[str]) -> bool:
    if len(values) != 1:
        return False
    order = _versions(seen, values[0]) if key == "browser.version" else _numbers(seen, values[0])
    if order is None:
        return False
    return {
        "greaterThan": order > 0,
        "greaterThanOrEqual": order >= 0,
        "lessThan": order < 0,
        "lessThanOrEqual": order <= 0,
    }[operator]


def _numbers(left: str, right: str) -> int | None:
    if not (_NUMBER.fullmatch(left.strip()) and _NUMBER.fullmatch(right.strip())):
        return None
    a, b = float(left), float(right)
    return None if math.isinf(a) or math.isinf(b) else (a > b) - (a < b)


def _versions(left: str, right: str) -> int | None:
    """Dot-separated integers from the left, missing parts are 0."""
    if not (_VERSION.fullmatch(left) and _VERSION.fullmatch(right)):
        return None
    a, b = ([int(part) for part in text.split(".")] for text in (left, right))
    width = max(len(a), len(b))
    a, b = a + [0] * (width - len(a)), b + [0] * (width - len(b))
    return (a > b) - (a < b)
