"""Our own event format (docs/event-format.md): records named as the contract names things, as NDJSON, CSV or Parquet.

In NDJSON names may be nested (`"page": {"url": …}`) or dotted (`"page.url": …`); in CSV and Parquet they are columns, dotted.
All three become flat records of dotted names, and one function turns those into rows or says what is wrong.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow
import pyarrow.compute

from journeyserver.ingest.incoming import KINDS, SCHEMAS, Batch, Kind, Refused
from journeyserver.ingest.readers import parquet
from journeyserver.ingest.readers.lines import LineFile, masked
from journeyserver.ingest.readers.record import BadRecord, flattened, record

FORMAT = "journey"
SHOWN = 100
ROWS = 50_000


class _Rows:
    """Rows of one piece, by kind."""

    def __init__(self) -> None:
        self._rows: dict[Kind, list[dict[str, Any]]] = {}
        self._refused: list[Refused] = []

    def add(self, number: int, flat: Mapping[str, Any], sample: str) -> None:
        try:
            kind, row = record(flat, number)
        except BadRecord as error:
            self.refuse(number, str(error), sample)
        else:
            self._rows.setdefault(kind, []).append(row)

    def refuse(self, number: int, reason: str, sample: str) -> None:
        self._refused.append(Refused(number, reason, masked(sample)))

    def batches(self, before: int, position: int, total: int) -> Iterator[Batch]:
        """A batch per kind, events first; the last one moves the position."""
        kinds = [kind for kind in KINDS if kind in self._rows] or list(KINDS[:1])
        for kind in kinds:
            last, first = kind == kinds[-1], kind == kinds[0]
            yield Batch(
                kind,
                pyarrow.Table.from_pylist(self._rows.get(kind, []), schema=SCHEMAS[kind]),
                position if last else before,
                total,
                tuple(self._refused[:SHOWN]) if first else (),
                max(0, len(self._refused) - SHOWN) if first else 0,
            )


def _newest(batches: Iterable[Batch]) -> datetime | None:
    latest: datetime | None = None
    for batch in batches:
        table: Any = batch.rows
        if table is not None:
            latest = max(
                filter(None, (latest, pyarrow.compute.max(table.column("ts")).as_py())), default=None
            )
    return latest


class OwnLines:
    """NDJSON, plain or gzip; positions are lines."""

    format = FORMAT

    def __init__(self, path: Path) -> None:
        self._file = LineFile(path)

    def batches(self, position: int = 0) -> Iterator[Batch]:
        for piece in self._file.pieces(position, least=ROWS):
            rows = _Rows()
            for number, text in enumerate(piece.lines, piece.first):
                if not text.strip():
                    continue
                try:
                    found = orjson.loads(text)
                except orjson.JSONDecodeError:
                    rows.refuse(number, "The line is no JSON.", text)
                    continue
                if isinstance(found, dict):
                    rows.add(number, flattened(found), text)
                else:
                    rows.refuse(number, "The line is no JSON object.", text)
            yield from rows.batches(piece.first - 1, piece.position, piece.total)
        if broken := self._file.end():
            yield broken

    def newest(self) -> datetime | None:
        """The time of the latest record in it, UTC without zone."""
        return _newest(self.batches())


class OwnCsv:
    """CSV with a line of names, plain or gzip; positions are lines, so that quoted values may hold ends of lines."""

    format = FORMAT

    def __init__(self, path: Path) -> None:
        self._file = LineFile(path)

    def batches(self, position: int = 0) -> Iterator[Batch]:
        total = [0]
        lines = self._lines(total)
        reader = csv.reader(lines)
        try:
            names = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
        except csv.Error:
            # Then no line fits what the first one names.
            names = []
        rows, count, before = _Rows(), 0, max(position, reader.line_num)
        end = before
        while True:
            begun = reader.line_num + 1
            try:
                values = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                values = []
                if reader.line_num > position:
                    rows.refuse(begun, f"The line is no CSV ({error}).", "")
            end = reader.line_num
            if end <= position or not values:
                continue
            sample = ",".join(values)
            if len(values) != len(names):
                rows.refuse(
                    begun, f"The line has {len(values)} values, the first line names {len(names)}.", sample
                )
            else:
                rows.add(begun, dict(zip(names, values, strict=True)), sample)
            count += 1
            if count >= ROWS:
                yield from rows.batches(before, end, max(end, total[0]))
                rows, count, before = _Rows(), 0, end
        yield from rows.batches(before, end, end)
        if broken := self._file.end():
            yield broken

    def _lines(self, total: list[int]) -> Iterator[str]:
        for piece in self._file.pieces(least=ROWS):
            total[0] = piece.total
            for line in piece.lines:
                yield line + "\n"

    def newest(self) -> datetime | None:
        """The time of the latest record in it, UTC without zone."""
        return _newest(self.batches())


class OwnParquet:
    """Parquet; positions are rows."""

    format = FORMAT

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = parquet.opened(path)

    def batches(self, position: int = 0) -> Iterator[Batch]:
        total, number = self._file.metadata.num_rows, 0
        for part in self._parts():
            end = number + part.num_rows
            if end > position:
                rows = _Rows()
                for at, found in enumerate(part.to_pylist(maps_as_pydicts="lossy"), number + 1):
                    if at > position:
                        rows.add(
                            at, flattened(found), f"{found.get('time') or ''} {found.get('eventName') or ''}"
                        )
                yield from rows.batches(max(number, position), end, total)
            number = end

    def _parts(self) -> Iterator[Any]:
        try:
            yield from self._file.iter_batches(ROWS)
        except (pyarrow.ArrowException, OSError) as error:
            raise parquet.unreadable(self._path, error) from None

    def newest(self) -> datetime | None:
        """The time of the latest record in it, UTC without zone."""
        return _newest(self.batches())
