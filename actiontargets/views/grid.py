"""The grid of action targets, edited in place."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from actiontargets import faults, payloads, reading
from actiontargets.forms import FillForm, LevelForm, TargetForm, typed_from
from actiontargets.views import saving
from journeyadmin import servicelevel
from journeyadmin.accounts.kept import typed
from journeyadmin.accounts.permissions import require
from journeyadmin.history import lastknown, log, reasons
from journeyadmin.history.models import Kind
from journeyadmin.htmx import announce, answer, go_to
from journeyadmin.http import JourneyRequest
from journeyadmin.plans import planning
from journeyadmin.runs.begin import begin, planned
from journeyadmin.runs.models import Step
from journeyadmin.service import Forbidden, JourneyError, NotFound, SignInExpired

Json = dict[str, Any]


@require_http_methods(["GET", "POST"])
def action_target_list(request: JourneyRequest) -> HttpResponse:
    if request.method == "POST":
        return _posted(request)
    try:
        found = reading.targets(request)
    except SignInExpired:
        raise
    except JourneyError as error:
        last = lastknown.instead_of(request, Kind.ACTION_TARGET, error)
        if last is None:
            return _unread(request, error)
        rows = [LevelForm(target) for target in last.entities]
        return _grid(request, {"rows": rows, "fill": FillForm(), "last_known": last})
    retyped = typed(request)
    wanted = planned(request, request.GET.get("run", ""), Kind.ACTION_TARGET)
    rows = [LevelForm(target, retyped or _typed(target, wanted)) for target in found]
    context: dict[str, Any] = {"rows": rows, "fill": FillForm(), "saved": _saved(request, rows)}
    context |= {"retyped": retyped is not None, "read": timezone.now()}
    if "numbers" in request.GET:
        context["week"] = week = reading.last_week(request)
        for row in rows:
            row.numbers = None if week.error else week.of(row.id)
    return _grid(request, context)


@require_GET
def action_target_numbers(request: JourneyRequest) -> HttpResponse:
    """The last seven days, cell by cell, for a grid that is there already."""
    week = reading.last_week(request)
    ids = [str(target["id"]) for target in request.journey.list_action_targets()] if not week.error else []
    cells = [(target_id, week.of(target_id)) for target_id in ids]
    return render(request, "actiontargets/_numbers.html", {"week": week, "cells": cells})


@require_POST
def action_target_check(request: JourneyRequest) -> HttpResponse:
    """While someone types: what the row that is typed in would store, and how much of the form differs. Replaces no input."""
    field = str(request.htmx.trigger_name or "")
    rows = _rows_as_posted(request.POST)
    typed_in = next((row for row in rows if field.startswith(row.id + "-")), None)
    changed = sum(row.changed for row in rows)
    context = {"row": typed_in, "rows": rows, "changed": changed, "note": _note(changed)}
    return render(request, "actiontargets/_checked.html", context)


def _posted(request: JourneyRequest) -> HttpResponse:
    require(request, reading.EDIT)
    do, _colon, about = request.POST.get("do", "save").partition(":")
    data = request.POST.copy()
    if do == "save" and any(data.get(name, "").strip() for name in _FILLS):
        # Enter in one of these fields presses the first button of the form.
        do = "fill"
    edits = {"reset": _reset, "default": _default, "say": _say, "back": _back, "fill": _fill}
    at = edits[do](request, data, about) if do in edits else ""
    failure: JourneyError | None = None
    try:
        found = reading.targets(request)
        rows = [LevelForm(target, data) for target in found]
        _say_gone(request, rows, data)
    except SignInExpired:
        raise
    except JourneyError as error:
        # The service is away: what was typed is still shown, from what the form itself carries.
        failure, rows = error, _rows_as_posted(data)
    reason = reasons.ReasonForm(data, required=reasons.required(request) and do == "save")
    context: dict[str, Any] = {
        "rows": rows,
        "fill": FillForm(data),
        "reason": reason,
        "at": at,
        "failure": failure,
        "read": None if failure else timezone.now(),
    }
    if do == "check":
        return _check(request, rows, about, context)
    if failure:
        waits = faults.wait(failure) if do == "save" else 0
        return _grid(request, {**context, "wait": waits}, status=502)
    if do != "save":
        return _grid(request, context)
    changed = [row for row in rows if row.patch]
    if any(row.errors for row in rows) or not reason.is_valid():
        return _grid(request, {**context, "refused": faults.number([*rows, reason])}, status=422)
    if not changed:
        messages.info(request, _("Nothing differs from what is stored, so nothing was saved."))
        return go_to(request, reverse("actiontargets:list"))
    if len(changed) > 1:
        return _plan(request, changed, reason.cleaned_data["reason"])
    if changed[0].unwarned:
        return _grid(request, {**context, "look_again": True, "at": changed[0].id}, status=422)
    return _save(request, changed[0], context)


def _save(request: JourneyRequest, row: LevelForm, context: dict[str, Any]) -> HttpResponse:
    reason = context["reason"].cleaned_data["reason"]
    outcome = saving.save(request, row.id, row.base, row.mine, row.patch, reason)
    if outcome.after is not None:
        return go_to(request, f"{reverse('actiontargets:list')}?saved={row.id}")
    if outcome.page is not None:
        return outcome.page
    return _failed(request, row, context, outcome.failure)


def _failed(
    request: JourneyRequest, row: LevelForm, context: dict[str, Any], failure: JourneyError | None
) -> HttpResponse:
    """What was typed again: with what the service refused at its fields, or with why nothing was saved above the grid."""
    context = {**context, "failure": failure, "at": row.id}
    if failure is not None and faults.place(row, failure):
        return _grid(request, {**context, "refused": faults.number([row])}, status=422)
    return _grid(request, {**context, "wait": failure and faults.wait(failure)}, status=502)


def _check(
    request: JourneyRequest, rows: list[LevelForm], target_id: str, context: dict[str, Any]
) -> HttpResponse:
    """Whether a save whose answer was lost was carried out."""
    row = next((row for row in rows if row.id == target_id), None)
    if row is None:
        return _grid(request, context, status=502 if context["failure"] else 200)
    found = saving.look_again(request, row.id, row.base, row.mine, context["failure"])
    if isinstance(found, JourneyError):
        return _grid(request, {**context, "failure": found, "at": row.id}, status=502)
    if isinstance(found, HttpResponse):
        return found
    if found:
        return go_to(request, f"{reverse('actiontargets:list')}?saved={row.id}")
    messages.info(request, _("It was not saved. What you typed is still here; save it again."))
    return _grid(request, {**context, "at": row.id})


def _plan(request: JourneyRequest, changed: list[LevelForm], reason: str) -> HttpResponse:
    """Several at once: shown as a plan first."""
    wanted = [
        planning.change(
            Kind.ACTION_TARGET,
            {**row.target, **row.base},
            row.patch,
            cautions=[caution.text for caution in row.cautions],
        )
        for row in changed
    ]
    title = ngettext("Change %(count)s action target", "Change %(count)s action targets", len(wanted)) % {
        "count": len(wanted)
    }
    run = begin(request, title, wanted, back=reverse("actiontargets:list"), reason=reason)
    return go_to(request, run.get_absolute_url())


def _grid(request: JourneyRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    rows: list[LevelForm] = context["rows"]
    changed = sum(row.changed for row in rows)
    context = {
        "why_not": reading.why_not(request),
        "reason": reasons.ReasonForm(required=reasons.required(request)),
        "note": _note(changed),
        "changed": changed,
        "active": sum(row.target.get("state") == "active" for row in rows),
        "default": servicelevel.level_words({"serviceLevel": servicelevel.default_level()}),
        **context,
    }
    response = answer(request, "actiontargets/list.html", "actiontargets/_grid.html", context, status=status)
    if status == 200 and request.method == "POST":
        announce(response, context["note"])
    return response


def _unread(request: JourneyRequest, error: JourneyError) -> HttpResponse:
    refused = error if isinstance(error, Forbidden) else None
    gone = isinstance(error, NotFound) or error.status in (404, 405, 410)
    context = {"refused_view": refused, "gone": gone, "failed": None if refused or gone else error}
    status = 403 if refused else 404 if gone else 502
    return answer(request, "actiontargets/list.html", "actiontargets/_grid.html", context, status=status)


def _note(changed: int) -> str:
    if not changed:
        return _("No changes")
    return ngettext("%(count)s target differs", "%(count)s targets differ", changed) % {"count": changed}


def _saved(request: JourneyRequest, rows: list[LevelForm]) -> dict[str, Any] | None:
    """The row that was just saved, with what was changed as the log has it."""
    saved_id = request.GET.get("saved", "")
    if not any(row.id == saved_id for row in rows):
        return None
    change = log.changes_of(request.connection, Kind.ACTION_TARGET, saved_id).first()
    if change is None or change.before is None or change.after is None:
        return None
    return {"id": saved_id, "said": servicelevel.differences(change.before, change.after), "change": change}


def _rows_as_posted(data: Mapping[str, Any]) -> list[LevelForm]:
    """The rows from what the form carries, without asking the service."""
    rows = []
    for name in data:
        target_id, dash, field = name.rpartition("-")
        seen = payloads.from_hidden(str(data[name])) if dash and field == "seen" else None
        if seen:
            # The page of one target has its name too.
            kind = TargetForm if f"{target_id}-name" in data else LevelForm
            rows.append(kind({"id": target_id, **seen}, data))
    return rows


def _say_gone(request: JourneyRequest, rows: list[LevelForm], data: Mapping[str, Any]) -> None:
    """What was typed for a target that is not there any more is said once, as no row shows it."""
    there = {row.id for row in rows}
    for row in _rows_as_posted(data):
        if row.id not in there and row.changed:
            typed_in = row.was or [str(row[field].value()) for field in ("share", "duration", "abandon")]
            words = _("“%(name)s” no longer exists. What you had typed for it was not saved: %(typed)s")
            messages.warning(request, words % {"name": row.target["name"], "typed": "; ".join(typed_in)})


def _typed(target: Json, wanted: Mapping[str, Step]) -> dict[str, str] | None:
    """The row as a plan that was not applied yet wants it, so that going back loses nothing."""
    step = wanted.get(str(target["id"]))
    if step is None or step.before is None:
        return None
    texts = typed_from(servicelevel.with_patch(step.before, step.body or {}))
    texts["seen"] = payloads.to_hidden(step.before)
    return {f"{target['id']}-{name}": text for name, text in texts.items()}


def _put(data: Any, target_id: str, **texts: str) -> str:
    for name, text in texts.items():
        data[f"{target_id}-{name}"] = text
    return target_id


def _reset(request: JourneyRequest, data: Any, target_id: str) -> str:
    texts = typed_from({"id": target_id, "serviceLevel": servicelevel.default_level()})
    return _put(data, target_id, share=texts["share"], duration=texts["duration"])


def _default(request: JourneyRequest, data: Any, target_id: str) -> str:
    return _put(data, target_id, abandon=servicelevel.default_words())


def _say(request: JourneyRequest, data: Any, about: str) -> str:
    """One of the two meanings of an unclear entry: `say:ID:share:1 %`."""
    target_id, _colon, rest = about.partition(":")
    field, _colon, text = rest.partition(":")
    return _put(data, target_id, **{field: text}) if field in ("share", "duration", "abandon") else ""


def _back(request: JourneyRequest, data: Any, target_id: str) -> str:
    """The values before the latest change, typed in again but not saved."""
    change = log.changes_of(request.connection, Kind.ACTION_TARGET, target_id).first()
    if change is None or change.before is None:
        return ""
    texts = typed_from({**change.before, "id": target_id})
    return _put(data, target_id, share=texts["share"], duration=texts["duration"], abandon=texts["abandon"])


_FILLS = ("fill_share", "fill_duration", "fill_abandon")


def _fill(request: JourneyRequest, data: Any, _about: str) -> str:
    """What was typed for all selected rows, into each of them; after that it stands there and nowhere else."""
    first = ""
    chosen = [name.removesuffix("-chosen") for name in data if name.endswith("-chosen")]
    for target_id in chosen:
        for field in ("share", "duration", "abandon"):
            text = str(data.get(f"fill_{field}", "")).strip()
            if text:
                first = first or _put(data, target_id, **{field: text})
                data[f"{target_id}-{field}"] = text
    if chosen:
        for name in _FILLS:
            data[name] = ""
    else:
        messages.warning(request, _("No target is selected, so nothing was filled in."))
    return first
