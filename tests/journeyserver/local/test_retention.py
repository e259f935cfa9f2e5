"""JOURNEYSERVER_RETENTION_DAYS in the running server: at its start, once a day, by one of those who try, and right in every table."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from journeyserver.engine import rollups
from journeyserver.engine.backends import duckdb
from journeyserver.engine.backends.base import Backend, WarehouseError
from journeyserver.local import removal
from journeyserver.local.daily import EVERY, Daily
from tests import cast, programs
from tests.journeyserver.local import stock
from tests.journeyserver.local.visits import Visit, insert, store

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAYS = 4


@pytest.fixture
def rows() -> list[Visit]:
    return stock.visits(NOW)


@pytest.fixture
def backend(rows: list[Visit]) -> Iterator[Backend]:
    backend = duckdb.open_backend(":memory:", threads=1)
    store(backend, rows)
    with backend.transaction() as writer:
        insert(writer, "assignments", stock.assignments(rows))
        insert(writer, "facts", stock.facts(rows))
        rollups.refresh(writer, NOW)
    yield backend
    backend.close()


def ask(backend: Backend, sql: str) -> list[tuple[Any, ...]]:
    cursor = backend.cursor()
    try:
        return list(zip(*cursor.run(sql).values(), strict=True))
    finally:
        cursor.close()


def until(holds: Callable[[], bool]) -> None:
    """Waits for what another thread does; a failure is a hang that ends."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def last(backend: Backend) -> Any:
    return removal.last_retention(backend).get("lastRun")


class Clock:
    """A clock that stands until it is set, and counts who looked at it."""

    def __init__(self) -> None:
        self.now = NOW
        self.looked = 0

    def __call__(self) -> datetime:
        self.looked += 1
        return self.now


def test_it_runs_at_the_start_and_again_when_a_day_is_over_and_not_before(backend: Backend) -> None:
    clock = Clock()
    daily = Daily(DAYS, lambda: backend, clock, look_seconds=0.01)
    daily.start()
    try:
        until(lambda: last(backend) is not None)
        assert last(backend) == "2026-06-01T12:00:00.000Z"
        kept = ask(backend, "SELECT count(*) FROM events")
        clock.now += EVERY - timedelta(seconds=1)
        seen = clock.looked
        until(lambda: clock.looked > seen + 3)
        assert last(backend) == "2026-06-01T12:00:00.000Z"
        assert ask(backend, "SELECT count(*) FROM events") == kept
        clock.now = NOW + EVERY
        until(lambda: last(backend) != "2026-06-01T12:00:00.000Z")
        assert last(backend) == "2026-06-02T12:00:00.000Z"
        assert ask(backend, "SELECT count(*) FROM events") < kept
    finally:
        daily.stop()
    assert not daily.is_alive()


def test_every_table_holds_what_is_young_enough_and_the_roll_ups_agree_with_the_facts(
    backend: Backend, rows: list[Visit]
) -> None:
    before = NOW - timedelta(days=DAYS)
    old = before.replace(tzinfo=None)
    counted = (
        "SELECT date_trunc('hour', ts) AS ts, kind, count(*) AS facts FROM facts GROUP BY ALL ORDER BY ALL"
    )
    rolled = "SELECT ts, kind, sum(facts) AS facts FROM fact_hours GROUP BY ALL ORDER BY ALL"
    assert ask(backend, rolled)
    facts = ask(backend, f"SELECT fact_id FROM facts WHERE ts >= TIMESTAMP '{old}' ORDER BY ALL")
    removed = removal.retain_if_due(backend, DAYS, NOW, EVERY)
    assert removed is not None
    young = [visit for visit in rows if visit.last_event >= before]
    assert 0 < len(young) < len(rows)
    for table, key in (("sessions", "session_id"), ("events", "session_id")):
        assert {str(row[0]) for row in ask(backend, f"SELECT DISTINCT {key} FROM {table}")} == {
            str(visit.id) for visit in young
        }
    assert ask(backend, "SELECT count(*) FROM events") == [(sum(len(visit.events) for visit in young),)]
    assert ask(backend, "SELECT fact_id FROM facts ORDER BY ALL") == facts
    assert removed["facts"] > 0
    # What was rolled up over removed facts is gone with them, and is made anew from those that are left.
    assert not ask(backend, rolled)
    assert not ask(backend, "SELECT ts FROM session_hours")
    with backend.transaction() as writer:
        rollups.refresh(writer, NOW + timedelta(hours=1))
    assert ask(backend, rolled) == ask(backend, counted)


def test_of_several_who_try_at_once_one_does_it(backend: Backend) -> None:
    ready = Barrier(4)
    answers: list[Any] = []

    def attempt() -> None:
        ready.wait()
        answers.append(removal.retain_if_due(backend, DAYS, NOW, EVERY))

    threads = [Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (done,) = [answer for answer in answers if answer is not None]
    # The note is that of the one who did it, and not of one who found nothing left.
    assert removal.last_retention(backend)["removed"] == done["events"] > 0


def test_a_failure_does_not_end_it(backend: Backend) -> None:
    attempts: list[int] = []

    def failing() -> Backend:
        attempts.append(len(attempts))
        if len(attempts) < 3:
            raise (WarehouseError("The disk is full."), OSError("gone"))[len(attempts) - 1]
        return backend

    daily = Daily(DAYS, failing, lambda: NOW, look_seconds=0.01)
    daily.start()
    until(lambda: last(backend) is not None)
    daily.stop()


def test_the_server_applies_its_setting_when_it_starts_and_not_again_after_a_restart(tmp_path: Path) -> None:
    done = programs.run_journeyserver(tmp_path, "seed")
    assert done.returncode == 0, done.stderr
    now = datetime.now(UTC)
    rows = stock.visits(now)
    stock.fill(tmp_path, rows)

    def told() -> dict[str, Any]:
        with programs.journeyserver(tmp_path, seed=False, JOURNEYSERVER_RETENTION_DAYS=str(DAYS)) as running:
            data = f"{running.url}/api/local/v1/data"
            until(lambda: cast.api(running.url).get(data, timeout=30).json()["retention"].get("lastRun"))
            found: dict[str, Any] = cast.api(running.url).get(data, timeout=30).json()
            return found

    first = told()
    assert first["retention"]["days"] == DAYS
    # A visit that ended at the very moment may fall to either side.
    ended = [visit for visit in rows if visit.last_event < now - timedelta(days=DAYS)]
    assert first["sessions"] <= len(rows) - len(ended)
    assert first["retention"]["removed"] >= sum(len(visit.events) for visit in ended) > 0
    assert told()["retention"] == first["retention"]
