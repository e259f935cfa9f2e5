"""Saving one target: compared with what is there, written, or answered with the page on which two edits meet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from actiontargets import payloads
from journeyadmin import servicelevel
from journeyadmin.history import log, reasons
from journeyadmin.history.models import Kind, Operation
from journeyadmin.history.writes import ChangedMeanwhile, Writer
from journeyadmin.http import JourneyRequest
from journeyadmin.service import Conflict, JourneyError, NotFound, ServerFault, SignInExpired

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """Exactly one: the target as saved, a page to show instead, or what failed."""

    after: dict[str, Any] | None = None
    page: HttpResponse | None = None
    failure: JourneyError | None = None


def save(
    request: JourneyRequest,
    target_id: str,
    seen: Json,
    mine: Json,
    patch: Json,
    reason: str,
    *,
    tries: int = 2,
) -> Outcome:
    """`seen` is what the form was filled from, `mine` the whole target as wanted, `patch` the step between."""
    try:
        return Outcome(after=Writer.of(request, reason).change_target(target_id, seen, patch))
    except ChangedMeanwhile as met:
        return Outcome(page=conflict_page(request, target_id, seen, met.now, mine, reason))
    except SignInExpired:
        raise
    except NotFound as error:
        return Outcome(page=gone_page(request, mine, error))
    except JourneyError as error:
        if not (isinstance(error, Conflict) and error.stale):
            return Outcome(failure=error)
        met_now = _met(request, target_id, seen, mine, reason, error)
        if met_now is not None:
            return met_now
        # Nobody changed anything, so it may be sent again.
        if tries > 1:
            return save(request, target_id, seen, mine, patch, reason, tries=tries - 1)
        fault = ServerFault(
            status=error.status,
            code=error.code,
            correlation_id=error.correlation_id,
            operation=error.operation,
        )
        return Outcome(failure=fault)


def _met(
    request: JourneyRequest, target_id: str, seen: Json, mine: Json, reason: str, error: Conflict
) -> Outcome | None:
    """The answer was that of a stale version. A target has none, so what is there now tells; None where nobody changed it."""
    # A request that came in too late may have been carried out all the same.
    perhaps_ours = error.status == 408 or error.after_doubt
    try:
        now = request.journey.get_action_target(target_id)
    except SignInExpired:
        raise
    except NotFound as gone:
        return Outcome(page=gone_page(request, mine, gone))
    except JourneyError as unread:
        unread.unsure = perhaps_ours
        return Outcome(failure=unread)
    settings = servicelevel.settings_of(now)
    if settings == servicelevel.settings_of(mine):
        if perhaps_ours:
            _note(request, target_id, seen, now, reason)
        return Outcome(after=now)
    if settings == servicelevel.settings_of(seen):
        return None
    return Outcome(page=conflict_page(request, target_id, seen, now, mine, reason))


def look_again(
    request: JourneyRequest, target_id: str, seen: Json, mine: Json, failure: JourneyError | None
) -> bool | HttpResponse | JourneyError:
    """After a write whose answer was lost: True if it was carried out, False if not, the page where it met another's, or
    why looking did not tell either. `failure` is why nothing could be read to begin with."""
    reason = request.POST.get("reason", "")
    try:
        if failure is not None:
            raise failure
        now = request.journey.get_action_target(target_id)
    except (SignInExpired, NotFound):
        raise
    except JourneyError as error:
        error.unsure = True
        return error
    settings = servicelevel.settings_of(now)
    if settings == servicelevel.settings_of(mine):
        _note(request, target_id, seen, now, reason)
        return True
    if settings == servicelevel.settings_of(seen):
        return False
    return conflict_page(request, target_id, seen, now, mine, reason)


def _note(request: JourneyRequest, target_id: str, seen: Json, now: Json, reason: str) -> None:
    """A save whose answer never came is written down once it is seen."""
    before = {**now, **servicelevel.settings_of(seen)}
    name = log.name_of(Kind.ACTION_TARGET, now)
    log.record(request, Operation.UPDATE, Kind.ACTION_TARGET, target_id, name, before, now, reason)


def conflict_page(
    request: JourneyRequest,
    target_id: str,
    seen: Json,
    theirs: Json,
    mine: Json,
    reason: str,
    *,
    chosen: Mapping[str, str] | None = None,
    missing: bool = False,
) -> HttpResponse:
    """Three columns for each setting that differs; what only one side changed is already chosen."""
    if theirs.get("id"):
        log.notice(request, Kind.ACTION_TARGET, [theirs])
    rows = payloads.conflicts(seen, theirs, mine)
    for row in rows:
        row["chosen"] = (chosen or {}).get(row["field"]) or row["chosen"]
    context = {
        "target": {**theirs, "id": target_id},
        "rows": rows,
        "seen": payloads.to_hidden(seen),
        "theirs": payloads.to_hidden(theirs),
        "mine": payloads.to_hidden(mine),
        "reason": reasons.ReasonForm({"reason": reason}, required=reasons.required(request)),
        "missing": missing,
        "last": log.changes_of(request.connection, Kind.ACTION_TARGET, target_id).first(),
    }
    return render(request, "actiontargets/conflict.html", context, status=422 if missing else 409)


def gone_page(request: JourneyRequest, mine: Json, error: JourneyError) -> HttpResponse:
    """The target is not there any more; what was typed is shown so that it can be used elsewhere."""
    context = {"mine": mine, "level": servicelevel.level_words(mine), "error": error}
    context["abandon"] = servicelevel.short_abandon_words(servicelevel.short_abandon_of(mine))
    return render(request, "actiontargets/gone.html", context, status=404)
