"""What follows from an address or a user agent, worked out once per distinct one and not once per event.

Four pure modules say what follows; each has COLUMNS and one function that gives a value (or None) for each of them:

    pages.parts(page_url)                        campaigns.parts(page_url)
    referrers.parts(referrer_url, page_hostname, campaign medium, campaign network)    agents.parts(user_agent)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow

from journeyserver.ingest import agents, campaigns, pages, referrers

_Parts = Callable[..., Sequence[str | None]]


@dataclass(frozen=True)
class Derivation:
    """`columns` follow from `inputs` (SQL over the row `i` and the parts derived before) where `missing` holds."""

    name: str
    columns: tuple[str, ...]
    parts: _Parts
    inputs: tuple[str, ...]
    missing: str


def _empty(column: str) -> str:
    return f"nullif(i.{column}, '') IS NULL"


DERIVATIONS = (
    Derivation(
        "page", pages.COLUMNS, pages.parts, ("i.page_url",), f"i.page_url <> '' AND {_empty('page_hostname')}"
    ),
    Derivation(
        "campaign",
        campaigns.COLUMNS,
        campaigns.parts,
        ("i.page_url",),
        # A campaign that came with the event is not mixed with one from its address.
        "contains(i.page_url, '?') AND " + " AND ".join(map(_empty, campaigns.COLUMNS)),
    ),
    Derivation(
        "referrer",
        referrers.COLUMNS,
        referrers.parts,
        (
            "i.referrer_url",
            "coalesce(nullif(i.page_hostname, ''), page.page_hostname, '')",
            "coalesce(nullif(i.mkt_campaign_medium, ''), campaign.mkt_campaign_medium, '')",
            "coalesce(nullif(i.mkt_campaign_network, ''), campaign.mkt_campaign_network, '')",
        ),
        f"i.referrer_url <> '' AND ({_empty('referrer_hostname')} OR {_empty('referrer_medium')})",
    ),
    Derivation(
        "agent",
        agents.COLUMNS,
        agents.parts,
        ("i.user_agent",),
        f"i.user_agent <> '' AND ({_empty('device_category')} OR {_empty('browser_family')})",
    ),
)


@dataclass(frozen=True)
class Derived:
    """How to read the derived values beside a row `i` of the table `incoming`."""

    values: dict[str, str]
    joins: str

    def column(self, name: str) -> str:
        """SQL of a column's value: what came, else what was derived, else nothing."""
        return self.values.get(name) or f"nullif(i.{name}, '')"


def missing() -> str:
    """SQL that counts, for each derivation in turn, the rows of `incoming AS i` that lack its columns."""
    return ", ".join(f"count(*) FILTER (WHERE {derivation.missing})" for derivation in DERIVATIONS)


def derive(desk: Any, counts: Sequence[int]) -> Derived:
    """Works out what the rows of `incoming` lack; `counts` is the answer to `missing`."""
    values: dict[str, str] = {}
    joins = ""
    wanted = dict(zip((derivation.name for derivation in DERIVATIONS), counts, strict=True))
    for derivation in DERIVATIONS:
        # The referrer's derivation names the page's and the campaign's.
        if not wanted[derivation.name] and not (
            wanted["referrer"] and derivation.name in ("page", "campaign")
        ):
            continue
        keys = ", ".join(derivation.inputs)
        distinct = desk.execute(
            f"SELECT DISTINCT {keys} FROM incoming AS i{joins} WHERE {derivation.missing}"
        ).fetchall()
        _keep(desk, derivation, distinct)
        name = derivation.name
        on = " AND ".join(f"{sql} = {name}.key{at}" for at, sql in enumerate(derivation.inputs))
        joins += f" LEFT JOIN {name}_parts AS {name} ON {on} AND {derivation.missing}"
        for column in derivation.columns:
            values[column] = f"coalesce(nullif(i.{column}, ''), {name}.{column})"
    return Derived(values, joins)


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


def _keep(desk: Any, derivation: Derivation, distinct: Sequence[tuple[str, ...]]) -> None:
    rows = [(*key, *derivation.parts(*key)) for key in distinct]
    names = [*(f"key{at}" for at in range(len(derivation.inputs))), *derivation.columns]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = [pyarrow.array(column, pyarrow.string()) for column in columns]
    desk.register("derived", pyarrow.table(arrays, names=names))
    desk.execute(f"CREATE OR REPLACE TEMP TABLE {derivation.name}_parts AS SELECT * FROM derived")
    desk.unregister("derived")
