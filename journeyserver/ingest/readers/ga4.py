"""Google Analytics 4's event export (one row per event), as Parquet or as NDJSON, with parameters in columns or nested as BigQuery has them.

Both go through one SELECT (ga4_columns.py) as Arrow tables. What is kept, renamed and left out,
and how the quirks of the obfuscated public sample are read, is said in docs/importing.md.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy
import orjson
import pyarrow
from pyarrow import compute

from journeyserver.ingest.incoming import Batch, Refused, Unreadable
from journeyserver.ingest.readers import ga4_columns, ga4_items, ga4_nested, parquet
from journeyserver.ingest.readers.ga4_columns import COLUMNS, NEEDED, TEXTS, Mapped
from journeyserver.ingest.readers.lines import LineFile, Piece, masked

FORMAT = "ga4"
SHOWN = 100
ROWS = 2 * 122_880  # two row groups of DuckDB's: one for each thread
# Rows that are decoded at once; and how many of one moment are looked through for its end.
_DECODED, _ONE_MOMENT = 30_720, 5_000


class Ga4Parquet:
    """An export as Parquet; positions are rows."""

    format = FORMAT

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = parquet.opened(path, TEXTS)
        try:
            self._connection = duckdb.connect(config={"threads": 2})
            self._connection.register("rows", self._file.schema_arrow.empty_table())
            types = {row[0]: row[1] for row in self._connection.execute("DESCRIBE rows").fetchall()}
        except duckdb.Error as error:
            raise parquet.unreadable(path, error) from None
        self._total = self._file.metadata.num_rows
        if missing := [name for name in NEEDED if name not in types]:
            raise Unreadable(f"{path} has no column {missing[0]}: it is no export of Google Analytics 4.")
        if not types.get("event_params", "[]").endswith("[]"):
            raise Unreadable(
                f"{path} has its lists wrapped, as older exports of BigQuery do. Export it again with list inference, or as JSON."
            )
        self._mapped = Mapped(types)

    def batches(self, position: int = 0) -> Iterator[Batch]:
        try:
            yield from self._batches(position)
        except (pyarrow.ArrowException, OSError, duckdb.Error) as error:
            raise parquet.unreadable(self._path, error) from None

    def _batches(self, position: int) -> Iterator[Batch]:
        with ThreadPoolExecutor(1, "reader") as beside:
            beside.submit(ga4_columns.get_ready)
            for rows in self._pieces(position):
                before, position = position, position + rows.num_rows
                read = self._mapped.read(self._connection, rows)
                good = ga4_columns.are_good(read)
                refused: tuple[Refused, ...] = ()
                more = 0
                if not compute.all(good).as_py():
                    refused, more = _refused(read.filter(compute.invert(good)))
                    read = read.filter(good)
                events, outcomes = ga4_columns.events(read, beside), ga4_columns.outcomes(read)
                # Nothing is kept of a piece while the next one is read.
                del rows, read, good
                first = Batch("events", events, before, self._total, refused, more)
                del events
                yield first
                del first
                yield Batch("outcomes", outcomes, position, self._total)

    def _pieces(self, position: int) -> Iterator[Any]:
        """The rows behind `position` with their number in the file, in tables that end between two moments: what happened in
        one moment tells together where a visitor came from."""
        groups, before = self._groups(position)
        left = self._total - position
        held: list[Any] = []
        number = before + 1
        for batch in self._file.iter_batches(_DECODED, groups, self._leaves()):
            numbers = pyarrow.array(numpy.arange(number, number + batch.num_rows))
            number += batch.num_rows
            batch = batch.append_column("number", numbers)
            held.append(batch.slice(max(0, position - (number - batch.num_rows - 1))))
            # A rest that is small goes along with the last piece.
            while left > ROWS * 5 // 4 and sum(each.num_rows for each in held) >= min(
                ROWS + _ONE_MOMENT, left
            ):
                whole = pyarrow.Table.from_batches(held)
                end = _end(whole)
                held = whole.slice(end).to_batches()
                whole = whole.slice(0, end)
                yield whole
                left -= end
                del whole
        if left:
            yield pyarrow.Table.from_batches(held)

    def _groups(self, position: int) -> tuple[list[int], int]:
        """The row groups that hold what is behind this row, and how many rows are before them."""
        before = 0
        for group in range(self._file.num_row_groups):
            rows = self._file.metadata.row_group(group).num_rows
            if before + rows > position:
                return list(range(group, self._file.num_row_groups)), before
            before += rows
        return [], before

    def _leaves(self) -> list[str]:
        """The columns that are read, and of the items the fields that are."""
        schema = self._file.schema
        paths = [schema.column(number).path for number in range(len(schema))]
        read = [path for path in paths if _is_read(path.split("."))]
        whole = [path for path in paths if path.split(".")[0] == "items"]
        return read if set(read) & set(whole) else read + whole

    def newest(self) -> datetime | None:
        """The time of its latest event, UTC without zone."""
        latest = None
        for batch in self._file.iter_batches(columns=["event_timestamp"]):
            found = compute.max(compute.cast(batch.column(0), pyarrow.int64())).as_py()
            latest = found if latest is None else max(latest, found or latest)
        return None if latest is None else datetime.fromtimestamp(latest / 1e6, UTC).replace(tzinfo=None)


def _refused(rows: Any) -> tuple[tuple[Refused, ...], int]:
    shown = rows.slice(0, SHOWN).select(("number", "event_timestamp", "event_name")).to_pylist()
    return tuple(_refusal(**row) for row in shown), rows.num_rows - len(shown)


def _refusal(number: int, event_timestamp: int | None, event_name: str | None) -> Refused:
    sample = masked(f"{event_timestamp or ''} {event_name or ''}".strip())
    return Refused(number, _missing(event_timestamp, event_name), sample)


def _is_read(path: Sequence[str]) -> bool:
    if path[0] == "items" and len(path) > 1:
        return path[-1] in ga4_items.FIELDS
    return path[0] in COLUMNS or path[0] in ga4_nested.COLUMNS


def _end(rows: Any) -> int:
    """Where a piece of these rows ends: behind the moment that its last row belongs to."""
    moments = rows.column("event_timestamp").slice(ROWS - 1, _ONE_MOMENT).to_pylist()
    other = next((at for at, moment in enumerate(moments) if moment != moments[0]), len(moments))
    return ROWS - 1 + other


def _missing(moment: Any, name: Any) -> str:
    if moment is None:
        return "There is no event_timestamp."
    return "There is no user_pseudo_id." if name else "There is no event_name."


class Ga4Lines:
    """An export as NDJSON, plain or gzip; positions are lines."""

    format = FORMAT

    def __init__(self, path: Path) -> None:
        self._file = LineFile(path)

    def batches(self, position: int = 0) -> Iterator[Batch]:
        for piece in self._file.pieces(position, least=100_000):
            yield from self._batches(piece)
        if broken := self._file.end():
            yield broken

    def _batches(self, piece: Piece) -> Iterator[Batch]:
        rows: list[dict[str, Any]] = []
        refused: list[Refused] = []
        for number, text in enumerate(piece.lines, piece.first):
            if not text.strip():
                continue
            try:
                rows.append(raw_row(text, number))
            except ValueError as error:
                refused.append(Refused(number, str(error), masked(text)))
        table = pyarrow.Table.from_pylist(rows, schema=_RAW)
        with duckdb.connect(config={"threads": 2}) as connection:
            read = Mapped(COLUMNS).read(connection, table)
        with ThreadPoolExecutor(1, "reader") as beside:
            events, outcomes = ga4_columns.events(read, beside), ga4_columns.outcomes(read)
        shown, more = tuple(refused[:SHOWN]), max(0, len(refused) - SHOWN)
        yield Batch("events", events, piece.first - 1, piece.total, shown, more)
        yield Batch("outcomes", outcomes, piece.position, piece.total)

    def newest(self) -> datetime | None:
        """The time of its latest event, UTC without zone."""
        latest = None
        for piece in self._file.pieces():
            for number, text in enumerate(piece.lines, piece.first):
                try:
                    moment = raw_row(text, number)["event_timestamp"]
                except ValueError:
                    continue
                latest = max(latest or moment, moment)
        return None if latest is None else datetime.fromtimestamp(latest / 1e6, UTC).replace(tzinfo=None)


_KINDS: Mapping[str, tuple[Any, Callable[[Any], Any]]] = {
    "BIGINT": (pyarrow.int64(), int),
    "DOUBLE": (pyarrow.float64(), float),
    "VARCHAR": (pyarrow.string(), str),
    "BOOLEAN": (pyarrow.bool_(), bool),
}
_RAW = pyarrow.schema(
    [("number", pyarrow.int64())]
    + [(name, ga4_items.TYPE if name == "items" else _KINDS[type_][0]) for name, type_ in COLUMNS.items()]
)


def raw_row(text: str, number: int) -> dict[str, Any]:
    """A line as a row of the export. Raises ValueError with one sentence."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("The line is no JSON.") from None
    if not isinstance(found, dict):
        raise ValueError("The line is no JSON object.")
    row: dict[str, Any] = {"number": number}
    for name, value in ga4_nested.flat(found).items():
        type_ = COLUMNS.get(name)
        if type_ is None or value is None:
            continue
        if name == "items":
            row[name] = _read_items(value)
            continue
        try:
            row[name] = _KINDS[type_][1](value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"The {name} is no number.") from None
    for name in NEEDED:
        if row.get(name) in (None, ""):
            raise ValueError(f"There is no {name}.")
    if not 0 <= row["event_timestamp"] < 2**62:
        raise ValueError("The event_timestamp is no time in microseconds.")
    return row


def _read_items(value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("The items are no list of objects.")
    return [
        {name: str(item[name]) for name in ga4_items.FIELDS if item.get(name) is not None} for item in value
    ]
