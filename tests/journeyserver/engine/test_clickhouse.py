"""Transactions on ClickHouse: whatever is cut off, and wherever, all of a transaction is there or nothing of it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journeyserver.engine.backends import open_engine
from journeyserver.engine.backends.base import Busy, QueryStopped, WarehouseError
from journeyserver.ingest import incoming
from journeyserver.ingest.intake import take_in
from journeyserver.ingest.stage import Source
from tests.journeyserver.engine import engines, over_http
from tests.journeyserver.ingest import durable
from tests.journeyserver.ingest.test_batches import NOW, read, stored
from tests.journeyserver.ingest.test_durability import start as durable_process

pytestmark = pytest.mark.skipif(not engines.HAS_CHDB, reason="chdb, ClickHouse in process, is not installed")

ROWS = [durable.row(number) for number in range(60)]


class Cut(Exception):
    """The process ended here."""


class Ending:
    """A connection that ends at its n-th call, before the call or when it was done but not yet answered."""

    def __init__(self, client: Any, calls: int, *, done: bool) -> None:
        self._client = client
        self._left = calls
        self._done = done

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*arguments: Any, **named: Any) -> Any:
            self._left -= name in ("command", "insert_arrow")
            if self._left < 0:
                if self._done and self._left == -1:
                    method(*arguments, **named)
                raise Cut(name)
            return method(*arguments, **named)

        return call


@pytest.fixture(scope="module")
def backend() -> Iterator[Any]:
    opened = engines.memory("clickhouse")
    yield opened
    opened.close()


def again(backend: Any) -> Any:
    """What the next process would open."""
    from journeyserver.engine.backends import clickhouse

    return clickhouse.ClickBackend(backend.connect, backend.place)


def take(backend: Any, rows: list[dict[str, Any]]) -> None:
    with backend.transaction() as writer:
        take_in(
            writer,
            incoming.Batch("events", incoming.table("events", rows), 0, 0),
            durable.SEGMENTS,
            Source(),
            NOW,
        )


def summed(backend: Any) -> dict[str, Any]:
    """What every table holds, in short."""
    tables = ("events", "sessions", "assignments", "facts")
    counted = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in tables)
    return read(backend, f"SELECT {counted}, (SELECT sum(event_count) FROM sessions) AS counted")[0]


def test_a_process_that_ends_anywhere_leaves_all_or_nothing(backend: Any) -> None:
    """Every other call of a transaction is once the last one; it adds to what is there, and changes it."""
    take(backend, ROWS[:30])
    before = summed(backend)
    calls, finished = 0, False
    client = backend.writing
    while not finished:
        backend.writing = Ending(client, calls, done=calls % 4 == 1)
        try:
            take(backend, ROWS)
            finished = True
        except Cut:
            calls += 2 if calls else 1
            backend.writing = client
            with backend.transaction():
                """Settles what was left."""
            # An answer that was lost may be that to the very last insert: then it is all there.
            after = summed(backend)
            assert after == before or (calls > 10 and after["events"] == 60)
            finished = after != before
    backend.writing = client
    assert calls > 10
    place = again(backend)
    take(place, ROWS)
    found = stored(place)
    place.close()
    assert len(found["events"]) == 60
    fresh = engines.memory("clickhouse")
    take(fresh, ROWS[:30])
    take(fresh, ROWS)
    assert found == stored(fresh)
    fresh.close()


def test_a_process_that_goes_on_after_a_failure_settles_it_first() -> None:
    backend = engines.memory("clickhouse")
    client = backend.writing
    backend.writing = Ending(client, 8, done=True)
    with pytest.raises(Cut):
        take(backend, ROWS)
    assert stored(backend)["events"] == []
    # Still cut off: nothing is begun on top of what may lie about.
    with pytest.raises(Cut):
        take(backend, ROWS)
    backend.writing = client
    take(backend, ROWS)
    assert len(stored(backend)["events"]) == 60
    rows = read_all(backend, "events_rows")
    assert rows == 60
    backend.close()


def read_all(backend: Any, table: str) -> int:
    return int(backend.writing.command(f"SELECT count() FROM {table}"))


def test_whoever_opened_it_last_owns_it() -> None:
    first = engines.memory("clickhouse")
    second = again(first)
    with pytest.raises(Busy, match="took"), first.transaction() as writer:
        writer.execute("INSERT INTO settings VALUES (?, ?)", ("mine", "1"))
    with pytest.raises(Busy, match="took"), first.transaction():
        """It does not touch either what is not its own any more."""
    with second.transaction() as writer:
        writer.execute("INSERT INTO settings VALUES (?, ?)", ("theirs", "2"))
    second.close()
    second = again(first)
    assert read_all(second, "settings_rows") == 2
    assert {row["name"] for row in read(second, "SELECT name FROM settings")} == {"schema", "theirs"}
    second.close()
    first.close()


def test_a_statement_sees_one_state_while_others_write() -> None:
    opened = engines.memory("clickhouse")
    take(opened, ROWS)
    with opened.transaction() as writer:
        writer.execute("UPDATE sessions SET event_count = 0 WHERE event_count > 0")
        writer.execute("DELETE FROM events")
        assert writer.ask("SELECT count(*) AS n, sum(event_count) AS s FROM sessions")[0]["s"] == 0
        seen = read(
            opened, "SELECT (SELECT count(*) FROM events) AS n, (SELECT sum(event_count) FROM sessions) AS s"
        )
        assert seen == [{"n": 60, "s": 60}]
    seen = read(
        opened, "SELECT (SELECT count(*) FROM events) AS n, (SELECT sum(event_count) FROM sessions) AS s"
    )
    assert seen == [{"n": 0, "s": 0}]
    opened.close()


def test_what_is_gone_is_cleared_away_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    from journeyserver.engine.backends import clickhouse

    monkeypatch.setattr(clickhouse, "_MANY_GONE", 5)
    opened = engines.memory("clickhouse")
    for end in (20, 40, 60):
        take(opened, ROWS[:end])
    before = stored(opened)
    visits = len(before["visits"])
    assert read_all(opened, "sessions_rows") > visits
    with opened.reading():
        # Somebody reads: the rows go, and their names in gone_rows stay until nobody does.
        assert opened.tidy()
        assert read_all(opened, "sessions_rows") == visits
        assert read_all(opened, "gone_rows")
        assert stored(opened) == before
    assert opened.tidy()
    assert not read_all(opened, "gone_rows")
    assert stored(opened) == before
    assert not opened.tidy()
    take(opened, [durable.row(number) for number in range(70)])
    assert len(stored(opened)["events"]) == 70
    opened.close()


def test_the_same_over_http() -> None:
    """As a server is spoken to: every kind of value there and back, a transaction, a failure, and a query that is stopped."""
    with over_http.server() as place:
        backend: Any = open_engine(f"clickhouse://someone:secret@{place}/journeys", durable.NOWHERE)
        assert backend.place == f"clickhouse://{place}/journeys"
        text = "it's \\ \n\t\r `é` 😀 %3F ?"
        with backend.transaction() as writer:
            writer.execute("INSERT INTO settings VALUES (?, ?)", ("odd", text))
        assert read(backend, "SELECT value FROM settings WHERE name = 'odd'") == [{"value": text}]
        cursor = backend.cursor()
        assert cursor.run("SELECT name FROM settings WHERE value = ?", (text,)) == {"name": ["odd"]}
        take(backend, ROWS[:30])
        client = backend.writing
        backend.writing = Ending(client, 4, done=True)
        with pytest.raises(Cut):
            take(backend, ROWS)
        backend.writing = client
        assert len(stored(backend)["events"]) == 30
        take(backend, ROWS)
        found = stored(backend)
        assert len(found["events"]) == 60
        stopping = threading.Timer(0.5, cursor.cancel)
        stopping.start()
        with pytest.raises(QueryStopped):
            cursor.run(
                "SELECT count(*) FROM numbers(3000000) AS a, numbers(3000000) AS b WHERE a.number * b.number % 7 = 3"
            )
        stopping.join()
        assert cursor.run("SELECT 1 AS one") == {"one": [1]}
        cursor.close()
        backend.close()


def test_a_folder_that_another_process_has_open_is_busy(tmp_path: Path) -> None:
    process = durable_process("live", f"chdb:{tmp_path / 'held'}", "0")
    assert process.stdout is not None
    try:
        assert process.stdout.readline()
        told = durable_process("import", f"chdb:{tmp_path / 'held'}")
        assert "is in use by another process" in told.communicate(timeout=100)[1]
    finally:
        process.kill()
        process.communicate()


def test_a_newer_and_a_foreign_database_are_left_as_they_are() -> None:
    from journeyserver.engine.backends import clickhouse

    with pytest.raises(WarehouseError, match="newer version"):
        clickhouse._make(_Newer(), {"commits": {"number"}})
    with pytest.raises(WarehouseError, match="not a warehouse"):
        clickhouse._check("here", {"orders": {"id"}})


class _Newer:
    """A client of a warehouse whose schema has another number."""

    class Answer:
        result_rows = (("99",),)

    def query(self, sql: str) -> Any:
        return self.Answer

    def command(self, sql: str) -> None:
        raise AssertionError(sql)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mysql://somewhere", "There is no engine mysql"),
        ("clickhouse://", "must look like"),
        ("clickhouse://host/odd`name", "must look like"),
        ("clickhouse://host:port/journeys", "must look like"),
        ("clickhouse://[::1/journeys", "must look like"),
        ("clickhouse://someone:secret@127.0.0.1:9/journeys", "127.0.0.1:9/journeys"),
    ],
)
def test_an_address_that_is_none_is_told_in_a_sentence(address: str, told: str, tmp_path: Any) -> None:
    with pytest.raises(WarehouseError, match=told) as caught:
        open_engine(address, tmp_path / "journeyserver.duckdb")
    assert "secret" not in str(caught.value)
    assert not (tmp_path / "journeyserver.duckdb").exists()
