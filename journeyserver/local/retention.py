"""How JOURNEYSERVER_RETENTION_DAYS is shown; `daily.py` applies it in the server, `python -m journeyserver retention` without one."""

from typing import Any

from django.conf import settings

from journeyserver import warehouse
from journeyserver.local import removal


def shown() -> dict[str, Any]:
    """The setting, and when it was last applied."""
    last = removal.last_retention(warehouse.backend())
    return {
        "days": settings.RETENTION_DAYS,
        "lastRun": last.get("lastRun"),
        "removed": last.get("removed", 0),
    }
