"""Creating and editing: one address each, every button of the form posts the whole form to it."""

from typing import Any, cast

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from journeyadmin import wording
from journeyadmin.accounts.kept import typed
from journeyadmin.accounts.permissions import require
from journeyadmin.contract.criteria import Side
from journeyadmin.contract.operations import CREATE_SEGMENT, UPDATE_SEGMENT
from journeyadmin.contract.segments import MAX_CRITERIA, MAX_PATTERNS
from journeyadmin.digits import whole_number
from journeyadmin.history import drafts, log
from journeyadmin.htmx import announce, focus_on, is_partial
from journeyadmin.http import JourneyRequest
from journeyadmin.nested import NotARow, RowAction, TooManyRows, edit_rows, row_count
from journeyadmin.service import NotFound
from segments import catalogue, colours, payloads, recent, warnings
from segments.sheet import Sheet
from segments.starters import BY_KEY
from segments.views import asides, conflict, detail, editor, overlap, saving
from segments.warned import row_id

Json = dict[str, Any]


@require_http_methods(["GET", "POST"])
def segment_new(request: JourneyRequest) -> HttpResponse:
    require(request, CREATE_SEGMENT.permission)
    if request.method == "POST":
        return _act(request, Sheet.posted(request.POST))
    was_typed = typed(request)
    if was_typed is not None:
        return editor.page(request, Sheet.posted(was_typed), retyped=True)
    sheet = _start(request)
    found = catalogue.known(request)
    return editor.page(request, sheet, full=bool(found and found.full))


@require_http_methods(["GET", "POST"])
def segment_edit(request: JourneyRequest, segment_id: str) -> HttpResponse:
    require(request, UPDATE_SEGMENT.permission)
    if request.method == "POST":
        if conflict.is_merge(request.POST):
            return conflict.resolve(request)
        sheet = Sheet.posted(request.POST)
        if sheet.base is None or sheet.base["id"] != segment_id:
            sheet.base = recent.pending(request, segment_id) or request.journey.get_segment(segment_id)
        return _act(request, sheet)
    was_typed = typed(request)
    if was_typed is not None:
        return _retyped(request, segment_id, was_typed)
    try:
        segment = request.journey.get_segment(segment_id)
    except NotFound:
        return detail.absent(request, segment_id)
    log.notice(request, editor.KIND, [segment])
    version = request.GET.get("version", "")
    if version:
        return _version(request, segment, version)
    draft = drafts.find(request, editor.KIND, segment_id)
    if draft is not None and request.GET.get("draft") == "take":
        sheet = Sheet.kept(draft.data, segment)
        return editor.page(request, sheet, retyped=True)
    return editor.page(request, Sheet.of_segment(segment), draft=draft, read=timezone.now())


def _retyped(request: JourneyRequest, segment_id: str, was_typed: QueryDict) -> HttpResponse:
    """What was typed when the sign-in ended. It carries what it is based on: nothing that fails now may lose it."""
    if conflict.is_merge(was_typed):
        return conflict.retyped(request, was_typed)
    sheet = Sheet.posted(was_typed)
    if sheet.base is None:
        sheet.base = request.journey.get_segment(segment_id)
    return editor.page(request, sheet, retyped=True, read=editor.read_of(was_typed))


def _version(request: JourneyRequest, segment: Json, number: str) -> HttpResponse:
    """The form filled with a version that the history remembers; saving it is an ordinary save."""
    state = log.state_named(request.connection, editor.KIND, str(segment["id"]), number)
    if state is None:
        raise Http404
    wanted = payloads.definition(state) | {"scope": segment.get("scope")}
    sheet = Sheet.of_definition(wanted, segment)
    remembered = {"version": state.get("version"), "when": catalogue.describe({**segment, **state}).changed}
    return editor.page(request, sheet, remembered=remembered, read=timezone.now())


def _start(request: JourneyRequest) -> Sheet:
    """A new definition: blank, from a starter, a copy of another, or of what the history remembers."""
    copied, starter = request.GET.get("copy"), BY_KEY.get(request.GET.get("template", ""))
    if copied:
        source = recent.pending(request, copied) or request.journey.get_segment(copied)
        name = _("Copy of %s") % source.get("displayName", "")
        return Sheet.of_definition(
            payloads.definition(source) | {"displayName": name[:256], "isActive": False}
        )
    remembered = request.GET.get("from_history")
    if remembered:
        last = log.changes_of(request.connection, editor.KIND, remembered).first()
        was = (last.before if last.after is None else last.after) if last is not None else None
        if was is None:
            raise Http404
        return Sheet.of_definition(payloads.definition(was))
    found = catalogue.known(request)
    blank = payloads.blank() | {
        "color": colours.least_used(row.entity for row in found.rows) if found else colours.PALETTE[0][0]
    }
    if starter is not None:
        return Sheet.of_definition(blank | starter.definition | {"displayName": str(starter.name)})
    draft = drafts.find(request, editor.KIND, "")
    if draft is not None and request.GET.get("draft") == "take":
        return Sheet.kept(draft.data)
    return Sheet.of_definition(blank)


def _act(request: JourneyRequest, sheet: Sheet) -> HttpResponse:
    """What the pressed button asks for; without one, saving."""
    verb, _colon, rest = request.POST.get("row", "").partition(":")
    match verb:
        case "":
            return saving.save(request, sheet)
        case "check":
            return _check(request, sheet)
        case "fit":
            return _fit(request, sheet, rest)
        case "tab":
            (sheet.to_json if rest == "json" else sheet.to_form)()
            response = editor.editor(request, sheet)
            # Where it cannot be read, what is said of that takes the focus.
            return response if sheet.trouble else focus_on(response, ".tabs [aria-current]")
        case "anew":
            return saving.anew(request, sheet)
        case "look":
            return saving.look(request, sheet)
        case "audience":
            return asides.count(request, sheet, rest)
        case "stop":
            return asides.stop(request, sheet)
        case "overlap":
            return overlap.of_sheet(request, sheet)
        case "try":
            return asides.try_it(request, sheet, rest)
        case "from":
            return _choose_pattern(request, sheet, rest)
        case "insert":
            return _insert_pattern(request, sheet, rest)
        case "use":
            return _use(request, sheet, rest)
        case "repair":
            return _repair(request, sheet, rest)
        case "forget":
            drafts.drop(request, editor.KIND, editor.id_of(sheet))
            response = focus_on(editor.editor(request, sheet), "#id_name, #id_json")
            return announce(response, _("The draft is thrown away."))
    return _row(request, sheet)


def _repair(request: JourneyRequest, sheet: Sheet, which: str) -> HttpResponse:
    """Does what a warning's button says, to what the warning is about and to nothing else."""
    code, _colon, path = which.partition(":")
    wanted = sheet.definition
    warned = next((one for one in warnings.find(wanted) if (one.code, one.path) == (code, path)), None)
    if warned is None:
        return editor.editor(request, sheet)
    sheet.take_conditions(warned.fix(wanted))
    # On to the next one that can be repaired, else to saving.
    response = focus_on(editor.editor(request, sheet), ".warnings button, [data-save]")
    return announce(response, _("Repaired: %s.") % warned.repair)


def _choose_pattern(request: JourneyRequest, sheet: Sheet, side: str) -> HttpResponse:
    """Offers the patterns of the other segments; what is chosen is copied."""
    if side not in payloads.SIDES:
        raise Http404
    return editor.conditions(request, sheet, choosing=side, focus=f"id_from-{side}")


def _insert_pattern(request: JourneyRequest, sheet: Sheet, side: str) -> HttpResponse:
    segment_id, _colon, place = request.POST.get("from_pattern", "").rpartition(":")
    index, total = whole_number(place), row_count(sheet.data, side)
    row = catalogue.read(request).find(segment_id)
    rows = wording.patterns(row.entity, side) if row is not None and side in payloads.SIDES else []
    if index is None or index >= len(rows):
        return _choose_pattern(request, sheet, side)
    if total >= MAX_PATTERNS:
        return _full(request, sheet, side, MAX_PATTERNS)
    sheet.replace(payloads.with_pattern(sheet.data, cast("Side", side), total, rows[index]))
    focus = f"menu-{side}-{total}"
    return announce(editor.conditions(request, sheet, focus=focus), _("Inserted."))


def _full(request: JourneyRequest, sheet: Sheet, prefix: str, most: int) -> HttpResponse:
    """Said where a row was to be added."""
    said = _("%d is the most there may be here. Nothing was added.") % most
    within, focus = sheet.form.pattern_with(prefix), f"add-{prefix}"
    answer = editor.conditions(request, sheet, within=within, focus=focus, full=prefix, note=said)
    return announce(answer, said)


def _use(request: JourneyRequest, sheet: Sheet, which: str) -> HttpResponse:
    """Takes a value that exists into the criterion that nothing passed."""
    path, _colon, value = which.partition(":")
    name = f"{row_id(path)}-values"
    if name not in sheet.data:
        raise Http404
    sheet.replace({**sheet.data, name: [payloads.to_lines([value])]})
    response = editor.conditions(request, sheet, focus=f"id_{row_id(path)}-key")
    return announce(response, _("Taken over: %s.") % value)


def _row(request: JourneyRequest, sheet: Sheet) -> HttpResponse:
    """Adds, copies, moves or removes a row; no other row changes."""
    try:
        action = RowAction.parse(request.POST["row"])
        most = MAX_CRITERIA if action.prefix.endswith("-criteria") else MAX_PATTERNS
        edited = edit_rows(sheet.data, action, payloads.blank_row, most)
    except NotARow:
        raise Http404 from None
    except TooManyRows as error:
        return _full(request, sheet, error.prefix, error.most)
    sheet.replace(edited.data)
    said = {
        "add": _("Added."),
        "copy": _("Duplicated."),
        "remove": _("Removed."),
        "up": _("Moved up."),
        "down": _("Moved down."),
    }[action.verb]
    focus, within = _focus(action, edited.at), sheet.form.pattern_with(action.prefix)
    return announce(editor.conditions(request, sheet, within=within, focus=focus), said)


def _focus(action: RowAction, at: int | None) -> str:
    """The id of what comes next: a new row's first field, the button after a removed row, the menu of a moved one."""
    if at is None:
        return f"add-{action.prefix}"
    row = f"{action.prefix}-{at}"
    if action.verb == "remove":
        return f"remove-{row}"
    if action.verb in ("up", "down"):
        return f"menu-{row}"
    if action.prefix.endswith("-criteria"):
        return f"id_{row}-key"
    return f"id_{row}-count" if action.prefix == "journey" else f"id_{row}-criteria-0-key"


def _fit(request: JourneyRequest, sheet: Sheet, prefix: str) -> HttpResponse:
    """One row after its key or operator changed: what fits the new one. The values stay."""
    if is_partial(request):
        for side in (sheet.form.context, sheet.form.journey):
            for pattern in side.forms:
                for row in pattern.criteria.forms:
                    if row.prefix == prefix:
                        return render(
                            request, "segments/_criterion_rest.html", {"row": row, "form": sheet.form}
                        )
    return editor.editor(request, sheet)


def _check(request: JourneyRequest, sheet: Sheet) -> HttpResponse:
    """What stands beside the form, for what is typed so far; and the draft is kept."""
    editor.keep_draft(request, sheet)
    if not is_partial(request):
        return editor.editor(request, sheet)
    if sheet.trouble:
        # Nothing can be said of what cannot be read; what stands there is of what could.
        return HttpResponse(status=204)
    context = (
        editor.beside_of(request, sheet)
        | editor.also_open(request, sheet)
        | {
            "sheet": sheet,
            "form": sheet.form,
            "here": request.get_full_path(),
            "oob": True,
        }
    )
    return render(request, "segments/_beside.html", context)
