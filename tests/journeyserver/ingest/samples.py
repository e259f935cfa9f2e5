"""The small files of this folder's tests, and what readers make of files."""

import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from journeyserver.ingest.incoming import Batch, Refused

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
    found = [
        {name: _told(value) for name, value in row.items() if value is not None}
        for row in batch.rows.to_pylist()
    ]
    return sorted(found, key=lambda row: row["number"])


def _told(value: Any) -> Any:
    """A map that came as a structure, as one that came as a map."""
    if not isinstance(value, dict):
        return value
    return [(name, text) for name, text in value.items() if text is not None]


def all_rows(batches: Iterable[Batch], kind: str = "events") -> list[dict[str, Any]]:
    return [row for batch in batches if batch.kind == kind for row in rows(batch)]


def all_refused(batches: Iterable[Batch]) -> list[Refused]:
    return [refused for batch in batches for refused in batch.refused]
