"""Rows → the API's answer: sparse, ordered, with intervals in the query's zone (docs/api/journey-api.md §10.8)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from journeyadmin.contract.buckets import MAX_CELLS, format_interval
from journeyserver.engine.query import Query


class TooManyCells(Exception):
    """The answer would have more cells (groups × buckets × metrics) than the contract allows."""

    def __init__(self, cells: int) -> None:
        super().__init__(
            f"The query makes {cells:,} result cells, and {MAX_CELLS:,} are allowed. Choose a coarser granularity, "
            "fewer groups or a shorter interval."
        )


def write(query: Query, pieces: Iterable[Mapping[str, Sequence[Any]]]) -> bytes:
    """The JourneyAggregateQueryResponse from the rows of compile.py. Raises TooManyCells as soon as it has grown too large."""
    labels = [
        f'{{"interval":"{format_interval(start, end, query.zone)}",'
        for start, end in zip(query.edges[:-1], query.edges[1:], strict=True)
    ]
    parts: list[str] = []
    last: str | None = None
    cells = 0
    for piece in pieces:
        cells += sum(piece["cells"])
        if cells > MAX_CELLS:
            raise TooManyCells(cells)
        for told, bucket, body in zip(piece["told"], piece["bucket"], piece["body"], strict=True):
            if told == last:
                parts.append(f",{labels[bucket]}{body}}}")
            else:
                before = "" if last is None else "]},"
                parts.append(f'{before}{{"group":{told},"data":[{labels[bucket]}{body}}}')
                last = told
    end = "" if last is None else "]}"
    return f'{{"results":[{"".join(parts)}{end}]}}'.encode()
