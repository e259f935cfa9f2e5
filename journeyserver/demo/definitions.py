"""Puts the shop's segments, or many for measuring, into the store, held to the same rules as anything sent to the API."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from journeyadmin.contract import segments as limits
from journeyserver import validation
from journeyserver.demo.many import many
from journeyserver.demo.offers import Target
from journeyserver.demo.segments import SEGMENTS
from journeyserver.models import ActionTarget, DefinitionsChange, Segment
from journeyserver.seeds import target_id


def add_segments(end: datetime) -> int:
    """Adds the team's segments that are missing, all switched on; `end` is the end of the month. Says how many."""
    added = 0
    with transaction.atomic():
        DefinitionsChange.count_one()
        for made in SEGMENTS:
            created = end - timedelta(days=made.created_days_ago, hours=made.number)
            changed = end - timedelta(days=made.changed_days_ago, hours=made.number)
            row = _row(made.id, {**made.body, "isActive": True}, created)
            row.version, row.modified = made.version, changed
            added += _add(row)
    return added


def pause() -> None:
    """Switches off what the team has paused; what was assigned until then stays."""
    with transaction.atomic():
        DefinitionsChange.count_one()
        Segment.objects.filter(id__in=[made.id for made in SEGMENTS if made.paused]).update(is_active=False)


def add_many(total: int, seed: int) -> int:
    """Adds generated segments until the store holds `total` of them, or as many as it may. Says how many were added."""
    added = 0
    with transaction.atomic():
        DefinitionsChange.count_one()
        missing = min(total, limits.MAX_SEGMENTS) - Segment.objects.count()
        instant = datetime.now().astimezone()
        for number, (key, body) in enumerate(many(limits.MAX_SEGMENTS, seed)):
            if added >= missing:
                break
            added += _add(_row(key, body, instant - timedelta(days=40, minutes=number)))
    return added


def targets() -> dict[int, Target]:
    """The demo's action targets by their number, with the service levels they have now."""
    numbers = {target_id(number): number for number in range(1, 10)}
    return {
        numbers[row.id]: Target(str(row.id), row.percentage, row.duration_ms / 1000)
        for row in ActionTarget.objects.filter(id__in=numbers)
    }


def _row(key: uuid.UUID, body: dict[str, Any], created: datetime) -> Segment:
    values = validation.new_segment(body)
    name_key = Segment.key_of(values["display_name"])
    created = created.replace(microsecond=created.microsecond // 1000 * 1000)
    return Segment(id=key, **values, name_key=name_key, created=created, modified=created)


def _add(row: Segment) -> bool:
    """Adds it unless it, or another of its name, is there."""
    if Segment.objects.filter(pk=row.pk).exists() or Segment.objects.filter(name_key=row.name_key).exists():
        return False
    row.save(force_insert=True)
    return True
