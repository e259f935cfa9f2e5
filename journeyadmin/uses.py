"""What of this dashboard uses a segment or a target: saved queries, dashboards, alerts. Asked before something is deleted.

An app says it by a function `(request, kind, object_id) -> Iterable[Use]`, named in settings.USES_SOURCES.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from journeyadmin.http import JourneyRequest


@dataclass(frozen=True)
class Use:
    """`what` is the kind of thing in words, `path` its page."""

    what: str
    name: str
    path: str


def uses_of(request: JourneyRequest, kind: str, object_id: str) -> list[Use]:
    """Everything that names this object; `kind` is "segment" or "actiontarget"."""
    found: list[Use] = []
    for source in settings.USES_SOURCES:
        uses: Iterable[Use] = import_string(source)(request, kind, object_id)
        found += uses
    return found
