"""Reads a file ahead: while one piece is taken in, the next one is read, parsed and laid out."""

import itertools
import queue
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow

from journeyserver.engine.backends.base import Backend
from journeyserver.ingest.incoming import Batch, Laid, Reader
from journeyserver.ingest.stage import made_ready

# Pieces are large: one is being taken in, and one is being read or waits.
_LAID_OUT = 2
# Of this process: files that are read one after the other, or at once, lay out in the same place.
_numbers = itertools.count()


def batches(backend: Backend, reader: Reader, position: int) -> Iterator[Batch]:
    """The reader's batches, read by a thread of its own and laid out by it for the desk.

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
                for batch in reader.batches(position):
                    reached = batch.position
                    ready.put(_laid(desk, batch, f"staging.piece_{next(_numbers)}"))
                    # What was laid out is there twice no longer than that.
                    del batch
                    pyarrow.default_memory_pool().release_unused()
                    if reached > position:
                        position = reached
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
            # Before it is handed over: whoever takes it may not come back.
            if isinstance(thing.rows, Laid):
                kept.append(thing.rows)
            yield thing
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
    if batch.rows is None or isinstance(batch.rows, Laid) or not batch.rows.num_rows:
        return batch
    rows, found = made_ready(batch.kind, batch.rows)
    desk.register("read", rows)
    columns = ", ".join(f"{sql} AS {name}" for name, sql in found.items())
    desk.execute(f"CREATE TABLE {table} AS SELECT {columns} FROM read")
    desk.unregister("read")
    return replace(batch, rows=Laid(table, frozenset(found) - {"row"}, rows.num_rows))


def _clear(desk: Any, kept: list[Laid]) -> None:
    while kept:
        desk.execute(f"DROP TABLE IF EXISTS {kept.pop().table}")
