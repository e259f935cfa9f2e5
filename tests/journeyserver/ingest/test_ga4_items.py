"""What is kept of items: one text per event, whatever is missing among them."""

from typing import Any

import pyarrow
import pytest

from journeyserver.ingest.readers import ga4_items


def item(id_: str | None = None, name: str | None = None, category: str | None = None) -> dict[str, Any]:
    return {"item_id": id_, "item_name": name, "item_category": category}


@pytest.mark.parametrize(
    ("items", "ids", "names", "categories"),
    [
        (None, None, None, None),
        ([], None, None, None),
        ([item()], None, None, None),
        ([item("1", "Cap", "Hats")], "1", "Cap", "Hats"),
        # As they come, the same one again, and no gap for what is missing.
        ([item("2", "B"), item(None, "A"), item("2", "B")], "2, 2", "B, A, B", None),
        # Each once and in order; what says nothing is no category.
        ([item(category=name) for name in ("b", "Ä", "a", "", "(not set)", "b")], None, None, "a, b, Ä"),
        ([item("", "x" * 2000, "")] * 2, ", ", ("x" * 2000 + ", " + "x" * 2000)[:2048], None),
    ],
)
def test_items_become_texts(
    items: list[dict[str, Any]] | None, ids: str | None, names: str | None, categories: str | None
) -> None:
    other = [item("9", "Other", "Things")]
    column = pyarrow.chunked_array(
        [pyarrow.array([other, items], ga4_items.TYPE), pyarrow.array([items], ga4_items.TYPE)]
    )
    found = {name: texts.to_pylist() for name, texts in ga4_items.texts(column).items()}
    assert found == {
        "item_ids": ["9", ids, ids],
        "item_names": ["Other", names, names],
        "item_categories": ["Things", categories, categories],
    }


def test_no_rows_have_no_texts() -> None:
    assert all(len(texts) == 0 for texts in ga4_items.texts(pyarrow.array([], ga4_items.TYPE)).values())
