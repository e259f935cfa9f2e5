"""Whole columns, each different value or combination of values looked at once and not once per row."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy
import pyarrow

# Up to so many different numbers are told apart by counting them, more by sorting the rows.
_COUNTED = 2**22


def codes(column: Any) -> tuple[Any, list[Any]]:
    """A number for each row of an Arrow column, and what each number stands for; 0 stands for nothing."""
    whole = column.combine_chunks() if isinstance(column, pyarrow.ChunkedArray) else column
    if not pyarrow.types.is_dictionary(whole.type):
        whole = whole.dictionary_encode()
    numbers = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(numpy.int64) + 1
    return numbers, [None, *whole.dictionary.to_pylist()]


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
    """A column for each place of the answers; `numbers` says which answer each row has."""
    at = pyarrow.array(numbers, pyarrow.int32())
    return [pyarrow.array(column, pyarrow.string()).take(at) for column in zip(*answers, strict=True)]
