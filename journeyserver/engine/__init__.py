"""The aggregate engine: a question in the contract's words → an answer from the warehouse. No Django inside."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from journeyserver.engine import compile as compiling
from journeyserver.engine import plan, query, result
from journeyserver.engine.backends.base import Backend


class Reader(Protocol):
    """Reads the warehouse, and may be stopped by whoever made it."""

    def batches(self, sql: str, parameters: Sequence[Any] = ()) -> Iterable[Mapping[str, Sequence[Any]]]: ...


def answer(backend: Backend, body: object, reader: Reader | None = None) -> dict[str, Any]:
    """The answer to a JSON question. Raises InvalidQuery, TooManyCells, QueryStopped, WarehouseError.

    `reader` reads in place of a cursor of its own; what it raises goes through.
    """
    asked = query.parse(body)
    statement = compiling.to_sql(plan.make(asked), backend.words)
    if reader is not None:
        return result.shape(asked, reader.batches(statement.sql, statement.parameters))
    cursor = backend.cursor()
    try:
        return result.shape(asked, cursor.batches(statement.sql, statement.parameters))
    finally:
        cursor.close()
