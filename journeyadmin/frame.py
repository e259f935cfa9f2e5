"""What the frame around every page shows: where one is, who, through which connection, and in which zone and theme."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from journeyadmin.accounts.capabilities import local_data

THEMES = ("system", "light", "dark")
THEME_COOKIE = "theme"


@dataclass(frozen=True)
class Place:
    """One entry of the rail."""

    label: str
    icon: str
    path: str
    short: str


PLACES = (
    Place("Segments", "users-round", "/segments/", "Segments"),
    Place("Action targets", "target", "/action-targets/", "Targets"),
    Place("Analytics", "chart-line", "/analytics/", "Analytics"),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context of base.html; views add `title` and their own."""
    theme = request.COOKIES.get(THEME_COOKIE, "system")
    return {
        "places": [(place, request.path.startswith(place.path)) for place in PLACES],
        "theme": theme if theme in THEMES else "system",
        "connection": getattr(request, "connection", None),
        "person": request.user if hasattr(request, "journey") else None,
        "zone": timezone.get_current_timezone_name(),
        "local_data": local_data(request),
        "request_id": getattr(request, "request_id", ""),
    }
