"""Imports of files: in pieces, resumed where they stopped, and nothing twice."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from journeyserver.engine.backends.base import Backend, WarehouseError
from journeyserver.ingest.importer import Importer, Progress, Result
from journeyserver.ingest.incoming import Batch, Options, Refused, table
from journeyserver.ingest.readers.own import OwnLines
from tests.journeyserver.engine import engines
from tests.journeyserver.ingest.test_batches import read, stored
from tests.programs import ROOT

START = datetime(2024, 5, 1, 10)
Row = dict[str, Any]


def event(minute: float, customer: str = "ann", name: str = "page_viewed", **more: Any) -> Row:
    return {"ts": START + timedelta(minutes=minute), "customer_id": customer, "event_name": name, **more}


class Rows:
    """A reader whose file is a list of rows, given in pieces of a fixed size. It can break off after some of them."""

    def __init__(self, rows: Sequence[Row], size: int = 2, breaks_at: int | None = None) -> None:
        self.format = "rows"
        self.rows = rows
        self.size = size
        self.breaks_at = breaks_at

    def batches(self, position: int = 0) -> Iterator[Batch]:
        for start in range(position, len(self.rows), self.size):
            if self.breaks_at is not None and start >= self.breaks_at:
                raise WarehouseError("The lights went out.")
            piece = [
                {**row, "number": start + at} for at, row in enumerate(self.rows[start : start + self.size])
            ]
            yield Batch(
                "events", table("events", piece), min(start + self.size, len(self.rows)), len(self.rows)
            )


@pytest.fixture(params=["duckdb"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    opened = engines.memory(request.param)
    yield opened
    opened.close()


def import_rows(
    backend: Backend, path: Path, reader: Any, options: Options | None = None, **more: Any
) -> Result:
    return Importer(backend, lambda: [], path, reader, options or Options()).run(**more)


def a_file(folder: Path, name: str = "a") -> Path:
    path = folder / name
    path.write_text(name)
    return path


def test_a_file_is_taken_in_once(backend: Backend, tmp_path: Path) -> None:
    # Three equal ones are three events, wherever the pieces are cut.
    rows = [event(0), event(0), event(0), event(1), event(40)]
    seen: list[Progress] = []
    first = import_rows(backend, a_file(tmp_path), Rows(rows), on_progress=seen.append)
    assert (first.progress.state, first.progress.added, first.progress.repeated) == ("done", 5, 0)
    assert [(row.position, row.total) for row in seen] == [(2, 5), (4, 5), (5, 5)]
    before = stored(backend)
    assert len(before["visits"]) == 2
    again = import_rows(backend, a_file(tmp_path), Rows(rows))
    assert again.progress.state == "already"
    assert "taken in on" in again.progress.message
    # The same events in another file, and one more of the equal ones.
    other = import_rows(backend, a_file(tmp_path, "b"), Rows([event(0), *rows], size=1))
    assert (other.progress.added, other.progress.repeated) == (1, 5)
    assert len(stored(backend)["events"]) == 6
    assert not read(backend, "SELECT * FROM repeats")


@pytest.mark.parametrize("backend", engines.NAMES, indirect=True)
def test_an_interrupted_import_goes_on_where_it_stopped(backend: Backend, tmp_path: Path) -> None:
    rows = [event(minute) for minute in (0, 0, 0, 5, 50, 50, 51)]
    path = a_file(tmp_path)
    broken = import_rows(backend, path, Rows(rows, breaks_at=4))
    assert (broken.progress.state, broken.progress.message) == ("failed", "The lights went out.")
    assert broken.progress.position == 4
    assert len(stored(backend)["events"]) == 4
    stopped = import_rows(backend, path, Rows(rows), stop=lambda: True)
    assert (stopped.progress.state, stopped.progress.position) == ("stopped", 6)
    done = import_rows(backend, path, Rows(rows))
    assert (done.progress.state, done.progress.added) == ("done", 7)
    assert sorted(row[5] for row in stored(backend)["visits"]) == [3, 4]
    assert read(backend, "SELECT state, added, position FROM imports") == [
        {"state": "done", "added": 7, "position": 7}
    ]


def test_times_are_moved_as_the_first_import_moved_them(backend: Backend, tmp_path: Path) -> None:
    rows = [event(0), event(1), event(2)]
    path = a_file(tmp_path)
    import_rows(backend, path, Rows(rows, breaks_at=2), Options(shift=86_400))
    import_rows(backend, path, Rows(rows), Options(shift=5))
    times = [row["ts"] for row in read(backend, "SELECT ts FROM events ORDER BY ts")]
    assert times == [row["ts"] + timedelta(days=1) for row in rows]


def test_refused_rows_are_counted_and_shown(backend: Backend, tmp_path: Path) -> None:
    rows = [event(0), {**event(1), "ts": None}, event(2, customer=""), event(3, stream="Radio")]

    class Torn(Rows):
        def batches(self, position: int = 0) -> Iterator[Batch]:
            for batch in super().batches(position):
                torn = Refused(batch.position * 10, "The line is torn.", "GET /")
                yield Batch(batch.kind, batch.rows, batch.position, batch.total, (torn,), 2, 7)

    result = import_rows(backend, a_file(tmp_path), Torn(rows))
    progress = result.progress
    assert (progress.added, progress.refused, progress.skipped) == (1, 3 + 2 * 3, 14)
    assert {(row.number, row.reason) for row in result.refusals} == {
        (20, "The line is torn."),
        (40, "The line is torn."),
        (1, "The time is missing or cannot be read."),
        (2, "There is no customer id."),
        (3, "The stream is neither Web nor App."),
    }
    assert len(read(backend, "SELECT * FROM refused")) == 5


@pytest.mark.parametrize("backend", engines.NAMES, indirect=True)
def test_reports_follow_the_events_of_their_piece(backend: Backend, tmp_path: Path) -> None:
    action = "00000000-0000-4000-8000-0000000000aa"
    states = [
        {
            "ts": START + timedelta(minutes=at),
            "customer_id": "ann",
            "journey_action_id": action,
            "action_state": state,
        }
        for at, state in enumerate(("qualified", "offered", "engaged", "rejected"), start=1)
    ]

    class Mixed:
        format = "mixed"

        def batches(self, position: int = 0) -> Iterator[Batch]:
            yield Batch("actions", table("actions", states), 0, 2)
            yield Batch("events", table("events", [event(0)]), 2, 2)

    result = import_rows(backend, a_file(tmp_path), Mixed())
    assert (result.progress.added, result.progress.refused) == (4, 1)
    assert result.refusals[0].reason == "An action that is offered cannot become engaged."
    kinds = [row["kind"] for row in read(backend, "SELECT kind FROM facts ORDER BY ts")]
    assert kinds == ["session_started", "action_qualified", "action_offered", "action_rejected"]
    # The same reports under another name are the same reports.
    again = import_rows(backend, a_file(tmp_path, "b"), Mixed())
    assert (again.progress.added, again.progress.repeated, again.progress.refused) == (0, 4, 1)


@pytest.mark.parametrize("backend", engines.NAMES, indirect=True)
def test_a_later_report_of_an_action_needs_only_its_name(backend: Backend, tmp_path: Path) -> None:
    """The examples of docs/event-format.md as one file: an action's first report and the next one come together."""
    document = (ROOT / "docs/event-format.md").read_text(encoding="utf-8")
    file = tmp_path / "examples.ndjson"
    file.write_text("".join(re.findall(r"```json\n(.*?)```", document, re.DOTALL)), encoding="utf-8")
    result = import_rows(backend, file, OwnLines(file))
    assert (result.progress.added, result.refusals) == (8, ())
    offered = read(backend, "SELECT session_id FROM actions WHERE state = 'offered'")
    (visit,) = read(backend, "SELECT session_id FROM sessions WHERE customer_id = 'b1f7'")
    assert offered == [visit]


def test_a_report_before_the_first_of_its_action_belongs_to_no_visit(
    backend: Backend, tmp_path: Path
) -> None:
    action = "00000000-0000-4000-8000-0000000000aa"
    named = [
        {"ts": START + timedelta(minutes=at), "customer_id": customer, "journey_action_id": action}
        for at, customer in ((1, None), (2, "ann"), (3, None))
    ]
    states = [
        {**row, "action_state": state}
        for row, state in zip(named, ("qualified", "qualified", "offered"), strict=True)
    ]

    class Mixed:
        format = "mixed"

        def batches(self, position: int = 0) -> Iterator[Batch]:
            yield Batch("events", table("events", [event(0)]), 0, 2)
            yield Batch("actions", table("actions", states), 2, 2)

    result = import_rows(backend, a_file(tmp_path), Mixed())
    assert (result.progress.added, [row.reason for row in result.refusals]) == (
        3,
        ["No visit that this belongs to is known."],
    )
