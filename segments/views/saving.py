"""What happens when a form is saved: each outcome has its page, and on every one of them what was typed is still there."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from journeyadmin.accounts.permissions import require
from journeyadmin.contract.operations import CREATE_SEGMENT
from journeyadmin.history import drafts
from journeyadmin.history.reasons import MAX_LENGTH, required
from journeyadmin.htmx import go_to
from journeyadmin.http import JourneyRequest
from journeyadmin.middleware import STATUS
from journeyadmin.once import marks
from journeyadmin.service import (
    Conflict,
    InvalidRequest,
    JourneyError,
    NotEnabled,
    RateLimited,
    SignInExpired,
)
from segments import faults, payloads, saving, warnings
from segments.places import at_row, back_of, list_of, with_back
from segments.sheet import Sheet
from segments.views import conflict, editor

KIND = "segment"


def save(request: JourneyRequest, sheet: Sheet) -> HttpResponse:
    if sheet.trouble:
        return editor.editor(request, sheet, status=422)
    if not _well(request, sheet):
        return editor.editor(request, sheet, status=422)
    wanted = sheet.definition
    asked = warnings.asks_first(wanted, sheet.base)
    if asked and not sheet.confirmed:
        return editor.editor(request, sheet, status=422, confirm=asked)
    try:
        outcome = (
            saving.create(request, wanted, sheet.mark, sheet.reason)
            if sheet.base is None
            else saving.change(request, sheet.base, wanted, sheet.reason)
        )
    except SignInExpired:
        editor.keep_draft(request, sheet)
        raise
    return answered(request, sheet, outcome)


def answered(request: JourneyRequest, sheet: Sheet, outcome: saving.Outcome) -> HttpResponse:
    """The page that follows an outcome."""
    segment_id = str((sheet.base or {}).get("id", ""))
    match outcome:
        case saving.Saved(segment, news):
            drafts.drop(request, KIND, segment_id)
            messages.success(request, _said(sheet, segment, news))
            return go_to(request, _onward(request, sheet, segment))
        case saving.Stale(theirs, doubted):
            editor.keep_draft(request, sheet)
            return conflict.opened(request, sheet, theirs, doubted=doubted)
        case saving.Gone():
            editor.keep_draft(request, sheet)
            return editor.editor(request, sheet, status=404, deleted=True)
        case saving.Unsure(error):
            editor.keep_draft(request, sheet)
            return editor.editor(request, sheet, status=502, unsure=error)
        case saving.Refused(error):
            editor.keep_draft(request, sheet)
            return _refused(request, sheet, error)


def look(request: JourneyRequest, sheet: Sheet) -> HttpResponse:
    """*Check now* after an unsure save: it was saved, or it may be sent again."""
    try:
        if sheet.base is not None:
            outcome = saving.change(request, sheet.base, sheet.definition, sheet.reason)
            return answered(request, sheet, outcome)
        found = saving.looked_up(request, sheet.definition, sheet.mark)
    except SignInExpired:
        raise
    except JourneyError as error:
        return editor.editor(request, sheet, status=502, unsure=error)
    if found is not None:
        return answered(request, sheet, saving.Saved(found))
    sheet.mark = marks.new()
    return editor.editor(request, sheet, not_there=True)


def anew(request: JourneyRequest, sheet: Sheet) -> HttpResponse:
    """Creates what was typed for a segment that somebody deleted in the meantime."""
    require(request, CREATE_SEGMENT.permission)
    again = Sheet(sheet.data, None, sheet.mark, reason=sheet.reason, confirmed=sheet.confirmed)
    return save(request, again)


def _well(request: JourneyRequest, sheet: Sheet) -> bool:
    form = sheet.form
    well = form.is_valid()
    if required(request) and not sheet.reason:
        say = _("Say why: this connection asks for a reason.")
        form.add_error(None, ValidationError(say, code=faults.REASON))
        well = False
    if len(sheet.reason) > MAX_LENGTH:
        say = _("A reason has at most %d characters.") % MAX_LENGTH
        form.add_error(None, ValidationError(say, code=faults.REASON))
        well = False
    return well


def _refused(request: JourneyRequest, sheet: Sheet, error: JourneyError) -> HttpResponse:
    """The service said no: at the field where it says which, else above the form."""
    form, wanted = sheet.form, sheet.definition
    form.is_valid()
    more: dict[str, Any] = {}
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 502)
    match error:
        case InvalidRequest() if error.fields:
            status = 422
            for rest in faults.place(form, error.fields):
                form.add_error(None, f"{rest.path}: {rest.message}")
        case Conflict() if error.limit is not None:
            more["limit"] = error.limit
        case Conflict():
            status = 422
            _in_use(form, error)
        case NotEnabled():
            sent = payloads.to_patch(wanted, sheet.base) if sheet.base else payloads.to_create(wanted)
            placed = faults.not_enabled(sent, error)
            more["refused"] = error
            if placed:
                status = 422
                faults.place(form, placed)
        case RateLimited() if error.retry_after:
            more |= {"refused": error, "wait": max(1, round(error.retry_after))}
        case _:
            more["refused"] = error
    response = editor.editor(request, sheet, status=status, **more)
    if isinstance(error, RateLimited) and error.retry_after:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return response


def _in_use(form: Any, error: Conflict) -> None:
    placed = False
    for field in error.fields:
        if field.path == "displayName":
            form.add_error("name", _("Another segment has this name. Choose another."))
            placed = True
        elif field.path.startswith("externalSegment"):
            form.add_error("extra", _("This external segment is linked to another segment already."))
            placed = True
    if not placed:
        form.add_error("name", error.user_message)


def _said(sheet: Sheet, segment: dict[str, Any], news: bool) -> str:
    name, version = str(segment.get("displayName", "")), str(segment.get("version", ""))
    if sheet.base is None:
        if not news:
            return _("“%s” had been created already; nothing was created twice.") % name
        return _("“%s” is created.") % name
    if not news:
        return _("“%(name)s” says this already; nothing had to be saved.") % {"name": name}
    return _("“%(name)s” is saved, version %(version)s.") % {"name": name, "version": version}


def _onward(request: JourneyRequest, sheet: Sheet, segment: dict[str, Any]) -> str:
    """Back to where the form was opened; a new segment's own page is where one looks at it next."""
    back = back_of(request)
    segment_id = str(segment["id"])
    if sheet.base is None:
        return with_back(reverse("segments:view", args=[segment_id]), list_of(back))
    return at_row(back, segment_id)
