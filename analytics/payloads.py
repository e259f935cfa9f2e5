"""A question → the API's aggregate query and back, pure functions (docs/api/journey-api.md §10)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from analytics import filters, measures, ranges
from analytics.filters import Condition, FilterError, single
from analytics.measures import View
from analytics.question import WHOLE, Question, view_of
from analytics.ranges import Span
from journeyadmin.contract.buckets import (
    MAX_GROUP_BY,
    BucketError,
    bucket_edges,
    format_interval,
    parse_granularity,
    parse_interval,
    parse_zone,
)
from journeyadmin.contract.dimensions import DIMENSIONS
from journeyadmin.contract.metrics import METRICS

Json = dict[str, Any]

# What a question can say of a query; alternateTimeDimension it cannot.
FIELDS = frozenset(
    {
        "interval",
        "timeZone",
        "granularity",
        "metrics",
        "groupBy",
        "filter",
        "views",
        "flattenMultivaluedDimensions",
    }
)


class NotAQuery(ValueError):
    """JSON that is no aggregate query; `path` is the field that is wrong."""

    def __init__(self, path: str, reason: str = "") -> None:
        super().__init__(f"{path} {reason}".strip())
        self.path = path
        self.reason = reason


def to_query(question: Question, span: Span, by: str) -> Json:
    """The JSON that is sent: `by` is the granularity, or "all" for the whole span in one bucket."""
    made = question.made
    body: Json = {"interval": format_interval(span.start, span.end, span.zone), "timeZone": question.zone}
    if by != WHOLE:
        body["granularity"] = by
    metrics = measures.asked_metrics(made)
    if metrics:
        body["metrics"] = metrics
    if question.group_by:
        body["groupBy"] = list(question.group_by)
    if question.flatten:
        body["flattenMultivaluedDimensions"] = True
    filter_body = filters.to_api(question.filter)
    if filter_body:
        body["filter"] = filter_body
    if question.views:
        body["views"] = [_view(view) for view in question.views]
    return body


def _view(view: View) -> Json:
    limits = {name: limit for name, limit in (("gte", view.gte), ("lt", view.lt)) if limit is not None}
    return {"target": view.target, "name": view.name, "function": "rangeBound", "range": limits}


def against_segment(question: Question) -> Question | None:
    """The same question about visits that held the segment it is compared with; None where the filter has no room."""
    condition = Condition("journeySessionSegmentId", "matches", question.compared_segment)
    kept = filters.narrowed(
        filters.Filter(
            question.filter.type,
            tuple(group for group in question.filter.groups if not _is_segment(group)),
        ),
        single(condition),
    )
    return replace(question, filter=kept) if kept else None


def _is_segment(group: filters.Group) -> bool:
    return all(condition.dimension == "journeySessionSegmentId" for condition in group.conditions)


def from_query(body: object, base: Question) -> Question:
    """The question that a pasted query asks; how it is shown stays as in `base`. Raises NotAQuery."""
    if not isinstance(body, Mapping):
        raise NotAQuery("", "a JSON object")
    body = _as_sent(body)
    zone = _zone(body.get("timeZone"))
    views = _views(body.get("views"))
    keys = measures.in_order(_names(body, "metrics", METRICS))
    if not keys and not views:
        raise NotAQuery("metrics")
    group_by = _names(body, "groupBy", DIMENSIONS)
    if len(group_by) > MAX_GROUP_BY:
        raise NotAQuery("groupBy")
    try:
        filter_ = filters.from_api(body.get("filter"))
    except FilterError as error:
        raise NotAQuery(str(error)) from None
    range_, by = _times(body, zone)
    flatten = body.get("flattenMultivaluedDimensions") is True
    many = any(DIMENSIONS[name].multi_valued for name in group_by)
    return replace(
        base,
        range=range_,
        zone=zone.key,
        by=by,
        measures=keys,
        group_by=group_by,
        filter=filter_,
        views=views,
        flatten=flatten and many,
        compare="",
        chart="",
    )


def _as_sent(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The query under the names that are sent; those of the Python client's models are understood. Raises NotAQuery for
    a field that no query has: left out in silence it would be another question."""
    found: dict[str, Any] = {}
    for name, value in body.items():
        sent = re.sub(r"_([a-z])", lambda part: part[1].upper(), name)
        if sent not in FIELDS or sent in found:
            if value is None:
                continue
            raise NotAQuery(name, "field")
        # The models have every field, also those that are not set.
        if value is not None:
            found[sent] = value
    return found


def _times(body: Mapping[str, Any], zone: ZoneInfo) -> tuple[str, str]:
    interval = body.get("interval")
    granularity = body.get("granularity")
    if not isinstance(interval, str):
        raise NotAQuery("interval")
    if granularity is not None and not isinstance(granularity, str):
        raise NotAQuery("granularity")
    try:
        start, end = parse_interval(interval)
        bucket_edges(start, end, parse_granularity(granularity) if granularity else None, zone)
        return ranges.text_of(start, end, zone), granularity or WHOLE
    except BucketError as error:
        raise NotAQuery(error.field, str(error)) from None
    except OverflowError:
        # A day that the zone's clocks would put before the year 1 or after 9999.
        raise NotAQuery("interval") from None


def _zone(name: Any) -> ZoneInfo:
    if name is not None and not isinstance(name, str):
        raise NotAQuery("timeZone")
    try:
        return parse_zone(name)
    except BucketError as error:
        raise NotAQuery("timeZone", str(error)) from None


def _names(body: Mapping[str, Any], field: str, known: Mapping[str, Any]) -> tuple[str, ...]:
    values = body.get(field) or []
    if not isinstance(values, list):
        raise NotAQuery(field)
    for index, value in enumerate(values):
        if not isinstance(value, str) or value not in known:
            raise NotAQuery(f"{field}[{index}]")
    return tuple(dict.fromkeys(values))


def _views(rows: Any) -> tuple[View, ...]:
    if rows is None:
        return ()
    if not isinstance(rows, list):
        raise NotAQuery("views")
    found: dict[str, View] = {}
    for index, row in enumerate(rows):
        limits = row.get("range") if isinstance(row, Mapping) else None
        if not isinstance(limits, Mapping) or row.get("function") != "rangeBound":
            raise NotAQuery(f"views[{index}]")
        gte, lt = ("" if limits.get(bound) is None else str(limits[bound]) for bound in ("gte", "lt"))
        name = str(row.get("name") or "")
        view = view_of(name, str(row.get("target")), gte, lt, "sum")
        if view is None or name in found or name in METRICS:
            raise NotAQuery(f"views[{index}]")
        found[name] = view
    return tuple(found[name] for name in sorted(found))
