"""LST7: segments with equal conditions, and where equality ends."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from segments.sameness import normal_form
from tests.segments.definitions import SEGMENTS, criterion, segment, step, visit

CHROME = visit("browser.family", "equal", "Chrome", "Firefox")
GERMANY = visit("geolocation.country", "equal", "DE", ignore=False)


def test_order_of_criteria_patterns_and_values_is_ignored() -> None:
    one = segment(context=[[CHROME, GERMANY]])
    other = segment(context=[[GERMANY], [visit("browser.family", "equal", "firefox", "CHROME", "Chrome")]])
    assert normal_form(one) == normal_form(other)


def test_letter_case_matters_where_it_is_not_ignored() -> None:
    lower = segment(context=[[visit("geolocation.country", "equal", "de", ignore=False)]])
    assert normal_form(segment(context=[[GERMANY]])) != normal_form(lower)


def test_the_order_of_journey_patterns_matters() -> None:
    cart, order = step(1, event="cart"), step(1, event="order")
    assert normal_form(segment(journey=[cart, order])) != normal_form(segment(journey=[order, cart]))


def test_an_event_name_on_the_pattern_or_as_a_criterion_is_the_same() -> None:
    as_criterion = step(1, criterion("eventName", "equal", "order", ignore=False))
    assert normal_form(segment(journey=[step(1, event="order")])) == normal_form(
        segment(journey=[as_criterion])
    )


def test_scope_tells_apart_and_no_conditions_are_no_conditions() -> None:
    one = segment(context=[[CHROME]])
    assert normal_form(one) != normal_form(one | {"scope": "Customer"})
    assert normal_form(segment()) is None


@given(SEGMENTS, st.randoms())
def test_shuffling_what_has_no_order_changes_nothing(one: dict[str, Any], chance: random.Random) -> None:
    def shuffled(rows: list[Any]) -> list[Any]:
        return chance.sample(rows, len(rows))

    other = one | {
        "context": {
            "patterns": shuffled(
                [{"criteria": shuffled(row["criteria"])} for row in one["context"]["patterns"]]
            )
        },
        "journey": {
            "patterns": [
                row | {"criteria": [c | {"values": shuffled(c["values"])} for c in shuffled(row["criteria"])]}
                for row in one["journey"]["patterns"]
            ]
        },
    }
    assert normal_form(one) == normal_form(other)
