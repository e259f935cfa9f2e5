"""What follows from an address or a user agent, worked out once per distinct one and not once per event.

Four pure modules say what follows; each has COLUMNS and one function that gives a value (or None) for each of them:

    pages.parts(page_url)                        campaigns.parts(page_url)
    referrers.parts(referrer_url, page_hostname, campaign medium, campaign network)    agents.parts(user_agent)
"""

from collections.abc import Callable, Iterable, Sequence
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


DERIVATIONS = (
    ()
    if pages is None
    else (
        Derivation(
            "page", pages.COLUMNS, pages.parts, ("i.page_url",), "nullif(i.page_hostname, '') IS NULL"
        ),
        Derivation(
            "campaign",
            campaigns.COLUMNS,
            campaigns.parts,
            ("i.page_url",),
            "contains(i.page_url, '?') AND coalesce("
            + ", ".join(f"nullif(i.{column}, '')" for column in campaigns.COLUMNS)
            # A campaign that came with the event is not mixed with one from its address.
            + ") IS NULL",
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
            "(nullif(i.referrer_hostname, '') IS NULL OR nullif(i.referrer_medium, '') IS NULL)",
        ),
        Derivation(
            "agent",
            agents.COLUMNS,
            agents.parts,
            ("i.user_agent",),
            "(nullif(i.device_category, '') IS NULL OR nullif(i.browser_family, '') IS NULL)",
        ),
    )
)


def derive(desk: Any) -> tuple[dict[str, str], str]:
    """For the raw table `incoming`, called `i`: SQL of each derived column's value, and the joins that this SQL needs."""
    values: dict[str, str] = {}
    joins = ""
    for derivation in DERIVATIONS:
        first = derivation.inputs[0]
        condition = f"{first} IS NOT NULL AND {first} <> '' AND {derivation.missing}"
        keys = ", ".join(derivation.inputs)
        distinct = desk.execute(
            f"SELECT DISTINCT {keys} FROM incoming AS i{joins} WHERE {condition}"
        ).fetchall()
        if not distinct:
            # The referrer's derivation names them.
            if derivation.name in ("page", "campaign"):
                _keep(desk, derivation, [])
                joins += _join(derivation, condition)
            continue
        _keep(desk, derivation, distinct)
        joins += _join(derivation, condition)
        for column in derivation.columns:
            own, derived = f"nullif(i.{column}, '')", f"{derivation.name}.{column}"
            values[column] = f"coalesce({own}, {derived})"
    return values, joins


def _keep(desk: Any, derivation: Derivation, distinct: Iterable[tuple[str, ...]]) -> None:
    rows = [(*key, *derivation.parts(*key)) for key in distinct]
    names = [*(f"key{at}" for at in range(len(derivation.inputs))), *derivation.columns]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = [pyarrow.array(column, pyarrow.string()) for column in columns]
    desk.register("derived", pyarrow.table(arrays, names=names))
    desk.execute(f"CREATE OR REPLACE TEMP TABLE {derivation.name}_parts AS SELECT * FROM derived")
    desk.unregister("derived")


def _join(derivation: Derivation, condition: str) -> str:
    name = derivation.name
    on = " AND ".join(f"{sql} = {name}.key{at}" for at, sql in enumerate(derivation.inputs))
    return f" LEFT JOIN {name}_parts AS {name} ON {on} AND {condition}"
