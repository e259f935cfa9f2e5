"""Matching follows the contract's words: operators, missing values, counts and the order of patterns."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyadmin.contract.criteria import OPERATORS
from journeyadmin.contract.matching import match_criterion, match_segment

TABLE = [
    ("equal", "Chrome", ["chrome"], False, False),
    ("equal", "Chrome", ["chrome"], True, True),
    ("equal", "STRASSE", ["straße"], True, True),
    ("notEqual", "a", ["a", "b"], False, False),
    ("notEqual", "c", ["a", "b"], False, True),
    ("containsAny", "/shop/cart", ["x", "cart"], False, True),
    ("containsAll", "/shop/cart", ["shop", "x"], False, False),
    ("notContainsAny", "/shop/cart", ["x", "cart"], False, False),
    ("notContainsAll", "/shop/cart", ["shop", "x"], False, True),
    ("startsWith", "/shop", ["/a", "/s"], False, True),
    ("endsWith", "/shop", ["op"], False, True),
    ("greaterThan", "10", ["9"], False, True),
    ("lessThan", "abc", ["9"], False, False),
    ("lessThanOrEqual", "9.0", ["9"], False, True),
    ("greaterThanOrEqual", "1e3", ["1000"], False, True),
]


@pytest.mark.parametrize(("operator", "value", "values", "ignore", "holds"), TABLE)
def test_operators(operator: str, value: str, values: list[str], ignore: bool, holds: bool) -> None:
    row = {"key": "attributes.x.value", "operator": operator, "values": values, "shouldIgnoreCase": ignore}
    assert match_criterion(row, value).holds is holds


@pytest.mark.parametrize(
    ("seen", "wanted", "holds"), [("68.0.1", "68", True), ("9.1", "10", False), ("120", "55", True)]
)
def test_versions_compare_part_by_part(seen: str, wanted: str, holds: bool) -> None:
    row = {"key": "browser.version", "operator": "greaterThanOrEqual", "values": [wanted]}
    assert match_criterion(row, seen).holds is holds


@pytest.mark.parametrize("operator", list(OPERATORS))
def test_a_missing_value_holds_for_negative_operators_only(operator: str) -> None:
    found = match_criterion({"key": "page.url", "operator": operator, "values": ["1"]}, None)
    assert found.outcome == "no value"
    assert found.holds is OPERATORS[operator].negative


def step(name: str, count: int = 1) -> dict[str, Any]:
    return {"count": count, "streamType": "Web", "eventName": name, "criteria": []}


def run(names: str, *steps: dict[str, Any]) -> int | None:
    events = [{"eventName": name} for name in names]
    return match_segment({"journey": {"patterns": list(steps)}}, {}, events).completed_by


def test_steps_complete_in_order_and_an_event_completes_one() -> None:
    assert run("ab", step("a"), step("b")) == 1
    assert run("ba", step("a"), step("b")) is None
    assert run("a", step("a"), step("a")) is None
    assert run("aa", step("a"), step("a")) == 1


def test_the_completing_event_counts_for_the_next_step() -> None:
    assert run("aaa", step("a", 2), step("a", 2)) == 2
    assert run("aab", step("a", 3)) is None


def test_context_and_journey_must_both_hold() -> None:
    definition = {
        "context": {
            "patterns": [{"criteria": [{"key": "authenticated", "operator": "equal", "values": ["true"]}]}]
        },
        "journey": {"patterns": [step("a")]},
    }
    assert match_segment(definition, {"authenticated": True}, [{"eventName": "a"}]).matched
    assert not match_segment(definition, {"authenticated": False}, [{"eventName": "a"}]).matched
    assert not match_segment({}, {}, []).matched


def test_another_stream_does_not_count() -> None:
    app = {"eventName": "a", "streamType": "App"}
    assert not match_segment({"journey": {"patterns": [step("a")]}}, {}, [app]).matched


@given(st.text("ab", max_size=12), st.integers(1, 4), st.text("ab", max_size=4))
def test_more_events_never_undo_a_match(names: str, count: int, more: str) -> None:
    before = run(names, step("a", count), step("b"))
    if before is not None:
        assert run(names + more, step("a", count), step("b")) == before
