"""The question, typed, and its parsing from JSON with all problems at once (docs/api/journey-api.md §10.1, §10.5, §10.7)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from journeyadmin.contract import buckets
from journeyadmin.contract.dimensions import DIMENSIONS
from journeyadmin.contract.metrics import METRICS

_BOUNDS = ("gt", "gte", "lt", "lte")
# More than all names there are, some of them written more than once. A list that is too long is not read: telling of each
# entry what is wrong with it would cost more than any query.
_MOST_NAMES = 1000


@dataclass(frozen=True)
class Problem:
    """A wrong field: JSON path, an error code of the contract's §7, and why in words."""

    path: str
    code: str
    reason: str


class InvalidQuery(ValueError):
    """The question cannot be asked; `problems` are all that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.reason}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Predicate:
    """One test of one dimension: `operator` is matches, exists or notExists; or a numeric range."""

    dimension: str
    operator: str
    value: str | None = None
    bounds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Clause:
    """Predicates joined by `and` or `or`."""

    type: str
    predicates: tuple[Predicate, ...]


@dataclass(frozen=True)
class Filter:
    """Clauses and direct predicates, all joined by one word."""

    type: str
    clauses: tuple[Clause, ...]
    predicates: tuple[Predicate, ...]


@dataclass(frozen=True)
class View:
    """Values v of a measured metric with gte ≤ v < lt, aggregated under a name of its own."""

    target: str
    name: str
    gte: float | None
    lt: float | None


@dataclass(frozen=True)
class Query:
    """A journey aggregate query; `edges` are the buckets' ends, one more than there are buckets."""

    start: datetime
    end: datetime
    edges: tuple[datetime, ...]
    zone: ZoneInfo
    metrics: tuple[str, ...]
    group_by: tuple[str, ...]
    filter: Filter | None
    views: tuple[View, ...]
    flatten: bool


class _Reader:
    """Collects problems while the parts of a body are read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, path: str, code: str, reason: str) -> None:
        self.problems.append(Problem(path, code, reason))

    def of_type(self, body: dict[str, Any], path: str, name: str, wanted: type, what: str) -> Any:
        """The value of a field, or None where it is absent, null or of another type (which is noted)."""
        value = body.get(name)
        if value is None:
            return None
        if not isinstance(value, wanted) or (wanted is not bool and isinstance(value, bool)):
            self.add(_join(path, name), "invalid.type", f"must be {what}.")
            return None
        return value

    def names(self, body: dict[str, Any], name: str, allowed: Any, what: str) -> tuple[str, ...]:
        values = self.of_type(body, "", name, list, "a list") or []
        if len(values) > _MOST_NAMES:
            self.add(name, "out.of.range", f"has more than {_MOST_NAMES} entries.")
            return ()
        kept: dict[str, None] = {}
        for index, value in enumerate(values):
            if not isinstance(value, str):
                self.add(f"{name}[{index}]", "invalid.type", "must be text.")
            elif value not in allowed:
                self.add(
                    f"{name}[{index}]",
                    "invalid.enum",
                    f"“{value[:100]}” is not a {what}; allowed are {', '.join(allowed)}.",
                )
            else:
                kept[value] = None
        return tuple(kept)

    def joiner(self, body: dict[str, Any], path: str) -> str:
        value = body.get("type")
        if value is None:
            self.add(f"{path}.type", "missing.required", "is missing: and, or.")
        elif not isinstance(value, str) or value.lower() not in ("and", "or"):
            self.add(f"{path}.type", "invalid.enum", "must be and, or.")
        else:
            return value.lower()
        return "and"

    def rows(
        self,
        body: dict[str, Any],
        path: str,
        name: str,
        most: int,
        read: Callable[[dict[str, Any], str], Any],
    ) -> list[Any]:
        values = self.of_type(body, path, name, list, "a list") or []
        if len(values) > most:
            self.add(_join(path, name), "out.of.range", f"has more than {most} {name}.")
            return []
        found = []
        for index, value in enumerate(values):
            place = f"{_join(path, name)}[{index}]"
            if isinstance(value, dict):
                found.append(read(value, place))
            else:
                self.add(place, "invalid.type", "must be an object.")
        return found

    def number(self, body: dict[str, Any], path: str, name: str) -> float | None:
        value = body.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.add(f"{path}.{name}", "invalid.type", "must be a number.")
            return None
        return float(value)

    def filter(self, body: dict[str, Any], path: str) -> Filter:
        type_ = self.joiner(body, path)
        clauses = self.rows(body, path, "clauses", buckets.MAX_CLAUSES, self.clause)
        predicates = self.rows(body, path, "predicates", buckets.MAX_PREDICATES, self.predicate)
        if len(predicates) + sum(len(clause.predicates) for clause in clauses) > buckets.MAX_PREDICATES:
            self.add(path, "out.of.range", f"has more than {buckets.MAX_PREDICATES} predicates.")
        return Filter(type_, tuple(clauses), tuple(predicates))

    def clause(self, body: dict[str, Any], path: str) -> Clause:
        type_ = self.joiner(body, path)
        predicates = self.rows(body, path, "predicates", buckets.MAX_PREDICATES, self.predicate)
        if body.get("predicates") in (None, []):
            self.add(f"{path}.predicates", "missing.required", "needs at least one predicate.")
        return Clause(type_, tuple(predicates))

    def predicate(self, body: dict[str, Any], path: str) -> Predicate:
        kind = body.get("type")
        if kind is not None and (not isinstance(kind, str) or kind.lower() != "dimension"):
            self.add(
                f"{path}.type", "invalid.enum", "must be dimension: journeys have nothing else to filter by."
            )
        name = self.of_type(body, path, "dimension", str, "text")
        dimension = DIMENSIONS.get(name or "")
        if name is None and body.get("dimension") is None:
            self.add(f"{path}.dimension", "missing.required", "is missing.")
        elif name is not None and dimension is None:
            self.add(
                f"{path}.dimension",
                "invalid.enum",
                f"“{name[:100]}” is not a dimension; allowed are {', '.join(DIMENSIONS)}.",
            )
        operator = self.of_type(body, path, "operator", str, "text")
        operator = "matches" if operator is None else operator
        words = {"matches": "matches", "exists": "exists", "notexists": "notExists"}
        if operator.lower() not in words:
            self.add(f"{path}.operator", "invalid.enum", "must be matches, exists or notExists.")
        operator = words.get(operator.lower(), "matches")
        if operator != "matches":
            return Predicate(name or "", operator)
        return self.matching(body, path, name or "", dimension is None or dimension.kind == "integer")

    def matching(self, body: dict[str, Any], path: str, name: str, numeric: bool) -> Predicate:
        value = self.of_type(body, path, "value", str, "text")
        limits = self.of_type(body, path, "range", dict, "an object")
        if limits is not None and body.get("value") is not None:
            self.add(f"{path}.range", "not.allowed", "cannot be given together with value.")
        elif limits is not None:
            found = [(bound, self.number(limits, f"{path}.range", bound)) for bound in _BOUNDS]
            bounds = tuple((bound, limit) for bound, limit in found if limit is not None)
            if not numeric:
                self.add(
                    f"{path}.range", "not.allowed", "is for numeric dimensions only: journeyActionMapVersion."
                )
            elif not any(limits.get(bound) is not None for bound in _BOUNDS):
                self.add(f"{path}.range", "missing.required", "needs one of gt, gte, lt, lte.")
            return Predicate(name, "range", None, bounds)
        elif body.get("value") is None and body.get("range") is None:
            self.add(f"{path}.value", "missing.required", "is missing.")
        return Predicate(name, "matches", value)

    def view(self, body: dict[str, Any], path: str) -> View:
        target = self.of_type(body, path, "target", str, "text")
        name = self.of_type(body, path, "name", str, "text")
        function = self.of_type(body, path, "function", str, "text")
        for field, value in (("target", target), ("name", name), ("function", function)):
            if value is None and body.get(field) is None:
                self.add(f"{path}.{field}", "missing.required", "is missing.")
        if target is not None and target not in METRICS:
            self.add(f"{path}.target", "invalid.enum", "must be a built-in metric.")
        elif target is not None and METRICS[target].aggregate != "value":
            self.add(
                f"{path}.target",
                "not.allowed",
                "range bounds need a measured value, and this metric only counts.",
            )
        if name is not None and not 1 <= len(name) <= buckets.MAX_VIEW_NAME_LENGTH:
            self.add(
                f"{path}.name", "invalid.length", f"must have 1 to {buckets.MAX_VIEW_NAME_LENGTH} characters."
            )
        if name in METRICS:
            self.add(f"{path}.name", "not.unique", "is the name of a built-in metric.")
        if function is not None and function != "rangeBound":
            self.add(f"{path}.function", "invalid.enum", "must be rangeBound.")
        limits = self.of_type(body, path, "range", dict, "an object") or {}
        gte, lt = self.number(limits, f"{path}.range", "gte"), self.number(limits, f"{path}.range", "lt")
        is_read = isinstance(body.get("range"), dict | None)
        if is_read and limits.get("gte") is None and limits.get("lt") is None:
            self.add(f"{path}.range", "missing.required", "needs gte or lt.")
        return View(target or "", name or "", gte, lt)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def parse(body: object) -> Query:
    """A Query from a JSON body. Raises InvalidQuery with all problems; unknown fields are ignored."""
    if not isinstance(body, dict):
        raise InvalidQuery([Problem("", "invalid.type", "must be an object.")])
    reader = _Reader()
    span = _read_interval(reader, body)
    zone = ZoneInfo("UTC")
    period = None
    for field, parse_field in (("timeZone", buckets.parse_zone), ("granularity", buckets.parse_granularity)):
        text = reader.of_type(body, "", field, str, "text")
        if text is None:
            continue
        try:
            parsed = parse_field(text)
        except buckets.BucketError as error:
            reader.add(field, "invalid.format", str(error))
        else:
            zone, period = (parsed, period) if isinstance(parsed, ZoneInfo) else (zone, parsed)
    metrics = reader.names(body, "metrics", METRICS, "metric")
    group_by = reader.names(body, "groupBy", DIMENSIONS, "dimension")
    if len(group_by) > buckets.MAX_GROUP_BY:
        reader.add("groupBy", "out.of.range", f"has more than {buckets.MAX_GROUP_BY} dimensions.")
    filter_body = reader.of_type(body, "", "filter", dict, "an object")
    filter_ = reader.filter(filter_body, "filter") if filter_body is not None else None
    views = reader.rows(body, "", "views", buckets.MAX_VIEWS, reader.view)
    _check_views(reader, views)
    if body.get("metrics") in (None, []) and body.get("views") in (None, []):
        reader.add("metrics", "missing.required", "needs at least one metric.")
    flatten = bool(reader.of_type(body, "", "flattenMultivaluedDimensions", bool, "true or false"))
    alternate = body.get("alternateTimeDimension")
    if alternate is not None and alternate != "eventTime":
        reader.add("alternateTimeDimension", "invalid.enum", "must be eventTime.")
    edges: list[datetime] = []
    if span is not None and not {"timeZone", "granularity"} & {row.path for row in reader.problems}:
        try:
            edges = buckets.bucket_edges(*span, period, zone)
        except buckets.BucketError as error:
            reader.add(error.field, "out.of.range", str(error))
    if reader.problems or span is None:
        raise InvalidQuery(reader.problems)
    return Query(*span, tuple(edges), zone, metrics, group_by, filter_, tuple(views), flatten)


def _read_interval(reader: _Reader, body: dict[str, Any]) -> tuple[datetime, datetime] | None:
    if body.get("interval") is None:
        reader.add("interval", "missing.required", "is missing: start/end.")
        return None
    text = reader.of_type(body, "", "interval", str, "text")
    if text is None:
        return None
    try:
        return buckets.parse_interval(text)
    except buckets.BucketError as error:
        reader.add("interval", "invalid.format", str(error))
        return None


def _check_views(reader: _Reader, views: list[View]) -> None:
    seen: set[str] = set()
    for index, view in enumerate(views):
        if view.name and view.name in seen:
            reader.add(f"views[{index}].name", "not.unique", "is used twice.")
        seen.add(view.name)
