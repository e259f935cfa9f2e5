"""The two-level filter of a question: its normal form, its spelling in addresses, and the API's JSON. Pure.

A filter joins groups by all (`and`) or any (`or`); a group joins conditions by its own word. A group of one condition is
what the API calls a direct predicate.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Literal
from urllib.parse import quote, unquote

from journeyadmin.contract.buckets import MAX_CLAUSES, MAX_PREDICATES
from journeyadmin.contract.dimensions import DIMENSIONS

Joiner = Literal["and", "or"]
Operator = Literal["matches", "exists", "notExists", "range"]
BOUNDS = ("gt", "gte", "lt", "lte")
_SHORT: dict[Operator, str] = {"matches": "is", "exists": "has", "notExists": "lacks", "range": "range"}
_LONG = {short: operator for operator, short in _SHORT.items()}
_WORDS: dict[str, Joiner] = {"all": "and", "any": "or"}


class FilterError(ValueError):
    """A filter that cannot be read; the text says which part."""


@dataclass(frozen=True, order=True)
class Condition:
    """One test of one dimension. `bounds` are of a range: (("gte", 2.0),)."""

    dimension: str
    operator: Operator = "matches"
    value: str = ""
    bounds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, order=True)
class Group:
    """Conditions joined by one word."""

    type: Joiner
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Filter:
    """Groups joined by one word; without groups it lets everything through."""

    type: Joiner = "and"
    groups: tuple[Group, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(condition for group in self.groups for condition in group.conditions)


EVERYTHING = Filter()


def single(condition: Condition) -> Group:
    return Group("and", (condition,))


def normal(filter_: Filter) -> Filter:
    """The one form of all filters that mean the same by order, repetition and needless grouping."""
    groups: list[Group] = []
    for group in filter_.groups:
        conditions = tuple(sorted(dict.fromkeys(group.conditions)))
        if len(conditions) > 1 and group.type != filter_.type:
            groups.append(Group(group.type, conditions))
        else:
            groups += [single(condition) for condition in conditions]
    groups = sorted(dict.fromkeys(groups))
    if filter_.type == "or" and all(len(group.conditions) == 1 for group in groups):
        # Any of single conditions is one group under all: whatever is added later still has its place.
        conditions = tuple(sorted(group.conditions[0] for group in groups))
        return Filter("and", (Group("or" if len(conditions) > 1 else "and", conditions),) if groups else ())
    if len(groups) == 1 and groups[0].type == "and":
        return Filter("and", tuple(single(condition) for condition in groups[0].conditions))
    return Filter(filter_.type, tuple(groups))


def narrowed(filter_: Filter, group: Group) -> Filter | None:
    """The filter and this group as well; None where two levels and the API's limits cannot hold it."""
    if filter_.type == "and" or not filter_:
        found = normal(Filter("and", (*filter_.groups, group)))
    else:
        # (a and b) or c, and z: (a and b and z) or (c and z). An `or` group is multiplied out.
        choices = (
            [(condition,) for condition in group.conditions] if group.type == "or" else [group.conditions]
        )
        if any(row.type == "or" and len(row.conditions) > 1 for row in filter_.groups):
            return None
        groups = [Group("and", (*row.conditions, *extra)) for row, extra in product(filter_.groups, choices)]
        found = normal(Filter("or", tuple(groups)))
    return found if fits(found) else None


def fits(filter_: Filter) -> bool:
    """Whether the API's limits of clauses and predicates hold it."""
    clauses = sum(len(group.conditions) > 1 for group in filter_.groups)
    return clauses <= MAX_CLAUSES and len(filter_.conditions) <= MAX_PREDICATES


@dataclass(frozen=True)
class Never:
    """Two equals on one dimension under `all`: never true. `repaired` asks for any of them instead."""

    dimension: str
    values: tuple[str, ...]
    repaired: Filter


def nevers(filter_: Filter) -> list[Never]:
    """Where a filter can never be true because a single-valued dimension is to equal several values."""
    found = []
    if filter_.type == "and":
        loose = [group.conditions[0] for group in filter_.groups if len(group.conditions) == 1]
        for dimension, clash in _clashes(loose):
            others = tuple(
                group
                for group in filter_.groups
                if len(group.conditions) > 1 or group.conditions[0] not in clash
            )
            repaired = normal(Filter("and", (*others, Group("or", clash))))
            found.append(Never(dimension, tuple(one.value for one in clash), repaired))
    for index, group in enumerate(filter_.groups):
        if group.type != "and" or len(group.conditions) < 2:
            continue
        for dimension, clash in _clashes(group.conditions):
            mended = replace(group, type="or")
            groups = (*filter_.groups[:index], mended, *filter_.groups[index + 1 :])
            found.append(
                Never(dimension, tuple(one.value for one in clash), normal(replace(filter_, groups=groups)))
            )
    return found


def _clashes(conditions: Sequence[Condition]) -> list[tuple[str, tuple[Condition, ...]]]:
    wanted: dict[str, list[Condition]] = defaultdict(list)
    for condition in conditions:
        dimension = DIMENSIONS[condition.dimension]
        if condition.operator == "matches" and not dimension.multi_valued:
            wanted[condition.dimension].append(condition)
    return [
        (name, tuple(dict.fromkeys(rows)))
        for name, rows in wanted.items()
        if len({_compared(row) for row in rows}) > 1
    ]


def _compared(condition: Condition) -> str:
    return condition.value.lower() if DIMENSIONS[condition.dimension].kind == "uuid" else condition.value


# In addresses: `match=any` and one `where` for each group.


def to_pairs(filter_: Filter) -> list[tuple[str, str]]:
    pairs = [("match", "any")] if filter_.type == "or" else []
    for group in filter_.groups:
        parts = [_spelled(condition) for condition in group.conditions]
        if len(parts) > 1:
            parts.insert(0, "any" if group.type == "or" else "all")
        pairs.append(("where", ",".join(parts)))
    return pairs


def _spelled(condition: Condition) -> str:
    value = condition.value
    if condition.operator == "range":
        value = ";".join(f"{bound}={limit:.15g}" for bound, limit in condition.bounds)
        return f"{condition.dimension}:range:{value}"
    if condition.operator != "matches":
        return f"{condition.dimension}:{_SHORT[condition.operator]}"
    return f"{condition.dimension}:is:{quote(value, safe=' /')}"


def from_pairs(match: str, where: Iterable[str]) -> Filter:
    """The filter in normal form. Raises FilterError."""
    groups = []
    for text in where:
        parts = text.split(",")
        joiner: Joiner = "and"
        if parts[0] in _WORDS:
            joiner = _WORDS[parts.pop(0)]
        if not parts:
            raise FilterError(text)
        groups.append(Group(joiner, tuple(_read(part) for part in parts)))
    found = normal(Filter("or" if match == "any" else "and", tuple(groups)))
    if not fits(found):
        raise FilterError("too many conditions")
    return found


def _read(text: str) -> Condition:
    name, _, rest = text.partition(":")
    short, _, value = rest.partition(":")
    if name not in DIMENSIONS or short not in _LONG:
        raise FilterError(text)
    operator = _LONG[short]
    if operator == "matches":
        return Condition(name, operator, unquote(value))
    if operator != "range":
        return Condition(name, operator)
    try:
        bounds = {
            bound: float(limit) for bound, _, limit in (part.partition("=") for part in value.split(";"))
        }
    except ValueError:
        raise FilterError(text) from None
    return ranged(name, bounds)


def ranged(name: str, bounds: Mapping[str, float]) -> Condition:
    """A range of a numeric dimension. Raises FilterError."""
    kept = tuple((bound, bounds[bound]) for bound in BOUNDS if bound in bounds)
    if not all(math.isfinite(limit) for limit in bounds.values()):
        # JSON has no such numbers.
        raise FilterError(name)
    if DIMENSIONS[name].kind != "integer" or not kept or len(kept) < len(bounds):
        raise FilterError(name)
    return Condition(name, "range", "", kept)


# The API's JSON (docs/api/journey-api.md §10.5).


def to_api(filter_: Filter) -> dict[str, Any] | None:
    if not filter_:
        return None
    clauses = [
        {"type": group.type, "predicates": [_predicate(condition) for condition in group.conditions]}
        for group in filter_.groups
        if len(group.conditions) > 1
    ]
    predicates = [_predicate(group.conditions[0]) for group in filter_.groups if len(group.conditions) == 1]
    body: dict[str, Any] = {"type": filter_.type}
    if clauses:
        body["clauses"] = clauses
    if predicates:
        body["predicates"] = predicates
    return body


def _predicate(condition: Condition) -> dict[str, Any]:
    body: dict[str, Any] = {"type": "dimension", "dimension": condition.dimension}
    match condition.operator:
        case "matches":
            return body | {"operator": "matches", "value": condition.value}
        case "range":
            return body | {"operator": "matches", "range": dict(condition.bounds)}
    return body | {"operator": condition.operator}


def from_api(body: Any) -> Filter:
    """The filter of a query's JSON, in normal form. Raises FilterError naming the place."""
    if body is None:
        return EVERYTHING
    if not isinstance(body, Mapping):
        raise FilterError("filter")
    groups = []
    for place, clause in enumerate(_rows(body, "clauses", "filter")):
        where = f"filter.clauses[{place}]"
        conditions = tuple(
            _from_predicate(row, f"{where}.predicates[{index}]")
            for index, row in enumerate(_rows(clause, "predicates", where))
        )
        if not conditions:
            raise FilterError(f"{where}.predicates")
        groups.append(Group(_joiner(clause, where), conditions))
    for index, row in enumerate(_rows(body, "predicates", "filter")):
        groups.append(single(_from_predicate(row, f"filter.predicates[{index}]")))
    found = normal(Filter(_joiner(body, "filter"), tuple(groups)))
    if not fits(found):
        raise FilterError("filter")
    return found


def _rows(body: Mapping[str, Any], name: str, place: str) -> list[Mapping[str, Any]]:
    rows = body.get(name) or []
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise FilterError(f"{place}.{name}")
    return rows


def _joiner(body: Mapping[str, Any], place: str) -> Joiner:
    word = str(body.get("type", "")).lower()
    if word not in ("and", "or"):
        raise FilterError(f"{place}.type")
    return "or" if word == "or" else "and"


def _from_predicate(body: Mapping[str, Any], place: str) -> Condition:
    name, value, limits = body.get("dimension"), body.get("value"), body.get("range")
    if str(body.get("type") or "dimension").lower() != "dimension":
        raise FilterError(f"{place}.type")
    if not isinstance(name, str) or name not in DIMENSIONS:
        raise FilterError(f"{place}.dimension")
    match str(body.get("operator") or "matches").lower():
        case "exists":
            return Condition(name, "exists")
        case "notexists":
            return Condition(name, "notExists")
        case "matches" if isinstance(limits, Mapping) and value is None:
            given = {bound: limit for bound, limit in limits.items() if limit is not None}
            if not all(isinstance(limit, int | float) for limit in given.values()):
                raise FilterError(f"{place}.range")
            try:
                return ranged(name, {bound: float(limit) for bound, limit in given.items()})
            except (FilterError, OverflowError):
                raise FilterError(f"{place}.range") from None
        case "matches" if isinstance(value, str) and limits is None:
            return Condition(name, "matches", value)
        case "matches":
            raise FilterError(f"{place}.value")
    raise FilterError(f"{place}.operator")
