"""Why a visit matches, or does not, in JSON: what the matcher found, under the paths of the definition."""

from collections.abc import Mapping, Sequence
from typing import Any

from journeyadmin.contract.matching import CriterionMatch, Match
from journeyserver.local.recorded import Event, moment_text

Json = Mapping[str, Any]


def reasons(definition: Json, match: Match, events: Sequence[Event]) -> list[dict[str, Any]]:
    """A row per criterion with what was seen; those of a pattern also say how often, and when it was complete."""
    rows = []
    for number, context in enumerate(match.context):
        for index, criterion in enumerate(context.criteria):
            path = f"context.patterns[{number}].criteria[{index}]"
            rows.append({"path": path, "key": criterion.key, "seen": criterion.seen})
    for number, pattern in enumerate(match.journey):
        about: dict[str, Any] = {"needed": pattern.needed, "reached": len(pattern.events)}
        if pattern.completed_by is not None:
            about["at"] = moment_text(events[pattern.completed_by].ts)
        for index, criterion in enumerate(pattern.criteria):
            path = f"journey.patterns[{number}].criteria[{index}]"
            rows.append({"path": path, "key": criterion.key, "seen": criterion.seen, **about})
    return rows


def explained(definition: Json, match: Match) -> dict[str, Any]:
    """`context`, `journey` and `failed` of an explanation."""
    context = [
        {
            "path": f"context.patterns[{number}]",
            "matched": found.matched,
            "criteria": _criteria(
                f"context.patterns[{number}]",
                definition["context"]["patterns"][number]["criteria"],
                found.criteria,
            ),
        }
        for number, found in enumerate(match.context)
    ]
    journey = [
        {
            "path": f"journey.patterns[{number}]",
            "needed": found.needed,
            "reached": len(found.events),
            "matched": found.completed_by is not None,
            "events": list(found.events),
            "completedBy": found.completed_by,
            "criteria": _criteria(
                f"journey.patterns[{number}]",
                definition["journey"]["patterns"][number]["criteria"],
                found.criteria,
            ),
        }
        for number, found in enumerate(match.journey)
    ]
    return {"context": context, "journey": journey, "failed": _failed(context, journey)}


def _criteria(path: str, asked: Sequence[Json], found: Sequence[CriterionMatch]) -> list[dict[str, Any]]:
    """Without any event that could count, nothing was seen of any criterion."""
    if not found:
        found = [CriterionMatch(row["key"], "no value", None, False) for row in asked]
    return [
        {
            "path": f"{path}.criteria[{index}]",
            "key": row["key"],
            "operator": row["operator"],
            "values": row["values"],
            "outcome": result.outcome,
            "seen": result.seen,
            "holds": result.holds,
        }
        for index, (row, result) in enumerate(zip(asked, found, strict=True))
    ]


def _failed(context: list[dict[str, Any]], journey: list[dict[str, Any]]) -> str | None:
    """The path of the first criterion, or of the first pattern as a whole, that did not hold."""
    for pattern in context:
        for criterion in pattern["criteria"]:
            if not criterion["holds"]:
                return str(criterion["path"])
    for pattern in journey:
        if pattern["matched"]:
            continue
        failing = [row for row in pattern["criteria"] if not row["holds"]]
        return str(failing[0]["path"] if failing and not pattern["events"] else pattern["path"])
    return None
