"""The aggregate engine: a question in the contract's words → an answer from the warehouse. No Django inside."""

from typing import Any

from journeyserver.engine import compile as compiling
from journeyserver.engine import plan, query, result
from journeyserver.engine.backends.base import Backend


def answer(backend: Backend, body: object) -> dict[str, Any]:
    """The answer to a JSON question. Raises InvalidQuery, TooManyCells, QueryStopped, WarehouseError."""
    asked = query.parse(body)
    statement = compiling.to_sql(plan.make(asked), backend.words)
    cursor = backend.cursor()
    try:
        return result.shape(asked, cursor.batches(statement.sql, statement.parameters))
    finally:
        cursor.close()
