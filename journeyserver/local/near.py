"""What a visit that does not match a definition lacks, where that is one thing only. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from journeyadmin.contract.matching import CriterionMatch, JourneyMatch, Match
from journeyserver.engine.moments import Happening, first_moment

Json = Mapping[str, Any]


def lacking(
    definition: Json, match: Match, session_id: str, context: Json, events: Sequence[Happening]
) -> dict[str, Any] | None:
    """The one criterion that need not be asked for it to match, or the step that lacks one event; with what was seen.

    None where more is missing, or where nothing that is asked is there: of a single condition everybody would be near.
    `match` is what `first_moment` found, and the rest what it was given.
    """
    visit = [
        (f"context.patterns[{number}].criteria[{index}]", row)
        for number, pattern in enumerate(match.context)
        for index, row in enumerate(pattern.criteria)
    ]
    missing = [_of_criterion(path, row) for path, row in visit if not row.holds]
    if len(missing) > 1 or not _begun([row for _, row in visit], match.journey):
        return None
    for lack in missing or _of_step(match.journey):
        if first_moment(_without(definition, lack), session_id, context, events).at is not None:
            return lack
    return None


def _begun(visit: Sequence[CriterionMatch], journey: Sequence[JourneyMatch]) -> bool:
    """Whether anything that is asked is there; that there was an event of the right name says little."""
    shown = [*visit, *(row for step in journey for row in step.criteria)]
    return any(row.outcome == "pass" for row in shown) or any(step.events for step in journey)


def _of_step(journey: Sequence[JourneyMatch]) -> Iterator[dict[str, Any]]:
    """What the first step that is not complete may lack: the steps after it have had no chance yet."""
    number, step = next((one for one in enumerate(journey) if one[1].completed_by is None), (-1, None))
    if step is None:
        return
    path = f"journey.patterns[{number}]"
    failing = [(index, row) for index, row in enumerate(step.criteria) if not row.holds]
    if len(failing) == 1:
        index, row = failing[0]
        yield _of_criterion(f"{path}.criteria[{index}]", row)
    if step.needed - len(step.events) <= 1:
        yield {"path": path, "key": "", "needed": step.needed, "reached": len(step.events)}


def _of_criterion(path: str, row: CriterionMatch) -> dict[str, Any]:
    return {"path": path, "key": row.key, "outcome": row.outcome, "seen": row.seen}


def _without(definition: Json, lack: Json) -> dict[str, Any]:
    """The definition, asking one criterion or one event of a step less."""
    side, _, rest = str(lack["path"]).partition(".patterns[")
    number, _, rest = rest.partition("]")
    patterns = list(definition[side]["patterns"])
    pattern = patterns[int(number)]
    if rest:
        gone = int(rest.removeprefix(".criteria[").removesuffix("]"))
        kept = [row for index, row in enumerate(pattern["criteria"]) if index != gone]
        patterns[int(number)] = {**pattern, "criteria": kept}
    elif lack["needed"] > 1:
        patterns[int(number)] = {**pattern, "count": lack["needed"] - 1}
    else:
        del patterns[int(number)]
    return {**definition, side: {"patterns": patterns}}
