"""Whole columns, each different value or combination of values looked at once and not once per row."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy
import pyarrow
from pyarrow import compute

from journeyserver.engine.arrow import whole

# Up to so many different numbers are told apart by counting them, more by sorting the rows.
_COUNTED = 2**22


def is_empty(column: Any) -> Any:
    """Which rows of a column of texts have none, or one without a letter."""
    column = whole(column)
    if not pyarrow.types.is_dictionary(column.type):
        return compute.fill_null(compute.equal(column, ""), True)
    return compute.fill_null(is_empty(column.dictionary).take(column.indices), True)


def only_where(wanted: Any, column: Any) -> Any:
    """The column with nothing in the rows that are not wanted."""
    column = whole(column)
    if not pyarrow.types.is_dictionary(column.type):
        return compute.if_else(wanted, column, None)
    return pyarrow.DictionaryArray.from_arrays(
        compute.if_else(wanted, column.indices, None), column.dictionary
    )


def with_found(column: Any, found: Any) -> Any:
    """The column with what was found, a column of numbered texts, in those rows where it has nothing."""
    column = whole(column)
    empty = is_empty(column)
    if not pyarrow.types.is_dictionary(column.type):
        return compute.if_else(empty, found.cast(column.type), column)
    texts = pyarrow.concat_arrays([column.dictionary, found.dictionary]).dictionary_encode()
    later = compute.add(found.indices, len(column.dictionary))
    at = texts.indices.take(compute.if_else(empty, later, column.indices))
    return pyarrow.DictionaryArray.from_arrays(at, texts.dictionary)


def codes(column: Any) -> tuple[Any, list[Any]]:
    """A number for each row of an Arrow column, and what each number stands for; 0 stands for nothing."""
    numbers, values = numbered(column)
    return numbers, [None, *values.to_pylist()]


def numbered(column: Any) -> tuple[Any, Any]:
    """The same with the values in an Arrow column, in which that of number 1 comes first."""
    told = whole(column)
    if not pyarrow.types.is_dictionary(told.type):
        told = told.dictionary_encode()
    numbers = told.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(numpy.int64) + 1
    return numbers, told.dictionary


def combined(columns: Sequence[Any]) -> tuple[Any, list[tuple[Any, ...]]]:
    """The same for several columns: a number per row, and the values that each number stands for."""
    numbers, values = codes(columns[0])
    rows: list[tuple[Any, ...]] = [(value,) for value in values]
    for column in columns[1:]:
        more, others = codes(column)
        found, numbers = renumbered(numbers * len(others) + more, len(rows) * len(others))
        rows = [(*rows[each // len(others)], others[each % len(others)]) for each in found.tolist()]
    return numbers, rows


def renumbered(numbers: Any, below: int) -> tuple[Any, Any]:
    """Which numbers there are (all below this one), in order, and for each row the place of its number among them."""
    if below > _COUNTED:
        found, places = numpy.unique(numbers, return_inverse=True)
        return found, places
    there = numpy.bincount(numbers, minlength=below) > 0
    return numpy.flatnonzero(there), (numpy.cumsum(there) - 1)[numbers]


def worked_out(columns: Sequence[Any], function: Callable[..., Sequence[str | None]]) -> list[Any]:
    """What `function` says of the values of each row: an Arrow column of texts for each of its answers.

    `function` is asked once per combination that there is; a value that is missing is None.
    """
    numbers, rows = combined(columns)
    there, numbers = renumbered(numbers, len(rows))
    return spread([function(*rows[each]) for each in there.tolist()], numbers)


def spread(answers: Sequence[Sequence[str | None]], numbers: Any) -> list[Any]:
    """A column for each place of the answers; `numbers` says which answer each row has. No text is copied: rows are numbers."""
    return [
        _numbered(pyarrow.array(column, pyarrow.string()), numbers) for column in zip(*answers, strict=True)
    ]


def _numbered(texts: Any, numbers: Any) -> Any:
    different = texts.dictionary_encode()
    at = different.indices.fill_null(-1).to_numpy(zero_copy_only=False)[numbers]
    at = pyarrow.array(at, mask=at < 0 if texts.null_count else None)
    return pyarrow.DictionaryArray.from_arrays(at, different.dictionary)
