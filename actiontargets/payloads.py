"""Action targets: what was typed → the API's patch, and the aggregate questions and answers beside them. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from journeyadmin import servicelevel

Json = Mapping[str, Any]

OFFERED, ACCEPTED = "nWebActionsOffered", "nWebActionsAccepted"
ENGAGED, ABANDONED = "nWebActionsEngaged", "nWebActionsAbandoned"
BLOCKED = "nJourneyActionsBlocked"
TARGET = "journeyActionTargetId"
THROTTLED = "ServiceLevelThrottling"
# What may be changed of a target.
SETTINGS = ("name", "serviceLevel", "shortAbandonThreshold")


@dataclass(frozen=True)
class Numbers:
    """What happened at one target in a stretch of time; `held_back` counts offers held back for its service level."""

    offered: int = 0
    accepted: int = 0
    engaged: int = 0
    abandoned: int = 0
    held_back: int = 0

    @property
    def held_share(self) -> float | None:
        """The share held back of all that could have been offered; None where nothing could."""
        possible = self.offered + self.held_back
        return self.held_back / possible if possible else None

    @property
    def held_words(self) -> str:
        return _percent(self.held_share)

    @property
    def accepted_words(self) -> str:
        """Of those offered; empty where nothing was."""
        return _percent(self.accepted_share)

    @property
    def engaged_words(self) -> str:
        """Of those accepted; empty where nothing was."""
        return _percent(self.engaged_share)

    @property
    def accepted_share(self) -> float | None:
        return self.accepted / self.offered if self.offered else None

    @property
    def engaged_share(self) -> float | None:
        return self.engaged / self.accepted if self.accepted else None


def _percent(share: float | None) -> str:
    if share is None:
        return ""
    # A share that is not nothing is not shown as nothing.
    return (
        "<" + servicelevel.share_words(0.01)
        if 0 < share < 0.005
        else servicelevel.share_words(round(share, 2))
    )


NONE = Numbers()
_METRICS = {
    OFFERED: "offered",
    ACCEPTED: "accepted",
    ENGAGED: "engaged",
    ABANDONED: "abandoned",
    BLOCKED: "held_back",
}


def questions(start: datetime, end: datetime, target_id: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """Two queries grouped by target, over all of them or one: what was offered, and what was held back for service level."""
    one = [{"dimension": TARGET, "value": target_id}] if target_id else []
    common: dict[str, Any] = {
        "interval": f"{start.isoformat(timespec='milliseconds')}/{end.isoformat(timespec='milliseconds')}",
        "groupBy": [TARGET],
    }
    offers: dict[str, Any] = {**common, "metrics": [OFFERED, ACCEPTED, ENGAGED, ABANDONED]}
    if one:
        offers["filter"] = {"type": "and", "predicates": one}
    throttled = [*one, {"dimension": "journeyBlockingReason", "value": THROTTLED}]
    held = {**common, "metrics": [BLOCKED], "filter": {"type": "and", "predicates": throttled}}
    return offers, held


def numbers(answers: Sequence[Json]) -> dict[str, Numbers]:
    """By target id in lower case; targets without anything are left out."""
    counts: dict[str, dict[str, int]] = {}
    for answer in answers:
        for result in answer.get("results") or ():
            target_id = str((result.get("group") or {}).get(TARGET) or "").lower()
            if not target_id:
                continue
            row = counts.setdefault(target_id, {})
            for bucket in result.get("data") or ():
                for metric in bucket.get("metrics") or ():
                    name = _METRICS.get(metric.get("metric"))
                    if name:
                        row[name] = row.get(name, 0) + int((metric.get("stats") or {}).get("count") or 0)
    return {target_id: Numbers(**row) for target_id, row in counts.items()}


def patch_of(
    seen: Json, share: float | None, duration: int | None, abandon: int | None, name: str | None = None
) -> dict[str, Any]:
    """The smallest patch from what was seen to what is wanted; None for share and duration means "as it is"."""
    patch: dict[str, Any] = {}
    old_share, old_duration = servicelevel.level_of(seen)
    wanted = (old_share if share is None else share, old_duration if duration is None else duration)
    if wanted != (old_share, old_duration):
        # Whole, so that the answer does not depend on what someone else wrote to the other half meanwhile.
        patch["serviceLevel"] = {"percentage": wanted[0], "durationMs": wanted[1]}
    if abandon != servicelevel.short_abandon_of(seen):
        patch["shortAbandonThreshold"] = abandon
    if name is not None and name != seen.get("name"):
        patch["name"] = name
    return patch


def to_hidden(target: Json) -> str:
    """What the form was filled from, as it travels with the form."""
    return json.dumps(
        servicelevel.settings_of(target), ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )


def from_hidden(text: str) -> dict[str, Any] | None:
    """None where the text is none that `to_hidden` wrote."""
    try:
        found = json.loads(text)
        if not isinstance(found, dict) or not isinstance(found.get("name"), str):
            return None
        # Half a pair of characters can be written in JSON, and in no page.
        found["name"].encode()
    except (ValueError, RecursionError):
        return None
    return servicelevel.settings_of(found)


def conflicts(seen: Json, theirs: Json, mine: Json) -> list[dict[str, Any]]:
    """Field by field what differs among what was seen, what is there now, and what was typed; with the choice where it is clear."""
    rows = []
    for field, words in (
        ("name", lambda target: str(target.get("name") or "")),
        ("serviceLevel", servicelevel.level_words),
        (
            "shortAbandonThreshold",
            lambda target: servicelevel.short_abandon_words(servicelevel.short_abandon_of(target)),
        ),
    ):
        was, now, typed = (servicelevel.settings_of(one).get(field) for one in (seen, theirs, mine))
        if was == now == typed:
            continue
        rows.append(
            {
                "field": field,
                "was": words(seen),
                "theirs": words(theirs),
                "yours": words(mine),
                "same": now == typed,
                "chosen": "theirs" if typed in (was, now) else "yours" if was == now else "",
            }
        )
    return rows


def merged(theirs: Json, mine: Json, choices: Mapping[str, str]) -> dict[str, Any]:
    """The patch that makes of `theirs` what was chosen field by field."""
    patch: dict[str, Any] = {}
    wanted = servicelevel.settings_of(mine)
    for field, choice in choices.items():
        if choice == "yours" and wanted.get(field) != servicelevel.settings_of(theirs).get(field):
            patch[field] = wanted.get(field)
    return patch
