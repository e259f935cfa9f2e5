"""Looks after the warehouse while the server runs: at its start, after imports, and every few minutes."""

import logging
import threading
from datetime import UTC, datetime

from journeyserver import warehouse
from journeyserver.engine.backends.base import WarehouseError
from journeyserver.ingest import derive
from journeyserver.ingest.upkeep import keep_up

log = logging.getLogger("journeyserver.upkeep")

_EVERY_SECONDS = 600.0


class Upkeep(threading.Thread):
    """Keeps up with what came in."""

    def __init__(self) -> None:
        super().__init__(name="upkeep", daemon=True)
        self._ended = threading.Event()

    def run(self) -> None:
        derive.get_ready()
        while not self._ended.is_set():
            try:
                keep_up(warehouse.backend(), datetime.now(UTC))
            except WarehouseError as error:
                log.error("The facts could not be put in order: %s", error)
            self._ended.wait(_EVERY_SECONDS)

    def stop(self) -> None:
        """Ends it, after what it does at the moment."""
        self._ended.set()
        if self.is_alive():
            self.join()
