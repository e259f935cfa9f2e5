"""Form data and API JSON say the same, and a save sends only what differs."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from segments import payloads
from tests.segments.definitions import SEGMENTS, VALUES, criterion, segment, step, visit

SAVED = segment("Europe", context=[[visit("geolocation.country", "equal", "DE")]], id="1", version=4)


@given(VALUES)
def test_values_survive_one_a_line(values: list[str]) -> None:
    assert payloads.from_lines(payloads.to_lines(values)) == values


@given(VALUES)
def test_values_survive_a_browser_that_sends_its_own_line_ends(values: list[str]) -> None:
    sent = payloads.to_lines(values).replace("\n", "\r\n")
    assert payloads.from_lines(sent) == values


@given(st.text())
def test_what_is_typed_as_lines_is_read_the_same_twice(text: str) -> None:
    values = payloads.from_lines(text)
    assert payloads.from_lines(payloads.to_lines(values)) == values


@given(SEGMENTS)
def test_a_segment_differs_in_nothing_from_itself(one: dict[str, Any]) -> None:
    assert payloads.to_patch(payloads.definition(one), one | {"version": 7}) == {}
    assert payloads.definition(payloads.definition(one)) == payloads.definition(one)


@given(SEGMENTS, SEGMENTS)
def test_a_patch_turns_one_into_the_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    other = other | {"scope": one["scope"]}
    patch = payloads.to_patch(payloads.definition(other), one)
    after = {name: value for name, value in (payloads.definition(one) | patch).items() if value is not None}
    kept = {name: value for name, value in payloads.definition(other).items() if value is not None}
    assert payloads.definition(kept).items() <= payloads.definition(after).items()


def test_only_what_differs_is_sent_with_the_version() -> None:
    wanted = payloads.definition(SAVED) | {"displayName": "Europa"}
    assert payloads.to_patch(wanted, SAVED) == {"displayName": "Europa", "version": 4}


def test_emptied_fields_are_sent_as_null() -> None:
    base = SAVED | {"description": "old", "assignmentExpirationDays": 30}
    wanted = payloads.definition(base) | {"description": "", "assignmentExpirationDays": None}
    assert payloads.to_patch(wanted, base) == {
        "description": None,
        "assignmentExpirationDays": None,
        "version": 4,
    }


def test_scope_is_said_only_when_creating() -> None:
    wanted = payloads.definition(SAVED) | {"scope": "Customer"}
    assert payloads.to_patch(wanted, SAVED) == {}
    assert payloads.to_create(wanted)["scope"] == "Customer"


def test_case_is_always_sent() -> None:
    row = payloads.criterion("journey", "page.url", "equal", ["/"], False)
    assert row["shouldIgnoreCase"] is False
    assert "entityType" not in row


def test_the_kind_of_visit_follows_from_the_stream() -> None:
    assert payloads.pattern("journey", [], 1, "App")["sessionType"] == "app"
    kept = payloads.pattern("journey", [], 1, "Fax", extra='{"sessionType": "paper"}')
    assert kept["sessionType"] == "paper"


def test_one_side_emptied_is_sent_as_no_patterns() -> None:
    base = segment(
        journey=[step(1, criterion("page.url", "equal", "/"))],
        version=2,
        context=[[visit("authenticated", "equal", "true")]],
    )
    wanted = payloads.definition(base) | {"journey": {"patterns": []}}
    assert payloads.to_patch(wanted, base) == {"journey": {"patterns": []}, "version": 2}
