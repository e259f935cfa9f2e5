"""Rows of the generated month → batches, as any reader of a file would give them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

import pyarrow

from journeyserver.demo.month import Rows
from journeyserver.demo.offers import Row
from journeyserver.ingest.incoming import KINDS, SCHEMAS, Batch, Kind


def batches(rows: Rows, since: datetime, until: datetime) -> Iterator[Batch]:
    """One batch per kind, events first, with what happened from `since` on and before `until`."""
    for kind in KINDS:
        past = [row for row in cast("list[Row]", getattr(rows, kind)) if since <= row["ts"] < until]
        if past:
            past.sort(key=lambda row: (row["ts"], row["customer_id"]))
            yield Batch(kind, _table(kind, past), 0, 0)


def _table(kind: Kind, rows: Sequence[Row]) -> Any:
    """The columns that any of the rows has; times lose their zone, which is UTC."""
    present = set().union(*(row.keys() for row in rows))
    schema = SCHEMAS[kind]
    columns = {
        name: pyarrow.array(
            [row["ts"].replace(tzinfo=None) for row in rows]
            if name == "ts"
            else [row.get(name) for row in rows],
            schema.field(name).type,
        )
        for name in schema.names
        if name in present
    }
    if kind == "events":
        columns["number"] = pyarrow.array(range(len(rows)), pyarrow.int64())
    return pyarrow.table(columns)
