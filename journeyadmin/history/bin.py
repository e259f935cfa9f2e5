"""The bin: segments deleted in the last 30 days, here or outside, and bringing one back as a new segment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from journeyadmin import wording
from journeyadmin.history import log
from journeyadmin.history.models import Change, Kind, Operation
from journeyadmin.history.writes import Writer
from journeyadmin.http import JourneyRequest
from journeyadmin.plans import planning

KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Deleted:
    """A deleted segment; `restored` is the change that brought it back, if any did."""

    change: Change
    segment: Mapping[str, Any]
    restored: Change | None

    @property
    def sentence(self) -> str:
        return wording.sentence(self.segment)

    @property
    def until(self) -> datetime:
        return self.change.when + KEPT


def contents(request: JourneyRequest) -> list[Deleted]:
    """The latest first."""
    gone = log.all_changes(request.connection).filter(
        kind=Kind.SEGMENT,
        operation__in=(Operation.DELETE, Operation.GONE),
        when__gt=timezone.now() - KEPT,
        before__isnull=False,
    )
    restored = {
        change.restores_id: change
        for change in log.all_changes(request.connection).filter(restores__in=gone.values("pk"))
    }
    return [Deleted(change, change.before or {}, restored.get(change.pk)) for change in gone]


def find(request: JourneyRequest, pk: int) -> Deleted | None:
    return next((one for one in contents(request) if one.change.pk == pk), None)


def restore(request: JourneyRequest, deleted: Deleted, reason: str) -> dict[str, Any]:
    """A new segment with the content of the deleted one; the service gives it a new id. Raises `JourneyError`."""
    body = planning.creation(deleted.segment).body or {}
    return Writer.of(request, reason).create_segment(body, Operation.RESTORE, restores=deleted.change)
