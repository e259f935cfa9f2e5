"""When two segments have the same conditions: one normal form of a definition, pure.

Not told apart: the order of criteria, of context patterns and of values, repeated criteria and values, letter case where case
is ignored, and an event name said on the pattern or as a criterion. Told apart: the order of journey patterns, and the scope.
"""

from collections.abc import Hashable, Mapping
from typing import Any

from journeyadmin import wording
from journeyadmin.contract.criteria import OPERATORS

Json = Mapping[str, Any]


def normal_form(segment: Json) -> Hashable | None:
    """Equal for segments with the same conditions; None where there are no conditions to compare."""
    context = frozenset(
        normal_criterion(row)
        for pattern in wording.patterns(segment, "context")
        for row in wording.criteria(pattern)
    )
    journey = tuple(_journey(pattern) for pattern in wording.patterns(segment, "journey"))
    if not context and not journey:
        return None
    return _text(segment.get("scope")), context, journey


def normal_criterion(row: Json) -> Hashable:
    """Equal for criteria that say the same."""
    operator = str(row.get("operator") or "equal")
    known = OPERATORS.get(operator)
    values = row.get("values")
    texts = [str(value) for value in values] if isinstance(values, list) else []
    ignore = row.get("shouldIgnoreCase") is True and not (known and known.numeric)
    return (
        _text(row.get("key")),
        operator,
        frozenset(text.casefold() for text in texts) if ignore else frozenset(texts),
        ignore,
    )


def _journey(pattern: Json) -> Hashable:
    criteria = {normal_criterion(row) for row in wording.criteria(pattern)}
    if pattern.get("eventName"):
        criteria.add(("eventName", "equal", frozenset([_text(pattern["eventName"])]), False))
    count, stream = pattern.get("count") or 1, pattern.get("streamType") or "Web"
    return _text(count), _text(stream), frozenset(criteria)


def _text(value: Any) -> str:
    """Of what is typed as JSON, anything may be a list."""
    return str(value or "")
