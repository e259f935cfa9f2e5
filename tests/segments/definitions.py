"""Definitions of segments for tests: short words for typical ones, and Hypothesis strategies for any."""

from typing import Any

from hypothesis import strategies as st

from journeyadmin.contract.criteria import CONTEXT_KEYS, JOURNEY_KEYS, OPERATORS

Json = dict[str, Any]


def criterion(key: str, operator: str, *values: str, ignore: bool = True) -> Json:
    return {"key": key, "operator": operator, "values": list(values), "shouldIgnoreCase": ignore}


def visit(key: str, operator: str, *values: str, ignore: bool = True) -> Json:
    return criterion(key, operator, *values, ignore=ignore) | {"entityType": "visit"}


def step(count: int, *criteria: Json, event: str = "", stream: str = "Web") -> Json:
    row: Json = {
        "criteria": list(criteria),
        "count": count,
        "streamType": stream,
        "sessionType": stream.lower(),
    }
    return row | ({"eventName": event} if event else {})


def segment(name: str = "Europe", *, context: Any = (), journey: Any = (), **fields: Any) -> Json:
    """`context` and `journey` are the patterns of each side."""
    return {
        "displayName": name,
        "scope": "Session",
        "context": {"patterns": [{"criteria": list(criteria)} for criteria in context]},
        "journey": {"patterns": list(journey)},
        **fields,
    }


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)
# Values hold what people paste: line ends, tabs, blanks at the ends, the escape character itself.
VALUES = st.lists(
    TEXTS.filter(lambda text: text.strip())
    | st.sampled_from(["a\nb", "␛n", "␛", " x ", "a,b", "\tq", "c\r\nd"]),
    min_size=1,
    max_size=4,
)
UNKNOWN = st.dictionaries(
    st.sampled_from(["futureField", "weight"]), st.integers() | TEXTS | st.none(), max_size=1
)


def _rows(keys: Any, more: Json) -> st.SearchStrategy[Json]:
    return st.builds(
        lambda key, operator, values, ignore, unknown: {
            **unknown,
            "key": key,
            "operator": operator,
            "values": values,
            "shouldIgnoreCase": ignore,
            **more,
        },
        keys,
        st.sampled_from([*OPERATORS, "soundsLike"]),
        VALUES,
        st.booleans(),
        UNKNOWN,
    )


CONTEXT_ROWS = _rows(st.sampled_from([*CONTEXT_KEYS, "something.new"]), {"entityType": "visit"})
JOURNEY_ROWS = _rows(
    st.sampled_from([*JOURNEY_KEYS, "attributes.price.value", "attributes.a.b-c.value", "other.new"]), {}
)
CONTEXT = st.lists(
    st.builds(
        lambda rows, unknown: {**unknown, "criteria": rows}, st.lists(CONTEXT_ROWS, max_size=4), UNKNOWN
    ),
    max_size=3,
)
JOURNEY = st.lists(
    st.builds(
        lambda rows, count, stream, event, unknown: {
            **unknown,
            **step(count, *rows, event=event, stream=stream),
        },
        st.lists(JOURNEY_ROWS, min_size=1, max_size=4),
        st.integers(1, 1000),
        st.sampled_from(["Web", "App", "Fax"]),
        st.sampled_from(["", "page_viewed", "é"]),
        UNKNOWN,
    ),
    max_size=3,
)
SEGMENTS: st.SearchStrategy[Json] = st.builds(
    lambda name, context, journey, rest, unknown: {
        "displayName": name,
        "context": {"patterns": context},
        "journey": {"patterns": journey},
        **rest,
        **unknown,
    },
    TEXTS,
    CONTEXT,
    JOURNEY,
    st.fixed_dictionaries(
        {"scope": st.sampled_from(["Session", "Customer"]), "isActive": st.booleans()},
        optional={
            "description": TEXTS,
            "color": st.sampled_from(["#aabbcc", "#5E5782"]),
            "shouldDisplayToAgent": st.booleans(),
            "assignmentExpirationDays": st.integers(1, 3650),
        },
    ),
    UNKNOWN,
)
