"""Which patterns events count for, whole columns at once: what the plain rule says of each event alone."""

from collections.abc import Iterator
from typing import Any

import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyadmin.contract.matching import event_matches
from journeyserver.engine.backends import duckdb as backend
from journeyserver.ingest import assign, incoming, meets
from journeyserver.ingest.stage import made_ready

PAGES = (None, "", "https://shop.example/Basket", "https://shop.example/straße/STRASSE")
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "stream": st.sampled_from((None, "", "Web", "App")),
            "event_name": st.sampled_from(("page_viewed", "Search")),
            "page_url": st.sampled_from(PAGES),
            "attributes": st.sampled_from(
                (None, {}, {"price": "12"}, {"price": " 7 ", "colour": "x"}, {"colour": ""})
            ),
        }
    ),
    min_size=1,
    max_size=30,
)
CRITERIA = st.fixed_dictionaries(
    {
        "key": st.sampled_from(
            ("eventName", "page.url", "page.title", "attributes.price.value", "attributes.colour.value")
        ),
        "operator": st.sampled_from(("equal", "notEqual", "containsAny", "startsWith", "greaterThan")),
        "values": st.sampled_from((["search"], ["basket"], ["STRASSE"], ["x"], ["7"])),
        "shouldIgnoreCase": st.booleans(),
    }
)
PATTERNS = st.lists(
    st.fixed_dictionaries(
        {
            "criteria": st.lists(CRITERIA, max_size=3),
            "count": st.just(1),
            "streamType": st.sampled_from(("Web", "App")),
            "eventName": st.sampled_from((None, "Search")),
        }
    ),
    max_size=4,
)


@pytest.fixture(scope="module")
def desk() -> Iterator[Any]:
    root = backend.open_desk()
    yield backend.desk_of(root)
    backend.close_desk(root)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """The row as the contract names it."""
    return {
        "streamType": row["stream"] or "Web",
        "eventName": row["event_name"],
        "page.url": row["page_url"] or None,
        "attributes": row["attributes"] or {},
    }


@pytest.mark.parametrize("as_structure", [False, True])
@settings(max_examples=60, deadline=None)
@given(rows=ROWS, patterns=PATTERNS)
def test_each_row_is_told_what_the_rule_says_of_it(
    desk: Any, as_structure: bool, rows: list[dict[str, Any]], patterns: list[dict[str, Any]]
) -> None:
    numeric = [c for pattern in patterns for c in pattern["criteria"] if c["operator"] == "greaterThan"]
    for criterion in numeric:
        criterion["values"] = ["7"]
    table = incoming.table(
        "events", [{**row, "attributes": list((row["attributes"] or {}).items())} for row in rows]
    )
    if as_structure:
        names = ("price", "colour")
        said = [{name: (row["attributes"] or {}).get(name) for name in names} for row in rows]
        column = pyarrow.array(said, pyarrow.struct([(name, pyarrow.string()) for name in names]))
        table = table.set_column(table.schema.get_field_index("attributes"), "attributes", column)
    segment = {
        "id": "6f1b6f7c-3f0e-5a0b-9a54-2b8f3f1f7c01",
        "scope": "Session",
        "journey": {"patterns": patterns},
    }
    definitions = assign.read([segment])
    found = meets.found(desk, made_ready("events", table), definitions)
    assert list(found) == [row.meets for row in definitions.patterns]
    for row in definitions.patterns:
        assert found[row.meets].to_pylist() == [event_matches(row.body, shown(each)) for each in rows]
