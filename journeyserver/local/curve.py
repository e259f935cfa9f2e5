"""How fast offers of an action target are accepted and answered: the share within t."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from journeyadmin.contract.buckets import BucketError, parse_zone
from journeyadmin.contract.lifecycle import ACTION_MEDIA_TYPES, is_terminal
from journeyadmin.contract.local import CURVE
from journeyserver import warehouse
from journeyserver.api.ids import read_id
from journeyserver.auth import Call, operation
from journeyserver.errors import ApiError, json_response, not_found
from journeyserver.local import questions
from journeyserver.local.calls import work_for
from journeyserver.local.questions import Span
from journeyserver.local.running import Stopped, Work
from journeyserver.models import ActionTarget
from journeyserver.paging import Parameters

SECONDS = 5.0
MOST_DAYS = 92
POINTS = 100

# Only where an agent joins is there anything to answer.
_ANSWERED = tuple(media for media in ACTION_MEDIA_TYPES if not is_terminal(media, "accepted"))
_KINDS = {
    "offered": ("action_offered", "action_offered_outside_schedule"),
    "accepted": ("action_accepted",),
    "engaged": ("action_engaged",),
    "abandoned": ("action_abandoned",),
}


@operation(CURVE)
def curve(call: Call, action_target_id: str) -> HttpResponse:
    """The shares accepted and answered within t, of one action target."""
    key = read_id(action_target_id, "action target")
    target = ActionTarget.objects.filter(pk=key).exclude(state="deleted").first()
    if target is None:
        raise not_found("There is no action target with this id.", str(key))
    parameters = Parameters(call.request.GET)
    days = parameters.integer("days", 7, 1, MOST_DAYS)
    zone = ZoneInfo("UTC")
    try:
        zone = parse_zone(parameters.text("timeZone"))
    except BucketError as error:
        parameters.note("timeZone", "invalid.format", str(error))
    parameters.check()
    # Today and so many whole days before it.
    asked = questions.last_days(days + 1, zone)
    try:
        with work_for(call, SECONDS) as doing:
            actions = _actions(doing, str(key), asked)
    except Stopped as stopped:
        raise ApiError(504, "request.timeout", f"This could not be read in time: {stopped}.") from None
    short_ms = (target.short_abandon_threshold or 0) * 1000
    return json_response(
        {
            "actionTargetId": str(key),
            "interval": asked.text,
            "durationMs": target.duration_ms,
            "percentage": target.percentage,
            **shares(actions, target.duration_ms, short_ms),
        }
    )


def _actions(doing: Work, target_id: str, asked: Span) -> list[dict[str, Any]]:
    """When each action that was offered or accepted in the span entered the states that matter."""
    words = warehouse.backend().words
    kinds = [kind for names in _KINDS.values() for kind in names]
    columns = ", ".join(
        f"min(ts) FILTER (WHERE kind IN ({', '.join(repr(kind) for kind in names)})) AS {state}"
        for state, names in _KINDS.items()
    )
    return doing.rows(
        f"SELECT any_value(journey_action_media_type) AS media_type, {columns} FROM facts "
        f"WHERE kind IN ({', '.join('?' for _ in kinds)}) AND ts >= {words.time_literal(asked.start)} "
        # Facts of an erased customer no longer say when.
        f"AND ts < {words.time_literal(asked.end)} AND journey_customer_id IS NOT NULL AND {words.equals('journey_action_target_id', 'uuid', '?')} "
        "GROUP BY journey_action_id",
        [*kinds, target_id],
    )


def shares(actions: Sequence[dict[str, Any]], duration_ms: int, short_ms: int) -> dict[str, Any]:
    """Counts and curves. `short_ms`: whoever leaves before that is left out, as the contract's service level does."""
    offers = [row for row in actions if row["offered"]]
    accepting = [_ms(row["offered"], row["accepted"]) for row in offers if row["accepted"]]
    accepted = [row for row in actions if row["accepted"]]
    answerable = [row for row in accepted if (row["media_type"] or "webchat") in _ANSWERED]
    answering = [_ms(row["accepted"], row["engaged"]) for row in answerable if row["engaged"]]
    leaving = [
        _ms(row["accepted"], row["abandoned"])
        for row in answerable
        if row["abandoned"] and not row["engaged"]
    ]
    short = sum(wait < short_ms for wait in leaving)
    could_be = len(answering) + len(leaving) - short
    return {
        "offered": len(offers),
        "accepted": len(accepted),
        "answered": len(answering),
        "abandoned": len(leaving),
        "shortAbandoned": short,
        "open": len(answerable) - len(answering) - len(leaving),
        "reached": sum(wait <= duration_ms for wait in answering) / could_be if could_be else None,
        "toAccept": _curve(accepting, len(offers), duration_ms),
        "toAnswer": _curve(answering, could_be, duration_ms),
    }


def _ms(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds() * 1000))


def _curve(waits: Sequence[int], of: int, duration_ms: int) -> list[dict[str, Any]]:
    """Points at equal steps, the target's own duration among them, up to where nearly all have been waited for."""
    if not of:
        return []
    ordered = sorted(waits)
    far = ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)] if ordered else 0
    last = max(2 * duration_ms, far)
    moments = sorted({last * number // POINTS for number in range(POINTS + 1)} | {duration_ms})
    return [{"ms": ms, "share": bisect_right(ordered, ms) / of} for ms in moments]
