"""Rows as CSV that a spreadsheet shows and never runs.

https://owasp.org/www-community/attacks/CSV_Injection: a cell that begins with one of these may be taken for a formula.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Tells spreadsheets that what follows is UTF-8.
MARK = "\ufeff"


def harmless(value: Any) -> Any:
    """A text that would be a formula with an apostrophe before it; numbers as they are, nothing as an empty cell."""
    if value is None:
        return ""
    if isinstance(value, str) and value.lstrip(" ").startswith(RISKY):
        return f"'{value}"
    return value


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """One text a row (RFC 4180, with the mark before the first); for a streamed download."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield MARK
    for row in rows:
        writer.writerow([harmless(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
