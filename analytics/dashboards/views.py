"""Dashboards: a page of tiles, each tile's answer, making and editing one's own."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import reselect, reswap, retarget

from analytics import answering, builder, checks, forms, page
from analytics.answers import AT_LEAST, PERMISSION
from analytics.dashboards import boards, files, ready, scope
from analytics.dashboards.forms import DashboardForm
from analytics.dashboards.ready import Board, Tile
from analytics.dashboards.scope import INTERVALS, Scope
from analytics.models import Dashboard
from analytics.names import Names
from analytics.question import Question, address, read, small_number
from analytics.ranges import RangeError
from journeyadmin import htmx, service
from journeyadmin.accounts.kept import form_data
from journeyadmin.files.forms import FileForm
from journeyadmin.http import JourneyRequest
from journeyadmin.middleware import error_words
from journeyadmin.plans.documents import Unreadable

_TILE = "dashboards/_tile.html"


@require_GET
def board_list(request: JourneyRequest) -> HttpResponse:
    rows = list(boards.visible(request))
    context = {
        "title": _("Dashboards"),
        "ready": ready.BOARDS.values(),
        "mine": [row for row in rows if row.owner == request.user],
        "shared": [row for row in rows if row.owner != request.user],
    }
    return render(request, "dashboards/list.html", context)


@require_GET
def board(request: JourneyRequest, key: str) -> HttpResponse:
    """A dashboard's page. Tiles come by themselves; with `whole=1`, which scripts-off readers are led to, at once."""
    found = boards.find(request, key)
    if found is None:
        raise Http404
    shown, row = found
    now = timezone.now()
    base = scope.remembered(request, timezone.get_current_timezone_name())
    draft = forms.draft_from(request.GET) if forms.is_form(request.GET) else None
    params = forms.params_from(request.GET, draft) if draft is not None else dict(request.GET.lists())
    params["tables"] = request.GET.getlist("tables")
    params["refresh"] = request.GET.getlist("refresh") or ([str(base.refresh)] if not request.GET else [])
    chosen, problems = scope.from_params(params if request.GET else {}, base)
    if not request.GET:
        chosen = base
    names = Names(request)
    built = builder.build(
        chosen.question,
        names,
        now,
        draft=draft,
        problems=problems,
        typed={row.field: next(iter(params.get(row.field, [])), "") for row in problems},
    )
    editing = draft is not None and bool(request.GET.get("row"))
    begun = draft is not None and draft.unfinished and not editing
    if begun:
        built.checks.append(checks.unfinished())
    wrong = bool(built.problems)
    if not wrong and not editing:
        scope.remember(request, chosen)
        # What is begun of the filter has a place in the form alone: an address would lose it.
        if not request.GET or (draft is not None and not begun):
            return HttpResponseRedirect(f"{request.path}?{scope.address(chosen)}")
    whole = request.GET.get("whole") == "1"
    context: dict[str, Any] = {
        "title": shown.title,
        "board": shown,
        "row": row,
        "builder": built,
        "scope": chosen,
        "scope_address": scope.address(chosen),
        "nav": {} if wrong else scope.navigation(chosen, now),
        "restated": not wrong and answering.restated_from(request, answering.meant(chosen.question, now)),
        "intervals": [(seconds, _interval(seconds)) for seconds in INTERVALS],
        "tiles": _tiles(request, shown, chosen, names, whole=whole and not wrong),
        "whole": whole,
    }
    return render(request, "dashboards/board.html", context, status=422 if wrong else 200)


def _interval(seconds: int) -> str:
    if not seconds:
        return _("Refresh: off")
    return _("every %d s") % seconds if seconds < 60 else _("every %d min") % (seconds // 60)


def _tiles(
    request: JourneyRequest, shown: Board, chosen: Scope, names: Names, *, whole: bool
) -> list[dict[str, Any]]:
    """Each tile with the address of its answer or, where the page is wanted whole, the answer itself."""
    found = []
    now = timezone.now()
    for number, tile in enumerate(shown.tiles):
        question = scope.within(tile.question, chosen, now)
        entry: dict[str, Any] = {"tile": tile, "number": number, "fits": question is not None}
        if question is not None:
            text = address(question)
            entry |= {
                "source": f"{reverse('dashboards:tile')}?{text}&{urlencode({'title': str(tile.title)})}",
                "open": f"{reverse('analytics:query')}?{text}",
                "chart": question.chart,
            }
            if whole:
                _status, context = _answer(request, question, str(tile.title), names, None)
                # Without scripts nothing draws a chart.
                entry["content"] = render_to_string(_TILE, context | {"chart": "table"}, request)
        found.append(entry)
    return found


@require_GET
@gzip_page
def tile(request: JourneyRequest) -> HttpResponse:
    """One tile's answer. `within` is the greatest age in seconds that a refresh accepts."""
    reading = read(dict(request.GET.lists()), Question())
    title = request.GET.get("title", "")
    seconds = small_number(request.GET.get("within", ""))
    within = None if seconds is None else max(AT_LEAST, timedelta(seconds=seconds))
    status, context = _answer(request, reading.question, title, Names(request), within)
    return render(request, _TILE, context, status=status)


def _answer(
    request: JourneyRequest, question: Question, title: str, names: Names, within: timedelta | None
) -> tuple[int, dict[str, Any]]:
    """The status and the context of a tile."""
    now = timezone.now()
    context: dict[str, Any] = {"tile": True, "tile_title": title, "permission": PERMISSION}
    try:
        asked = answering.meant(question, now)
        context["checks"] = checks.checks(question, asked.span, names, anyway=True)
        answered = answering.answer(request, asked, within=within, or_earlier=True)
    except RangeError:
        return 422, context | {"error_title": _("This range cannot be shown"), "range_wrong": True}
    except service.SignInExpired:
        raise
    except service.JourneyError as error:
        status, words = error_words(request, error)
        if isinstance(error, service.TooLarge):
            context["repairs"] = checks.repairs_for_size(question, asked.span)
        return status, context | words | {"error": error}
    restated = answering.restated_from(request, asked)
    context |= page.answer_context(answered, names, tile=True, restated=restated)
    return 200, context


# One's own


@require_http_methods(["GET", "POST"])
def new(request: JourneyRequest) -> HttpResponse:
    """An empty dashboard; tiles are put on it from answers."""
    form, posted = DashboardForm(form_data(request)), request.method == "POST"
    if posted and form.is_valid():
        row = form.save(commit=False)
        row.connection, row.owner, row.changed_by = request.connection, request.user, str(request.user)
        row.save()
        messages.success(
            request, _("“%s” is made. Put tiles on it from the answers to your questions.") % row.name
        )
        return htmx.go_to(request, reverse("dashboards:board", args=[row.pk]))
    context = {"title": _("New dashboard"), "form": form}
    return render(request, "dashboards/new.html", context, status=422 if posted else 200)


@require_GET
def file(request: JourneyRequest, key: str) -> HttpResponse:
    """The dashboard as a file; any that one sees may be taken along."""
    found = boards.find(request, key)
    file_format = request.GET.get("format", "yaml")
    if found is None or file_format not in files.FORMATS:
        raise Http404
    kind = files.FORMATS[file_format][0]
    response = HttpResponse(files.text_of(found[0], file_format).encode(), f"{kind}; charset=utf-8")
    name = slugify(str(found[0].title)) or "dashboard"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
def from_file(request: JourneyRequest) -> HttpResponse:
    """A dashboard of one's own made of a file. Nothing is made of a file that is not understood whole."""
    form, posted = FileForm(form_data(request), request.FILES or None), request.method == "POST"
    if posted and form.is_valid():
        try:
            found = files.found_in(form.content)
        except Unreadable as error:
            form.add_error("file" if form.cleaned_data.get("file") else "text", str(error))
        else:
            row = Dashboard.objects.create(
                connection=request.connection,
                owner=request.user,
                changed_by=str(request.user),
                name=found.name,
                description=found.description,
                tiles=boards.kept(found.tiles),
            )
            messages.success(
                request, _("“%s” is made from the file. It is yours alone until you share it.") % row.name
            )
            return htmx.go_to(request, reverse("dashboards:board", args=[row.pk]))
    context = {"title": _("Dashboard from a file"), "form": form}
    return render(request, "dashboards/from_file.html", context, status=422 if posted else 200)


@require_POST
def copy(request: JourneyRequest, key: str) -> HttpResponse:
    """A dashboard of one's own with the same tiles, to change."""
    found = boards.find(request, key)
    if found is None:
        raise Http404
    shown, _row = found
    row = Dashboard.objects.create(
        connection=request.connection,
        owner=request.user,
        changed_by=str(request.user),
        name=(_("%s (copy)") % shown.title)[:120],
        description=str(shown.description),
        tiles=boards.kept(list(shown.tiles)),
    )
    messages.success(request, _("This copy is yours to change."))
    return htmx.go_to(request, reverse("dashboards:edit", args=[row.pk]))


@require_http_methods(["GET", "POST"])
def edit(request: JourneyRequest, key: str) -> HttpResponse:
    """Name, tiles and their order. Saving over someone's newer dashboard shows both instead (DSH6)."""
    row = _editable(request, key)
    data, posted = form_data(request), request.method == "POST"
    if data is None:
        draft, form = boards.Draft(boards.tiles_of(row.rows)), _form(request, row)
        return _edit_page(request, row, form, draft, row.version)
    draft, form = boards.draft_from(data), _form(request, row, data)
    based_on, row_button = small_number(data.get("version", "")) or 0, data.get("row")
    if row_button:
        focus = draft.edit(row_button)
        draft.problems.clear()
        form = _form(request, row, initial={"shared": False, **data.dict()})
        return _edit_page(request, row, form, draft, based_on, focus=focus, changed=True)
    if not posted or not form.is_valid() or draft.problems:
        return _edit_page(request, row, form, draft, based_on, status=422 if posted else 200, changed=True)
    with transaction.atomic():
        saved = Dashboard.objects.filter(pk=row.pk, version=based_on).update(
            **{name: form.cleaned_data[name] for name in ("name", "description", "shared")},
            tiles=boards.kept(draft.tiles),
            version=based_on + 1,
            changed=timezone.now(),
            changed_by=str(request.user),
        )
    if not saved:
        theirs = get_object_or_404(Dashboard, pk=row.pk)
        context = {
            "title": _("Someone saved a newer version"),
            "theirs": theirs,
            "their_tiles": boards.tiles_of(theirs.rows),
            "mine": form.cleaned_data,
            "my_tiles": list(enumerate((tile, address(tile.question)) for tile in draft.tiles)),
        }
        page = render(request, "dashboards/conflict.html", context, status=409)
        # A page of its own, which takes the whole place of the form's.
        return (
            reswap(reselect(retarget(page, "main"), "main"), "outerHTML")
            if htmx.is_partial(request)
            else page
        )
    messages.success(request, _("“%s” is saved.") % form.cleaned_data["name"])
    return htmx.go_to(request, reverse("dashboards:board", args=[row.pk]))


def _form(
    request: JourneyRequest, row: Dashboard, data: QueryDict | None = None, initial: Any = None
) -> DashboardForm:
    if _is_own(request, row):
        return DashboardForm(data, instance=row, initial=initial)
    return DashboardForm(data, instance=row, initial={**(initial or {}), "shared": row.shared}).for_others()


def _is_own(request: JourneyRequest, row: Dashboard) -> bool:
    return row.owner_id == request.user.pk


def _editable(request: JourneyRequest, key: str) -> Dashboard:
    """One's own dashboard, or a shared one: whoever sees it may change it, and the version notices who was first."""
    found = boards.find(request, key)
    if found is None or found[1] is None:
        raise Http404
    return found[1]


def _edit_page(
    request: JourneyRequest,
    row: Dashboard,
    form: DashboardForm,
    draft: boards.Draft,
    version: int,
    *,
    status: int = 200,
    focus: int | None = None,
    changed: bool = False,
) -> HttpResponse:
    tiles = [
        {
            "number": number,
            "tile": tile,
            "address": address(tile.question),
            "problem": draft.problems.get(number, ""),
            "focus": number == focus,
        }
        for number, tile in enumerate(draft.tiles)
    ]
    context = {
        "title": row.name,
        "row": row,
        "mine": _is_own(request, row),
        "form": form,
        "tiles": tiles,
        "version": version,
        "widths": [
            (3, _("a quarter")),
            (4, _("a third")),
            (6, _("half")),
            (8, _("two thirds")),
            (12, _("whole")),
        ],
        "changed": changed,
    }
    return htmx.answer(request, "dashboards/edit.html", "dashboards/_edit_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def delete(request: JourneyRequest, key: str) -> HttpResponse:
    row = _editable(request, key)
    if not _is_own(request, row):
        raise Http404
    if request.method == "POST":
        name = row.name
        row.delete()
        messages.success(request, _("“%s” is deleted.") % name)
        return htmx.go_to(request, reverse("dashboards:list"))
    return render(request, "dashboards/delete.html", {"title": row.name, "row": row})


@require_POST
def add(request: JourneyRequest) -> HttpResponse:
    """Puts an answer's question on a dashboard, new or there already."""
    question = read(parse_qs(request.POST.get("address", ""), keep_blank_values=True), Question()).question
    title = request.POST.get("title", "").strip()[: boards.LONGEST_TITLE] or _("Untitled")
    key, name = request.POST.get("dashboard", ""), request.POST.get("new_name", "").strip()[:120]
    tile_row = boards.kept([Tile(title, question, 6)])
    if key:
        row = _editable(request, key)
        if len(row.rows) >= boards.MOST_TILES:
            messages.error(request, _("A dashboard holds at most %d tiles.") % boards.MOST_TILES)
            return htmx.go_to(request, reverse("dashboards:board", args=[row.pk]))
        with transaction.atomic():
            row = Dashboard.objects.select_for_update().get(pk=row.pk)
            row.tiles = [*row.rows, *tile_row]
            row.version += 1
            row.changed_by = str(request.user)
            row.save()
    else:
        row = Dashboard.objects.create(
            connection=request.connection,
            owner=request.user,
            changed_by=str(request.user),
            name=name or _("My dashboard"),
            tiles=tile_row,
        )
    messages.success(request, _("“%(title)s” is on “%(board)s”.") % {"title": title, "board": row.name})
    return htmx.go_to(request, reverse("dashboards:board", args=[row.pk]))
