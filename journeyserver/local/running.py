"""Work that can be stopped: by a time limit, by a newer question of the same form, by a caller who asks or is gone."""

import select
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from journeyserver.engine.backends.base import Backend, Cursor, QueryStopped

Reason = Literal["timeLimit", "replaced", "cancelled"]
# Who asks, and from which form ("" for none: nothing is replaced then).
Owner = tuple[str, str]

_LOOK_SECONDS = 0.02


class Stopped(Exception):
    """The work ended before its answer was there."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Work:
    """A reader of the warehouse for one request. After `stop`, what runs ends and nothing more is begun."""

    def __init__(self, cursor: Cursor, seconds: float) -> None:
        self._cursor = cursor
        self._deadline = time.monotonic() + seconds
        self._reason: Reason | None = None
        self._over = threading.Event()
        self._lock = threading.Lock()

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> Mapping[str, Sequence[Any]]:
        """The answer in columns. Raises Stopped, WarehouseError."""
        self.check()
        try:
            return self._cursor.run(sql, parameters)
        except QueryStopped:
            self.check()
            raise

    def tables(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Any]:
        """The answer as Arrow tables, piece by piece. Raises Stopped, WarehouseError."""
        self.check()
        try:
            for piece in self._cursor.tables(sql, parameters):
                self.check()
                yield piece
        except QueryStopped:
            self.check()
            raise

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The answer in rows."""
        columns = self.run(sql, parameters)
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]

    def check(self) -> None:
        """Raises Stopped once the work is to end."""
        if time.monotonic() >= self._deadline:
            self._reason = self._reason or "timeLimit"
        if self._reason is not None:
            raise Stopped(self._reason)

    def stop(self, reason: Reason) -> None:
        self._reason = self._reason or reason
        with self._lock:
            if not self._over.is_set():
                self._cursor.cancel()

    def watch(self, connection: socket.socket | None) -> None:
        """Until the work is over: stops it at its time limit, and when nobody waits for its answer any more."""
        while not self._over.wait(_LOOK_SECONDS):
            if time.monotonic() >= self._deadline:
                self.stop("timeLimit")
            elif connection is not None and _is_gone(connection):
                self.stop("cancelled")
            elif self._reason is not None:
                # The first call may have come between two statements.
                self.stop(self._reason)

    def end(self) -> None:
        with self._lock:
            self._over.set()
            self._cursor.close()


_running: dict[Owner, Work] = {}
_lock = threading.Lock()


@contextmanager
def work(
    backend: Backend, owner: Owner, seconds: float, connection: socket.socket | None = None
) -> Iterator[Work]:
    """Work in place of what still runs for the same owner; `connection` is the one its caller waits at."""
    mine = Work(backend.cursor(), seconds)
    if owner[1]:
        with _lock:
            older = _running.get(owner)
            _running[owner] = mine
        if older is not None:
            older.stop("replaced")
    watcher = threading.Thread(target=mine.watch, args=(connection,), daemon=True)
    watcher.start()
    try:
        yield mine
    finally:
        mine.end()
        watcher.join()
        with _lock:
            if _running.get(owner) is mine:
                del _running[owner]


def stop(owner: Owner) -> None:
    """Stops what runs for this owner; there need not be anything."""
    with _lock:
        found = _running.get(owner)
    if found is not None:
        found.stop("cancelled")


def _is_gone(connection: socket.socket) -> bool:
    """Whether the other side has closed. A byte that waits is a next request, not an end."""
    poll = select.poll()
    try:
        poll.register(connection, select.POLLIN)
        if not poll.poll(0):
            return False
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except (OSError, ValueError):
        return True
