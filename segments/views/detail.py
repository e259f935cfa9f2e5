"""The page of one segment: what it says, what it does, how it came to be."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from journeyadmin.history import lastknown, log
from journeyadmin.http import JourneyRequest
from journeyadmin.service import Forbidden, JourneyError, NotFound, SignInExpired
from segments import activity, catalogue, reading, recent
from segments.places import at_row, back_of, list_of, with_back
from segments.warnings import find

Json = dict[str, Any]
SHOWN_CHANGES = 5


@require_GET
def segment_view(request: JourneyRequest, segment_id: str) -> HttpResponse:
    back = list_of(back_of(request))
    last: lastknown.LastKnown | None = None
    try:
        segment, pending = request.journey.get_segment(segment_id), False
    except NotFound:
        created = recent.pending(request, segment_id)
        if created is None:
            return gone(request, segment_id)
        segment, pending = created, True
    except SignInExpired:
        raise
    except JourneyError as error:
        last = lastknown.instead_of(request, "segment", error)
        known = last.find(segment_id) if last is not None else None
        if known is None:
            raise
        segment, pending = known, False
    if not pending and last is None:
        log.notice(request, "segment", [segment])
    found = catalogue.known(request)
    context = {
        "row": catalogue.describe(segment),
        "segment": segment,
        "read": None if pending or last else timezone.now(),
        "pending": pending,
        "last_known": last,
        "context_patterns": reading.read(segment, "context"),
        "journey_patterns": reading.read(segment, "journey"),
        "warnings": find(segment),
        "twins": found.twins.get(segment_id, []) if found else [],
        "changes": log.changes_of(request.connection, "segment", segment_id)[:SHOWN_CHANGES],
        "json": json.dumps(segment, indent=2, ensure_ascii=False),
        "back": back,
        "to_list": at_row(back, segment_id),
        "here": with_back(request.path, back),
    }
    return render(request, "segments/view.html", context)


@require_GET
def segment_activity(request: JourneyRequest, segment_id: str) -> HttpResponse:
    """The last 30 days of one segment, after the page."""
    context: Json = {"segment_id": segment_id}
    if not request.may(activity.PERMISSION):
        context["no_activity"] = Forbidden(permissions=[activity.PERMISSION])
        return render(request, "segments/_month.html", context)
    try:
        found = activity.read(request, fresh="fresh" in request.GET)
    except SignInExpired:
        raise
    except JourneyError as error:
        context["no_activity"] = error
    else:
        context |= {"activity": found.of(segment_id), "read": found.read, "kept": found.kept}
    return render(request, "segments/_month.html", context)


def absent(request: JourneyRequest, segment_id: str) -> HttpResponse:
    """The page in place of one about a segment that the service does not know: it is being created, or it is gone."""
    created = recent.pending(request, segment_id)
    if created is None:
        return gone(request, segment_id)
    back = list_of(back_of(request))
    context = {
        "name": catalogue.describe(created).name,
        "to_list": at_row(back, segment_id),
        "to_segment": with_back(reverse("segments:view", args=[segment_id]), back),
        "again": request.get_full_path(),
        "wait": recent.AGAIN_SECONDS,
    }
    return render(request, "segments/pending.html", context, status=200 if request.method == "GET" else 409)


def gone(request: JourneyRequest, segment_id: str) -> HttpResponse:
    """No such segment (any more): what the history knows of it, and the way on."""
    last = log.changes_of(request.connection, "segment", segment_id).first()
    was = (last.before if last.after is None else last.after) if last is not None else None
    context = {
        "deleted_here": recent.was_deleted(request, segment_id),
        "last": last,
        "was": was,
        "sentence": catalogue.describe({"id": segment_id} | was).sentence if was else "",
        "to_list": list_of(back_of(request)),
        "create": f"{reverse('segments:new')}?from_history={segment_id}" if was else "",
    }
    return render(request, "segments/gone.html", context, status=404)
