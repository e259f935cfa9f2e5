"""Many segments at once: change, switch, delete or export what was selected in the list. Everything is a plan first."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from journeyadmin.accounts.kept import typed
from journeyadmin.accounts.permissions import require
from journeyadmin.contract.operations import DELETE_SEGMENT, GET_SEGMENT, UPDATE_SEGMENT
from journeyadmin.files import reading
from journeyadmin.files.forms import BulkForm
from journeyadmin.files.transfer import file_response
from journeyadmin.history.models import Kind
from journeyadmin.htmx import go_to
from journeyadmin.http import JourneyRequest
from journeyadmin.middleware import error_words
from journeyadmin.plans import planning
from journeyadmin.runs.begin import begin, objects, planned
from journeyadmin.runs.models import LONGEST_BACK
from journeyadmin.service import Forbidden, JourneyError, SignInExpired
from journeyadmin.uses import uses_of

Json = dict[str, Any]
SWITCHES = {"on": {"isActive": True}, "off": {"isActive": False}}
EXPORTS = {"export": "yaml", "export-json": "json", "export-terraform": "terraform"}


@require_http_methods(["GET", "POST"])
def segments_bulk(request: JourneyRequest) -> HttpResponse:
    require(request, GET_SEGMENT.permission)
    if request.method == "GET":
        # After signing in again: the form as it was. What is no form is chosen in the list.
        kept = typed(request)
        if kept is None and "run" in request.GET:
            return _again(request, request.GET["run"])
        if kept is None or kept.get("do") != "plan":
            return go_to(request, _back(kept or request.GET))
        found = reading.held_here(request, targets=False).segments
        context = {"retyped": True, "back": _back(kept)}
        return _form(request, _those(found, kept.getlist("id")), BulkForm(kept), context)
    back = _back(request.POST)
    ids = request.POST.getlist("id")
    if not ids:
        messages.info(request, _("No segment is selected."))
        return go_to(request, back)
    try:
        found = reading.held_here(request, targets=False).segments
    except (SignInExpired, Forbidden):
        raise
    except JourneyError as error:
        if request.POST.get("do") != "plan":
            raise
        # The form again, with the ids in place of the names that could not be read.
        nameless = [{"id": one, "displayName": one} for one in ids]
        context = {"failed": error, "back": back}
        status = error_words(request, error)[0]
        return _form(request, nameless, BulkForm(request.POST), context, status=status)
    chosen = _those(found, ids)
    if missing := len(set(ids)) - len(chosen):
        words = ngettext(
            "%(count)s selected segment is no longer there.",
            "%(count)s selected segments are no longer there.",
            missing,
        )
        messages.warning(request, words % {"count": missing})
    if not chosen:
        return go_to(request, back)
    do = request.POST.get("do", "change")
    if do in EXPORTS:
        return file_response(reading.Held(chosen, []), EXPORTS[do], identity=False, what="segments")
    if do == "delete":
        require(request, DELETE_SEGMENT.permission)
        title = ngettext("Delete %s segment", "Delete %s segments", len(chosen))
        return _plan(request, title, [_removal(request, one) for one in chosen], back)
    require(request, UPDATE_SEGMENT.permission)
    if do in SWITCHES:
        title = (
            ngettext("Activate %s segment", "Activate %s segments", len(chosen))
            if do == "on"
            else ngettext("Deactivate %s segment", "Deactivate %s segments", len(chosen))
        )
        return _plan(request, title, _changes(chosen, SWITCHES[do]), back)
    if do != "plan":
        return _form(request, chosen, BulkForm(), {"back": back})
    form = BulkForm(request.POST)
    if not form.is_valid():
        return _form(request, chosen, form, {"back": back}, status=422)
    title = ngettext("Change %s segment", "Change %s segments", len(chosen))
    return _plan(request, title, _changes(chosen, form.patch), _form_again(back))


def _again(request: JourneyRequest, run_id: str) -> HttpResponse:
    """Back from the plan: the form with what was asked for."""
    back = _back(request.GET)
    steps = planned(request, run_id, Kind.SEGMENT)
    patch: Json = next((step.body for step in steps.values() if step.body), {})
    found = reading.held_here(request, targets=False).segments
    chosen = _those(found, objects(request, run_id, Kind.SEGMENT))
    return _form(request, chosen, BulkForm.of(patch), {"back": back}) if chosen else go_to(request, back)


def _form_again(back: str) -> str:
    """Where the plan leads back to: to the form, which leads back to the list; a list with a longer address than is kept comes first."""
    address = f"{reverse('files:bulk')}?{urlencode({'back': back})}"
    return address if len(address) <= LONGEST_BACK else back


def _form(
    request: JourneyRequest, chosen: Sequence[Json], form: BulkForm, context: Json, status: int = 200
) -> HttpResponse:
    return render(request, "files/bulk.html", {"form": form, "chosen": chosen, **context}, status=status)


def _those(found: Sequence[Json], ids: Sequence[str]) -> list[Json]:
    wanted = set(ids)
    return [segment for segment in found if segment["id"] in wanted]


def _changes(chosen: Sequence[Json], patch: Json) -> list[planning.Step]:
    return [planning.change(Kind.SEGMENT, segment, patch) for segment in chosen]


def _removal(request: JourneyRequest, segment: Json) -> planning.Step:
    """With what of this dashboard uses the segment."""
    uses = uses_of(request, Kind.SEGMENT, str(segment["id"]))
    step = planning.removal(segment)
    if not uses:
        return step
    words = _("Used by %s.") % ", ".join(f"{use.what} “{use.name}”" for use in uses)
    return planning.Step(
        step.operation, step.kind, step.name, step.object_id, step.before, None, step.said, (words,)
    )


def _plan(request: JourneyRequest, title: str, steps: list[planning.Step], back: str) -> HttpResponse:
    run = begin(request, title % len(steps), steps, back=back)
    return go_to(request, run.get_absolute_url())


def _back(data: QueryDict | None) -> str:
    """The list as it was filtered; never another host."""
    asked = data.get("back", "") if data is not None else ""
    root = reverse("segments:list")
    ours = (
        asked.startswith(root)
        and len(asked) < LONGEST_BACK
        and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    )
    return asked if ours else root
