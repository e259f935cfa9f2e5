"""The panel beside the list: one segment at a glance. `panel=<id>` in the list's address shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.http import push_url, replace_url

from journeyadmin.history import log
from journeyadmin.history.models import Kind
from journeyadmin.htmx import focus_on, is_partial
from journeyadmin.http import JourneyRequest
from segments import reading
from segments.catalogue import Catalogue, Row
from segments.filters import Asked
from segments.places import AT, PANEL, with_back

Json = dict[str, Any]


def is_alone(request: JourneyRequest) -> bool:
    """Whether HTMX asked for the panel and not for the list around it."""
    return is_partial(request) and request.htmx.target == PANEL


def context(
    request: JourneyRequest, asked: Asked, found: Catalogue, rows: Sequence[Row], numbers: Mapping[str, Any]
) -> Json:
    """What the panel shows; nothing where the address names none. `numbers` is what the list knows of the activity."""
    segment_id = request.GET.get(PANEL, "")
    if not segment_id:
        return {}
    row = found.find(segment_id)
    shown: Json = {"closed": asked.with_(**{AT: segment_id}), "takes_focus": AT not in request.GET}
    if row is None:
        return {"panel": shown}
    ids = [one.id for one in rows]
    at = ids.index(row.id) if row.id in ids else None
    activities = numbers.get("activities")
    shown |= {
        "row": row,
        "pending": row.id in found.pending,
        "place": at + 1 if at is not None else None,
        "of": len(ids),
        "before": asked.with_(panel=ids[at - 1]) if at else "",
        "after": asked.with_(panel=ids[at + 1]) if at is not None and at + 1 < len(ids) else "",
        "context_patterns": reading.read(row.entity, "context"),
        "journey_patterns": reading.read(row.entity, "journey"),
        "activity": activities.of(row.id) if activities is not None else None,
        "read": activities.read if activities is not None else None,
        "kept": activities is not None and activities.kept,
        "again": f"{asked.with_(panel=row.id)}&fresh=1",
        "changes": log.changes_of(request.connection, Kind.SEGMENT, row.id)[:1],
        "back": with_back("", reverse("segments:list") + asked.with_(panel=row.id)),
    }
    return {"panel": shown}


def answer(request: JourneyRequest, asked: Asked, shown: Json, status: int = 200) -> HttpResponse:
    """The panel alone. The address follows; stepping on to the next row leaves one entry in the browser's history."""
    response = render(request, "segments/_panel.html", shown, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    segment_id, left = request.GET.get(PANEL, ""), request.GET.get(AT, "")
    address = reverse("segments:list") + asked.with_(panel=segment_id or None).removesuffix("?")
    if f"{PANEL}=" in (request.htmx.current_url or "") and segment_id:
        replace_url(response, address)
    else:
        push_url(response, address)
    return focus_on(response, f'[id="s-{left}"] .row-link') if not segment_id and left else response
