"""Carrying out a run: what happens when the process dies, the answer is lost, the service asks to wait, or two tabs are open."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from journeyadmin import logs
from journeyadmin.accounts.models import Connection, Person
from journeyadmin.history.models import Change, Kind
from journeyadmin.history.writes import Writer
from journeyadmin.plans import planning
from journeyadmin.runs.begin import keep
from journeyadmin.runs.models import Run, RunState, Step, StepState
from journeyadmin.runs.work import advance
from journeyadmin.service import (
    Conflict,
    JourneyError,
    NotFound,
    RateLimited,
    ServerFault,
    Unreachable,
)

Json = dict[str, Any]


class Service:
    """The outside world with its faults: segments in memory, and what goes wrong next.

    `faults` holds an error for each coming write, or None; an unsure one is raised after the write was carried out.
    """

    correlation_id = "c-1"

    def __init__(self, *segments: Json) -> None:
        self.segments = {one["id"]: one for one in segments}
        self.faults: list[JourneyError | None] = []
        self.writes: list[str] = []

    def list_segments(self) -> list[Json]:
        return list(self.segments.values())

    def get_segment(self, segment_id: str) -> Json:
        if segment_id not in self.segments:
            raise NotFound(status=404)
        return self.segments[segment_id]

    def create_segment(self, body: Json) -> Json:
        return self._write("create", lambda: self._keep({**body, "id": str(uuid.uuid4()), "version": 1}))

    def update_segment(self, segment_id: str, patch: Json) -> Json:
        there = self.get_segment(segment_id)
        if patch["version"] != there["version"]:
            raise Conflict(stale=True, status=409)
        return self._write("update", lambda: self._keep({**there, **patch, "version": there["version"] + 1}))

    def delete_segment(self, segment_id: str) -> None:
        self.get_segment(segment_id)
        self._write("delete", lambda: self.segments.pop(segment_id))

    def _keep(self, segment: Json) -> Json:
        self.segments[segment["id"]] = segment
        return segment

    def _write(self, what: str, carry_out: Callable[[], Json]) -> Json:
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and not fault.unsure:
            raise fault
        self.writes.append(what)
        done = carry_out()
        if fault is not None:
            raise fault
        return done


LOST = Unreachable("cut", unsure=True)


def _segment(name: str, version: int = 1) -> Json:
    return {"id": name.lower(), "displayName": name, "version": version, "isActive": True}


@pytest.fixture
def begun(db: None) -> Callable[..., Run]:
    """`begun(step, …)`: a run that someone has just applied."""
    connection = Connection.objects.create(name="Acme", typed_api_url="http://127.0.0.1:9", client_id="c")
    person = Person.objects.create(key="x", connection=connection, name="Ada")

    def begin(*steps: planning.Step) -> Run:
        run = keep(connection, person, "Test", steps)
        Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
        run.refresh_from_db()
        return run

    return begin


def _go(run: Run, service: Service, seconds: float = 60) -> None:
    writer = Writer(service, run.connection, run.person, batch=str(run.pk))  # type: ignore[arg-type]
    advance(run, writer, seconds)


def _states(run: Run) -> list[str]:
    return list(run.steps.values_list("state", flat=True))


def _off(segment: Json) -> planning.Step:
    return planning.change(Kind.SEGMENT, segment, {"isActive": False})


def test_a_failed_step_keeps_the_ids_of_the_call_that_failed(begun: Callable[..., Run]) -> None:
    a, b = _segment("A"), _segment("B")
    service = Service(a, b)
    service.faults = [ServerFault(status=500, correlation_id="c-failed"), Unreachable()]
    run = begun(_off(a), _off(b))
    logs.request_id.set("r-1")
    _go(run, service)
    assert list(run.steps.values_list("correlation_id", "request_id")) == [("c-failed", "r-1"), ("", "r-1")]


def test_everything_is_done_in_order_and_written_down(begun: Callable[..., Run]) -> None:
    a, b = _segment("A"), _segment("B")
    service = Service(a, b)
    run = begun(planning.removal(b), _off(a), planning.creation({"displayName": "C"}))
    _go(run, service)
    assert run.state == RunState.DONE
    assert service.writes == ["delete", "update", "create"]
    changes = Change.objects.order_by("pk")
    assert [(change.operation, change.name) for change in changes] == [
        ("delete", "B"),
        ("update", "A"),
        ("create", "C"),
    ]
    assert {change.batch for change in changes} == {str(run.pk)}


def test_time_runs_out_and_it_goes_on_later(begun: Callable[..., Run]) -> None:
    segments = [_segment(name) for name in "ABC"]
    service = Service(*segments)
    run = begun(*map(_off, segments))
    ticks = iter(range(100))
    writer = Writer(service, run.connection, run.person)  # type: ignore[arg-type]
    advance(run, writer, 2, clock=lambda: next(ticks))
    assert (run.state, _states(run)) == (RunState.RUNNING, ["done", "waiting", "waiting"])
    _go(run, service)
    assert run.state == RunState.DONE
    assert service.writes == ["update"] * 3


def test_a_paused_run_does_nothing(begun: Callable[..., Run]) -> None:
    service = Service(_segment("A"))
    run = begun(_off(_segment("A")))
    Run.objects.update(state=RunState.PAUSED)
    _go(run, service)
    assert service.writes == []


def test_two_open_tabs_send_nothing_twice(begun: Callable[..., Run]) -> None:
    service = Service(_segment("A"))
    run = begun(_off(_segment("A")))
    Run.objects.update(held_until=timezone.now() + timedelta(seconds=60))
    _go(run, service)
    assert service.writes == []
    Run.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    _go(run, service)
    assert service.writes == ["update"], "whoever held it is gone"


def test_the_service_asks_to_wait(begun: Callable[..., Run]) -> None:
    service = Service(_segment("A"))
    service.faults = [RateLimited(status=429, retry_after=14)]
    run = begun(_off(_segment("A")))
    _go(run, service)
    assert (run.state, _states(run)) == (RunState.RUNNING, ["waiting"])
    assert run.wait_until
    assert 12 < (run.wait_until - timezone.now()).total_seconds() <= 14
    _go(run, service)
    assert run.state == RunState.DONE


@pytest.mark.parametrize(
    ("step", "writes"),
    [
        (planning.creation({"displayName": "C"}), ["create"]),
        (_off(_segment("A")), ["update"]),
        (planning.removal(_segment("A")), ["delete"]),
    ],
)
def test_a_lost_answer_is_looked_up_and_nothing_is_sent_again(
    begun: Callable[..., Run], step: planning.Step, writes: list[str]
) -> None:
    service = Service(_segment("A"))
    service.faults = [LOST]
    run = begun(step)
    _go(run, service)
    assert (run.state, _states(run)) == (RunState.DONE, ["done"])
    assert service.writes == writes
    assert Change.objects.count() == 1, "it is in the history, although nobody heard the answer"


@pytest.mark.parametrize("arrived", [True, False])
def test_a_create_that_was_being_sent_when_the_process_ended_is_never_repeated(
    begun: Callable[..., Run], arrived: bool
) -> None:
    service = Service(*([{**_segment("C"), "isActive": True}] if arrived else []))
    run = begun(planning.creation({"displayName": "C"}))
    Step.objects.update(state=StepState.SENDING)
    _go(run, service)
    assert service.writes == []
    assert _states(run) == ["done" if arrived else "failed"]
    assert run.state == RunState.DONE


@pytest.mark.parametrize("arrived", [True, False])
def test_a_change_that_was_being_sent_when_the_process_ended_is_done_once(
    begun: Callable[..., Run], arrived: bool
) -> None:
    now = {**_segment("A"), "isActive": False, "version": 2} if arrived else _segment("A")
    service = Service(now)
    run = begun(_off(_segment("A")))
    Step.objects.update(state=StepState.SENDING)
    _go(run, service)
    assert service.writes == ([] if arrived else ["update"])
    assert _states(run) == ["done"]
    assert Change.objects.count() == 1


def test_another_segment_of_the_name_is_not_taken_for_ours(begun: Callable[..., Run]) -> None:
    service = Service({**_segment("C"), "description": "somebody else's"})
    run = begun(planning.creation({"displayName": "C", "description": "ours"}))
    Step.objects.update(state=StepState.SENDING)
    _go(run, service)
    assert run.steps.get().message == "Another segment has this name."


def test_one_that_fails_does_not_stop_the_rest(begun: Callable[..., Run]) -> None:
    service = Service(_segment("A"), _segment("B", version=2))
    run = begun(_off(_segment("A")), _off(_segment("B")), planning.removal(_segment("Z")))
    _go(run, service)
    assert _states(run) == ["done", "changed", "done"]
    assert run.steps.last().message == "It was deleted already."  # type: ignore[union-attr]


def test_a_delete_does_not_take_what_was_changed_since(begun: Callable[..., Run]) -> None:
    service = Service(_segment("A", version=2))
    run = begun(planning.removal(_segment("A")))
    _go(run, service)
    assert _states(run) == ["changed"]
    assert "a" in service.segments
