"""The matcher under the name by which the dashboard's pages know it; it lives where both programs may read it."""

from journeyadmin.contract.matching import (
    ContextMatch,
    CriterionMatch,
    JourneyMatch,
    Match,
    event_matches,
    match_criterion,
    match_segment,
)

__all__ = [
    "ContextMatch",
    "CriterionMatch",
    "JourneyMatch",
    "Match",
    "event_matches",
    "match_criterion",
    "match_segment",
]
