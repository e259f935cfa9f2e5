"""What a reader yields: rows of one kind, in columns that every format is turned into.

A reader may leave out any column that its format does not know; a missing column counts as empty. A map may come as a
structure of texts with a field for each name (maps.py), which costs less. Names follow the one
rule of docs/architecture.md (`page.url` → `page_url`, `journeyActionMapId` → `journey_action_map_id`); times are UTC
without zone, in microseconds; ids are UUIDs as text.

**What is derived later, once, for every source.** A reader gives `page_url`, `referrer_url` and `user_agent` as they
came; intake fills from the distinct ones whatever is empty beside them:

    page_url              → page_hostname page_domain page_pathname page_query_string page_fragment    pages.py
    page_url              → mkt_campaign_*, where all of them are empty                                campaigns.py
    referrer_url (+ page) → referrer_hostname referrer_medium referrer_keywords                        referrers.py
    user_agent            → device_category device_type device_os_family browser_family browser_version  agents.py

A reader that knows better (GA4 has columns for all of it) fills them itself, and they are left alone.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import pyarrow

from journeyserver.engine.columns import (
    CONTEXT_COLUMNS,
    DIMENSION_COLUMNS,
    FACTS,
    JOURNEY_COLUMNS,
    Column,
)

Kind = Literal["events", "actions", "blocks", "outcomes"]
KINDS: tuple[Kind, ...] = ("events", "actions", "blocks", "outcomes")

# Raw IP addresses have no column: a reader turns them into a customer id that cannot be turned back.
_EVENTS = (
    Column("number", "bigint"),  # line or row in the file; events of one customer and time keep this order
    Column("ts", "time"),  # when it happened; needed
    Column("stream", "text"),  # Web (the default) or App
    Column("customer_id", "text"),  # needed
    Column("customer_id_type", "text"),  # cookie is the default
    *(Column(name, "text") for name in JOURNEY_COLUMNS.values()),  # event_name is needed
    *(Column(name, "text") for name in CONTEXT_COLUMNS.values() if name != "authenticated"),
    Column("referrer_keywords", "text"),
    Column("user_agent", "text"),  # read, never stored
    Column("authenticated", "boolean"),
    # name → value, both text; the types (string, number, integer, boolean) under the same names.
    Column("attributes", "map"),
    Column("attribute_types", "map"),
    Column("traits", "map"),
    Column("trait_types", "map"),
    Column("external_id", "text"),
)

# Whose it is: the visit itself, or the customer, whose latest visit begun by then is taken.
_WHOSE = (
    Column("number", "bigint"),
    Column("ts", "time"),
    Column("customer_id", "text"),
    Column("journey_session_id", "text"),
)
_TYPES = {column.name: column.type for column in FACTS.columns}


def _dimensions(prefixes: tuple[str, ...]) -> tuple[Column, ...]:
    """The dimensions whose names begin or end so; ids as text."""
    return tuple(
        Column(column, {"uuid": "text", "uuids": "texts"}.get(_TYPES[column], _TYPES[column]))  # type: ignore[arg-type]
        for name, column in DIMENSION_COLUMNS.items()
        if name.startswith(prefixes) or name.endswith(prefixes)
    )


_ACTION = _dimensions(("journeyAction",))

# A report that an action entered a state (contract §11.5). The map, target and so on of its first report stay.
_ACTIONS = (
    *_WHOSE,
    Column("action_state", "text"),
    *_ACTION,
    Column("journey_frequency_cap_reason", "text"),
    Column("error_code", "text"),
    Column("error_message", "text"),
)
# An action that qualified and was held back: reason, what blocked it, and the page conditions it was held back by.
_BLOCKS = (*_WHOSE, *_ACTION, *_dimensions(("journeyBlocking", "journeyFrequencyCapReason", "Condition")))
# An outcome achieved, or attributed to a touchpoint; `value` is what it was worth, empty where nobody said.
_OUTCOMES = (
    *_WHOSE,
    Column("outcome", "text"),  # achieved (the default) or attributed
    Column("value", "double"),
    Column("journey_outcome_id", "text"),
    *_dimensions(("touchpoint",)),
)

COLUMNS: Mapping[Kind, tuple[Column, ...]] = MappingProxyType(
    {"events": _EVENTS, "actions": _ACTIONS, "blocks": _BLOCKS, "outcomes": _OUTCOMES}
)

_ARROW: Mapping[str, Any] = MappingProxyType(
    {
        "text": pyarrow.string(),
        "time": pyarrow.timestamp("us"),
        "bigint": pyarrow.int64(),
        "double": pyarrow.float64(),
        "boolean": pyarrow.bool_(),
        "texts": pyarrow.list_(pyarrow.string()),
        "map": pyarrow.map_(pyarrow.string(), pyarrow.string()),
    }
)
SCHEMAS: Mapping[Kind, Any] = MappingProxyType(
    {
        kind: pyarrow.schema([(column.name, _ARROW[column.type]) for column in columns])
        for kind, columns in COLUMNS.items()
    }
)


@dataclass(frozen=True)
class Refused:
    """A line or row that was not taken in: where it stands in the file, one sentence on why, and what it began with
    (shortened; addresses of people masked by whoever makes it)."""

    number: int
    reason: str
    sample: str = ""


@dataclass(frozen=True)
class Laid:
    """Rows that were made ready: an Arrow table that numbers them by `row`, and how to read from it what they have.

    `columns` are SQL over the table; `fields` name, for a map that came as a structure, the table's column of each of its names.
    """

    table: "pyarrow.Table"
    columns: Mapping[str, str]
    fields: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Batch:
    """Rows of one kind and how far the file has been read with them.

    `position` and `total` are in a unit of the reader's own (bytes, rows); `position` given back to the reader makes it
    go on behind this batch. A file that mixes kinds yields a batch per kind; the last one of a piece carries the new
    position, and the others the old one. `skipped` counts lines left out on purpose (robots, images), `refused` are
    those that cannot be read: at most some hundred are kept with their text, `refused_more` counts the others.
    """

    kind: Kind
    rows: "pyarrow.Table | Laid | None"
    position: int
    total: int
    refused: tuple[Refused, ...] = ()
    refused_more: int = 0
    skipped: int = 0
    # Why they were left out, in words for a person → how many.
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Options:
    """How a file is to be read. `shift` seconds are added to every time (by intake, not by readers)."""

    shift: int = 0
    with_robots: bool = False
    # A site's own address, for logs, whose lines hold only the path.
    site: str = ""
    more: Mapping[str, str] = field(default_factory=dict)


def is_site(text: str) -> bool:
    """Whether this is a site's address, such as https://www.example.com, before which a path can stand."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    rest = parts.query or parts.fragment or re.search(r"\s", text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not rest


class Reader(Protocol):
    """A file opened for reading, its format known: what `readers.open_file(path, format, options)` gives.

    `format` is the format's name as it is typed (`combined`, `ga4`, `journey-ndjson`, …). `batches` begins behind
    `position` (0: at the start), in the order of the file, in pieces of some 50,000 to 250,000 rows, and never raises
    for a single bad line. Opening raises Unreadable.
    """

    format: str

    def batches(self, position: int = 0) -> Iterator[Batch]: ...


class Unreadable(Exception):
    """A file that cannot be read at all, or is of no known format; one sentence for a person."""


def table(kind: Kind, rows: Iterable[Mapping[str, Any]]) -> Any:
    """Rows as an Arrow table of this kind; what a row lacks is empty. For live events, tests and small files."""
    return pyarrow.Table.from_pylist([dict(row) for row in rows], schema=SCHEMAS[kind])
