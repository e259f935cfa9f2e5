"""The columns of Google Analytics 4's export → those of our rows, as one SELECT.

What is kept, renamed and left out, and how the quirks of the obfuscated public sample are read: docs/importing.md.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from journeyserver.ingest import referrers
from journeyserver.ingest.places import country_code, region_code
from journeyserver.ingest.readers import ga4_nested

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
ITEM_FIELDS = ("item_id", "item_name", "item_category")

# Attribute → SQL of its value as text, and its data type (contract §11.1).
_ATTRIBUTES = (
    ("ga_session_number", "CAST(ga_session_number AS VARCHAR)", "integer"),
    ("engagement_time_msec", "CAST(engagement_time_msec AS VARCHAR)", "integer"),
    ("percent_scrolled", "CAST(percent_scrolled AS VARCHAR)", "integer"),
    ("link_url", "link_url", "string"),
    ("link_domain", "link_domain", "string"),
    ("link_classes", "link_classes", "string"),
    ("outbound", "CASE outbound WHEN 1 THEN 'true' WHEN 0 THEN 'false' END", "boolean"),
    ("promotion_name", "event_promotion_name", "string"),
    ("currency", "event_currency", "string"),
    ("value", "CAST(event_value AS VARCHAR)", "number"),
    ("tax", "CAST(event_tax AS VARCHAR)", "number"),
    ("coupon", "event_coupon", "string"),
    ("transaction_id", "event_transaction_id", "string"),
    ("payment_type", "payment_type", "string"),
    ("shipping_tier", "shipping_tier", "string"),
    ("total_item_quantity", "CAST(ecommerce_total_item_quantity AS VARCHAR)", "integer"),
    *((f"item_{name}s", f"item_{name}s", "string") for name in ("id", "name")),
    ("item_categories", "item_categories", "string"),
)
_VALUE_LENGTH = 2048

# Google's words for a visit that came through no campaign.
_NO_CAMPAIGN = "('(direct)', '(organic)', '(referral)', '(not set)', '(none)')"


GOOD = "event_timestamp IS NOT NULL AND user_pseudo_id <> '' AND event_name <> ''"

# Which attributes nearly every row has: a structure of known names becomes a map in a tenth of the time.
_SESSION, _ENGAGED, _ITEMS = (
    ("ga_session_number",),
    ("ga_session_number", "engagement_time_msec"),
    ("item_ids", "item_names"),
)
_SHAPES = (
    _SESSION,
    _ENGAGED,
    (*_ENGAGED, "percent_scrolled"),
    (*_ENGAGED, *_ITEMS, "item_categories"),
    (*_ENGAGED, *_ITEMS),
    (*_ENGAGED, "total_item_quantity", *_ITEMS, "item_categories"),
    (*_ENGAGED, "currency"),
    (*_SESSION, *_ITEMS),
    (*_SESSION, "percent_scrolled"),
)
_PLACES = {name: place for place, (name, _, _) in enumerate(_ATTRIBUTES)}
# A number that says which attributes a row has.
_SHAPE = " + ".join(
    f"CASE WHEN {sql} IS NOT NULL THEN {1 << _PLACES[name]} ELSE 0 END" for name, sql, _ in _ATTRIBUTES
)


def _fields(names: Sequence[str], values: Mapping[str, str]) -> str:
    return ", ".join(f"'{name}': {values[name]}" for name in names)


def _map(value: Callable[[str, str], str]) -> str:
    """SQL of a map of the attributes that a row has; `value` gives SQL of what is under a name, of its SQL and data type."""
    found = {name: value(sql, type_) for name, sql, type_ in _ATTRIBUTES}
    branches = " ".join(
        f"WHEN {sum(1 << _PLACES[name] for name in shape)} THEN CAST({{{{{_fields(shape, found)}}}}} AS MAP(VARCHAR, VARCHAR))"
        for shape in _SHAPES
    )
    names = ", ".join(f"CASE WHEN {sql} IS NOT NULL THEN '{name}' END" for name, sql, _ in _ATTRIBUTES)
    values = ", ".join(f"CASE WHEN {sql} IS NOT NULL THEN {found[name]} END" for name, sql, _ in _ATTRIBUTES)
    present = "list_filter([{}], lambda text: text IS NOT NULL)"
    return f"CASE shape WHEN 0 THEN NULL {branches} ELSE MAP({present.format(names)}, {present.format(values)}) END"


# The values of a field of the items, as one text.
_IDS, _NAMES = (
    f"left(array_to_string(list_transform(items, lambda item: item.{field}), ', '), {_VALUE_LENGTH})"
    for field in ("item_id", "item_name")
)
_CATEGORIES = (
    "nullif(left(array_to_string(list_sort(list_distinct(list_filter(list_transform(items, lambda item: item.item_category), "
    f"lambda text: text NOT IN ('', '(not set)')))), ', '), {_VALUE_LENGTH}), '')"
)
HOST = "lower(split_part(split_part(page_location, '://', 2), '/', 1))"

# The maps are made before the joins: behind them they cost twice as much. To read the few columns of the arrivals a second time
# costs less than to keep all of them for it.
_EVENTS = f"""
WITH part AS NOT MATERIALIZED (
  SELECT {{columns}} FROM {{source}}
), listed AS (
  SELECT * EXCLUDE (items), {HOST} AS host,
         CASE WHEN len(items) > 0 THEN {_IDS} END AS item_ids, CASE WHEN len(items) > 0 THEN {_NAMES} END AS item_names,
         {_CATEGORIES} AS item_categories
  FROM part WHERE {GOOD}
), told AS (
  SELECT *, {_map(lambda sql, type_: sql)} AS attributes, {_map(lambda sql, type_: f"'{type_}'")} AS attribute_types
  FROM (SELECT *, {_SHAPE} AS shape FROM listed)
), arrivals AS (
  SELECT *, coalesce(arrival.campaign NOT IN {_NO_CAMPAIGN}, false) AS campaigned FROM (
  SELECT user_pseudo_id, event_timestamp,
         max(struct_pack(source := event_source, medium := coalesce(event_medium, ''), campaign := coalesce(event_campaign, '(not set)'),
                         term := event_term, gclid := coalesce(has_gclid, false))) AS arrival
  FROM part WHERE event_source IS NOT NULL AND {GOOD} GROUP BY ALL)
)
SELECT number, make_timestamp(event_timestamp) AS ts,
       CASE WHEN platform IN ('IOS', 'ANDROID') THEN 'App' ELSE 'Web' END AS stream,
       user_pseudo_id AS customer_id, 'cookie' AS customer_id_type,
       CASE event_name WHEN 'page_view' THEN 'page_viewed'
            ELSE regexp_replace(event_name, '[^A-Za-z0-9_]', '_', 'g') END AS event_name,
       page_location AS page_url, page_title, search_term AS search_query,
       CASE WHEN device_category IN ('desktop', 'mobile', 'tablet') THEN device_category
            WHEN device_category IS NOT NULL THEN 'other' END AS device_category,
       device_brand AS device_type,
       CASE device_os WHEN 'Macintosh' THEN 'Mac OS' WHEN 'Windows' THEN 'Windows NT' ELSE device_os END AS device_os_family,
       browser AS browser_family, device_language AS browser_lang, browser_version,
       CASE WHEN campaigned THEN arrival.source END AS mkt_campaign_source,
       CASE WHEN campaigned THEN nullif(arrival.medium, '') END AS mkt_campaign_medium,
       CASE WHEN campaigned THEN arrival.campaign END AS mkt_campaign_name,
       CASE WHEN campaigned THEN arrival.term END AS mkt_campaign_term,
       CASE WHEN arrival.gclid THEN 'google' END AS mkt_campaign_network,
       c.code AS geolocation_country, c.name AS geolocation_country_name, r.code AS geolocation_region,
       CASE WHEN geo_city NOT IN ('', '(not set)') THEN geo_city END AS geolocation_locality,
       CASE WHEN arrival IS NULL THEN page_referrer END AS referrer_url,
       f.hostname AS referrer_hostname, f.medium AS referrer_medium,
       attributes, attribute_types
FROM told AS e LEFT JOIN arrivals USING (user_pseudo_id, event_timestamp)
LEFT JOIN ({{countries}}) AS c ON c.name = geo_country
LEFT JOIN ({{regions}}) AS r ON r.country = geo_country AND r.region = geo_region
LEFT JOIN ({{sources}}) AS f ON f.source = arrival.source AND f.source_medium = arrival.medium AND f.gclid = arrival.gclid
     AND f.host = e.host
"""
_OUTCOMES = f"""
WITH part AS (SELECT {{columns}} FROM {{source}})
SELECT number, make_timestamp(event_timestamp) AS ts, user_pseudo_id AS customer_id, 'achieved' AS outcome,
       coalesce(event_value, ecommerce_purchase_revenue) AS value, '{PURCHASE_OUTCOME}' AS journey_outcome_id
FROM part WHERE event_name = 'purchase' AND {GOOD}
"""


class Mapped:
    """The SELECTs over a source of raw rows: its SQL, its columns, and how to ask it for its distinct values."""

    def __init__(self, types: Mapping[str, str], ask: Callable[[str], list[tuple[Any, ...]]]) -> None:
        """`types` are the columns there are; `ask` answers a SELECT over all rows (`FROM rows`)."""
        self.columns = ", ".join(_column(name, type_, types) for name, type_ in COLUMNS.items())
        rows = f"(SELECT {self.columns} FROM rows)"
        regions = ask(f"SELECT DISTINCT geo_country, geo_region FROM {rows}")
        sources = ask(
            f"SELECT DISTINCT event_source, coalesce(event_medium, ''), coalesce(has_gclid, false), {HOST} FROM {rows} "
            "WHERE event_source IS NOT NULL"
        )
        countries = {country: country_code(country) for country, _ in regions if country}
        self._lookups = {
            "countries": _values(
                ("name", "code"), [(name, code) for name, code in countries.items() if code]
            ),
            "regions": _values(
                ("country", "region", "code"),
                [
                    (country, region, code)
                    for country, region in regions
                    if country and region and (code := region_code(countries[country], region))
                ],
            ),
            "sources": _values(
                ("source", "source_medium", "gclid", "host", "hostname", "medium"),
                [
                    (source, medium, gclid, host, *arrival(source, medium, gclid, host or ""))
                    for source, medium, gclid, host in sources
                ],
            ),
        }

    def events(self, source: str, number: str) -> str:
        return _EVENTS.format(columns=f"{number} AS number, {self.columns}", source=source, **self._lookups)

    def outcomes(self, source: str, number: str) -> str:
        return _OUTCOMES.format(columns=f"{number} AS number, {self.columns}", source=source)


def _column(name: str, type_: str, types: Mapping[str, str]) -> str:
    """SQL of a column as we read it; what it cannot hold counts as empty."""
    found = types.get(name)
    if found == type_ or (
        name == "items" and found and all(f"{field} VARCHAR" in found for field in ITEM_FIELDS)
    ):
        return name
    if name == "items" and found and not found.endswith(")[]"):
        found = None
    told = name if found else ga4_nested.sql(name, types) or "NULL"
    return f"TRY_CAST({told} AS {type_}) AS {name}"


def _values(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """SQL of a small table."""
    columns = ", ".join(names)
    if not rows:
        return f"SELECT {', '.join(f'NULL::VARCHAR AS {name}' for name in names)} WHERE false"
    lines = ", ".join(f"({', '.join(literal(value) for value in row)})" for row in rows)
    return f"SELECT * FROM (VALUES {lines}) AS given({columns})"


def literal(value: Any) -> str:
    """SQL of a text, a boolean or nothing."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "'" + str(value).replace("'", "''") + "'"


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
