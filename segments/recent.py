"""What this person just created or deleted, so that a service whose list lags behind does not contradict them.

Reads may lag behind a create or delete by up to 30 s (docs/api/journey-api.md §5). Kept in the session, for that long.
"""

import time
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from journeyadmin.service import RateLimited

Json = dict[str, Any]

LAG_SECONDS = 30
SESSION_KEY = "recent_segments"
# Until it is asked again whether the service knows it.
AGAIN_SECONDS = 5


class BeingCreated(RateLimited):
    """The service does not know a segment that was just created here: not an error, but a matter of waiting."""

    def __init__(self) -> None:
        super().__init__(retry_after=AGAIN_SECONDS)

    @property
    def user_message(self) -> str:
        return _("The service is still creating this segment. Nothing was changed; try again in a moment.")


def note_created(request: HttpRequest, segment: Json) -> None:
    _note(request, "created", str(segment["id"]), segment)


def note_deleted(request: HttpRequest, segment_id: str) -> None:
    kept = _kept(request)
    kept["created"].pop(segment_id, None)
    kept["deleted"][segment_id] = [time.time(), None]
    request.session[SESSION_KEY] = kept


def note_there(request: HttpRequest, segment_id: str) -> None:
    """The service saved it: that it did not know it a moment ago was its lag."""
    kept = _kept(request)
    if kept["deleted"].pop(segment_id, None):
        request.session[SESSION_KEY] = kept


def pending(request: HttpRequest, segment_id: str) -> Json | None:
    """The segment as its create answered, while the service may not know it yet."""
    found = _kept(request)["created"].get(segment_id)
    return found[1] if found else None


def was_deleted(request: HttpRequest, segment_id: str) -> bool:
    return segment_id in _kept(request)["deleted"]


def laid_over(request: HttpRequest, listed: list[Json]) -> tuple[list[Json], frozenset[str]]:
    """The listed segments without those just deleted and with those just created; and the ids of the latter, still unlisted."""
    if SESSION_KEY not in request.session:
        return listed, frozenset()
    kept = _kept(request)
    known = {str(segment["id"]) for segment in listed}
    missing = {key: found[1] for key, found in kept["created"].items() if key not in known}
    present = [segment for segment in listed if str(segment["id"]) not in kept["deleted"]]
    return [*present, *missing.values()], frozenset(missing)


def _note(request: HttpRequest, what: str, segment_id: str, segment: Json | None) -> None:
    kept = _kept(request)
    kept[what][segment_id] = [time.time(), segment]
    request.session[SESSION_KEY] = kept


def _kept(request: HttpRequest) -> dict[str, dict[str, list[Any]]]:
    held = request.session.get(SESSION_KEY)
    now = time.time()
    fresh: dict[str, dict[str, list[Any]]] = {"created": {}, "deleted": {}}
    for what, found in fresh.items():
        rows = held.get(what) if isinstance(held, Mapping) else None
        for key, row in (rows or {}).items():
            if now - row[0] < LAG_SECONDS:
                found[key] = row
    return fresh
