"""Rows → the API's answer: sparse, ordered, with intervals in the query's zone (docs/api/journey-api.md §10.8)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from journeyadmin.contract.buckets import MAX_CELLS, format_interval
from journeyadmin.contract.metrics import METRICS
from journeyserver.engine.compile import SUMMARIES
from journeyserver.engine.query import Query

# Sorts after every text: a missing value comes last.
_LAST = (1, "")


class TooManyCells(Exception):
    """The answer would have more cells (groups × buckets × metrics) than the contract allows."""

    def __init__(self, cells: int) -> None:
        super().__init__(
            f"The query makes {cells:,} result cells, and {MAX_CELLS:,} are allowed. Choose a coarser granularity, "
            "fewer groups or a shorter interval."
        )


def shape(query: Query, pieces: Iterable[Mapping[str, Sequence[Any]]]) -> dict[str, Any]:
    """The JourneyAggregateQueryResponse. Raises TooManyCells as soon as the answer has grown too large."""
    groups: dict[tuple[str | None, ...], list[tuple[int, list[dict[str, Any]], list[dict[str, Any]]]]] = {}
    cells = 0
    for piece in pieces:
        keys = [piece[f"g{index}"] for index in range(len(query.group_by))]
        numbers = piece["bucket"]
        for row in range(len(numbers)):
            metrics = _metrics(query, piece, row)
            views = _views(query, piece, row)
            if not metrics and not views:
                continue
            cells += len(metrics) + len(views)
            if cells > MAX_CELLS:
                raise TooManyCells(cells)
            group = tuple(None if column[row] is None else str(column[row]) for column in keys)
            groups.setdefault(group, []).append((int(numbers[row]), metrics, views))
    labels = _labels(query)
    ordered = sorted(groups, key=lambda group: [_LAST if part is None else (0, part) for part in group])
    return {"results": [_result(query, group, groups[group], labels) for group in ordered]}


def _labels(query: Query) -> list[str]:
    edges = query.edges
    return [format_interval(edges[at], edges[at + 1], query.zone) for at in range(len(edges) - 1)]


def _result(
    query: Query,
    group: tuple[str | None, ...],
    rows: list[tuple[int, list[dict[str, Any]], list[dict[str, Any]]]],
    labels: list[str],
) -> dict[str, Any]:
    data = []
    for number, metrics, views in sorted(rows, key=lambda row: row[0]):
        bucket: dict[str, Any] = {"interval": labels[number], "metrics": metrics}
        if views:
            bucket["views"] = views
        data.append(bucket)
    named = zip(query.group_by, group, strict=True)
    return {"group": {name: value for name, value in named if value is not None}, "data": data}


def _metrics(query: Query, piece: Mapping[str, Sequence[Any]], row: int) -> list[dict[str, Any]]:
    found = []
    for index, name in enumerate(query.metrics):
        if METRICS[name].aggregate == "value":
            stats = _summary(piece, f"m{index}", row)
        else:
            count = piece[f"m{index}"][row]
            stats = {"count": int(count)} if count else {}
        if stats:
            found.append({"metric": name, "stats": stats})
    return found


def _views(query: Query, piece: Mapping[str, Sequence[Any]], row: int) -> list[dict[str, Any]]:
    found = []
    for index, view in enumerate(query.views):
        stats = _summary(piece, f"v{index}", row)
        if stats:
            found.append({"name": view.name, "stats": stats})
    return found


def _summary(piece: Mapping[str, Sequence[Any]], name: str, row: int) -> dict[str, Any]:
    stats = {function: piece[f"{name}_{function}"][row] for function in SUMMARIES}
    return stats if stats["count"] else {}
