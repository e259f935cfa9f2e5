"""Two evaluators agree: the conditions that the engine writes in SQL, and the pure matcher, on generated definitions × visits
× events: every operator on every kind of key, with and without case, with values missing."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from journeyadmin.contract.criteria import CONTEXT_KEYS, JOURNEY_KEYS, OPERATORS
from journeyadmin.contract.matching import event_matches, match_criterion, match_segment
from journeyadmin.contract.names import column_name
from journeyserver.engine.backends.base import Backend
from journeyserver.engine.columns import TABLES
from journeyserver.engine.predicates import context_condition, criterion_condition, pattern_condition
from journeyserver.ingest import records
from tests.journeyserver.engine import engines

# Letters whose case is no matter of one letter for another, and what looks like a number but is none.
TEXTS = [
    "", "a", "A", "ab", "Ab", "aB", "b", "cart", "/Cart/pay", "ß", "ss", "SS", "ẞ", "İ", "i", "I", "ı", "ﬁ", "fi", "Σ", "ς", "é", "É",
    "e\u0301", "😀", "a%b_c", "'", "\\", "x' OR 1=1 --", "\n", " a ", "true", "True", "mobile", "MOBILE",
]  # fmt: skip
NUMBERS = [
    "0", "-0", "5", "5.0", "05", "+5", "-5", ".5", "5.", "1e3", "1E3", "1e-3", "1e400", "-1e400", "1e-400", "9007199254740993",
    " 5 ", "5 5", "5,5", "0x10", "1_000", "nan", "inf", "Infinity", "٣", "--5", "e5", ".",
]  # fmt: skip
VERSIONS = [
    "1", "1.0", "1.0.0", "01", "1.10", "1.9", "10", "68.0.3440.84", "68.0.3440", "999999999999999999", "1.", ".1", "1.a", "1..2", "v1",
    "", "1.0 beta",
]  # fmt: skip

texts = st.sampled_from(TEXTS) | st.text(alphabet="abAB cß", max_size=4)
values = texts | st.sampled_from(NUMBERS) | st.sampled_from(VERSIONS)
finite = st.sampled_from(["0", "5", "-5", "1000", "0.001", "4.999", "9007199254740992", "5e0", "-1e3"])
versions = st.sampled_from([text for text in VERSIONS if match_criterion(
    {"key": "browser.version", "operator": "greaterThanOrEqual", "values": [text]}, text).holds])  # fmt: skip


@pytest.fixture(scope="module", params=engines.NAMES)
def each(request: pytest.FixtureRequest) -> Iterator[Backend]:
    opened = engines.memory(request.param)
    yield opened
    opened.close()


@st.composite
def criteria(draw: st.DrawFn, side: str) -> dict[str, Any]:
    keys = (
        list(CONTEXT_KEYS)
        if side == "context"
        else [*JOURNEY_KEYS, "attributes.price.value", "attributes.a-b.c.value"]
    )
    key = draw(st.sampled_from(keys))
    operators = ["equal", "notEqual"] if key == "authenticated" else list(OPERATORS)
    operator = draw(st.sampled_from(operators))
    if OPERATORS[operator].numeric:
        wanted = [draw(versions if key == "browser.version" else finite)]
    elif key == "authenticated":
        wanted = [draw(st.sampled_from(["true", "false"]))]
    else:
        # The contract has no empty value (400).
        wanted = draw(st.lists(values.filter(bool), min_size=1, max_size=3))
    found: dict[str, Any] = {"key": key, "operator": operator, "values": wanted}
    fold = draw(st.sampled_from([None, False, True]))
    if fold is not None:
        found["shouldIgnoreCase"] = fold
    return found


visits = st.fixed_dictionaries(
    {key: st.booleans() if key == "authenticated" else st.none() | values for key in CONTEXT_KEYS}
)
events = st.fixed_dictionaries(
    {
        **{key: st.none() | values for key in JOURNEY_KEYS},
        "streamType": st.sampled_from(["Web", "App"]),
        "attributes": st.dictionaries(st.sampled_from(["price", "a-b.c", "other"]), values, max_size=3),
    }
)
patterns = st.fixed_dictionaries(
    {
        "criteria": st.lists(criteria("journey"), min_size=1, max_size=3),
        "count": st.just(1),
        "streamType": st.sampled_from(["Web", "App"]),
    },
    optional={"eventName": st.sampled_from(["a", "A", "cart"])},
)


def ask(
    backend: Backend,
    table: str,
    rows: list[Mapping[str, Any]],
    conditions: list[str],
    parameters: list[Any],
) -> list[list[bool]]:
    """For each row whether each condition holds; a row's place is kept in a column that no condition names."""
    written = []
    for place, row in enumerate(rows):
        columns = {
            column_name(name): value
            for name, value in row.items()
            if name not in ("streamType", "attributes")
        }
        columns["session_id"] = str(UUID(int=place))
        if table == "events":
            columns |= {
                "stream": row["streamType"],
                "attributes": list(row["attributes"].items()),
                "ts": datetime(2024, 1, 1),
            }
        written.append(columns)
    (layout,) = (one for one in TABLES if one.name == table)
    with backend.transaction() as writer:
        writer.execute(f"DELETE FROM {table}")
        records.append(writer, layout, written)
    named = ", ".join(f"{condition} AS c{at}" for at, condition in enumerate(conditions))
    cursor = backend.cursor()
    try:
        answer = cursor.run(f"SELECT {named} FROM {table} ORDER BY session_id", parameters)
    finally:
        cursor.close()
    return [list(row) for row in zip(*answer.values(), strict=True)]


_SETTINGS = settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


_FEWER = settings(_SETTINGS, max_examples=15)
_EVENTS = given(
    rows=st.lists(events, min_size=1, max_size=8), asked=st.lists(patterns, min_size=1, max_size=25)
)
_VISITS = given(
    rows=st.lists(visits, min_size=1, max_size=8),
    asked=st.lists(st.lists(criteria("context"), min_size=1, max_size=3), min_size=1, max_size=25),
)


@_SETTINGS
@_EVENTS
def test_events_match_patterns_alike(
    backend: Backend, rows: list[dict[str, Any]], asked: list[dict[str, Any]]
) -> None:
    check_events(backend, rows, asked)


@_FEWER
@_EVENTS
def test_events_match_patterns_alike_on_another_engine(
    other: Backend, rows: list[dict[str, Any]], asked: list[dict[str, Any]]
) -> None:
    check_events(other, rows, asked)


def check_events(backend: Backend, rows: list[dict[str, Any]], asked: list[dict[str, Any]]) -> None:
    parameters: list[Any] = []
    conditions = [pattern_condition(backend.words, pattern, parameters) for pattern in asked]
    found = ask(backend, "events", rows, conditions, parameters)
    for row, answers in zip(rows, found, strict=True):
        for pattern, answer in zip(asked, answers, strict=True):
            assert answer == event_matches(pattern, row), (pattern, row)


@_SETTINGS
@_VISITS
def test_visits_meet_contexts_alike(
    backend: Backend, rows: list[dict[str, Any]], asked: list[list[dict[str, Any]]]
) -> None:
    check_visits(backend, rows, asked)


@_FEWER
@_VISITS
def test_visits_meet_contexts_alike_on_another_engine(
    other: Backend, rows: list[dict[str, Any]], asked: list[list[dict[str, Any]]]
) -> None:
    check_visits(other, rows, asked)


def check_visits(backend: Backend, rows: list[dict[str, Any]], asked: list[list[dict[str, Any]]]) -> None:
    parameters: list[Any] = []
    definitions = [{"context": {"patterns": [{"criteria": [row]} for row in rows_]}} for rows_ in asked]
    conditions = [context_condition(backend.words, definition, parameters) for definition in definitions]
    found = ask(backend, "sessions", rows, conditions, parameters)
    for row, answers in zip(rows, found, strict=True):
        for definition, answer in zip(definitions, answers, strict=True):
            assert answer == match_segment(definition, row, []).matched, (definition, row)


CASES = [(key, operator, fold) for key in ("page.title", "attributes.price.value", "browser.version", "authenticated")
         for operator in OPERATORS for fold in (False, True)
         if key != "authenticated" or operator in ("equal", "notEqual")]  # fmt: skip


@pytest.mark.parametrize(("key", "operator", "fold"), CASES)
def test_every_operator_on_every_kind(each: Backend, key: str, operator: str, fold: bool) -> None:
    """Not left to chance: each operator on each kind of key, with and without case, on every value and on none."""
    side = "context" if key in CONTEXT_KEYS else "journey"
    numeric = OPERATORS[operator].numeric
    if key == "authenticated":
        given_: list[Any] = [True, False]
        wanted = [["true"], ["false"]]
    elif key == "browser.version":
        given_ = [None, *VERSIONS]
        wanted = [["1.10"], ["68.0.3440"]] if numeric else [["1.10"], ["1.1", "V1"]]
    else:
        given_ = [None, *TEXTS, *NUMBERS]
        wanted = [["5"], ["-1e3"]] if numeric else [["a"], ["A", "SS"], ["I", "ς"], ["é", "%", "5"]]
    asked = [{"key": key, "operator": operator, "values": some, "shouldIgnoreCase": fold} for some in wanted]
    attribute = key.startswith("attributes.")
    rows: list[Mapping[str, Any]] = []
    for value in given_:
        row: dict[str, Any] = {} if attribute else {key: value}
        if side == "journey":
            row |= {
                "streamType": "Web",
                "attributes": {"price": value} if attribute and value is not None else {},
            }
        rows.append(row)
    parameters: list[Any] = []
    conditions = [criterion_condition(each.words, side, row, parameters) for row in asked]
    found = ask(each, "sessions" if side == "context" else "events", rows, conditions, parameters)
    for value, answers in zip(given_, found, strict=True):
        for criterion, answer in zip(asked, answers, strict=True):
            assert answer == match_criterion(criterion, value).holds, (criterion, value)
