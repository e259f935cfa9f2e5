"""What the command palette offers of analytics: saved queries, dashboards, asking and pasting."""

from django.urls import reverse
from django.utils.translation import gettext as _

from analytics.answers import PERMISSION
from analytics.dashboards import boards
from analytics.dashboards.ready import BOARDS
from analytics.views.saved import visible
from journeyadmin.http import JourneyRequest
from journeyadmin.palette import Entry


def entries(request: JourneyRequest) -> list[Entry]:
    if not request.may(PERMISSION):
        return []
    query, dashboard = reverse("analytics:query"), "dashboards:board"
    found = [
        Entry(_("Actions"), _("Paste a query"), reverse("analytics:paste"), "clipboard-paste"),
        Entry(_("Actions"), _("New dashboard"), reverse("dashboards:new"), "plus"),
        Entry(_("Pages"), _("Saved queries"), reverse("analytics:saved"), "bookmark"),
        Entry(_("Pages"), _("Alerts"), reverse("alerts:list"), "bell"),
    ]
    found += [
        Entry(
            _("Dashboards"), str(board.title), reverse(dashboard, args=[key]), detail=str(board.description)
        )
        for key, board in BOARDS.items()
    ]
    found += [
        Entry(_("Dashboards"), row.name, reverse(dashboard, args=[row.pk]), detail=row.description[:160])
        for row in boards.visible(request)
    ]
    found += [
        Entry(_("Saved queries"), row.name, f"{query}?{row.address}", detail=row.description[:160])
        for row in visible(request)
    ]
    return found
