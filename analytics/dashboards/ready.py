"""Five dashboards that are there from the first day (DSH1): offers, blocked offers, segment health, service levels, sessions."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from analytics import filters, measures
from analytics.filters import Condition, Filter, single
from analytics.question import WHOLE, Question

WIDTHS = (3, 4, 6, 8, 12)


@dataclass(frozen=True)
class Tile:
    """A question under a title; `width` of twelve columns."""

    title: Any
    question: Question
    width: int = 6


@dataclass(frozen=True)
class Board:
    """A dashboard: `key` is its place in addresses."""

    key: str
    title: Any
    description: Any
    tiles: tuple[Tile, ...]


def _only(dimension: str, value: str) -> Filter:
    return filters.normal(Filter("and", (single(Condition(dimension, "matches", value)),)))


def _ask(*keys: str, **extra: Any) -> Question:
    return Question(measures=measures.in_order(keys), **extra)


_BLOCKED = filters.normal(Filter("and", (single(Condition("journeyBlockingReason", "exists")),)))
_HELD_BACK = _only("journeyBlockingReason", "ServiceLevelThrottling")

BOARDS = {
    board.key: board
    for board in (
        Board(
            "offers",
            _("Offers"),
            _("What becomes of the offers that visitors qualify for."),
            (
                Tile(_("Offered"), _ask("nWebActionsOffered", compare="weekdays", chart="number"), 4),
                Tile(
                    _("Accepted of offered"),
                    _ask(measures.KNOWN_RATES[1], compare="weekdays", chart="number"),
                    4,
                ),
                Tile(
                    _("Engaged of accepted"),
                    _ask(measures.KNOWN_RATES[2], compare="weekdays", chart="number"),
                    4,
                ),
                Tile(_("From qualified to engaged"), _ask(*measures.FUNNEL, by=WHOLE, chart="funnel"), 12),
                Tile(
                    _("Over time"),
                    _ask(
                        "nWebActionsQualified",
                        "nWebActionsOffered",
                        "nWebActionsAccepted",
                        "nWebActionsEngaged",
                    ),
                    6,
                ),
                Tile(_("Share accepted, over time"), _ask(measures.KNOWN_RATES[1], by="P1D"), 6),
                Tile(
                    _("Offered, by action map"),
                    _ask("nWebActionsOffered", by=WHOLE, group_by=("journeyActionMapId",)),
                    6,
                ),
                Tile(
                    _("How offers end"),
                    _ask(
                        "nWebActionsAccepted",
                        "nWebActionsRejected",
                        "nWebActionsIgnored",
                        "nWebActionsTimedout",
                        "nWebActionsErrored",
                        by=WHOLE,
                    ),
                    6,
                ),
            ),
        ),
        Board(
            "blocked",
            _("Blocked offers"),
            _("What held actions back although visitors qualified."),
            (
                Tile(_("Blocked"), _ask("nJourneyActionsBlocked", compare="weekdays", chart="number"), 4),
                Tile(
                    _("Blocked, by reason"),
                    _ask("nJourneyActionsBlocked", by=WHOLE, group_by=("journeyBlockingReason",)),
                    8,
                ),
                Tile(
                    _("Reasons over time"),
                    _ask("nJourneyActionsBlocked", group_by=("journeyBlockingReason",), chart="area"),
                    12,
                ),
                Tile(
                    _("Blocked, by action map"),
                    _ask("nJourneyActionsBlocked", by=WHOLE, group_by=("journeyActionMapId",)),
                    6,
                ),
                Tile(
                    _("Visits and blocks"),
                    _ask(
                        "nDistinctJourneySessions",
                        "nJourneyActionsBlocked",
                        by=WHOLE,
                        group_by=("journeyBlockingReason",),
                        chart="table",
                        filter=_BLOCKED,
                    ),
                    6,
                ),
                Tile(
                    _("When offers are blocked"),
                    _ask("nJourneyActionsBlocked", by="PT1H", chart="heat"),
                    12,
                ),
            ),
        ),
        Board(
            "segments",
            _("Segment health"),
            _("Which segments are assigned, how often, and to whom."),
            (
                Tile(
                    _("Segments assigned"),
                    _ask("nJourneySegmentsAssigned", compare="weekdays", chart="number"),
                    4,
                ),
                Tile(
                    _("Assigned per session"),
                    _ask("nJourneySegmentsAssigned/nJourneySessions", compare="weekdays", chart="number"),
                    4,
                ),
                Tile(
                    _("By scope"),
                    _ask("nJourneySegmentsAssigned", by=WHOLE, group_by=("journeySegmentScope",)),
                    4,
                ),
                Tile(
                    _("Assigned, by segment"),
                    _ask("nJourneySegmentsAssigned", by=WHOLE, group_by=("journeySegmentId",), top=15),
                    6,
                ),
                Tile(
                    _("Segments over time"),
                    _ask("nJourneySegmentsAssigned", group_by=("journeySegmentId",), top=6),
                    6,
                ),
                Tile(
                    _("Outcomes of visits, by the segments they held"),
                    _ask("nJourneyOutcomesAchieved", by=WHOLE, group_by=("journeySessionSegmentId",)),
                    6,
                ),
                Tile(
                    _("Assigned, by device"),
                    _ask("nJourneySegmentsAssigned", group_by=("journeyDeviceCategory",), chart="area"),
                    6,
                ),
            ),
        ),
        Board(
            "service-levels",
            _("Service levels"),
            _("What is offered, answered, abandoned and held back for each action target."),
            (
                Tile(
                    _("Held back for the service level"),
                    _ask("nJourneyActionsBlocked", compare="weekdays", chart="number", filter=_HELD_BACK),
                    4,
                ),
                Tile(_("Engaged"), _ask("nWebActionsEngaged", compare="weekdays", chart="number"), 4),
                Tile(
                    _("Abandoned of started"),
                    _ask("nWebActionsAbandoned/nWebActionsStarted", compare="weekdays", chart="number"),
                    4,
                ),
                Tile(
                    _("Held back, by target"),
                    _ask("nJourneyActionsBlocked", group_by=("journeyActionTargetId",), filter=_HELD_BACK),
                    6,
                ),
                Tile(
                    _("Engaged, by target"),
                    _ask("nWebActionsEngaged", group_by=("journeyActionTargetId",)),
                    6,
                ),
                Tile(
                    _("Started, engaged and abandoned, by target"),
                    _ask(
                        "nWebActionsStarted",
                        "nWebActionsEngaged",
                        "nWebActionsAbandoned",
                        by=WHOLE,
                        group_by=("journeyActionTargetId",),
                        chart="table",
                    ),
                    6,
                ),
                Tile(
                    _("When offers are held back"),
                    _ask("nJourneyActionsBlocked", by="PT1H", chart="heat", filter=_HELD_BACK),
                    6,
                ),
            ),
        ),
        Board(
            "sessions",
            _("Sessions"),
            _("How many visits there are, from where, on what, and when."),
            (
                Tile(_("Sessions"), _ask("nJourneySessions", compare="weekdays", chart="number"), 4),
                Tile(
                    _("Outcomes per session"),
                    _ask("nJourneyOutcomesAchieved/nJourneySessions", compare="weekdays", chart="number"),
                    4,
                ),
                Tile(
                    _("Web and app"),
                    _ask("nJourneySessions", by=WHOLE, group_by=("journeySessionType",)),
                    4,
                ),
                Tile(
                    _("Sessions against the weeks before"), _ask("nJourneySessions", compare="weekdays"), 12
                ),
                Tile(
                    _("By device"),
                    _ask("nJourneySessions", group_by=("journeyDeviceCategory",), chart="area"),
                    6,
                ),
                Tile(
                    _("By country"),
                    _ask("nJourneySessions", by=WHOLE, group_by=("journeyIpGeolocationCountry",)),
                    6,
                ),
                Tile(_("Weekday and hour"), _ask("nJourneySessions", by="PT1H", chart="heat"), 12),
            ),
        ),
    )
}
