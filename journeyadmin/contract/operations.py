"""The nine operations of the Journey API, the permissions they need, and whether they may be repeated.

Source: docs/api/journey-api.md §1 and §9.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """One operation: `path` has `{id}` where an id goes; any one of `scopes` is enough."""

    name: str
    method: str
    path: str
    permission: str
    scopes: tuple[str, ...]
    repeatable: bool
    success: int = 200


@dataclass(frozen=True)
class Permission:
    """A permission in exact spelling, what it is called, and what it switches on in the dashboard."""

    name: str
    label: str
    governs: str


_READ = ("journey:readonly", "journey")
_WRITE = ("journey",)
_ANALYTICS = ("analytics:readonly", "analytics")

LIST_SEGMENTS = Operation(
    "getJourneySegments", "GET", "/api/v2/journey/segments", "journey:segment:view", _READ, True
)
# A create is never repeated by itself: nobody can know whether the first one arrived.
CREATE_SEGMENT = Operation(
    "postJourneySegments", "POST", "/api/v2/journey/segments", "journey:segment:add", _WRITE, False
)
GET_SEGMENT = Operation(
    "getJourneySegment", "GET", "/api/v2/journey/segments/{id}", "journey:segment:view", _READ, True
)
# Repeatable only with a version in the body; the transport is told per call.
UPDATE_SEGMENT = Operation(
    "patchJourneySegment", "PATCH", "/api/v2/journey/segments/{id}", "journey:segment:edit", _WRITE, False
)
DELETE_SEGMENT = Operation(
    "deleteJourneySegment",
    "DELETE",
    "/api/v2/journey/segments/{id}",
    "journey:segment:delete",
    _WRITE,
    True,
    204,
)
LIST_ACTION_TARGETS = Operation(
    "getJourneyActiontargets",
    "GET",
    "/api/v2/journey/actiontargets",
    "journey:actiontarget:view",
    _READ,
    True,
)
GET_ACTION_TARGET = Operation(
    "getJourneyActiontarget",
    "GET",
    "/api/v2/journey/actiontargets/{id}",
    "journey:actiontarget:view",
    _READ,
    True,
)
UPDATE_ACTION_TARGET = Operation(
    "patchJourneyActiontarget",
    "PATCH",
    "/api/v2/journey/actiontargets/{id}",
    "journey:actiontarget:edit",
    _WRITE,
    False,
)
QUERY_JOURNEY_AGGREGATES = Operation(
    "postAnalyticsJourneysAggregatesQuery",
    "POST",
    "/api/v2/analytics/journeys/aggregates/query",
    "analytics:journeyAggregate:view",
    _ANALYTICS,
    True,
)

OPERATIONS = (
    LIST_SEGMENTS,
    CREATE_SEGMENT,
    GET_SEGMENT,
    UPDATE_SEGMENT,
    DELETE_SEGMENT,
    LIST_ACTION_TARGETS,
    GET_ACTION_TARGET,
    UPDATE_ACTION_TARGET,
    QUERY_JOURNEY_AGGREGATES,
)

PERMISSIONS = (
    Permission("journey:segment:view", "See segments", "Segments: the list and every segment's page"),
    Permission("journey:segment:add", "Create segments", "Segments: “Create segment” and “Duplicate”"),
    Permission("journey:segment:edit", "Edit segments", "Segments: “Edit” and the active switch"),
    Permission("journey:segment:delete", "Delete segments", "Segments: “Delete”"),
    Permission("journey:actiontarget:view", "See action targets", "Action targets: the grid"),
    Permission(
        "journey:actiontarget:edit", "Edit action targets", "Action targets: service levels and names"
    ),
    Permission(
        "analytics:journeyAggregate:view",
        "Query journey metrics",
        "Analytics, and the activity numbers beside segments and targets",
    ),
)
