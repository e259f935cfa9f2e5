"""GET, PATCH and DELETE of one segment: merge, replacement, null, versions, conflicts (contract §2, §5)."""

import threading
import time
import uuid
from typing import Any

import pytest

from tests.contract.asking import (
    SEGMENTS,
    Answer,
    Api,
    as_person,
    context,
    context_pattern,
    journey,
    journey_pattern,
    unique,
)
from tests.programs import Program


def changed(api: Api, segment: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = api.patch(segment["selfUri"], body)
    assert answer.status == 200, answer.json
    result: dict[str, Any] = answer.json
    assert api.get(segment["selfUri"]).json == result
    return result


def test_a_patch_merges_and_counts_up(api: Api) -> None:
    first = api.create(description="before", **context(context_pattern()))
    time.sleep(0.002)
    second = changed(api, first, description="after")
    assert second == {**first, "description": "after", "version": 2, "modifiedDate": second["modifiedDate"]}
    assert second["modifiedDate"] > first["modifiedDate"] == second["createdDate"]


def test_what_get_returned_changes_nothing(api: Api) -> None:
    first = api.create(
        description="",
        assignmentExpirationDays=30,
        externalSegment={"id": unique(), "name": "Audience"},
        **context(context_pattern()),
        **journey(journey_pattern(eventName="page_viewed")),
    )
    assert changed(api, first, **first) == first


@pytest.mark.parametrize(
    "how", [{}, {"json": {}}, {"data": b"", "headers": {"Content-Type": "application/json"}}]
)
def test_an_empty_patch_changes_nothing(api: Api, how: dict[str, Any]) -> None:
    first = api.create()
    answer = api.ask("PATCH", first["selfUri"], **how)
    assert (answer.status, answer.json) == (200, first)


def test_null_clears_or_resets(api: Api) -> None:
    first = api.create(
        description="x",
        color="#000000",
        shouldDisplayToAgent=True,
        assignmentExpirationDays=3,
        scope="Customer",
        **context(context_pattern()),
        **journey(journey_pattern()),
    )
    names = ("description", "color", "shouldDisplayToAgent", "assignmentExpirationDays", "context", "journey")
    cleared = changed(api, first, **dict.fromkeys(names))
    assert cleared["color"] == "#5E5782"
    assert cleared["shouldDisplayToAgent"] is False
    assert cleared["context"] == cleared["journey"] == {"patterns": []}
    assert not {"description", "assignmentExpirationDays"} & set(cleared)


def test_null_shows_a_session_segment_to_the_agent(api: Api) -> None:
    first = api.create(shouldDisplayToAgent=False, **context(context_pattern()))
    assert changed(api, first, shouldDisplayToAgent=None)["shouldDisplayToAgent"] is True


def test_null_for_one_side_empties_it(api: Api) -> None:
    first = api.create(**context(context_pattern()), **journey(journey_pattern()))
    second = changed(api, first, journey=None)
    assert (second["journey"], second["context"]) == ({"patterns": []}, first["context"])


def test_a_side_without_patterns_stays(api: Api) -> None:
    first = api.create(**context(context_pattern()), **journey(journey_pattern()))
    assert changed(api, first, context={}, journey={"other": 1}) == first


def test_a_side_is_replaced_whole(api: Api) -> None:
    first = api.create(**journey(journey_pattern(eventName="a", count=2), journey_pattern()))
    second = changed(api, first, **journey(journey_pattern({"operator": None})))
    assert len(second["journey"]["patterns"]) == 1
    assert second["journey"]["patterns"][0]["criteria"][0]["operator"] == "equal"
    assert "eventName" not in second["journey"]["patterns"][0]


def test_the_scope_stays(api: Api) -> None:
    first = api.create(**context(context_pattern()))
    answer = api.patch(first["selfUri"], {"scope": "Customer"})
    assert (answer.status, answer.wrong) == (400, {("scope", "not.allowed")})
    assert changed(api, first, scope="Session") == first
    assert changed(api, first, scope=None) == first
    # A customer segment that gets its first pattern stays one.
    customer = api.create()
    assert changed(api, customer, **context(context_pattern()))["scope"] == "Customer"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"context": {"patterns": []}}, "context"),
        ({"context": None}, "context"),
        ({"context": None, "journey": {"patterns": []}}, "journey"),
    ],
)
def test_a_session_segment_keeps_a_pattern(api: Api, body: dict[str, Any], field: str) -> None:
    first = api.create(**context(context_pattern()))
    answer = api.patch(first["selfUri"], {**body, "color": "red"})
    assert answer.wrong == {(field, "not.allowed"), ("color", "invalid.format")}


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({"isActive": None}, "isActive", "invalid.type"),
        ({"displayName": None}, "displayName", "invalid.type"),
        ({"displayName": ""}, "displayName", "invalid.length"),
        ({"version": None}, "version", "invalid.type"),
        ({"version": 0}, "version", "out.of.range"),
        ({"version": "1"}, "version", "invalid.type"),
        ({"externalSegment": None}, "externalSegment", "invalid.type"),
        ({"externalSegment": {"name": None}}, "externalSegment.name", "invalid.type"),
        ({"externalSegment": {"name": ""}}, "externalSegment.name", "invalid.length"),
        ({"externalSegment": {"id": "other"}}, "externalSegment.id", "not.allowed"),
        ({"externalSegment": {"source": "AdobeExperiencePlatform"}}, "externalSegment.source", "not.allowed"),
        (journey({"criteria": []}), "journey.patterns[0].criteria", "invalid.length"),
        (journey(journey_pattern({"key": None})), "journey.patterns[0].criteria[0].key", "missing.required"),
        (
            context(context_pattern(entityType=None)),
            "context.patterns[0].criteria[0].entityType",
            "missing.required",
        ),
    ],
)
def test_a_wrong_patch(api: Api, body: dict[str, Any], path: str, code: str) -> None:
    first = api.create(externalSegment={"id": unique(), "name": "Audience"})
    answer = api.patch(first["selfUri"], body)
    assert answer.status == 400
    assert (path, code) in answer.wrong
    assert api.get(first["selfUri"]).json == first


def test_an_external_segment_may_be_renamed(api: Api) -> None:
    link = {"id": unique(), "name": "Audience", "source": "Custom"}
    first = api.create(externalSegment=link)
    assert changed(api, first, externalSegment={"name": "New"})["externalSegment"] == {**link, "name": "New"}
    answer = api.patch(api.create()["selfUri"], {"externalSegment": {"name": "New"}})
    assert answer.wrong == {("externalSegment", "not.allowed")}


def test_an_old_version_is_a_conflict(api: Api) -> None:
    first = api.create()
    second = changed(api, first, version=1, description="x")
    answer = api.patch(first["selfUri"], {"version": 1, "description": "y"})
    assert (answer.status, answer.json["code"]) == (409, "general.conflict")
    assert "does not match the current version" in answer.json["message"]
    assert answer.json["messageParams"] == {"version": "2"}
    assert api.get(first["selfUri"]).json == second
    # Also where nothing would change, and in either direction.
    assert api.patch(first["selfUri"], {"version": 1}).status == 409
    assert api.patch(first["selfUri"], {"version": 3}).status == 409
    assert api.patch(first["selfUri"], {"version": 2**40}).status == 409
    assert changed(api, first, description="y")["version"] == 3


def test_what_is_wrong_is_said_before_the_version(api: Api) -> None:
    first = api.create()
    assert api.patch(first["selfUri"], {"version": 9, "color": "red"}).status == 400


def test_a_taken_name_is_a_conflict(api: Api) -> None:
    first, second = api.create(), api.create()
    answer = api.patch(second["selfUri"], {"displayName": first["displayName"].upper()})
    assert (answer.status, answer.wrong) == (409, {("displayName", "not.unique")})
    assert api.get(second["selfUri"]).json == second
    # One's own name in other letters is free.
    assert changed(api, first, displayName=first["displayName"].upper())["version"] == 2


def test_of_writers_that_read_the_same_version_one_wins(api: Api, server: Program) -> None:
    first = api.create()
    answers: list[Answer] = []

    def write(number: int) -> None:
        own = as_person(server.url, None)
        answers.append(own.patch(first["selfUri"], {"version": 1, "description": f"{number}"}))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    assert api.get(first["selfUri"]).json["version"] == 2


def test_of_two_creates_with_one_name_one_wins(api: Api, server: Program) -> None:
    name = unique()
    answers: list[int] = []

    def create() -> None:
        answers.append(as_person(server.url, None).post(SEGMENTS, {"displayName": name}).status)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [409] * 7


def test_delete_is_for_good(api: Api) -> None:
    created = api.create()
    answer = api.delete(created["selfUri"])
    assert (answer.status, answer.response.content) == (204, b"")
    assert "Content-Type" not in answer.headers
    for method in ("GET", "PATCH", "DELETE"):
        gone = api.ask(method, created["selfUri"])
        assert (gone.status, gone.json["entityId"]) == (404, created["id"])


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "segment_id", ["nope", "0", "%00", "%2e%2e", "é", "{0b8a2f4e-0d8c-4f0c-9a53-5f7f6b2f9c10}", "x" * 3000]
)
def test_an_id_that_is_no_uuid_is_unknown(api: Api, method: str, segment_id: str) -> None:
    assert api.ask(method, f"{SEGMENTS}/{segment_id}").status == 404


def test_an_id_may_be_written_in_capitals(api: Api) -> None:
    created = api.create()
    assert api.get(f"{SEGMENTS}/{created['id'].upper()}").json == created
    assert api.get(f"{SEGMENTS}/{uuid.UUID(created['id']).hex}").status == 404


def test_an_organisation_has_500_segments_at_most(spare: Program) -> None:
    api = as_person(spare.url, None)
    last = api.create()
    for _ in range(500 - api.get(SEGMENTS).json["total"]):
        api.create()
    answer = api.post(SEGMENTS, {"displayName": "One more"})
    assert (answer.status, answer.json["code"]) == (409, "limit.exceeded")
    assert answer.json["limit"]["namespace"] == "journey"
    assert answer.json["limit"]["value"] == 500
    assert api.patch(last["selfUri"], {"description": "x"}).status == 200
    assert api.delete(last["selfUri"]).status == 204
    assert api.post(SEGMENTS, {"displayName": "One more"}).status == 200
    # Paging over many, and a hundred ids in one request.
    listing = api.get(SEGMENTS, {"pageSize": 200, "pageNumber": 3}).json
    assert (len(listing["entities"]), listing["total"], listing["pageCount"]) == (100, 500, 3)
    ids = [row["id"] for row in listing["entities"]]
    assert [row["id"] for row in api.get(SEGMENTS, {"segmentIds": ids}).json["entities"]] == ids
    assert [row["id"] for row in api.get(SEGMENTS, {"segmentIds": ",".join(ids)}).json["entities"]] == ids
