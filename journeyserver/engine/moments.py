"""At which event of a visit a definition holds, found by the matcher event by event. Pure.

What the SQL of funnel.py counts for many visits, this explains for one: docs/decisions/0003, rule 4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from journeyadmin.contract.matching import Match, match_segment

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Happening:
    """An event as the matcher reads it, the visit it belongs to, and whether its visitor was signed in."""

    session_id: str
    authenticated: bool
    values: Json


@dataclass(frozen=True)
class Found:
    """`at` is the number of the first event of the visit at which everything holds, None where there is none.
    `match` has the reasons at that event, or after the last one."""

    at: int | None
    match: Match


def first_moment(definition: Json, session_id: str, context: Json, events: Sequence[Happening]) -> Found:
    """`events` are in order: those of the visit, or for the scope Customer all of the customer; `context` maps context keys.

    Whatever `context` says of `authenticated` is left aside: it turns true with the visit's first authenticated event.
    """
    maps = [event.values for event in events]
    own = [number for number, event in enumerate(events) if event.session_id == session_id]
    signed = next((number for number in own if events[number].authenticated), len(events))

    def at(number: int) -> Match:
        return match_segment(definition, {**context, "authenticated": number >= signed}, maps)

    last = at(own[-1] if own else -1)
    complete = last.completed_by if last.journey else 0
    if complete is None:
        return Found(None, last)
    # Between two events nothing changes but whether the visitor is signed in: two moments are enough.
    for begins in (complete, max(complete, signed)):
        number = next((one for one in own if one >= begins), None)
        if number is not None and (found := at(number)).matched:
            return Found(number, found)
    return Found(None, last)
