"""Hypothesis thinks of segments as the contract allows them (§2, §3)."""

from typing import Any

from hypothesis import strategies as st

from journeyadmin.contract import segments
from journeyadmin.contract.criteria import CONTEXT_KEYS, JOURNEY_KEYS, OPERATORS

Json = dict[str, Any]

# All of Unicode but what JSON and databases cannot hold.
_character = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_text = st.text(_character, min_size=1, max_size=12)
_numbers = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    st.sampled_from([".5", "5.", "+1", "1e3", "-0"]),
)


def _maybe(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.one_of(st.just({}), values.map(lambda value: {name: value}))


def _merged(*parts: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.tuples(*parts).map(
        lambda found: {name: value for part in found for name, value in part.items()}
    )


@st.composite
def _criteria(draw: st.DrawFn, keys: list[str]) -> Json:
    key = draw(st.sampled_from(keys))
    if key == "attributes":
        name = draw(st.text("abcXYZ019_-.", min_size=1, max_size=8))
        key = f"attributes.{name}.value"
    if key == "authenticated":
        operator = draw(st.sampled_from(["equal", "notEqual"]))
        values = draw(st.lists(st.sampled_from(["true", "false"]), min_size=1, max_size=3))
    else:
        operator = draw(st.sampled_from(list(OPERATORS)))
        values = draw(st.lists(_text, min_size=1, max_size=3))
        if OPERATORS[operator].numeric:
            values = [draw(_numbers)]
    clean = {"key": key, "values": values, "operator": operator}
    if operator == "equal" and draw(st.booleans()):
        del clean["operator"]
    return clean | draw(_maybe("shouldIgnoreCase", st.booleans()))


_context_criteria = _criteria(list(CONTEXT_KEYS)).map(lambda row: {**row, "entityType": "visit"})
_context_patterns = st.fixed_dictionaries({"criteria": st.lists(_context_criteria, min_size=1, max_size=3)})


@st.composite
def _journey_patterns(draw: st.DrawFn) -> Json:
    stream, session = draw(st.sampled_from(sorted(segments.STREAM_SESSIONS.items())))
    keys = [name for name, row in JOURNEY_KEYS.items() if stream in row.streams]
    return {
        "criteria": draw(st.lists(_criteria([*keys, "attributes"]), min_size=1, max_size=3)),
        "count": draw(st.integers(1, segments.MAX_COUNT)),
        "streamType": stream,
        "sessionType": session,
        **draw(_maybe("eventName", _text)),
    }


def _sides(least: int) -> st.SearchStrategy[Json]:
    """Context and journey with at least so many patterns in all; a side may be left out."""
    both = _merged(
        _maybe("context", st.fixed_dictionaries({"patterns": st.lists(_context_patterns, max_size=2)})),
        _maybe("journey", st.fixed_dictionaries({"patterns": st.lists(_journey_patterns(), max_size=2)})),
    )
    return both.filter(lambda sides: sum(len(side["patterns"]) for side in sides.values()) >= least)


_rest = _merged(
    _maybe("isActive", st.booleans()),
    _maybe("description", st.text(_character, max_size=12)),
    _maybe("color", st.from_regex(r"#[0-9A-Fa-f]{6}", fullmatch=True)),
    _maybe("shouldDisplayToAgent", st.booleans()),
    _maybe("assignmentExpirationDays", st.integers(0, segments.MAX_EXPIRATION_DAYS)),
)

valid_segments: st.SearchStrategy[Json] = st.one_of(
    _merged(_sides(0), _rest),
    _merged(_sides(1), _rest, st.just({"scope": "Session"})),
    _merged(_sides(0), _rest, st.just({"scope": "Customer"})),
)
"""Everything but the name, which the test chooses."""

_NAMES = [
    *(
        "context",
        "journey",
        "patterns",
        "criteria",
        "key",
        "values",
        "operator",
        "count",
        "streamType",
        "sessionType",
    ),
    *("scope", "color", "externalSegment", "id", "name", "source", "displayName", "version"),
    *("serviceLevel", "percentage", "durationMs"),
]

any_json: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(_character, max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(_NAMES),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
