"""A record of our own format (docs/event-format.md), as a row of its kind or with what is wrong with it. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any
from uuid import UUID

from journeyadmin.contract.names import column_name
from journeyserver.ingest.incoming import COLUMNS, KINDS, Kind

# What `type` says → the kind of row.
TYPES: Mapping[str, Kind] = {"event": "events", "action": "actions", "block": "blocks", "outcome": "outcomes"}
# Names of the format that are no names of the contract → columns.
_OWN_NAMES = {
    "time": "ts",
    "streamType": "stream",
    "customerId": "customer_id",
    "customerIdType": "customer_id_type",
    "sessionId": "journey_session_id",
    "state": "action_state",
    "referrer.keywords": "referrer_keywords",
    "userAgent": "user_agent",
    "externalId": "external_id",
}
# What the reader itself gives.
_NOT_GIVEN = ("number", "attributes", "attribute_types", "traits", "trait_types")
_MAPS = ("attributes", "traits")
DATA_TYPES = ("string", "number", "integer", "boolean")
_EVENT_NAME = re.compile(r"[A-Za-z0-9_]{1,255}\Z")
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z0-9_\-.]{1,256}\Z")
_LONGEST_VALUE = 2048
_MOST_ATTRIBUTES = 50
_NUMBERS = {
    "integer": re.compile(r"[+-]?\d+\Z"),
    "number": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\Z"),
}


class BadRecord(ValueError):
    """A record that cannot be taken in; the text says why in one sentence."""


def record(flat: Mapping[str, Any], number: int) -> tuple[Kind, dict[str, Any]]:
    """A flat record of dotted names as a row of its kind. Unknown names are ignored. Raises BadRecord."""
    kind = TYPES.get(str(flat.get("type") or "event"))
    if kind is None:
        raise BadRecord(f"The type is none of {', '.join(TYPES)}.")
    row: dict[str, Any] = {"number": number}
    for name, value in flat.items():
        if value is None or value == "":
            continue
        group, dot, rest = name.partition(".")
        if group in _MAPS and dot:
            _add_attribute(row, group, rest, value)
            continue
        column = _OWN_NAMES.get(name) or column_name(name)
        type_ = _COLUMNS[kind].get(column)
        if type_ is not None:
            row[column] = _VALUES[type_](name, value)
    _check(kind, row)
    for group, types in (("attributes", "attribute_types"), ("traits", "trait_types")):
        if group in row:
            row[types] = list(row[types].items())
            row[group] = list(row[group].items())
    return kind, row


def _check(kind: Kind, row: Mapping[str, Any]) -> None:
    if "ts" not in row:
        raise BadRecord("There is no time.")
    if kind == "events":
        if "customer_id" not in row:
            raise BadRecord("There is no customerId.")
        if not _EVENT_NAME.match(row.get("event_name", "")):
            raise BadRecord("The eventName is missing or not of letters, digits and underscores.")
        if row.get("stream", "Web") not in ("Web", "App"):
            raise BadRecord("The streamType is neither Web nor App.")
        if row.get("device_category", "other") not in ("desktop", "mobile", "tablet", "other"):
            raise BadRecord("The device.category is none of desktop, mobile, tablet, other.")
        return
    if "customer_id" not in row and "journey_session_id" not in row and "journey_action_id" not in row:
        raise BadRecord("There is neither a customerId nor a sessionId.")
    needed = {
        "actions": ("journeyActionId", "state"),
        "blocks": ("journeyBlockingReason",),
        "outcomes": ("journeyOutcomeId",),
    }
    for name in needed[kind]:
        if (_OWN_NAMES.get(name) or column_name(name)) not in row:
            raise BadRecord(f"There is no {name}.")
    if kind == "outcomes" and row.get("outcome", "achieved") not in ("achieved", "attributed"):
        raise BadRecord("The outcome is neither achieved nor attributed.")


def _add_attribute(row: dict[str, Any], group: str, name: str, value: Any) -> None:
    if not _ATTRIBUTE_NAME.match(name):
        raise BadRecord(
            f"A name in {group} has other signs than letters, digits, underscore, hyphen and dot."
        )
    values = row.setdefault(group, {})
    types = row.setdefault("attribute_types" if group == "attributes" else "trait_types", {})
    text, type_ = _typed(f"{group}.{name}", value)
    if len(text) > _LONGEST_VALUE:
        raise BadRecord(f"{group}.{name} is longer than {_LONGEST_VALUE} characters.")
    values[name], types[name] = text, type_
    if len(values) > _MOST_ATTRIBUTES:
        raise BadRecord(f"There are more than {_MOST_ATTRIBUTES} {group}.")


def _typed(name: str, value: Any) -> tuple[str, str]:
    """An attribute's value as text and its data type: said by the record, or seen from the value."""
    if isinstance(value, Mapping):
        type_, text = str(value.get("dataType") or "string"), _plain(value.get("value"))
        if type_ not in DATA_TYPES:
            raise BadRecord(f"The dataType of {name} is none of {', '.join(DATA_TYPES)}.")
        if type_ in _NUMBERS and not _NUMBERS[type_].match(text):
            raise BadRecord(f"{name} is said to be a {type_}, but is none.")
        if type_ == "boolean" and text not in ("true", "false"):
            raise BadRecord(f"{name} is said to be a boolean, but is neither true nor false.")
        return text, type_
    if isinstance(value, bool):
        return _plain(value), "boolean"
    if isinstance(value, int):
        return str(value), "integer"
    if isinstance(value, float):
        return _plain(value), "number"
    return _plain(value), "string"


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str) else str(value)


def _text(name: str, value: Any) -> str:
    if isinstance(value, Mapping | list):
        raise BadRecord(f"{name} is no text.")
    return _plain(value)


def _time(name: str, value: Any) -> datetime:
    """ISO 8601 with any offset, or without one for UTC; a column of times in Parquet."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise BadRecord(f"The {name} is no ISO 8601 time.") from None
    if not isinstance(value, datetime):
        if not isinstance(value, date):
            raise BadRecord(f"The {name} is no ISO 8601 time.")
        value = datetime(value.year, value.month, value.day)
    moment: datetime = value
    try:
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except OverflowError:
        raise BadRecord(f"The {name} is no ISO 8601 time.") from None


def _integer(name: str, value: Any) -> int:
    if isinstance(value, str) and _NUMBERS["integer"].match(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        raise BadRecord(f"{name} is no whole number.")
    return value


def _number(name: str, value: Any) -> float:
    if isinstance(value, str) and _NUMBERS["number"].match(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise BadRecord(f"{name} is no number.")
    return float(value)


def _boolean(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise BadRecord(f"{name} is neither true nor false.")


def _texts(name: str, value: Any) -> list[str]:
    """A list, or in CSV its values with `|` between them."""
    values = value.split("|") if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise BadRecord(f"{name} is no list of texts.")
    return [one for one in values if one]


def _id(name: str, value: Any) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise BadRecord(f"{name} is no UUID.") from None


_VALUES: Mapping[str, Any] = {
    "text": _text,
    "time": _time,
    "bigint": _integer,
    "double": _number,
    "boolean": _boolean,
    "texts": _texts,
    "id": _id,
}
# Columns that hold ids have names that end so, but for ids of other people's making.
_FREE_IDS = ("customer_id", "external_id", "mkt_campaign_click_id")
_COLUMNS: Mapping[Kind, Mapping[str, str]] = {
    kind: {
        column.name: "id"
        if column.type == "text" and column.name.endswith("_id") and column.name not in _FREE_IDS
        else column.type
        for column in COLUMNS[kind]
        if column.name not in _NOT_GIVEN
    }
    for kind in KINDS
}


def flattened(found: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested names made dotted; an attribute's `{"dataType": …, "value": …}` stays whole."""
    flat: dict[str, Any] = {}
    for name, value in found.items():
        whole = prefix + str(name)
        if isinstance(value, Mapping) and not (prefix and prefix[:-1] in _MAPS):
            flat.update(flattened(value, whole + "."))
        else:
            flat[whole] = value
    return flat
