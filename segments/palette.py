"""What the command palette offers of segments: each by name, and creating one."""

from django.utils.translation import gettext as _

from journeyadmin import wording
from journeyadmin.http import JourneyRequest
from journeyadmin.palette import Entry


def entries(request: JourneyRequest) -> list[Entry]:
    if not request.may("journey:segment:view"):
        return []
    found = [
        Entry(
            _("Segments"),
            str(segment.get("displayName") or segment["id"]),
            f"/segments/{segment['id']}/",
            detail=wording.sentence(segment)[:160],
            colour=str(segment.get("color") or ""),
        )
        for segment in request.journey.list_segments(sortBy="displayName")
    ]
    if request.may("journey:segment:add"):
        found.insert(0, Entry(_("Actions"), _("Create a segment"), "/segments/new", "plus"))
    return found
