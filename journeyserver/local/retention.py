"""Applying JOURNEYSERVER_RETENTION_DAYS: once a day in the server, and by `python -m journeyserver retention`."""

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from journeyserver import warehouse
from journeyserver.engine.backends.base import WarehouseError
from journeyserver.local import removal

log = logging.getLogger("journeyserver.retention")

EVERY = timedelta(days=1)
_LOOK_SECONDS = 600.0


def shown() -> dict[str, Any]:
    """The setting, and when it was last applied."""
    last = removal.last_retention(warehouse.backend())
    return {
        "days": settings.RETENTION_DAYS,
        "lastRun": last.get("lastRun"),
        "removed": last.get("removed", 0),
    }


class Daily(threading.Thread):
    """Applies the setting once a day while the server runs."""

    def __init__(self) -> None:
        super().__init__(name="retention", daemon=True)
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                self._apply(datetime.now(UTC))
            except WarehouseError as error:
                log.error("Retention could not be applied: %s", error)
            self._ended.wait(_LOOK_SECONDS)

    def _apply(self, now: datetime) -> None:
        backend = warehouse.backend()
        last = removal.last_retention(backend).get("lastRun")
        if last is None or now - datetime.fromisoformat(last) >= EVERY:
            removed = removal.retain(backend, settings.RETENTION_DAYS, now)
            log.info("Events older than %s days: %s removed.", settings.RETENTION_DAYS, removed["events"])

    def stop(self) -> None:
        """Ends it, after what it does at the moment."""
        self._ended.set()
        if self.is_alive():
            self.join()
