"""What follows from an address or a user agent, worked out once per distinct one and not once per event.

Four pure modules say what follows; each has COLUMNS and one function that gives a value (or None) for each of them:

    pages.parts(page_url)                        campaigns.parts(page_url)
    referrers.parts(referrer_url, page_hostname, campaign medium, campaign network)    agents.parts(user_agent)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pyarrow
from pyarrow import compute

from journeyserver.ingest import agents, campaigns, pages, referrers
from journeyserver.ingest.distinct import is_empty, only_where, with_found, worked_out

_Parts = Callable[..., Sequence[str | None]]


@dataclass(frozen=True)
class Derivation:
    """`columns` follow from `inputs`, where the first of these is there and `lacked` are empty: one of them, or all."""

    columns: tuple[str, ...]
    parts: _Parts
    inputs: tuple[str, ...]
    lacked: tuple[str, ...]
    lacks_all: bool = False


DERIVATIONS = (
    Derivation(pages.COLUMNS, pages.parts, ("page_url",), ("page_hostname",)),
    # A campaign that came with the event is not mixed with one from its address.
    Derivation(campaigns.COLUMNS, campaigns.parts, ("page_url",), campaigns.COLUMNS, True),
    Derivation(
        referrers.COLUMNS,
        referrers.parts,
        ("referrer_url", "page_hostname", "mkt_campaign_medium", "mkt_campaign_network"),
        ("referrer_hostname", "referrer_medium"),
    ),
    Derivation(agents.COLUMNS, agents.parts, ("user_agent",), ("device_category", "browser_family")),
)


def filled(rows: Any) -> Any:
    """The rows, an Arrow table of events (a column that is not there counts as empty), with what follows from what they have."""
    for derivation in DERIVATIONS:
        wanted = _lacking(rows, derivation)
        if wanted is None or not compute.any(wanted).as_py():
            continue
        key, *others = derivation.inputs
        asked = [only_where(wanted, rows.column(key)), *(_column(rows, name) for name in others)]
        found = worked_out(asked, _asking(derivation))
        for name, column in zip(derivation.columns, found, strict=True):
            if column.null_count < len(column):
                rows = _with(rows, name, column)
    return rows


def _asking(derivation: Derivation) -> _Parts:
    nothing = (None,) * len(derivation.columns)

    def parts(key: str | None, *others: str | None) -> Sequence[str | None]:
        return nothing if key is None else derivation.parts(key, *(value or "" for value in others))

    return parts


def _lacking(rows: Any, derivation: Derivation) -> Any:
    """Which rows this has something to say about; None where it has nothing at all to say."""
    if derivation.inputs[0] not in rows.column_names:
        return None
    wanted = compute.invert(is_empty(rows.column(derivation.inputs[0])))
    there = [name for name in derivation.lacked if name in rows.column_names]
    if not there or (len(there) < len(derivation.lacked) and not derivation.lacks_all):
        return wanted
    empty = [is_empty(rows.column(name)) for name in there]
    return compute.and_(wanted, reduce(compute.and_ if derivation.lacks_all else compute.or_, empty))


def _column(rows: Any, name: str) -> Any:
    if name in rows.column_names:
        return rows.column(name)
    return pyarrow.nulls(rows.num_rows, pyarrow.string())


def _with(rows: Any, name: str, found: Any) -> Any:
    """The rows with what was found where they have nothing under this name."""
    if name not in rows.column_names:
        return rows.append_column(name, found)
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, name, with_found(rows.column(name), found))


def fill(row: dict[str, Any]) -> None:
    """The same for one row in memory, which has every column; what it lacks is None."""
    if row["page_url"] and not row["page_hostname"]:
        _take(row, pages.COLUMNS, pages.parts(row["page_url"]))
    if row["page_url"] and "?" in row["page_url"] and not any(row[name] for name in campaigns.COLUMNS):
        _take(row, campaigns.COLUMNS, campaigns.parts(row["page_url"]))
    if row["referrer_url"] and not (row["referrer_hostname"] and row["referrer_medium"]):
        asked = ("page_hostname", "mkt_campaign_medium", "mkt_campaign_network")
        found = referrers.parts(row["referrer_url"], *(row[name] or "" for name in asked))
        _take(row, referrers.COLUMNS, found)
    if row["user_agent"] and not (row["device_category"] and row["browser_family"]):
        _take(row, agents.COLUMNS, agents.parts(row["user_agent"]))


def get_ready() -> None:
    """Reads the tables behind all this, which the first event would wait for: some half a second."""
    address = "https://shop.example/"
    pages.parts(address)
    campaigns.parts(address)
    referrers.parts("https://search.example/", "shop.example", "", "")
    agents.parts("Mozilla/5.0")


def _take(row: dict[str, Any], columns: Sequence[str], values: Sequence[str | None]) -> None:
    for column, value in zip(columns, values, strict=True):
        row[column] = row[column] or value
