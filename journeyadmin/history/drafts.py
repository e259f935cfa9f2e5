"""Drafts: what a person typed into a form, kept until it is saved or thrown away.

A person belongs to one connection, so drafts of two connections never meet.
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from journeyadmin.history.models import Draft
from journeyadmin.http import JourneyRequest

KEPT = timedelta(days=30)


def keep(request: JourneyRequest, kind: str, object_id: str, data: Any, base_version: int | None) -> Draft:
    """Keeps `data` (anything JSON can hold) as this person's one draft of the object; an empty id means a new one."""
    Draft.objects.filter(person=request.user, changed__lt=timezone.now() - KEPT).delete()
    draft, _ = Draft.objects.update_or_create(
        person=request.user,
        kind=kind,
        object_id=object_id,
        defaults={"data": data, "base_version": base_version},
    )
    return draft


def find(request: JourneyRequest, kind: str, object_id: str) -> Draft | None:
    """This person's draft, or None. `.changed` says from when it is, `.base_version` what it was based on."""
    return Draft.objects.filter(person=request.user, kind=kind, object_id=object_id).first()


def drop(request: JourneyRequest, kind: str, object_id: str) -> None:
    Draft.objects.filter(person=request.user, kind=kind, object_id=object_id).delete()
