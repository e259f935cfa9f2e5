"""The life cycle of a web action: its states, which may follow which, and where it ends.

Source: docs/api/journey-api.md §11.5.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

ACTION_MEDIA_TYPES = (
    "webchat",
    "webMessagingOffer",
    "contentOffer",
    "integrationAction",
    "architectFlow",
    "openAction",
)
BLOCKING_REASONS = (
    "Unknown",
    "PageUrlConditionsNotMatching",
    "ServiceLevelThrottling",
    "AlreadyExistingOffer",
    "TriggerDateInFuture",
    "MultipleSimultaneousOffers",
    "NoAvailableAgents",
    "FrequencyCapping",
    "OfferedOutsideSchedule",
)
FREQUENCY_CAP_REASONS = ("Unknown", "CapOnceFinalized", "CapOnceRejected", "CapForPeriod")

# Media types whose life ends when the visitor, or what runs by itself, has accepted: only messaging and chat go on to start.
_ENDS_WITH_ACCEPTED = frozenset({"contentOffer", "architectFlow", "integrationAction", "openAction"})
# For architect flows offered, started, engaged and timed out do not occur.
_NOT_FOR_FLOWS = frozenset({"offered", "offeredOutsideSchedule", "started", "engaged", "timedout"})


@dataclass(frozen=True)
class ActionState:
    """A state, the fact that entering it makes (None: no metric), and the states that may come next."""

    name: str
    fact_kind: str | None
    next: tuple[str, ...]


_ANSWERS = ("accepted", "rejected", "ignored", "timedout", "errored")
_ROWS = (
    # An architect flow goes from qualified to its answer without being offered.
    ActionState("qualified", "action_qualified", ("offered", "frequencyCapReached", *_ANSWERS)),
    ActionState("offered", "action_offered", _ANSWERS),
    ActionState("accepted", "action_accepted", ("started",)),
    ActionState("started", "action_started", ("engaged", "abandoned", "errored")),
    ActionState("engaged", "action_engaged", ("completed",)),
    ActionState("rejected", "action_rejected", ()),
    ActionState("ignored", "action_ignored", ()),
    ActionState("timedout", "action_timedout", ()),
    ActionState("errored", "action_errored", ()),
    ActionState("abandoned", "action_abandoned", ()),
    ActionState("completed", None, ()),
    ActionState("frequencyCapReached", "action_frequency_cap_reached", ()),
    ActionState(
        "qualifiedOutsideSchedule", "action_qualified_outside_schedule", ("offeredOutsideSchedule", *_ANSWERS)
    ),
    ActionState("offeredOutsideSchedule", "action_offered_outside_schedule", _ANSWERS),
)
STATES: Mapping[str, ActionState] = MappingProxyType({row.name: row for row in _ROWS})
FIRST_STATES = ("qualified", "qualifiedOutsideSchedule")


def is_terminal(media_type: str | None, state: str) -> bool:
    """Whether an action of this media type ends in this state."""
    return not STATES[state].next or (state == "accepted" and media_type in _ENDS_WITH_ACCEPTED)


def may_follow(media_type: str | None, before: str | None, after: str) -> bool:
    """Whether an action may enter `after` when it is in `before` (None: not known yet)."""
    if after not in STATES:
        return False
    if before is None:
        return after in FIRST_STATES
    if is_terminal(media_type, before) or after not in STATES[before].next:
        return False
    if media_type == "architectFlow":
        return after not in _NOT_FOR_FLOWS
    # An answer needs an offer, except where there is none to show.
    offered_to_visitor = media_type in ("webchat", "webMessagingOffer", "contentOffer")
    return not (before in FIRST_STATES and after in _ANSWERS and offered_to_visitor)
