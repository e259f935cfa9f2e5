"""Retention removes whole visits and what hangs on them, and keeps what still holds."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from journeyserver.engine.backends import duckdb
from journeyserver.engine.backends.base import Backend
from journeyserver.local import removal
from tests.journeyserver.local import stock
from tests.journeyserver.local.visits import Visit, insert, store

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def rows() -> list[Visit]:
    return stock.visits(NOW)


@pytest.fixture
def backend(rows: list[Visit]) -> Iterator[Backend]:
    backend = duckdb.open_backend(":memory:")
    store(backend, rows)
    with backend.transaction() as writer:
        insert(writer, "assignments", stock.assignments(rows))
        insert(writer, "facts", stock.facts(rows))
    yield backend
    backend.close()


def column(backend: Backend, sql: str) -> list[Any]:
    cursor = backend.cursor()
    try:
        (values,) = cursor.run(sql).values()
        return list(values)
    finally:
        cursor.close()


def test_what_is_older_goes_as_whole_visits(backend: Backend, rows: list[Visit]) -> None:
    before = NOW - timedelta(days=4)
    kept = [visit for visit in rows if visit.last_event >= before]
    removed = removal.retain(backend, 4, NOW)
    assert removed["sessions"] == len(rows) - len(kept)
    assert sorted(map(str, column(backend, "SELECT session_id FROM sessions"))) == sorted(
        str(v.id) for v in kept
    )
    assert column(backend, "SELECT count(*) FROM events") == [sum(len(visit.events) for visit in kept)]
    assert column(backend, "SELECT count(DISTINCT session_id) FROM events") == [len(kept)]
    assert not [ts for ts in column(backend, "SELECT ts FROM facts") if ts.replace(tzinfo=UTC) < before]
    assert removal.last_retention(backend) == {
        "lastRun": "2026-06-01T00:00:00.000Z",
        "removed": removed["events"],
    }


def test_an_assignment_that_holds_stays_with_its_customer(backend: Backend, rows: list[Visit]) -> None:
    before = (NOW - timedelta(days=4)).replace(tzinfo=None)
    here = {visit.customer for visit in rows if visit.last_event.replace(tzinfo=None) >= before}
    given = stock.assignments(rows)
    removal.retain(backend, 4, NOW)
    expected = [
        row
        for row in given
        if row["ts"] >= before or (row["segment_scope"] == "Customer" and row["customer_id"] in here)
    ]
    assert column(backend, "SELECT count(*) FROM assignments") == [len(expected)]
    assert any(row["ts"] < before for row in expected)
    assert len(expected) < len(given)


@pytest.mark.parametrize("days", [100, 1_000_000, 10**20])
def test_nothing_old_removes_nothing(backend: Backend, days: int) -> None:
    assert set(removal.retain(backend, days, NOW).values()) == {0}


def test_distinct_visits_and_offers_stay_distinct(backend: Backend, rows: list[Visit]) -> None:
    distinct = "SELECT (count(DISTINCT journey_session_id), count(DISTINCT journey_action_id), count(*)) AS numbers FROM facts"
    before = column(backend, distinct)
    customer = next(
        visit.customer for visit in rows if sum(one.customer == visit.customer for one in rows) > 2
    )
    removal.erase(backend, customer)
    assert column(backend, distinct) == before
    anonymous = "FROM facts WHERE journey_customer_id IS NULL"
    assert column(backend, f"SELECT count(*) {anonymous}")[0] > 2
    assert not [ts for ts in column(backend, f"SELECT ts {anonymous}") if ts.minute % 15 or ts.second]
    assert column(backend, f"SELECT DISTINCT journey_customer_id_type {anonymous}") == [None]


def test_nobody_is_erased_by_an_unknown_id(backend: Backend) -> None:
    before = column(backend, "SELECT count(*) FROM facts")
    assert set(removal.erase(backend, str(uuid.uuid4())).values()) == {0}
    assert column(backend, "SELECT count(*) FROM facts") == before


@pytest.mark.parametrize("spelt", [str.lower, str.upper, str.title])
def test_the_id_of_a_cookie_may_be_written_in_capitals(backend: Backend, spelt: Callable[[str], str]) -> None:
    """By whoever asks, and by a file."""
    cookie = spelt("c0ffee00-0000-4000-8000-00000000abcd")
    with backend.transaction() as writer:
        for table in ("events", "sessions"):
            writer.execute(
                f"UPDATE {table} SET customer_id = ? WHERE customer_id = (SELECT min(customer_id) FROM sessions)",
                [cookie],
            )
    there = removal.counts(backend, cookie)
    assert there["events"]
    for asked in (cookie.lower(), cookie.upper()):
        assert removal.counts(backend, asked) == there
    assert removal.erase(backend, cookie.lower()) == there
    assert removal.erase(backend, cookie.upper())["events"] == 0
    assert set(removal.counts(backend, cookie).values()) == {0}
