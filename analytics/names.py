"""What the values of dimensions are called and coloured: segments and targets by name, closed lists in words, own names for ids.

Nothing is looked up that the person may not see; what has no name is shown as it is, ids shortened.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import colours, labels
from analytics.models import NamedValue
from analytics.series import Group
from journeyadmin.contract.dimensions import DIMENSIONS
from journeyadmin.contract.operations import LIST_ACTION_TARGETS, LIST_SEGMENTS
from journeyadmin.history import lastknown, log
from journeyadmin.history.models import Kind
from journeyadmin.http import JourneyRequest
from journeyadmin.service import JourneyError

SECONDS = 60
FAILED_SECONDS = 5

# Dimensions whose values are the same things under another name.
_SAME = {
    "journeySessionSegmentId": "journeySegmentId",
    "journeyBlockingActionMapId": "journeyActionMapId",
    "touchpointActionMapId": "journeyActionMapId",
}
# A value of these is met once: it gets neither a name nor a colour of its own.
_PASSING = frozenset({"journeySessionId", "journeyCustomerId", "journeyActionId", "touchpointConversationId"})
NAMEABLE = frozenset(
    name for name, row in DIMENSIONS.items() if row.kind == "uuid" and name not in _PASSING
) - {"journeySegmentId", "journeySessionSegmentId", "journeyActionTargetId"}

_WORDS: Mapping[str, Mapping[str, Any]] = {
    "journeyBlockingReason": {
        "Unknown": gettext_lazy("Unknown reason"),
        "PageUrlConditionsNotMatching": gettext_lazy("Page URL condition"),
        "ServiceLevelThrottling": gettext_lazy("Service level"),
        "AlreadyExistingOffer": gettext_lazy("Existing offer"),
        "TriggerDateInFuture": gettext_lazy("Future offer"),
        "MultipleSimultaneousOffers": gettext_lazy("Multiple offers"),
        "NoAvailableAgents": gettext_lazy("No agents"),
        "FrequencyCapping": gettext_lazy("Frequency cap"),
        "OfferedOutsideSchedule": gettext_lazy("Outside schedule"),
    },
    "journeyFrequencyCapReason": {
        "Unknown": gettext_lazy("Unknown reason"),
        "CapOnceFinalized": gettext_lazy("Once after a conversation"),
        "CapOnceRejected": gettext_lazy("Once after a rejection"),
        "CapForPeriod": gettext_lazy("Minimum wait"),
    },
    "journeyActionMediaType": {
        "webchat": gettext_lazy("Web chat (retired)"),
        "webMessagingOffer": gettext_lazy("Web messaging"),
        "contentOffer": gettext_lazy("Content offer"),
        "integrationAction": gettext_lazy("Integration"),
        "architectFlow": gettext_lazy("Architect flow"),
        "openAction": gettext_lazy("Open action"),
    },
    "journeyDeviceCategory": {
        "desktop": gettext_lazy("Desktop"),
        "mobile": gettext_lazy("Mobile"),
        "tablet": gettext_lazy("Tablet"),
        "other": gettext_lazy("Other devices"),
    },
    "journeySessionType": {"web": gettext_lazy("Web"), "app": gettext_lazy("App")},
    "journeySegmentScope": {
        "Session": gettext_lazy("This visit"),
        "Customer": gettext_lazy("This person"),
    },
    "journeySegmentAssignmentState": {
        "Assigned": gettext_lazy("Assigned"),
        "Unassigned": gettext_lazy("Unassigned"),
    },
}


@dataclass(frozen=True)
class Thing:
    """A segment or an action target as a picker lists it."""

    id: str
    name: str
    colour: str = ""


def kind_of(dimension: str) -> str:
    return _SAME.get(dimension, dimension)


def short(value: str) -> str:
    """An id as one can still tell it from others: `3f0c…a901`."""
    return f"{value[:4]}…{value[-4:]}" if len(value) == 36 and value.count("-") == 4 else value


class Names:
    """The names of one request; each list is read when it is first needed."""

    def __init__(self, request: JourneyRequest) -> None:
        self._request = request
        self._own: dict[tuple[str, str], NamedValue] | None = None
        self._things: dict[str, dict[str, Thing]] = {}

    def things(self, dimension: str) -> dict[str, Thing]:
        """Segments or action targets by id; empty for other dimensions, without permission, or when not to be had."""
        kind = kind_of(dimension)
        if kind not in self._things:
            if kind == "journeySegmentId":
                self._things[kind] = _segments(self._request)
            elif kind == "journeyActionTargetId":
                self._things[kind] = _targets(self._request)
            else:
                return {}
        return self._things[kind]

    def value(self, dimension: str, value: str | None) -> str:
        """One value in words; a missing one says so."""
        if value is None:
            return _("none")
        words = _WORDS.get(dimension, {}).get(value)
        if words is not None:
            return str(words)
        thing = self.things(dimension).get(value)
        if thing is not None:
            return thing.name
        if DIMENSIONS[dimension].multi_valued and "," in value:
            return " + ".join(self.value(dimension, part) for part in value.split(","))
        return self.own(dimension, value) or short(value)

    def own(self, dimension: str, value: str) -> str:
        """The name that people here gave; "" where they gave none."""
        if kind_of(dimension) not in NAMEABLE:
            return ""
        found = self._named().get((kind_of(dimension), value))
        return found.name if found is not None else ""

    def group(self, group_by: Sequence[str], group: Group) -> str:
        """A group of an answer: `Mobile · DE`."""
        if len(group_by) == 1 and group[0] is None:
            return _("no %s") % labels.within(labels.dimension(group_by[0]))
        return " · ".join(self.value(name, part) for name, part in zip(group_by, group, strict=True))

    def compared(self, segment: str) -> str:
        """What stands over the numbers that ours are compared with: another segment's name, or that they were before."""
        return self.value("journeySegmentId", segment) if segment else _("Before")

    def full(self, group_by: Sequence[str], group: Group) -> str:
        """The ids and values as the API spells them, for a title and for files."""
        return ", ".join(part for part in group if part is not None)

    def choices(self, dimension: str) -> list[tuple[str, str]]:
        """Values to pick from, each with its words; empty where any text may come."""
        row = DIMENSIONS[dimension]
        if row.values:
            return [(value, self.value(dimension, value)) for value in row.values]
        found = sorted(self.things(dimension).values(), key=lambda thing: thing.name.casefold())
        if found:
            return [(thing.id, thing.name) for thing in found]
        kind = kind_of(dimension)
        named = [(value, own.name) for (of, value), own in self._named().items() if of == kind and own.name]
        return sorted(named, key=lambda pair: pair[1].casefold())

    def colours(self, group_by: Sequence[str], groups: Iterable[Group]) -> dict[Group, str]:
        """A colour for each group: its own, or a slot that stays with it in every chart."""
        groups = list(groups)
        if len(group_by) == 1 and kind_of(group_by[0]) == "journeySegmentId":
            things = self.things(group_by[0])
            own = {
                group: colours.own(thing.colour)
                for group in groups
                if (thing := things.get(group[0] or "")) is not None and thing.colour
            }
        else:
            own = {}
        return own | self._slots(group_by, [group for group in groups if group not in own])

    def _slots(self, group_by: Sequence[str], groups: list[Group]) -> dict[Group, str]:
        if len(group_by) == 1 and DIMENSIONS[group_by[0]].values:
            known = DIMENSIONS[group_by[0]].values
            return {
                group: colours.slot(known.index(group[0]) if group[0] in known else len(known) + at)
                for at, group in enumerate(groups)
            }
        if any(name in _PASSING for name in group_by):
            return {group: colours.slot(at) for at, group in enumerate(groups)}
        kind = "|".join(kind_of(name) for name in group_by)
        wanted = {group: "|".join(part or "" for part in group)[:600] for group in groups}
        taken = self._kept_slots(kind, list(wanted.values()))
        return {group: colours.slot(taken[value]) for group, value in wanted.items()}

    def _kept_slots(self, kind: str, values: list[str]) -> dict[str, int]:
        """Slots by value; a value met for the first time takes the one used least, and keeps it."""
        named = self._named()
        found = {
            value: own.slot for value in values if (own := named.get((kind, value))) and own.slot is not None
        }
        used = [0] * colours.SLOTS
        for (of, _value), own in named.items():
            if of == kind and own.slot is not None:
                used[own.slot] += 1
        for value in values:
            if value in found:
                continue
            slot = min(range(colours.SLOTS), key=lambda number: (used[number], number))
            used[slot] += 1
            found[value] = slot
            self._keep(kind, value, slot)
        return found

    def _keep(self, kind: str, value: str, slot: int) -> None:
        row = self._named().get((kind, value))
        if row is not None:
            NamedValue.objects.filter(pk=row.pk).update(slot=slot)
            row.slot = slot
            return
        try:
            row = NamedValue.objects.create(
                connection=self._request.connection, kind=kind, value=value, slot=slot
            )
        except IntegrityError:
            return
        self._named()[kind, value] = row

    def _named(self) -> dict[tuple[str, str], NamedValue]:
        if self._own is None:
            rows = NamedValue.objects.filter(connection=self._request.connection)
            self._own = {(row.kind, row.value): row for row in rows}
        return self._own


def _segments(request: JourneyRequest) -> dict[str, Thing]:
    if not request.may(LIST_SEGMENTS.permission):
        return {}
    return _kept(request, Kind.SEGMENT, request.journey.list_segments)


def _targets(request: JourneyRequest) -> dict[str, Thing]:
    if not request.may(LIST_ACTION_TARGETS.permission):
        return {}
    return _kept(request, Kind.ACTION_TARGET, request.journey.list_action_targets)


def _thing(row: Mapping[str, Any]) -> Thing:
    """A segment, or an action target, which has no colour."""
    name = row.get("displayName") or row.get("name") or short(row["id"])
    return Thing(row["id"], str(name), row["color"] if colours.is_colour(row.get("color")) else "")


def _key(request: JourneyRequest, kind: Kind) -> str:
    """Names end with the next write made here, in whichever process."""
    whose = 0 if request.user.permissions_known else request.user.pk
    last = log.last_write(request.connection, kind)
    return f"analytics:names:{kind}:{request.connection.pk}:{whose}:{last}"


def _kept(
    request: JourneyRequest, kind: Kind, read: Callable[[], Iterable[Mapping[str, Any]]]
) -> dict[str, Thing]:
    """Names are a help: where the service is down those last read serve, else ids; the chart does not wait again at once."""
    key = _key(request, kind)
    known: dict[str, Thing] | None = cache.get(key)
    if known is None:
        seconds = SECONDS
        try:
            known = {row["id"]: _thing(row) for row in read()}
        except (JourneyError, KeyError, TypeError) as error:
            last = lastknown.instead_of(request, kind, error) if isinstance(error, JourneyError) else None
            known = {row["id"]: _thing(row) for row in last.entities} if last else {}
            seconds = FAILED_SECONDS
        cache.set(key, known, seconds)
    return known
