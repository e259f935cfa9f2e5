"""The form on the screen: as a page, as the piece HTMX swaps, and the draft that is kept of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django_htmx.http import retarget

from journeyadmin import wording
from journeyadmin.accounts.capabilities import offers
from journeyadmin.contract.criteria import Side
from journeyadmin.contract.segments import MAX_SEGMENTS
from journeyadmin.history import drafts, openings
from journeyadmin.history.models import Draft
from journeyadmin.history.reasons import MAX_LENGTH as MAX_REASON
from journeyadmin.history.reasons import required
from journeyadmin.htmx import is_partial
from journeyadmin.http import JourneyRequest
from journeyadmin.once import marks
from journeyadmin.service import JourneyError, SignInExpired
from segments import beside, catalogue, colours, faults, payloads
from segments.fields import grouped_keys
from segments.forms import PatternForm
from segments.places import at_row, back_of, list_of, opened_from, with_back
from segments.sheet import Sheet
from segments.starters import STARTERS

Json = dict[str, Any]
KIND = "segment"
# No form is open for so long.
_OLDEST = timedelta(days=366)


def conditions(
    request: JourneyRequest,
    sheet: Sheet,
    *,
    within: PatternForm | None = None,
    focus: str = "",
    full: str = "",
    note: str = "",
    choosing: str = "",
) -> HttpResponse:
    """The conditions after a row action, or only the pattern `within` which it was.

    `full` is the prefix of a formset that takes no more rows, which `note` says; `choosing` is the side for which a pattern of
    another segment is looked for.
    """
    more: Json = {"focus": focus, "full": full, "note": note, "choosing": choosing}
    if choosing:
        more["choices"] = _patterns(request, cast("Side", choosing), id_of(sheet))
    if not is_partial(request):
        return editor(request, sheet, **more)
    context = {"here": request.get_full_path(), **more}
    if within is not None:
        within.make_lean()
        patterns = sheet.form.owned[within.side].forms
        at = patterns.index(within)
        context |= {"pattern": within, "number": at + 1, "first": at == 0, "last": within is patterns[-1]}
        response = retarget(render(request, "segments/_pattern.html", context), f"#{within.prefix}")
    else:
        sheet.form.make_lean()
        response = render(request, "segments/_conditions.html", context | {"form": sheet.form})
    # The sentence follows by a request of its own: a row action is quick.
    response.headers["HX-Trigger-After-Settle"] = "rows-changed"
    return response


def _patterns(
    request: JourneyRequest, side: Side, segment_id: str
) -> list[tuple[str, list[tuple[str, str]]]]:
    """The patterns of all other segments: each segment's name, and (`id:index`, words) of its patterns."""
    words = wording.context_words if side == "context" else wording.pattern_words
    found = []
    for row in catalogue.read(request).rows:
        rows = wording.patterns(row.entity, side)
        if rows and row.id != segment_id:
            found.append((row.name, [(f"{row.id}:{index}", words(one)) for index, one in enumerate(rows)]))
    return found


def keep_draft(request: JourneyRequest, sheet: Sheet) -> None:
    """Keeps what is typed; a form that says nothing new needs no draft."""
    if sheet.creating and marks.is_done(request, sheet.mark):
        # The form asked how it reads, and was saved before that arrived.
        return
    if not sheet.trouble and payloads.same(sheet.definition, _saved(sheet)):
        drafts.drop(request, KIND, id_of(sheet))
        return
    version = sheet.base.get("version") if sheet.base else None
    drafts.keep(request, KIND, id_of(sheet), sheet.to_keep(), version if isinstance(version, int) else None)


def editor(request: JourneyRequest, sheet: Sheet, *, status: int = 200, **more: Any) -> HttpResponse:
    """The form as a page, or for HTMX the form alone, with what was typed and what came of it."""
    template = "segments/_editor.html" if is_partial(request) else "segments/edit.html"
    response = render(request, template, _context(request, sheet, typed=True, **more), status=status)
    response.headers["Vary"] = "HX-Request"
    return response


def page(request: JourneyRequest, sheet: Sheet, *, draft: Draft | None = None, **more: Any) -> HttpResponse:
    if sheet.creating and draft is None and not request.GET:
        draft = drafts.find(request, KIND, "")
    offered = None
    if draft is not None and not more.get("retyped"):
        offered = _offer(draft, sheet)
    return render(request, "segments/edit.html", _context(request, sheet, draft=offered, **more))


def _offer(draft: Draft, sheet: Sheet) -> Json | None:
    """What is said of a draft; nothing where it holds only what is saved by now."""
    found = Sheet.kept(draft.data)
    if found.trouble:
        changes = [found.trouble]
    else:
        wanted, saved = found.definition, _saved(sheet, found)
        if payloads.same(wanted, saved):
            return None
        changes = wording.differences(payloads.definition(saved), wanted)
    return {"when": draft.changed, "differences": changes}


def _saved(sheet: Sheet, typed: Sheet | None = None) -> Mapping[str, Any]:
    """What the service holds of it; for a new one an empty definition in the colour that was chosen for the form."""
    if sheet.base is not None:
        return sheet.base
    return payloads.blank() | {"color": (typed or sheet).definition["color"]}


def _context(request: JourneyRequest, sheet: Sheet, **more: Any) -> Json:
    form = sheet.form
    untouched = sheet.creating and not request.GET and not more.get("typed") and not more.get("retyped")
    back = opened_from(request) if sheet.creating else back_of(request)
    row = id_of(sheet) or request.GET.get("copy", "")
    context: Json = {
        "sheet": sheet,
        "form": form,
        "segment_id": id_of(sheet),
        "title_name": str((sheet.base or {}).get("displayName") or ""),
        "here": request.get_full_path(),
        "back": back,
        "from_list": with_back("", back),
        "read": read_of(request.POST),
        "again": with_back(request.path, back),
        "cancel": at_row(back, row),
        "to_list": at_row(list_of(back), row),
        "palette": colours.PALETTE,
        "starters": STARTERS if untouched else (),
        "keys": {side: grouped_keys(side) for side in payloads.SIDES},
        "most_segments": MAX_SEGMENTS,
        "most_reason": MAX_REASON,
        "reason_required": required(request),
        "typed": False,
        "can_preview": offers(request, "preview"),
        "can_overlap": offers(request, "overlap"),
        "can_suggest": offers(request, "suggest"),
        **more,
    }
    if form.checked:
        context["faults"] = listed = faults.listed(form)
        context["reason_wrong"] = any(fault.target == "id_reason" for fault in listed)
    return context | also_open(request, sheet) | beside_of(request, sheet)


def read_of(sent: Mapping[str, str]) -> datetime | None:
    """When what the form was loaded from was read, as the form itself carries it; None for what no form of ours says."""
    try:
        found = parse_datetime(sent.get("read", ""))
    except ValueError:
        return None
    if found is None or timezone.is_naive(found):
        return None
    return found if abs(timezone.now() - found) < _OLDEST else None


def also_open(request: JourneyRequest, sheet: Sheet) -> Json:
    """Who else has this form open; what is created has no address to meet at."""
    found = [] if sheet.creating else openings.note(request, KIND, id_of(sheet))
    return {"also_open": found}


def beside_of(request: JourneyRequest, sheet: Sheet) -> Json:
    return beside.of(sheet.definition, sheet.base, _neighbours(request), id_of(sheet))


def _neighbours(request: JourneyRequest) -> catalogue.Catalogue | None:
    """The other segments, for what is compared with them; a form does not fail because the list cannot be read."""
    try:
        return catalogue.read(request)
    except SignInExpired:
        raise
    except JourneyError:
        return None


def id_of(sheet: Sheet) -> str:
    return str(sheet.base["id"]) if sheet.base else ""
