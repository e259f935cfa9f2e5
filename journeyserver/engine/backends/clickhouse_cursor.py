"""Reading ClickHouse: statements, their answers as DuckDB would give them, and what went wrong as a sentence."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import duckdb
import pyarrow

from journeyserver.engine.backends.base import Busy, QueryStopped, WarehouseError
from journeyserver.engine.backends.clickhouse_tables import Prepared, State, prepare

if TYPE_CHECKING:
    from journeyserver.engine.backends.clickhouse import ClickBackend

log = logging.getLogger("journeyserver.clickhouse")

_CANCELLED = "(QUERY_WAS_CANCELLED)"


def _sentence(error: Exception, place: str) -> WarehouseError:
    if isinstance(error, WarehouseError):
        return error
    text = " ".join(str(error).split())[:400]
    if _CANCELLED in text:
        return QueryStopped("The query was stopped.")
    if "EmbeddedServer already initialized" in text:
        return WarehouseError(f"{place} cannot be opened: this process has another chdb open already.")
    # In its folder's lock chdb has no words of its own for the error, only on standard error.
    if "Error initializing EmbeddedServer" in text:
        return Busy(f"{place} is in use by another process, which owns it. Stop it, or work through it.")
    return WarehouseError(f"The warehouse {place} answered: {text}")


@contextmanager
def told(place: str) -> Iterator[None]:
    from clickhouse_connect.driver.exceptions import ClickHouseError

    try:
        yield
    except (ClickHouseError, duckdb.Error) as error:
        raise _sentence(error, place) from error


def plain(table: Any) -> Any:
    """An Arrow table as DuckDB would give it: times without a zone, whole numbers with a sign."""
    for number, field in enumerate(table.schema):
        if (pyarrow.types.is_timestamp(field.type) and field.type.tz) or pyarrow.types.is_date(field.type):
            plain = table.column(number).cast(pyarrow.timestamp("us"))
        elif pyarrow.types.is_unsigned_integer(field.type):
            plain = table.column(number).cast(pyarrow.int64())
        else:
            continue
        table = table.set_column(number, field.name, plain)
    return table


def columns(table: Any) -> dict[str, list[Any]]:
    """Plain Python values by column; ids as text."""
    found: dict[str, list[Any]] = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        values = column.to_pylist()
        if "uuid" in str(field.type):
            values = [_id_text(value) for value in values]
        found[field.name] = values
    return found


def _id_text(value: Any) -> Any:
    if isinstance(value, list):
        return [str(part) for part in value]
    return value if value is None else str(value)


class ClickCursor:
    """A reader of its own connection. Each statement sees the last transaction that was true when it began."""

    def __init__(self, backend: "ClickBackend", client: Any, state: State | None = None) -> None:
        """With a `state`, all statements see that one; whoever gives it keeps it (ClickBackend.reading)."""
        self._backend = backend
        self._client = client
        self._state = state
        self._spoiled = False
        self._mark = f"/* journeyserver {uuid4()} */ "

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> dict[str, list[Any]]:
        return columns(self.table(sql, parameters))

    def table(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        with self._asking(sql, parameters) as made:
            return plain(self._client.query_arrow(self._mark + made.sql, made.parameters))

    def tables(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Any]:
        with (
            self._asking(sql, parameters) as made,
            self._client.query_arrow_stream(self._mark + made.sql, made.parameters) as stream,
        ):
            for batch in stream:
                if batch.num_rows:
                    yield plain(pyarrow.Table.from_batches([batch]))

    @contextmanager
    def _asking(self, sql: str, parameters: Sequence[Any]) -> Iterator[Prepared]:
        if self._spoiled:
            self._client.close()
            self._client, self._spoiled = self._backend.connect(), False
        with self._backend.reading() as state, told(self._backend.place):
            try:
                yield prepare(sql, parameters, self._state or state)
            except BaseException:
                # After a query that was stopped, chdb answers the next one of the same connection with nothing.
                self._spoiled = True
                raise

    def cancel(self) -> None:
        try:
            self._backend.ask_aside(f"KILL QUERY WHERE startsWith(query, '{self._mark.strip()}')")
        except WarehouseError as error:
            log.warning("A query could not be stopped: %s", error)

    def close(self) -> None:
        if self._spoiled:
            self._client.close()
        else:
            self._backend.keep(self._client)
