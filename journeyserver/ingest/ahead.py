"""Reads a file ahead: while one piece is taken in, the next one is read, parsed and made ready."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import replace

import pyarrow

from journeyserver.ingest.incoming import Batch, Reader
from journeyserver.ingest.stage import made_ready

# Pieces are large: one is being taken in, and one is being read or waits.
_READY = 2


def batches(reader: Reader, position: int) -> Iterator[Batch]:
    """The reader's batches, read by a thread of its own and made ready by it.

    Closing the iterator ends the thread after the batch that it is at.
    """
    ready: queue.SimpleQueue[Batch | BaseException | None] = queue.SimpleQueue()
    room = threading.Semaphore(_READY)
    over = threading.Event()

    def read(position: int) -> None:
        try:
            room.acquire()
            for batch in reader.batches(position):
                reached = batch.position
                ready.put(replace(batch, rows=made_ready(batch.kind, batch.rows)))
                # What was made ready is there twice no longer than that.
                del batch
                pyarrow.default_memory_pool().release_unused()
                if reached > position:
                    position = reached
                    room.acquire()
                if over.is_set():
                    return
            ready.put(None)
        except BaseException as error:
            ready.put(error)

    thread = threading.Thread(target=read, args=(position,), name="reader", daemon=True)
    thread.start()
    try:
        while (thing := ready.get()) is not None:
            if isinstance(thing, BaseException):
                raise thing
            reached = thing.position
            yield thing
            # Nothing is kept of a piece while the next one is waited for.
            del thing
            if reached > position:
                # A piece ends here, and has been taken in.
                position = reached
                room.release()
    finally:
        over.set()
        room.release()
        thread.join()
