"""Rows of a file in whole columns: what is derived, and maps that come as structures, are those of one row at a time."""

import duckdb
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyserver.ingest import derive, distinct, incoming, maps
from journeyserver.ingest.stage import made_ready

AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 14_4 like Mac OS X) AppleWebKit/605.1.15 Version/14.0.3 Mobile/15E148 Safari/604.1"
VALUES = {
    "page_url": (
        None,
        "",
        "https://shop.example/a?utm_source=x&gclid=1",
        "https://shop.example/b#c",
        "nonsense",
    ),
    "page_hostname": (None, "", "other.example"),
    "mkt_campaign_source": (None, "", "own"),
    "mkt_campaign_medium": (None, "cpc"),
    "referrer_url": (None, "", "https://www.google.de/search?q=a", "https://shop.example/b"),
    "referrer_hostname": (None, "said.example"),
    "referrer_medium": (None, "", "social"),
    "user_agent": (None, "", AGENT),
    "device_category": (None, "tablet"),
}
ROWS = st.lists(
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()}), min_size=1
)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_whole_columns_are_filled_as_single_rows(rows: list[dict[str, str | None]]) -> None:
    laid = made_ready("events", incoming.table("events", rows))
    with duckdb.connect() as connection:
        connection.register("ready", laid.table)
        columns = ", ".join(f"{sql} AS {name}" for name, sql in {**laid.columns, "row": "row"}.items())
        filled = connection.sql(f"SELECT {columns} FROM ready ORDER BY row").to_arrow_table().to_pylist()
    derived = {column for derivation in derive.DERIVATIONS for column in derivation.columns} | set(VALUES)
    for got, row in zip(filled, rows, strict=True):
        wanted = dict.fromkeys(derived) | row
        derive.fill(wanted)
        assert {name: got.get(name) or None for name in derived} == {
            name: wanted[name] or None for name in derived
        }


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries({name: st.sampled_from((None, "", "x", "it's")) for name in ("a", "b'c", "d")}),
        min_size=1,
    ),
    branches=st.sampled_from((0, 1, 32)),
)
def test_a_structure_becomes_the_map_of_what_it_has(rows: list[dict[str, str | None]], branches: int) -> None:
    table = pyarrow.table({"said": pyarrow.array(rows), "row": range(len(rows))})
    with pytest.MonkeyPatch.context() as patch, duckdb.connect() as connection:
        patch.setattr(maps, "_SHAPES", branches)
        apart, sql, _ = maps.taken_apart(table, "said")
        connection.register("apart", apart)
        found = connection.execute(f"SELECT {sql} FROM apart ORDER BY row").fetchall()
    present = [{name: text for name, text in row.items() if text is not None} for row in rows]
    assert [said for (said,) in found] == [row or None for row in present]


@pytest.mark.parametrize("counted", [0, 2**22])
def test_each_combination_is_asked_once(counted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distinct, "_COUNTED", counted)
    asked = []

    def both(first: str | None, second: int | None) -> tuple[str | None, str]:
        asked.append((first, second))
        return first, f"{first}{second}"

    columns = [pyarrow.chunked_array([["a", None], ["a", "b"]]), pyarrow.array([1, 1, 1, None])]
    alone, together = distinct.worked_out(columns, both)
    assert alone.to_pylist() == ["a", None, "a", "b"]
    assert together.to_pylist() == ["a1", "None1", "a1", "bNone"]
    assert sorted(asked, key=str) == sorted({("a", 1), (None, 1), ("b", None)}, key=str)
