"""The list of segments: which of these still do anything?"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from journeyadmin import clocks
from journeyadmin.contract.operations import UPDATE_SEGMENT
from journeyadmin.contract.segments import MAX_SEGMENTS
from journeyadmin.history import lastknown
from journeyadmin.htmx import announce, answer, is_partial
from journeyadmin.http import JourneyRequest
from journeyadmin.listviews import named
from journeyadmin.listviews.models import ListView
from journeyadmin.service import Forbidden, JourneyError, SignInExpired
from segments import activity, catalogue, table
from segments.filters import COLUMNS, UNUSED, Asked, is_unused, too_young
from segments.places import AT, PANEL
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
        found = _read_again(request, found)
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
        "fresh": "fresh" in request.GET,
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


@require_GET
def segment_row(request: JourneyRequest, segment_id: str) -> HttpResponse:
    """The row of a segment that was being created, once the service lists it; before that nothing is swapped."""
    try:
        found = catalogue.read(request, fresh=True)
    except SignInExpired:
        raise
    except JourneyError:
        return HttpResponse(status=204)
    if segment_id in found.pending:
        return HttpResponse(status=204)
    row = found.find(segment_id)
    if row is None:
        return HttpResponse()
    _views, opening = named.views_of(request, PLACE)
    asked = Asked.of(request.GET, opening)
    drawn = _table(request, [row], found, asked, _numbers(request, True), again=segment_id)
    return announce(HttpResponse(drawn), _("“%s” is created.") % row.name)


def _answer(
    request: JourneyRequest, asked: Asked, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The page, the list, or the panel beside it alone."""
    if panel.is_alone(request):
        return panel.answer(request, asked, context, status)
    return answer(request, "segments/list.html", "segments/_found.html", context, status=status)


def _read_again(request: JourneyRequest, found: catalogue.Catalogue) -> catalogue.Catalogue:
    """What the service lists now; where it does not say, what was kept, which tells how old it is."""
    try:
        return catalogue.read(request, fresh=True)
    except SignInExpired:
        raise
    except JourneyError:
        return found


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
    again: str = "",
) -> SafeString:
    """The rows as HTML; `numbers` is what `_numbers` found, `again` the row that takes the place of itself."""
    activities: activity.Activities | None = numbers.get("activities")
    manner = table.Manner(
        language=translation.get_language(),
        zone=timezone.get_current_timezone_name(),
        clock=clocks.active(),
        can_edit=request.may(UPDATE_SEGMENT.permission),
        no_activity="no_activity" in numbers,
        back=asked.back,
        panel=asked.with_(panel=""),
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
            young=too_young(row) if asked.unused or asked.query.asks(UNUSED) else None,
            focused=row.id == at,
            swapped=row.id in found.pending or row.id == again,
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
