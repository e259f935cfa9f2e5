"""Estimates: the sample holds whole customers and keeps up, and the bounds hold as often as they say."""

import random
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest

from journeyserver.engine import funnel
from journeyserver.engine.backends import duckdb
from journeyserver.engine.backends.base import Backend
from journeyserver.local.estimate import bounds, falling
from tests.journeyserver.local import stock
from tests.journeyserver.local.stock import CARTS, READERS
from tests.journeyserver.local.visits import DAY, START, Visit, insert, rows_of, store

NOW = START + 2 * DAY
WINDOW = funnel.Window(NOW - timedelta(days=30), NOW + DAY, NOW + DAY)


def more(rows: list[Visit], times: int) -> list[Visit]:
    """The same visits over and over, of other customers each time."""
    made = []
    for copy in range(times):
        for visit in rows:
            new = Visit(uuid.uuid4(), f"{visit.customer} {copy}", visit.started, visit.context)
            for event in visit.events:
                seq = event.seq + copy * 10_000
                new.events.append(type(event)(new, seq, event.ts, event.values, event.authenticated))
            made.append(new)
    return made


@pytest.fixture(scope="module")
def rows() -> list[Visit]:
    return more(stock.visits(NOW)[::4], 8)


@pytest.fixture
def backend(rows: list[Visit]) -> Iterator[Backend]:
    backend = duckdb.open_backend(":memory:")
    store(backend, rows)
    yield backend
    backend.close()


def tables(backend: Backend) -> tuple[str, str]:
    deadline = time.monotonic() + 20
    while (found := backend.sample.tables()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def counted(backend: Backend, asked: dict[str, object], window: funnel.Window) -> dict[str, object]:
    cursor = backend.cursor()
    statement = funnel.counting(backend.words, asked, str(asked["scope"]), window)
    found = {name: values[0] for name, values in cursor.run(statement.sql, statement.parameters).items()}
    cursor.close()
    return {name: value for name, value in found.items() if name not in ("latest", "slots")}


def through(backend: Backend) -> funnel.Window:
    events, sessions = tables(backend)
    return funnel.Window(
        WINDOW.start, WINDOW.end, WINDOW.last, backend.sample.parts, events=events, sessions=sessions
    )


@pytest.mark.parametrize("asked", [CARTS, READERS], ids=["session", "customer"])
def test_the_sample_counts_what_reading_less_of_it_all_counts(
    backend: Backend, asked: dict[str, object]
) -> None:
    parts = backend.sample.parts
    filtered = funnel.Window(WINDOW.start, WINDOW.end, WINDOW.last, parts)
    found = counted(backend, asked, through(backend))
    assert found == counted(backend, asked, filtered)
    exact = counted(backend, asked, WINDOW)
    assert 0 < found["customers"] < exact["customers"]  # type: ignore[operator]


def test_what_arrives_later_is_in_the_sample_too(backend: Backend, rows: list[Visit]) -> None:
    tables(backend)
    later = more([rows[0]], 40)
    for number, visit in enumerate(later):
        for event in visit.events:
            event.seq = 1_000_000 + number * 100 + event.seq
    with backend.transaction() as writer:
        for table, new in rows_of(later).items():
            insert(writer, table, new)
    filtered = funnel.Window(WINDOW.start, WINDOW.end, WINDOW.last, backend.sample.parts)
    assert counted(backend, READERS, through(backend)) == counted(backend, READERS, filtered)


def test_what_was_removed_is_forgotten(backend: Backend) -> None:
    _, sessions = tables(backend)
    cursor = backend.cursor()
    (customer,) = cursor.run(f"SELECT any_value(customer_id) AS one FROM {sessions}")["one"]
    with backend.transaction() as writer:
        for table in ("sessions", "events"):
            writer.execute(f"DELETE FROM {table} WHERE customer_id = ?", (customer,))
    backend.sample.forget()
    events, sessions = tables(backend)
    for table in (events, sessions):
        (left,) = cursor.run(f"SELECT count(*) AS number FROM {table} WHERE customer_id = ?", (customer,))[
            "number"
        ]
        assert left == 0
    cursor.close()


def test_the_bounds_hold_nineteen_times_of_twenty() -> None:
    dice = random.Random(3)
    parts, held, tries = 16, 0, 250
    for _ in range(tries):
        # What each customer brings along: most nothing, some several visits.
        customers = [dice.choice((0, 0, 0, 1, 1, 2, 5)) for _ in range(4000)]
        found = [number for number in customers if dice.randrange(parts) == 0]
        low, high = bounds(sum(found), sum(number * number for number in found), parts, 10**9)
        held += low <= sum(customers) <= high
    assert 0.92 <= held / tries <= 0.98


def test_none_in_the_sample_is_not_none_at_all() -> None:
    assert bounds(0, 0, 16, 1000) == (0, 48)
    assert bounds(0, 0, 16, 20) == (0, 20)
    assert bounds(7, 7, 1, 1000) == (7, 7)


def test_no_step_keeps_more_than_the_one_before() -> None:
    assert falling([5, 6, 2], 16, 90) == [80, 80, 32]
    assert falling([9], 16, 90) == [90]
