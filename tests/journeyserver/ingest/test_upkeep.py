"""Putting months in order and rolling up: nothing is lost, answers stay, and months are left alone until they grow."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from journeyserver.engine import rollups
from journeyserver.engine.answering import answer
from journeyserver.engine.backends.duckdb import DuckBackend, open_backend
from journeyserver.engine.columns import SORTED_MONTHS
from journeyserver.ingest.upkeep import keep_up
from tests.journeyserver.ingest.test_batches import read, take

START = datetime(2024, 4, 20)
NOW = datetime(2024, 6, 1, 10, 30, tzinfo=UTC)
QUERY: dict[str, Any] = {
    "interval": "2024-04-01T00:00:00Z/2024-06-03T00:00:00Z",
    "granularity": "P1D",
    "metrics": ["nJourneySessions"],
}
DISTINCT = {**QUERY, "metrics": ["nDistinctJourneySessions"], "groupBy": ["journeySessionType"]}


@pytest.fixture
def backend() -> Iterator[DuckBackend]:
    opened = open_backend(":memory:", threads=1)
    yield opened
    opened.close()


def visits(first: int, last: int) -> list[dict[str, Any]]:
    """A visit every eight hours."""
    return [
        {"ts": START + timedelta(hours=8 * number), "customer_id": f"c{number}", "event_name": "page_viewed"}
        for number in range(first, last)
    ]


@pytest.mark.parametrize("at_once", [1000, 10])
def test_answers_stay_and_months_lie_in_order(backend: DuckBackend, at_once: int) -> None:
    take(backend, visits(60, 120))
    take(backend, visits(0, 60))
    # Of another kind as many, between them.
    with backend.transaction() as writer:
        writer.execute(
            "INSERT INTO facts BY NAME SELECT uuid() AS fact_id, 'action_offered' AS kind, ts FROM facts"
        )
    before = bytes(answer(backend, QUERY)), bytes(answer(backend, DISTINCT))
    facts = sorted(read(backend, "SELECT fact_id, kind, ts FROM facts"), key=str)
    commits = backend.commits
    assert keep_up(backend, NOW, least=30, at_once=at_once)
    # Whoever waits gets a turn in between.
    assert backend.commits - commits > (20 if at_once == 10 else 0)
    assert sorted(read(backend, "SELECT fact_id, kind, ts FROM facts"), key=str) == facts
    # April and May; June has too few.
    kept = json.loads(read(backend, f"SELECT value FROM settings WHERE name = '{SORTED_MONTHS}'")[0]["value"])
    assert kept == {"2024-04": 66, "2024-05": 174}
    for month in ("2024-04", "2024-05"):
        here = f"FROM facts WHERE strftime(ts, '%Y-%m') = '{month}'"
        lie = read(backend, f"SELECT kind, ts {here} ORDER BY rowid")
        assert lie == read(backend, f"SELECT kind, ts {here} ORDER BY kind, ts")
    assert read(backend, "SELECT sum(facts) AS facts FROM fact_hours")[0]["facts"] == 240
    assert (bytes(answer(backend, QUERY)), bytes(answer(backend, DISTINCT))) == before
    assert not keep_up(backend, NOW, least=30)


def test_much_is_rolled_up_in_parts_and_answers_stay_meanwhile(
    backend: DuckBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(backend, visits(0, 120))
    before = bytes(answer(backend, QUERY)), bytes(answer(backend, DISTINCT))
    rolled: list[tuple[datetime, bool]] = []

    def refresh(writer: Any, upto: datetime) -> None:
        # Whoever comes between two parts finds a roll-up as far as it goes, and the facts behind it.
        rolled.append((upto, (bytes(answer(backend, QUERY)), bytes(answer(backend, DISTINCT))) == before))
        as_it_is(writer, upto)

    as_it_is = rollups.refresh
    monkeypatch.setattr(rollups, "refresh", refresh)
    # Three visits a day.
    assert keep_up(backend, NOW, least=30, at_once=30)
    assert [(upto.date().isoformat(), same) for upto, same in rolled] == [
        ("2024-04-30", True),
        ("2024-05-10", True),
        ("2024-05-20", True),
        ("2024-05-30", True),
        ("2024-06-01", True),
    ]
    assert (bytes(answer(backend, QUERY)), bytes(answer(backend, DISTINCT))) == before
    assert read(backend, "SELECT sum(facts) AS facts FROM fact_hours")[0]["facts"] == 120
    assert not keep_up(backend, NOW, least=30, at_once=30)


def test_what_comes_later_is_counted_too(backend: DuckBackend) -> None:
    take(backend, visits(0, 100))
    keep_up(backend, NOW, least=30)
    # Late ones, and some that are younger than what is rolled up.
    take(backend, [{**row, "customer_id": f"late {row['customer_id']}"} for row in visits(20, 40)])
    take(backend, visits(124, 130))
    for query in (QUERY, DISTINCT):
        counted = sum(
            metric["stats"]["count"]
            for result in json.loads(bytes(answer(backend, query)))["results"]
            for bucket in result["data"]
            for metric in bucket["metrics"]
        )
        assert counted == 126
