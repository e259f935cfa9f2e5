"""A circuit per service: after several calls in a row without any answer, calls fail at once for a moment instead of waiting.

A process keeps its own: what one process learnt of a service that is down, another learns within a few calls, and nothing
that is shown or saved depends on it.
"""

import threading
import time
from collections.abc import Callable

FAILURES = 6
OPEN_SECONDS = 3.0


class Circuit:
    """Closed while calls are answered; open after `FAILURES` without an answer; then one call a `OPEN_SECONDS` tries again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._next_try = 0.0

    def refuses(self) -> float:
        """Seconds until the next call may try; 0 lets this call through."""
        with self._lock:
            if self._failures < FAILURES:
                return 0.0
            now = self._clock()
            if now < self._next_try:
                return self._next_try - now
            self._next_try = now + OPEN_SECONDS
            return 0.0

    def answered(self) -> None:
        """Any answer closes it, an error's too: somebody is there."""
        with self._lock:
            self._failures = 0

    def unanswered(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures == FAILURES:
                self._next_try = self._clock() + OPEN_SECONDS


_circuits: dict[str, Circuit] = {}
_lock = threading.Lock()


def circuit_of(base_url: str) -> Circuit:
    with _lock:
        return _circuits.setdefault(base_url, Circuit())
