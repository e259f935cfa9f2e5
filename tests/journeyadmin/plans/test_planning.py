"""Plans: what they say, that they work when carried out, and that afterwards nothing is left to do."""

from typing import Any

import pytest
from hypothesis import given, settings

from journeyadmin.plans import documents, planning, report
from tests.journeyadmin.plans import strategies
from tests.journeyadmin.plans.strategies import Service


def _segment(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "displayName": name,
        "isActive": True,
        "color": "#5E5782",
        "scope": "Session",
        "shouldDisplayToAgent": True,
        "context": {"patterns": []},
        "journey": {"patterns": []},
        **fields,
    }


def _there(*segments: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": f"id-{number}", "version": 1, **one} for number, one in enumerate(segments, start=1)]


def _plan(current: list[dict[str, Any]], *entries: dict[str, Any], **how: bool) -> planning.Plan:
    return planning.make(current, [], documents.Document(entries), **how)


@settings(max_examples=60, deadline=None)
@given(strategies.SEGMENTS, strategies.SEGMENTS, strategies.TARGETS)
def test_once_applied_there_is_nothing_left_to_do(
    here: list[Any], wanted: list[Any], targets: list[Any]
) -> None:
    service = Service(here, targets)
    slower = [{**one, "serviceLevel": {"percentage": 0.5, "durationMs": 90_000}} for one in targets]
    file = documents.document(wanted, slower)
    plan = planning.make(service.segments.values(), service.targets.values(), file, also_delete=True)
    assert not plan.of(planning.CONFLICT)
    for step in plan.writing:
        service.carry_out(step)
    after = documents.document(service.segments.values(), service.targets.values())
    assert documents.to_yaml(after) == documents.to_yaml(file)
    again = planning.make(service.segments.values(), service.targets.values(), file, also_delete=True)
    assert again.clean


@settings(max_examples=60, deadline=None)
@given(strategies.SEGMENTS, strategies.SEGMENTS)
def test_ids_and_renames_work_in_the_order_of_the_plan(here: list[Any], others: list[Any]) -> None:
    """A file with ids that mixes names up: whatever the plan says it writes, the service accepts."""
    service = Service(here, [])
    entries = [{**one, "id": f"id-{at + 1}"} for at, one in enumerate(others)]
    plan = _plan(list(service.segments.values()), *entries)
    for step in plan.writing:
        service.carry_out(step)


def test_an_export_plans_nothing() -> None:
    current = _there(_segment("A"), _segment("B", description="x"))
    for identity in (True, False):
        file = documents.document(current, identity=identity)
        assert planning.make(current, [], file).clean


def test_matching_is_by_id_then_by_name_ignoring_case() -> None:
    current = _there(_segment("Europe"), _segment("VIP"))
    plan = _plan(current, {"id": "id-1", "displayName": "EU"}, {"displayName": "vip", "isActive": False})
    assert [(step.operation, step.object_id, step.body) for step in plan.steps] == [
        ("update", "id-1", {"displayName": "EU"}),
        ("update", "id-2", {"displayName": "vip", "isActive": False}),
    ]


def test_a_missing_field_means_as_it_is_and_null_means_not_set() -> None:
    current = _there(_segment("A", description="x", assignmentExpirationDays=30))
    assert _plan(current, {"displayName": "A"}).clean
    (step,) = _plan(current, {"displayName": "A", "description": None}).steps
    assert step.body == {"description": None}
    assert step.said == ("Description: “x” → empty",)


def test_nothing_is_deleted_unless_asked_for() -> None:
    current = _there(_segment("A"), _segment("B"))
    assert _plan(current, {"displayName": "A"}).clean
    plan = _plan(current, {"displayName": "A"}, also_delete=True)
    assert [(step.operation, step.name) for step in plan.writing] == [("delete", "B")]


def test_what_cannot_be_read_is_not_taken_for_missing() -> None:
    current = _there(_segment("A"), _segment("B"))
    file = documents.read(b'{"journey": 1, "segments": [{"displayName": "A", "isActive": "no"}]}')
    plan = planning.make(current, [], file, also_delete=True)
    assert not plan.writing
    assert {step.name for step in plan.of(planning.CONFLICT)} == {"A", "B"}
    assert all("cannot be read and may be this one" in step.why for step in plan.of(planning.CONFLICT))


def test_a_name_moves_after_it_is_free() -> None:
    current = _there(_segment("A"), _segment("B"), _segment("C"))
    plan = _plan(
        current,
        {"id": "id-1", "displayName": "B"},
        {"id": "id-2", "displayName": "C"},
        {"id": "id-3", "displayName": "D"},
        {"displayName": "A"},
    )
    assert [(step.operation, step.body and step.body["displayName"]) for step in plan.steps] == [
        ("update", "D"),
        ("update", "C"),
        ("update", "B"),
        ("create", "A"),
    ]


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([{"id": "id-1", "displayName": "B"}, {"id": "id-2", "displayName": "A"}], "is in use"),
        ([{"id": "id-1", "displayName": "B"}], "is in use"),
        ([{"displayName": "X"}, {"displayName": "x"}], "this name twice"),
        ([{"id": "id-1", "displayName": "A"}, {"id": "id-1", "displayName": "C"}], "this id twice"),
        ([{"displayName": "A", "scope": "Customer"}], "scope of a segment never changes"),
        ([{"id": "id-1", "displayName": "A", "version": 7, "isActive": False}], "the file has version 7"),
    ],
)
def test_conflicts(entries: list[dict[str, Any]], why: str) -> None:
    plan = _plan(_there(_segment("A"), _segment("B")), *entries)
    conflicts = plan.of(planning.CONFLICT)
    assert conflicts
    assert all(why in step.why for step in conflicts)


def test_a_newer_version_may_be_overwritten_on_purpose() -> None:
    entry = {"id": "id-1", "displayName": "A", "version": 7, "isActive": False}
    (step,) = _plan(_there(_segment("A")), entry, overwrite=True).steps
    assert step.body == {"isActive": False}


def test_action_targets_are_changed_but_never_created() -> None:
    current = [{"id": "t1", "name": "Sales", "serviceLevel": {"percentage": 0.8, "durationMs": 20_000}}]
    wanted = documents.Document(
        targets=(
            {
                "name": "Sales",
                "serviceLevel": {"percentage": 0.9, "durationMs": 15_000},
                "shortAbandonThreshold": 5,
            },
            {"name": "Elsewhere"},
        )
    )
    change, unknown = planning.make([], current, wanted).steps
    assert change.body == {
        "serviceLevel": {"percentage": 0.9, "durationMs": 15_000},
        "shortAbandonThreshold": 5,
    }
    assert "cannot create" in unknown.why


def test_a_plan_as_text() -> None:
    current = _there(_segment("Old", isActive=False), _segment("Same"))
    wanted = documents.Document(
        ({"displayName": "Old", "isActive": True}, {"displayName": "Same"}, {"displayName": "New\u202e\n"}),
        problems=(documents.Problem("segment", "entry 4", "displayName is missing"),),
    )
    assert list(report.lines(planning.make(current, [], wanted))) == [
        "~ segment “Old”",
        "    Active: off → on",
        "+ segment “New\\u202e\\u000a”",
        "    No conditions: assigned by hand or by another system.",
        "? segment entry 4",
        "    displayName is missing",
        "create 1, change 1, same 1, conflict 0, unreadable 1",
    ]
