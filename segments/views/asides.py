"""What the editor asks for beside the form: the audience, suggestions of values, and *Try it*."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from journeyadmin import wording
from journeyadmin.accounts.capabilities import offers
from journeyadmin.accounts.permissions import require
from journeyadmin.contract.operations import GET_SEGMENT
from journeyadmin.http import JourneyRequest
from journeyadmin.service import JourneyError, NotFound, SignInExpired
from segments import audience, backtest, tryit
from segments.sheet import Sheet
from segments.views import editor

Json = dict[str, Any]


def count(request: JourneyRequest, sheet: Sheet, mode: str) -> HttpResponse:
    """The audience of what is typed so far; `mode` is "" or "estimate"."""
    days = audience.days_of(request.POST.get("window", ""))
    context: Json = {
        "sheet": sheet,
        "here": request.get_full_path(),
        "days": days,
        "windows": audience.WINDOWS,
    }
    try:
        if not offers(request, "preview"):
            raise JourneyError(operation="preview")
        saved_id = editor.id_of(sheet)
        found = audience.count(
            request, sheet.definition, saved_id, sheet.mark, days, estimate=mode == "estimate"
        )
        context |= {"audience": found, "backtest": backtest.of(request, found, saved_id)}
    except SignInExpired:
        raise
    except JourneyError as error:
        context["failed"] = error
    return render(request, "segments/_audience_answer.html", context)


def stop(request: JourneyRequest, sheet: Sheet) -> HttpResponse:
    """*Cancel*: the count stops at the server too; the last number stays."""
    request.journey.local.stop_preview(sheet.mark[:64])
    return HttpResponse(status=204)


@require_GET
def segment_suggest(request: JourneyRequest) -> HttpResponse:
    """Values of a key that exist, the most frequent first; none where the service does not offer it or has no answer."""
    require(request, GET_SEGMENT.permission)
    if not offers(request, "suggest"):
        return JsonResponse({"values": []})
    key, side = request.GET.get("key", ""), request.GET.get("side", "journey")
    try:
        found = request.journey.local.suggest(key, request.GET.get("text", "")[:200], side=side)
    except SignInExpired:
        raise
    except JourneyError:
        return JsonResponse({"values": []})
    return JsonResponse({"values": found.get("values", [])})


def try_it(request: JourneyRequest, sheet: Sheet, session: str) -> HttpResponse:
    """One visit against what is typed, criterion by criterion: pasted, or recorded (`session` is its handle)."""
    context: Json = {"tried": tried(request, sheet, session)}
    if not request.htmx:
        return editor.editor(request, sheet, **context)
    return render(request, "segments/_tried.html", context)


def tried(request: JourneyRequest, sheet: Sheet, session: str) -> Json:
    wanted, can_explain = sheet.definition, offers(request, "explain")
    try:
        if session:
            return _told(wanted, request.journey.local.explain(wanted, session=session))
        events = tryit.web_events(
            request.POST.get("try_addresses", ""),
            request.POST.get("try_agent", ""),
            request.POST.get("try_events", ""),
        )
        if can_explain:
            return _told(wanted, request.journey.local.explain(wanted, web_events=events))
        return _told(wanted, tryit.explain(wanted, events))
    except SignInExpired:
        raise
    except NotFound:
        return {"trouble": _("This visit is no longer recorded.")}
    except tryit.NotRead as error:
        return {"trouble": str(error)}
    except JourneyError as error:
        return {"trouble": error.user_message, "error": error}


def _told(wanted: Json, answer: Json) -> Json:
    """The answer with what its paths are about in words."""
    events = answer.get("events") or []
    rows = []
    for side in ("context", "journey"):
        for number, pattern in enumerate(answer.get(side) or (), start=1):
            criteria = [
                {**row, "words": wording.path_words(wanted, str(row["path"]))}
                for row in pattern.get("criteria") or ()
            ]
            rows.append(
                {
                    **pattern,
                    "side": side,
                    "number": number,
                    "rows": criteria,
                    "words": wording.path_words(wanted, str(pattern["path"])),
                }
            )
    failed = answer.get("failed")
    return {
        "matched": answer.get("matched") is True,
        "failed": wording.path_words(wanted, str(failed)) if failed else "",
        "rows": rows,
        "events": len(events),
        "values": sorted((answer.get("values") or {}).items()),
        "session": answer.get("session"),
    }
