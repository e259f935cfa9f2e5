"""The contract's own test vectors, §13, by their numbers."""

import itertools
import uuid
from datetime import datetime
from typing import Any

import pytest

from journeyadmin.contract.matching import match_criterion
from tests.contract.asking import (
    QUERY,
    SEGMENTS,
    TARGET_IDS,
    TARGETS,
    Api,
    as_person,
    context,
    context_pattern,
    journey,
    journey_pattern,
    unique,
)
from tests.contract.stores import SEGMENT_A, SEGMENT_B
from tests.programs import Program


@pytest.fixture
def facts(spare: Program) -> Api:
    """A server with the four visits of `stores.add_visits`."""
    return as_person(spare.url, None)


def sessions(api: Api, interval: str, **more: Any) -> list[dict[str, Any]]:
    answer = api.post(QUERY, {"interval": interval, "metrics": ["nJourneySessions"], **more})
    assert answer.status == 200, answer.json
    results: list[dict[str, Any]] = answer.json["results"]
    return results


def test_vector_1_a_name_is_enough(api: Api) -> None:
    answer = api.post(SEGMENTS, {"displayName": (name := unique("A"))})
    assert answer.status == 200
    expected = {
        "displayName": name,
        "version": 1,
        "scope": "Customer",
        "isActive": True,
        "context": {"patterns": []},
        "journey": {"patterns": []},
        "color": "#5E5782",
    }
    assert expected.items() <= answer.json.items()


def test_vector_2_the_default_operator(api: Api) -> None:
    created = api.create(**context(context_pattern(operator=None)))
    assert created["context"]["patterns"][0]["criteria"][0]["operator"] == "equal"
    assert created["scope"] == "Session"


def test_vector_3_versions(api: Api) -> None:
    uri = api.create()["selfUri"]
    answer = api.patch(uri, {"version": 1, "description": "x"})
    assert (answer.status, answer.json["version"]) == (200, 2)
    assert api.patch(uri, {"version": 1, "description": "x"}).status == 409
    answer = api.patch(uri, {"version": 2, "description": "x"})
    assert (answer.status, answer.json["version"]) == (200, 2)


def test_vector_4_null_clears(api: Api) -> None:
    uri = api.create(description="x")["selfUri"]
    assert "description" not in api.patch(uri, {"description": None}).json
    assert "description" not in api.get(uri).json


def test_vector_5_from_context_only_to_journey_only(api: Api) -> None:
    uri = api.create(**context(context_pattern()))["selfUri"]
    answer = api.patch(uri, {**context(), **journey(pattern := journey_pattern())})
    assert answer.status == 200
    assert answer.json["context"] == {"patterns": []}
    assert answer.json["journey"] == {"patterns": [pattern]}


def test_vector_6_a_session_segment_cannot_be_emptied(api: Api) -> None:
    uri = api.create(**journey(journey_pattern()))["selfUri"]
    assert api.patch(uri, journey()).status == 400


def test_vector_7_ids_and_paging(api: Api) -> None:
    assert api.get(SEGMENTS, {"segmentIds": "a", "pageSize": 25}).status == 400
    assert api.get(SEGMENTS, {"segmentIds": [f"{number}" for number in range(101)]}).status == 400


def test_vector_8_sorting(api: Api) -> None:
    assert api.get(SEGMENTS, {"sortBy": "-createdDate,displayName"}).status == 200
    assert api.get(SEGMENTS, {"sortBy": "context"}).status == 400


@pytest.mark.parametrize("values", [["5", "6"], ["abc"]])
def test_vector_9_one_number(api: Api, values: list[str]) -> None:
    criterion = {"key": "attributes.total.value", "operator": "greaterThan", "values": values}
    answer = api.post(SEGMENTS, {"displayName": unique(), **journey(journey_pattern(criterion))})
    assert answer.status == 400


@pytest.mark.parametrize(("value", "holds"), [("xa", True), ("ab", False), (None, True)])
def test_vector_10_not_contains_all(value: str | None, holds: bool) -> None:
    """Of the shared matcher; that the engine agrees with it on every operator is tests/journeyserver's."""
    criterion = {"key": "page.title", "operator": "notContainsAll", "values": ["a", "b"]}
    assert match_criterion(criterion, value).holds is holds


def test_vector_11_conversations(api: Api) -> None:
    body = journey(journey_pattern(streamType="Conversation"))
    assert api.post(SEGMENTS, {"displayName": unique(), **body}).status == 400


def test_vector_12_service_levels(api: Api) -> None:
    uri = f"{TARGETS}/{TARGET_IDS[4]}"
    before = api.get(uri).json["serviceLevel"]
    assert api.patch(uri, {"serviceLevel": {"percentage": 1.2}}).status == 400
    changed = api.patch(uri, {"serviceLevel": {"percentage": 0.9}}).json["serviceLevel"]
    assert changed == {"percentage": 0.9, "durationMs": before["durationMs"]}
    assert api.patch(uri, {"serviceLevel": before}).json["serviceLevel"] == before


def test_vector_13_days_of_23_hours(facts: Api) -> None:
    interval = "2024-03-30T00:00:00+00:00/2024-04-02T00:00:00+01:00"
    [result] = sessions(facts, interval, granularity="P1D", timeZone="Europe/London")
    lengths = []
    for bucket in result["data"]:
        start, end = (datetime.fromisoformat(part) for part in bucket["interval"].split("/"))
        lengths.append((end - start).total_seconds() / 3600)
    assert lengths == [24, 23, 24]
    edges = [bucket["interval"].split("/") for bucket in result["data"]]
    assert all(left[1] == right[0] for left, right in itertools.pairwise(edges))
    assert edges[1] == ["2024-03-31T00:00:00.000Z", "2024-04-01T00:00:00.000+01:00"]


def test_vector_14_an_empty_interval_and_the_exclusive_end(facts: Api) -> None:
    moment = "2024-05-01T00:00:00Z"
    body = {"interval": f"{moment}/{moment}", "metrics": ["nJourneySessions"]}
    answer = facts.post(QUERY, body)
    assert answer.status == 400
    assert {field for field, _ in answer.wrong} == {"interval"}

    def count(interval: str) -> int:
        return sum(row["data"][0]["metrics"][0]["stats"]["count"] for row in sessions(facts, interval))

    # A visit starts at noon of 31 March exactly.
    assert count("2024-03-31T00:00:00Z/2024-03-31T12:00:00Z") == 0
    assert count("2024-03-31T12:00:00Z/2024-03-31T12:00:00.001Z") == 1


def test_vector_15_multi_valued_dimensions(facts: Api) -> None:
    day = "2024-03-30T00:00:00Z/2024-03-31T00:00:00Z"
    group_by = ["journeySessionSegmentId"]

    def groups(flatten: bool | None) -> list[tuple[Any, int]]:
        more = {} if flatten is None else {"flattenMultivaluedDimensions": flatten}
        return [
            (row["group"], row["data"][0]["metrics"][0]["stats"]["count"])
            for row in sessions(facts, day, groupBy=group_by, **more)
        ]

    one_each = [({"journeySessionSegmentId": SEGMENT_A}, 1), ({"journeySessionSegmentId": SEGMENT_B}, 1)]
    assert groups(False) == groups(None) == one_each
    assert groups(True) == [({"journeySessionSegmentId": f"{SEGMENT_A},{SEGMENT_B}"}, 1)]


def test_vector_16_who_may(api: Api, stranger: Api) -> None:
    assert stranger.get(SEGMENTS).json["code"] == "authentication.required"
    viewer = as_person(api.url, "analyst")
    answer = viewer.post(SEGMENTS, {"displayName": unique()})
    assert (answer.status, answer.json["code"]) == (403, "missing.any.permissions")
    answer = viewer.patch(f"{SEGMENTS}/{uuid.uuid4()}", {"description": "x"})
    assert (answer.status, answer.json["code"]) == (403, "missing.any.permissions")
