"""The warehouse that the settings name, opened once per process and closed at its end."""

import atexit
import threading
from importlib import import_module

from django.conf import settings

from journeyserver.engine.backends.base import Backend

_lock = threading.Lock()
_opened: Backend | None = None


def backend() -> Backend:
    """The open warehouse. Raises Busy where another process owns it, WarehouseError where it cannot be used.

    Only the process that serves, or a command that works without a server, may call this: it takes the file's lock.
    """
    global _opened
    with _lock:
        if _opened is None:
            module = import_module(settings.WAREHOUSE_BACKEND)
            _opened = module.open_backend(settings.WAREHOUSE_PATH)
            atexit.register(close)
        return _opened


def close() -> None:
    """Closes the warehouse, so that another process may open it. Closing twice is fine."""
    global _opened
    with _lock:
        if _opened is not None:
            _opened.close()
            _opened = None
