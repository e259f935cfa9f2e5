"""Overlap with other segments: of what is typed, in the editor, and of a saved segment, as a page and a piece of its page."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from journeyadmin import htmx
from journeyadmin.accounts.capabilities import offers
from journeyadmin.http import JourneyRequest
from journeyadmin.service import JourneyError, NotFound, SignInExpired
from segments import audience, overlap, payloads
from segments.places import back_of, list_of, with_back
from segments.sheet import Sheet
from segments.views import detail, editor

Json = dict[str, Any]


def of_sheet(request: JourneyRequest, sheet: Sheet) -> HttpResponse:
    """The overlap of what is typed so far; without HTMX with the form around it."""
    context: Json = {}
    if offers(request, "overlap"):
        days = audience.days_of(request.POST.get("window", ""))
        context = _counted(request, sheet.definition, editor.id_of(sheet), days)
    if not request.htmx:
        return editor.editor(request, sheet, **context)
    context |= {"here": request.get_full_path(), "can_overlap": offers(request, "overlap")}
    return _announced(render(request, "segments/_overlap_form.html", context), context)


@require_GET
def segment_overlap(request: JourneyRequest, segment_id: str) -> HttpResponse:
    try:
        segment = request.journey.get_segment(segment_id)
    except NotFound:
        return detail.absent(request, segment_id)
    days = audience.days_of(request.GET.get("window", ""))
    back = list_of(back_of(request))
    context: Json = {
        "segment": segment,
        "name": str(segment.get("displayName") or segment_id),
        "to_list": back,
        "to_segment": with_back(request.path.removesuffix("overlap"), back),
        "back": request.GET.get("back", ""),
        "days": days,
        "windows": audience.WINDOWS,
        "can_overlap": offers(request, "overlap"),
    }
    if context["can_overlap"]:
        context |= _counted(request, payloads.definition(segment), segment_id, days)
    answer = htmx.answer(request, "segments/overlap.html", "segments/_overlap_page.html", context)
    return _announced(answer, context) if htmx.is_partial(request) else answer


def _counted(request: JourneyRequest, wanted: Json, segment_id: str, days: int) -> Json:
    """`overlap`, or `overlap_failed` with the error."""
    try:
        return {"overlap": overlap.count(request, wanted, segment_id, days)}
    except SignInExpired:
        raise
    except JourneyError as error:
        return {"overlap_failed": error}


def _announced(response: HttpResponse, context: Json) -> HttpResponse:
    found = context.get("overlap")
    return htmx.announce(response, found.told if found is not None else _("Not counted."))
