"""Deleting a segment: which one, what it still does, what uses it, and what would do instead."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from journeyadmin.accounts.kept import form_data
from journeyadmin.accounts.permissions import require
from journeyadmin.accounts.production import misnamed
from journeyadmin.contract.operations import DELETE_SEGMENT, UPDATE_SEGMENT
from journeyadmin.history import drafts
from journeyadmin.history.reasons import ReasonForm, required
from journeyadmin.history.writes import Writer
from journeyadmin.htmx import go_to
from journeyadmin.http import JourneyRequest
from journeyadmin.service import Forbidden, JourneyError, NotFound, SignInExpired
from journeyadmin.uses import uses_of
from segments import activity, catalogue, filters, recent
from segments.places import at_row, back_of, list_of
from segments.views import detail

Json = dict[str, Any]


@require_http_methods(["GET", "POST"])
def segment_delete(request: JourneyRequest, segment_id: str) -> HttpResponse:
    require(request, DELETE_SEGMENT.permission)
    # Read before the write: it tells which row will take this one's place.
    found = catalogue.known(request)
    try:
        segment = request.journey.get_segment(segment_id)
    except NotFound:
        if request.method == "GET" or recent.pending(request, segment_id) is not None:
            return detail.absent(request, segment_id)
        return _deleted(request, segment_id, "", found)
    form = ReasonForm(form_data(request), required=required(request))
    if request.method == "GET":
        return _ask(request, segment, form)
    if request.POST.get("instead") == "deactivate":
        return _deactivated(request, segment, form)
    if not form.is_valid() or misnamed(request):
        return _ask(request, segment, form, misnamed=misnamed(request), status=422)
    try:
        Writer.of(request, form.cleaned_data["reason"]).delete_segment(segment)
    except SignInExpired:
        raise
    except NotFound:
        return _deleted(request, segment_id, str(segment["displayName"]), found)
    except JourneyError as error:
        return _ask(request, segment, form, failed=error, status=502 if error.unsure else 409)
    return _deleted(request, segment_id, str(segment["displayName"]), found)


def _ask(
    request: JourneyRequest, segment: Json, form: ReasonForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "row": catalogue.describe(segment),
        "form": form,
        "month": None,
        "uses": uses_of(request, "segment", str(segment["id"])),
        "can_edit": request.may(UPDATE_SEGMENT.permission),
        "back": back_of(request),
        "to_list": at_row(list_of(back_of(request)), str(segment["id"])),
        "cancel": at_row(back_of(request), str(segment["id"])),
        **more,
        **_month(request, str(segment["id"])),
    }
    return render(request, "segments/delete.html", context, status=status)


def _month(request: JourneyRequest, segment_id: str) -> Json:
    """Its assignments in 30 days, or why they cannot be told."""
    try:
        if not request.may(activity.PERMISSION):
            raise Forbidden(permissions=[activity.PERMISSION])
        activities = activity.read(request)
        return {"month": activities.of(segment_id).month, "activities": activities}
    except SignInExpired:
        raise
    except JourneyError as error:
        return {"no_activity": error}


def _deactivated(request: JourneyRequest, segment: Json, form: ReasonForm) -> HttpResponse:
    require(request, UPDATE_SEGMENT.permission)
    if not form.is_valid():
        return _ask(request, segment, form, status=422)
    try:
        after = Writer.of(request, form.cleaned_data["reason"]).change_segment(segment, {"isActive": False})
    except SignInExpired:
        raise
    except NotFound:
        return detail.gone(request, str(segment["id"]))
    except JourneyError as error:
        return _ask(request, segment, form, failed=error, status=502 if error.unsure else 409)
    messages.success(request, _("“%s” is inactive now. Its history stays.") % after["displayName"])
    return go_to(request, at_row(back_of(request), str(segment["id"])))


def _deleted(
    request: JourneyRequest, segment_id: str, name: str, found: catalogue.Catalogue | None
) -> HttpResponse:
    """Back to the list as it was, with the focus on the row that took its place."""
    back = list_of(back_of(request))
    asked = filters.Asked.of(QueryDict(urlsplit(back).query))
    activities = activity.read_if_possible(request) if asked.needs_activity else None
    rows = asked.apply(found, activities) if found else []
    neighbour = filters.neighbour(rows, segment_id)
    recent.note_deleted(request, segment_id)
    drafts.drop(request, "segment", segment_id)
    messages.success(
        request, _("“%s” is deleted.") % name if name else _("This segment had been deleted already.")
    )
    return go_to(request, at_row(back, neighbour))
