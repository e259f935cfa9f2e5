"""Reading bodies, with inputs that Hypothesis thinks of: nothing but the one error, and the error at the right place."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyserver import validation
from journeyserver.errors import InvalidFields, Problem
from journeyserver.fields import Fields
from tests.contract.asking import DETAIL_CODES
from tests.contract.thinking import any_json, valid_segments

STORED = {
    "scope": "Session",
    "context": {"patterns": [{"criteria": []}]},
    "journey": {"patterns": []},
    "externalSegment": {"id": "a", "name": "b", "source": "Custom"},
}
READERS = {
    "new": validation.new_segment,
    "changes": lambda body: validation.segment_changes(body, STORED),
    "definition": validation.definition,
    "target": validation.action_target_changes,
}


@pytest.mark.parametrize("reader", READERS)
@given(body=any_json)
def test_whatever_is_sent_is_read_or_refused(reader: str, body: Any) -> None:
    problems = problems_of(reader, body)
    for problem in problems:
        assert problem.code in DETAIL_CODES
        assert problem.reason.endswith(".")
    # One detail per field: no field is blamed twice for the same thing.
    told = [(problem.path, problem.code) for problem in problems]
    assert len(told) == len(set(told))


def problems_of(reader: str, body: Any) -> tuple[Problem, ...]:
    try:
        READERS[reader](body)
    except InvalidFields as refused:
        return refused.problems
    return ()


@given(body=valid_segments)
def test_what_was_read_reads_the_same_again(body: dict[str, Any]) -> None:
    once = validation.definition(body)
    assert validation.definition(once) == once


def places(value: Any, path: str = "") -> list[tuple[str, list[Any]]]:
    """Every value inside a body, by its JSON path and by the keys that lead to it."""
    found: list[tuple[str, list[Any]]] = []
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in rows:
        place = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}" if path else key
        found.append((place, [key]))
        found += [(below, [key, *keys]) for below, keys in places(inner, place)]
    return found


@settings(max_examples=200)
@given(data=st.data(), body=valid_segments)
def test_one_wrong_value_is_found_where_it_is(data: st.DataObject, body: dict[str, Any]) -> None:
    body = {"displayName": "A", **copy.deepcopy(body)}
    path, keys = data.draw(st.sampled_from(places(body)))
    holder: Any = body
    for key in keys[:-1]:
        holder = holder[key]
    # No field may hold this: not text, not a number, not true, no list, and an object without what it needs.
    holder[keys[-1]] = {"not": "this"} if not isinstance(holder[keys[-1]], dict) else "not this"
    with pytest.raises(InvalidFields) as refused:
        validation.new_segment(body)
    # Wrong values are blamed on their list; what hangs together (a pair of types, a lost side) may be blamed besides.
    blamed = [problem.path for problem in refused.value.problems]
    owner = path.rpartition("[")[0] if ".values[" in path else path
    assert owner in blamed, (path, blamed)


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        (1, 1),
        (2.0, 2),
        (1000, 1000),
        (0, None),
        (1001, None),
        (1.5, None),
        (True, None),
        ("1", None),
        (1e300, None),
    ],
)
def test_whole_numbers(value: Any, clean: int | None) -> None:
    fields = Fields({"count": value})
    assert fields.integer("count", 1, 1000) == clean
    assert bool(fields.problems) is (clean is None)


def test_a_long_list_is_refused_without_reading_it() -> None:
    body = {"displayName": "A", "context": {"patterns": [7] * 200_000}}
    with pytest.raises(InvalidFields) as refused:
        validation.new_segment(body)
    assert [problem.path for problem in refused.value.problems] == ["context.patterns"]


def test_the_message_stays_short_however_much_is_wrong() -> None:
    rows = [{"criteria": [{"key": "x" * 2000}] * 50}] * 50
    with pytest.raises(InvalidFields) as refused:
        validation.new_segment({"displayName": "A", "context": {"patterns": rows}})
    assert len(refused.value.problems) == 7500
    assert len(refused.value.message) < 20_000
