"""The three operations on action targets: order, merge, null, bounds, deleted ones (contract §4)."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.asking import TARGET_IDS, TARGETS, TIMESTAMP, Api, as_person
from tests.contract.stores import change
from tests.programs import Program

MINE = f"{TARGETS}/{TARGET_IDS[3]}"


@pytest.fixture
def target(api: Api) -> Iterator[dict[str, Any]]:
    """One of the demo's targets, put back as it was in the end."""
    before = api.get(MINE).json
    yield before
    back = {name: before.get(name) for name in ("name", "serviceLevel", "shortAbandonThreshold")}
    assert api.patch(MINE, back).status == 200


def test_the_list_is_by_name(api: Api) -> None:
    listing = api.get(TARGETS).json
    listed = [row["name"] for row in listing["entities"]]
    assert listed == sorted(listed, key=str.casefold)
    assert (listing["pageSize"], listing["pageNumber"], listing["total"]) == (25, 1, len(listed))
    assert listing["selfUri"] == f"{TARGETS}?pageSize=25&pageNumber=1"
    page = api.get(TARGETS, {"pageSize": 1, "pageNumber": 2}).json
    assert page["entities"] == listing["entities"][1:2]
    assert page["nextUri"] == f"{TARGETS}?pageSize=1&pageNumber=3"


@pytest.mark.parametrize(
    "params", [{"pageSize": 0}, {"pageSize": 201}, {"pageNumber": 0}, {"pageNumber": "a"}]
)
def test_the_page_has_bounds(api: Api, params: dict[str, Any]) -> None:
    assert api.get(TARGETS, params).wrong == {
        (name, "invalid.type" if value == "a" else "out.of.range") for name, value in params.items()
    }


def test_a_target_has_every_field(api: Api) -> None:
    shown = api.get(f"{TARGETS}/{TARGET_IDS[1]}").json
    assert TIMESTAMP.fullmatch(shown.pop("createdDate"))
    assert TIMESTAMP.fullmatch(shown.pop("modifiedDate"))
    assert shown == {
        "id": TARGET_IDS[1],
        "name": "Checkout help",
        "userData": [{"key": "queue", "value": "checkout-eu"}],
        "supportedMediaTypes": ["webchat", "messaging"],
        "state": "active",
        "description": "Visitors who hesitate in the checkout",
        "serviceLevel": {"percentage": 0.9, "durationMs": 15000},
        "shortAbandonThreshold": 5,
        "selfUri": f"{TARGETS}/{TARGET_IDS[1]}",
    }
    assert "shortAbandonThreshold" not in api.get(f"{TARGETS}/{TARGET_IDS[0]}").json


def test_the_service_level_is_merged(api: Api, target: dict[str, Any]) -> None:
    time.sleep(0.002)
    changed = api.patch(MINE, {"serviceLevel": {"percentage": 1}}).json
    assert changed["serviceLevel"] == {"percentage": 1.0, "durationMs": target["serviceLevel"]["durationMs"]}
    assert changed["modifiedDate"] > target["modifiedDate"]
    assert changed["createdDate"] == target["createdDate"]
    changed = api.patch(MINE, {"serviceLevel": {"durationMs": 86_400_000}}).json
    assert changed["serviceLevel"] == {"percentage": 1.0, "durationMs": 86_400_000}
    assert api.patch(MINE, {"serviceLevel": {}}).json == changed
    assert api.patch(MINE, {"serviceLevel": None}).json["serviceLevel"] == {
        "percentage": 0.8,
        "durationMs": 20_000,
    }


def test_the_threshold_is_set_and_cleared(api: Api, target: dict[str, Any]) -> None:
    for seconds in (0, 3600):
        assert api.patch(MINE, {"shortAbandonThreshold": seconds}).json["shortAbandonThreshold"] == seconds
    assert "shortAbandonThreshold" not in api.patch(MINE, {"shortAbandonThreshold": None}).json


def test_the_name_is_trimmed(api: Api, target: dict[str, Any]) -> None:
    assert api.patch(MINE, {"name": "  Returns desk\n"}).json["name"] == "Returns desk"
    assert len(api.patch(MINE, {"name": "n" * 256}).json["name"]) == 256


@pytest.mark.parametrize("body", [None, {}, {"serviceLevel": {}}])
def test_nothing_changes_nothing(api: Api, target: dict[str, Any], body: Any) -> None:
    time.sleep(0.002)
    assert api.patch(MINE, body).json == target


def test_what_get_returned_changes_nothing(api: Api, target: dict[str, Any]) -> None:
    time.sleep(0.002)
    assert api.patch(MINE, target).json == target


def test_what_cannot_be_changed_is_ignored(api: Api, target: dict[str, Any]) -> None:
    body = {
        "id": "x",
        "selfUri": 1,
        "state": "inactive",
        "description": "no",
        "userData": [],
        "supportedMediaTypes": [],
    }
    assert api.patch(MINE, {**body, "createdDate": None, "modifiedDate": "x"}).json == target


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({"name": None}, "name", "invalid.type"),
        ({"name": " "}, "name", "invalid.length"),
        ({"name": "n" * 257}, "name", "invalid.length"),
        ({"name": 5}, "name", "invalid.type"),
        ({"serviceLevel": 5}, "serviceLevel", "invalid.type"),
        ({"serviceLevel": {"percentage": 1.2}}, "serviceLevel.percentage", "out.of.range"),
        ({"serviceLevel": {"percentage": -0.1}}, "serviceLevel.percentage", "out.of.range"),
        ({"serviceLevel": {"percentage": "0.8"}}, "serviceLevel.percentage", "invalid.type"),
        ({"serviceLevel": {"percentage": True}}, "serviceLevel.percentage", "invalid.type"),
        ({"serviceLevel": {"percentage": None}}, "serviceLevel.percentage", "invalid.type"),
        ({"serviceLevel": {"durationMs": 0}}, "serviceLevel.durationMs", "out.of.range"),
        ({"serviceLevel": {"durationMs": 86_400_001}}, "serviceLevel.durationMs", "out.of.range"),
        ({"serviceLevel": {"durationMs": 1.5}}, "serviceLevel.durationMs", "invalid.type"),
        ({"shortAbandonThreshold": -1}, "shortAbandonThreshold", "out.of.range"),
        ({"shortAbandonThreshold": 3601}, "shortAbandonThreshold", "out.of.range"),
        ({"shortAbandonThreshold": "5"}, "shortAbandonThreshold", "invalid.type"),
    ],
)
def test_a_wrong_patch(api: Api, target: dict[str, Any], body: dict[str, Any], path: str, code: str) -> None:
    answer = api.patch(MINE, body)
    assert (answer.status, answer.wrong) == (400, {(path, code)})
    assert api.get(MINE).json == target


def test_all_problems_come_at_once(api: Api) -> None:
    answer = api.patch(MINE, {"name": "", "serviceLevel": {"percentage": 2, "durationMs": 0}})
    assert {path for path, _ in answer.wrong} == {
        "name",
        "serviceLevel.percentage",
        "serviceLevel.durationMs",
    }


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("target_id", ["nope", str(uuid.UUID(int=1)), "%00"])
def test_an_unknown_target(api: Api, method: str, target_id: str) -> None:
    # Also with a body that is wrong: whether it exists is decided first.
    assert api.ask(method, f"{TARGETS}/{target_id}", json={"name": ""}).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_targets_are_neither_made_nor_deleted(api: Api, method: str) -> None:
    assert api.ask(method, TARGETS).headers["Allow"] == "GET, HEAD"
    assert api.ask(method, MINE).headers["Allow"] == "GET, HEAD, PATCH"


def test_a_deleted_target_is_hidden(spare: Program) -> None:
    api = as_person(spare.url, None)
    before = api.get(TARGETS).json["total"]
    # No operation deletes a target: it happens in the store.
    change(spare, "ActionTarget.objects.filter(name='Checkout help').update(state='deleted')")
    listing = api.get(TARGETS).json
    assert listing["total"] == before - 1
    assert TARGET_IDS[1] not in [row["id"] for row in listing["entities"]]
    assert api.get(f"{TARGETS}/{TARGET_IDS[1]}").status == 404
    assert api.patch(f"{TARGETS}/{TARGET_IDS[1]}", {}).status == 404
