"""The grid: many segments edited like a sheet. Everything it writes is a plan first, as every change of many."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from journeyadmin.accounts.kept import typed
from journeyadmin.accounts.permissions import require
from journeyadmin.contract.operations import UPDATE_SEGMENT
from journeyadmin.files import reading
from journeyadmin.history.models import Kind
from journeyadmin.htmx import go_to
from journeyadmin.http import JourneyRequest
from journeyadmin.middleware import error_words
from journeyadmin.plans import planning
from journeyadmin.runs import begin
from journeyadmin.runs.models import LONGEST_BACK
from journeyadmin.service import Forbidden, JourneyError, SignInExpired
from segments import activity, catalogue, grid
from segments.filters import Asked
from segments.places import BACK, back_of, list_of

Json = dict[str, Any]


@require_http_methods(["GET", "POST"])
def segment_grid(request: JourneyRequest) -> HttpResponse:
    require(request, UPDATE_SEGMENT.permission)
    back = list_of(back_of(request))
    if request.method == "POST":
        if grid.ROW in request.POST:
            return _plan(request, back)
        return _opened(request, request.POST.getlist("id"), back)
    kept = typed(request)
    if kept is not None and grid.ROW in kept:
        return _page(request, grid.posted(kept), list_of(kept.get(BACK, "")), {"retyped": True})
    if "run" in request.GET:
        # Back from the plan: its rows, with what was typed for it.
        return _opened(request, begin.objects(request, request.GET["run"], Kind.SEGMENT), back)
    asked = Asked.of(request.GET)
    activities = activity.read_if_possible(request) if asked.needs_activity else None
    rows = asked.apply(catalogue.read(request, fresh=True), activities)
    query = asked.params.urlencode()
    back = reverse("segments:list") + (f"?{query}" if query else "")
    return _page(request, [grid.Row.of(row.entity) for row in rows], back, {"read": timezone.now()})


def _opened(request: JourneyRequest, ids: list[str], back: str) -> HttpResponse:
    """The grid of these segments, in the order of the list."""
    wanted = set(ids)
    steps = begin.planned(request, request.GET.get("run", ""), Kind.SEGMENT)
    rows = [
        grid.Row.of(row.entity, steps[row.id].body if row.id in steps else None)
        for row in Asked().apply(catalogue.read(request, fresh=True), None)
        if row.id in wanted
    ]
    if not rows:
        messages.info(request, _("No segment is selected."))
        return go_to(request, back)
    return _page(request, rows, back, {"read": timezone.now()})


def _plan(request: JourneyRequest, back: str) -> HttpResponse:
    rows = grid.posted(request.POST)
    try:
        held = reading.held_here(request, targets=False).segments
    except (SignInExpired, Forbidden):
        raise
    except JourneyError as error:
        return _page(request, rows, back, {"failed": error}, error_words(request, error)[0])
    rows, steps = grid.planned(rows, held)
    if "again" in request.POST:
        # Read again, nothing more: what was typed stays, and where somebody saved meanwhile the row says so.
        return _page(request, rows, back, {"read": timezone.now()})
    changes = sum(step.operation == planning.UPDATE for step in steps)
    if not changes:
        return _page(request, rows, back, {"refused": True, "read": timezone.now()}, 422)
    title = ngettext("Change %s segment in the grid", "Change %s segments in the grid", changes) % changes
    run = begin.begin(request, title, steps)
    grid_again = f"{request.path}?{urlencode({'run': str(run.pk), BACK: back})}"
    # A list whose address is longer than can be kept is found unfiltered.
    run.back = grid_again if len(grid_again) <= LONGEST_BACK else f"{request.path}?run={run.pk}"
    run.save(update_fields=["back"])
    return go_to(request, run.get_absolute_url())


def _page(
    request: JourneyRequest, rows: list[grid.Row], back: str, context: Json | None = None, status: int = 200
) -> HttpResponse:
    context = {"rows": rows, "back": back, "wrong": [row for row in rows if row.wrong], **(context or {})}
    context["changed"] = any(row.touched for row in rows)
    return render(request, "segments/grid.html", context, status=status)
