"""One action target: its setting, what happened in the last week, the hours around a change, the curve behind it."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from actiontargets import curve, faults, payloads, reading
from actiontargets.forms import TargetForm, typed_from
from actiontargets.hours import same_hours
from actiontargets.views import saving
from journeyadmin import servicelevel
from journeyadmin.accounts.capabilities import offers
from journeyadmin.accounts.kept import typed
from journeyadmin.accounts.permissions import require
from journeyadmin.history import lastknown, log, openings, reasons
from journeyadmin.history.models import Change, Kind
from journeyadmin.htmx import answer, go_to
from journeyadmin.http import JourneyRequest
from journeyadmin.service import JourneyError, NotFound, SignInExpired

Json = dict[str, Any]
SHOWN_CHANGES = 5


@require_http_methods(["GET", "POST"])
def action_target_edit(request: JourneyRequest, target_id: str) -> HttpResponse:
    if request.method == "POST":
        return _posted(request, target_id)
    try:
        target = reading.target(request, target_id)
    except (NotFound, SignInExpired):
        raise
    except JourneyError as error:
        last = lastknown.instead_of(request, Kind.ACTION_TARGET, error)
        known = last.find(target_id) if last is not None else None
        if known is None:
            raise
        return _page(request, known, TargetForm(known), {"last_known": last, "read": None})
    data: Any = typed(request)
    if data is not None:
        return _page(request, target, TargetForm(target, data), {"retyped": True})
    version = request.GET.get("version", "")
    kept = log.state_named(request.connection, Kind.ACTION_TARGET, target_id, version)
    if kept is not None:
        # An older state from the history, typed in but not saved.
        texts = {**typed_from({**kept, "id": target_id}), "seen": payloads.to_hidden(target)}
        data = {f"{target_id}-{name}": text for name, text in texts.items()}
    return _page(request, target, TargetForm(target, data), {"restoring": kept is not None})


@require_GET
def action_target_hours(request: JourneyRequest, target_id: str) -> HttpResponse:
    """The hours after a change beside the same hours before it."""
    return render(request, "actiontargets/_hours.html", {"around": _hours(request, target_id)})


@require_GET
def action_target_curve(request: JourneyRequest, target_id: str) -> HttpResponse:
    """The share answered within t, with the setting before the last change and the present one drawn in."""
    return render(request, "actiontargets/_curve.html", _curve(request, target_id))


def _posted(request: JourneyRequest, target_id: str) -> HttpResponse:
    require(request, reading.EDIT)
    do, _colon, _about = request.POST.get("do", "save").partition(":")
    if do == "merge":
        return _merge(request, target_id)
    failure: JourneyError | None = None
    try:
        target = reading.target(request, target_id)
    except SignInExpired:
        raise
    except JourneyError as error:
        # The service is away, or the target: what was typed is shown again from what the form carries itself.
        seen = payloads.from_hidden(request.POST.get(f"{target_id}-seen", ""))
        if seen is None:
            raise
        failure, target = error, {"id": target_id, **seen}
        if isinstance(error, NotFound):
            return saving.gone_page(request, TargetForm(target, request.POST).mine, error)
    data = request.POST.copy()
    edits = {"reset": _reset, "default": _default}
    if do in edits:
        edits[do](data, target_id)
    form = TargetForm(target, data)
    reason = reasons.ReasonForm(data, required=reasons.required(request) and do == "save")
    context: Json = {"reason": reason, "failure": failure, "read": None if failure else timezone.now()}
    if do == "check":
        return _check(request, target, form, context)
    if failure:
        waits = faults.wait(failure) if do == "save" else 0
        return _page(request, target, form, {**context, "wait": waits}, status=502)
    if do in edits:
        return _page(request, target, form, context)
    if not form.is_valid() or not reason.is_valid():
        context["refused"] = faults.number([form, reason])
        return _page(request, target, form, context, status=422)
    if not form.patch:
        messages.info(request, _("Nothing differs from what is stored, so nothing was saved."))
        return go_to(request, _address(target_id))
    if form.unwarned:
        return _page(request, target, form, {**context, "look_again": True}, status=422)
    mine, words = form.mine, reason.cleaned_data["reason"]
    outcome = saving.save(request, target_id, form.base, mine, form.patch, words)
    if outcome.page is not None:
        return outcome.page
    if outcome.failure is not None:
        return _failed(request, target, form, context, outcome.failure)
    _say_saved(request, outcome.after or mine)
    return go_to(request, _address(target_id))


def _failed(
    request: JourneyRequest, target: Json, form: TargetForm, context: Json, failure: JourneyError
) -> HttpResponse:
    """What was typed again: with what the service refused at its fields, or with why nothing was saved above the form."""
    context = {**context, "failure": failure}
    if faults.place(form, failure):
        return _page(request, target, form, {**context, "refused": faults.number([form])}, status=422)
    return _page(request, target, form, {**context, "wait": faults.wait(failure)}, status=502)


def _check(request: JourneyRequest, target: Json, form: TargetForm, context: Json) -> HttpResponse:
    """Whether a save whose answer was lost was carried out."""
    found = saving.look_again(request, target["id"], form.base, form.mine, context["failure"])
    if isinstance(found, JourneyError):
        return _page(request, target, form, {**context, "failure": found}, status=502)
    if isinstance(found, HttpResponse):
        return found
    if found:
        _say_saved(request, form.mine)
        return go_to(request, _address(target["id"]))
    messages.info(request, _("It was not saved. What you typed is still here; save it again."))
    return _page(request, target, form, context)


def _merge(request: JourneyRequest, target_id: str) -> HttpResponse:
    seen, theirs, mine = (
        payloads.from_hidden(request.POST.get(name, "")) for name in ("seen", "theirs", "mine")
    )
    if seen is None or theirs is None or mine is None:
        raise PermissionDenied(
            _("This page was changed on its way. Open the target again; nothing was saved.")
        )
    reason = reasons.ReasonForm(request.POST, required=reasons.required(request))
    rows = payloads.conflicts(seen, theirs, mine)
    choices = {row["field"]: request.POST.get(f"choice-{row['field']}") or "" for row in rows}
    if not all(choices.values()) or not reason.is_valid():
        words = request.POST.get("reason", "")
        return saving.conflict_page(
            request, target_id, seen, theirs, mine, words, chosen=choices, missing=True
        )
    patch = payloads.merged(theirs, mine, choices)
    wanted = servicelevel.with_patch(theirs, patch)
    if not patch:
        messages.info(request, _("Nothing differs from what is stored, so nothing was saved."))
    else:
        outcome = saving.save(request, target_id, theirs, wanted, patch, reason.cleaned_data["reason"])
        if outcome.page is not None:
            return outcome.page
        if outcome.failure is not None:
            target = {"id": target_id, **theirs}
            texts = {**typed_from({**wanted, "id": target_id}), "seen": payloads.to_hidden(theirs)}
            form = TargetForm(target, {f"{target_id}-{name}": text for name, text in texts.items()})
            return _failed(request, target, form, {"reason": reason, "read": None}, outcome.failure)
        _say_saved(request, wanted)
    return go_to(request, _address(target_id))


def _page(
    request: JourneyRequest, target: Json, form: TargetForm, more: Json | None = None, status: int = 200
) -> HttpResponse:
    target_id = str(target["id"])
    changes = log.changes_of(request.connection, Kind.ACTION_TARGET, target_id)
    context = {
        "target": target,
        "form": form,
        "row": form,
        "rows": [form],
        "read": timezone.now(),
        "level": servicelevel.level_words(target),
        "abandon": servicelevel.short_abandon_words(servicelevel.short_abandon_of(target)),
        "why_not": reading.why_not(request),
        "reason": reasons.ReasonForm(required=reasons.required(request)),
        "default": servicelevel.level_words({"serviceLevel": servicelevel.default_level()}),
        "changes": changes[:SHOWN_CHANGES],
        "change": request.GET.get("change", ""),
        "curve_offered": offers(request, "curve"),
        "also_open": openings.note(request, Kind.ACTION_TARGET, target_id)
        if request.may(reading.EDIT)
        else [],
        **(more or {}),
    }
    if "numbers" in request.GET:
        context["around"] = _hours(request, target_id)
        if context["curve_offered"]:
            context |= _curve(request, target_id)
    return answer(request, "actiontargets/target.html", "actiontargets/_target.html", context, status=status)


def _hours(request: JourneyRequest, target_id: str) -> Json:
    """The change that is looked at (the latest of its setting, or the one the address names), and both stretches."""
    changes = [
        change
        for change in log.changes_of(request.connection, Kind.ACTION_TARGET, target_id)[:200]
        if _sets_level(change)
    ]
    asked = request.GET.get("change", "")
    at = next((index for index, change in enumerate(changes) if str(change.pk) == asked), 0)
    part = reverse("actiontargets:hours", args=[target_id])
    context: Json = {"target_id": target_id, "changes": changes[:20], "part": part}
    context["week"] = week = reading.last_week(request, target_id)
    context["numbers"] = week.of(target_id)
    if not changes:
        return context
    change = changes[at]
    until = changes[at - 1].when if at else timezone.now()
    hours = same_hours(change.when, until, ZoneInfo(timezone.get_current_timezone_name()))
    earlier = next((one for one in changes[at + 1 :] if one.when > hours.before_start), None)
    before = reading.stretch(request, hours.before_start, hours.before_end, target_id)
    after = reading.stretch(request, hours.after_start, hours.after_end, target_id)
    context |= {
        "looked_at": change,
        "part": f"{part}?change={change.pk}",
        "said": change.said,
        "hours": hours,
        "length": servicelevel.duration_words(max(1, round(hours.length.total_seconds() / 60)) * 60_000),
        "before": before,
        "after": after,
        "lines": reading.side_by_side(before.of(target_id), after.of(target_id)),
        "earlier": earlier,
        "ended": bool(at),
    }
    return context


def _sets_level(change: Change) -> bool:
    before, after = change.before or {}, change.after or {}
    return bool(before and after) and (
        servicelevel.level_of(before),
        servicelevel.short_abandon_of(before),
    ) != (servicelevel.level_of(after), servicelevel.short_abandon_of(after))


def _curve(request: JourneyRequest, target_id: str) -> Json:
    try:
        found = request.journey.local.curve(target_id)
    except SignInExpired:
        raise
    except JourneyError as error:
        return {"curve_error": error}
    changes = log.changes_of(request.connection, Kind.ACTION_TARGET, target_id)[:200]
    levels = [
        (servicelevel.level_of(change.before), servicelevel.level_of(change.after))
        for change in changes
        if change.before and change.after
    ]
    old = next((before for before, after in levels if before != after), (None, None))
    return {"curve": curve.drawn(found, old)}


def _reset(data: Any, target_id: str) -> None:
    texts = typed_from({"id": target_id, "serviceLevel": servicelevel.default_level()})
    data[f"{target_id}-share"], data[f"{target_id}-duration"] = texts["share"], texts["duration"]


def _default(data: Any, target_id: str) -> None:
    data[f"{target_id}-abandon"] = servicelevel.default_words()


def _say_saved(request: JourneyRequest, target: Json) -> None:
    words = {"name": str(target.get("name") or ""), "level": servicelevel.level_words(target)}
    messages.success(request, _("“%(name)s” is saved: %(level)s.") % words)


def _address(target_id: str) -> str:
    return reverse("actiontargets:edit", args=[target_id])
