"""The funnel's SQL counts what the matcher finds visit by visit and event by event, for both scopes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyadmin.contract.matching import match_segment
from journeyserver.engine import funnel
from journeyserver.engine.backends import duckdb
from journeyserver.engine.backends.base import Backend
from journeyserver.engine.moments import first_moment
from tests.journeyserver.local.visits import DAY, START, Event, Visit, definitions, in_order, store, visits

WINDOW = funnel.Window(START + DAY, START + 3 * DAY, START + 4 * DAY)
SCOPES = st.sampled_from(("Session", "Customer"))


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    backend = duckdb.open_backend(":memory:")
    yield backend
    backend.close()


def of_subject(visit: Visit, rows: list[Visit], scope: str) -> list[Event]:
    return in_order(
        [visit] if scope == "Session" else [row for row in rows if row.customer == visit.customer]
    )


def plainly(definition: Any, visit: Visit, events: list[Event]) -> bool:
    """Whether at some event of the visit everything holds, all events up to that one counted. No shortcuts."""
    signed = False
    for number, event in enumerate(events):
        if event.session is not visit:
            continue
        signed = signed or event.authenticated
        seen = [one.values for one in events[: number + 1]]
        if match_segment(definition, {**visit.context, "authenticated": signed}, seen).matched:
            return True
    return False


def counted(backend: Backend, definition: Any, scope: str, **more: Any) -> dict[str, Any]:
    cursor = backend.cursor()
    try:
        statement = funnel.counting(backend.words, definition, scope, WINDOW, **more)
        return {name: column[0] for name, column in cursor.run(statement.sql, statement.parameters).items()}
    finally:
        cursor.close()


def chosen(rows: list[Visit], scope: str, holds: Callable[[Visit, list[Event]], bool]) -> list[Visit]:
    return [
        visit
        for visit in rows
        if WINDOW.start <= visit.started < WINDOW.end and holds(visit, of_subject(visit, rows, scope))
    ]


def units(matched: list[Visit], scope: str) -> set[Any]:
    return {visit.id if scope == "Session" else visit.customer for visit in matched}


@settings(max_examples=80, deadline=None)
@given(visits(), definitions(), definitions(), SCOPES)
def test_matched_gained_and_lost(
    backend: Backend, rows: list[Visit], definition: Any, saved: Any, scope: str
) -> None:
    store(backend, rows)
    new = chosen(rows, scope, lambda visit, events: plainly(definition, visit, events))
    old = chosen(rows, scope, lambda visit, events: plainly(saved, visit, events))
    found = counted(backend, definition, scope, saved=(saved, scope))
    assert found["sessions"] == len(new)
    assert found["customers"] == len({visit.customer for visit in new})
    assert found["saved_sessions"] == len(old)
    assert found["saved_customers"] == len({visit.customer for visit in old})
    assert found["both"] == len(units(new, scope) & units(old, scope))
    assert sum(count for _, count in found["slots"] or ()) == len(new)
    assert {str(one) for one in found["latest"] or ()} == {str(visit.id) for visit in new}


@settings(max_examples=100, deadline=None)
@given(visits(), definitions(), SCOPES)
def test_the_first_moment_is_the_one_found_event_by_event(
    rows: list[Visit], definition: Any, scope: str
) -> None:
    for visit in rows:
        events = of_subject(visit, rows, scope)
        found = first_moment(definition, str(visit.id), visit.context, [one.happening for one in events])
        plain = next(
            (
                number
                for number in range(len(events))
                if events[number].session is visit and plainly(definition, visit, events[: number + 1])
            ),
            None,
        )
        assert found.at == plain


def up_to(definition: Any, step: funnel.Step) -> dict[str, Any]:
    """The definition with its tests up to this step of the journey only; a whole pattern also asks for its count."""
    assert step.pattern is not None
    patterns = list(definition["journey"]["patterns"][: step.pattern + 1])
    if step.depth is not None:
        last = dict(patterns[-1])
        named = bool(last.get("eventName"))
        last["criteria"] = last["criteria"][: step.depth - named]
        patterns[-1] = last
    return {"context": definition["context"], "journey": {"patterns": patterns}}


@settings(max_examples=100, deadline=None)
@given(visits(), definitions(), st.just("Session"))
def test_each_step_keeps_what_the_steps_so_far_allow(
    backend: Backend, rows: list[Visit], definition: Any, scope: str
) -> None:
    """For definitions without `authenticated`, whose context does not depend on the moment."""
    if any(row["criteria"][0]["key"] == "authenticated" for row in definition["context"]["patterns"]):
        return
    store(backend, rows)
    found = counted(backend, definition, scope)
    steps = funnel.steps_of(definition)
    kept = [found[f"k{number}"] for number in range(len(steps))]
    assert kept == sorted(kept, reverse=True)
    if steps:
        assert kept[-1] == found["sessions"]
    for number, step in enumerate(steps):
        expected = chosen(
            rows, scope, lambda visit, events, step=step: kept_by(definition, step, visit, events)
        )
        assert kept[number] == len(expected), step


def kept_by(definition: Any, step: funnel.Step, visit: Visit, events: list[Event]) -> bool:
    """Whether a visit is still there after this step."""
    if step.pattern is None:
        return plainly(
            {"context": {"patterns": definition["context"]["patterns"][: step.depth]}}, visit, events
        )
    part = up_to(definition, step)
    if step.depth is None:
        return plainly(part, visit, events)
    # Some event from the completion of the pattern before, that one included, meets the tests so far.
    *before, last = part["journey"]["patterns"]
    seen = match_segment(
        {**part, "journey": {"patterns": before}}, visit.context, [one.values for one in events]
    )
    if (before and seen.completed_by is None) or not all(row.matched for row in seen.context):
        return False
    later = [one.values for one in events[seen.completed_by or 0 :]]
    return match_segment({"journey": {"patterns": [{**last, "count": 1}]}}, {}, later).matched
