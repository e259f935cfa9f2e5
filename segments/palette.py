"""What the command palette offers of segments: each by name, and creating one."""

from django.utils.translation import gettext as _

from journeyadmin.http import JourneyRequest
from journeyadmin.palette import Entry
from segments import catalogue


def entries(request: JourneyRequest) -> list[Entry]:
    if not request.may("journey:segment:view"):
        return []
    found = [
        Entry(
            _("Segments"),
            row.name,
            row.path,
            detail=row.sentence[:160],
            colour=str(row.entity.get("color") or ""),
        )
        for row in catalogue.read(request).rows
    ]
    if request.may("journey:segment:add"):
        found.insert(0, Entry(_("Actions"), _("Create a segment"), "/segments/new", "plus"))
    return found
