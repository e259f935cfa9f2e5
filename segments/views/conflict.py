"""Two people edited one segment: three columns, what only one of them changed already taken, and a merge that loses nothing."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from journeyadmin import wording
from journeyadmin.history import log
from journeyadmin.history.reasons import MAX_LENGTH
from journeyadmin.htmx import is_partial
from journeyadmin.http import JourneyRequest
from segments import payloads, reading
from segments.merge import Difference, Pick, merge
from segments.places import at_row, back_of, list_of
from segments.sheet import Sheet, carried_segment

Json = dict[str, Any]
_PATTERN = re.compile(r"(context|journey)\.(\d+)(?:\.criteria\.(\d+)|\.(\w+))?")


@dataclass(frozen=True)
class Column:
    """One of the three: its value in words, a line each; None where it is not there."""

    pick: Pick
    lines: list[str] | None
    changed: bool


@dataclass(frozen=True)
class Shown:
    """A difference as the page shows it."""

    difference: Difference
    title: str
    columns: list[Column]
    missing: bool


def opened(
    request: JourneyRequest,
    sheet: Sheet,
    theirs: Json,
    picks: dict[str, Pick] | None = None,
    *,
    status: int = 409,
    asked: bool = False,
    doubted: bool = False,
) -> HttpResponse:
    """The conflict page; `asked` is true after a try to save with something still open, `doubted` where one had no answer."""
    base = payloads.definition(sheet.base or {})
    merged = merge(base, payloads.definition(theirs), sheet.definition, picks)
    last = log.changes_of(request.connection, "segment", str(theirs["id"])).first()
    ours = last is not None and last.version_after == theirs.get("version") and bool(last.person_name)
    context = {
        "rows": [shown(row, asked) for row in merged.differences],
        "open": len(merged.open),
        "asked": asked and bool(merged.open),
        "doubted": doubted,
        "sentence": wording.sentence(merged.definition),
        "changes": wording.differences(payloads.definition(theirs), merged.definition),
        "sheet": sheet,
        "theirs": theirs,
        "who": last.person_name if ours and last is not None else "",
        "when": last.when if ours and last is not None else None,
        "carried": {
            "base": json.dumps(sheet.base, ensure_ascii=False),
            "theirs": json.dumps(theirs, ensure_ascii=False),
            "yours": json.dumps(sheet.definition, ensure_ascii=False),
        },
        "here": request.get_full_path(),
        "back": back_of(request),
        "title_name": str(theirs.get("displayName") or ""),
        "segment_id": str(theirs["id"]),
        "cancel": at_row(back_of(request), str(theirs["id"])),
        "to_list": at_row(list_of(back_of(request)), str(theirs["id"])),
        "most_reason": MAX_LENGTH,
    }
    template = "segments/_conflict.html" if is_partial(request) else "segments/conflict.html"
    return render(request, template, context, status=status)


def resolve(request: JourneyRequest) -> HttpResponse:
    """What the conflict page's buttons ask for: see the result, edit it first, or save it."""
    from segments.views import editor, saving

    sheet, theirs, picks = _posted(request.POST)
    verb = request.POST.get("row", "")
    if verb == "merge:see":
        return opened(request, sheet, theirs, picks, status=200)
    merged = merge(
        payloads.definition(sheet.base or {}), payloads.definition(theirs), sheet.definition, picks
    )
    if verb == "merge:edit":
        typed = Sheet(payloads.to_data(merged.definition), theirs, sheet.mark, reason=sheet.reason)
        return editor.editor(request, typed)
    if merged.open:
        return opened(request, sheet, theirs, picks, status=422, asked=True)
    result = Sheet(payloads.to_data(merged.definition), theirs, sheet.mark, reason=sheet.reason)
    return saving.save(request, result)


def retyped(request: JourneyRequest, was_typed: Mapping[str, str]) -> HttpResponse:
    """The page as it was when the sign-in ended, with what had been chosen."""
    sheet, theirs, picks = _posted(was_typed)
    messages.info(request, _("Your sign-in had ended. What you had typed is here again; it is not saved."))
    return opened(request, sheet, theirs, picks, status=200)


def _posted(sent: Mapping[str, str]) -> tuple[Sheet, Json, dict[str, Pick]]:
    """What the conflict page carries along: what was typed on what it was based on, the newer version, and what was chosen."""
    base, theirs = carried_segment(sent.get("base", "")), carried_segment(sent.get("theirs", ""))
    yours = payloads.carried(sent.get("yours", ""))
    if base is None or theirs is None or yours is None:
        raise Http404
    picks: dict[str, Pick] = {
        name.removeprefix("pick-"): cast("Pick", value)
        for name, value in sent.items()
        if name.startswith("pick-") and value in ("was", "theirs", "yours")
    }
    reason = sent.get("reason", "").strip()
    return Sheet(payloads.to_data(yours), base, sent.get("mark", ""), reason=reason), theirs, picks


def shown(row: Difference, asked: bool) -> Shown:
    columns = [
        Column("was", _lines(row, row.was), False),
        Column("theirs", _lines(row, row.theirs), row.theirs != row.was),
        Column("yours", _lines(row, row.yours), row.yours != row.was),
    ]
    return Shown(row, _title(row.path), columns, asked and row.taken is None)


def _title(path: str) -> str:
    found = _PATTERN.fullmatch(path)
    if path == "journey.order":
        return _("Order of the steps")
    if found is None:
        return wording.field_label(path)
    where = _("Visit conditions") if found[1] == "context" else _("Step")
    title = f"{where} {int(found[2]) + 1}"
    if found[3] is not None:
        return f"{title}, {_('criterion')} {int(found[3]) + 1}"
    labels = {"count": _("how many times"), "eventName": _("event"), "streamType": _("where")}
    return f"{title}, {labels.get(found[4], found[4])}" if found[4] else title


def _lines(row: Difference, value: Any) -> list[str] | None:
    """The value as lines of text; None for one that is not there."""
    side = "context" if row.path.startswith("context") else "journey"
    if row.what == "field":
        return [wording.value_words(row.path, value)]
    if value is None:
        return None
    if row.what == "criterion":
        return [wording.criterion_words(value, cast("Any", side))]
    if row.what == "pattern":
        found = reading.pattern_read(value, cast("Any", side))
        rows = wording.criteria(value) if found.criteria else []
        return [
            line
            for line in (found.head, *(wording.criterion_words(one, cast("Any", side)) for one in rows))
            if line
        ]
    if row.what == "order":
        return [f"{number}. {wording.pattern_words(one)}" for number, one in enumerate(value, start=1)]
    return [str(value)]


def is_merge(sent: Mapping[str, str]) -> bool:
    """Whether this was posted by the conflict page."""
    return sent.get("row", "").startswith("merge:")
