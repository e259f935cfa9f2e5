"""POST segments: defaults, what is ignored, and every rule a new segment must meet (contract §2, §3)."""

import re
from typing import Any

import pytest

from tests.contract.asking import (
    SEGMENTS,
    TIMESTAMP,
    Api,
    context,
    context_pattern,
    journey,
    journey_pattern,
    unique,
)

PATTERN = "journey.patterns[0]"
CRITERION = f"{PATTERN}.criteria[0]"
CONTEXT_CRITERION = "context.patterns[0].criteria[0]"


def test_only_a_name_is_needed(api: Api) -> None:
    created = api.create(displayName=(name := unique()))
    assert created.pop("selfUri") == f"{SEGMENTS}/{created['id']}"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", created.pop("id"))
    assert created["createdDate"] == created["modifiedDate"]
    assert TIMESTAMP.fullmatch(created.pop("createdDate"))
    assert TIMESTAMP.fullmatch(created.pop("modifiedDate"))
    assert created == {
        "isActive": True,
        "displayName": name,
        "version": 1,
        "color": "#5E5782",
        "scope": "Customer",
        "shouldDisplayToAgent": False,
        "context": {"patterns": []},
        "journey": {"patterns": []},
    }


def test_every_field_is_kept(api: Api) -> None:
    sent: dict[str, Any] = {
        "displayName": unique(),
        "isActive": False,
        "description": "  twice, blanks kept  ",
        "color": "#abCDef",
        "shouldDisplayToAgent": False,
        "assignmentExpirationDays": 0,
        "scope": "Session",
        **context(
            context_pattern(), context_pattern(key="browser.version", operator="lessThan", values=["55"])
        ),
        **journey(
            journey_pattern(eventName="page_viewed", count=3),
            journey_pattern(streamType="App", sessionType="app", criterion={"key": "screenName"}),
        ),
        "externalSegment": {"id": unique(), "name": "Audience", "source": "AdobeExperiencePlatform"},
    }
    created = api.create(**sent)
    assert sent.items() <= created.items()
    assert api.get(created["selfUri"]).json == created


def test_what_the_server_makes_is_ignored(api: Api) -> None:
    created = api.create(
        id="mine", version="x", selfUri=7, createdDate=None, modifiedDate="yesterday", unheardOf={"a": [1]}
    )
    assert created["version"] == 1
    assert created["id"] != "mine"
    assert "unheardOf" not in created


def test_unknown_fields_are_ignored_at_every_level(api: Api) -> None:
    pattern = journey_pattern({"more": 1}, more=2)
    created = api.create(journey={"patterns": [pattern], "more": 3})
    assert "more" not in str(created)


def test_criteria_get_their_defaults(api: Api) -> None:
    created = api.create(
        **context(context_pattern(operator=None, shouldIgnoreCase=None)),
        **journey(journey_pattern({"operator": None, "shouldIgnoreCase": None})),
    )
    for side in ("context", "journey"):
        row = created[side]["patterns"][0]["criteria"][0]
        assert (row["operator"], row["shouldIgnoreCase"]) == ("equal", False)
    assert "eventName" not in created["journey"]["patterns"][0]
    assert "entityType" not in created["journey"]["patterns"][0]["criteria"][0]


def test_null_is_as_good_as_absent_for_what_has_a_default(api: Api) -> None:
    optional = (
        "description",
        "color",
        "shouldDisplayToAgent",
        "assignmentExpirationDays",
        "context",
        "journey",
    )
    created = api.create(**dict.fromkeys((*optional, "scope", "externalSegment")))
    assert created["color"] == "#5E5782"
    assert created["scope"] == "Customer"
    assert not {"description", "assignmentExpirationDays", "externalSegment"} & set(created)


@pytest.mark.parametrize(
    ("fields", "scope"),
    [
        ({}, "Customer"),
        (context(context_pattern()), "Session"),
        (journey(journey_pattern()), "Session"),
        ({**journey(journey_pattern()), "scope": "Customer"}, "Customer"),
        ({"scope": "Customer"}, "Customer"),
        ({**context(context_pattern()), "scope": "Session"}, "Session"),
    ],
)
def test_scope(api: Api, fields: dict[str, Any], scope: str) -> None:
    created = api.create(**fields)
    assert created["scope"] == scope
    # §2.1: session segments are shown to the agent unless it is said otherwise.
    assert created["shouldDisplayToAgent"] is (scope == "Session")


def test_scope_of_an_external_segment_is_the_customer(api: Api) -> None:
    link = {"id": unique(), "name": "Audience"}
    created = api.create(externalSegment=link, **context(context_pattern()))
    assert created["scope"] == "Customer"
    assert created["externalSegment"] == {**link, "source": "Custom"}


@pytest.mark.parametrize("sides", [{}, {"journey": {"patterns": []}}, {"context": {}, "journey": None}])
def test_a_session_segment_needs_a_pattern(api: Api, sides: dict[str, Any]) -> None:
    answer = api.post(SEGMENTS, {"displayName": unique(), "scope": "Session", **sides})
    assert (answer.status, answer.wrong) == (400, {("scope", "not.allowed")})


@pytest.mark.parametrize("key", ["page.url", "searchQuery", "screenName", "app.name", "attributes.a.value"])
def test_the_app_takes_keys_of_the_web_too(api: Api, key: str) -> None:
    sent = journey(journey_pattern({"key": key}, streamType="App", sessionType="app"))
    assert sent.items() <= api.create(**sent).items()


def test_the_name_is_trimmed_and_measured_in_characters(api: Api) -> None:
    name = unique()
    assert api.create(displayName=f" \t{name}\n ")["displayName"] == name
    assert len(api.create(displayName=name + "é" * (256 - len(name)))["displayName"]) == 256


def test_bounds_are_inclusive(api: Api) -> None:
    rows = [context_pattern()["criteria"][0]] * 50
    rows[0] = {**rows[0], "values": [f"{n}".ljust(2048, "x") for n in range(100)]}
    created = api.create(
        description="d" * 2048,
        assignmentExpirationDays=3650,
        context={"patterns": [{"criteria": rows}, *[context_pattern()] * 49]},
        **journey(journey_pattern(count=1000), journey_pattern(count=1, eventName="e" * 255)),
    )
    assert len(created["context"]["patterns"]) == 50
    assert len(created["context"]["patterns"][0]["criteria"][0]["values"]) == 100


def wrong_field(fields: dict[str, Any], path: str, code: str) -> Any:
    return pytest.param(fields, path, code, id=f"{path} {code} {str(fields)[:40]}")


@pytest.mark.parametrize(
    ("fields", "path", "code"),
    [
        wrong_field({"displayName": None}, "displayName", "missing.required"),
        wrong_field({"displayName": 7}, "displayName", "invalid.type"),
        wrong_field({"displayName": "   "}, "displayName", "invalid.length"),
        wrong_field({"displayName": "n" * 257}, "displayName", "invalid.length"),
        wrong_field({"displayName": "a\0b"}, "displayName", "invalid.format"),
        wrong_field({"isActive": None}, "isActive", "invalid.type"),
        wrong_field({"isActive": "true"}, "isActive", "invalid.type"),
        wrong_field({"isActive": 1}, "isActive", "invalid.type"),
        wrong_field({"description": 1}, "description", "invalid.type"),
        wrong_field({"description": "d" * 2049}, "description", "invalid.length"),
        wrong_field({"color": "5E5782"}, "color", "invalid.format"),
        wrong_field({"color": "#5E578"}, "color", "invalid.format"),
        wrong_field({"color": "#5E578G"}, "color", "invalid.format"),
        wrong_field({"color": "#5E5782\n"}, "color", "invalid.format"),
        wrong_field({"color": "#٠٠٠٠٠٠"}, "color", "invalid.format"),
        wrong_field({"scope": "session"}, "scope", "invalid.enum"),
        wrong_field({"scope": ["Session"]}, "scope", "invalid.type"),
        wrong_field({"shouldDisplayToAgent": "yes"}, "shouldDisplayToAgent", "invalid.type"),
        wrong_field({"assignmentExpirationDays": -1}, "assignmentExpirationDays", "out.of.range"),
        wrong_field({"assignmentExpirationDays": 3651}, "assignmentExpirationDays", "out.of.range"),
        wrong_field({"assignmentExpirationDays": 10**30}, "assignmentExpirationDays", "out.of.range"),
        wrong_field({"assignmentExpirationDays": 1.5}, "assignmentExpirationDays", "invalid.type"),
        wrong_field({"assignmentExpirationDays": "7"}, "assignmentExpirationDays", "invalid.type"),
        wrong_field({"assignmentExpirationDays": True}, "assignmentExpirationDays", "invalid.type"),
        wrong_field({"context": []}, "context", "invalid.type"),
        wrong_field({"journey": "x"}, "journey", "invalid.type"),
        wrong_field({"journey": {"patterns": None}}, "journey.patterns", "invalid.type"),
        wrong_field({"journey": {"patterns": {}}}, "journey.patterns", "invalid.type"),
        wrong_field({"journey": {"patterns": [7]}}, PATTERN, "invalid.type"),
        wrong_field(context(*[context_pattern()] * 51), "context.patterns", "invalid.length"),
        wrong_field(journey(*[journey_pattern()] * 51), "journey.patterns", "invalid.length"),
        wrong_field(context({}), "context.patterns[0].criteria", "missing.required"),
        wrong_field(context({"criteria": []}), "context.patterns[0].criteria", "invalid.length"),
        wrong_field(context({"criteria": "x"}), "context.patterns[0].criteria", "invalid.type"),
        wrong_field(context({"criteria": [None]}), CONTEXT_CRITERION, "invalid.type"),
        wrong_field(
            context({"criteria": context_pattern()["criteria"] * 51}),
            "context.patterns[0].criteria",
            "invalid.length",
        ),
        wrong_field(context(context_pattern(key=None)), f"{CONTEXT_CRITERION}.key", "missing.required"),
        wrong_field(context(context_pattern(key="page.url")), f"{CONTEXT_CRITERION}.key", "invalid.enum"),
        wrong_field(
            context(context_pattern(key="Device.Category")), f"{CONTEXT_CRITERION}.key", "invalid.enum"
        ),
        wrong_field(context(context_pattern(key=5)), f"{CONTEXT_CRITERION}.key", "invalid.type"),
        wrong_field(
            context(context_pattern(entityType=None)), f"{CONTEXT_CRITERION}.entityType", "missing.required"
        ),
        wrong_field(
            context(context_pattern(entityType="event")), f"{CONTEXT_CRITERION}.entityType", "invalid.enum"
        ),
        wrong_field(
            context(context_pattern(operator="equals")), f"{CONTEXT_CRITERION}.operator", "invalid.enum"
        ),
        wrong_field(
            context(context_pattern(shouldIgnoreCase=1)),
            f"{CONTEXT_CRITERION}.shouldIgnoreCase",
            "invalid.type",
        ),
        wrong_field(context(context_pattern(values=None)), f"{CONTEXT_CRITERION}.values", "missing.required"),
        wrong_field(context(context_pattern(values="mobile")), f"{CONTEXT_CRITERION}.values", "invalid.type"),
        wrong_field(context(context_pattern(values=[])), f"{CONTEXT_CRITERION}.values", "invalid.length"),
        wrong_field(
            context(context_pattern(values=["a", ""])), f"{CONTEXT_CRITERION}.values", "invalid.length"
        ),
        wrong_field(
            context(context_pattern(values=["a"] * 101)), f"{CONTEXT_CRITERION}.values", "invalid.length"
        ),
        wrong_field(
            context(context_pattern(values=["a" * 2049])), f"{CONTEXT_CRITERION}.values", "invalid.length"
        ),
        wrong_field(context(context_pattern(values=[5])), f"{CONTEXT_CRITERION}.values", "invalid.type"),
        wrong_field(
            context(context_pattern(values=["a\0"])), f"{CONTEXT_CRITERION}.values", "invalid.format"
        ),
        wrong_field(
            context(context_pattern(key="authenticated", values=["yes"])),
            f"{CONTEXT_CRITERION}.values",
            "invalid.enum",
        ),
        wrong_field(
            context(context_pattern(key="authenticated", values=["true"], operator="startsWith")),
            f"{CONTEXT_CRITERION}.operator",
            "not.allowed",
        ),
        wrong_field(
            context(context_pattern(key="browser.version", values=["68.0.x"], operator="lessThan")),
            f"{CONTEXT_CRITERION}.values",
            "invalid.format",
        ),
        wrong_field(journey(journey_pattern({"key": "device.category"})), f"{CRITERION}.key", "invalid.enum"),
        wrong_field(journey(journey_pattern({"key": "screenName"})), f"{CRITERION}.key", "invalid.enum"),
        wrong_field(
            journey(journey_pattern({"key": "attributes..value"})), f"{CRITERION}.key", "invalid.enum"
        ),
        wrong_field(
            journey(journey_pattern({"key": "attributes.a b.value"})), f"{CRITERION}.key", "invalid.enum"
        ),
        wrong_field(
            journey(journey_pattern({"key": f"attributes.{'a' * 257}.value"})),
            f"{CRITERION}.key",
            "invalid.enum",
        ),
        wrong_field(
            journey(journey_pattern({"key": "device.category"}, streamType="App", sessionType="app")),
            f"{CRITERION}.key",
            "invalid.enum",
        ),
        wrong_field(journey(journey_pattern(count=None)), f"{PATTERN}.count", "missing.required"),
        wrong_field(journey(journey_pattern(count=0)), f"{PATTERN}.count", "out.of.range"),
        wrong_field(journey(journey_pattern(count=1001)), f"{PATTERN}.count", "out.of.range"),
        wrong_field(journey(journey_pattern(count="2")), f"{PATTERN}.count", "invalid.type"),
        wrong_field(journey(journey_pattern(count=2.5)), f"{PATTERN}.count", "invalid.type"),
        wrong_field(journey(journey_pattern(count=True)), f"{PATTERN}.count", "invalid.type"),
        wrong_field(journey(journey_pattern(streamType=None)), f"{PATTERN}.streamType", "missing.required"),
        wrong_field(journey(journey_pattern(streamType="web")), f"{PATTERN}.streamType", "invalid.enum"),
        wrong_field(journey(journey_pattern(streamType="Custom")), f"{PATTERN}.streamType", "not.allowed"),
        wrong_field(journey(journey_pattern(sessionType=None)), f"{PATTERN}.sessionType", "missing.required"),
        wrong_field(journey(journey_pattern(sessionType="custom")), f"{PATTERN}.sessionType", "invalid.enum"),
        wrong_field(journey(journey_pattern(sessionType="app")), f"{PATTERN}.sessionType", "not.allowed"),
        wrong_field(
            journey(journey_pattern({"key": "eventName"}, streamType="App")),
            f"{PATTERN}.sessionType",
            "not.allowed",
        ),
        wrong_field(journey(journey_pattern(eventName="")), f"{PATTERN}.eventName", "invalid.length"),
        wrong_field(journey(journey_pattern(eventName=3)), f"{PATTERN}.eventName", "invalid.type"),
        wrong_field(
            journey(
                journey_pattern(
                    {"key": "attributes.total.value", "operator": "greaterThan", "values": ["1e400"]}
                )
            ),
            f"{CRITERION}.values",
            "invalid.format",
        ),
        wrong_field(
            journey(
                journey_pattern({"key": "attributes.total.value", "operator": "lessThan", "values": ["NaN"]})
            ),
            f"{CRITERION}.values",
            "invalid.format",
        ),
        wrong_field({"externalSegment": "x"}, "externalSegment", "invalid.type"),
        wrong_field({"externalSegment": {"name": "n"}}, "externalSegment.id", "missing.required"),
        wrong_field({"externalSegment": {"id": "i"}}, "externalSegment.name", "missing.required"),
        wrong_field({"externalSegment": {"id": "", "name": "n"}}, "externalSegment.id", "invalid.length"),
        wrong_field(
            {"externalSegment": {"id": "i" * 257, "name": "n"}}, "externalSegment.id", "invalid.length"
        ),
        wrong_field({"externalSegment": {"id": "i", "name": 1}}, "externalSegment.name", "invalid.type"),
        wrong_field(
            {"externalSegment": {"id": "i", "name": "n", "source": "Other"}},
            "externalSegment.source",
            "invalid.enum",
        ),
    ],
)
def test_one_wrong_field_is_named(api: Api, fields: dict[str, Any], path: str, code: str) -> None:
    answer = api.post(SEGMENTS, {"displayName": unique(), **fields})
    assert (answer.status, answer.json["code"]) == (400, "invalid.value")
    assert answer.wrong == {(path, code)}


def test_all_problems_come_at_once(api: Api) -> None:
    body = {
        "color": "red",
        "scope": "Nobody",
        **context({"criteria": [{"key": "x", "values": [], "entityType": "y"}]}, {}),
        **journey(journey_pattern({"operator": "?"}, count=0, streamType="Conversation")),
    }
    answer = api.post(SEGMENTS, body)
    assert answer.json["message"].startswith("10 fields are not valid")
    assert answer.wrong == {
        ("displayName", "missing.required"),
        ("color", "invalid.format"),
        ("scope", "invalid.enum"),
        (f"{CONTEXT_CRITERION}.key", "invalid.enum"),
        (f"{CONTEXT_CRITERION}.values", "invalid.length"),
        (f"{CONTEXT_CRITERION}.entityType", "invalid.enum"),
        ("context.patterns[1].criteria", "missing.required"),
        (f"{CRITERION}.operator", "invalid.enum"),
        (f"{PATTERN}.count", "out.of.range"),
        (f"{PATTERN}.streamType", "not.allowed"),
    }


def test_a_wrong_key_is_answered_with_the_allowed_ones(api: Api) -> None:
    answer = api.post(SEGMENTS, {"displayName": unique(), **journey(journey_pattern({"key": "url"}))})
    assert "page.pathname" in answer.json["message"]
    assert "screenName" not in answer.json["message"]
    assert "attributes.<name>.value" in answer.json["message"]


def test_a_refused_stream_type_says_that_it_is_not_supported(api: Api) -> None:
    answer = api.post(
        SEGMENTS, {"displayName": unique(), **journey(journey_pattern(streamType="Conversation"))}
    )
    assert "Conversation is not supported" in answer.json["message"]


@pytest.mark.parametrize("values", [["68.0.3440"], ["55"], ["-1.5e3"], [".5"]])
def test_versions_may_be_compared_with_versions_and_numbers(api: Api, values: list[str]) -> None:
    pattern = context_pattern(key="browser.version", operator="greaterThanOrEqual", values=values)
    assert api.create(**context(pattern))["context"]["patterns"][0]["criteria"][0]["values"] == values


@pytest.mark.parametrize("body", [[], "x", 7, True, None])
def test_a_body_that_is_no_object(api: Api, body: Any) -> None:
    raw = (
        {"data": "null", "headers": {"Content-Type": "application/json"}} if body is None else {"json": body}
    )
    answer = api.ask("POST", SEGMENTS, **raw)
    assert (answer.status, answer.wrong) == (400, {("", "invalid.type")})


def test_an_absent_body(api: Api) -> None:
    answer = api.ask("POST", SEGMENTS)
    assert (answer.status, answer.json["code"]) == (400, "bad.request")


def test_names_are_unique_ignoring_case_and_blanks(api: Api) -> None:
    name = unique("Straße É")
    api.create(displayName=name)
    answer = api.post(SEGMENTS, {"displayName": f" {name.upper()} "})
    assert (answer.status, answer.json["code"]) == (409, "general.conflict")
    assert answer.wrong == {("displayName", "not.unique")}
    assert "in use" in answer.json["message"]


def test_names_are_unique_however_accents_are_composed(api: Api) -> None:
    name = unique("caf\u00e9")
    api.create(displayName=name)
    assert api.post(SEGMENTS, {"displayName": name.replace("\u00e9", "e\u0301")}).status == 409


def test_the_name_of_a_deleted_segment_is_free(api: Api) -> None:
    created = api.create()
    assert api.delete(created["selfUri"]).status == 204
    assert api.create(displayName=created["displayName"])["id"] != created["id"]


def test_an_external_segment_is_linked_once(api: Api) -> None:
    link = {"id": unique(), "name": "Audience", "source": "Custom"}
    api.create(externalSegment=link)
    answer = api.post(SEGMENTS, {"displayName": unique(), "externalSegment": {**link, "name": "Other"}})
    assert (answer.status, answer.wrong) == (409, {("externalSegment.id", "not.unique")})
    # The same id from another source is another segment.
    api.create(externalSegment={**link, "source": "AdobeExperiencePlatform"})


def test_both_conflicts_come_at_once(api: Api) -> None:
    first = api.create(externalSegment={"id": unique(), "name": "Audience"})
    answer = api.post(
        SEGMENTS, {"displayName": first["displayName"], "externalSegment": first["externalSegment"]}
    )
    assert answer.wrong == {("displayName", "not.unique"), ("externalSegment.id", "not.unique")}


def test_what_is_wrong_is_said_before_what_conflicts(api: Api) -> None:
    first = api.create()
    assert api.post(SEGMENTS, {"displayName": first["displayName"], "color": "red"}).status == 400
