"""Reads a file ahead: while one piece is taken in, the next one is read and parsed."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from journeyserver.engine.backends.base import Backend
from journeyserver.ingest.incoming import Batch, Laid, Reader, Select
from journeyserver.ingest.stage import layout

# Pieces are large: one is being taken in, one waits, one is being read.
_WAITING = 1


def batches(backend: Backend, reader: Reader, position: int) -> Iterator[Batch]:
    """The reader's batches, read by a thread of its own; what DuckDB is to select is laid out there for the desk.

    A batch's rows are there until the one after the next is asked for. Closing the iterator ends the thread after the batch that it is at.
    """
    ready: queue.Queue[Batch | BaseException | None] = queue.Queue(_WAITING)
    over = threading.Event()

    def put(thing: Batch | BaseException | None) -> None:
        while not over.is_set():
            try:
                ready.put(thing, timeout=0.1)
                return
            except queue.Full:
                continue

    def read() -> None:
        try:
            desk = backend.reading_desk()
            try:
                for number, batch in enumerate(reader.batches(position)):
                    put(_laid(desk, batch, f"staging.piece_{id(ready)}_{number}"))
                    if over.is_set():
                        return
            finally:
                desk.close()
            put(None)
        except BaseException as error:
            put(error)

    thread = threading.Thread(target=read, name="reader", daemon=True)
    thread.start()
    kept: list[Laid] = []
    desk = backend.reading_desk()
    try:
        while (thing := ready.get()) is not None:
            if isinstance(thing, BaseException):
                raise thing
            yield thing
            if isinstance(thing.rows, Laid):
                kept.append(thing.rows)
            if thing.position > position:
                # A piece ends here, and has been taken in.
                position = thing.position
                _clear(desk, kept)
    finally:
        over.set()
        thread.join()
        while not ready.empty():
            left = ready.get()
            if isinstance(left, Batch) and isinstance(left.rows, Laid):
                kept.append(left.rows)
        _clear(desk, kept)
        desk.close()


def _laid(desk: Any, batch: Batch, table: str) -> Batch:
    if not isinstance(batch.rows, Select):
        return batch
    desk.execute(f"CREATE TABLE {table} ({layout(batch.kind)})")
    (rows,) = desk.execute(
        f"INSERT INTO {table} BY NAME {batch.rows.sql}", list(batch.rows.parameters)
    ).fetchall()[0]
    return replace(batch, rows=Laid(table, int(rows)))


def _clear(desk: Any, kept: list[Laid]) -> None:
    while kept:
        desk.execute(f"DROP TABLE IF EXISTS {kept.pop().table}")
