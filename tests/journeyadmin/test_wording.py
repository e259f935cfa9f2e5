"""The sentence is total over keys, operators and oddities, and says exactly what the definition says."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyadmin import wording
from journeyadmin.contract.criteria import CONTEXT_KEYS, JOURNEY_KEYS, OPERATORS
from journeyadmin.tags import coded


def criterion(key: str, operator: str, *values: str, ignore: bool = False) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values), "shouldIgnoreCase": ignore}


EXAMPLE: dict[str, Any] = {
    "displayName": "Nearly bought",
    "scope": "Session",
    "context": {
        "patterns": [
            {
                "criteria": [
                    criterion("browser.family", "equal", "Chrome", "Firefox", ignore=True),
                    criterion("geolocation.country", "notEqual", "DE"),
                ]
            }
        ]
    },
    "journey": {
        "patterns": [
            {
                "count": 3,
                "eventName": "page_viewed",
                "criteria": [criterion("page.pathname", "startsWith", "/pricing")],
            },
            {"count": 1, "criteria": [criterion("eventName", "equal", "order_completed")]},
        ]
    },
}


def test_the_example_of_the_product_page() -> None:
    assert wording.sentence(EXAMPLE) == (
        "Visits where browser family is Chrome or Firefox (case ignored), and country is not DE; "
        "then at least 3 × page view with path starting with /pricing; then 1 × `order_completed`."
    )


def test_not_all_says_that_some_may_be_there() -> None:
    words = wording.criterion_words(criterion("referrer.url", "notContainsAll", "a", "b"), "context")
    assert words == "referrer address does not contain all of a and b (may contain some)"


@pytest.mark.parametrize("scope", ["Session", "Customer"])
def test_without_conditions_it_says_so(scope: str) -> None:
    assert wording.sentence({"scope": scope}).startswith("No conditions")


KEYS = st.sampled_from([*CONTEXT_KEYS, *JOURNEY_KEYS, "attributes.price.value", "something.new"])
ROWS = st.builds(
    lambda key, operator, values, ignore: criterion(key, operator, *values, ignore=ignore),
    KEYS,
    st.sampled_from([*OPERATORS, "soundsLike"]),
    st.lists(st.text(max_size=8), max_size=4),
    st.booleans(),
)
PATTERNS = st.lists(
    st.fixed_dictionaries(
        {"criteria": st.lists(ROWS, max_size=3), "count": st.integers(1, 9)},
        optional={"eventName": st.text(max_size=5), "streamType": st.sampled_from(["Web", "App", "Other"])},
    ),
    max_size=3,
)
SEGMENTS = st.fixed_dictionaries(
    {"displayName": st.text(max_size=5)},
    optional={
        "scope": st.sampled_from(["Session", "Customer", "Else"]),
        "context": st.fixed_dictionaries({"patterns": PATTERNS}),
        "journey": st.fixed_dictionaries({"patterns": PATTERNS}),
        "isActive": st.booleans(),
    },
)


@given(SEGMENTS)
def test_every_definition_has_a_sentence_with_all_its_values(segment: dict[str, Any]) -> None:
    words = wording.sentence(segment)
    assert words.endswith(".")
    for pattern in wording.patterns(segment, "journey"):
        for row in pattern["criteria"]:
            assert all(value in words for value in row["values"])


@pytest.mark.parametrize("side", ["context", "journey"])
def test_every_key_with_every_operator_has_words(side: str) -> None:
    """Not only what Hypothesis comes upon: no key and no operator is shown as the API spells it."""
    keys = CONTEXT_KEYS if side == "context" else JOURNEY_KEYS
    said = set()
    for key in keys:
        for operator in OPERATORS:
            row = {"key": key, "operator": operator, "values": ["7q"], "shouldIgnoreCase": False}
            pattern = {"criteria": [row]} if side == "context" else {"criteria": [row], "count": 1}
            words = wording.sentence({"scope": "Session", side: {"patterns": [pattern]}})
            assert "7q" in words, (key, operator)
            assert not re.search(r"[a-z][A-Z]|\b[a-z]+\.[a-z]", words.replace("7q", "")), words
            said.add(words)
    assert len(said) == len(keys) * len(OPERATORS), "each says something else"


@given(SEGMENTS, SEGMENTS)
def test_differences_are_empty_exactly_when_nothing_differs(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert wording.differences(one, one) == []
    if wording.patterns(one, "journey") != wording.patterns(other, "journey"):
        assert wording.differences(one, other)


def _criterion(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values), "shouldIgnoreCase": False}


def _journey(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"displayName": "A", "journey": {"patterns": list(steps)}}


def _step(*criteria: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"criteria": list(criteria), "count": 1, "streamType": "Web", "sessionType": "web", **more}


def test_differences_are_told_criterion_by_criterion() -> None:
    path_a, path_b = (_criterion("page.pathname", "startsWith", path) for path in ("/a", "/b"))
    title = _criterion("page.title", "containsAny", "Sale")
    before = _journey(_step(path_a, title))
    after = _journey(_step(title, path_b, _criterion("page.hostname", "notEqual", "m.shop"), count=3))
    assert wording.differences(before, after) == [
        "Journey step 1, times: 1 → 3",
        "Journey step 1, page path starts with: /a → /b",
        "Journey step 1, added: page host is not m.shop",
    ]


def test_a_step_put_in_front_does_not_make_the_others_look_changed() -> None:
    one, two = _step(_criterion("page.title", "equal", "1")), _step(_criterion("page.title", "equal", "2"))
    (said,) = wording.differences(_journey(two), _journey(one, two))
    assert said.startswith("Journey step 1 added: ")
    (said,) = wording.differences(_journey(one, two), _journey(two))
    assert said.startswith("Journey step 1 removed: ")


@pytest.mark.parametrize(
    "odd", [{"context": None}, {"journey": {"patterns": "x"}}, {"context": {"patterns": [{"criteria": 3}]}}]
)
def test_odd_shapes_are_survived(odd: dict[str, Any]) -> None:
    assert wording.sentence(odd)


def test_a_sentence_on_a_page_shows_events_as_code_and_runs_nothing() -> None:
    assert coded("1 × `order_completed`") == "1 × <code>order_completed</code>"
    assert coded("with `<b>` & a ` alone") == "with <code>&lt;b&gt;</code> &amp; a ` alone"
