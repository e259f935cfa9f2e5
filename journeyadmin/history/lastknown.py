"""REL5: while the service is down, pages open with what was last read from it, say how old that is, and change nothing.

What was read is what `log.notice` keeps anyway to tell changes from outside; it is there for every process and after a restart.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from journeyadmin.accounts.permissions import READS
from journeyadmin.contract.operations import LIST_ACTION_TARGETS, LIST_SEGMENTS
from journeyadmin.history.models import Kind, Known, ReadWhole
from journeyadmin.http import JourneyRequest
from journeyadmin.service import JourneyError, ServerFault, Unreachable

_SEEN_BY = {Kind.SEGMENT: LIST_SEGMENTS.permission, Kind.ACTION_TARGET: LIST_ACTION_TARGETS.permission}


@dataclass(frozen=True)
class LastKnown:
    """All objects of a kind as they were last read whole, at `read`; `error` is why they could not be read now."""

    entities: list[dict[str, Any]]
    read: datetime
    error: JourneyError

    def find(self, object_id: str) -> dict[str, Any] | None:
        return next((entity for entity in self.entities if entity.get("id") == object_id), None)


def instead_of(request: JourneyRequest, kind: str, error: JourneyError) -> LastKnown | None:
    """What stands in for what could not be read; None where the service is not down, or nothing was there when it was read.

    From then on this request may only read, so that no page offers what would fail.
    """
    # Without the service nobody else says who may see it.
    if not isinstance(error, Unreachable | ServerFault) or not request.may(_SEEN_BY[Kind(kind)]):
        return None
    whole = ReadWhole.objects.filter(connection=request.connection, kind=kind).first()
    known = Known.objects.filter(connection=request.connection, kind=kind).values_list("content", flat=True)
    if whole is None or not known:
        return None
    may = request.may
    request.may = lambda permission: permission in READS and may(permission)  # type: ignore[method-assign]
    return LastKnown(list(known), whole.read, error)
