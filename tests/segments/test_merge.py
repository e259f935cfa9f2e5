"""HIS5: the three-way merge never drops what only one side touched, and asks where both touched the same."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments import payloads
from segments.merge import merge
from tests.segments.definitions import SEGMENTS, criterion, segment, step, visit


def definition(**parts: Any) -> dict[str, Any]:
    return payloads.definition(segment(**parts))


GERMANY = visit("geolocation.country", "equal", "DE")
CHROME = visit("browser.family", "equal", "Chrome")
MOBILE = visit("device.category", "equal", "mobile")
BASE = definition(context=[[GERMANY, CHROME]], journey=[step(1, event="cart"), step(2, event="order")])


def test_different_fields_are_both_taken() -> None:
    found = merge(BASE, BASE | {"description": "theirs"}, BASE | {"isActive": False})
    assert found.open == []
    assert (found.definition["description"], found.definition["isActive"]) == ("theirs", False)


def test_the_same_field_must_be_chosen() -> None:
    theirs, yours = BASE | {"displayName": "A"}, BASE | {"displayName": "B"}
    found = merge(BASE, theirs, yours)
    assert found.open == ["displayName"]
    assert merge(BASE, theirs, yours, {"displayName": "theirs"}).definition["displayName"] == "A"
    assert merge(BASE, theirs, yours, {"displayName": "was"}).definition["displayName"] == "Europe"


def test_the_same_change_on_both_sides_is_no_difference() -> None:
    changed = BASE | {"displayName": "A"}
    found = merge(BASE, changed, copy.deepcopy(changed))
    assert found.differences == []
    assert found.definition == changed


def test_criteria_of_one_pattern_changed_apart_are_both_taken() -> None:
    theirs = definition(
        context=[[GERMANY | {"values": ["DE", "AT"]}, CHROME]], journey=BASE["journey"]["patterns"]
    )
    yours = definition(context=[[GERMANY, CHROME, MOBILE]], journey=BASE["journey"]["patterns"])
    found = merge(BASE, theirs, yours)
    assert found.open == []
    rows = found.definition["context"]["patterns"][0]["criteria"]
    assert rows == [GERMANY | {"values": ["DE", "AT"]}, CHROME, MOBILE]


def test_a_criterion_edited_here_and_removed_there_must_be_chosen() -> None:
    theirs = definition(context=[[CHROME, MOBILE]], journey=BASE["journey"]["patterns"])
    edited = GERMANY | {"values": ["DE", "AT"]}
    yours = definition(context=[[edited, CHROME]], journey=BASE["journey"]["patterns"])
    found = merge(BASE, theirs, yours)
    assert found.open == ["context.0.criteria.0"]
    kept = merge(BASE, theirs, yours, {"context.0.criteria.0": "yours"}).definition["context"]["patterns"][0][
        "criteria"
    ]
    assert edited in kept
    assert MOBILE in kept
    gone = merge(BASE, theirs, yours, {"context.0.criteria.0": "theirs"}).definition["context"]["patterns"][
        0
    ]["criteria"]
    assert gone == [CHROME, MOBILE]


def test_an_inserted_step_keeps_its_place() -> None:
    first, second = BASE["journey"]["patterns"]
    new = payloads.definition(segment(journey=[step(1, criterion("page.url", "containsAny", "/pay"))]))[
        "journey"
    ]["patterns"][0]
    theirs = BASE | {"journey": {"patterns": [first, new, second]}}
    yours = BASE | {"journey": {"patterns": [first, second | {"count": 5}]}}
    found = merge(BASE, theirs, yours)
    assert found.open == []
    assert found.definition["journey"]["patterns"] == [first, new, second | {"count": 5}]


def test_steps_put_in_two_different_orders_must_be_chosen() -> None:
    a, b, c = (step(n, criterion("page.url", "equal", f"/{n}")) for n in (1, 2, 3))
    base, theirs, yours = (
        BASE | {"journey": {"patterns": rows}} for rows in ([a, b, c], [b, a, c], [a, c, b])
    )
    found = merge(base, theirs, yours)
    assert found.open == ["journey.order"]
    assert merge(base, theirs, yours, {"journey.order": "theirs"}).definition["journey"]["patterns"] == [
        b,
        a,
        c,
    ]
    assert merge(base, theirs, yours, {"journey.order": "yours"}).definition["journey"]["patterns"] == [
        a,
        c,
        b,
    ]


DEFINITIONS = SEGMENTS.map(payloads.definition).map(lambda one: one | {"scope": "Session"})


@given(DEFINITIONS, DEFINITIONS)
@settings(max_examples=60)
def test_a_side_that_changed_nothing_changes_nothing(base: dict[str, Any], other: dict[str, Any]) -> None:
    assert merge(base, other, base).open == []
    assert _plain(merge(base, other, base).definition) == _plain(other)
    assert merge(base, base, other).open == []
    assert _plain(merge(base, base, other).definition) == _plain(other)
    assert merge(base, other, other).differences == []
    assert _plain(merge(base, other, other).definition) == _plain(other)


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if value is not None}


# One edit each, to rows that the other side leaves alone: (side, pattern, criterion, what is done to it).
EDITS = st.dictionaries(
    st.tuples(st.sampled_from(["context", "journey"]), st.integers(0, 2), st.integers(0, 3)),
    st.tuples(st.sampled_from(["theirs", "yours"]), st.sampled_from(["change", "remove", "add"])),
    max_size=8,
)


@given(EDITS)
def test_criteria_touched_by_one_side_are_never_dropped(edits: dict[Any, tuple[str, str]]) -> None:
    """Every row has a value of its own, so it can be found again whatever it was matched with."""

    def rows(side: str, pattern: int) -> list[dict[str, Any]]:
        make, keys = (
            (visit, ("browser.family", "device.type"))
            if side == "context"
            else (criterion, ("page.url", "page.title"))
        )
        # Row 0 of each pattern is left alone, so that the pattern stays the same one.
        return [make(keys[row % 2], "equal", f"{side}-{pattern}-{row}") for row in range(4)]

    def built(who: str) -> tuple[dict[str, Any], set[str]]:
        wanted: dict[str, list[Any]] = {"context": [], "journey": []}
        for side in wanted:
            for pattern in range(3):
                kept = []
                for at, row in enumerate(rows(side, pattern)):
                    by, what = edits.get((side, pattern, at), ("", ""))
                    mine = by == who and at > 0
                    if mine and what == "remove":
                        continue
                    changed = (
                        row | {"values": [f"{row['values'][0]}-{who}"]} if mine and what == "change" else row
                    )
                    kept.append(changed)
                    if mine and what == "add":
                        kept.append(
                            row
                            | {
                                "key": "eventName" if side == "journey" else "device.osFamily",
                                "values": [f"{row['values'][0]}+{who}"],
                            }
                        )
                wanted[side].append(kept)
        made = definition(
            context=wanted["context"],
            journey=[step(n + 1, *kept) for n, kept in enumerate(wanted["journey"])],
        )
        return made, _values(made)

    base, before = built("nobody")
    theirs, their_values = built("theirs")
    yours, your_values = built("yours")
    found = merge(base, theirs, yours)
    assert found.open == []
    # Whatever is new on either side is there, and only what one side took away is gone.
    expected = (before & their_values & your_values) | (their_values - before) | (your_values - before)
    assert _values(found.definition) == expected
    for side in ("context", "journey"):
        assert len(found.definition[side]["patterns"]) == 3


def _values(one: dict[str, Any]) -> set[str]:
    return {
        row["values"][0]
        for side in ("context", "journey")
        for pattern in one[side]["patterns"]
        for row in pattern["criteria"]
    }


@given(DEFINITIONS, DEFINITIONS, DEFINITIONS)
@settings(max_examples=60)
def test_every_open_difference_can_be_chosen_and_then_nothing_is_open(
    base: dict[str, Any], theirs: dict[str, Any], yours: dict[str, Any]
) -> None:
    found = merge(base, theirs, yours)
    for pick in ("was", "theirs", "yours"):
        chosen = merge(base, theirs, yours, dict.fromkeys(found.open, pick))  # type: ignore[misc]
        assert chosen.open == []
    # Chosen row by row for one side, everything that this side has is in the result.
    for pick, side in (("theirs", theirs), ("yours", yours)):
        picks = {row.path: pick for row in found.differences}
        result = merge(base, theirs, yours, picks)  # type: ignore[arg-type]
        assert _plain(result.definition)["displayName"] == side["displayName"]
        for conditions in ("context", "journey"):
            got, wanted = (_flat(one[conditions]["patterns"]) for one in (result.definition, side))
            assert all(row in got for row in wanted)


def _flat(patterns: list[Any]) -> list[Any]:
    return [row for pattern in patterns for row in pattern["criteria"]]


@pytest.mark.parametrize("odd", [{}, {"context": {}, "journey": {}}])
def test_what_lacks_a_side_is_merged_all_the_same(odd: dict[str, Any]) -> None:
    assert merge(odd, BASE, odd).definition["context"] == BASE["context"]
