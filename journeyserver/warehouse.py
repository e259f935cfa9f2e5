"""The warehouse that the settings name, opened once per process and closed at its end, and its one taker of live reports."""

import atexit
import threading

from django.conf import settings
from django.db import connections

from journeyserver.definitions import active_definitions
from journeyserver.engine.backends import open_engine
from journeyserver.engine.backends.base import Backend
from journeyserver.ingest.live import Live

_lock = threading.RLock()
_opened: Backend | None = None


def backend() -> Backend:
    """The open warehouse. Raises Busy where another process owns it, WarehouseError where it cannot be used.

    Only the process that serves, or a command that works without a server, may call this: it takes the file's lock.
    """
    global _opened
    with _lock:
        if _opened is None:
            _opened = open_engine(settings.ENGINE, settings.WAREHOUSE_PATH)
            atexit.register(close)
        return _opened


def close() -> None:
    """Takes in what waits and closes the warehouse, so that another process may open it. Closing twice is fine."""
    global _opened
    live.stop()
    with _lock:
        if _opened is not None:
            _opened.close()
            _opened = None


live = Live(backend, active_definitions, connections.close_all)
