"""Reads a file ahead: while one piece is taken in, the next one is read and parsed."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import duckdb

from journeyserver.ingest.incoming import Batch, Reader, Select

# Pieces are large: one is being taken in, one waits, one is being read.
_WAITING = 1


def batches(reader: Reader, position: int) -> Iterator[Batch]:
    """The reader's batches, read by a thread of its own; what DuckDB is to select is selected there.

    Closing the iterator ends the thread after the batch that it is at.
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
        # A warehouse of its own, in memory and empty: files are read without a turn at the real one.
        with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            try:
                for batch in reader.batches(position):
                    put(_selected(connection, batch))
                    if over.is_set():
                        return
                put(None)
            except BaseException as error:
                put(error)

    thread = threading.Thread(target=read, name="reader", daemon=True)
    thread.start()
    try:
        while (thing := ready.get()) is not None:
            if isinstance(thing, BaseException):
                raise thing
            yield thing
    finally:
        over.set()
        thread.join()


def _selected(connection: Any, batch: Batch) -> Batch:
    if not isinstance(batch.rows, Select):
        return batch
    rows = connection.sql(batch.rows.sql, params=list(batch.rows.parameters)).to_arrow_table()
    return replace(batch, rows=rows)
