"""A question in the contract's words → an answer from the warehouse."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from journeyserver.engine import compile as compiling
from journeyserver.engine import plan, query, result, rollups
from journeyserver.engine.backends.base import Backend
from journeyserver.engine.result import Answer


class Reader(Protocol):
    """Reads the warehouse, and may be stopped by whoever made it."""

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> Mapping[str, Sequence[Any]]: ...

    def tables(self, sql: str, parameters: Sequence[Any] = ()) -> Iterable[Any]: ...


def answer(backend: Backend, body: object, reader: Reader | None = None) -> Answer:
    """The answer, as JSON, to a JSON question. Raises InvalidQuery, TooManyCells, QueryStopped, WarehouseError.

    `reader` reads in place of a cursor of its own; what it raises goes through.
    """
    asked = query.parse(body)
    if reader is not None:
        return _answer(asked, backend, reader)
    cursor = backend.cursor()
    try:
        return _answer(asked, backend, cursor)
    finally:
        cursor.close()


def _answer(asked: query.Query, backend: Backend, reader: Reader) -> Answer:
    if rollups.table_for(asked) == "facts":
        return _ask(plan.make(asked), backend, reader)
    upto = rollups.last_known(backend, reader.run)
    found = _ask(plan.make(asked, upto), backend, reader)
    if rollups.rolled_up_to(reader.run) == upto:
        return found
    # Somebody has removed facts, or rolled more of them up, since then.
    return _ask(plan.make(asked), backend, reader)


def _ask(planned: plan.Plan, backend: Backend, reader: Reader) -> Answer:
    statement = compiling.to_sql(planned, backend.words)
    return result.write(planned.query, reader.tables(statement.sql, statement.parameters))
