"""The switch in a row of the list: on or off on the version that was seen, and in its place again whatever came of it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap

from journeyadmin.accounts.permissions import require
from journeyadmin.contract.operations import UPDATE_SEGMENT
from journeyadmin.digits import whole_number
from journeyadmin.history import log
from journeyadmin.htmx import announce, focus_on, go_to, is_partial
from journeyadmin.http import JourneyRequest
from journeyadmin.middleware import error_words
from journeyadmin.service import Forbidden, JourneyError, NotFound, SignInExpired
from segments import catalogue, recent, saving
from segments.places import at_row, back_of, list_of, with_back

Json = dict[str, Any]


@require_http_methods(["GET", "POST"])
def segment_active(request: JourneyRequest, segment_id: str) -> HttpResponse:
    """Switches one segment; the message offers the way back, or what can be done about a failure."""
    if request.method == "GET":
        # Where *Try again* on an error page leads to.
        return go_to(request, reverse("segments:view", args=[segment_id]))
    # `on:7`: the state wanted, and the version that was seen.
    state, _colon, version = request.POST.get("to", "").partition(":")
    wanted = state == "on"
    try:
        require(request, UPDATE_SEGMENT.permission)
        before = request.journey.get_segment(segment_id)
    except NotFound:
        return _answered(request, segment_id, None, saving.absent(request, segment_id))
    except SignInExpired:
        raise
    except JourneyError as error:
        # Asked before, and still nobody knows.
        unsure = "check" in request.POST and not isinstance(error, Forbidden)
        return _answered(request, segment_id, None, saving.Unsure(error) if unsure else saving.Refused(error))
    told = whole_number(version)
    seen = told if told is not None else before.get("version")
    if before.get("isActive") is wanted:
        log.notice(request, "segment", [before])
        return _switched(request, before, undo="check" in request.POST)
    if before.get("version") != seen:
        return _answered(request, segment_id, before, saving.Stale(before))
    if "check" in request.POST:
        return _not_saved(request, before)
    outcome = saving.change(request, before, before | {"isActive": wanted})
    return _answered(request, segment_id, before, outcome)


def _answered(
    request: JourneyRequest, segment_id: str, before: Json | None, outcome: saving.Outcome
) -> HttpResponse:
    match outcome:
        case saving.Saved(after):
            changed = before is not None and before.get("isActive") is not after.get("isActive")
            return _switched(request, after, undo=changed)
        case saving.Stale(theirs):
            if theirs.get("isActive") is not (before or {}).get("isActive"):
                # Someone saved the same and more.
                return _switched(request, theirs)
            return _stale(request, theirs)
        case saving.Gone():
            return _gone(request, segment_id, before)
        case saving.Unsure(error):
            return _failed(request, segment_id, before, error, unsure=True)
        case saving.Refused(error):
            return _failed(request, segment_id, before, error)


def _switched(request: JourneyRequest, segment: Json, *, undo: bool = False) -> HttpResponse:
    row = catalogue.describe(segment)
    done = _("“%s” is active now.") if row.active else _("“%s” is inactive now.")
    if not is_partial(request):
        if undo:
            messages.success(request, done % row.name)
        return _back(request, row.id)
    context = {"row": row, "undo": undo, "done": done % row.name}
    response = _placed(request, row.id, render(request, "segments/_switched.html", context))
    return announce(response, done % row.name) if undo else response


def _stale(request: JourneyRequest, theirs: Json) -> HttpResponse:
    log.notice(request, "segment", [theirs])
    said = _(
        "“%(name)s” was changed by someone else since you opened the list, so it was not switched. It is %(state)s "
        "now; switch it again if you still want to."
    )
    return _told(request, theirs, said)


def _not_saved(request: JourneyRequest, now: Json) -> HttpResponse:
    return _told(request, now, _("This was not saved: “%(name)s” is still %(state)s. Switch it again."))


def _told(request: JourneyRequest, now: Json, sentence: str) -> HttpResponse:
    state = _("active") if now.get("isActive") else _("inactive")
    messages.error(request, sentence % {"name": now.get("displayName", ""), "state": state})
    return _switched(request, now)


def _gone(request: JourneyRequest, segment_id: str, before: Json | None) -> HttpResponse:
    page = with_back(reverse("segments:view", args=[segment_id]), list_of(back_of(request)))
    if not is_partial(request):
        # It says what is known of it, and offers to create it again.
        return go_to(request, page)
    last = log.changes_of(request.connection, "segment", segment_id).first()
    name = str((before or {}).get("displayName") or (last.name if last is not None else ""))
    said = (
        _("Someone deleted “%s” in the meantime.") % name
        if name
        else _("Someone deleted this segment in the meantime.")
    )
    create = f"{reverse('segments:new')}?from_history={segment_id}" if last is not None else ""
    context = {"segment_id": segment_id, "gone": True, "said": said, "create": create, "page": page}
    response = render(request, "segments/_not_switched.html", context, status=404)
    return announce(_placed(request, segment_id, response), said)


def _failed(
    request: JourneyRequest,
    segment_id: str,
    before: Json | None,
    error: JourneyError,
    *,
    unsure: bool = False,
) -> HttpResponse:
    """The switch as it is known, and above the list why; without scripts the error's own page."""
    being_created = isinstance(error, recent.BeingCreated)
    if not is_partial(request):
        if not unsure and not being_created:
            raise error
        messages.warning(request, _unknown() if unsure else error.user_message)
        return go_to(request, _read_again(at_row(back_of(request), segment_id)))
    status, words = error_words(request, error)
    said = _unknown() if unsure else error.user_message
    state, _colon, version = request.POST.get("to", "").partition(":")
    wait = 0 if unsure else getattr(error, "retry_after", 0)
    context = {
        **words,
        "segment_id": segment_id,
        "path": reverse("segments:active", args=[segment_id]),
        "row": catalogue.describe(before) if before is not None else None,
        "error": error,
        "said": said,
        "unsure": unsure,
        "again": not isinstance(error, Forbidden),
        "wait": max(1, round(wait)) if wait else 0,
        "to": f"{'on' if state == 'on' else 'off'}:{version if whole_number(version) is not None else ''}",
    }
    response = render(request, "segments/_not_switched.html", context, status=status)
    if before is None:
        # Nothing newer is known than what the row shows.
        reswap(response, "none")
    return announce(_placed(request, segment_id, response), said)


def _placed(request: JourneyRequest, segment_id: str, response: HttpResponse) -> HttpResponse:
    """With the focus where one goes on: what was pressed in a notice goes with that notice, the switch stays."""
    switch = f"sw-{segment_id}"
    if request.htmx.trigger == switch:
        return response
    return focus_on(response, f'[id="{switch}"]' if response.status_code == 200 else "#notices .banner")


def _unknown() -> str:
    return _("It is not known whether this was saved.")


def _read_again(back: str) -> str:
    return f"{back}{'&' if '?' in back else '?'}fresh=1"


def _back(request: JourneyRequest, segment_id: str) -> HttpResponse:
    return go_to(request, at_row(back_of(request), segment_id))
