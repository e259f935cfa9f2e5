"""What the frame around every page shows: where one is, who, through which connection, and in which zone and theme."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from journeyadmin.accounts.capabilities import local_data

THEMES = ("system", "light", "dark")


@dataclass(frozen=True)
class Place:
    """One entry of the rail: `short` is its label on a phone, `key` the letter that follows "g"."""

    label: str
    icon: str
    path: str
    short: str
    key: str


PLACES = (
    Place(_("Segments"), "users-round", "/segments/", _("Segments"), "s"),
    Place(_("Action targets"), "target", "/action-targets/", _("Targets"), "t"),
    Place(_("Analytics"), "chart-line", "/analytics/", _("Analytics"), "a"),
    Place(_("Dashboards"), "layout-dashboard", "/dashboards/", _("Boards"), "d"),
    Place(_("Live"), "radio", "/live/", _("Live"), "l"),
    Place(_("History"), "history", "/history/", _("History"), "h"),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context of base.html; views add `title` and their own."""
    places = [(place, request.path.startswith(place.path)) for place in PLACES]
    person: Any = request.user if hasattr(request, "journey") else None
    theme = request.COOKIES.get(settings.THEME_COOKIE_NAME, "system")
    zone = timezone.get_current_timezone_name()
    return {
        "places": places,
        # What decides how the rail looks: where one is, and whether at its first page.
        "places_at": next(
            (f"{place.key} {request.path == place.path}" for place, here in places if here), ""
        ),
        # The page's own address, for the forms that lead back to it.
        "this_page": request.get_full_path(),
        "theme": theme if theme in THEMES else "system",
        "connection": getattr(request, "connection", None),
        "person": person,
        "zone": zone,
        "zone_why": _zone_why(zone, own=bool(person and person.zone)),
        "local_data": local_data(request),
        "letters_off": person is not None and person.letters_off,
        "request_id": getattr(request, "request_id", ""),
    }


def _zone_why(zone: str, *, own: bool) -> str:
    """Which zone times are shown in and who chose it: the person, else the organisation, else nobody."""
    if own:
        return gettext("Times are shown in %s: your own choice") % zone
    if zone != "UTC":
        return gettext("Times are shown in %s: the organisation's zone") % zone
    return gettext("Times are shown in %s: neither you nor the organisation chose another") % zone
