"""The columns of Google Analytics 4's export → those of our rows, in whole columns, each different value looked at once.

What is kept, renamed and left out, and how the quirks of the obfuscated public sample are read: docs/importing.md.
"""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

import numpy
import pyarrow
from pyarrow import compute

from journeyserver.engine.arrow import whole
from journeyserver.ingest import referrers
from journeyserver.ingest.distinct import (
    codes,
    combined,
    is_empty,
    only_where,
    renumbered,
    spread,
    worked_out,
)
from journeyserver.ingest.maps import shapes
from journeyserver.ingest.places import country_code, region_code
from journeyserver.ingest.readers import ga4_items, ga4_nested

# What a purchase is an achievement of: one outcome for all shops, so that its id is known beforehand.
PURCHASE_OUTCOME = "6f1b6f7c-3f0e-5a0b-9a54-2b8f3f1f7c01"

NEEDED = ("event_timestamp", "event_name", "user_pseudo_id")
# The columns that are read, and what each holds. A column that an export lacks counts as empty.
COLUMNS: Mapping[str, str] = {
    "event_timestamp": "BIGINT",
    **dict.fromkeys(("event_name", "user_pseudo_id", "platform"), "VARCHAR"),
    **dict.fromkeys(("page_location", "page_title", "page_referrer", "search_term"), "VARCHAR"),
    **dict.fromkeys(("event_source", "event_medium", "event_campaign", "event_term"), "VARCHAR"),
    "has_gclid": "BOOLEAN",
    **dict.fromkeys(("device_category", "device_brand", "device_os", "device_language"), "VARCHAR"),
    **dict.fromkeys(("browser", "browser_version", "geo_country", "geo_region", "geo_city"), "VARCHAR"),
    **dict.fromkeys(("ga_session_number", "engagement_time_msec", "percent_scrolled"), "BIGINT"),
    **dict.fromkeys(("link_url", "link_domain", "link_classes", "event_promotion_name"), "VARCHAR"),
    "outbound": "BIGINT",
    **dict.fromkeys(("event_currency", "event_coupon", "event_transaction_id"), "VARCHAR"),
    **dict.fromkeys(("event_value", "event_tax", "ecommerce_purchase_revenue"), "DOUBLE"),
    **dict.fromkeys(("payment_type", "shipping_tier"), "VARCHAR"),
    "ecommerce_total_item_quantity": "BIGINT",
    "items": "STRUCT(item_id VARCHAR, item_name VARCHAR, item_category VARCHAR)[]",
}
TEXTS = tuple(name for name, type_ in COLUMNS.items() if type_ == "VARCHAR")

# Attribute → the column that holds its value, and its data type (contract §11.1).
_ATTRIBUTES = (
    *((name, name, "integer") for name in ("ga_session_number", "engagement_time_msec", "percent_scrolled")),
    *((name, name, "string") for name in ("link_url", "link_domain", "link_classes")),
    ("outbound", "outbound", "boolean"),
    ("promotion_name", "event_promotion_name", "string"),
    ("currency", "event_currency", "string"),
    ("value", "event_value", "number"),
    ("tax", "event_tax", "number"),
    ("coupon", "event_coupon", "string"),
    ("transaction_id", "event_transaction_id", "string"),
    ("payment_type", "payment_type", "string"),
    ("shipping_tier", "shipping_tier", "string"),
    ("total_item_quantity", "ecommerce_total_item_quantity", "integer"),
    *((name, name, "string") for name in ("item_ids", "item_names", "item_categories")),
)

# Google's words for a visit that came through no campaign.
_NO_CAMPAIGN = ("(direct)", "(organic)", "(referral)", "(not set)", "(none)")
_DEVICES = ("desktop", "mobile", "tablet")
_SYSTEMS = {"Macintosh": "Mac OS", "Windows": "Windows NT"}

_ARROW: Mapping[str, Any] = {
    "BIGINT": pyarrow.int64(),
    "DOUBLE": pyarrow.float64(),
    "VARCHAR": pyarrow.string(),
    "BOOLEAN": pyarrow.bool_(),
    COLUMNS["items"]: ga4_items.TYPE,
}


class Mapped:
    """What raw rows are in the columns that we read, whatever of Google's columns they have."""

    def __init__(self, types: Mapping[str, str]) -> None:
        """`types` are the columns there are, as DuckDB calls their types."""
        self._columns = {name: _column(name, type_, types) for name, type_ in COLUMNS.items()}

    def read(self, connection: Any, rows: Any) -> Any:
        """COLUMNS of the rows, an Arrow table, and `number`.

        What has the right type is left as it is; DuckDB (a connection that keeps the order) reads the rest.
        """
        rows = rows.unify_dictionaries().combine_chunks()
        found = {"number": rows.column("number")}
        others = {}
        for (name, sql), type_ in zip(self._columns.items(), COLUMNS.values(), strict=True):
            if name in rows.column_names and _holds(rows.column(name).type, _ARROW[type_]):
                found[name] = rows.column(name)
            else:
                others[name] = sql
        if others:
            connection.register("rows", rows)
            read = connection.sql(f"SELECT {', '.join(others.values())} FROM rows").to_arrow_table()
            connection.unregister("rows")
            found |= {name: read.column(name) for name in others}
        return pyarrow.table(found)


def get_ready() -> None:
    """Reads the tables behind all this, while the first rows are decoded."""
    referrers.referrer("https://search.example/", "shop.example")
    region_code("DE", "Hamburg")


def are_good(rows: Any) -> Any:
    """Which of the rows that were read are events."""
    nameless = compute.or_(*(is_empty(rows.column(name)) for name in ("user_pseudo_id", "event_name")))
    return compute.and_not(rows.column("event_timestamp").is_valid(), nameless)


def events(rows: Any, beside: Executor) -> Any:
    """The events that rows (all of them good) are, in the columns of ours that Google's export has.

    One half of the work is done `beside` the other: neither keeps two cores busy.
    """

    if not rows.num_rows:
        return None
    attributes = beside.submit(_attributes, rows)

    def once(name: str, function: Callable[[Any], str | None]) -> Any:
        return worked_out([rows.column(name)], lambda value: (function(value),))[0]

    country, country_name, region = worked_out(
        [rows.column("geo_country"), rows.column("geo_region")], _place
    )
    columns = {
        "number": rows.column("number"),
        "ts": rows.column("event_timestamp").cast(pyarrow.timestamp("us")),
        "stream": once("platform", lambda name: "App" if name in ("IOS", "ANDROID") else "Web"),
        "customer_id": rows.column("user_pseudo_id"),
        "customer_id_type": spread([("cookie",)], numpy.zeros(rows.num_rows, numpy.int32))[0],
        "event_name": once("event_name", _event_name),
        "page_url": rows.column("page_location"),
        "page_title": rows.column("page_title"),
        "search_query": rows.column("search_term"),
        "device_category": once(
            "device_category", lambda name: name if name is None or name in _DEVICES else "other"
        ),
        "device_type": rows.column("device_brand"),
        "device_os_family": once("device_os", lambda name: _SYSTEMS.get(name, name)),
        "browser_family": rows.column("browser"),
        "browser_lang": rows.column("device_language"),
        "browser_version": rows.column("browser_version"),
        "geolocation_country": country,
        "geolocation_country_name": country_name,
        "geolocation_region": region,
        "geolocation_locality": once("geo_city", lambda name: None if name in ("", "(not set)") else name),
        **_came_from(rows),
    }
    return pyarrow.table(columns | attributes.result())


def outcomes(rows: Any) -> Any:
    """The purchases among them."""
    bought = rows.filter(compute.equal(rows.column("event_name"), "purchase"))
    worth = compute.coalesce(bought.column("event_value"), bought.column("ecommerce_purchase_revenue"))
    count = bought.num_rows
    return pyarrow.table(
        {
            "number": bought.column("number"),
            "ts": bought.column("event_timestamp").cast(pyarrow.timestamp("us")),
            "customer_id": bought.column("user_pseudo_id"),
            "outcome": pyarrow.array(["achieved"] * count, pyarrow.string()),
            "value": worth,
            "journey_outcome_id": pyarrow.array([PURCHASE_OUTCOME] * count, pyarrow.string()),
        }
    )


def _event_name(name: str) -> str:
    return "page_viewed" if name == "page_view" else re.sub("[^A-Za-z0-9_]", "_", name)


def _place(country: str | None, region: str | None) -> tuple[str | None, str | None, str | None]:
    code = country_code(country) if country else None
    return code, country if code else None, region_code(code, region) if code and region else None


def _host(url: str | None) -> str | None:
    return None if url is None else "".join(url.split("://")[1:2]).split("/")[0].lower()


def _came_from(rows: Any) -> dict[str, Any]:
    """Campaign and referrer: those of one event of a visitor count for all of theirs at that moment."""
    names = ("event_source", "event_medium", "event_campaign", "event_term", "has_gclid")
    numbers, found = combined([rows.column(name) for name in names])
    told = [_arrival(*row) for row in found]
    # Of several the greatest; 0 is none at all.
    ranked = sorted(
        (row for row in set(told) if row), key=lambda row: (*row[:3], row[3] is None, row[3] or "", row[4])
    )
    rank = {row: at for at, row in enumerate(ranked, 1)}
    own = numpy.array([rank[row] if row else 0 for row in told])[numbers]
    visitor, _ = codes(rows.column("user_pseudo_id"))
    moment = rows.column("event_timestamp").to_numpy()
    order = numpy.lexsort((moment, visitor))
    begins = numpy.r_[True, (numpy.diff(visitor[order]) != 0) | (numpy.diff(moment[order]) != 0)][
        : len(order)
    ]
    arrivals = numpy.zeros(len(order), numpy.int64)
    if len(order):
        greatest = numpy.maximum.reduceat(own[order], numpy.flatnonzero(begins))
        arrivals[order] = greatest[numpy.cumsum(begins) - 1]
    answers = [(None,) * 5, *(_campaign(*row) for row in ranked)]
    columns = dict(zip(_CAMPAIGN, spread(answers, arrivals), strict=True))
    page, pages = codes(rows.column("page_location"))
    hosts = {host: at for at, host in enumerate(dict.fromkeys(map(_host, pages)))}
    host = numpy.array([hosts[_host(page)] for page in pages])[page]
    both, numbers = renumbered(arrivals * len(hosts) + host, len(answers) * len(hosts))
    named = list(hosts)
    pairs = [((None, *ranked)[each // len(hosts)], named[each % len(hosts)]) for each in both.tolist()]
    referrer = spread(
        [
            arrival(row[0], row[1], row[4], host) if row and host is not None else (None, None)
            for row, host in pairs
        ],
        numbers,
    )
    columns["referrer_hostname"], columns["referrer_medium"] = referrer
    columns["referrer_url"] = only_where(pyarrow.array(arrivals == 0), rows.column("page_referrer"))
    return columns


_CAMPAIGN = (
    *(f"mkt_campaign_{name}" for name in ("source", "medium", "name", "term")),
    "mkt_campaign_network",
)
_Arrival = tuple[str, str, str, str | None, bool]


def _arrival(
    source: str | None, medium: str | None, campaign: str | None, term: str | None, gclid: bool | None
) -> _Arrival | None:
    if source is None:
        return None
    return source, medium or "", "(not set)" if campaign is None else campaign, term, bool(gclid)


def _campaign(
    source: str, medium: str, campaign: str, term: str | None, gclid: bool
) -> tuple[str | None, ...]:
    network = "google" if gclid else None
    if campaign in _NO_CAMPAIGN:
        return None, None, None, None, network
    return source, medium or None, campaign, term, network


def _attributes(rows: Any) -> dict[str, Any]:
    """The attributes of each row as a structure of texts, and their types, which are the same for rows that have the same."""
    items = ga4_items.texts(rows.column("items"))
    columns = [
        _text(column, items[column] if column in items else rows.column(column))
        for _, column, _ in _ATTRIBUTES
    ]
    found, numbers = renumbered(shapes(columns), 1 << len(columns))
    types = [
        [(name, type_) for place, (name, _, type_) in enumerate(_ATTRIBUTES) if shape >> place & 1] or None
        for shape in found.tolist()
    ]
    kinds = pyarrow.array(types, pyarrow.map_(pyarrow.string(), pyarrow.string()))
    at = pyarrow.array(numbers, pyarrow.int32(), mask=found[numbers] == 0)
    return {
        "attributes": pyarrow.StructArray.from_arrays(columns, [name for name, _, _ in _ATTRIBUTES]),
        "attribute_types": pyarrow.DictionaryArray.from_arrays(at, kinds),
    }


_YES_NO = {1: "true", 0: "false"}


def _text(name: str, column: Any) -> Any:
    """The value of an attribute as text."""
    if name == "outbound":
        return worked_out([column], lambda value: (_YES_NO.get(value),))[0]
    if COLUMNS.get(name) == "DOUBLE":
        return worked_out([column], lambda value: (None if value is None else repr(value),))[0]
    return whole(column.cast(pyarrow.string()))


def _holds(type_: Any, wanted: Any) -> bool:
    return bool((type_.value_type if pyarrow.types.is_dictionary(type_) else type_) == wanted)


def _column(name: str, type_: str, types: Mapping[str, str]) -> str:
    """SQL of a column as we read it; what it cannot hold counts as empty."""
    found = types.get(name)
    if found == type_ or (
        name == "items" and found and all(f"{field} VARCHAR" in found for field in ga4_items.FIELDS)
    ):
        return name
    if name == "items" and found and not found.endswith(")[]"):
        found = None
    told = name if found else ga4_nested.sql(name, types) or "NULL"
    return f"TRY_CAST({told} AS {type_}) AS {name}"


def arrival(source: str, medium: str, gclid: bool, page_hostname: str) -> tuple[str | None, str | None]:
    """Referrer host and medium of a visit that Google says came from `source` by `medium`.

    A source is a host only if it looks like one; `google` is a name.
    """
    host = source.lower() if "." in source and " " not in source else None
    if medium == "(none)":
        return None, None
    if medium == "organic":
        return host, "paid" if gclid else "search"
    if medium == "email":
        return host, "email"
    network = "google" if gclid else ""
    found = referrers.referrer(f"https://{host or 'unknown.invalid'}/", page_hostname, medium, network)
    return host, found.medium
