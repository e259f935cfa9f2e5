"""The list of segments: which of these still do anything?"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from journeyadmin import clocks
from journeyadmin.accounts.permissions import require
from journeyadmin.contract.operations import CREATE_SEGMENT, DELETE_SEGMENT, UPDATE_SEGMENT
from journeyadmin.contract.segments import MAX_SEGMENTS
from journeyadmin.history import lastknown, log
from journeyadmin.history.log import content
from journeyadmin.htmx import announce, answer, go_to, is_partial
from journeyadmin.http import JourneyRequest
from journeyadmin.listviews import named
from journeyadmin.listviews.models import ListView
from journeyadmin.service import Conflict, Forbidden, JourneyError, NotFound, SignInExpired
from segments import activity, catalogue, recent, table
from segments.filters import COLUMNS, Asked, is_unused, too_young
from segments.places import AT, PANEL, at_row, back_of
from segments.views import panel
from segments.views.named import PLACE

VIEW = "journey:segment:view"


@require_GET
def segment_list(request: JourneyRequest) -> HttpResponse:
    views, opening = named.views_of(request, PLACE)
    asked = Asked.of(request.GET, opening)
    context: dict[str, Any] = {"asked": asked, "words": _unknown_words(asked), "all_columns": COLUMNS}
    if not request.may(VIEW):
        context["refused"] = Forbidden(permissions=[VIEW])
        return _answer(request, asked, context, status=403)
    try:
        found = catalogue.read(request, fresh="fresh" in request.GET)
    except SignInExpired:
        raise
    except Forbidden as error:
        context["refused"] = error
        return _answer(request, asked, context, status=403)
    except JourneyError as error:
        last = lastknown.instead_of(request, "segment", error)
        if last is None:
            context["failed"] = error
            return _answer(request, asked, context, status=502)
        found = catalogue.as_last_known(request, last)
        context |= {"last_known": last, "no_activity": error}
    else:
        wanted = asked.needs_activity or "activity" in request.GET or PANEL in request.GET
        context |= _numbers(request, wanted)
    activities = context.get("activities")
    rows = asked.apply(found, activities)
    if not rows and found.kept and "last_known" not in context:
        # Before it says that nothing matches, it looks again.
        found = catalogue.read(request, fresh=True)
        rows = asked.apply(found, activities)
    context |= panel.context(request, asked, found, rows, context)
    if panel.is_alone(request):
        return panel.answer(request, asked, context)
    context |= {
        "catalogue": found,
        "rows": rows,
        "table": _table(request, rows, found, asked, context),
        "chips": asked.chips(found, activities),
        "headings": asked.headings(),
        "most": MAX_SEGMENTS,
        "named_views": views,
        "named_as": tuple(
            (view.pk, view.name, view.query, view.shared, view.person == request.user or str(view.person))
            for view in views
        ),
        "named_here": _here(views, asked, Asked.of(request.GET) if opening else asked),
        "unused": sum(is_unused(row, activities) for row in found.rows) if activities is not None else None,
    }
    response = _answer(request, asked, context)
    if is_partial(request):
        announce(response, _("%(shown)s of %(all)s segments.") % {"shown": len(rows), "all": len(found.rows)})
    return response


@require_GET
def segment_list_activity(request: JourneyRequest) -> HttpResponse:
    """The activity column, after the table: cells that take their places by id."""
    context = _numbers(request, True)
    activities = context.get("activities")
    if activities is not None:
        found = catalogue.read(request)
        shown = Asked.of(request.GET).apply(found, activities)
        context["cells"] = [(row.id, activities.of(row.id)) for row in shown]
        context["unused"] = sum(is_unused(row, activities) for row in found.rows)
    return render(request, "segments/_activity_cells.html", context)


@require_POST
def segment_active(request: JourneyRequest, segment_id: str) -> HttpResponse:
    """Switches one segment on or off, on the version that was seen; the message offers the way back."""
    require(request, UPDATE_SEGMENT.permission)
    # `on:7`: the state wanted, and the version that was seen.
    state, _colon, version = request.POST.get("to", "").partition(":")
    patch: dict[str, Any] = {"isActive": state == "on"}
    if version.isascii() and version.isdigit():
        patch["version"] = int(version)
    before = request.journey.get_segment(segment_id)
    try:
        after = request.journey.update_segment(segment_id, patch)
    except Conflict as error:
        # Sent again after a lost answer, it may have met itself: then it is as wanted.
        now = request.journey.get_segment(segment_id) if error.stale else before
        if before.get("version") == patch.get("version") and content(now) == content(before | patch):
            log.notice(request, "segment", [now])
            return _switched(request, now, undo=True)
        messages.error(request, _not_switched(now, error))
        return _switched(request, now)
    except NotFound:
        recent.note_deleted(request, segment_id)
        messages.error(request, _("Someone deleted this segment in the meantime."))
        return _back(request, segment_id)
    log.record(request, "update", "segment", segment_id, str(after.get("displayName", "")), before, after)
    return _switched(request, after, undo=before.get("isActive") is not after.get("isActive"))


def _answer(
    request: JourneyRequest, asked: Asked, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The page, the list, or the panel beside it alone."""
    if panel.is_alone(request):
        return panel.answer(request, asked, context, status)
    return answer(request, "segments/list.html", "segments/_found.html", context, status=status)


def _not_switched(before: dict[str, Any], error: Conflict) -> str:
    if not error.stale:
        return error.user_message
    state = _("active") if before.get("isActive") else _("inactive")
    return _(
        "“%(name)s” was changed by someone else since you opened the list, so it was not switched. It is %(state)s "
        "now; switch it again if you still want to."
    ) % {"name": before.get("displayName", ""), "state": state}


def _switched(request: JourneyRequest, segment: dict[str, Any], *, undo: bool = False) -> HttpResponse:
    row = catalogue.describe(segment)
    done = _("“%s” is active now.") if row.active else _("“%s” is inactive now.")
    if not is_partial(request):
        if undo:
            messages.success(request, done % row.name)
        return _back(request, row.id)
    context = {"row": row, "undo": undo, "done": done % row.name}
    response = render(request, "segments/_switched.html", context)
    return announce(response, done % row.name) if undo else response


def _back(request: JourneyRequest, segment_id: str) -> HttpResponse:
    return go_to(request, at_row(back_of(request), segment_id))


def _numbers(request: JourneyRequest, wanted: bool) -> dict[str, Any]:
    """The activity of all segments, or in words why there is none."""
    if not request.may(activity.PERMISSION):
        return {"no_activity": Forbidden(permissions=[activity.PERMISSION]), "missing": activity.PERMISSION}
    if not wanted:
        return {}
    try:
        return {"activities": activity.read(request, fresh="fresh" in request.GET)}
    except SignInExpired:
        raise
    except Forbidden as error:
        return {"no_activity": error, "missing": " ".join(error.permissions)}
    except JourneyError as error:
        return {"no_activity": error}


def _here(views: list[ListView], *asked: Asked) -> ListView | None:
    """The view that this list is: with the columns it opens with, or without."""
    queries = {one.params.urlencode() for one in asked} - {""}
    return next((view for view in views if view.query in queries), None)


def _table(
    request: JourneyRequest,
    rows: list[catalogue.Row],
    found: catalogue.Catalogue,
    asked: Asked,
    numbers: dict[str, Any],
) -> SafeString:
    """The rows as HTML; `numbers` is what `_numbers` found."""
    activities: activity.Activities | None = numbers.get("activities")
    manner = table.Manner(
        language=translation.get_language(),
        zone=timezone.get_current_timezone_name(),
        clock=clocks.active(),
        can_edit=request.may(UPDATE_SEGMENT.permission),
        can_add=request.may(CREATE_SEGMENT.permission),
        can_delete=request.may(DELETE_SEGMENT.permission),
        no_activity="no_activity" in numbers,
        back=asked.back,
        panel=asked.with_(panel=""),
        new_path=reverse("segments:new"),
        chosen=request.GET.get("select") == "all",
        columns=asked.columns,
    )
    at = request.GET.get(AT, "")
    entries = [
        table.Entry(
            row,
            pending=row.id in found.pending,
            twins=found.twins.get(row.id, ()),
            activity=activities.of(row.id) if activities is not None else None,
            young=too_young(row) if asked.unused else None,
            focused=row.id == at,
        )
        for row in rows
    ]
    return table.drawn(entries, manner)


def _unknown_words(asked: Asked) -> str:
    if not asked.query.unknown:
        return ""
    return _(
        "“%(word)s” is not a word this search knows, so it is looked for as text. It knows key: value: op: event: "
        "is: and changed:"
    ) % {"word": "”, “".join(asked.query.unknown)}
