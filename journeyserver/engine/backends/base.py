"""The words that a backend must know. The rest of the engine asks for them and never names an engine."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol


class WarehouseError(Exception):
    """The warehouse cannot be used; the text is one sentence for a person."""


class Busy(WarehouseError):
    """Another process owns the warehouse."""


class QueryStopped(WarehouseError):
    """A query was cancelled or reached its time limit."""


class Words(Protocol):
    """How this engine says what compile.py and predicates.py mean. Arguments and answers are SQL text."""

    def count_if(self, condition: str) -> str: ...

    def distinct_if(self, column: str, condition: str) -> str: ...

    def aggregate_if(self, function: str, column: str, condition: str) -> str: ...

    def microseconds(self, column: str) -> str:
        """A time as a whole number of microseconds since 1970."""
        ...

    def time_literal(self, moment: datetime) -> str: ...

    def number_literal(self, number: float) -> str: ...

    def integer_division(self, left: str, right: str) -> str: ...

    def as_text(self, column: str, type_: str) -> str: ...

    def as_group(self, column: str, type_: str) -> str:
        """What a group is told by: text, or where those are there sooner, the sixteen bytes of a UUID."""
        ...

    def unnest(self, column: str) -> str:
        """A row per different element of a list; one row without a value where it is empty or missing."""
        ...

    def joined(self, column: str, type_: str) -> str:
        """The elements of a list as sorted text joined by commas; null where there is none."""
        ...

    def any_equals(self, column: str, type_: str, parameter: str) -> str:
        """Whether an element of a list equals a text."""
        ...

    def equals(self, column: str, type_: str, parameter: str) -> str: ...

    def is_present(self, column: str, type_: str) -> str: ...

    def folded(self, text: str) -> str:
        """The text with its case folded, as Python's str.casefold does."""
        ...

    def contains(self, text: str, part: str) -> str: ...

    def starts_with(self, text: str, part: str) -> str: ...

    def ends_with(self, text: str, part: str) -> str: ...

    def as_number(self, text: str) -> str:
        """A finite decimal number or null."""
        ...

    def version_key(self, text: str) -> str:
        """Something that orders dotted versions part by part, or null where it is none."""
        ...

    def map_value(self, column: str, parameter: str) -> str: ...

    def nth_smallest(self, number: str, n: int, condition: str) -> str:
        """The n-th smallest of the numbers for which the condition holds, or null where there are fewer."""
        ...

    def in_part(self, column: str, parts: int) -> str:
        """Whether a text falls into the first of so many parts, by a hash of it."""
        ...

    def wide(self, number: str) -> str:
        """The number as one of 128 bits."""
        ...

    def map_keys(self, column: str) -> str:
        """A row per name in a map; none where it is empty or missing."""
        ...

    def histogram(self, number: str) -> str:
        """How often each number occurs, as a map."""
        ...

    def latest(self, column: str, by: str, n: int) -> str:
        """The n values of a column where `by` is largest, as a list."""
        ...


class Cursor(Protocol):
    """A thread's own view of the warehouse: committed data, consistent within a statement."""

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> Mapping[str, Sequence[Any]]:
        """The answer as columns of plain Python values. Raises QueryStopped, WarehouseError."""
        ...

    def tables(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Any]:
        """The answer piece by piece, as Arrow tables."""
        ...

    def cancel(self) -> None:
        """Stops what is running, from any thread."""
        ...

    def close(self) -> None: ...


class Writer(Protocol):
    """The one writer inside its transaction.

    What is to be written is worked out at the `desk`: a DuckDB connection that holds temporary tables only, whatever
    engine keeps the warehouse (for DuckDB, that is the warehouse itself). Tables named below lie on the desk, unless
    they are called tables of the warehouse.
    """

    desk: Any
    words: Words

    def collect(self, into: str, sql: str, parameters: Sequence[Any] = (), keys: Sequence[str] = ()) -> None:
        """Brings the answer to a question about the warehouse to the desk, as the table `into`. The question may also
        read the tables `keys` of the desk."""
        ...

    def as_written(self) -> AbstractContextManager[None]:
        """Within it, the desk joins in the order of the FROM clause, and keeps what stands to the right in memory: for a wide
        table and narrow ones of as many rows, which no planner tells apart."""
        ...

    def ask(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The answer to a question about the warehouse, in rows, with what this transaction has written. For a few rows."""
        ...

    def append(self, table: str, sql: str) -> int:
        """Adds what this SELECT on the desk yields (columns by name, missing ones empty) to a table of the warehouse;
        how many rows that were."""
        ...

    def add(self, table: str, written: Any) -> None:
        """Adds the rows of an Arrow table (columns by name, missing ones empty) to a table of the warehouse."""
        ...

    def replace(self, table: str, key: str, columns: Sequence[str], rows: Any) -> None:
        """Sets these columns, in the warehouse, of the rows whose key is in `rows`: SQL of a table on the desk, or an Arrow
        table."""
        ...

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """A statement over tables of the warehouse alone: INSERT INTO … VALUES, UPDATE, DELETE, or a SELECT in SQL that
        every engine reads."""
        ...


class Sample(Protocol):
    """Some of the customers with all their visits and events, kept where they are read fast: every `parts`-th, by a hash."""

    parts: int

    def tables(self) -> tuple[str, str] | None:
        """The names of its tables of events and of visits, up to date; None while it is being made."""
        ...

    def forget(self) -> None:
        """Drops it: something was removed from the warehouse."""
        ...


class Backend(Protocol):
    """An open warehouse. `name` is the engine's; `commits` counts what was written since it was opened; `keeps_order` says
    whether facts lie in order of kind and time by themselves."""

    name: str
    words: Words
    commits: int
    sample: Sample
    keeps_order: bool

    def cursor(self) -> Cursor: ...

    def transaction(self) -> AbstractContextManager[Any]:
        """The one `Writer`, in a transaction: committed at the end, rolled back when anything is raised."""
        ...

    def copy_to(self, path: Path) -> None:
        """Writes everything, as it is at one moment, to a new file of DuckDB's; others go on meanwhile."""
        ...

    def tidy(self) -> bool:
        """Clears away what nobody can see any more, where that is much; whether anything was done."""
        ...

    def size(self) -> int:
        """Bytes on disk."""
        ...

    def close(self) -> None: ...
