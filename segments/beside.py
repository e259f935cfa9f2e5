"""What stands beside the form: the sentence, what will change, and what is worth knowing about it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from journeyadmin import wording
from segments import catalogue, colours, payloads, sameness, warnings

Json = Mapping[str, Any]


def of(wanted: Json, base: Json | None, found: catalogue.Catalogue | None, segment_id: str) -> dict[str, Any]:
    """`wanted` is the form's definition, `base` the segment it was loaded from (None for a new one)."""
    patch = payloads.to_patch(wanted, base) if base is not None else {}
    before = payloads.definition(base) if base is not None else {}
    others = [row for row in found.rows if row.id != segment_id] if found is not None else []
    normal = sameness.normal_form(wanted)
    twins = [row for row in others if normal is not None and row.normal == normal]
    return {
        "sentence": wording.sentence(wanted),
        "changed": base is None or bool(patch),
        "differences": wording.differences(before, wanted) if patch else [],
        "future": bool(base) and any(side in patch for side in payloads.SIDES),
        "warnings": warnings.find(wanted, twins=[row.name for row in twins]),
        "twins": twins,
        "expiry": expiry_words(wanted.get("assignmentExpirationDays")),
        "colour": colour_facts(str(wanted.get("color") or ""), [row.entity for row in others]),
        "save_name": str(wanted.get("displayName") or ""),
    }


def expiry_words(days: Any) -> str:
    """What an expiry means for someone assigned today."""
    if not isinstance(days, int) or not days:
        return _("Never: an assignment stays until the segment is deleted.")
    try:
        end = timezone.localdate() + timedelta(days=days)
    except OverflowError:
        return ""
    return _("Someone assigned today loses it on %(day)s.") % {"day": date_format(end, "j F Y")}


def colour_facts(colour: str, others: list[Json]) -> dict[str, Any]:
    """How well the swatch is seen on both canvases, and whose colour it is close to."""
    if not colours.is_colour(colour):
        return {}
    light, dark = colours.contrast(colour, colours.LIGHT), colours.contrast(colour, colours.DARK)
    return {
        "hex": colour,
        "light": f"{light:.1f}",
        "dark": f"{dark:.1f}",
        "faint": min(light, dark) < colours.ENOUGH,
        "close_to": colours.close_to(colour, others),
    }
