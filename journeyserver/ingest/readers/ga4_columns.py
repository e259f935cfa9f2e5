"""The columns of Google Analytics 4's export → those of our rows, as one SELECT.

What is kept, renamed and left out, and how the quirks of the obfuscated public sample are read: docs/importing.md.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from journeyserver.ingest import referrers
from journeyserver.ingest.places import country_code, region_code

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


GOOD = " AND ".join(f"CAST({name} AS VARCHAR) <> ''" for name in NEEDED)

# What nearly every row has; the rows that have more are few, and cost more.
_FREQUENT = ("ga_session_number", "engagement_time_msec")


def _maps() -> tuple[str, str]:
    """SQL of the attributes that a row has, and of their data types; `found` lists them where `plain` is false."""
    values = ", ".join(f"CAST({name} AS VARCHAR)" for name in _FREQUENT)
    types = {name: type_ for name, _, type_ in _ATTRIBUTES}
    plain = {
        _FREQUENT: (
            f"MAP({list(_FREQUENT)}, [{values}])",
            f"MAP({list(_FREQUENT)}, {[types[name] for name in _FREQUENT]})",
        ),
        _FREQUENT[:1]: (
            f"MAP({list(_FREQUENT[:1])}, [CAST({_FREQUENT[0]} AS VARCHAR)])",
            f"MAP({list(_FREQUENT[:1])}, {[types[_FREQUENT[0]]]})",
        ),
    }
    both = [
        f"CASE WHEN plain AND {_FREQUENT[1]} IS NOT NULL THEN {plain[_FREQUENT][at]} WHEN plain THEN {plain[_FREQUENT[:1]][at]} "
        f"ELSE MAP(list_transform(found, lambda one: one.name), list_transform(found, lambda one: one.{field})) END"
        for at, field in enumerate(("value", "type"))
    ]
    return both[0], both[1]


_PLAIN = (
    f"{_FREQUENT[0]} IS NOT NULL AND coalesce("
    + ", ".join(sql for name, sql, _ in _ATTRIBUTES if name not in _FREQUENT)
    + ") IS NULL"
)
_FOUND = (
    "list_filter(["
    + ", ".join(
        f"struct_pack(name := '{name}', value := {sql}, type := '{type_}')"
        for name, sql, type_ in _ATTRIBUTES
    )
    + "], lambda one: one.value IS NOT NULL)"
)
# The values of a field of the items, as one text.
_IDS, _NAMES = (
    f"left(array_to_string(list_transform(items, lambda item: item.{field}), ', '), {_VALUE_LENGTH})"
    for field in ("item_id", "item_name")
)
_CATEGORIES = (
    "nullif(left(array_to_string(list_sort(list_distinct(list_filter(list_transform(items, lambda item: item.item_category), "
    f"lambda text: text NOT IN ('', '(not set)')))), ', '), {_VALUE_LENGTH}), '')"
)
_HOST = "lower(regexp_extract(page_location, '^[a-zA-Z]+://([^/?#:]+)', 1))"

_EVENTS = f"""
WITH part AS (
  SELECT {{columns}} FROM {{source}} WHERE {GOOD}
), rows AS (
  SELECT *, {_HOST} AS host,
         CASE WHEN len(items) > 0 THEN {_IDS} END AS item_ids, CASE WHEN len(items) > 0 THEN {_NAMES} END AS item_names,
         CASE WHEN len(items) > 0 THEN {_CATEGORIES} END AS item_categories
  FROM part
), told AS (
  SELECT *, {_PLAIN} AS plain, CASE WHEN NOT ({_PLAIN}) THEN {_FOUND} END AS found FROM rows
), arrivals AS (
  SELECT user_pseudo_id, event_timestamp,
         max(struct_pack(source := event_source, medium := coalesce(event_medium, ''), campaign := coalesce(event_campaign, '(not set)'),
                         term := event_term, gclid := coalesce(has_gclid, false))) AS arrival
  FROM part WHERE event_source IS NOT NULL GROUP BY ALL
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
       {_maps()[0]} AS attributes, {_maps()[1]} AS attribute_types
FROM (SELECT told.*, arrival, coalesce(arrival.campaign NOT IN {_NO_CAMPAIGN}, false) AS campaigned
      FROM told LEFT JOIN arrivals USING (user_pseudo_id, event_timestamp)) AS e
LEFT JOIN ({{countries}}) AS c ON c.name = geo_country
LEFT JOIN ({{regions}}) AS r ON r.country = geo_country AND r.region = geo_region
LEFT JOIN ({{sources}}) AS f ON f.source = arrival.source AND f.source_medium = arrival.medium AND f.gclid = arrival.gclid
     AND f.host = e.host
"""
_OUTCOMES = f"""
WITH part AS (SELECT {{columns}} FROM {{source}} WHERE {GOOD})
SELECT number, make_timestamp(event_timestamp) AS ts, user_pseudo_id AS customer_id, 'achieved' AS outcome,
       coalesce(event_value, ecommerce_purchase_revenue) AS value, '{PURCHASE_OUTCOME}' AS journey_outcome_id
FROM part WHERE event_name = 'purchase'
"""


class Mapped:
    """The SELECTs over a source of raw rows: its SQL, its columns, and how to ask it for its distinct values."""

    def __init__(self, names: Sequence[str], ask: Callable[[str], list[tuple[Any, ...]]]) -> None:
        """`names` are the columns there are; `ask` answers `SELECT DISTINCT …` over all rows (`FROM rows`)."""
        self._columns = ", ".join(
            f"CAST({name} AS {type_}) AS {name}" if name in names else f"CAST(NULL AS {type_}) AS {name}"
            for name, type_ in COLUMNS.items()
        )

        def distinct(*columns: str) -> list[tuple[Any, ...]]:
            values = ", ".join(name if name in names else f"NULL AS {name}" for name in columns)
            return ask(f"SELECT DISTINCT {values} FROM rows")

        regions = distinct("geo_country", "geo_region")
        host = "lower(regexp_extract(page_location, '^[a-zA-Z]+://([^/?#:]+)', 1)) AS host"
        sources = (
            ask(
                "SELECT DISTINCT event_source, coalesce(event_medium, ''), "
                f"{'coalesce(has_gclid, false)' if 'has_gclid' in names else 'false'}, {host} FROM rows WHERE event_source IS NOT NULL"
            )
            if {"event_source", "event_medium", "page_location"} <= set(names)
            else []
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
        return _EVENTS.format(columns=f"{number} AS number, {self._columns}", source=source, **self._lookups)

    def outcomes(self, source: str, number: str) -> str:
        return _OUTCOMES.format(columns=f"{number} AS number, {self._columns}", source=source)


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
