"""Everything moves from one engine to another and back, and what does not fit is found."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from journeyserver.engine import moving
from journeyserver.engine.backends.base import Backend, WarehouseError
from journeyserver.engine.backends.duckdb import open_backend
from journeyserver.engine.columns import TABLES
from tests.journeyserver.engine import engines
from tests.journeyserver.engine.test_questions import FACTS, store


@pytest.fixture(scope="module")
def shop() -> Iterator[Backend]:
    """A DuckDB with something in every table that has rows by itself."""
    opened = open_backend(":memory:", threads=1)
    store(opened, FACTS)
    fill(opened)
    yield opened
    opened.close()


def fill(backend: Backend) -> None:
    with backend.transaction() as writer:
        writer.append(
            "events",
            """SELECT uuid() AS event_id, i AS seq, TIMESTAMP '2024-03-28' + to_seconds(i) AS ts, TIMESTAMP '2024-03-28' AS received,
            'Web' AS stream, 'c' || i % 7 AS customer_id, md5((i % 9)::VARCHAR)::UUID AS session_id, 'page_viewed' AS event_name,
            'it''s é "x"' || chr(10) || '\\' AS page_title, i % 2 = 0 AS authenticated,
            MAP {'price': i::VARCHAR} AS attributes FROM range(50) t(i)""",
        )
        writer.append(
            "sessions",
            "SELECT session_id, any_value(customer_id) AS customer_id, min(ts) AS started, max(ts) AS last_event, "
            "count(*) AS event_count FROM "
            "(SELECT md5((i % 9)::VARCHAR)::UUID AS session_id, 'c' AS customer_id, TIMESTAMP '2024-03-28' + to_seconds(i) AS ts "
            "FROM range(50) t(i)) GROUP BY session_id",
        )
        writer.append(
            "actions",
            "SELECT uuid() AS action_id, uuid() AS session_id, 'offered' AS state, ['qualified', 'offered'] AS entered",
        )
        writer.append(
            "fact_hours", "SELECT TIMESTAMP '2024-03-28 01:00' AS ts, 'session_started' AS kind, 5 AS facts"
        )
        writer.execute("INSERT INTO settings VALUES (?, ?)", ("something", "kept"))
        writer.execute("INSERT INTO settings VALUES (?, ?)", ("sorted_months", "{}"))


def contents(backend: Backend, table: str) -> list[str]:
    """All rows of a table but what an engine notes of itself, in one order; lists and maps that are empty are missing."""
    cursor = backend.cursor()
    try:
        columns = cursor.run(f"SELECT * FROM {table}")
    finally:
        cursor.close()
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return sorted(
        str(
            {
                name: sorted(value) if isinstance(value, list) else value
                for name, value in row.items()
                if value not in (None, [])
            }
        )
        for row in rows
        if row.get("name") not in ("schema", "sorted_months")
    )


@pytest.mark.parametrize("name", engines.OTHERS)
def test_there_and_back(shop: Backend, name: str, tmp_path: Path) -> None:
    other, back = engines.memory(name), open_backend(tmp_path / "back.duckdb")
    try:
        for source, target in ((shop, other), (other, back)):
            cursor = source.cursor()
            copied = moving.copy(source, cursor, target)
            cursor.close()
            assert copied["events"] == 50
            assert copied["settings"] == 1
            assert moving.compare(source, target) == 20
        for table in TABLES:
            assert contents(back, table.name) == contents(shop, table.name)
    finally:
        other.close()
        back.close()


@pytest.mark.parametrize("name", engines.OTHERS)
def test_a_backup_of_any_engine_is_a_file_of_duckdb(name: str, tmp_path: Path) -> None:
    backend = engines.memory(name)
    fill(backend)
    backend.copy_to(tmp_path / "copy.duckdb")
    copy = open_backend(tmp_path / "copy.duckdb")
    for table in TABLES:
        assert contents(copy, table.name) == contents(backend, table.name)
    copy.close()
    backend.close()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("DELETE FROM events WHERE seq = 3", "events has 49 rows and should have 50"),
        ("UPDATE facts SET value = 31.5 WHERE value = 30.5", "question 16 is answered otherwise"),
        (
            "UPDATE facts SET ts = TIMESTAMP '2024-04-01' WHERE kind = 'session_started'",
            "question 2 is answered otherwise",
        ),
    ],
)
def test_what_differs_is_found(shop: Backend, spoil: str, told: str) -> None:
    target = open_backend(":memory:", threads=1)
    cursor = shop.cursor()
    moving.copy(shop, cursor, target)
    cursor.close()
    with target.transaction() as writer:
        writer.execute(spoil)
    with pytest.raises(moving.Differs, match=told):
        moving.compare(shop, target)
    moving.empty(target)
    cursor = target.cursor()
    assert not any(moving.counts(cursor).values())
    cursor.close()
    target.close()


def test_a_place_that_is_not_empty_is_left_as_it_is(shop: Backend) -> None:
    target = open_backend(":memory:", threads=1)
    store(target, FACTS[:3])
    cursor = shop.cursor()
    with pytest.raises(WarehouseError, match="3 rows are there already"):
        moving.copy(shop, cursor, target)
    cursor.close()
    assert len(contents(target, "facts")) == 3
    target.close()


def test_there_are_twenty_different_questions() -> None:
    asked = moving.questions(datetime(2024, 3, 1), datetime(2024, 4, 30))
    assert len({str(question) for question in asked}) == len(asked) == 20
