"""The 22 metrics and the facts they count. Source: docs/api/journey-api.md §10.3 and §10.4.

A new metric is one row here: form choice, validation, SQL and the unit on the axis follow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Aggregate = Literal["count", "distinct", "value"]


@dataclass(frozen=True)
class FactKind:
    """Something countable that happened; `carries` names the groups of dimensions it has besides the session's."""

    name: str
    carries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metric:
    """`aggregate` over the facts of the kinds in `facts`: rows (count), distinct values of dimension `of`
    (distinct), or the measured value of those facts that have one (value: count, sum, min, max)."""

    name: str
    label: str
    definition: str
    unit: str
    stage: str
    aggregate: Aggregate
    facts: tuple[str, ...]
    of: str | None = None

    @property
    def additive(self) -> bool:
        """Whether numbers of buckets and groups may be added up."""
        return self.aggregate != "distinct"


_ACTION = ("action",)
_KINDS = (
    FactKind("session_started"),
    FactKind("segment_assigned", ("assignment",)),
    FactKind("outcome_achieved", ("outcome",)),
    FactKind("outcome_attributed", ("outcome", "touchpoint")),
    FactKind("action_qualified", _ACTION),
    FactKind("action_offered", _ACTION),
    FactKind("action_accepted", _ACTION),
    FactKind("action_started", _ACTION),
    FactKind("action_engaged", _ACTION),
    FactKind("action_rejected", _ACTION),
    FactKind("action_ignored", _ACTION),
    FactKind("action_timedout", _ACTION),
    FactKind("action_errored", _ACTION),
    FactKind("action_abandoned", _ACTION),
    FactKind("action_frequency_cap_reached", ("action", "cap")),
    FactKind("action_qualified_outside_schedule", _ACTION),
    FactKind("action_offered_outside_schedule", _ACTION),
    FactKind("action_blocked", ("action", "cap", "blocking")),
)
FACT_KINDS: Mapping[str, FactKind] = MappingProxyType({row.name: row for row in _KINDS})

_ACTION_KINDS = tuple(row.name for row in _KINDS if row.name.startswith("action_"))


def _count(name: str, label: str, definition: str, stage: str, fact: str) -> Metric:
    return Metric(name, label, definition, stage, stage, "count", (fact,))


def _value(name: str, label: str, definition: str, fact: str) -> Metric:
    return Metric(name, label, definition, "value", "outcomes", "value", (fact,))


# In life-cycle order: this is the order in which people are offered them.
_METRICS = (
    _count("nJourneySessions", "Sessions", "Visits that started.", "sessions", "session_started"),
    Metric(
        "nDistinctJourneySessions",
        "Distinct sessions",
        "Different visits that started, were assigned a segment, or had an action. Never add these up.",
        "sessions",
        "sessions",
        "distinct",
        ("session_started", "segment_assigned", *_ACTION_KINDS),
        of="journeySessionId",
    ),
    _count(
        "nJourneySegmentsAssigned",
        "Segments assigned",
        "Times a visit or a customer was assigned a segment.",
        "assignments",
        "segment_assigned",
    ),
    _count(
        "nWebActionsQualified",
        "Qualified",
        "A visitor matched the trigger of an action map.",
        "actions",
        "action_qualified",
    ),
    _count("nWebActionsOffered", "Offered", "The offer was shown.", "actions", "action_offered"),
    _count(
        "nWebActionsAccepted",
        "Accepted",
        "The visitor said yes; for architect flows: the flow launched.",
        "actions",
        "action_accepted",
    ),
    _count("nWebActionsStarted", "Started", "The conversation was opened.", "actions", "action_started"),
    _count("nWebActionsEngaged", "Engaged", "An agent joined.", "actions", "action_engaged"),
    _count(
        "nWebActionsRejected",
        "Rejected",
        "The visitor closed or declined the offer.",
        "actions",
        "action_rejected",
    ),
    _count(
        "nWebActionsIgnored", "Ignored", "The visitor left without answering.", "actions", "action_ignored"
    ),
    _count("nWebActionsTimedout", "Timed out", "The invitation expired.", "actions", "action_timedout"),
    _count("nWebActionsErrored", "Errored", "Presenting the offer failed.", "actions", "action_errored"),
    _count(
        "nWebActionsAbandoned",
        "Abandoned",
        "The visitor left after starting, before an agent joined.",
        "actions",
        "action_abandoned",
    ),
    _count(
        "nWebActionsFrequencyCapReached",
        "Frequency cap reached",
        "The offer was held back because the visitor had been asked often enough.",
        "actions",
        "action_frequency_cap_reached",
    ),
    _count(
        "nWebActionsQualifiedOutsideSchedule",
        "Qualified outside schedule",
        "A visitor matched the trigger while the schedule was closed.",
        "actions",
        "action_qualified_outside_schedule",
    ),
    _count(
        "nWebActionsOfferedOutsideSchedule",
        "Offered outside schedule",
        "The out-of-hours offer was shown.",
        "actions",
        "action_offered_outside_schedule",
    ),
    Metric(
        "nDistinctJourneyActions",
        "Distinct actions",
        "Different actions in any state, blocked ones included. Never add these up.",
        "actions",
        "actions",
        "distinct",
        _ACTION_KINDS,
        of="journeyActionId",
    ),
    _count(
        "nJourneyActionsBlocked",
        "Blocked",
        "Times an action that qualified was held back; one action may be held back several times.",
        "actions",
        "action_blocked",
    ),
    _count(
        "nJourneyOutcomesAchieved",
        "Outcomes achieved",
        "Times a visitor reached an outcome.",
        "outcomes",
        "outcome_achieved",
    ),
    _count(
        "nJourneyOutcomesAttributed",
        "Outcomes attributed",
        "Outcomes credited to a touchpoint.",
        "outcomes",
        "outcome_attributed",
    ),
    _value(
        "oJourneyOutcomeValue", "Outcome value", "What the achieved outcomes were worth.", "outcome_achieved"
    ),
    _value(
        "oJourneyOutcomeTouchpointValue",
        "Touchpoint value",
        "What the attributed outcomes were worth per touchpoint.",
        "outcome_attributed",
    ),
)
METRICS: Mapping[str, Metric] = MappingProxyType({row.name: row for row in _METRICS})
