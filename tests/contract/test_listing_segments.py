"""GET segments: envelope, links, sorting, filters, ids, and what cannot be combined (contract §1.2, §6)."""

import uuid
from typing import Any

import pytest

from tests.contract.asking import SEGMENTS, Api, as_person, context, context_pattern, names, unique
from tests.programs import Program


@pytest.fixture(scope="module")
def word() -> str:
    """A word in the names of this module's segments alone."""
    return uuid.uuid4().hex


@pytest.fixture(scope="module")
def rows(word: str, server: Program) -> dict[str, dict[str, Any]]:
    """Five segments by letter; b and B differ in more than case only by the rest of their names."""
    api = as_person(server.url, None)
    made = {}
    for letter, fields in {
        "c": {"description": "Beta", "color": "#CC0000"},
        "B1": {"isActive": False, "assignmentExpirationDays": 7},
        "a": {"description": "alpha", "assignmentExpirationDays": 30, "color": "#cc0000"},
        "b2": {**context(context_pattern()), "shouldDisplayToAgent": False},
        "É": {"description": f"says {word}"},
    }.items():
        made[letter] = api.create(displayName=f"{letter} {word}", **fields)
    return made


def listed(api: Api, word: str, **params: Any) -> list[str]:
    """The letters of this module's segments in the order of the answer."""
    answer = api.get(SEGMENTS, {"queryFields": "displayName", "queryValue": word, **params})
    assert answer.status == 200, answer.json
    return [name.removesuffix(f" {word}") for name in names(answer.json["entities"])]


def test_by_name_ignoring_case_unless_told_otherwise(api: Api, word: str, rows: Any) -> None:
    assert listed(api, word) == ["a", "B1", "b2", "c", "É"]


@pytest.mark.parametrize(
    ("sort_by", "expected"),
    [
        ("-displayName", ["É", "c", "b2", "B1", "a"]),
        ("createdDate", ["c", "B1", "a", "b2", "É"]),
        ("-createdDate,displayName", ["É", "b2", "a", "B1", "c"]),
        ("isActive,displayName", ["B1", "a", "b2", "c", "É"]),
        ("-isActive,-displayName", ["É", "c", "b2", "a", "B1"]),
        # What is missing comes last in both directions.
        ("description,displayName", ["a", "c", "É", "B1", "b2"]),
        ("-description,displayName", ["É", "c", "a", "B1", "b2"]),
        ("assignmentExpirationDays,-displayName", ["B1", "a", "É", "c", "b2"]),
        ("-assignmentExpirationDays,displayName", ["a", "B1", "b2", "c", "É"]),
        ("scope,shouldDisplayToAgent,-displayName", ["É", "c", "B1", "a", "b2"]),
        ("version,displayName", ["a", "B1", "b2", "c", "É"]),
    ],
)
def test_sorting(api: Api, word: str, rows: Any, sort_by: str, expected: list[str]) -> None:
    assert listed(api, word, sortBy=sort_by) == expected


def test_equal_rows_come_by_id(api: Api, word: str, rows: dict[str, dict[str, Any]]) -> None:
    for sort_by in ("color", "-color"):
        letters = listed(api, word, sortBy=sort_by)
        # Colours that differ in case only are equal.
        for group in (("c", "a"), ("B1", "b2", "É")):
            seen = [rows[letter]["id"] for letter in letters if letter in group]
            assert seen == sorted(seen)
    assert [rows[letter]["id"] for letter in listed(api, word, sortBy="id")] == sorted(
        row["id"] for row in rows.values()
    )


@pytest.mark.parametrize(
    "sort_by",
    ["context", "journey", "externalSegment", "selfUri", "name", "", "displayName,", "--id", "DisplayName"],
)
def test_what_cannot_be_sorted_by(api: Api, sort_by: str) -> None:
    answer = api.get(SEGMENTS, {"sortBy": sort_by})
    assert answer.status == 400
    assert answer.json["details"] == [{"errorCode": "invalid.enum", "fieldName": "sortBy"}]


@pytest.mark.parametrize(
    ("value", "inactive"), [("true", False), ("True", False), ("FALSE", True), ("false", True)]
)
def test_only_active_ones(api: Api, word: str, rows: Any, value: str, inactive: bool) -> None:
    assert ("B1" in listed(api, word, isActive=value)) is inactive


def test_the_envelope(api: Api, word: str, rows: Any) -> None:
    found = {"isActive": "true", "sortBy": "displayName,-id", "queryFields": ["displayName", "description"]}
    asked = {**found, "queryValue": word, "pageSize": 2}
    link = f"{SEGMENTS}?isActive=true&sortBy=displayName,-id&queryFields=displayName&queryFields=description"
    link += f"&queryValue={word}&pageSize=2&pageNumber="
    pages = [api.get(SEGMENTS, {**asked, "pageNumber": number}).json for number in (1, 2, 3)]
    assert [names(page.pop("entities")) for page in pages] == [
        [f"a {word}", f"b2 {word}"],
        [f"c {word}", f"É {word}"],
        [],
    ]
    same = {"pageSize": 2, "total": 4, "pageCount": 2, "firstUri": f"{link}1", "lastUri": f"{link}2"}
    assert pages == [
        {**same, "pageNumber": 1, "selfUri": f"{link}1", "nextUri": f"{link}2"},
        {**same, "pageNumber": 2, "selfUri": f"{link}2", "previousUri": f"{link}1"},
        {**same, "pageNumber": 3, "selfUri": f"{link}3", "previousUri": f"{link}2"},
    ]
    assert names(api.get(pages[0]["nextUri"]).json["entities"]) == [f"c {word}", f"É {word}"]


def test_defaults_of_the_page(api: Api, rows: Any) -> None:
    listing = api.get(SEGMENTS).json
    assert (listing["pageSize"], listing["pageNumber"]) == (25, 1)
    assert listing["selfUri"] == f"{SEGMENTS}?pageSize=25&pageNumber=1"


def test_an_empty_listing(api: Api) -> None:
    listing = api.get(SEGMENTS, {"queryFields": "displayName", "queryValue": unique()}).json
    assert (listing["entities"], listing["total"], listing["pageCount"]) == ([], 0, 0)
    assert listing["lastUri"] == listing["firstUri"] == listing["selfUri"]
    assert not {"nextUri", "previousUri"} & set(listing)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"pageSize": "0"}, "out.of.range"),
        ({"pageSize": "201"}, "out.of.range"),
        ({"pageSize": "-1"}, "out.of.range"),
        ({"pageSize": "many"}, "invalid.type"),
        ({"pageSize": ""}, "invalid.type"),
        ({"pageSize": "2.0"}, "invalid.type"),
        ({"pageSize": "٣"}, "invalid.type"),
        ({"pageSize": ["1", "2"]}, "invalid.length"),
        ({"pageNumber": "0"}, "out.of.range"),
        ({"pageNumber": "x"}, "invalid.type"),
        ({"pageNumber": str(2**53)}, "out.of.range"),
        ({"pageNumber": "9" * 5000}, "invalid.type"),
        ({"isActive": "yes"}, "invalid.type"),
        ({"isActive": ""}, "invalid.type"),
        ({"isActive": "1"}, "invalid.type"),
        ({"queryFields": "name", "queryValue": "x"}, "invalid.enum"),
        ({"queryFields": "displayName,color", "queryValue": "x"}, "invalid.enum"),
    ],
)
def test_wrong_parameters(api: Api, params: dict[str, Any], code: str) -> None:
    answer = api.get(SEGMENTS, params)
    assert (answer.status, answer.json["code"]) == (400, "invalid.value")
    assert answer.wrong == {(next(iter(params)), code)}


def test_all_wrong_parameters_come_at_once(api: Api) -> None:
    answer = api.get(SEGMENTS, {"pageSize": 0, "pageNumber": "x", "isActive": "?", "sortBy": "context"})
    assert {field for field, _ in answer.wrong} == {"pageSize", "pageNumber", "isActive", "sortBy"}
    twice = {"pageSize": 0, "queryFields": "color", "queryValue": ["a", "b"]}
    assert api.get(SEGMENTS, twice).wrong == {
        ("pageSize", "out.of.range"),
        ("queryFields", "invalid.enum"),
        ("queryValue", "invalid.length"),
    }


def test_the_largest_page_number_is_just_empty(api: Api) -> None:
    listing = api.get(SEGMENTS, {"pageNumber": 2**53 - 1, "pageSize": 200}).json
    assert listing["entities"] == []
    assert listing["pageNumber"] == 2**53 - 1


def test_unknown_parameters_are_ignored(api: Api) -> None:
    assert api.get(SEGMENTS, {"expand": "all", "page_size": 3}).status == 200


@pytest.mark.parametrize(
    "params",
    [
        {"queryFields": "displayName"},
        {"queryValue": "x"},
        {"queryFields": "", "queryValue": "x"},
        {"queryFields": "displayName", "queryValue": ""},
    ],
)
def test_query_parameters_come_in_pairs(api: Api, params: dict[str, Any]) -> None:
    answer = api.get(SEGMENTS, params)
    assert (answer.status, answer.json["code"]) == (400, "bad.request")


def test_querying_is_a_substring_of_any_field_ignoring_case(api: Api, word: str, rows: Any) -> None:
    both = {"queryFields": ["displayName", "description"], "queryValue": f"S {word.upper()}"}
    assert names(api.get(SEGMENTS, both).json["entities"]) == [f"É {word}"]
    assert api.get(SEGMENTS, {**both, "queryFields": "displayName"}).json["total"] == 0
    assert api.get(SEGMENTS, {**both, "queryFields": "displayName,description"}).json["total"] == 1
    assert api.get(SEGMENTS, {**both, "queryValue": "%"}).json["total"] == 0
    assert listed(api, word, queryValue=f"é {word}") == ["É"]


def test_ids_in_the_order_asked_for(api: Api, rows: dict[str, dict[str, Any]]) -> None:
    wanted = [rows[letter]["id"] for letter in ("c", "a", "B1")]
    asked = [wanted[0], str(uuid.uuid4()), wanted[1], "no-id", wanted[0], wanted[2]]
    listing = api.get(SEGMENTS, {"segmentIds": asked}).json
    assert [row["id"] for row in listing["entities"]] == wanted
    assert [listing[name] for name in ("pageNumber", "pageSize", "total", "pageCount")] == [1, 3, 3, 1]
    assert not {"nextUri", "previousUri"} & set(listing)
    # As two clients write it: commas, also encoded, and both at once.
    for spelling in (",".join(asked), [",".join(asked[:3]), *asked[3:]]):
        assert api.get(SEGMENTS, {"segmentIds": spelling}).json["entities"] == listing["entities"]
    assert api.get(f"{SEGMENTS}?segmentIds={','.join(wanted)}").json["total"] == 3
    # The links can be followed.
    assert api.get(listing["selfUri"]).json == listing
    assert listing["firstUri"] == listing["lastUri"] == listing["selfUri"]


def test_ids_and_activity_go_together(api: Api, rows: dict[str, dict[str, Any]]) -> None:
    ids = [rows["B1"]["id"], rows["a"]["id"]]
    listing = api.get(SEGMENTS, {"segmentIds": ids, "isActive": "True"}).json
    assert [row["id"] for row in listing["entities"]] == ids[1:]
    assert "isActive=true" in listing["selfUri"]


def test_no_id_is_found(api: Api) -> None:
    for asked in (str(uuid.uuid4()), ""):
        listing = api.get(SEGMENTS, {"segmentIds": asked}).json
        assert listing["entities"] == []
        assert [listing[name] for name in ("pageNumber", "pageSize", "total", "pageCount")] == [1, 0, 0, 0]
        assert api.get(listing["selfUri"]).json == listing


@pytest.mark.parametrize(
    "more",
    [
        {"pageSize": 25},
        {"pageNumber": 1},
        {"sortBy": "id"},
        {"queryFields": "displayName"},
        {"queryValue": "x"},
        {"queryFields": "displayName", "queryValue": "x"},
    ],
)
def test_ids_go_with_nothing_else(api: Api, more: dict[str, Any]) -> None:
    answer = api.get(SEGMENTS, {"segmentIds": str(uuid.uuid4()), **more})
    assert (answer.status, answer.json["code"]) == (400, "bad.request")


def test_a_hundred_ids_at_most(api: Api) -> None:
    ids = [str(uuid.uuid4()) for _ in range(101)]
    assert api.get(SEGMENTS, {"segmentIds": ",".join([*ids[:100], *ids[:20]])}).status == 200
    answer = api.get(SEGMENTS, {"segmentIds": ids})
    assert (answer.status, answer.wrong) == (400, {("segmentIds", "invalid.length")})
