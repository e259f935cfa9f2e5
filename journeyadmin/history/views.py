"""The log over everything, one object's history, one change in full, and the bin."""

import json
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import push_url

from journeyadmin.accounts.permissions import require
from journeyadmin.contract.operations import (
    CREATE_SEGMENT,
    GET_ACTION_TARGET,
    GET_SEGMENT,
    UPDATE_ACTION_TARGET,
    UPDATE_SEGMENT,
)
from journeyadmin.history import bin as deleted_bin
from journeyadmin.history import exports, log, reasons
from journeyadmin.history.asked import OUTSIDE, Asked
from journeyadmin.history.models import Change, Kind, Operation
from journeyadmin.htmx import answer, go_to, is_partial
from journeyadmin.http import JourneyRequest
from journeyadmin.middleware import error_words
from journeyadmin.service import Forbidden, JourneyError, NotFound, SignInExpired

PAGE = 50
VIEW = {Kind.SEGMENT: GET_SEGMENT.permission, Kind.ACTION_TARGET: GET_ACTION_TARGET.permission}
EDIT = {Kind.SEGMENT: UPDATE_SEGMENT.permission, Kind.ACTION_TARGET: UPDATE_ACTION_TARGET.permission}


@require_GET
def change_list(request: JourneyRequest) -> HttpResponse | StreamingHttpResponse:
    """Every change through this connection that the person may see."""
    visible = _visible(request)
    asked = Asked.of(request.GET)
    changes = asked.apply(visible)
    if request.GET.get("export") in exports.FORMATS:
        return exports.download(changes, request.GET["export"])
    page = Paginator(changes, PAGE).get_page(request.GET.get("page"))
    names = visible.order_by("person_name").values_list("person_name", flat=True).distinct()
    context = {
        "asked": asked,
        "page_obj": page,
        "count": page.paginator.count,
        "all": visible.count() if asked.any else page.paginator.count,
        "people": [name for name in names if name],
        "outside": OUTSIDE,
        "kinds": Kind.choices,
        "operations": Operation.choices,
        "binned": len(deleted_bin.contents(request)) if request.may(VIEW[Kind.SEGMENT]) else 0,
        "missing": [name for name in VIEW.values() if not request.may(name)],
    }
    response = answer(request, "history/list.html", "history/_found.html", context)
    if is_partial(request):
        push_url(response, f"{request.path}?{asked.query}" if asked.any else request.path)
    return response


@require_GET
def segment_changes(request: JourneyRequest, object_id: str) -> HttpResponse:
    return _object_page(request, Kind.SEGMENT, object_id)


@require_GET
def actiontarget_changes(request: JourneyRequest, object_id: str) -> HttpResponse:
    return _object_page(request, Kind.ACTION_TARGET, object_id)


@require_GET
def change_page(request: JourneyRequest, pk: int) -> HttpResponse:
    """One change in full: sentences, facts, and the JSON of both states."""
    change = _visible(request).filter(pk=pk).first()
    if change is None:
        raise Http404
    context = {
        "change": change,
        "before": _pretty(change.before),
        "after": _pretty(change.after),
        "restorable": _restorable(request, change),
        "address": object_address(change.kind, change.object_id),
    }
    return answer(request, "history/change.html", "history/_json.html", context)


@require_GET
def bin_page(request: JourneyRequest) -> HttpResponse:
    """Segments deleted in the last 30 days."""
    require(request, VIEW[Kind.SEGMENT])
    return _bin(request)


@require_http_methods(["GET", "POST"])
def bin_restore(request: JourneyRequest, pk: int) -> HttpResponse:
    """Creates the segment again. A second press finds it restored already."""
    if request.method == "GET":
        # The way back after signing in again, or a reload after a failure.
        return go_to(request, reverse("history:bin"))
    require(request, CREATE_SEGMENT.permission)
    found = deleted_bin.find(request, pk)
    if found is None:
        messages.error(request, _("This is no longer in the bin: it was deleted more than 30 days ago."))
        return go_to(request, reverse("history:bin"))
    if found.restored is not None:
        return go_to(request, object_address(Kind.SEGMENT, found.restored.object_id))
    form = reasons.ReasonForm(request.POST, required=reasons.required(request))
    if not form.is_valid():
        return _bin(request, found, form, status=422)
    try:
        made = deleted_bin.restore(request, found, form.cleaned_data["reason"])
    except SignInExpired:
        raise
    except JourneyError as error:
        return _bin(request, found, form, error)
    messages.success(
        request,
        _("“%(name)s” is back, with the new id %(id)s. What used the old id does not know the new one.")
        % {"name": found.change.name, "id": made["id"]},
    )
    return go_to(request, object_address(Kind.SEGMENT, str(made["id"])))


def _bin(
    request: JourneyRequest,
    tried: deleted_bin.Deleted | None = None,
    form: reasons.ReasonForm | None = None,
    failed: JourneyError | None = None,
    status: int = 200,
) -> HttpResponse:
    """The bin; after a try to restore one that did not succeed (`tried`) with what was typed for it and why."""
    context = {
        "contents": deleted_bin.contents(request),
        "may_restore": request.may(CREATE_SEGMENT.permission),
        "reason": form or reasons.ReasonForm(required=reasons.required(request)),
        "tried": tried,
        "failed": failed,
        "why": _why(failed) if failed else "",
    }
    if failed is not None:
        status = error_words(request, failed)[0]
    return render(request, "history/bin.html", context, status=status)


def object_address(kind: str, object_id: str) -> str:
    return reverse("segments:view" if kind == Kind.SEGMENT else "actiontargets:edit", args=[object_id])


def _object_page(request: JourneyRequest, kind: Kind, object_id: str) -> HttpResponse:
    require(request, VIEW[kind])
    now: dict[str, Any] | None = None
    failure: JourneyError | None = None
    try:
        read = request.journey.get_segment if kind == Kind.SEGMENT else request.journey.get_action_target
        now = read(object_id)
        log.notice(request, kind, [now])
    except (SignInExpired, Forbidden):
        raise
    except NotFound:
        pass
    except JourneyError as error:
        # The log is our own: it is shown while the service is away.
        failure = error
    changes = log.changes_of(request.connection, kind, object_id)
    latest = changes.first()
    if now is None and latest is None and failure is None:
        raise Http404
    page = Paginator(changes, PAGE).get_page(request.GET.get("page"))
    name = log.name_of(kind, now) if now else latest.name if latest else object_id
    context: dict[str, Any] = {
        "kind": kind,
        "object_id": object_id,
        "name": name,
        "now": now,
        "failure": failure,
        "page_obj": page,
        "latest": latest,
        "address": object_address(kind, object_id) if now else "",
        "editable": now is not None and request.may(EDIT[kind]),
        "binned": next(
            (one for one in deleted_bin.contents(request) if one.change.object_id == object_id), None
        )
        if kind == Kind.SEGMENT and now is None
        else None,
    }
    context["rows"] = [
        (change, _restorable(request, change) if context["editable"] else "") for change in page.object_list
    ]
    first = None if page.has_next() or not page.object_list else page.object_list[len(page.object_list) - 1]
    if context["editable"] and first is not None and first.before is not None:
        context |= {"first": first, "before_all": _form_of(first, f"{log.BEFORE}{first.pk}")}
    return answer(request, "history/object.html", "history/_object.html", context)


def _restorable(request: JourneyRequest, change: Change) -> str:
    """The edit form filled with the state after this change; empty where there is none or the person may not."""
    if change.after is None or not request.may(EDIT[Kind(change.kind)]):
        return ""
    return _form_of(change, str(change.pk))


def _form_of(change: Change, state: str) -> str:
    name = "segments:edit" if change.kind == Kind.SEGMENT else "actiontargets:edit"
    return f"{reverse(name, args=[change.object_id])}?version={state}"


def _visible(request: JourneyRequest) -> QuerySet[Change]:
    kinds = [kind for kind, permission in VIEW.items() if request.may(permission)]
    return log.all_changes(request.connection).filter(kind__in=kinds).select_related("connection")


def _pretty(entity: Any) -> str:
    return json.dumps(entity, ensure_ascii=False, indent=2) if entity is not None else ""


def _why(error: JourneyError) -> str:
    return (
        "; ".join(f"{one.path}: {one.message}" for one in getattr(error, "fields", ())) or error.user_message
    )
