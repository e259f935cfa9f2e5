"""Google Analytics 4's event export (one row per event), as Parquet or as NDJSON, with parameters in columns or nested as BigQuery has them.

Both go through one SELECT, below: Parquet is read by DuckDB itself, lines become a table first. What is kept, renamed and left out,
and how the quirks of the obfuscated public sample are read, is said in docs/importing.md.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow

from journeyserver.ingest.incoming import Batch, Refused, Select, Unreadable
from journeyserver.ingest.readers import ga4_nested
from journeyserver.ingest.readers.ga4_columns import COLUMNS, GOOD, ITEM_FIELDS, NEEDED, Mapped, literal
from journeyserver.ingest.readers.lines import LineFile, Piece, masked

FORMAT = "ga4"
SHOWN = 100
ROWS = 2 * 122_880  # two row groups of DuckDB's: one for each thread


class Ga4Parquet:
    """An export as Parquet; positions are rows."""

    format = FORMAT

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._connection = duckdb.connect(config={"threads": 2})
        try:
            types = {
                row[0]: row[1]
                for row in self._ask(f"DESCRIBE SELECT * FROM read_parquet({literal(self._path)})")
            }
            self._total = int(self._ask(f"SELECT count(*) FROM read_parquet({literal(self._path)})")[0][0])
            if missing := [name for name in NEEDED if name not in types]:
                raise Unreadable(f"{path} has no column {missing[0]}: it is no export of Google Analytics 4.")
            if not types.get("event_params", "[]").endswith("[]"):
                raise Unreadable(
                    f"{path} has its lists wrapped, as older exports of BigQuery do. Export it again with list inference, or as JSON."
                )
            self._mapped = Mapped(
                types, lambda sql: self._ask(sql.replace("FROM rows", f"FROM {self._source(0, self._total)}"))
            )
        except duckdb.Error as error:
            raise Unreadable(f"{path} cannot be read as Parquet ({str(error).splitlines()[0]}).") from None

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self._connection.execute(sql).fetchall())

    def _source(self, first: int, last: int) -> str:
        """The rows from `first` to before `last`."""
        rows = f"read_parquet({literal(self._path)}, file_row_number = true)"
        return (
            rows
            if last - first >= self._total
            else f"(FROM {rows} WHERE file_row_number >= {first} AND file_row_number < {last})"
        )

    def batches(self, position: int = 0) -> Iterator[Batch]:
        while position < self._total:
            end = self._end(position)
            source = self._source(position, end)
            refused, more = self._refused(source)
            number = "file_row_number + 1"
            yield Batch(
                "events", Select(self._mapped.events(source, number)), position, self._total, refused, more
            )
            yield Batch("outcomes", Select(self._mapped.outcomes(source, number)), end, self._total)
            position = end

    def _end(self, position: int) -> int:
        """Where the next piece ends: not between rows of one moment, which tell together where a visitor came from."""
        end = position + ROWS
        if end >= self._total:
            return self._total
        rows = self._ask(
            f"SELECT file_row_number, event_timestamp FROM {self._source(end - 1, min(end + 5_000, self._total))} ORDER BY 1"
        )
        return int(next((number for number, moment in rows if moment != rows[0][1]), rows[-1][0] + 1))

    def _refused(self, source: str) -> tuple[tuple[Refused, ...], int]:
        rows = self._ask(
            "SELECT file_row_number + 1, event_timestamp, event_name, count(*) OVER () "
            f"FROM (SELECT file_row_number, {self._mapped.columns} FROM {source}) WHERE ({GOOD}) IS NOT TRUE "
            f"ORDER BY 1 LIMIT {SHOWN}"
        )
        refused = tuple(
            Refused(number, _missing(moment, name), masked(f"{moment or ''} {name or ''}".strip()))
            for number, moment, name, _ in rows
        )
        return refused, int(rows[0][3]) - len(refused) if rows else 0

    def newest(self) -> datetime | None:
        """The time of its latest event, UTC without zone."""
        (latest,) = self._ask(f"SELECT max(event_timestamp) FROM read_parquet({literal(self._path)})")[0]
        return None if latest is None else datetime.fromtimestamp(latest / 1e6, UTC).replace(tzinfo=None)


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
            connection.register("rows", table)
            mapped = Mapped(COLUMNS, lambda sql: connection.execute(sql).fetchall())
            events = connection.sql(mapped.events("rows", "number")).to_arrow_table()
            outcomes = connection.sql(mapped.outcomes("rows", "number")).to_arrow_table()
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
_ITEMS = pyarrow.list_(pyarrow.struct([(name, pyarrow.string()) for name in ITEM_FIELDS]))
_RAW = pyarrow.schema(
    [("number", pyarrow.int64())]
    + [(name, _ITEMS if name == "items" else _KINDS[type_][0]) for name, type_ in COLUMNS.items()]
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
    return [{name: str(item[name]) for name in ITEM_FIELDS if item.get(name) is not None} for item in value]
