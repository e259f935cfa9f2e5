"""Arrow's columns, as the engine hands them out and files bring them."""

from typing import Any

import pyarrow


def whole(column: Any) -> Any:
    """A column in one piece; to combine a single one would copy it."""
    if not isinstance(column, pyarrow.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
