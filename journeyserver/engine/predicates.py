"""Conditions in SQL: the predicates of a query's filter, and the criteria of a segment (docs/api/journey-api.md §3.3, §10.5).

Values become parameters, never text; columns come from columns.py alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from journeyadmin.contract.criteria import OPERATORS, attribute_name, find_key
from journeyadmin.contract.dimensions import DIMENSIONS
from journeyadmin.contract.names import is_uuid
from journeyserver.engine.backends.base import Words
from journeyserver.engine.columns import CONTEXT_COLUMNS, DIMENSION_COLUMNS, FACTS, JOURNEY_COLUMNS
from journeyserver.engine.query import Filter, Predicate

_TYPES = {column.name: column.type for column in FACTS.columns}
_SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_COMPARES = {
    "greaterThan": ">",
    "greaterThanOrEqual": ">=",
    "lessThan": "<",
    "lessThanOrEqual": "<=",
}


def filter_condition(words: Words, filter_: Filter | None, parameters: list[Any]) -> str:
    """The filter as one condition that is never null; parameters are appended in order."""
    if filter_ is None:
        return "true"
    parts = [
        _joined(clause.type, [_predicate(words, predicate, parameters) for predicate in clause.predicates])
        for clause in filter_.clauses
    ]
    parts += [_predicate(words, predicate, parameters) for predicate in filter_.predicates]
    return _joined(filter_.type, parts) if parts else "true"


def _joined(word: str, parts: Sequence[str]) -> str:
    return "(" + f" {word.upper()} ".join(parts) + ")"


def _predicate(words: Words, predicate: Predicate, parameters: list[Any]) -> str:
    dimension = DIMENSIONS[predicate.dimension]
    column = DIMENSION_COLUMNS[predicate.dimension]
    type_ = _TYPES[column]
    present = words.is_present(column, type_)
    if predicate.operator == "exists":
        return present
    if predicate.operator == "notExists":
        return f"NOT ({present})"
    if predicate.operator == "range":
        parts = [f"{column} IS NOT NULL"]
        for bound, limit in predicate.bounds:
            parameters.append(limit)
            parts.append(f"{column} {_SIGNS[bound]} ?")
        return _joined("and", parts)
    if type_ in ("uuid", "uuids") and not is_uuid(predicate.value or ""):
        # Equal as text: a database would take other spellings of the same id too.
        return "false"
    if type_ == "text" and is_uuid(predicate.value or ""):
        # An id that somebody else gave, a customer's: in either case as every id (contract §10.5).
        parameters.append((predicate.value or "").lower())
        return words.equals(f"lower({column})", type_, "?")
    parameters.append(predicate.value)
    if dimension.multi_valued:
        return words.any_equals(column, type_, "?")
    return words.equals(column, type_, "?")


def criterion_condition(words: Words, side: str, criterion: Mapping[str, Any], parameters: list[Any]) -> str:
    """One criterion of a segment as a condition that is never null.

    Context criteria read the columns of `sessions`, journey criteria those of `events`; `authenticated` reads the
    column of that name as true or false.
    """
    key, operator = criterion["key"], OPERATORS[criterion.get("operator") or "equal"]
    values = [str(value) for value in criterion["values"]]
    row = find_key("context" if side == "context" else "journey", key, "any")
    if row is None:
        return "false"
    attribute = attribute_name(key) if side == "journey" else None
    if attribute is not None:
        text = words.map_value("attributes", "?")
    elif row.kind == "boolean":
        text = "CASE WHEN authenticated THEN 'true' ELSE 'false' END"
    else:
        text = CONTEXT_COLUMNS[key] if side == "context" else JOURNEY_COLUMNS[key]

    def read() -> str:
        if attribute is not None:
            parameters.append(attribute)
        return text

    if operator.numeric:
        return _numeric(words, row.kind, operator.name, values[0], read(), parameters)
    fold = bool(criterion.get("shouldIgnoreCase"))
    parts = []
    for value in values:
        left = words.folded(read()) if fold else read()
        parameters.append(value.casefold() if fold else value)
        parts.append(_text_test(words, operator.name, left))
    holds = _joined("and" if operator.name in ("containsAll", "notContainsAll") else "or", parts)
    # A missing value makes the positive test null, hence false, and its negation true.
    return f"NOT coalesce({holds}, false)" if operator.negative else f"coalesce({holds}, false)"


def _text_test(words: Words, operator: str, left: str) -> str:
    if operator in ("equal", "notEqual"):
        return f"{left} = ?"
    if operator == "startsWith":
        return words.starts_with(left, "?")
    if operator == "endsWith":
        return words.ends_with(left, "?")
    return words.contains(left, "?")


def _numeric(words: Words, kind: str, operator: str, value: str, text: str, parameters: list[Any]) -> str:
    sign = _COMPARES[operator]
    if kind == "version":
        parameters.append(value)
        left = words.version_key(text)
        return f"coalesce({left} {sign} {words.version_key('CAST(? AS VARCHAR)')}, false)"
    parameters.append(float(value))
    return f"coalesce({words.as_number(text)} {sign} ?, false)"


def pattern_condition(words: Words, pattern: Mapping[str, Any], parameters: list[Any]) -> str:
    """Whether an event counts for a journey pattern: its stream, its event name, and all criteria on that event."""
    parts = ["stream = ?"]
    parameters.append(pattern["streamType"])
    if pattern.get("eventName"):
        parts.append("coalesce(event_name = ?, false)")
        parameters.append(pattern["eventName"])
    parts += [criterion_condition(words, "journey", row, parameters) for row in pattern["criteria"]]
    return _joined("and", parts)


def context_condition(words: Words, definition: Mapping[str, Any], parameters: list[Any]) -> str:
    """Whether a session meets all context criteria of a segment: AND at every level."""
    parts = [
        criterion_condition(words, "context", criterion, parameters)
        for pattern in definition.get("context", {}).get("patterns", [])
        for criterion in pattern["criteria"]
    ]
    return _joined("and", parts) if parts else "true"
