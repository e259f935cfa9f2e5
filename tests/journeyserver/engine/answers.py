"""A plain-Python answer to an aggregate question, written from the contract and from nothing of the engine."""

import calendar
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MULTI = {"journeySessionSegmentId"} | {
    f"{word}Condition"
    for word in (
        [
            "equal",
            "notEqual",
            "containsAll",
            "containsAny",
            "notContainsAll",
            "notContainsAny",
            "startsWith",
            "endsWith",
        ]
    )
}
ACTION_STATES = {
    "nWebActionsQualified": "action_qualified",
    "nWebActionsOffered": "action_offered",
    "nWebActionsAccepted": "action_accepted",
    "nJourneyActionsBlocked": "action_blocked",
    "nJourneySessions": "session_started",
    "nJourneySegmentsAssigned": "segment_assigned",
    "nJourneyOutcomesAchieved": "outcome_achieved",
}


def counts(metric: str, fact: dict[str, Any]) -> bool:
    kind = fact["kind"]
    if metric == "nDistinctJourneySessions":
        return kind in ("session_started", "segment_assigned") or kind.startswith("action_")
    if metric == "nDistinctJourneyActions":
        return bool(kind.startswith("action_"))
    if metric == "oJourneyOutcomeValue":
        return kind == "outcome_achieved" and fact["value"] is not None
    return ACTION_STATES[metric] == kind


def edges(start: datetime, end: datetime, granularity: str | None, zone: ZoneInfo) -> list[datetime]:
    """Steps one bucket at a time, in the zone's civil time for days and months."""
    found = [start]
    if granularity is None:
        return [start, end]
    number = 0
    while True:
        number += 1
        amount = int(re.findall(r"\d+", granularity)[0]) * number
        if granularity.startswith("PT"):
            unit = timedelta(hours=amount) if granularity.endswith("H") else timedelta(minutes=amount)
            at = start + unit
        else:
            local = start.astimezone(zone)
            if granularity.endswith("M"):
                months = local.month - 1 + amount
                year, month = local.year + months // 12, months % 12 + 1
                civil = local.replace(
                    year=year, month=month, day=min(local.day, calendar.monthrange(year, month)[1])
                )
            else:
                days = amount * (7 if granularity.endswith("W") else 1)
                civil = (local.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=zone)
            at = civil.replace(fold=0).astimezone(UTC)
        if at >= end:
            return [*found, end]
        if at > found[-1]:
            found.append(at)


def values_of(fact: dict[str, Any], dimension: str) -> list[str]:
    value = fact.get(dimension)
    if value is None:
        return []
    return sorted({str(part) for part in value}) if isinstance(value, list) else [str(value)]


def meets(fact: dict[str, Any], predicate: dict[str, Any]) -> bool:
    found = values_of(fact, predicate["dimension"])
    operator = predicate.get("operator", "matches").lower()
    if operator == "exists":
        return bool(found)
    if operator == "notexists":
        return not found
    if "range" in predicate:
        tests = {"gt": "__gt__", "gte": "__ge__", "lt": "__lt__", "lte": "__le__"}
        return bool(found) and all(
            getattr(float(found[0]), tests[bound])(limit) for bound, limit in predicate["range"].items()
        )
    return predicate["value"] in found


def chosen(fact: dict[str, Any], filter_: dict[str, Any] | None) -> bool:
    if not filter_:
        return True
    join = {"and": all, "or": any}
    parts = [
        join[clause["type"]]([meets(fact, predicate) for predicate in clause["predicates"]])
        for clause in filter_.get("clauses", [])
    ] + [meets(fact, predicate) for predicate in filter_.get("predicates", [])]
    return not parts or join[filter_["type"]](parts)


def answer(query: dict[str, Any], facts: list[dict[str, Any]]) -> dict[Any, dict[tuple[int, str], Any]]:
    """group (tuple of (dimension, value)) → (bucket number, metric or view) → stats."""
    start, end = (datetime.fromisoformat(part) for part in query["interval"].split("/"))
    zone = ZoneInfo(query.get("timeZone", "UTC"))
    bounds = edges(start.astimezone(UTC), end.astimezone(UTC), query.get("granularity"), zone)
    gathered: dict[Any, dict[tuple[int, str], list[Any]]] = defaultdict(lambda: defaultdict(list))
    names = [(name, name, None) for name in query.get("metrics", [])]
    names += [(view["name"], view["target"], view["range"]) for view in query.get("views", [])]
    for fact in facts:
        if not bounds[0] <= fact["ts"] < bounds[-1] or not chosen(fact, query.get("filter")):
            continue
        bucket = max(number for number, edge in enumerate(bounds[:-1]) if edge <= fact["ts"])
        groups: list[tuple[tuple[str, str], ...]] = [()]
        for dimension in query.get("groupBy", []):
            found = values_of(fact, dimension)
            if dimension in MULTI and query.get("flattenMultivaluedDimensions"):
                found = [",".join(found)] if found else []
            groups = [
                group if value is None else (*group, (dimension, value))
                for group in groups
                for value in (found or [None])
            ]
        for group in groups:
            for name, metric, limits in names:
                if counts(metric, fact) and (
                    limits is None
                    or limits.get("gte", float("-inf")) <= fact["value"] < limits.get("lt", float("inf"))
                ):
                    gathered[group][bucket, name].append((metric, fact))
    return {group: {key: summary(rows) for key, rows in cells.items()} for group, cells in gathered.items()}


def summary(rows: list[tuple[str, dict[str, Any]]]) -> dict[str, float]:
    metric = rows[0][0]
    if metric == "nDistinctJourneySessions":
        return {"count": len({fact["journeySessionId"] for _, fact in rows})}
    if metric == "nDistinctJourneyActions":
        return {"count": len({fact["journeyActionId"] for _, fact in rows})}
    if metric.startswith("o"):
        numbers = [fact["value"] for _, fact in rows]
        return {"count": len(numbers), "sum": sum(numbers), "min": min(numbers), "max": max(numbers)}
    return {"count": len(rows)}
