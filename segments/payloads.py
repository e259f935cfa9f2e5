"""API JSON ↔ form data, pure functions.

A *definition* is what a person may edit of a segment, in the API's spelling and with nothing left out: the form shows one,
saving sends the difference between two. Form data is a mapping from field names to lists of text, as a browser posts it:
`context-0-criteria-1-values` is a field of the second criterion in the first context pattern.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from journeyadmin.contract.criteria import Side, attribute_name
from journeyadmin.contract.segments import DEFAULT_COLOR, ENTITY_TYPE, STREAM_SESSIONS

Json = dict[str, Any]
Data = dict[str, list[str]]

SIDES: tuple[Side, ...] = ("context", "journey")
# Stands in the key field for `attributes.<name>.value`; the name is typed beside it.
ATTRIBUTE = "attributes"
# What the service sets by itself, and what only a create may say.
SERVICE_FIELDS = frozenset({"id", "version", "selfUri", "createdDate", "modifiedDate"})
SETTINGS = (
    "displayName",
    "description",
    "isActive",
    "shouldDisplayToAgent",
    "color",
    "assignmentExpirationDays",
    "scope",
)
NULLABLE = frozenset({"description", "assignmentExpirationDays"})

_CRITERION = ("key", "values", "shouldIgnoreCase", "operator")
_PATTERN = {
    "context": ("criteria",),
    "journey": ("criteria", "count", "streamType", "sessionType", "eventName"),
}
_LINE = re.compile(r"\r\n|\n|\r")
# A value may hold line ends, the field that shows one value per line may not. ␛ is the escape, doubled when meant.
_ESCAPES = {"␛␛": "␛", "␛n": "\n", "␛r": "\r"}
_ESCAPED = re.compile("␛[␛nr]")
_SPECIAL = {character: escape for escape, character in _ESCAPES.items()}


def definition(segment: Mapping[str, Any]) -> Json:
    """What may be edited of a segment, defaults filled in; fields unknown here are kept at every level."""
    filled: Json = {name: value for name, value in segment.items() if name not in SERVICE_FIELDS}
    filled["displayName"] = str(segment.get("displayName") or "")
    filled["description"] = str(segment.get("description") or "")
    filled["isActive"] = segment.get("isActive") is not False
    filled["scope"] = segment.get("scope") or "Session"
    shown = segment.get("shouldDisplayToAgent")
    filled["shouldDisplayToAgent"] = shown if isinstance(shown, bool) else filled["scope"] == "Session"
    filled["color"] = segment.get("color") or DEFAULT_COLOR
    filled["assignmentExpirationDays"] = segment.get("assignmentExpirationDays") or None
    for side in SIDES:
        held = segment.get(side)
        held = dict(held) if isinstance(held, Mapping) else {}
        held["patterns"] = [_pattern(side, row) for row in _rows(held.get("patterns"))]
        filled[side] = held
    return filled


def blank(scope: str = "Session") -> Json:
    """The definition of a segment that does not exist yet."""
    return definition({"scope": scope, "isActive": True})


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two segments say the same in everything that may be edited."""
    return definition(one) == definition(other)


def to_create(wanted: Mapping[str, Any]) -> Json:
    """The body that creates this definition."""
    body = definition(wanted)
    return {name: value for name, value in body.items() if value is not None and value != ""}


def to_patch(wanted: Mapping[str, Any], base: Mapping[str, Any]) -> Json:
    """What has to be sent so that the segment `base` says `wanted`: only what differs, and the version it is based on.

    Empty, version aside, exactly when nothing differs. Conditions of one side go whole: the API replaces them whole.
    """
    before, after = definition(base), definition(wanted)
    patch: Json = {}
    for name, value in after.items():
        if name == "scope" or before.get(name) == value:
            continue
        patch[name] = None if name in NULLABLE and not value else value
    if patch and base.get("version") is not None:
        patch["version"] = base["version"]
    return patch


def to_data(segment: Mapping[str, Any]) -> Data:
    """The form data that shows this segment."""
    full = definition(segment)
    data: Data = {
        "name": [full["displayName"]],
        "description": [full["description"]],
        "color": [str(full["color"])],
        "scope": [str(full["scope"])],
        "expiry": [str(full["assignmentExpirationDays"] or "")],
    }
    if full["isActive"]:
        data["active"] = ["on"]
    if full["shouldDisplayToAgent"]:
        data["agents"] = ["on"]
    extra = {name: value for name, value in full.items() if name not in (*SETTINGS, *SIDES)}
    for side in SIDES:
        rest = {name: value for name, value in full[side].items() if name != "patterns"}
        if rest:
            extra[side] = rest
        rows = full[side]["patterns"]
        data |= _counted(side, len(rows))
        for index, row in enumerate(rows):
            data |= _pattern_data(side, f"{side}-{index}", row)
    if extra:
        data["extra"] = [_json(extra)]
    return data


def criterion(
    side: Side, key: str, operator: str, values: Sequence[str], ignore_case: bool, extra: str = ""
) -> Json:
    """One criterion as the API spells it."""
    row = (carried(extra) or {}) | {
        "key": key,
        "operator": operator or "equal",
        "values": list(values),
        "shouldIgnoreCase": ignore_case,
    }
    if side == "context":
        row.setdefault("entityType", ENTITY_TYPE)
    return row


def pattern(
    side: Side,
    criteria: Iterable[Json],
    count: int = 1,
    stream: str = "Web",
    event_name: str = "",
    extra: str = "",
) -> Json:
    """One pattern as the API spells it; the kind of visit follows from the stream.

    The API asks for a criterion: a pattern that names an event and nothing else says the name in one (`named_event`).
    """
    row = (carried(extra) or {}) | {"criteria": list(criteria)}
    if side == "context":
        return row
    row |= {"count": count, "streamType": stream}
    row["sessionType"] = STREAM_SESSIONS.get(stream) or row.get("sessionType") or stream.lower()
    if event_name and row["criteria"]:
        row["eventName"] = event_name
    elif event_name:
        row["criteria"] = [criterion("journey", "eventName", "equal", [event_name], False)]
    return row


def named_event(row: Mapping[str, Any]) -> str:
    """The event of a pattern whose only condition is that event's exact name, "" for any other."""
    rows = row["criteria"]
    if row.get("eventName") or len(rows) != 1 or set(rows[0]) != set(_CRITERION):
        return ""
    values = rows[0]["values"]
    plain = criterion("journey", "eventName", "equal", values, False)
    return values[0] if rows[0] == plain and len(values) == 1 and not _LINE.search(values[0]) else ""


def with_extra(wanted: Json, extra: str) -> Json:
    """The definition with the fields that are unknown here put back, those beside the patterns too."""
    kept = carried(extra) or {}
    for side in SIDES:
        rest = kept.pop(side, None)
        if isinstance(rest, dict):
            wanted[side] = rest | wanted[side]
    return kept | wanted


def blank_row(prefix: str) -> Data:
    """The fields of a row that is added to the formset `prefix`, by their names within the row."""
    if prefix.endswith("-criteria"):
        return {"operator": ["equal"], "ignore_case": ["on"]}
    if prefix == "journey":
        return _counted("criteria", 0) | {"count": ["1"], "stream": ["Web"]}
    first = {f"criteria-0-{name}": value for name, value in blank_row(f"{prefix}-criteria").items()}
    return _counted("criteria", 1) | first


def with_pattern(data: Mapping[str, list[str]], side: Side, total: int, pattern: Mapping[str, Any]) -> Data:
    """The form data with one more pattern after the `total` of a side, as another segment has it."""
    row = _pattern_data(side, f"{side}-{total}", _pattern(side, pattern))
    return {**data, **row, **_counted(side, total + 1)}


def split_key(key: str) -> tuple[str, str]:
    """The key field's choice and, for an attribute, its name: `attributes.price.value` → (`attributes`, `price`)."""
    attribute = attribute_name(key)
    return (key, "") if attribute is None else (ATTRIBUTE, attribute)


def joined_key(choice: str, attribute: str) -> str:
    return f"attributes.{attribute}.value" if choice == ATTRIBUTE else choice


def to_lines(values: Iterable[str]) -> str:
    """Values as text, one a line."""
    return "\n".join("".join(_SPECIAL.get(character, character) for character in value) for value in values)


def from_lines(text: str) -> list[str]:
    """The values of such a text; blank lines are none, blanks within a line are kept."""
    lines = [line for line in _LINE.split(text) if line.strip()]
    return [_ESCAPED.sub(lambda found: _ESCAPES[found.group()], line) for line in lines]


def _pattern(side: Side, row: Mapping[str, Any]) -> Json:
    full = dict(row)
    full["criteria"] = [_criterion(side, one) for one in _rows(row.get("criteria"))]
    if side == "journey":
        full.setdefault("count", 1)
        full["streamType"] = row.get("streamType") or "Web"
        full["sessionType"] = row.get("sessionType") or STREAM_SESSIONS.get(str(full["streamType"]), "web")
        if not full.get("eventName"):
            full.pop("eventName", None)
    return full


def _criterion(side: Side, row: Mapping[str, Any]) -> Json:
    values = row.get("values")
    full = dict(row) | {
        "key": str(row.get("key") or ""),
        "operator": row.get("operator") or "equal",
        "values": [str(value) for value in values] if isinstance(values, list) else [],
        "shouldIgnoreCase": row.get("shouldIgnoreCase") is True,
    }
    if side == "context":
        full["entityType"] = row.get("entityType") or ENTITY_TYPE
    return full


def _pattern_data(side: Side, prefix: str, row: Json) -> Data:
    event = named_event(row) if side == "journey" else ""
    criteria = [] if event else row["criteria"]
    data = _counted(f"{prefix}-criteria", len(criteria))
    extra = {name: value for name, value in row.items() if name not in _PATTERN[side]}
    if side == "journey":
        data[f"{prefix}-count"] = [str(row["count"])]
        data[f"{prefix}-stream"] = [str(row["streamType"])]
        data[f"{prefix}-event_name"] = [event or str(row.get("eventName", ""))]
        if STREAM_SESSIONS.get(str(row["streamType"])) != row["sessionType"]:
            extra["sessionType"] = row["sessionType"]
    if extra:
        data[f"{prefix}-extra"] = [_json(extra)]
    for index, one in enumerate(criteria):
        data |= _criterion_data(side, f"{prefix}-criteria-{index}", one)
    return data


def _criterion_data(side: Side, prefix: str, row: Json) -> Data:
    key, attribute = split_key(row["key"])
    data = {
        f"{prefix}-key": [key],
        f"{prefix}-operator": [str(row["operator"])],
        f"{prefix}-values": [to_lines(row["values"])],
    }
    if attribute:
        data[f"{prefix}-attribute"] = [attribute]
    if row["shouldIgnoreCase"]:
        data[f"{prefix}-ignore_case"] = ["on"]
    extra = {name: value for name, value in row.items() if name not in _CRITERION}
    if extra.get("entityType") == ENTITY_TYPE:
        del extra["entityType"]
    if extra:
        data[f"{prefix}-extra"] = [_json(extra)]
    return data


def _counted(prefix: str, total: int) -> Data:
    return {f"{prefix}-TOTAL_FORMS": [str(total)], f"{prefix}-INITIAL_FORMS": ["0"]}


def _rows(found: Any) -> list[Mapping[str, Any]]:
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def carried(text: str) -> Json | None:
    """An object that the form carries; None for what is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
