"""Request body → clean values, or all problems at once with their JSON paths.

    new_segment(body)                      values of a Segment row to be made
    segment_changes(body, stored)          values to be set on the row that the API shows as `stored`
    definition(body)                       context and journey alone, for a definition that is not saved
    action_target_changes(body)            values to be set on an ActionTarget row

Values are keyed by the names of the model's fields. Fields that nobody knows are ignored, so that a whole entity can be
read, changed and sent back. Source: docs/api/journey-api.md §2 to §5; what it leaves open: docs/decisions/0011.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from journeyadmin.contract import actiontargets, segments
from journeyadmin.contract.criteria import CONTEXT_KEYS, JOURNEY_KEYS, OPERATORS, CriteriaKey, Side, find_key
from journeyserver.errors import InvalidFields
from journeyserver.fields import Fields

Json = Mapping[str, Any]

_COLOR = re.compile(segments.COLOR_PATTERN, re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_VERSION = re.compile(r"\d+(\.\d+)*", re.ASCII)
_MAX_EVENT_NAME_LENGTH = 255
_MAX_EXTERNAL_LENGTH = 256
# The last whole number that every JSON reader takes for what it is; no segment has such a version, so it is a conflict.
_LARGEST_VERSION = 2**53 - 1

NO_PATTERN = "A Session segment needs at least one pattern in context or journey."


@dataclass(frozen=True)
class SegmentChanges:
    """What a PATCH asks for: the version it is based on, if it says so, and the values to set."""

    version: int | None
    values: dict[str, Any]


def new_segment(body: object) -> dict[str, Any]:
    """The values of a new segment, defaults filled in. Raises InvalidFields."""
    fields = Fields(body)
    fields.refuse_null("isActive")
    active = fields.flag("isActive")
    shown = fields.flag("shouldDisplayToAgent")
    context = _side(fields, "context")
    journey = _side(fields, "journey")
    external = _new_external(fields)
    values: dict[str, Any] = {
        "display_name": _name(fields, "displayName", segments.MAX_NAME_LENGTH, required=True),
        "is_active": True if active is None else active,
        "description": fields.text("description", most=segments.MAX_DESCRIPTION_LENGTH),
        "color": _color(fields) or segments.DEFAULT_COLOR,
        "context": context or {"patterns": []},
        "journey": journey or {"patterns": []},
        "assignment_expiration_days": _expiration(fields),
        **external,
    }
    given_scope = fields.choice("scope", segments.SCOPES)
    has_pattern = bool(values["context"]["patterns"] or values["journey"]["patterns"])
    scope = given_scope or ("Session" if has_pattern and not external else "Customer")
    unread = _is_unread(fields, "context", context) or _is_unread(fields, "journey", journey)
    if scope == "Session" and not has_pattern and not unread:
        fields.note("scope", "not.allowed", NO_PATTERN)
    _raise(fields)
    values["scope"] = scope
    values["should_display_to_agent"] = scope == "Session" if shown is None else shown
    return values


def segment_changes(body: object, stored: Json) -> SegmentChanges:
    """What to set on a segment that the API shows as `stored`; an absent field stays. Raises InvalidFields."""
    fields = Fields(body)
    values: dict[str, Any] = {}
    for name in ("isActive", "displayName", "externalSegment", "version"):
        fields.refuse_null(name)
    version = fields.integer("version", 1, _LARGEST_VERSION)
    if (active := fields.flag("isActive")) is not None:
        values["is_active"] = active
    if fields.values.get("displayName") is not None:
        values["display_name"] = _name(fields, "displayName", segments.MAX_NAME_LENGTH)
    if "description" in fields:
        values["description"] = fields.text("description", most=segments.MAX_DESCRIPTION_LENGTH)
    if "color" in fields:
        values["color"] = _color(fields) or segments.DEFAULT_COLOR
    if "shouldDisplayToAgent" in fields:
        shown = fields.flag("shouldDisplayToAgent")
        values["should_display_to_agent"] = stored["scope"] == "Session" if shown is None else shown
    if "assignmentExpirationDays" in fields:
        values["assignment_expiration_days"] = _expiration(fields)
    scope = fields.choice("scope", segments.SCOPES)
    if scope is not None and scope != stored["scope"]:
        fields.note("scope", "not.allowed", f"cannot be changed; it stays {stored['scope']}.")
    values |= _external_changes(fields, stored.get("externalSegment"))
    readable = True
    for side in ("context", "journey"):
        if fields.is_null(side):
            values[side] = {"patterns": []}
        elif (clean := _side(fields, side)) is not None:
            values[side] = clean
        elif _is_unread(fields, side, clean):
            readable = False
    if readable and lacks_pattern({**stored, **values}):
        side = "journey" if "journey" in values else "context"
        fields.note(side, "not.allowed", NO_PATTERN)
    _raise(fields)
    return SegmentChanges(version, values)


def lacks_pattern(segment: Json) -> bool:
    """Whether this is a Session segment without any pattern, which may not be."""
    empty = not segment["context"]["patterns"] and not segment["journey"]["patterns"]
    return bool(segment["scope"] == "Session" and empty)


def definition(body: object) -> dict[str, Any]:
    """`context` and `journey` of a body, normalised as they would be stored. Raises InvalidFields."""
    fields = Fields(body)
    clean = {side: _side(fields, side) or {"patterns": []} for side in ("context", "journey")}
    _raise(fields)
    return clean


def action_target_changes(body: object) -> dict[str, Any]:
    """What to set on an action target; an absent part of `serviceLevel` stays. Raises InvalidFields."""
    fields = Fields(body)
    values: dict[str, Any] = {}
    fields.refuse_null("name")
    if fields.values.get("name") is not None:
        values["name"] = _name(fields, "name", actiontargets.MAX_NAME_LENGTH)
    if fields.is_null("serviceLevel"):
        values["percentage"] = actiontargets.DEFAULT_PERCENTAGE
        values["duration_ms"] = actiontargets.DEFAULT_DURATION_MS
    level = fields.child("serviceLevel")
    if level is not None:
        for name in ("percentage", "durationMs"):
            level.refuse_null(name)
        percentage = level.number("percentage", 0, 1)
        duration = level.integer("durationMs", actiontargets.MIN_DURATION_MS, actiontargets.MAX_DURATION_MS)
        values |= {} if percentage is None else {"percentage": percentage}
        values |= {} if duration is None else {"duration_ms": duration}
    if "shortAbandonThreshold" in fields:
        values["short_abandon_threshold"] = fields.integer(
            "shortAbandonThreshold", 0, actiontargets.MAX_SHORT_ABANDON_SECONDS
        )
    _raise(fields)
    return values


def _raise(fields: Fields) -> None:
    if fields.problems:
        raise InvalidFields(fields.problems)


def _name(fields: Fields, name: str, most: int, *, required: bool = False) -> str | None:
    return fields.text(name, least=1, most=most, trim=True, required=required)


def _color(fields: Fields) -> str | None:
    value = fields.text("color", most=segments.MAX_VALUE_LENGTH)
    if value is not None and not _COLOR.fullmatch(value):
        fields.note("color", "invalid.format", "must be a hash and six hexadecimal digits, such as #5E5782.")
        return None
    return value


def _expiration(fields: Fields) -> int | None:
    return fields.integer("assignmentExpirationDays", 0, segments.MAX_EXPIRATION_DAYS)


def _new_external(fields: Fields) -> dict[str, Any]:
    external = fields.child("externalSegment")
    if external is None:
        return {}
    return {
        "external_id": external.text("id", least=1, most=_MAX_EXTERNAL_LENGTH, required=True),
        "external_name": external.text("name", least=1, most=_MAX_EXTERNAL_LENGTH, required=True),
        "external_source": external.choice("source", segments.EXTERNAL_SOURCES) or "Custom",
    }


def _external_changes(fields: Fields, stored: Json | None) -> dict[str, Any]:
    """The name of an external segment may change; what it is linked to may only be repeated."""
    external = fields.child("externalSegment")
    if external is None:
        return {}
    if stored is None:
        fields.note("externalSegment", "not.allowed", "can only be linked when the segment is created.")
        return {}
    external.refuse_null("name")
    for fixed in ("id", "source"):
        if external.values.get(fixed) not in (None, stored[fixed]):
            external.note(fixed, "not.allowed", "cannot be changed.")
    name = external.text("name", least=1, most=_MAX_EXTERNAL_LENGTH)
    return {} if name is None else {"external_name": name}


def _side(fields: Fields, side: Side) -> dict[str, Any] | None:
    """`{"patterns": […]}` as stored; None where it is absent, has no patterns or is wrong."""
    holder = fields.child(side)
    if holder is None or "patterns" not in holder:
        return None
    holder.refuse_null("patterns")
    before = len(fields.problems)
    read = _context_pattern if side == "context" else _journey_pattern
    patterns = [read(pattern) for pattern in holder.children("patterns", 0, segments.MAX_PATTERNS)]
    # Not wrong in itself, but a list that was refused reads as empty.
    return (
        {"patterns": patterns}
        if len(fields.problems) == before and holder.values["patterns"] is not None
        else None
    )


def _is_unread(fields: Fields, side: Side, clean: dict[str, Any] | None) -> bool:
    """Whether a side was given and is wrong: it is reported as such, and not as empty too. Without patterns it is neither."""
    value = fields.values.get(side)
    return clean is None and value is not None and not (isinstance(value, dict) and "patterns" not in value)


def _context_pattern(pattern: Fields) -> dict[str, Any]:
    rows = []
    for criterion in pattern.children("criteria", 1, segments.MAX_CRITERIA, required=True):
        row = _criterion(criterion, "context", "Web")
        row["entityType"] = criterion.choice("entityType", (segments.ENTITY_TYPE,), required=True)
        rows.append(row)
    return {"criteria": rows}


def _journey_pattern(pattern: Fields) -> dict[str, Any]:
    stream = pattern.choice("streamType", segments.STREAM_TYPES, required=True)
    session = pattern.choice("sessionType", tuple(segments.STREAM_SESSIONS.values()), required=True)
    if stream is not None and stream not in segments.STREAM_SESSIONS:
        supported = " and ".join(segments.STREAM_SESSIONS)
        pattern.note(
            "streamType",
            "not.allowed",
            f"{stream} is not supported; the stream types in use are {supported}.",
        )
    elif stream is not None and session is not None and segments.STREAM_SESSIONS[stream] != session:
        wanted = segments.STREAM_SESSIONS[stream]
        pattern.note("sessionType", "not.allowed", f"must be {wanted} where streamType is {stream}.")
    clean: dict[str, Any] = {
        "criteria": [
            _criterion(criterion, "journey", stream or "")
            for criterion in pattern.children("criteria", 1, segments.MAX_CRITERIA, required=True)
        ],
        "count": pattern.integer("count", 1, segments.MAX_COUNT, required=True),
        "streamType": stream,
        "sessionType": session,
    }
    event_name = pattern.text("eventName", least=1, most=_MAX_EVENT_NAME_LENGTH)
    return clean if event_name is None else {**clean, "eventName": event_name}


def _criterion(criterion: Fields, side: Side, stream: str) -> dict[str, Any]:
    row = _key(criterion, side, stream)
    operator = criterion.choice("operator", tuple(OPERATORS)) or "equal"
    ignore_case = criterion.flag("shouldIgnoreCase")
    values = _values(criterion)
    if row is not None and row.kind == "boolean":
        if operator not in ("equal", "notEqual"):
            criterion.note("operator", "not.allowed", f"must be equal or notEqual for {row.name}.")
        if values is not None and not set(values) <= set(row.values):
            criterion.note("values", "invalid.enum", f"must be {' or '.join(row.values)} for {row.name}.")
    elif values is not None and OPERATORS[operator].numeric:
        if len(values) != 1:
            criterion.note("values", "invalid.length", f"must be exactly one number for {operator}.")
        elif not _is_number(values[0]) and not (
            row and row.kind == "version" and _VERSION.fullmatch(values[0])
        ):
            criterion.note("values", "invalid.format", f"must be a number for {operator}.")
    return {
        "key": row.name if row else None,
        "values": values,
        "shouldIgnoreCase": bool(ignore_case),
        "operator": operator,
    }


def _key(criterion: Fields, side: Side, stream: str) -> CriteriaKey | None:
    name = criterion.text("key", least=1, most=segments.MAX_VALUE_LENGTH, required=True)
    if name is None:
        return None
    row = find_key(side, name, stream)
    if row is None:
        known = CONTEXT_KEYS if side == "context" else JOURNEY_KEYS
        allowed = [key for key in known if find_key(side, key, stream)]
        if side == "journey":
            allowed.append("attributes.<name>.value")
        criterion.note("key", "invalid.enum", f"“{name[:100]}” is not one of {', '.join(allowed)}.")
    return row


def _values(criterion: Fields) -> list[str] | None:
    """The values: one problem for the list, which is one field, however many of them are wrong."""
    values = criterion.values.get("values")
    most, longest = segments.MAX_VALUES, segments.MAX_VALUE_LENGTH
    if values is None:
        criterion.note("values", "missing.required", "is required.")
    elif not isinstance(values, list):
        criterion.note("values", "invalid.type", "must be a list.")
    elif not 1 <= len(values) <= most:
        criterion.note("values", "invalid.length", f"must have 1 to {most} values, not {len(values)}.")
    elif not all(isinstance(value, str) for value in values):
        criterion.note("values", "invalid.type", "must all be text, numbers and true or false too.")
    elif not all(1 <= len(value) <= longest for value in values):
        criterion.note("values", "invalid.length", f"must each have 1 to {longest} characters.")
    elif any("\0" in value for value in values):
        criterion.note("values", "invalid.format", "must not hold a NUL character.")
    else:
        return list(values)
    return None


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and math.isfinite(float(text))
