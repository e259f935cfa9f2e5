"""Removing what is too old once a day while the server runs. No Django inside."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from journeyserver.engine.backends.base import Backend
from journeyserver.local import removal

log = logging.getLogger("journeyserver.retention")

EVERY = timedelta(days=1)
LOOK_SECONDS = 600.0


class Daily(threading.Thread):
    """Applies the setting at once and then once a day while the server runs; also across restarts, no more often than that."""

    def __init__(
        self,
        days: int,
        backend: Callable[[], Backend],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """`days` are kept; every so many seconds it looks at the clock (UTC, with its zone) whether a day is over."""
        super().__init__(name="retention", daemon=True)
        self._days = days
        self._backend = backend
        self._clock = clock
        self._look_seconds = look_seconds
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                removed = removal.retain_if_due(self._backend(), self._days, self._clock(), EVERY)
                if removed is not None:
                    log.info("Events older than %s days: %s removed.", self._days, removed["events"])
            except Exception as error:
                # Whatever it was: the next look may find it gone, and nobody starts this thread again.
                log.error("Retention could not be applied: %s", error)
            self._ended.wait(self._look_seconds)

    def stop(self) -> None:
        """Ends it, after what it does at the moment."""
        self._ended.set()
        if self.is_alive():
            self.join()
