"""All segments as the API shows them, read from the database only after something changed.

Every write of a segment counts in `DefinitionsChange` within its own transaction, so one small row tells whether what is
kept here is still true. An organisation has 500 segments at most, so all of them are kept.
"""

import threading
from dataclasses import dataclass
from typing import Any

from journeyserver.models import Segment, definitions_version
from journeyserver.paging import ordered
from journeyserver.serializers import segment_json


@dataclass(frozen=True)
class Snapshot:
    """The segments at one version of the definitions. Shared by threads: not to be altered.

    `listed` are all of them by name, as a listing shows them unless it is asked otherwise; `active` the oldest first.
    """

    version: int
    listed: tuple[dict[str, Any], ...]
    by_id: dict[str, dict[str, Any]]
    active: list[dict[str, Any]]


_latest = Snapshot(-1, (), {}, [])
_lock = threading.Lock()


def snapshot() -> Snapshot:
    """The segments as they are now. One row is read while nothing changes."""
    global _latest
    version = definitions_version()
    if _latest.version == version:
        return _latest
    with _lock:
        if _latest.version != version:
            # Read after the version: a change in between only means reading them once more.
            rows = [segment_json(row) for row in Segment.objects.order_by("created", "id")]
            listed = tuple(ordered(rows, [("displayName", False)]))
            active = [row for row in rows if row["isActive"]]
            _latest = Snapshot(version, listed, {row["id"]: row for row in rows}, active)
        return _latest


def active_definitions() -> list[dict[str, Any]]:
    """The active segments, oldest first."""
    return snapshot().active
