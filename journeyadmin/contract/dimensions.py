"""The 43 dimensions of the aggregate query and which facts carry them. Source: docs/api/journey-api.md §10.4.

A new dimension is one row here: form choice, validation, column, SQL and legend follow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from journeyadmin.contract.lifecycle import ACTION_MEDIA_TYPES, BLOCKING_REASONS, FREQUENCY_CAP_REASONS
from journeyadmin.contract.metrics import FACT_KINDS
from journeyadmin.contract.segments import SCOPES

DimensionKind = Literal["uuid", "text", "integer", "enum"]


@dataclass(frozen=True)
class Dimension:
    """`group` says which facts carry it: `session` ones are on every fact; `values` is the list of an enum,
    which stays open (unknown values are shown as they are)."""

    name: str
    label: str
    kind: DimensionKind
    group: str
    values: tuple[str, ...] = ()
    multi_valued: bool = False


def _session(
    name: str, label: str, kind: DimensionKind = "text", *values: str, many: bool = False
) -> Dimension:
    return Dimension(name, label, kind, "session", values, many)


def _touchpoint(name: str, label: str, kind: DimensionKind = "text", *values: str) -> Dimension:
    return Dimension(name, label, kind, "touchpoint", values)


def _condition(name: str, label: str) -> Dimension:
    return Dimension(name, label, "text", "blocking", multi_valued=True)


_ROWS = (
    _session("journeySessionId", "Session", "uuid"),
    _session("journeySessionType", "Session type", "enum", "web", "app"),
    _session("journeyDeviceCategory", "Device category", "enum", "desktop", "mobile", "tablet", "other"),
    _session("journeyDeviceType", "Device type"),
    _session("journeyIpGeolocationCountry", "Country"),
    _session("journeyCustomerId", "Customer"),
    _session("journeyCustomerIdType", "Customer id type"),
    _session("journeySessionSegmentId", "Segment held by the session", "uuid", many=True),
    Dimension("journeySegmentId", "Segment", "uuid", "assignment"),
    Dimension("journeySegmentScope", "Segment scope", "enum", "assignment", SCOPES),
    Dimension(
        "journeySegmentAssignmentState", "Assignment state", "enum", "assignment", ("Assigned", "Unassigned")
    ),
    Dimension("journeyOutcomeId", "Outcome", "uuid", "outcome"),
    Dimension("journeyActionId", "Action", "uuid", "action"),
    Dimension("journeyActionMapId", "Action map", "uuid", "action"),
    Dimension("journeyActionMapVersion", "Action map version", "integer", "action"),
    Dimension("journeyActionMediaType", "Action media type", "enum", "action", ACTION_MEDIA_TYPES),
    Dimension("journeyActionTargetId", "Action target", "uuid", "action"),
    Dimension("journeyActionTemplateId", "Action template", "uuid", "action"),
    Dimension("journeyBlockingReason", "Blocking reason", "enum", "blocking", BLOCKING_REASONS),
    Dimension("journeyFrequencyCapReason", "Frequency cap reason", "enum", "cap", FREQUENCY_CAP_REASONS),
    Dimension("journeyBlockingActionMapId", "Blocking action map", "uuid", "blocking"),
    Dimension("journeyBlockingScheduleGroupId", "Blocking schedule group", "uuid", "blocking"),
    Dimension(
        "journeyBlockingEmergencyScheduleGroupId", "Blocking emergency schedule group", "uuid", "blocking"
    ),
    _condition("equalCondition", "Page condition: is"),
    _condition("notEqualCondition", "Page condition: is not"),
    _condition("containsAllCondition", "Page condition: contains all of"),
    _condition("containsAnyCondition", "Page condition: contains"),
    _condition("notContainsAllCondition", "Page condition: does not contain all of"),
    _condition("notContainsAnyCondition", "Page condition: does not contain"),
    _condition("startsWithCondition", "Page condition: starts with"),
    _condition("endsWithCondition", "Page condition: ends with"),
    _touchpoint("touchpointActionMapId", "Touchpoint action map", "uuid"),
    _touchpoint("touchpointAgentId", "Touchpoint agent", "uuid"),
    _touchpoint("touchpointQueueId", "Touchpoint queue", "uuid"),
    _touchpoint("touchpointConversationId", "Touchpoint conversation", "uuid"),
    _touchpoint("touchpointAttributionScope", "Touchpoint attribution scope"),
    _touchpoint("touchpointChannelMessageType", "Touchpoint message type"),
    _touchpoint("touchpointChannelPlatform", "Touchpoint platform"),
    _touchpoint("touchpointChannelType", "Touchpoint channel"),
    _touchpoint("touchpointInteractionType", "Touchpoint interaction"),
    _touchpoint("touchpointRequestedRouting", "Touchpoint requested routing"),
    _touchpoint("touchpointUsedRouting", "Touchpoint used routing"),
    _touchpoint("touchpointWrapupCode", "Touchpoint wrap-up code"),
)
DIMENSIONS: Mapping[str, Dimension] = MappingProxyType({row.name: row for row in _ROWS})


def carried_by(fact_kind: str) -> frozenset[str]:
    """Names of the dimensions that facts of this kind have; all others are missing on them."""
    groups = {"session", *FACT_KINDS[fact_kind].carries}
    return frozenset(row.name for row in _ROWS if row.group in groups)
