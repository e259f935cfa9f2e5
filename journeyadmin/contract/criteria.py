"""Criteria keys and operators: what a segment may test, and with which words.

Source: docs/api/journey-api.md §3. A new key is one row here: form choice, validation, column and seed data follow.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["text", "enum", "version", "boolean", "attribute"]
Side = Literal["context", "journey"]


@dataclass(frozen=True)
class Operator:
    """One of the twelve operators. `negative` ones also hold where the value is missing; `numeric` ones take
    exactly one number; `joiner` is the word between several values in a sentence."""

    name: str
    label: str
    joiner: str
    negative: bool = False
    numeric: bool = False


@dataclass(frozen=True)
class CriteriaKey:
    """What may be tested: `values` is the closed list of an enum key, `streams` the stream types it is for: the app has all
    that the web has, and more (contract §3.2)."""

    name: str
    label: str
    kind: Kind
    side: Side
    group: str
    example: str
    values: tuple[str, ...] = ()
    streams: tuple[str, ...] = ("Web", "App")


def _by_name(rows: tuple[Operator, ...]) -> Mapping[str, Operator]:
    return MappingProxyType({row.name: row for row in rows})


OPERATORS: Mapping[str, Operator] = _by_name(
    (
        Operator("equal", "is", "or"),
        Operator("notEqual", "is not", "or", negative=True),
        Operator("containsAny", "contains", "or"),
        Operator("containsAll", "contains all of", "and"),
        Operator("notContainsAny", "does not contain", "or", negative=True),
        Operator("notContainsAll", "does not contain all of", "and", negative=True),
        Operator("startsWith", "starts with", "or"),
        Operator("endsWith", "ends with", "or"),
        Operator("greaterThan", "is greater than", "or", numeric=True),
        Operator("greaterThanOrEqual", "is at least", "or", numeric=True),
        Operator("lessThan", "is less than", "or", numeric=True),
        Operator("lessThanOrEqual", "is at most", "or", numeric=True),
    )
)

_EQUALITY = ("equal", "notEqual")
_NUMERIC = ("greaterThan", "greaterThanOrEqual", "lessThan", "lessThanOrEqual")
_PARTS = ("containsAny", "containsAll", "notContainsAny", "notContainsAll", "startsWith", "endsWith")

# What the dashboard offers by kind (§3.3, last table). The server enforces only the rules of validation.
_OFFERED: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        "text": _EQUALITY + _PARTS,
        "enum": (*_EQUALITY, "containsAny", "notContainsAny"),
        "version": _EQUALITY + _NUMERIC,
        "boolean": _EQUALITY,
        "attribute": _EQUALITY + _PARTS + _NUMERIC,
    }
)


def operators_for(kind: Kind) -> tuple[Operator, ...]:
    """The operators that make sense for keys of this kind, in the order they are offered."""
    return tuple(OPERATORS[name] for name in _OFFERED[kind])


def _context(
    name: str, label: str, group: str, example: str, kind: Kind = "text", *values: str
) -> CriteriaKey:
    return CriteriaKey(name, label, kind, "context", group, example, values)


def _journey(name: str, label: str, group: str, example: str, *streams: str) -> CriteriaKey:
    return CriteriaKey(name, label, "text", "journey", group, example, (), streams or ("Web", "App"))


_CONTEXT_ROWS = (
    _context(
        "device.category",
        "device category",
        "Device",
        "mobile",
        "enum",
        "desktop",
        "mobile",
        "tablet",
        "other",
    ),
    _context("device.type", "device type", "Device", "Apple"),
    _context("device.osFamily", "operating system", "Device", "Android"),
    _context("browser.family", "browser family", "Browser", "Chrome"),
    _context("browser.version", "browser version", "Browser", "120", "version"),
    _context("browser.lang", "browser language", "Browser", "en-us"),
    _context("mktCampaign.source", "campaign source", "Campaign", "newsletter"),
    _context("mktCampaign.medium", "campaign medium", "Campaign", "email"),
    _context("mktCampaign.name", "campaign name", "Campaign", "spring-sale"),
    _context("mktCampaign.term", "campaign term", "Campaign", "running shoes"),
    _context("mktCampaign.content", "campaign content", "Campaign", "banner-a"),
    _context("mktCampaign.clickId", "ad click id", "Campaign", "EAIaIQob"),
    _context("mktCampaign.network", "ad network", "Campaign", "google"),
    _context("geolocation.country", "country", "Place", "DE"),
    _context("geolocation.countryName", "country name", "Place", "Germany"),
    _context("geolocation.region", "region", "Place", "DE-BE"),
    _context("geolocation.locality", "city", "Place", "Berlin"),
    _context("geolocation.postalCode", "postal code", "Place", "10115"),
    _context("ipOrganization", "organisation of the IP address", "Place", "Example Corp"),
    _context("referrer.url", "referrer address", "Referrer", "https://news.example/item/1"),
    _context("referrer.hostname", "referrer host", "Referrer", "www.google.com"),
    _context(
        "referrer.medium",
        "referrer medium",
        "Referrer",
        "search",
        "enum",
        "internal",
        "search",
        "social",
        "email",
        "unknown",
        "paid",
    ),
    _context("authenticated", "signed in", "Person", "true", "boolean", "true", "false"),
)

_JOURNEY_ROWS = (
    _journey("eventName", "event name", "Event", "product_viewed"),
    _journey("page.url", "page address", "Page", "https://shop.example/cart"),
    _journey("page.title", "page title", "Page", "Your cart"),
    _journey("page.hostname", "page host", "Page", "shop.example"),
    _journey("page.domain", "page domain", "Page", "shop.example"),
    _journey("page.pathname", "page path", "Page", "/cart"),
    _journey("page.queryString", "page query string", "Page", "size=42"),
    _journey("page.fragment", "page fragment", "Page", "reviews"),
    _journey("page.keywords", "page keywords", "Page", "shoes"),
    _journey("searchQuery", "search query", "Event", "red shoes"),
    _journey("screenName", "screen name", "Screen", "Checkout", "App"),
    _journey("app.name", "app name", "Screen", "Shop", "App"),
)

CONTEXT_KEYS: Mapping[str, CriteriaKey] = MappingProxyType({row.name: row for row in _CONTEXT_ROWS})
JOURNEY_KEYS: Mapping[str, CriteriaKey] = MappingProxyType({row.name: row for row in _JOURNEY_ROWS})

ATTRIBUTE_KEY = re.compile(r"attributes\.([A-Za-z0-9_\-.]{1,256})\.value")


def attribute_name(key: str) -> str | None:
    """The attribute that a key such as `attributes.price.value` tests, or None for any other key."""
    match = ATTRIBUTE_KEY.fullmatch(key)
    return match.group(1) if match else None


def find_key(side: Side, name: str, stream: str = "Web") -> CriteriaKey | None:
    """The row of a key, `attributes.<name>.value` included, or None where this side or stream has no such key."""
    if side == "context":
        return CONTEXT_KEYS.get(name)
    row = JOURNEY_KEYS.get(name)
    if row is not None:
        return row if stream in row.streams or stream not in ("Web", "App") else None
    attribute = attribute_name(name)
    if attribute is None:
        return None
    return CriteriaKey(name, f"attribute {attribute}", "attribute", "journey", "Attribute", "42")
