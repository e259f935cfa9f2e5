"""Maps that came as structures: a field for each name, empty where a row does not have it.

DuckDB makes a map of a structure whose fields are known in a fraction of the time that it takes for a map of which it must
first see that no name comes twice. So rows are told apart by which fields they have, which are few different shapes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy
import pyarrow

from journeyserver.engine.arrow import whole

EMPTY = "NULL::MAP(VARCHAR, VARCHAR)"
# Shapes with a branch of their own; rows of rarer ones go a slower way.
_SHAPES = 32


def shapes(columns: Sequence[Any]) -> Any:
    """A number for each row that says which of these Arrow columns it has: bit 0 is the first."""
    numbers = numpy.zeros(len(columns[0]), numpy.int64)
    for place, column in enumerate(columns):
        if column.null_count < len(column):
            numbers |= column.is_valid().to_numpy(zero_copy_only=False).astype(numpy.int64) << place
    return numbers


def taken_apart(rows: Any, name: str) -> tuple[Any, str, dict[str, str]]:
    """The rows with the fields of a structure of texts as columns of their own, SQL of the map over those, and which column
    each name has got."""
    said = whole(rows.column(name))
    fields = [(field.name, said.field(place)) for place, field in enumerate(said.type)]
    fields = [(key, column) for key, column in fields if column.null_count < len(column)]
    rows = rows.drop_columns([name])
    if not fields:
        return rows, EMPTY, {}
    numbers = shapes([column for _, column in fields])
    rows = rows.append_column(f"{name}_shape", pyarrow.array(numbers))
    for place, (_, column) in enumerate(fields):
        rows = rows.append_column(f"{name}_{place}", column)
    named = {key: f"{name}_{place}" for place, (key, _) in enumerate(fields)}
    entries = [(_quoted(key), column) for key, column in named.items()]
    found, counts = numpy.unique(numbers[numbers > 0], return_counts=True)
    common = found[numpy.argsort(-counts)][:_SHAPES].tolist()
    branches = [f"WHEN {shape} THEN {_structure(entries, shape)}" for shape in common]
    present = "list_filter([{}], lambda text: text IS NOT NULL)"
    keys = ", ".join(f"CASE WHEN {column} IS NOT NULL THEN {key} END" for key, column in entries)
    other = f"MAP({present.format(keys)}, {present.format(', '.join(column for _, column in entries))})"
    return rows, f"CASE {name}_shape WHEN 0 THEN NULL {' '.join(branches)} ELSE {other} END", named


def of_columns(named: Mapping[str, str]) -> str:
    """SQL of a map of these names, each with what its column has; a name that has nothing there is as good as none."""
    fields = ", ".join(f"{_quoted(name)}: {column}" for name, column in named.items())
    return f"CAST({{{fields}}} AS MAP(VARCHAR, VARCHAR))" if named else EMPTY


def _quoted(name: str) -> str:
    return f"'{name.replace(chr(39), chr(39) * 2)}'"


def _structure(entries: Sequence[tuple[str, str]], shape: int) -> str:
    fields = ", ".join(
        f"{key}: {column}" for place, (key, column) in enumerate(entries) if shape >> place & 1
    )
    return f"CAST({{{fields}}} AS MAP(VARCHAR, VARCHAR))"
