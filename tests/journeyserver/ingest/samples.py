"""The small files of this folder's tests, and what readers make of files."""

import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from journeyserver.ingest.incoming import Batch, Refused, Select

SAMPLES = Path(__file__).parent / "samples"
ACCESS_LOG = SAMPLES / "access.log"
NDJSON = SAMPLES / "events.ndjson"
CSV = SAMPLES / "events.csv"
GA4 = SAMPLES / "ga4.ndjson"


def zipped(source: Path, folder: Path) -> Path:
    """The file again, packed by gzip."""
    packed = folder / f"{source.name}.gz"
    packed.write_bytes(gzip.compress(source.read_bytes()))
    return packed


def rows(batch: Batch) -> list[dict[str, Any]]:
    """The rows of a batch, without what is empty."""
    if batch.rows is None:
        return []
    if isinstance(batch.rows, Select):
        with duckdb.connect() as connection:
            table = connection.sql(batch.rows.sql, params=list(batch.rows.parameters)).to_arrow_table()
    else:
        table = batch.rows
    found = [{name: value for name, value in row.items() if value is not None} for row in table.to_pylist()]
    return sorted(found, key=lambda row: row["number"])


def all_rows(batches: Iterable[Batch], kind: str = "events") -> list[dict[str, Any]]:
    return [row for batch in batches if batch.kind == kind for row in rows(batch)]


def all_refused(batches: Iterable[Batch]) -> list[Refused]:
    return [refused for batch in batches for refused in batch.refused]
