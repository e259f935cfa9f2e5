"""The first rows of a file, as they would be taken in, without taking anything in."""

from dataclasses import dataclass, field
from typing import Any

from journeyserver.ingest.incoming import Batch, Kind, Reader, Refused

ROWS = 10
# Refused lines at a file's head may be many; a few say what is wrong with it.
REFUSED = 20


@dataclass
class Peek:
    """What the head of a file holds: rows with their kind and what is known of them, and lines that are refused."""

    rows: list[tuple[Kind, dict[str, Any]]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    refused_count: int = 0
    skipped: int = 0
    # How far the file was read for this, and its size, in the reader's own unit.
    position: int = 0
    total: int = 0


def peek(reader: Reader) -> Peek:
    """Reads one piece. Raises Unreadable."""
    found = Peek()
    for batch in reader.batches():
        found.skipped += batch.skipped
        found.refused_count += len(batch.refused) + batch.refused_more
        found.refused += batch.refused[: REFUSED - len(found.refused)]
        found.rows += [(batch.kind, row) for row in _rows(batch)[: ROWS - len(found.rows)]]
        found.position, found.total = batch.position, batch.total
        if batch.position:
            break
    return found


def _rows(batch: Batch) -> list[dict[str, Any]]:
    rows: Any = batch.rows
    if rows is None:
        return []
    told: list[dict[str, Any]] = rows.slice(0, ROWS).to_pylist()
    return [
        {
            name: dict(value) if isinstance(value, list) and name.endswith(_MAPS) else value
            for name, value in row.items()
            if value
        }
        for row in told
    ]


_MAPS = ("attributes", "attribute_types", "traits", "trait_types")
