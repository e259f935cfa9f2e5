"""The export as BigQuery itself gives it, parameters nested (`event_params`, `device`, `geo` …), in the flat names that we read.

https://support.google.com/analytics/answer/7029846
"""

from collections.abc import Mapping
from typing import Any

# Flat column → the key in event_params.
PARAMETERS: Mapping[str, str] = {
    **{name: name for name in ("page_location", "page_title", "page_referrer", "search_term")},
    **{f"event_{name}": name for name in ("source", "medium", "campaign", "term", "currency", "coupon", "transaction_id", "value", "tax")},
    **{name: name for name in ("ga_session_number", "engagement_time_msec", "percent_scrolled", "link_url", "link_domain", "link_classes")},
    **{name: name for name in ("outbound", "payment_type", "shipping_tier")},
    "event_promotion_name": "promotion_name",
    "has_gclid": "gclid",
}  # fmt: skip
# Flat column → the way to it.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "device_category": ("device", "category"),
    "device_brand": ("device", "mobile_brand_name"),
    "device_os": ("device", "operating_system"),
    "device_language": ("device", "language"),
    "browser": ("device", "web_info", "browser"),
    "browser_version": ("device", "web_info", "browser_version"),
    "geo_country": ("geo", "country"),
    "geo_region": ("geo", "region"),
    "geo_city": ("geo", "city"),
    "ecommerce_purchase_revenue": ("ecommerce", "purchase_revenue"),
    "ecommerce_total_item_quantity": ("ecommerce", "total_item_quantity"),
}
# The nested columns that all of these lie in.
COLUMNS = frozenset(("event_params", *(way[0] for way in FIELDS.values())))
_VALUES = ("string_value", "int_value", "float_value", "double_value")
# A parameter that says yes or no does so in words here, in numbers there.
_WORDS = {"true": "1", "false": "0"}


def sql(name: str, types: Mapping[str, str]) -> str | None:
    """SQL of a flat column as text, from the nested ones there are; None where they do not hold it."""
    if name in PARAMETERS and "event_params" in types:
        found = f"list_filter(event_params, lambda one: one.key = '{PARAMETERS[name]}')[1].value"
        texts = [
            f"CAST({found}.{value} AS VARCHAR)" for value in _VALUES if f"{value} " in types["event_params"]
        ]
        if not texts:
            return None
        text = f"coalesce({', '.join(texts)})" if len(texts) > 1 else texts[0]
        if name == "has_gclid":
            return f"({text} IS NOT NULL)"
        return (
            f"CASE {text} WHEN 'true' THEN '1' WHEN 'false' THEN '0' ELSE {text} END"
            if name == "outbound"
            else text
        )
    if name in FIELDS:
        parent, *rest = FIELDS[name]
        if parent in types and all(f"{field} " in types[parent] for field in rest):
            return ".".join((parent, *rest))
    return None


def flat(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """A nested row of NDJSON with the flat names beside it; a flat one as it is."""
    parameters = found.get("event_params")
    if not isinstance(parameters, list):
        return found
    by_key = {one.get("key"): _value(one.get("value")) for one in parameters if isinstance(one, Mapping)}
    row = dict(found)
    for name, key in PARAMETERS.items():
        if (value := by_key.get(key)) is not None:
            row.setdefault(name, _WORDS.get(value, value) if name == "outbound" else value)
    for name, way in FIELDS.items():
        told: Any = found
        for field in way:
            told = told.get(field) if isinstance(told, Mapping) else None
        if told is not None and not isinstance(told, Mapping):
            row.setdefault(name, told)
    return row


def _value(value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return None
    told = next((value[name] for name in _VALUES if value.get(name) is not None), None)
    return None if told is None else str(told)
