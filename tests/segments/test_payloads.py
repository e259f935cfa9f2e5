"""Form data and API JSON say the same, and a save sends only what differs."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from journeyadmin.contract.segments import STREAM_SESSIONS
from segments import payloads
from segments.forms import SegmentForm
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


@given(SEGMENTS)
def test_the_form_says_what_the_segment_says(one: dict[str, Any]) -> None:
    form = SegmentForm(payloads.to_data(one))
    assert form.definition() == _as_typed(payloads.definition(one))


def _as_typed(full: dict[str, Any]) -> dict[str, Any]:
    """Names lose blanks at their ends, and a known stream has its own kind of visit, whatever was there."""
    for pattern in full["journey"]["patterns"]:
        pattern["sessionType"] = STREAM_SESSIONS.get(pattern["streamType"], pattern["sessionType"])
    return full | {
        "displayName": full["displayName"].strip(),
        "description": full["description"].replace("\r\n", "\n"),
    }


def test_a_step_that_names_only_an_event_has_no_criterion_to_edit() -> None:
    bought = step(3, criterion("eventName", "equal", "product_viewed", ignore=False))
    data = payloads.to_data(segment(journey=[bought]))
    assert data["journey-0-event_name"] == ["product_viewed"]
    assert data["journey-0-criteria-TOTAL_FORMS"] == ["0"]
    assert SegmentForm(data).definition()["journey"]["patterns"] == [bought]
