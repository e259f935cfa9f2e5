"""The live page: active sessions, last events and assignments where the service announces them (LIV4); otherwise the last hour."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from analytics import colours, measures
from analytics.dashboards.ready import Tile
from analytics.dashboards.scope import Scope
from analytics.names import Names
from analytics.question import Question, address
from journeyadmin import service, wording
from journeyadmin.accounts.capabilities import offers
from journeyadmin.contract.criteria import Side, find_key
from journeyadmin.http import JourneyRequest
from journeyadmin.middleware import error_words

SECONDS = 2
LIMIT = 50
# What stands in for live data where the service announces none: the last hour in steps of five minutes.
SUBSTITUTE_SECONDS = 30
_HOUR = "last-60-minutes"


def hour(*keys: str) -> Question:
    return Question(range=_HOUR, by="PT5M", measures=measures.in_order(keys), chart="bar")


SUBSTITUTE = (
    Tile(gettext_lazy("Sessions"), hour("nJourneySessions"), 6),
    Tile(gettext_lazy("Segments assigned"), hour("nJourneySegmentsAssigned"), 6),
    Tile(gettext_lazy("Offered and accepted"), hour("nWebActionsOffered", "nWebActionsAccepted"), 6),
    Tile(gettext_lazy("Blocked"), hour("nJourneyActionsBlocked"), 6),
)


@dataclass(frozen=True)
class Row:
    """One thing that happened: when, what, and what more there is to say."""

    at: datetime | None
    title: str
    detail: str
    who: str = ""
    colour: str = ""
    link: str = ""
    # Events of a session so far.
    count: int | None = None

    @property
    def earlier(self) -> bool:
        """Whether it was not today, and so its day is said too."""
        return self.at is not None and timezone.localdate(self.at) != timezone.localdate()


@require_GET
def live(request: JourneyRequest) -> HttpResponse:
    if not offers(request, "live"):
        return last_hour(request, _("Live"), SUBSTITUTE)
    status, context = _now(request, "")
    context |= {"title": _("Live"), "seconds": SECONDS}
    if offers(request, "watch"):
        context["segments"] = Names(request).choices("journeySegmentId")
    return render(request, "live/live.html", context, status=status)


@require_GET
def feed(request: JourneyRequest) -> HttpResponse:
    """What came since the cursor, as rows to put on top."""
    if not offers(request, "live"):
        return HttpResponse(status=404)
    status, context = _now(request, request.GET.get("since", "")[:64])
    return render(request, "live/_feed.html", context, status=status)


def _now(request: JourneyRequest, since: str) -> tuple[int, dict[str, Any]]:
    try:
        found = request.journey.local.live(since=since, limit=LIMIT)
    except service.SignInExpired:
        raise
    except service.JourneyError as error:
        status, words = error_words(request, error)
        return status, {"error": error, **words}
    return 200, {
        **head(found),
        "events": [_event(row) for row in rows_of(found, "events")],
        "assignments": [_assignment(row) for row in rows_of(found, "assignments")],
        "sessions": [_session(row) for row in rows_of(found, "sessions")],
    }


def head(found: dict[str, Any]) -> dict[str, Any]:
    """What every look begins with."""
    return {
        "cursor": str(found.get("cursor", "")),
        "active": found.get("activeSessions", 0),
        "at": moment(found.get("now")) or timezone.now(),
    }


def rows_of(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = found.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def moment(text: Any) -> datetime | None:
    return parse_datetime(text) if isinstance(text, str) else None


def _event(row: dict[str, Any]) -> Row:
    page = str(row.get("page") or "")
    title = str(row.get("title") or "")
    return Row(
        moment(row.get("at")),
        str(row.get("eventName") or ""),
        f"{page} · {title}" if page and title else page or title,
        str(row.get("sessionId") or ""),
    )


def _assignment(row: dict[str, Any]) -> Row:
    """A segment that was just assigned, and what completed it."""
    colour = str(row.get("color") or "")
    return Row(
        moment(row.get("at")),
        str(row.get("displayName") or row.get("segmentId") or ""),
        completed(str(row.get("path") or ""), str(row.get("key") or ""), row.get("seen")),
        str(row.get("sessionId") or row.get("customerId") or ""),
        colour if colours.is_colour(colour) else "",
        reverse("segments:view", args=[row["segmentId"]]) if row.get("segmentId") else "",
    )


def completed(path: str, key: str, seen: Any) -> str:
    if not path:
        return _("its conditions have changed since")
    found = re.match(r"(context|journey)\.patterns\[(\d+)\]", path)
    side: Side = "journey" if path.startswith("journey") else "context"
    label = find_key(side, key)
    what = wording.key_label(label, key)
    if found and side == "journey":
        step = _("step %d") % (int(found[2]) + 1)
        what = f"{step}, {what}" if what else step
    if seen in (None, ""):
        return _("completed by %s") % what
    return _("completed by %(what)s “%(seen)s”") % {"what": what, "seen": seen}


def _session(row: dict[str, Any]) -> Row:
    parts = [row.get("device.category"), row.get("geolocation.country")]
    count = row.get("eventCount")
    return Row(
        moment(row.get("lastEvent")),
        str(row.get("sessionId") or ""),
        " · ".join(str(part) for part in parts if part),
        count=count if isinstance(count, int) else None,
    )


def last_hour(request: JourneyRequest, title: str, shown: Sequence[Tile]) -> HttpResponse:
    """The substitute, labelled as what it is."""
    zone = timezone.get_current_timezone_name()
    chosen = Scope(range=_HOUR, zone=zone, refresh=SUBSTITUTE_SECONDS)
    tiles = []
    for number, tile in enumerate(shown):
        text = address(Question(**{**vars(tile.question), "zone": zone}))
        named = urlencode({"title": str(tile.title)})
        tiles.append(
            {
                "tile": tile,
                "number": number,
                "fits": True,
                "source": f"{reverse('dashboards:tile')}?{text}&{named}",
                "open": f"{reverse('analytics:query')}?{text}",
                "chart": tile.question.chart,
            }
        )
    return render(request, "live/last_hour.html", {"title": title, "scope": chosen, "tiles": tiles})
