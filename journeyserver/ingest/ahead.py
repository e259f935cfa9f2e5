"""Reads a file ahead: while one piece is taken in, the next one is read and parsed."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from journeyserver.engine.backends.base import Backend
from journeyserver.ingest.incoming import Batch, Laid, Reader, Select
from journeyserver.ingest.stage import layout

# Pieces are large: one is being taken in, and one is being read or waits.
_LAID_OUT = 2


def batches(backend: Backend, reader: Reader, position: int) -> Iterator[Batch]:
    """The reader's batches, read by a thread of its own; what DuckDB is to select is laid out there for the desk.

    A piece's rows, up to the batch that moves the position, are there until the next piece is asked for. Closing the iterator
    ends the thread after the batch that it is at.
    """
    ready: queue.SimpleQueue[Batch | BaseException | None] = queue.SimpleQueue()
    room = threading.Semaphore(_LAID_OUT)
    over = threading.Event()

    def read(position: int) -> None:
        try:
            desk = backend.reading_desk()
            try:
                room.acquire()
                for number, batch in enumerate(reader.batches(position)):
                    ready.put(_laid(desk, batch, f"staging.piece_{id(ready)}_{number}"))
                    if batch.position > position:
                        position = batch.position
                        room.acquire()
                    if over.is_set():
                        return
            finally:
                desk.close()
            ready.put(None)
        except BaseException as error:
            ready.put(error)

    thread = threading.Thread(target=read, args=(position,), name="reader", daemon=True)
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
                room.release()
    finally:
        over.set()
        room.release()
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
