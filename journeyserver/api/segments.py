"""The five operations on segments. Source: docs/api/journey-api.md §1, §2, §5 and §6."""

import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse

from journeyadmin.contract import segments
from journeyadmin.contract.operations import (
    CREATE_SEGMENT,
    DELETE_SEGMENT,
    GET_SEGMENT,
    LIST_SEGMENTS,
    UPDATE_SEGMENT,
)
from journeyserver import definitions, paging, validation
from journeyserver.api.ids import read_id
from journeyserver.auth import ABSENT, Call, operation
from journeyserver.errors import (
    ApiError,
    InvalidFields,
    Problem,
    bad_request,
    conflict,
    json_response,
    not_found,
)
from journeyserver.models import DefinitionsChange, Segment, now
from journeyserver.paging import Parameters
from journeyserver.serializers import segment_json

_PATH = LIST_SEGMENTS.path
_PAGING = ("pageNumber", "pageSize", "sortBy", "queryFields", "queryValue")


@operation(LIST_SEGMENTS)
def list_segments(call: Call) -> HttpResponse:
    """One page of segments, or the ones whose ids were given."""
    parameters = Parameters(call.request.GET)
    active = parameters.flag("isActive")
    rows = definitions.snapshot().listed
    if active:
        rows = tuple(row for row in rows if row["isActive"])
    effective = [] if active is None else [("isActive", str(active).lower())]
    ids = parameters.texts("segmentIds")
    if ids is not None:
        return _by_ids(parameters, ids, rows, effective)
    sorting = parameters.sorting("sortBy", segments.SORTABLE)
    page = paging.read_page(parameters)
    rows = _matching(parameters, rows)
    parameters.check()
    found = paging.ordered(rows, sorting) if sorting else rows
    names = ("sortBy", "queryFields", "queryValue")
    effective += [(name, value) for name in names for value in call.request.GET.getlist(name)]
    return json_response(paging.envelope(_PATH, effective, page.of(found), page, len(found)))


def _by_ids(
    parameters: Parameters, ids: list[str], rows: tuple[dict[str, Any], ...], effective: list[tuple[str, str]]
) -> HttpResponse:
    """The segments with these ids, in the order asked for; unknown ones are left out."""
    if together := [name for name in _PAGING if name in parameters]:
        raise bad_request(f"segmentIds cannot be combined with {', '.join(together)}.")
    wanted = list(dict.fromkeys(given.lower() for given in ids))
    if len(wanted) > segments.MAX_IDS:
        parameters.note(
            "segmentIds", "invalid.length", f"must be at most {segments.MAX_IDS} ids, not {len(wanted)}."
        )
    parameters.check()
    by_id = {row["id"]: row for row in rows}
    found = [by_id[given] for given in wanted if given in by_id]
    # Without an id too: a link that does not name them would lead to all segments.
    effective += [("segmentIds", given) for given in wanted or [""]]
    return json_response(paging.whole(_PATH, effective, found))


def _matching(parameters: Parameters, rows: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    """The rows one of whose queryFields contains queryValue, ignoring case."""
    names = parameters.texts("queryFields")
    value = parameters.text("queryValue")
    if names is None and value is None:
        return rows
    if names and not set(names) <= set(segments.QUERY_FIELDS):
        allowed = " and ".join(segments.QUERY_FIELDS)
        parameters.note("queryFields", "invalid.enum", f"must be of {allowed}.")
    if not names or not value:
        # Whatever was noted is told first, a parameter given twice among it.
        parameters.check()
        raise bad_request(
            "queryFields and queryValue are only understood together, and neither may be empty."
        )
    sought = value.casefold()
    return tuple(row for row in rows if any(sought in str(row.get(name, "")).casefold() for name in names))


@operation(GET_SEGMENT)
def get_segment(call: Call, segment_id: str) -> HttpResponse:
    """One segment."""
    return json_response(_found(read_id(segment_id, "segment")))


@operation(CREATE_SEGMENT)
def create_segment(call: Call) -> HttpResponse:
    """Makes a segment."""
    if call.body is ABSENT:
        raise bad_request("A new segment needs a body.")
    values = validation.new_segment(call.body)
    _refuse_expiry(values)
    return json_response(segment_json(store_new(values)))


def store_new(values: dict[str, Any]) -> Segment:
    """Stores a new segment of these clean values (`validation.new_segment`), or raises the conflict."""
    with transaction.atomic():
        DefinitionsChange.count_one()
        _refuse_taken(values)
        if Segment.objects.count() >= segments.MAX_SEGMENTS:
            raise ApiError(
                409,
                "limit.exceeded",
                f"This organisation has {segments.MAX_SEGMENTS} segments, which is the most it may have. Delete one first.",
                limit={"key": "journey.segments.max", "namespace": "journey", "value": segments.MAX_SEGMENTS},
            )
        instant = now()
        return Segment.objects.create(
            **values, name_key=Segment.key_of(values["display_name"]), created=instant, modified=instant
        )


@operation(UPDATE_SEGMENT)
def update_segment(call: Call, segment_id: str) -> HttpResponse:
    """Changes what the body names. Nothing changed means the same version."""
    key = read_id(segment_id, "segment")
    stored = _found(key)
    if call.body is ABSENT:
        return json_response(stored)
    changes = validation.segment_changes(call.body, stored)
    _refuse_expiry(changes.values)
    with transaction.atomic():
        DefinitionsChange.count_one()
        segment = Segment.objects.filter(pk=key).first()
        if segment is None:
            raise _no_segment(key)
        if changes.version not in (None, segment.version):
            raise conflict(
                f"The version given, {changes.version}, does not match the current version {segment.version}.",
                params={"version": str(segment.version)},
                entity_id=str(key),
            )
        if not _apply(segment, changes.values):
            # Also takes back the count of a change that is none.
            transaction.set_rollback(True)
    return json_response(segment_json(segment))


def _apply(segment: Segment, values: dict[str, Any]) -> bool:
    """Saves the values that differ and says whether there were any."""
    changed = {name: value for name, value in values.items() if getattr(segment, name) != value}
    if not changed:
        return False
    if "display_name" in changed:
        changed["name_key"] = Segment.key_of(changed["display_name"])
    _refuse_taken(changed, but=segment)
    for name, value in changed.items():
        setattr(segment, name, value)
    if validation.lacks_pattern(
        {"scope": segment.scope, "context": segment.context, "journey": segment.journey}
    ):
        # Two changes at once, each of which emptied one side.
        raise InvalidFields([Problem("journey", "not.allowed", validation.NO_PATTERN)])
    segment.version += 1
    segment.modified = now()
    segment.save()
    return True


@operation(DELETE_SEGMENT)
def delete_segment(call: Call, segment_id: str) -> HttpResponse:
    """Deletes a segment for good."""
    key = read_id(segment_id, "segment")
    with transaction.atomic():
        DefinitionsChange.count_one()
        if not Segment.objects.filter(pk=key).delete()[0]:
            raise _no_segment(key)
    return HttpResponse(status=204)


def _found(key: uuid.UUID) -> dict[str, Any]:
    segment = definitions.snapshot().by_id.get(str(key))
    if segment is None:
        raise _no_segment(key)
    return segment


def _no_segment(key: uuid.UUID) -> ApiError:
    return not_found("There is no segment with this id.", str(key))


def _refuse_expiry(values: dict[str, Any]) -> None:
    """Plays an organisation whose expiry of assignments is switched off."""
    if not settings.EXPIRY_ENABLED and values.get("assignment_expiration_days") is not None:
        raise ApiError(
            501, "not.implemented", "assignmentExpirationDays is not available in this organisation."
        )


def _refuse_taken(values: dict[str, Any], but: Segment | None = None) -> None:
    """409 where another segment has this name or this external segment already."""
    others = Segment.objects.exclude(pk=but.pk) if but else Segment.objects.all()
    taken = []
    name = values.get("display_name")
    if name is not None and others.filter(name_key=Segment.key_of(name)).exists():
        taken.append(("displayName", f"The name “{name}” is in use already; choose another."))
    linked = {name: values.get(name) for name in ("external_source", "external_id")}
    if linked["external_id"] is not None and others.filter(**linked).exists():
        taken.append(("externalSegment.id", "This external segment is linked to another segment already."))
    if taken:
        raise conflict(
            " ".join(sentence for _, sentence in taken),
            details=[{"errorCode": "not.unique", "fieldName": field} for field, _ in taken],
        )
