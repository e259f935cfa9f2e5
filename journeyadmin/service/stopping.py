"""Ending a call to the service when nobody waits for its answer any more: its connection is closed, and the service may stop."""

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter

LOOK_SECONDS = 0.1
_thread = threading.local()


class Waiting:
    """The connection that one thread's call waits at; `stopped` once it was closed because nobody waits."""

    def __init__(self) -> None:
        self.stopped = False
        self._at: socket.socket | None = None
        self._lock = threading.Lock()

    def at(self, connection: Any) -> None:
        with self._lock:
            self._at = connection if isinstance(connection, socket.socket) else None
            if self.stopped:
                self._close()

    def stop(self) -> None:
        with self._lock:
            self.stopped = True
            self._close()

    def _close(self) -> None:
        if self._at is not None:
            with suppress(OSError):
                self._at.shutdown(socket.SHUT_RDWR)


class _Watch:
    """One thread that looks after all calls of this process: starting one for each call costs more than the call's own work."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._calls: dict[Waiting, Callable[[], bool]] = {}
        self._watcher: threading.Thread | None = None

    def add(self, waiting: Waiting, gone: Callable[[], bool]) -> None:
        with self._changed:
            self._calls[waiting] = gone
            # Not alive in a process that was forked from one where it ran.
            if self._watcher is None or not self._watcher.is_alive():
                self._watcher = threading.Thread(target=self._look, daemon=True)
                self._watcher.start()
            self._changed.notify()

    def remove(self, waiting: Waiting) -> None:
        with self._changed:
            self._calls.pop(waiting, None)

    def _look(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._calls))
            time.sleep(LOOK_SECONDS)
            with self._changed:
                calls = list(self._calls.items())
            for waiting, gone in calls:
                if gone():
                    waiting.stop()
                    self.remove(waiting)


_watch = _Watch()


@contextmanager
def while_awaited(gone: Callable[[], bool]) -> Iterator[None]:
    """Calls of this thread end soon after `gone()` is true, which raises nothing; they raise NobodyWaits then."""
    waiting = Waiting()
    _thread.waiting = waiting
    _watch.add(waiting, gone)
    try:
        yield
    finally:
        _thread.waiting = None
        _watch.remove(waiting)
        # The connection is another call's now.
        waiting.at(None)


def is_stopped() -> bool:
    """Whether this thread's call was ended because nobody waits for it."""
    waiting: Waiting | None = getattr(_thread, "waiting", None)
    return waiting is not None and waiting.stopped


def is_closed(connection: Any) -> bool:
    """Whether the other side of a browser's connection has closed it. A byte that waits is a next request, not an end."""
    if not isinstance(connection, socket.socket):
        return False
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


def _sent(connection: Any) -> None:
    waiting: Waiting | None = getattr(_thread, "waiting", None)
    if waiting is not None:
        waiting.at(connection.sock)


class _Plain(urllib3.connection.HTTPConnection):
    def request(self, *args: Any, **kwargs: Any) -> None:
        super().request(*args, **kwargs)
        _sent(self)


class _Secure(urllib3.connection.HTTPSConnection):
    def request(self, *args: Any, **kwargs: Any) -> None:
        super().request(*args, **kwargs)
        _sent(self)


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Secure


class Adapter(HTTPAdapter):
    """An adapter of requests whose connections can be closed while they wait."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
